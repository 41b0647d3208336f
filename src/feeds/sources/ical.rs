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

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::config::feeds::{Source, of_block};
    use crate::config::values::zones::Zones;

    const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTART:20260303T160000Z\r\n\
                            SUMMARY:Lee\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    /// Answers with the calendar, or that it has not changed, if the request names its version. Counts both.
    fn serve() -> (u16, std::thread::JoinHandle<Vec<u16>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers = move || {
            let mut statuses = Vec::new();
            for stream in listener.incoming().take(3) {
                let mut stream = stream.unwrap();
                let (mut request, mut byte) = (Vec::new(), [0]);
                while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) > 0 {
                    request.push(byte[0]);
                }
                let request = String::from_utf8_lossy(&request).to_lowercase();
                let (status, body) = match request.contains("if-none-match: \"v1\"") {
                    true => (304, ""),
                    false => (200, CALENDAR),
                };
                statuses.push(status);
                let head = format!("HTTP/1.1 {status} X\r\nETag: \"v1\"\r\nContent-Length: {}\r\n", body.len());
                write!(stream, "{head}Connection: close\r\n\r\n{body}").unwrap();
            }
            statuses
        };
        (port, std::thread::spawn(answers))
    }

    #[tokio::test]
    async fn a_calendar_that_has_not_changed_is_not_sent_again() {
        let (port, server) = serve();
        let block = format!(
            "[[feed]]\nname = \"c\"\nkind = \"ical\"\nurl = \"http://127.0.0.1:{port}/a.ics\"\n[feed.columns]\nname = \"Summary\"\n"
        );
        let feed = of_block(&block, &Zones::of_this_machine()).unwrap();
        let Source::Ical(source) = &feed.source else { panic!("{:?}", feed.source) };
        let place = source.url.as_ref().unwrap();
        let span = "2026-03-01T00:00:00Z".parse().unwrap().."2026-04-01T00:00:00Z".parse().unwrap();
        let mut memory = Memory::default();
        let mut tables = Vec::new();
        for _ in 0..2 {
            tables.push(fetch((&feed, source, place), None, span.clone(), &mut memory).await.unwrap());
        }
        tables.push(fetch((&feed, source, place), None, span, &mut Memory::default()).await.unwrap());
        assert!(tables.iter().all(|table| table.rows.len() == 1 && *table == tables[0]), "{tables:?}");
        assert_eq!(server.join().unwrap(), [200, 304, 200]);
    }
}
