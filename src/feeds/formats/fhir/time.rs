//! Reads FHIR's instants, dates and periods.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, SecondsFormat, Timelike, Utc};

use crate::feeds::formats::fhir::json::{Object, carries, object, text};

/// The largest offset in use on Earth, in seconds.
const LARGEST_OFFSET: i32 = 14 * 3600;

/// What a field for an instant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A date, a time and an offset.
    Instant(DateTime<FixedOffset>),
    /// A date without a time, or a time without an offset.
    Partial,
    /// Anything else, such as February 30 or 24:00.
    Impossible,
}

/// Reads an instant. Seconds may be missing; fractions of a second are dropped.
pub(crate) fn moment(text: &str) -> Moment {
    if let Some(instant) = instant(text) {
        return Moment::Instant(instant);
    }
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    if day_bounds(text).is_some() || local.iter().any(|format| NaiveDateTime::parse_from_str(text, format).is_ok()) {
        return Moment::Partial;
    }
    Moment::Impossible
}

/// Reads a date with time and offset; `None` if any of them is missing or impossible.
pub(crate) fn instant(text: &str) -> Option<DateTime<FixedOffset>> {
    if !matches!(text.as_bytes().get(10), Some(b'T' | b't')) {
        return None;
    }
    let read = DateTime::parse_from_rfc3339(text).ok().or_else(|| {
        let (minutes, rest) = text.split_at_checked(16)?;
        DateTime::parse_from_rfc3339(&format!("{minutes}:00{rest}")).ok()
    })?;
    // chrono shows a leap second, :60, as second 59 with more than 999 milliseconds.
    let real = read.nanosecond() < 1_000_000_000 && read.offset().local_minus_utc().abs() <= LARGEST_OFFSET;
    if real { read.with_nanosecond(0) } else { None }
}

/// The instant as text, with the offset as it was given.
pub(crate) fn shown(instant: &DateTime<FixedOffset>, given: &str) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, given.ends_with(['Z', 'z']))
}

/// Whether a text consists of the characters of dates and times alone, so that it may be shown.
pub(crate) fn is_showable(text: &str) -> bool {
    text.len() <= 60 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b':' | b'T' | b'Z' | b'+' | b'.'))
}

/// Whether the `period` of a name or a phone number includes `now`. An end that cannot be read counts as past.
pub(crate) fn is_current(of: &Object, now: DateTime<Utc>) -> bool {
    let Some(period) = object(of, "period") else { return true };
    let begun = text(period, "start").and_then(bounds).is_none_or(|(first, _)| first <= now);
    let over = carries(period, "end") && text(period, "end").and_then(bounds).is_none_or(|(_, last)| last <= now);
    begun && !over
}

/// The first moment of a date or instant, and the first one after it. Dates are taken as days in UTC.
fn bounds(text: &str) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    if let Some(instant) = instant(text) {
        return Some((instant.to_utc(), instant.to_utc()));
    }
    let date = match text.split_once('T') {
        Some((date, _)) => date,
        None => text,
    };
    let (first, next) = day_bounds(date)?;
    Some((midnight(first)?, midnight(next)?))
}

/// The first day of a year, month or day, and the first day after it.
fn day_bounds(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    let digits = |part: &str, length: usize| -> Option<u32> {
        (part.len() == length && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
    };
    let mut parts = text.split('-');
    let year = i32::try_from(digits(parts.next()?, 4)?).ok()?;
    let month = parts.next().map(|part| digits(part, 2));
    let day = parts.next().map(|part| digits(part, 2));
    if parts.next().is_some() {
        return None;
    }
    match (month, day) {
        (None, _) => Some((NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year.checked_add(1)?, 1, 1)?)),
        (Some(month), None) => {
            let first = NaiveDate::from_ymd_opt(year, month?, 1)?;
            Some((first, first.checked_add_months(chrono::Months::new(1))?))
        }
        (Some(month), Some(day)) => {
            let first = NaiveDate::from_ymd_opt(year, month?, day?)?;
            Some((first, first.succ_opt()?))
        }
    }
}

