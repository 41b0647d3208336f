//! Converts a wall-clock time to an instant: time zones, wrong offsets, and times that clock changes skip or repeat.

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta, Utc};

use crate::config::feeds::Offsets;
use crate::domain::zone::Zone;
use crate::feeds::mapping::moment::OffsetText;

/// What is unusual about a start time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// The clock skips this time; the start is moved forward.
    Gap,
    /// The clock shows this time twice; the first is used.
    Fold,
    /// 00:00, which systems write for an all-day entry.
    Midnight,
}

/// An offset that differs from the zone's offset at that instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrongOffset {
    /// The offset in the cell.
    pub said: FixedOffset,
    /// The zone's offset.
    pub zone: FixedOffset,
}

/// The instant of a start time.
///
/// # Errors
/// The offset is not the zone's, and the configuration does not say which one is correct.
pub(crate) fn instant(
    wall: NaiveDateTime,
    offset: Option<OffsetText>,
    zone: &Zone,
    offsets: Option<Offsets>,
) -> Result<(DateTime<FixedOffset>, Option<Oddity>), WrongOffset> {
    let midnight = |at: DateTime<FixedOffset>| (at.time() == chrono::NaiveTime::MIN).then_some(Oddity::Midnight);
    let by_zone = || {
        let (at, oddity) = of_wall(wall, zone);
        (at, oddity.or_else(|| midnight(at)))
    };
    let minutes = match offset {
        None => return Ok(by_zone()),
        Some(OffsetText::Utc) => {
            let at = zone.local(wall.and_utc());
            return Ok((at, midnight(at)));
        }
        Some(OffsetText::Minutes(minutes)) => minutes,
    };
    let at = wall.and_utc() - TimeDelta::minutes(i64::from(minutes));
    let (local, said) = (zone.local(at), FixedOffset::east_opt(minutes * 60));
    match (said, offsets) {
        (Some(said), _) if said == *local.offset() => Ok((local, midnight(local))),
        (_, Some(Offsets::Trust)) => Ok((local, midnight(local))),
        (_, Some(Offsets::Ignore)) => Ok(by_zone()),
        (said, None) => Err(WrongOffset { said: said.unwrap_or(*local.offset()), zone: *local.offset() }),
    }
}

/// The instant of a wall-clock time, and whether the clock skips or repeats it.
fn of_wall(wall: NaiveDateTime, zone: &Zone) -> (DateTime<FixedOffset>, Option<Oddity>) {
    let at: DateTime<Utc> = zone.instant(wall);
    let local = zone.local(at);
    if local.naive_local() != wall {
        return (local, Some(Oddity::Gap));
    }
    // Clock changes are at most a few hours: if the offset changes soon after, the same wall-clock time may occur
    // again.
    let later = zone.offset_at(at + TimeDelta::hours(3));
    let again = wall.and_utc() - TimeDelta::seconds(i64::from(later.local_minus_utc()));
    let fold = again > at && zone.local(again).naive_local() == wall;
    (local, fold.then_some(Oddity::Fold))
}

/// Translates the time zone names that calendars show.
pub(super) fn usual_zone(name: &str) -> &str {
    match crate::domain::fold::fold(name).as_str() {
        "eastern time (us & canada)" | "eastern time" | "us/eastern" => "America/New_York",
        "central time (us & canada)" | "central time" | "us/central" => "America/Chicago",
        "mountain time (us & canada)" | "mountain time" | "us/mountain" => "America/Denver",
        "pacific time (us & canada)" | "pacific time" | "us/pacific" => "America/Los_Angeles",
        "arizona" => "America/Phoenix",
        "alaska" => "America/Anchorage",
        "hawaii" => "Pacific/Honolulu",
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_respect_clock_changes_and_offsets() {
        let denver = Zone::embedded(chrono_tz::America::Denver);
        let wall = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        let read = |text, offset, offsets| {
            instant(wall(text), offset, &denver, offsets).map(|(at, odd)| (at.to_rfc3339(), odd))
        };
        let minutes = |m| Some(OffsetText::Minutes(m));
        for (text, offset, offsets, want, odd) in [
            ("2026-03-10T15:00:00", None, None, "2026-03-10T15:00:00-06:00", None),
            ("2026-03-08T02:30:00", None, None, "2026-03-08T03:30:00-06:00", Some(Oddity::Gap)),
            ("2026-11-01T01:30:00", None, None, "2026-11-01T01:30:00-06:00", Some(Oddity::Fold)),
            ("2026-11-01T01:30:00", minutes(-420), None, "2026-11-01T01:30:00-07:00", None),
            ("2026-12-10T00:00:00", None, None, "2026-12-10T00:00:00-07:00", Some(Oddity::Midnight)),
            ("2026-12-10T22:00:00", Some(OffsetText::Utc), None, "2026-12-10T15:00:00-07:00", None),
            ("2026-12-10T15:00:00", minutes(-360), Some(Offsets::Trust), "2026-12-10T14:00:00-07:00", None),
            ("2026-12-10T15:00:00", minutes(-360), Some(Offsets::Ignore), "2026-12-10T15:00:00-07:00", None),
        ] {
            assert_eq!(read(text, offset, offsets), Ok((want.to_owned(), odd)), "{text}");
        }
        assert!(instant(wall("2026-12-10T15:00:00"), minutes(-360), &denver, None).is_err());
    }
}
