//! Reads a calendar at an address.

use std::ops::Range;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use secrecy::SecretString;

use crate::config::feeds::{Feed, IcalSource, WebPlace};
use crate::feeds::formats::{Table, ical};
use crate::feeds::mapping::options;
use crate::feeds::sources::fetch_error::FetchError;
use crate::feeds::sources::web::{Login, Request, Web};

/// The calendar as it was last read.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    known: Option<(String, Vec<u8>)>,
}

/// Asks for a calendar's events that start within a span.
pub(crate) async fn fetch(
    (feed, source, place): (&Feed, &IcalSource, &WebPlace),
    secret: Option<SecretString>,
    span: Range<DateTime<Utc>>,
    memory: &mut Memory,
) -> Result<Table, FetchError> {
    let web = Web::new(place, options(feed).limits.max_file)?;
    let login = match (&source.user, secret) {
        (Some(user), Some(password)) => Some(Login::Basic(user.clone(), password)),
        (None, _) => None,
        (Some(_), None) => {
            let why = "there is no password; put it into the password file (`password_file`)".to_owned();
            return Err(FetchError::SignIn { server: web.label(), why });
        }
    };
    let unless = memory.known.as_ref().map(|(etag, _)| etag.as_str());
    let request = Request { login: login.as_ref(), accept: "text/calendar", unless, ..Request::default() };
    let got = web.ask(place.url.clone(), request).await?;
    let body = match (got.status, &memory.known) {
        (StatusCode::OK, _) => got.body,
        (StatusCode::NOT_MODIFIED, Some((_, known))) => known.clone(),
        (status, _) => return Err(web.refusal(status, None)),
    };
    let table = ical::table(&body, span, ical::Limits::default());
    let table = table.map_err(|error| FetchError::Unreadable { server: web.label(), why: error.to_string() })?;
    if got.status == StatusCode::OK {
        memory.known = got.etag.map(|etag| (etag, body));
    }
    Ok(table)
}
