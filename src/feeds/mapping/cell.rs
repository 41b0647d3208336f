//! Checks one cell of a feed as strictly as the schema does, and gives a reason that a person can understand.
//!
//! Reasons never contain names, numbers or birth dates: an import may run as a service and write to the journal.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, Timelike};

use crate::domain::appointment::Status;
use crate::domain::ids::utf16_len;

/// The longest name Annie accepts (from its guide to outbound calls, which share `patientInfo`).
const LONGEST_NAME: usize = 100;
/// The longest other cell: Annie accepts nothing longer.
const LONGEST_CELL: usize = 500;

/// Reads an RFC 3339 instant with seconds and offset, and returns it in the one spelling the schema accepts.
pub(crate) fn instant(text: &str) -> Result<(DateTime<FixedOffset>, String), String> {
    let example = "write it like 2026-03-10T15:00:00-06:00";
    let at = DateTime::parse_from_rfc3339(text).map_err(|_| why_no_instant(text, example))?;
    // The store cannot hold a leap second, and no place on earth has an offset beyond 14:59.
    if at.nanosecond() >= 1_000_000_000 || at.offset().local_minus_utc().abs() >= 15 * 3600 {
        return Err(format!("this is not a valid time; {example}"));
    }
    // A placeholder at the end of the calendar would overflow it when converted to UTC.
    if !(1..=9999).contains(&at.to_utc().year()) {
        return Err(format!("this is not a valid year; {example}"));
    }
    let at = at.with_nanosecond(0).unwrap_or(at);
    Ok((at, at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)))
}

fn why_no_instant(text: &str, example: &str) -> String {
    let naive = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    if naive.iter().any(|format| NaiveDateTime::parse_from_str(text, format).is_ok()) {
        return format!("this time has no UTC offset, so its time zone is unknown; {example}");
    }
    if text.get(..10).is_some_and(|date| NaiveDate::parse_from_str(date, "%Y-%m-%d").is_ok()) {
        return format!("this has no time of day with seconds and a UTC offset; {example}");
    }
    let looks_like_a_date = text.get(..10).is_some_and(|date| {
        date.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
    });
    match looks_like_a_date {
        true => format!("this date does not exist; {example}"),
        false => format!("this is not a time; {example}"),
    }
}

/// Checks a birth date, `YYYY-MM-DD`.
pub(crate) fn birth_date(text: &str) -> Result<(), String> {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let good = text.len() == 10 && digits && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
    if good { Ok(()) } else { Err("this is not a date; write it like 1988-03-22".to_owned()) }
}

/// Checks that the text is one of the five states of an appointment.
pub(crate) fn status(text: &str) -> Result<(), String> {
    let names = || Status::NAMES.map(|(name, _)| name).join(", ");
    Status::from_name(text).map(|_| ()).ok_or_else(|| format!("this is not a status; use one of {}", names()))
}

/// Checks that the text is `yes` or `no`.
pub(crate) fn consent(text: &str) -> Result<(), String> {
    match text {
        "yes" | "no" => Ok(()),
        _ => Err("this must be yes, no or empty".to_owned()),
    }
}

/// Checks a BCP 47 tag, by its characters only.
pub(crate) fn language(text: &str) -> Result<(), String> {
    let good = text.len() <= 35
        && text.split('-').all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if good { Ok(()) } else { Err("this is not a language; use a tag such as en or es-MX".to_owned()) }
}

/// Checks the length of a name.
pub(crate) fn name(text: &str) -> Result<(), String> {
    within(text, LONGEST_NAME)
}

/// Checks the length of any other text.
pub(crate) fn text(text: &str) -> Result<(), String> {
    within(text, LONGEST_CELL)
}

/// Checks any other text that must be on one line: a line break means that a quote was never closed.
pub(crate) fn one_line(text: &str) -> Result<(), String> {
    match text.contains('\n') {
        true => Err("this cell runs over several lines; is a quotation mark missing?".to_owned()),
        false => within(text, LONGEST_CELL),
    }
}

fn within(text: &str, longest: usize) -> Result<(), String> {
    match utf16_len(text) {
        length if length <= longest => Ok(()),
        length => Err(format!("this has {length} characters, more than the {longest} allowed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_keep_their_offset() {
        for (text, kept) in [
            ("2026-03-10T15:00:00-06:00", "2026-03-10T15:00:00-06:00"),
            ("2026-03-10T15:00:00Z", "2026-03-10T15:00:00Z"),
            ("2026-03-10T15:00:00.500+05:30", "2026-03-10T15:00:00+05:30"),
        ] {
            assert_eq!(instant(text).unwrap().1, kept);
        }
        for (text, word) in [
            ("2026-03-10T15:00:00", "no UTC offset"),
            ("2026-03-10 15:00", "no UTC offset"),
            ("2026-03-10", "no time of day"),
            ("2026-02-30T15:00:00Z", "date does not exist"),
            ("2026-13-01T15:00:00Z", "date does not exist"),
            ("03/10/2026 3:00 PM", "not a time"),
            ("2026-06-30T23:59:60Z", "not a valid time"),
            ("", "not a time"),
        ] {
            let why = instant(text).unwrap_err();
            assert!(why.contains(word), "{text}: {why}");
        }
    }
}
