//! The HTTP client for Annie: one request, one answer, nothing behind anybody's back.
//!
//! No redirects (the first server has had the POST), no retries (a second POST is a second text), no proxy, no
//! connection reuse (a peer that closes an idle connection under a POST leaves a doubt), HTTP/1 only. With those
//! off, `is_builder()` and `is_connect()` are the whole of "surely not sent".

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Response, redirect, retry};
use secrecy::{ExposeSecret, SecretString};

use crate::annie::verdict::{self, Headers, Heard, ReadError, heard};
use crate::annie::wire::{self, AnnieNumber, SmsRequest};
use crate::domain::conversation::{Page, Said};
use crate::domain::ids::ConversationId;
use crate::domain::outcome::{NotSent, Outcome};

/// For DNS, TCP and TLS together; less than the time for the whole, or a slow connect would look like a maybe.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Largest answer that is read; a text's has a hundred bytes, a page of conversations some hundred thousand.
const LARGEST_ANSWER: usize = 1 << 22;

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up HTTPS: {0}; is the package ca-certificates installed?")]
pub struct ClientError(#[from] reqwest::Error);

/// TLS by ring, for every client of this program.
pub(crate) fn use_ring() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error says that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// Annie over HTTP, with one key.
#[derive(Debug, Clone)]
pub struct HttpAnnie {
    client: Client,
    base_url: String,
    key: SecretString,
}

impl HttpAnnie {
    /// A client. `timeout` is for one request in all.
    ///
    /// # Errors
    /// The machine's certificates cannot be loaded.
    pub fn new(base_url: &str, key: SecretString, timeout: Duration) -> Result<HttpAnnie, ClientError> {
        use_ring();
        let client = Client::builder()
            .no_proxy()
            .http1_only()
            .pool_max_idle_per_host(0)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .connect_timeout(CONNECT_TIMEOUT.min(timeout / 2))
            .timeout(timeout)
            .user_agent(concat!("leadtime/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(ClientError)?;
        Ok(HttpAnnie { client, base_url: base_url.trim_end_matches('/').to_owned(), key })
    }

    /// `POST /sms`. Never fails: what went wrong is the outcome. `still_good` is asked at the last moment before the
    /// first byte leaves, after the connection is there; if it says no, nothing leaves.
    pub async fn send(
        &self,
        request: &SmsRequest,
        now: impl Fn() -> DateTime<Utc>,
        still_good: impl Fn() -> bool + Send + Sync + Unpin + 'static,
    ) -> Heard<Outcome> {
        let body = match serde_json::to_vec(request) {
            Ok(body) => body,
            Err(error) => return Heard::only(Outcome::NotSent(NotSent::Bug { detail: error.to_string() })),
        };
        let let_go = Arc::new(AtomicBool::new(false));
        let body = LastMoment::new(body, still_good, let_go.clone());
        let call = self.client.post(format!("{}/sms", self.base_url)).header(CONTENT_TYPE, "application/json");
        match self.authorised(call).body(reqwest::Body::wrap(body)).send().await {
            Ok(response) => {
                let (status, headers, body) = read(response).await;
                let now = now();
                heard(
                    verdict::of_answer(status, &headers, body.as_deref().map_err(Clone::clone), now),
                    status,
                    &headers,
                    now,
                )
            }
            Err(_) if let_go.load(Ordering::SeqCst) => Heard::only(Outcome::NotSent(NotSent::TooOld)),
            Err(error) => Heard::only(of_error(&error.without_url())),
        }
    }

    /// `GET /phone-numbers`: whether the key is accepted, without sending anything.
    ///
    /// # Errors
    /// In the answer: what came instead.
    pub async fn probe(&self, now: impl Fn() -> DateTime<Utc>) -> Heard<Result<(), ReadError>> {
        self.get("/phone-numbers", &[], now, |_| Some(())).await
    }

    /// `GET /phone-numbers`: the numbers of the key's organization.
    ///
    /// # Errors
    /// In the answer: what came instead.
    pub async fn phone_numbers(&self, now: impl Fn() -> DateTime<Utc>) -> Heard<Result<Vec<AnnieNumber>, ReadError>> {
        self.get("/phone-numbers", &[], now, wire::phone_numbers).await
    }

    /// A page of `GET /conversations`, archived ones included, of every bot.
    ///
    /// # Errors
    /// In the answer: what came instead.
    pub async fn list(
        &self,
        offset: usize,
        limit: usize,
        now: impl Fn() -> DateTime<Utc>,
    ) -> Heard<Result<Page, ReadError>> {
        let query = [("offset", offset.to_string()), ("limit", limit.to_string()), ("includeArchived", "true".into())];
        self.get("/conversations", &query, now, wire::page).await
    }

    /// `GET /conversations/{id}/messages`, oldest first.
    ///
    /// # Errors
    /// In the answer: what came instead.
    pub async fn messages(
        &self,
        conversation: &ConversationId,
        now: impl Fn() -> DateTime<Utc>,
    ) -> Heard<Result<Vec<Said>, ReadError>> {
        // Annie's ids are UUIDs; one that is not must not become another path.
        let id: String = conversation.0.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
        self.get(&format!("/conversations/{id}/messages"), &[], now, wire::messages).await
    }

    async fn get<T>(
        &self,
        path: &str,
        query: &[(&str, String)],
        now: impl Fn() -> DateTime<Utc>,
        parse: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Heard<Result<T, ReadError>> {
        let call = self.client.get(format!("{}{path}", self.base_url)).query(query);
        match self.authorised(call).send().await {
            Ok(response) => {
                let (status, headers, body) = read(response).await;
                let answer = verdict::of_reading(status, body.as_deref().map_err(Clone::clone), parse);
                heard(answer, status, &headers, now())
            }
            Err(error) if error.is_connect() => Heard::only(Err(ReadError::Unreachable)),
            Err(error) => Heard::only(Err(ReadError::Failed { detail: words(&error.without_url()) })),
        }
    }

    fn authorised(&self, call: RequestBuilder) -> RequestBuilder {
        call.bearer_auth(self.key.expose_secret())
    }
}

/// Status, headers and body of an answer; the body is an error in words where it could not be read to its end.
async fn read(mut response: Response) -> (u16, Headers, Result<Vec<u8>, String>) {
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let headers = Headers {
        date: header("date"),
        rate_limit_remaining: header("x-ratelimit-remaining"),
        rate_limit_reset: header("x-ratelimit-reset"),
        retry_after: header("retry-after"),
    };
    let mut body = Vec::new();
    let read = loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST_ANSWER => body.extend_from_slice(&chunk),
            Ok(Some(_)) => break Err("it is too large".to_owned()),
            Ok(None) => break Ok(body),
            Err(error) => break Err(words(&error.without_url())),
        }
    };
    (status, headers, read)
}

/// A body that is asked for only when the connection is there, and then asks whether it may still leave. The HTTP
/// client flushes the head together with the first part of the body; a body that fails instead takes the head with it.
struct LastMoment<F> {
    body: Option<Bytes>,
    still_good: F,
    let_go: Arc<AtomicBool>,
}

impl<F> LastMoment<F> {
    fn new(body: Vec<u8>, still_good: F, let_go: Arc<AtomicBool>) -> LastMoment<F> {
        LastMoment { body: Some(Bytes::from(body)), still_good, let_go }
    }
}

impl<F: Fn() -> bool + Unpin> http_body::Body for LastMoment<F> {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        if !(self.still_good)() {
            self.let_go.store(true, Ordering::SeqCst);
            return Poll::Ready(Some(Err(std::io::Error::other("let go"))));
        }
        Poll::Ready(self.body.take().map(|bytes| Ok(http_body::Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.body.as_ref().map_or(0, |body| body.len() as u64))
    }
}

/// The verdict where no answer came.
fn of_error(error: &reqwest::Error) -> Outcome {
    let detail = words(error);
    if error.is_builder() {
        Outcome::NotSent(NotSent::Bug { detail })
    } else if error.is_connect() {
        Outcome::NotSent(NotSent::Unreachable { detail })
    } else {
        Outcome::Unknown { status: None, detail }
    }
}

/// An error and its causes, without the address and without anything the peer sent.
pub(crate) fn words(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "time-out"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_builder() {
        "the request could not be built"
    } else {
        "the connection broke"
    };
    let mut source = std::error::Error::source(error);
    let mut cause = None;
    while let Some(error) = source {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            cause = Some(io.kind().to_string());
        }
        source = error.source();
    }
    cause.map_or_else(|| kind.to_owned(), |cause| format!("{kind}: {cause}"))
}
