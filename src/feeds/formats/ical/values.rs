//! Reads single values: dates, times, durations, offsets and text.

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};

/// What a written date or time is relative to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Clock {
    Date,
    Floating,
    Utc,
    Named(String),
}

/// A date or time as written; a date is its midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) local: NaiveDateTime,
    pub(crate) clock: Clock,
}

/// A duration: days follow the calendar, seconds the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) days: i64,
    pub(crate) seconds: i64,
}

/// When an event ends, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    NotGiven,
    At(Stamp),
    After(Span),
}

/// "20260310" or "20260310T150000" with or without "Z". A zone beside "Z" is refused: programs disagree about it.
pub(crate) fn stamp(value: &str, value_type: Option<&str>, tzid: Option<&str>) -> Result<Stamp, String> {
    let text = value.trim();
    let shown = shown(text);
    let upper = text.to_ascii_uppercase();
    let (date, time) = match upper.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (upper.as_str(), None),
    };
    let date = date_of(date).ok_or_else(|| format!("{shown} is not a date or time"))?;
    let wants_date = value_type.is_some_and(|kind| kind.eq_ignore_ascii_case("DATE"));
    let Some(time) = time else {
        return Ok(Stamp { local: date.and_time(NaiveTime::MIN), clock: Clock::Date });
    };
    if wants_date {
        return Err(format!("{shown} is marked VALUE=DATE but has a time"));
    }
    let (time, utc) = time.strip_suffix('Z').map_or((time, false), |time| (time, true));
    let time = time_of(time).ok_or_else(|| format!("{shown} is not a date or time"))?;
    let clock = match (utc, tzid.map(str::trim).filter(|name| !name.is_empty())) {
        (true, Some(name)) if !is_utc_name(name) => {
            return Err(format!("{shown} ends with Z but also names the zone {}", self::shown(name)));
        }
        (true, _) => Clock::Utc,
        (false, Some(name)) => Clock::Named(name.to_owned()),
        (false, None) => Clock::Floating,
    };
    Ok(Stamp { local: date.and_time(time), clock })
}

fn is_utc_name(name: &str) -> bool {
    ["UTC", "GMT", "Z", "Etc/UTC", "Etc/GMT", "/UTC"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Eight digits.
pub(crate) fn date_of(text: &str) -> Option<NaiveDate> {
    let number = digits(text, 8)?;
    let year = i32::try_from(number / 10_000).ok()?;
    NaiveDate::from_ymd_opt(year, number / 100 % 100, number % 100).filter(|_| year > 0)
}

fn time_of(text: &str) -> Option<NaiveTime> {
    let number = digits(text, 6)?;
    // Second 60 is a leap second; RFC 5545 reads it as second 59.
    let second = if number % 100 == 60 { 59 } else { number % 100 };
    NaiveTime::from_hms_opt(number / 10_000, number / 100 % 100, second)
}

fn digits(text: &str, length: usize) -> Option<u32> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// "P1W", "P1DT2H", "-PT15M".
pub(crate) fn span(text: &str) -> Option<Span> {
    let text = text.trim().to_ascii_uppercase();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(&text)),
    };
    let mut rest = text.strip_prefix('P').filter(|rest| !rest.is_empty() && !rest.ends_with('T'))?;
    let (mut days, mut seconds, mut in_time) = (0_i64, 0_i64, false);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T').filter(|_| !in_time) {
            (in_time, rest) = (true, after);
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit()).filter(|&end| end > 0 && end <= 9)?;
        let (number, unit) = rest.split_at_checked(end)?;
        let number: i64 = number.parse().ok()?;
        let mut unit = unit.chars();
        match (unit.next()?, in_time) {
            ('W', false) => days = days.checked_add(number.checked_mul(7)?)?,
            ('D', false) => days = days.checked_add(number)?,
            ('H', true) => seconds = seconds.checked_add(number.checked_mul(3600)?)?,
            ('M', true) => seconds = seconds.checked_add(number.checked_mul(60)?)?,
            ('S', true) => seconds = seconds.checked_add(number)?,
            _ => return None,
        }
        rest = unit.as_str();
    }
    Some(Span { days: days.checked_mul(sign)?, seconds: seconds.checked_mul(sign)? })
}

/// A period of an RDATE: "start/end" or "start/duration".
pub(crate) fn period(value: &str, tzid: Option<&str>) -> Result<(Stamp, End), String> {
    let (start, end) = value.split_once('/').ok_or_else(|| format!("{} is not a period", shown(value)))?;
    let start = stamp(start, None, tzid)?;
    let end = match span(end) {
        Some(span) => End::After(span),
        None => End::At(stamp(end, None, tzid)?),
    };
    Ok((start, end))
}

