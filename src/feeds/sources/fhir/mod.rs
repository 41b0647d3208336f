//! Reads a FHIR server: searches the appointments of a window of days, page by page, and reads the patients that they
//! name.

#[cfg(feature = "smart")]
mod assertion;
mod confirm;
mod session;
mod sign_in;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::{StatusCode, Url};
use secrecy::SecretString;
use tokio::task::JoinSet;

use crate::config::feeds::{Feed, FhirServer};
use crate::feeds::formats::Table;
use crate::feeds::formats::fhir::{Found, Kind, Page, Reference};
use crate::feeds::mapping::options;
use crate::feeds::sources::fetch_error::FetchError;
pub(crate) use crate::feeds::sources::fhir::confirm::{Confirmed, confirm};
use crate::feeds::sources::fhir::session::{Session, ask, why};
use crate::feeds::sources::fhir::sign_in::SignIn;
use crate::feeds::sources::web::{Got, below};

/// Appointments that are asked for at a time.
const COUNT: &str = "200";
/// The most pages of one search.
const PAGES: usize = 1000;
/// Patients that are read at one time.
const AT_ONCE: usize = 4;

/// What is kept of a server between two reads.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) sign_in: SignIn,
    /// Resources by address, with the version that the server gave them.
    known: BTreeMap<String, Known>,
    /// The server does not know `_include` or `_sort`.
    is_plain: bool,
}

/// A resource as it was last read.
#[derive(Debug, Clone)]
struct Known {
    etag: String,
    json: Vec<u8>,
}

/// Asks for the appointments that start within a span.
pub(crate) async fn fetch(
    (feed, server): (&Feed, &FhirServer),
    secret: Option<SecretString>,
    span: Range<DateTime<Utc>>,
    memory: &mut Memory,
    now: DateTime<Utc>,
) -> Result<Table, FetchError> {
    let limits = options(feed).limits;
    let Memory { sign_in, known, is_plain } = memory;
    let mut session = Session::new(server, secret, sign_in, limits.max_file, now)?;
    let mut found = Found::default();
    let mut pages = Pages { left: limits.max_file, seen: BTreeSet::new() };
    let (mut counted, mut given) = (0, 0);
    let mut next = Some(search(server, &span, !*is_plain));
    while let Some(url) = next {
        let (page, url) = match pages.read(&mut session, &mut found, url).await {
            // Some servers refuse what they do not know, instead of ignoring it.
            Err(FetchError::Refused { .. }) if pages.seen.len() == 1 && !*is_plain => {
                *is_plain = true;
                pages.read(&mut session, &mut found, search(server, &span, false)).await?
            }
            other => other?,
        };
        counted = page.total.unwrap_or_default().max(counted);
        given += page.appointments as u64;
        next = match page.next {
            None => None,
            Some(link) => {
                Some(url.join(&link).map_err(|_| unreadable(&session, "its next page has no valid address"))?)
            }
        };
    }
    // Appointments that a server holds back would count as cancelled.
    if given < counted {
        return Err(unreadable(&session, &format!("it counts {counted} appointments and gives only {given}")));
    }
    read_missing(&mut session, &mut found, known).await?;
    Ok(found.table(now))
}

/// The address of the first page. `rich`: with parameters that some servers do not know.
fn search(server: &FhirServer, span: &Range<DateTime<Utc>>, rich: bool) -> Url {
    let mut url = below(&server.web.url, "Appointment");
    let instant = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut query = url.query_pairs_mut();
    query.append_pair("date", &format!("ge{}", instant(span.start)));
    query.append_pair("date", &format!("lt{}", instant(span.end)));
    query.append_pair("_count", COUNT);
    if rich {
        // Pages by number skip nothing in an order that does not change.
        query.append_pair("_sort", "date");
        for what in ["patient", "practitioner", "location"] {
            query.append_pair("_include", &format!("Appointment:{what}"));
        }
    }
    query.extend_pairs(&server.search);
    drop(query);
    url
}

/// The pages of one search.
struct Pages {
    /// Bytes that may still come.
    left: u64,
    seen: BTreeSet<Url>,
}

