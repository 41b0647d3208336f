//! What an answer, or the lack of one, means for the text: sent, surely not sent, rejected, or unknown. Pure.

use chrono::{DateTime, TimeDelta, Utc};

use crate::annie::wire::SmsResponse;
use crate::domain::ids::ConversationId;
use crate::domain::outcome::{NotSent, Outcome};

/// The pause after a 429 that does not say how long, or says something absurd.
const USUAL_PAUSE: TimeDelta = TimeDelta::seconds(60);
/// Added to the reset Annie names, because clocks differ.
const RESET_MARGIN: TimeDelta = TimeDelta::seconds(2);
/// A reset farther ahead than this is absurd: Annie's window is one minute.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);

/// The headers of an answer that matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// `Date`: when Annie answered, by its own clock (RFC 9110 section 6.6.1).
    pub date: Option<String>,
    /// `X-RateLimit-Remaining`: requests left in the window (API introduction).
    pub rate_limit_remaining: Option<String>,
    /// `X-RateLimit-Reset`: UTC epoch seconds (API introduction).
    pub rate_limit_reset: Option<String>,
    /// `Retry-After`: seconds or an HTTP date (RFC 9110 section 10.2.3).
    pub retry_after: Option<String>,
}

/// An answer, and what its headers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard<T> {
    /// The answer, or what came instead.
    pub answer: T,
    /// The time on Annie's clock.
    pub date: Option<DateTime<Utc>>,
    /// No requests before this instant.
    pub pause: Option<DateTime<Utc>>,
}

impl<T> Heard<T> {
    /// An answer without headers.
    pub(crate) fn only(answer: T) -> Heard<T> {
        Heard { answer, date: None, pause: None }
    }
}

/// Why something could not be read. Details are our own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// 429.
    #[error("Annie asked for a pause")]
    Limited,
    /// 3xx and 4xx: the key or the address is wrong, or there is no such thing.
    #[error("Annie refused with status {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// No connection: the request was not sent.
    #[error("no connection")]
    Unreachable,
    /// Anything else.
    #[error("{detail}")]
    Failed {
        /// What happened, in words.
        detail: String,
    },
}

/// The verdict on a whole answer. `body` is an error in words if it could not be read to its end.
pub(crate) fn of_answer(status: u16, headers: &Headers, body: Result<&[u8], String>, now: DateTime<Utc>) -> Outcome {
    let unknown = |detail: String| Outcome::Unknown { status: Some(status), detail };
    match status {
        200..=299 => match body {
            Err(detail) => unknown(format!("Annie accepted it, but the answer could not be read: {detail}")),
            Ok(body) => match serde_json::from_slice::<SmsResponse>(body) {
                Ok(answer) if !answer.is_success() => {
                    unknown("Annie's status says success, but the body says failure".to_owned())
                }
                Ok(answer) if !answer.data.conversation_id.trim().is_empty() => {
                    Outcome::Sent(ConversationId(answer.data.conversation_id))
                }
                _ => unknown("Annie accepted it, but the answer has no conversation id".to_owned()),
            },
        },
        429 => Outcome::NotSent(NotSent::RateLimited { until: welcome_again(headers, now) }),
        401 | 403 | 404 | 300..=399 => Outcome::NotSent(NotSent::Refused { status }),
        408 => unknown("Annie timed out".to_owned()),
        409 => unknown("another text to this number is already in progress".to_owned()),
        400..=499 => Outcome::Rejected { status },
        _ => unknown(format!("Annie failed with status {status}")),
    }
}

/// What the headers of any answer say.
pub(crate) fn heard<T>(answer: T, status: u16, headers: &Headers, now: DateTime<Utc>) -> Heard<T> {
    let date = headers.date.as_deref().and_then(|text| DateTime::parse_from_rfc2822(text.trim()).ok());
    let none_left = headers.rate_limit_remaining.as_deref().is_some_and(|text| text.trim() == "0");
    let pause = (status == 429 || none_left).then(|| welcome_again(headers, now));
    Heard { answer, date: date.map(|date| date.with_timezone(&Utc)), pause }
}

