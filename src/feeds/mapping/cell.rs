//! Checks one cell of a feed as strictly as the schema does, with a reason a person understands.
//!
//! Reasons never repeat names, numbers or birth dates: an import may run as a service and write to the journal.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, Timelike};

use crate::domain::appointment::Status;
use crate::domain::ids::utf16_len;

/// Longest name Annie takes (guide to outbound calls, which share `patientInfo`).
const LONGEST_NAME: usize = 100;
/// Longest other cell: nothing Annie is told is longer.
const LONGEST_CELL: usize = 500;

/// An RFC 3339 instant with seconds and offset, in the one spelling the schema takes.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn instant(text: &str) -> Result<(DateTime<FixedOffset>, String), String> {
    let example = "write it such as 2026-03-10T15:00:00-06:00";
    let at = DateTime::parse_from_rfc3339(text).map_err(|_| why_no_instant(text, example))?;
    // A leap second has no place in the store, an offset beyond 14:59 none on earth.
    if at.nanosecond() >= 1_000_000_000 || at.offset().local_minus_utc().abs() >= 15 * 3600 {
        return Err(format!("this is no time of any clock; {example}"));
    }
    // A placeholder at the end of time would leave the calendar on its way to UTC.
    if !(1..=9999).contains(&at.to_utc().year()) {
        return Err(format!("this year is in no calendar; {example}"));
    }
    let at = at.with_nanosecond(0).unwrap_or(at);
    Ok((at, at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)))
}

fn why_no_instant(text: &str, example: &str) -> String {
    let naive = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    if naive.iter().any(|format| NaiveDateTime::parse_from_str(text, format).is_ok()) {
        return format!("this time has no offset from UTC, so it is not known which instant it is; {example}");
    }
    if text.get(..10).is_some_and(|date| NaiveDate::parse_from_str(date, "%Y-%m-%d").is_ok()) {
        return format!("this has no time of day with seconds and offset; {example}");
    }
    let looks_like_a_date = text.get(..10).is_some_and(|date| {
        date.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
    });
    match looks_like_a_date {
        true => format!("there is no such date; {example}"),
        false => format!("this is not a time; {example}"),
    }
}

/// A birth date, `YYYY-MM-DD`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn birth_date(text: &str) -> Result<(), String> {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let good = text.len() == 10 && digits && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
    if good { Ok(()) } else { Err("this is not a date; write it such as 1988-03-22".to_owned()) }
}

/// One of the five states of an appointment.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn status(text: &str) -> Result<(), String> {
    let names = || Status::NAMES.map(|(name, _)| name).join(", ");
    Status::from_name(text).map(|_| ()).ok_or_else(|| format!("there is no such status; write {}", names()))
}

/// `yes` or `no`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn consent(text: &str) -> Result<(), String> {
    match text {
        "yes" | "no" => Ok(()),
        _ => Err("write yes or no, or leave it empty".to_owned()),
    }
}

/// A BCP 47 tag, by its characters.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn language(text: &str) -> Result<(), String> {
    let good = text.len() <= 35
        && text.split('-').all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if good { Ok(()) } else { Err("this is not a language; write a tag such as en or es-MX".to_owned()) }
}

/// A name.
///
/// # Errors
/// It is too long.
pub(crate) fn name(text: &str) -> Result<(), String> {
    within(text, LONGEST_NAME)
}

/// Any other text.
///
/// # Errors
/// It is too long.
pub(crate) fn text(text: &str) -> Result<(), String> {
    within(text, LONGEST_CELL)
}

/// Any other text that has no place for a line end: one is a quote that was never closed.
///
/// # Errors
/// It is too long, or goes over several lines.
pub(crate) fn one_line(text: &str) -> Result<(), String> {
    match text.contains('\n') {
        true => Err("this goes over several lines; is a quote missing?".to_owned()),
        false => within(text, LONGEST_CELL),
    }
}

fn within(text: &str, longest: usize) -> Result<(), String> {
    match utf16_len(text) {
        length if length <= longest => Ok(()),
        length => Err(format!("this has {length} characters; at most {longest} fit")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants() {
        for (text, kept) in [
            ("2026-03-10T15:00:00-06:00", "2026-03-10T15:00:00-06:00"),
            ("2026-03-10T15:00:00Z", "2026-03-10T15:00:00Z"),
            ("2026-03-10T15:00:00.500+05:30", "2026-03-10T15:00:00+05:30"),
        ] {
            assert_eq!(instant(text).unwrap().1, kept);
        }
        for (text, word) in [
            ("2026-03-10T15:00:00", "no offset"),
            ("2026-03-10 15:00", "no offset"),
            ("2026-03-10", "no time of day"),
            ("2026-02-30T15:00:00Z", "no such date"),
            ("2026-13-01T15:00:00Z", "no such date"),
            ("03/10/2026 3:00 PM", "not a time"),
            ("2026-06-30T23:59:60Z", "no time of any clock"),
            ("", "not a time"),
        ] {
            let why = instant(text).unwrap_err();
            assert!(why.contains(word), "{text}: {why}");
        }
    }
}
