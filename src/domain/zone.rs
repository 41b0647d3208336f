//! A time zone: converts an instant to wall-clock time, and wall-clock time to an instant.
//!
//! One type covers two sources: the operating system's zoneinfo, which is kept current, and chrono-tz's embedded copy,
//! which is older (0.10.4 is an hour wrong for Vancouver from late 2026) and is used where there is no system copy.
//! Loading a zone is I/O, so it is in `config/values/zones.rs`.

use std::fmt;

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};

/// The clock rules of one place, ready to use.
#[derive(Clone, PartialEq)]
pub struct Zone {
    name: String,
    rules: Rules,
}

#[derive(Clone, PartialEq)]
enum Rules {
    System(jiff::tz::TimeZone),
    Embedded(chrono_tz::Tz),
}

impl Zone {
    /// A zone with the rules of the operating system's zoneinfo.
    pub(crate) fn from_system(name: &str, rules: jiff::tz::TimeZone) -> Zone {
        Zone { name: name.to_owned(), rules: Rules::System(rules) }
    }

    /// A zone with the rules embedded in Leadtime.
    pub fn embedded(tz: chrono_tz::Tz) -> Zone {
        Zone { name: tz.name().to_owned(), rules: Rules::Embedded(tz) }
    }

    /// The IANA name, such as `America/Denver`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where the rules come from, as shown in the log.
    pub(crate) fn source(&self) -> &'static str {
        match self.rules {
            Rules::System(_) => "the system's zoneinfo",
            Rules::Embedded(_) => "the copy embedded in Leadtime",
        }
    }

    /// The offset from UTC in force at an instant.
    pub(crate) fn offset_at(&self, at: DateTime<Utc>) -> FixedOffset {
        let utc = FixedOffset::east_opt(0).unwrap_or_else(|| Utc.fix());
        match &self.rules {
            Rules::System(tz) => jiff::Timestamp::from_second(at.timestamp())
                .ok()
                .and_then(|t| FixedOffset::east_opt(tz.to_offset(t).seconds()))
                .unwrap_or(utc),
            Rules::Embedded(tz) => tz.offset_from_utc_datetime(&at.naive_utc()).fix(),
        }
    }

    /// The wall clock at an instant, with the offset in force.
    pub fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        at.with_timezone(&self.offset_at(at))
    }

    /// The zone's local time for people: `Mon Nov 30, 3:00 PM`.
    pub(crate) fn describe(&self, at: DateTime<Utc>) -> String {
        self.local(at).format("%a %b %-d, %-I:%M %p").to_string()
    }

    /// The instant of a wall-clock time. A time that does not exist moves forward by the gap. For a time that occurs
    /// twice, the first one counts (RFC 5545 section 3.3.5; `data/tables/CONVENTIONS.md` 2 and 3).
    pub fn instant(&self, wall: NaiveDateTime) -> DateTime<Utc> {
        let minus = |offset: FixedOffset| wall.and_utc() - TimeDelta::seconds(i64::from(offset.local_minus_utc()));
        match &self.rules {
            Rules::System(tz) => civil(wall)
                .and_then(|dt| tz.to_ambiguous_timestamp(dt).compatible().ok())
                .and_then(|t| DateTime::from_timestamp(t.as_second(), 0))
                .unwrap_or_else(|| wall.and_utc()),
            Rules::Embedded(tz) => match tz.offset_from_local_datetime(&wall).earliest() {
                Some(offset) => minus(offset.fix()),
                // In a gap, the offset from before the gap applies. No gap is longer than a day (Apia, 2011).
                None => minus(self.offset_at(wall.and_utc() - TimeDelta::hours(38))),
            },
        }
    }

    /// The instant of this time of day on this local date.
    pub fn at(&self, date: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
        self.instant(date.and_time(time))
    }

    /// The first instant of the next local date.
    pub(crate) fn end_of(&self, date: NaiveDate) -> DateTime<Utc> {
        self.at(date.checked_add_days(Days::new(1)).unwrap_or(date), NaiveTime::MIN)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.source())
    }
}

fn civil(wall: NaiveDateTime) -> Option<jiff::civil::DateTime> {
    use chrono::{Datelike, Timelike};
    jiff::civil::DateTime::new(
        i16::try_from(wall.year()).ok()?,
        i8::try_from(wall.month()).ok()?,
        i8::try_from(wall.day()).ok()?,
        i8::try_from(wall.hour()).ok()?,
        i8::try_from(wall.minute()).ok()?,
        i8::try_from(wall.second()).ok()?,
        0,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_in_a_gap_moves_forward_and_a_repeated_time_is_the_first_one() {
        for (tz, text, utc) in [
            (chrono_tz::America::New_York, "2026-03-08T02:30:00", "2026-03-08T07:30:00Z"),
            (chrono_tz::America::New_York, "2026-11-01T01:30:00", "2026-11-01T05:30:00Z"),
            (chrono_tz::Australia::Lord_Howe, "2026-10-04T02:15:00", "2026-10-03T15:45:00Z"),
            (chrono_tz::Pacific::Apia, "2011-12-30T10:00:00", "2011-12-30T20:00:00Z"),
            (chrono_tz::Europe::Dublin, "2026-10-25T01:30:00", "2026-10-25T00:30:00Z"),
        ] {
            let want: DateTime<Utc> = utc.parse().unwrap();
            assert_eq!(Zone::embedded(tz).instant(wall(text)), want, "{tz} {text}, embedded");
            if let Ok(system) = jiff::tz::TimeZoneDatabase::from_env().get(tz.name()) {
                assert_eq!(Zone::from_system(tz.name(), system).instant(wall(text)), want, "{tz} {text}, system");
            }
        }
    }
}