/// A whole date, "2026-03-10".
pub(crate) fn is_date(text: &str) -> bool {
    text.len() == 10 && day_bounds(text).is_some()
}

fn midnight(date: NaiveDate) -> Option<DateTime<Utc>> {
    date.and_hms_opt(0, 0, 0).map(|local| local.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(text: &str) -> Option<String> {
        match moment(text) {
            Moment::Instant(instant) => Some(shown(&instant, text)),
            _ => None,
        }
    }

    #[test]
    fn instants_keep_their_offset_and_lose_their_fractions() {
        for (given, expected) in [
            ("2026-03-10T15:00:00-07:00", "2026-03-10T15:00:00-07:00"),
            ("2026-03-10T22:00:00Z", "2026-03-10T22:00:00Z"),
            ("2026-03-10T22:00:00+00:00", "2026-03-10T22:00:00+00:00"),
            ("2026-03-10T22:00:00.999-06:00", "2026-03-10T22:00:00-06:00"),
            ("2026-03-10T15:00-07:00", "2026-03-10T15:00:00-07:00"),
            ("2026-03-10T15:00Z", "2026-03-10T15:00:00Z"),
        ] {
            assert_eq!(read(given).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn anything_else_is_no_instant() {
        for given in
            ["2026-03-10", "2026-03", "2026", "2026-03-10T09:00:00", "2026-03-10T09:00", "2026-03-10T09:00:00.5"]
        {
            assert_eq!(moment(given), Moment::Partial, "{given}");
        }
        for given in [
            "2026-03-10T24:00:00Z",
            "2026-02-30T09:00:00Z",
            "2026-03-10T23:59:60Z",
            "2026-03-10T09:00:00+15:00",
            "2026-03-10 09:00:00Z",
            "2026-13",
            "2026-1-1",
            "",
            "tomorrow",
            "2026-03-10T09:0é:00Z",
            "2026-03-10-11",
        ] {
            assert_eq!(moment(given), Moment::Impossible, "{given}");
        }
    }

    #[test]
    fn periods_end_with_their_last_day() {
        let now = "2026-11-27T12:00:00Z".parse().unwrap();
        for (period, expected) in [
            (json!({}), true),
            (json!({"end": "2014"}), false),
            (json!({"end": "2026"}), true),
            (json!({"end": "2026-10"}), false),
            (json!({"end": "2026-11"}), true),
            (json!({"end": "2026-11-26"}), false),
            (json!({"end": "2026-11-27"}), true),
            (json!({"end": "2026-11-27T11:59:59Z"}), false),
            (json!({"end": "2026-11-27T12:30:00+01:00"}), false),
            (json!({"end": "2026-11-27T13:00:00Z"}), true),
            (json!({"end": "2026-11-26T13:00:00"}), false),
            (json!({"end": "soon"}), false),
            (json!({"end": 2014}), false),
            (json!({"end": null}), true),
            (json!({"start": "2026-11-28"}), false),
            (json!({"start": "2026-11-27"}), true),
            (json!({"start": "2026"}), true),
            (json!({"start": "2027"}), false),
            (json!({"start": "x"}), true),
            (json!("2014"), true),
        ] {
            let name = json!({"period": period});
            assert_eq!(is_current(name.as_object().unwrap(), now), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(given in ".{0,40}") {
            let _ = (moment(&given), bounds(&given), is_date(&given));
        }

        #[test]
        fn a_written_instant_is_read_back(seconds in 0i64..4_000_000_000, offset in -14i32..=14) {
            let zone = FixedOffset::east_opt(offset * 3600).unwrap();
            let instant = DateTime::from_timestamp(seconds, 0).unwrap().with_timezone(&zone);
            let given = instant.to_rfc3339();
            prop_assert_eq!(moment(&given), Moment::Instant(instant));
            prop_assert_eq!(shown(&instant, &given), given);
        }
    }
}
