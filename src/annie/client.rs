//! The HTTP client for Annie: one request, one answer, nothing behind anybody's back.
//!
//! No redirects (the first server has had the POST), no retries (a second POST is a second text), no proxy, no
//! connection reuse (a peer that closes an idle connection under a POST leaves a doubt), HTTP/1 only. With those
//! off, `is_builder()` and `is_connect()` are the whole of "surely not sent".

use std::sync::Once;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Client, RequestBuilder, Response, redirect, retry};
use secrecy::{ExposeSecret, SecretString};

use super::verdict::{self, Headers};
use super::wire::SmsRequest;
use crate::domain::outcome::{NotSent, Outcome};

/// For DNS, TCP and TLS together; less than the time for the whole, or a slow connect would look like a maybe.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Largest answer that is read; an ordinary one has a hundred bytes.
const LARGEST_ANSWER: usize = 1 << 20;

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up HTTPS: {0}; is the package ca-certificates installed?")]
pub struct ClientError(#[source] reqwest::Error);

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
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // An error says that one is installed already.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
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

    /// `POST /sms`. Never fails: what went wrong is the outcome.
    pub async fn send(&self, request: &SmsRequest, now: impl Fn() -> DateTime<Utc>) -> Outcome {
        let call = self.authorised(self.client.post(format!("{}/sms", self.base_url)).json(request));
        match call.send().await {
            Ok(response) => read(response, now).await,
            Err(error) => of_error(&error.without_url()),
        }
    }

    /// `GET /phone-numbers`: whether the key is accepted, without sending anything.
    ///
    /// # Errors
    /// What was answered instead, in words.
    pub async fn probe(&self) -> Result<(), String> {
        let call = self.authorised(self.client.get(format!("{}/phone-numbers", self.base_url)));
        match call.send().await {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(format!("Annie answered with status {}", response.status().as_u16())),
            Err(error) => Err(words(&error.without_url())),
        }
    }

    fn authorised(&self, call: RequestBuilder) -> RequestBuilder {
        call.bearer_auth(self.key.expose_secret())
    }
}

async fn read(mut response: Response, now: impl Fn() -> DateTime<Utc>) -> Outcome {
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let headers = Headers { rate_limit_reset: header("x-ratelimit-reset"), retry_after: header("retry-after") };
    let mut body = Vec::new();
    let read = loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST_ANSWER => body.extend_from_slice(&chunk),
            Ok(Some(_)) => break Err("it is too large".to_owned()),
            Ok(None) => break Ok(body.as_slice()),
            Err(error) => break Err(words(&error.without_url())),
        }
    };
    verdict::of_answer(status, &headers, read, now())
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
fn words(error: &reqwest::Error) -> String {
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
