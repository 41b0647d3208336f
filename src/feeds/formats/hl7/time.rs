//! Reads HL7 times (DTM) and durations with their units.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

const MAX_MINUTES: u64 = 24 * 60;

/// A time as a message states it: local, or with an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub local: NaiveDateTime,
    pub offset: Option<FixedOffset>,
}

impl Moment {
    /// RFC 3339 with the stated offset, or a local time without one.
    pub fn show(&self) -> String {
        match self.instant() {
            Some(at) => at.format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            None => self.local.format("%Y-%m-%dT%H:%M:%S").to_string(),
        }
    }

    fn instant(&self) -> Option<DateTime<FixedOffset>> {
        self.local.and_local_timezone(self.offset?).single()
    }

    /// Whether both say the same time. A local time and one with an offset do if the clock shows the same.
    pub(crate) fn same(&self, other: &Moment) -> bool {
        match (self.instant(), other.instant()) {
            (Some(a), Some(b)) => a == b,
            _ => self.local == other.local,
        }
    }

    /// The time from an earlier moment to this one; `None` if only one of them has an offset.
    pub(crate) fn since(&self, earlier: &Moment) -> Option<TimeDelta> {
        match (self.instant(), earlier.instant()) {
            (Some(a), Some(b)) => Some(a.signed_duration_since(b)),
            (None, None) => Some(self.local.signed_duration_since(earlier.local)),
            _ => None,
        }
    }

    pub(crate) fn minus_minutes(&self, minutes: i64) -> Option<Moment> {
        let local = self.local.checked_sub_signed(TimeDelta::try_minutes(minutes)?)?;
        Some(Moment { local, offset: self.offset })
    }
}

/// The digits, the fraction and the offset of a DTM.
struct Parts<'a> {
    digits: &'a str,
    fraction: &'a str,
    offset: Option<FixedOffset>,
}

fn parts(text: &str) -> Option<Parts<'_>> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()))?,
        None => ("", rest),
    };
    let offset = match rest {
        "" => None,
        "Z" | "z" => Some(FixedOffset::east_opt(0)?),
        _ => Some(offset(rest)?),
    };
    Some(Parts { digits, fraction, offset })
}

fn offset(text: &str) -> Option<FixedOffset> {
    let (sign, digits) = match text.strip_prefix('+') {
        Some(digits) => (1, digits),
        None => (-1, text.strip_prefix('-')?),
    };
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = (number(digits, 0, 2)?, number(digits, 2, 4)?);
    let seconds = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?;
    if minutes > 59 || seconds > 14 * 3600 {
        return None;
    }
    FixedOffset::east_opt(i32::try_from(seconds).ok()?.checked_mul(sign)?)
}

fn number(digits: &str, from: usize, to: usize) -> Option<u32> {
    digits.get(from..to)?.parse().ok()
}

/// A date of eight digits or more, as in PID-7: what follows the day does not matter.
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    let digits = parts(text)?.digits;
    let year = i32::try_from(number(digits, 0, 4)?).ok().filter(|year| (1850..2200).contains(year))?;
    NaiveDate::from_ymd_opt(year, number(digits, 4, 6)?, number(digits, 6, 8)?)
}

/// A date and time to the minute at least, or what is wrong with it.
pub(crate) fn moment(text: &str) -> Result<Moment, &'static str> {
    const NOT: &str = "not a date and time (YYYYMMDDHHMM)";
    let parts = parts(text).ok_or(NOT)?;
    match parts.digits.len() {
        12 | 14 => {}
        8 => return Err("a date with no time of day"),
        10 => return Err("a time with no minutes"),
        _ => return Err(NOT),
    }
    let day = date(parts.digits).ok_or("an impossible date")?;
    let part = |from, to| number(parts.digits, from, to);
    let seconds = if parts.digits.len() == 14 { part(12, 14) } else { Some(0) };
    let time =
        (|| NaiveTime::from_hms_opt(part(8, 10)?, part(10, 12)?, seconds?))().ok_or("an impossible time of day")?;
    Ok(Moment { local: day.and_time(time), offset: parts.offset })
}

/// The time a message was made, in microseconds since 1970: any precision; local times count as UTC.
pub(crate) fn stamp(text: &str) -> Option<i64> {
    let Parts { digits, fraction, offset } = parts(text)?;
    if !matches!(digits.len(), 4 | 6 | 8 | 10 | 12 | 14) {
        return None;
    }
    let or = |from, to, default| if digits.len() > from { number(digits, from, to) } else { Some(default) };
    let year = i32::try_from(number(digits, 0, 4)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, or(4, 6, 1)?, or(6, 8, 1)?)?;
    let padded: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let second = or(12, 14, 0)?.min(59);
    let time = NaiveTime::from_hms_micro_opt(or(8, 10, 0)?, or(10, 12, 0)?, second, padded.parse().ok()?)?;
    let east = offset.map_or(0, |offset| i64::from(offset.local_minus_utc()));
    day.and_time(time).and_utc().timestamp_micros().checked_sub(east.checked_mul(1_000_000)?)
}

/// Minutes of `"30"` with unit `"MIN"`, `"60 s"`, `"1" "h"`, `"M30"`; without a unit, minutes. Rounded up; 0 and over
/// 24 hours are `None`.
pub(crate) fn minutes(amount: &str, unit: &str) -> Option<u32> {
    let minutes = thousandths(amount, unit)?.div_ceil(60_000);
    u32::try_from(minutes).ok().filter(|m| (1..=MAX_MINUTES).contains(&u64::from(*m)))
}