/// The result of a GET, its body read by `parse`.
pub(crate) fn of_reading<T>(
    status: u16,
    body: Result<&[u8], String>,
    parse: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<T, ReadError> {
    let failed = |detail: String| Err(ReadError::Failed { detail });
    match (status, body) {
        (200..=299, Ok(body)) => {
            parse(body).map_or_else(|| failed("Annie's answer does not match its documentation".to_owned()), Ok)
        }
        (200..=299, Err(detail)) => failed(format!("Annie's answer could not be read: {detail}")),
        (429, _) => Err(ReadError::Limited),
        (300..=499, _) if status != 408 => Err(ReadError::Refused { status }),
        _ => failed(format!("Annie answered with status {status}")),
    }
}

/// The moment from which requests are accepted again.
fn welcome_again(headers: &Headers, now: DateTime<Utc>) -> DateTime<Utc> {
    let reset = headers.rate_limit_reset.as_deref().and_then(|text| text.trim().parse::<i64>().ok());
    let reset = reset.and_then(|unix| DateTime::from_timestamp(unix, 0)).map(|at| at + RESET_MARGIN);
    let retry = headers.retry_after.as_deref().map(str::trim).and_then(|text| {
        let seconds = text.parse::<u32>().ok().map(|s| now + TimeDelta::seconds(i64::from(s)));
        seconds.or_else(|| DateTime::parse_from_rfc2822(text).ok().map(|at| at.with_timezone(&Utc)))
    });
    let sensible = |at: &DateTime<Utc>| *at > now && *at <= now + LONGEST_PAUSE;
    let named = reset.filter(sensible).into_iter().chain(retry.filter(sensible)).max();
    named.unwrap_or(now + USUAL_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-24T17:00:00Z".parse().unwrap()
    }

    fn verdict(status: u16, body: &str) -> Outcome {
        of_answer(status, &Headers::default(), Ok(body.as_bytes()), now())
    }

    #[test]
    fn every_status_has_its_outcome() {
        let good = r#"{"success":true,"data":{"conversationId":"c1","new":1},"message":"hi"}"#;
        for status in [200, 201, 202, 299] {
            assert_eq!(verdict(status, good), Outcome::Sent("c1".into()));
        }
        assert_eq!(verdict(200, r#"{"data":{"conversationId":"c1"}}"#), Outcome::Sent("c1".into()), "no success field");
        for body in [
            "",
            "{",
            "{}",
            r#"{"success":true,"data":{}}"#,
            r#"{"success":false,"data":{"conversationId":"c1"}}"#,
            r#"{"success":"false","data":{"conversationId":"c1"}}"#,
            r#"{"success":0,"data":{"conversationId":"c1"}}"#,
            r#"{"success":true,"data":{"conversationId":" "}}"#,
            "null",
            "<html>",
        ] {
            assert_eq!(verdict(200, body).name(), "unknown", "{body}");
        }
        let cut = of_answer(200, &Headers::default(), Err("cut off".into()), now());
        assert_eq!((cut.name(), cut.status()), ("unknown", Some(200)));
        for status in [301, 302, 307, 401, 403, 404] {
            assert_eq!(verdict(status, good), Outcome::NotSent(NotSent::Refused { status }));
        }
        for status in [400, 402, 410, 413, 422, 451] {
            assert_eq!(verdict(status, good), Outcome::Rejected { status });
        }
        for status in [100, 408, 409, 500, 502, 503, 504, 599] {
            assert_eq!(verdict(status, good).name(), "unknown", "{status}");
        }
    }

    #[test]
    fn a_429_waits_as_long_as_annie_says_within_reason() {
        let wait = |reset: Option<&str>, retry: Option<&str>| {
            let headers = Headers {
                rate_limit_reset: reset.map(Into::into),
                retry_after: retry.map(Into::into),
                ..Headers::default()
            };
            match of_answer(429, &headers, Ok(b""), now()) {
                Outcome::NotSent(NotSent::RateLimited { until }) => (until - now()).num_seconds(),
                other => panic!("{other:?}"),
            }
        };
        let reset = |seconds: i64| (now().timestamp() + seconds).to_string();
        assert_eq!(wait(None, None), 60);
        assert_eq!(wait(Some(&reset(30)), None), 32);
        assert_eq!(wait(Some(&reset(30)), Some("45")), 45);
        assert_eq!(wait(None, Some("Tue, 24 Nov 2026 17:02:00 GMT")), 120);
        for absurd in ["soon", "-1", "99999999999999", "0", &reset(-10), &reset(86_400)] {
            assert_eq!(wait(Some(absurd), None), 60, "{absurd}");
        }
    }
}
