//! Requests to a FHIR server that carry its authorization; a token that has ended early is renewed once.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{StatusCode, Url};
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::Instant;

use crate::config::feeds::FhirServer;
use crate::feeds::sources::fetch_error::FetchError;
use crate::feeds::sources::fhir::sign_in::SignIn;
use crate::feeds::sources::web::{Got, Login, Request, Web};

/// The media type of FHIR resources.
pub(crate) const FHIR_JSON: &str = "application/fhir+json";

/// A server, signed in.
pub(super) struct Session<'s> {
    pub(super) web: Web,
    server: &'s FhirServer,
    secret: Option<SecretString>,
    sign_in: &'s mut SignIn,
    /// The most bytes of an answer.
    pub(super) largest: u64,
    now: DateTime<Utc>,
    began: Instant,
}

impl<'s> Session<'s> {
    pub(super) fn new(
        server: &'s FhirServer,
        secret: Option<SecretString>,
        sign_in: &'s mut SignIn,
        largest: u64,
        now: DateTime<Utc>,
    ) -> Result<Session<'s>, FetchError> {
        Ok(Session {
            web: Web::new(&server.web, largest)?,
            server,
            secret,
            sign_in,
            largest,
            now,
            began: Instant::now(),
        })
    }

    pub(super) async fn login(&mut self) -> Result<Option<Login>, FetchError> {
        // A read may take longer than a token lives.
        let now = self.now + TimeDelta::from_std(self.began.elapsed()).unwrap_or_default();
        self.sign_in.login(&self.web, &self.server.auth, self.secret.as_ref(), now).await
    }

    /// Reads an address. `unless`: the version that is known already.
    pub(super) async fn get(&mut self, url: Url, unless: Option<&str>) -> Result<Got, FetchError> {
        let login = self.login().await?;
        let got = ask(&self.web, url.clone(), login.as_ref(), unless).await?;
        if got.status != StatusCode::UNAUTHORIZED || !self.sign_in.forget() {
            return Ok(got);
        }
        let login = self.login().await?;
        ask(&self.web, url, login.as_ref(), unless).await
    }
}

/// Reads an address with a login that is known already.
pub(super) async fn ask(web: &Web, url: Url, login: Option<&Login>, unless: Option<&str>) -> Result<Got, FetchError> {
    web.ask(url, Request { login, accept: FHIR_JSON, unless, ..Request::default() }).await
}

/// What a server says about a request that it refused (OperationOutcome): only the code, because its words may name a
/// patient.
pub(super) fn why(body: &[u8]) -> Option<String> {
    let outcome: Value = serde_json::from_slice(body).ok()?;
    let code = outcome["issue"][0]["code"].as_str()?;
    let is_code = code.len() <= 40 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    is_code.then(|| code.to_owned())
}
