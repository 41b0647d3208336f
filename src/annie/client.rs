//! The HTTP client for Annie: one request, one answer, no redirects, no retries, no proxy.
//!
//! No redirects (the first server has already received the POST), no retries (a second POST is a second text), no
//! proxy, HTTP/1 only. With those off, `is_builder()` and `is_connect()` cover every case of "surely not sent".
//!
//! A connection is used again only within a second: a server that closes an idle connection during a POST leaves the
//! outcome in doubt, and servers keep them open for longer. After the first answer that breaks off, each request gets a
//! connection of its own.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Response, redirect, retry};
use secrecy::{ExposeSecret, SecretString};

use crate::annie::gateway::{Answering, Call, Gateway, Raw, StillGood, Transport};
use crate::annie::verdict::Headers;
use crate::annie::wire::SmsRequest;

/// For DNS, TCP, and TLS together; less than the total timeout, or a slow connect would look like a possible send.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Largest answer that is read; the answer to a text has about a hundred bytes, a page of conversations a few hundred
/// thousand.
const LARGEST_ANSWER: usize = 1 << 22;

/// Why no client could be created.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up HTTPS: {0}. Make sure that the package ca-certificates is installed")]
pub struct ClientError(#[from] reqwest::Error);

/// Makes every client in this program use ring for TLS.
pub(crate) fn use_ring() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error means that one is already installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// How long a connection without a request is kept.
const KEPT: Duration = Duration::from_secs(1);

/// The HTTP client: one for all keys, so that many keys share one set of certificates.
#[derive(Debug, Clone)]
pub struct HttpClient {
    /// Uses connections again.
    reusing: Client,
    /// Makes a connection for each request.
    fresh: Client,
    /// An answer broke off: from then on, no connection is used again.
    has_broken: Arc<AtomicBool>,
}

impl HttpClient {
    /// Creates a client. `timeout` covers one request from start to end. Fails if the machine's certificates cannot be
    /// loaded.
    pub fn new(timeout: Duration) -> Result<HttpClient, ClientError> {
        use_ring();
        let client = |idle| {
            Client::builder()
                .no_proxy()
                .http1_only()
                .pool_max_idle_per_host(idle)
                .pool_idle_timeout(KEPT)
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .connect_timeout(CONNECT_TIMEOUT.min(timeout / 2))
                .timeout(timeout)
                .user_agent(concat!("leadtime/", env!("CARGO_PKG_VERSION")))
                .build()
        };
        Ok(HttpClient { reusing: client(usize::MAX)?, fresh: client(0)?, has_broken: Arc::default() })
    }

    /// Annie over HTTP, with one key.
    pub fn with_key(&self, base_url: &str, key: SecretString) -> Gateway {
        Gateway::new(HttpAnnie { http: self.clone(), base_url: base_url.trim_end_matches('/').to_owned(), key })
    }

    fn client(&self) -> &Client {
        if self.has_broken.load(Ordering::SeqCst) { &self.fresh } else { &self.reusing }
    }
}

/// Annie over HTTP, with one key.
#[derive(Debug, Clone)]
struct HttpAnnie {
    http: HttpClient,
    base_url: String,
    key: SecretString,
}

impl Transport for HttpAnnie {
    fn call(&self, call: Call, still_good: StillGood) -> Answering<'_> {
        Box::pin(async move {
            match call {
                Call::Sms(request) => self.post(&request, still_good).await,
                get => {
                    let (path, query) = address(&get);
                    let call = self.http.client().get(format!("{}{path}", self.base_url)).query(&query);
                    let answer = self.answer(call).await;
                    self.note_break(answer)
                }
            }
        })
    }
}

impl HttpAnnie {
    async fn post(&self, request: &SmsRequest, still_good: StillGood) -> Raw {
        let body = match serde_json::to_vec(request) {
            Ok(body) => body,
            Err(error) => return Raw::Malformed(error.to_string()),
        };
        let let_go = Arc::new(AtomicBool::new(false));
        let body = LastMoment::new(body, still_good, let_go.clone());
        let call = self.http.client().post(format!("{}/sms", self.base_url)).header(CONTENT_TYPE, "application/json");
        match self.answer(call.body(reqwest::Body::wrap(body))).await {
            answer @ Raw::Answer { .. } => answer,
            _ if let_go.load(Ordering::SeqCst) => Raw::LetGo,
            error => self.note_break(error),
        }
    }

    /// The server may have closed a connection that was used again.
    fn note_break(&self, answer: Raw) -> Raw {
        if matches!(answer, Raw::Broken(_)) {
            self.http.has_broken.store(true, Ordering::SeqCst);
        }
        answer
    }

    async fn answer(&self, call: RequestBuilder) -> Raw {
        match call.bearer_auth(self.key.expose_secret()).send().await {
            Ok(response) => read(response).await,
            Err(error) => {
                let error = error.without_url();
                let detail = words(&error);
                match (error.is_builder(), error.is_connect()) {
                    (true, _) => Raw::Malformed(detail),
                    (_, true) => Raw::Unreachable(detail),
                    _ => Raw::Broken(detail),
                }
            }
        }
    }
}

/// The path and query of a GET.
fn address(call: &Call) -> (String, Vec<(&'static str, String)>) {
    match call {
        Call::List { offset, limit } => {
            let query =
                vec![("offset", offset.to_string()), ("limit", limit.to_string()), ("includeArchived", "true".into())];
            ("/conversations".to_owned(), query)
        }
        Call::Messages(id) => {
            // Annie's ids are UUIDs; anything else must not become another path.
            let id: String = id.0.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
            (format!("/conversations/{id}/messages"), Vec::new())
        }
        Call::PhoneNumbers | Call::Sms(_) => ("/phone-numbers".to_owned(), Vec::new()),
    }
}

/// Status, headers, and body of an answer; the body is an error in words if it could not be read to its end.
async fn read(mut response: Response) -> Raw {
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
    Raw::Answer { status, headers, body: read }
}

/// A body that is requested only once the connection is open, and that then checks whether it may still leave. The HTTP
/// client flushes the headers together with the first part of the body; if the body fails instead, the headers are not
/// sent either.
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

/// An error and its causes in words, without the address and without anything the peer sent.
pub(crate) fn words(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_builder() {
        "the request could not be built"
    } else {
        "the connection was lost"
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