/// Minutes of an offset, which may be negative or 0. `None`: cannot be read, or not in whole minutes.
pub(crate) fn offset_minutes(amount: &str, unit: &str) -> Option<i64> {
    let (sign, amount) = match amount.strip_prefix('-') {
        Some(amount) => (-1, amount),
        None => (1, amount.strip_prefix('+').unwrap_or(amount)),
    };
    let thousandths = thousandths(amount, unit)?;
    let minutes = i64::try_from(thousandths.checked_div(60_000)?).ok()?;
    (thousandths.checked_rem(60_000)? == 0).then(|| minutes.saturating_mul(sign))
}

/// Thousandths of a second.
fn thousandths(amount: &str, unit: &str) -> Option<u64> {
    let amount = amount.trim();
    // The old form of a quantity puts the unit first: M30.
    let (first, amount) = match amount.chars().next() {
        Some(c) if c.is_ascii_alphabetic() => amount.split_at_checked(1)?,
        _ => ("", amount),
    };
    let end = amount.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(amount.len());
    let (value, last) = amount.split_at_checked(end)?;
    let own = [first, last.trim()].into_iter().find(|own| !own.is_empty());
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if whole.is_empty() || whole.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let padded: String = fraction.chars().chain("000".chars()).take(3).collect();
    let value = whole.parse::<u64>().ok()?.checked_mul(1000)?.checked_add(padded.parse().ok()?)?;
    value.checked_mul(seconds_of(own.unwrap_or(unit))?)
}

fn seconds_of(unit: &str) -> Option<u64> {
    match unit.trim().trim_end_matches('.').to_ascii_lowercase().as_str() {
        "" | "m" | "min" | "mins" | "mn" | "minute" | "minutes" | "minuten" | "minuto" | "minutos" => Some(60),
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(3600),
        "d" | "day" | "days" => Some(86_400),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_times() {
        let table = [
            ("202603101500-0700", Ok("2026-03-10T15:00:00-07:00")),
            ("20260310150000.1234+0215", Ok("2026-03-10T15:00:00+02:15")),
            ("20260310150000Z", Ok("2026-03-10T15:00:00+00:00")),
            ("20260310150000-0000", Ok("2026-03-10T15:00:00+00:00")),
            ("20260310090000", Ok("2026-03-10T09:00:00")),
            ("202603100900", Ok("2026-03-10T09:00:00")),
            ("20260310", Err("a date with no time of day")),
            ("20260310-0700", Err("a date with no time of day")),
            ("2026031009", Err("a time with no minutes")),
            ("20260230090000", Err("an impossible date")),
            ("00000000000000", Err("an impossible date")),
            ("20260310240000", Err("an impossible time of day")),
            ("20260310096000", Err("an impossible time of day")),
            ("20260310090060", Err("an impossible time of day")),
            ("2026-03-10T09:00:00", Err("not a date and time (YYYYMMDDHHMM)")),
            ("20260310090000+9900", Err("not a date and time (YYYYMMDDHHMM)")),
            ("20260310090000-07", Err("not a date and time (YYYYMMDDHHMM)")),
            ("20260310090000 ñ", Err("not a date and time (YYYYMMDDHHMM)")),
            ("", Err("not a date and time (YYYYMMDDHHMM)")),
        ];
        for (text, want) in table {
            assert_eq!(moment(text).map(|m| m.show()), want.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn reads_stamps_at_any_precision() {
        let day = 1_772_323_200_000_000; // 2026-03-01
        let table = [
            ("20260301", Some(day)),
            ("202603", Some(day)),
            ("20260301000000.5", Some(day + 500_000)),
            ("20260301000000.1234567", Some(day + 123_456)),
            ("20260301010000+0100", Some(day)),
            ("2026030100", Some(day)),
            ("202603010", None),
            ("20261301", None),
            ("", None),
        ];
        for (text, want) in table {
            assert_eq!(stamp(text), want, "{text}");
        }
    }

    #[test]
    fn reads_durations() {
        let table = [
            ("30", "MIN", Some(30)),
            ("30", "", Some(30)),
            ("60", "s", Some(1)),
            ("60 s", "", Some(1)),
            ("45 min", "", Some(45)),
            ("1", "H", Some(60)),
            ("1.5", "hr", Some(90)),
            ("M30", "", Some(30)),
            ("H1", "", Some(60)),
            ("S3600", "", Some(60)),
            ("24", "h", Some(1440)),
            ("25", "h", None),
            ("0", "min", None),
            ("30", "parsec", None),
            ("30", "&", None),
            ("-30", "min", None),
            ("99999999999999999999", "h", None),
            ("", "min", None),
            ("1.2.3", "min", None),
            (".5", "h", None),
        ];
        for (amount, unit, want) in table {
            assert_eq!(minutes(amount, unit), want, "{amount} {unit}");
        }
        assert_eq!(offset_minutes("-15", "min"), Some(-15));
        assert_eq!(offset_minutes("900", "s"), Some(15));
        assert_eq!(offset_minutes("0", ""), Some(0));
        assert_eq!(offset_minutes("90", "s"), None);
        assert_eq!(date("19800229").map(|d| d.to_string()), Some("1980-02-29".to_owned()));
        assert_eq!(date("198802300101"), None);
        assert_eq!(date("1980"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9+.Zñ -]{0,24}|.{0,20}", unit in ".{0,4}") {
            if let Ok(moment) = moment(&text) {
                prop_assert!(moment.show().len() >= 19);
            }
            stamp(&text);
            date(&text);
            offset_minutes(&text, &unit);
            prop_assert!(minutes(&text, &unit).is_none_or(|m| (1..=1440).contains(&m)));
        }
    }
}
