//! Requests to other systems' web servers: only over verified TLS or within this machine, never to another origin than
//! the configured one, with limits on time and size.

use reqwest::header::{ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use reqwest::{Certificate, Client, Method, StatusCode, Url, redirect, retry};
use secrecy::{ExposeSecret, SecretString};

use crate::annie::client::use_ring;
use crate::config::feeds::WebPlace;
use crate::feeds::sources::fetch_error::{FetchError, shortened};

/// How many redirects within the same origin are followed.
const REDIRECTS: usize = 3;

/// A client for one server.
#[derive(Debug, Clone)]
pub(crate) struct Web {
    client: Client,
    place: WebPlace,
    /// The most bytes of one answer.
    largest: u64,
}

/// How a request identifies itself.
#[derive(Debug, Clone)]
pub(crate) enum Login {
    /// With a token (RFC 6750).
    Bearer(SecretString),
    /// With a user and a password (RFC 7617).
    Basic(String, SecretString),
}

/// One request.
#[derive(Debug, Default)]
pub(crate) struct Request<'r> {
    /// How it identifies itself.
    pub(crate) login: Option<&'r Login>,
    /// The media type that is asked for.
    pub(crate) accept: &'static str,
    /// What is known already: if nothing has changed, the answer is empty.
    pub(crate) unless: Option<&'r str>,
    /// The version that must still be there.
    pub(crate) only_if: Option<&'r str>,
    /// The body and its media type, if something is written.
    pub(crate) body: Option<(Method, &'static str, Vec<u8>)>,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Got {
    /// The status.
    pub(crate) status: StatusCode,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// The version of what was read.
    pub(crate) etag: Option<String>,
}

impl Web {
    /// Creates a client for a server.
    pub(crate) fn new(place: &WebPlace, largest: u64) -> Result<Web, FetchError> {
        use_ring();
        let server = || place.label();
        let mut builder = Client::builder()
            .no_proxy()
            .http1_only()
            .redirect(redirect::Policy::custom(|attempt| {
                let same = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
                match same && attempt.previous().len() <= REDIRECTS {
                    true => attempt.follow(),
                    false => attempt.stop(),
                }
            }))
            .retry(retry::never())
            .timeout(place.timeout)
            .user_agent(concat!("leadtime/", env!("CARGO_PKG_VERSION")));
        if let Some(file) = &place.ca_file {
            let unusable = |why: String| FetchError::Unsafe { server: server(), why };
            let pem = std::fs::read(file).map_err(|error| unusable(format!("{}: {error}", file.display())))?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .ok()
                .filter(|found| !found.is_empty())
                .ok_or_else(|| unusable(format!("{} has no certificate", file.display())))?;
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(|error| FetchError::Unsafe { server: server(), why: words(&error) })?;
        Ok(Web { client, place: place.clone(), largest })
    }

    /// The server in words.
    pub(crate) fn label(&self) -> String {
        self.place.label()
    }

    /// The configured address.
    pub(crate) fn url(&self) -> &Url {
        &self.place.url
    }

    /// Sends one request to an address of the same origin.
    pub(crate) async fn ask(&self, url: Url, request: Request<'_>) -> Result<Got, FetchError> {
        if url.origin() != self.place.url.origin() {
            let other = url.host_str().unwrap_or_default().to_owned();
            let why = format!("it points to another server ({other}), which Leadtime does not follow");
            return Err(FetchError::Unreadable { server: self.label(), why });
        }
        self.send(url, request).await
    }

    /// Sends one request, to any address that the configuration or the server's own description names.
    pub(crate) async fn send(&self, url: Url, request: Request<'_>) -> Result<Got, FetchError> {
        let mut headers = HeaderMap::new();
        let mut set = |name, value: Option<&str>| {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        };
        set(ACCEPT, Some(request.accept));
        set(IF_NONE_MATCH, request.unless);
        set(IF_MATCH, request.only_if);
        set(CONTENT_TYPE, request.body.as_ref().map(|(_, kind, _)| *kind));
        let (method, body) = request.body.map_or((Method::GET, Vec::new()), |(method, _, body)| (method, body));
        let call = self.client.request(method, url).headers(headers).body(body);
        let call = match request.login {
            None => call,
            Some(Login::Bearer(token)) => call.bearer_auth(token.expose_secret()),
            Some(Login::Basic(user, password)) => call.basic_auth(user, Some(password.expose_secret())),
        };
        let sent = call.send().await;
        let mut response = sent.map_err(|error| self.fault(&error))?;
        let status = response.status();
        let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.fault(&error))? {
            if (body.len() + chunk.len()) as u64 > self.largest {
                let max = format!("{} MiB", self.largest >> 20);
                return Err(FetchError::TooLarge { max, key: "max_file" });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Got { status, body, etag })
    }

    /// An answer that is not a success, as an error. `why` says more, if the body does.
    pub(crate) fn refusal(&self, status: StatusCode, why: Option<String>) -> FetchError {
        let server = self.label();
        let words = match why {
            Some(why) => format!("status {}: {}", status.as_u16(), shortened(&why)),
            None => format!("status {}", status.as_u16()),
        };
        match status.as_u16() {
            401 | 403 => FetchError::Unauthorized { server, why: words },
            429 | 503 => FetchError::Busy { server, status: status.as_u16() },
            300..=399 => {
                let why = format!("{words}: it sends Leadtime to another server; set `url` to the final address");
                FetchError::Refused { server, why }
            }
            _ => FetchError::Refused { server, why: words },
        }
    }

    fn fault(&self, error: &reqwest::Error) -> FetchError {
        let (server, why) = (self.label(), words(error));
        match () {
            () if is_about_a_certificate(error) => FetchError::Unsafe { server, why },
            () if error.is_timeout() => FetchError::TimedOut { server, after: self.place.timeout },
            () if error.is_connect() || error.is_builder() => FetchError::Unreachable { server, why },
            () => FetchError::BrokeOff { server, why },
        }
    }
}

/// The cause at the end of the chain, which says most, and no address.
fn words(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    match std::ptr::addr_eq(cause, error) {
        true => "the request failed".to_owned(),
        false => shortened(&cause.to_string()),
    }
}

fn is_about_a_certificate(error: &reqwest::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(current) = cause {
        if current.is::<rustls::Error>() {
            return true;
        }
        let inner = current.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        cause = current.source();
    }
    false
}

/// An address below the base, whether or not the base ends with a slash.
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path.split('/'));
    }
    url.set_query(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_below_the_base() {
        for base in ["https://h/fhir/r4", "https://h/fhir/r4/", "https://h/fhir/r4?x=1"] {
            let url = below(&Url::parse(base).unwrap(), "Patient/a b");
            assert_eq!(url.as_str(), "https://h/fhir/r4/Patient/a%20b");
        }
    }
}
