//! Signs in to a FHIR server: a fixed token, a password, or SMART Backend Services.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Method, StatusCode, Url};
use secrecy::SecretString;
use serde_json::Value;

use crate::config::feeds::{Auth, is_this_machine};
use crate::feeds::sources::fetch_error::{FetchError, shortened};
#[cfg(feature = "smart")]
use crate::feeds::sources::fhir::assertion::Key;
use crate::feeds::sources::web::{Login, Request, Web, below};

/// A token is not used anymore this long before it ends.
const MARGIN: TimeDelta = TimeDelta::seconds(30);
/// How long a token lives if the server does not say.
const LIVES: i64 = 60;

/// The token of a server, kept until it ends.
#[derive(Debug, Default)]
pub(crate) struct SignIn {
    token: Option<(SecretString, DateTime<Utc>)>,
}

impl SignIn {
    /// How the next request identifies itself; `None`: the server asks for nothing.
    pub(crate) async fn login(
        &mut self,
        web: &Web,
        auth: &Auth,
        secret: Option<&SecretString>,
        now: DateTime<Utc>,
    ) -> Result<Option<Login>, FetchError> {
        let missing = |what: &str| FetchError::SignIn {
            server: web.label(),
            why: format!("there is no {what}; put it into the password file (`password_file`)"),
        };
        match auth {
            Auth::None => Ok(None),
            Auth::Bearer => {
                let token = secret.ok_or_else(|| missing("token"))?;
                Ok(Some(Login::Bearer(token.clone())))
            }
            Auth::Basic { user } => {
                let password = secret.ok_or_else(|| missing("password"))?;
                Ok(Some(Login::Basic(user.clone(), password.clone())))
            }
            Auth::Smart { client_id, key_id, token_url, scope } => {
                if let Some((token, ends)) = &self.token
                    && now < *ends - MARGIN
                {
                    return Ok(Some(Login::Bearer(token.clone())));
                }
                let key = secret.ok_or_else(|| missing("private key"))?;
                let url = match token_url {
                    Some(url) => url.clone(),
                    None => token_endpoint(web).await?,
                };
                let assertion = assertion(key, (client_id, key_id.as_deref()), url.as_str(), now);
                let assertion = assertion.map_err(|why| FetchError::SignIn { server: web.label(), why })?;
                let (token, lives) = token(web, url, &assertion, scope).await?;
                self.token = Some((token.clone(), now + TimeDelta::seconds(lives)));
                Ok(Some(Login::Bearer(token)))
            }
        }
    }

    /// Forgets a token that the server no longer accepts. Returns whether there was one.
    pub(crate) fn forget(&mut self) -> bool {
        self.token.take().is_some()
    }
}

/// The signed request for a token, or why there is none.
#[cfg(feature = "smart")]
fn assertion(
    key: &SecretString,
    (client_id, key_id): (&str, Option<&str>),
    audience: &str,
    now: DateTime<Utc>,
) -> Result<String, String> {
    Key::read(key)?.assertion(client_id, key_id, audience, now)
}

#[cfg(not(feature = "smart"))]
fn assertion(
    _key: &SecretString,
    _client: (&str, Option<&str>),
    _audience: &str,
    _now: DateTime<Utc>,
) -> Result<String, String> {
    Err("this build of Leadtime has no SMART Backend Services".to_owned())
}

/// Where the server gives out tokens, by its own description (SMART App Launch, `.well-known/smart-configuration`).
async fn token_endpoint(web: &Web) -> Result<Url, FetchError> {
    let unusable = |why: &str| FetchError::SignIn {
        server: web.label(),
        why: format!("its .well-known/smart-configuration {why}; set token_url"),
    };
    let url = below(web.url(), ".well-known/smart-configuration");
    let got = web.ask(url, Request { accept: "application/json", ..Request::default() }).await?;
    if got.status != StatusCode::OK {
        return Err(unusable(&format!("cannot be read (status {})", got.status.as_u16())));
    }
    let found: Value = serde_json::from_slice(&got.body).map_err(|_| unusable("is not JSON"))?;
    let url = found["token_endpoint"].as_str().and_then(|url| Url::parse(url).ok());
    let url = url.ok_or_else(|| unusable("names no token_endpoint"))?;
    let is_here = is_this_machine(url.host_str().unwrap_or_default());
    match url.scheme() == "https" || (url.scheme() == "http" && is_here) {
        true => Ok(url),
        false => Err(unusable("names a token_endpoint without TLS")),
    }
}

/// Exchanges an assertion for a token and the number of seconds that it lives (RFC 7523).
async fn token(web: &Web, url: Url, assertion: &str, scope: &str) -> Result<(SecretString, i64), FetchError> {
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", scope),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    let mut encoded = url.clone();
    let body =
        encoded.query_pairs_mut().clear().extend_pairs(form).finish().query().unwrap_or_default().as_bytes().to_vec();
    let body = Some((Method::POST, "application/x-www-form-urlencoded", body));
    let got = web.send(url, Request { accept: "application/json", body, ..Request::default() }).await?;
    let answer: Value = serde_json::from_slice(&got.body).unwrap_or_default();
    let refused = |why: String| FetchError::SignIn { server: web.label(), why };
    if got.status != StatusCode::OK {
        let status = got.status.as_u16();
        let code = answer["error"].as_str().map_or_else(String::new, |code| format!(", {}", shortened(code)));
        let why =
            format!("it gives no token (status {status}{code}); check client_id, key_id, scope and the private key");
        return Err(refused(why));
    }
    let token = answer["access_token"].as_str().filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| refused("its answer has no access_token".to_owned()))?;
    let lives = answer["expires_in"].as_i64().unwrap_or(LIVES).clamp(0, 86_400);
    Ok((SecretString::from(token.to_owned()), lives))
}