impl Pages {
    async fn read(
        &mut self,
        session: &mut Session<'_>,
        found: &mut Found,
        url: Url,
    ) -> Result<(Page, Url), FetchError> {
        if !self.seen.insert(url.clone()) || self.seen.len() > PAGES {
            return Err(unreadable(session, "its pages have no end"));
        }
        let got = session.get(url.clone(), None).await?;
        if got.status != StatusCode::OK {
            return Err(session.web.refusal(got.status, why(&got.body)));
        }
        self.left = self
            .left
            .checked_sub(got.body.len() as u64)
            .ok_or(FetchError::TooLarge { max: format!("{} MiB", session.largest >> 20), key: "max_file" })?;
        let page = found.add(&got.body).map_err(|error| unreadable(session, &error.to_string()))?;
        match page.is_searchset {
            true => Ok((page, url)),
            false => Err(unreadable(session, "it is not the answer to a search; check that `url` is the base address")),
        }
    }
}

/// Reads what the appointments name and the pages did not contain.
async fn read_missing(
    session: &mut Session<'_>,
    found: &mut Found,
    known: &mut BTreeMap<String, Known>,
) -> Result<(), FetchError> {
    let (mut asked, mut used) = (BTreeSet::new(), BTreeSet::new());
    // A replaced patient, or a role, names another resource.
    loop {
        let missing: Vec<Reference> = found.missing().into_iter().filter(|one| asked.insert(one.clone())).collect();
        if missing.is_empty() {
            break;
        }
        let mut wanted = Vec::new();
        for reference in missing {
            match address(session, &reference) {
                Some(url) => wanted.push((reference, url)),
                // A patient with the same id on another server is another person.
                None => found.absent(reference),
            }
        }
        for (reference, url, got) in read_all(session, wanted, known).await? {
            let json = content(session, &reference, &url, got, known)?;
            used.insert(url.to_string());
            if json.is_none_or(|json| found.add_fetched(&reference, &json).is_err()) {
                found.absent(reference);
            }
        }
    }
    known.retain(|url, _| used.contains(url));
    Ok(())
}

/// A resource that was asked for, and the answer.
type Read = (Reference, Url, Result<Got, FetchError>);

/// Reads resources, a few at a time.
async fn read_all(
    session: &mut Session<'_>,
    wanted: Vec<(Reference, Url)>,
    known: &BTreeMap<String, Known>,
) -> Result<Vec<Read>, FetchError> {
    let (mut under_way, mut arrived) = (JoinSet::new(), Vec::new());
    let mut wanted = wanted.into_iter();
    loop {
        if under_way.len() < AT_ONCE
            && let Some((reference, url)) = wanted.next()
        {
            let etag = known.get(url.as_str()).map(|known| known.etag.clone());
            let (web, login) = (session.web.clone(), session.login().await?);
            under_way.spawn(async move {
                let got = ask(&web, url.clone(), login.as_ref(), etag.as_deref()).await;
                (reference, url, got)
            });
            continue;
        }
        match under_way.join_next().await {
            Some(ended) => arrived.push(ended.map_err(|error| unreadable(session, &error.to_string()))?),
            None => return Ok(arrived),
        }
    }
}

/// The resource in an answer; `None`: there is none for this program. Without a patient there may be a text to the wrong
/// person, so a server that cannot give one now ends the read.
fn content(
    session: &Session<'_>,
    reference: &Reference,
    url: &Url,
    got: Result<Got, FetchError>,
    known: &mut BTreeMap<String, Known>,
) -> Result<Option<Vec<u8>>, FetchError> {
    let is_patient = reference.kind == Kind::Patient;
    let got = match got {
        Ok(got) => got,
        Err(error) if is_patient => return Err(error),
        Err(_) => return Ok(None),
    };
    match got.status {
        StatusCode::OK => {
            if let Some(etag) = got.etag {
                known.insert(url.to_string(), Known { etag, json: got.body.clone() });
            }
            Ok(Some(got.body))
        }
        StatusCode::NOT_MODIFIED => Ok(known.get(url.as_str()).map(|known| known.json.clone())),
        status if is_patient && is_of_the_server(status) => Err(session.web.refusal(status, why(&got.body))),
        // It does not exist, or this program may not read it: only its own appointments are refused.
        _ => Ok(None),
    }
}

/// Whether a status says something about the server, not about one resource.
fn is_of_the_server(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS) || status.is_server_error()
}

/// Where a resource is on this server; `None`: it is on another one.
fn address(session: &Session<'_>, reference: &Reference) -> Option<Url> {
    let own = below(session.web.url(), &format!("{}/{}", reference.kind.name(), reference.id));
    match &reference.url {
        None => Some(own),
        Some(url) => Url::parse(url).ok().filter(|url| *url == own),
    }
}

fn unreadable(session: &Session<'_>, why: &str) -> FetchError {
    FetchError::Unreadable { server: session.web.label(), why: why.to_owned() }
}
