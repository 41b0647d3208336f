//! Requests to other systems' web servers: only over verified TLS or within this machine, never to another origin than
//! the configured one, with limits on time and size.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_MATCH, IF_NONE_MATCH};
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

/// One request.
#[derive(Debug, Default)]
pub(crate) struct Request<'r> {
    /// The value of the header `Authorization`.
    pub(crate) authorization: Option<&'r SecretString>,
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
        let mut set = |name, value: Option<&str>, is_secret: bool| {
            if let Some(mut value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                value.set_sensitive(is_secret);
                headers.insert(name, value);
            }
        };
        set(ACCEPT, Some(request.accept), false);
        set(AUTHORIZATION, request.authorization.map(ExposeSecret::expose_secret), true);
        set(IF_NONE_MATCH, request.unless, false);
        set(IF_MATCH, request.only_if, false);
        set(CONTENT_TYPE, request.body.as_ref().map(|(_, kind, _)| *kind), false);
        let (method, body) = request.body.map_or((Method::GET, Vec::new()), |(method, _, body)| (method, body));
        let sent = self.client.request(method, url).headers(headers).body(body).send().await;
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

/// The header `Authorization` for a user and a password (RFC 7617).
pub(crate) fn basic(user: &str, password: &SecretString) -> SecretString {
    let pair = SecretString::from(format!("{user}:{}", password.expose_secret()));
    SecretString::from(format!("Basic {}", STANDARD.encode(pair.expose_secret())))
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
        let header = basic("Aladdin", &SecretString::from("open sesame".to_owned()));
        assert_eq!(header.expose_secret(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}