/// A UTC offset in seconds: "-0700", "+013015".
pub(crate) fn offset(text: &str) -> Option<i32> {
    let text = text.trim();
    let (sign, digits_of) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes, seconds) = match digits_of.len() {
        4 => digits(digits_of, 4).map(|n| (n / 100, n % 100, 0))?,
        6 => digits(digits_of, 6).map(|n| (n / 10_000, n / 100 % 100, n % 100))?,
        _ => return None,
    };
    if hours > 15 || minutes > 59 || seconds > 59 {
        return None;
    }
    i32::try_from(hours * 3600 + minutes * 60 + seconds).ok().map(|total| total * sign)
}

/// TEXT without its escapes, on one line.
pub(crate) fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push(' '),
                Some(next @ ('\\' | ';' | ',' | ':' | '"')) => out.push(next),
                Some(next) => out.extend(['\\', next]),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    one_line(&out)
}

/// Line breaks and control characters become single blanks.
pub(crate) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        let c = if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c };
        if c != ' ' || !out.ends_with(' ') {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Splits a value at the commas that are not escaped.
pub(crate) fn list(value: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut escaped) = (0, false);
    for (at, c) in value.char_indices() {
        if c == ',' && !escaped {
            parts.extend(value.get(from..at));
            from = at.saturating_add(1);
        }
        escaped = c == '\\' && !escaped;
    }
    parts.extend(value.get(from..));
    parts
}

/// A short form of a value for a message. Only for dates, codes and names of zones.
pub(crate) fn shown(text: &str) -> String {
    let text = one_line(text);
    if text.chars().count() <= 60 {
        return format!("\"{text}\"");
    }
    format!("\"{}...\"", text.chars().take(57).collect::<String>())
}

/// `time` moved by seconds, unless that leaves the calendar.
pub(crate) fn shifted(time: NaiveDateTime, seconds: i64) -> Option<NaiveDateTime> {
    time.checked_add_signed(Duration::try_seconds(seconds)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().expect("a time")
    }

    #[test]
    fn dates_and_times() {
        for (value, kind, tzid, local, clock) in [
            ("20260310", None, None, "2026-03-10T00:00:00", Clock::Date),
            ("20260310", Some("DATE"), Some("X"), "2026-03-10T00:00:00", Clock::Date),
            ("20260310T150000", None, None, "2026-03-10T15:00:00", Clock::Floating),
            (" 20260310t150060z ", None, None, "2026-03-10T15:00:59", Clock::Utc),
            ("20260310T150000Z", None, Some("UTC"), "2026-03-10T15:00:00", Clock::Utc),
            ("20260310T150000", None, Some("X"), "2026-03-10T15:00:00", Clock::Named("X".into())),
        ] {
            assert_eq!(stamp(value, kind, tzid), Ok(Stamp { local: at(local), clock }), "{value}");
        }
        for (value, kind, tzid) in [
            ("20260230", None, None),
            ("20260310T250000", None, None),
            ("20260310T1500", None, None),
            ("T150000", None, None),
            ("", None, None),
            ("00000101", None, None),
            ("20260310T150000", Some("DATE"), None),
            ("20260310T150000Z", None, Some("America/Denver")),
            ("2026-03-10", None, None),
            ("2026031٣", None, None),
        ] {
            assert!(stamp(value, kind, tzid).is_err(), "{value}");
        }
    }

    #[test]
    fn durations() {
        for (text, days, seconds) in [
            ("P1W", 7, 0),
            ("P1DT2H3M4S", 1, 7384),
            ("PT30M", 0, 1800),
            ("-PT15M", 0, -900),
            ("+P2D", 2, 0),
            ("pt0s", 0, 0),
        ] {
            assert_eq!(span(text), Some(Span { days, seconds }), "{text}");
        }
        for bad in ["", "P", "PT", "1H", "P1H", "PT1D", "PT", "P1DT", "PT1", "PT9999999999S", "PTTS", "P-1D", "PéD"] {
            assert_eq!(span(bad), None, "{bad}");
        }
    }

    #[test]
    fn offsets() {
        for (text, seconds) in
            [("-0700", Some(-25_200)), ("+013015", Some(5415)), ("0700", None), ("-07:00", None), ("+9900", None)]
        {
            assert_eq!(offset(text), seconds, "{text}");
        }
    }

    #[test]
    fn texts() {
        for (raw, clean) in [
            ("a\\nb\\, c\\; d\\\\e", "a b, c; d\\e"),
            ("  a \\N  b  ", "a b"),
            ("tab\tand\u{0}nul", "tab and nul"),
            ("end\\", "end\\"),
            ("C:\\temp", "C:\\temp"),
        ] {
            assert_eq!(text(raw), clean, "{raw}");
        }
        assert_eq!(list("a\\,b,c\\\\,d"), ["a\\,b", "c\\\\", "d"]);
        assert_eq!(shown(&"x".repeat(100)).chars().count(), 62);
    }
}
