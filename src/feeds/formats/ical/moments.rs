//! Places written times on one time line, so that they can be compared.

use chrono::{Duration, NaiveDate, NaiveDateTime};

use crate::feeds::formats::ical::values::{Clock, End, Stamp, shifted};
use crate::feeds::formats::ical::zones::Place;

/// When something is, as far as that can be known. Two keys of one kind can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    Utc(NaiveDateTime),
    Local(NaiveDateTime),
    Day(NaiveDate),
}

impl Key {
    /// The end of an id: "20260310T150000Z".
    pub(crate) fn id(self) -> String {
        match self {
            Self::Utc(time) => time.format("%Y%m%dT%H%M%SZ").to_string(),
            Self::Local(time) => time.format("%Y%m%dT%H%M%S").to_string(),
            Self::Day(day) => day.format("%Y%m%d").to_string(),
        }
    }
}

/// A time with all that is known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) local: NaiveDateTime,
    pub(crate) key: Key,
    /// Of a zoned time, in seconds.
    pub(crate) offset: Option<i32>,
    /// Why the instant is not certain.
    pub(crate) problem: Option<String>,
}

/// The moment of a wall time at a place.
pub(crate) fn moment(local: NaiveDateTime, place: &Place) -> Moment {
    let plain = |key| Moment { local, key, offset: None, problem: None };
    match place {
        Place::Date => plain(Key::Day(local.date())),
        Place::Floating => plain(Key::Local(local)),
        Place::Utc => plain(Key::Utc(local)),
        Place::Unknown(why) => Moment { problem: Some(why.clone()), ..plain(Key::Local(local)) },
        Place::Zone(zone) => match zone.instant(local) {
            Ok(instant) => Moment {
                local: shifted(instant.utc, i64::from(instant.offset)).unwrap_or(local),
                offset: Some(instant.offset),
                ..plain(Key::Utc(instant.utc))
            },
            Err(why) => Moment { problem: Some(why), ..plain(Key::Local(local)) },
        },
    }
}

/// The moment of an instant as it is seen at a place; none where the place knows no instants.
pub(crate) fn seen_at(utc: NaiveDateTime, place: &Place) -> Option<Moment> {
    match place {
        Place::Utc => Some(moment(utc, place)),
        Place::Zone(zone) => {
            let instant = zone.at(utc).ok()?;
            let local = shifted(utc, i64::from(instant.offset))?;
            Some(Moment { local, key: Key::Utc(utc), offset: Some(instant.offset), problem: None })
        }
        _ => None,
    }
}

impl Moment {
    /// RFC 3339, or the local time alone where there is no zone; a day is empty.
    pub(crate) fn cell(&self) -> String {
        let local = self.local.format("%Y-%m-%dT%H:%M:%S");
        match (self.key, self.offset) {
            (Key::Day(_), _) => String::new(),
            (Key::Local(_), _) => local.to_string(),
            (Key::Utc(_), None) => format!("{local}Z"),
            (Key::Utc(_), Some(offset)) => {
                let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs() / 60);
                // RFC 3339 has no seconds in an offset.
                if offset % 60 != 0 {
                    let utc = shifted(self.local, i64::from(offset).saturating_neg()).unwrap_or(self.local);
                    return utc.format("%Y-%m-%dT%H:%M:%SZ").to_string();
                }
                format!("{local}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }

    /// Whether it is in the window, or may be: a local time is up to 14 hours before and 12 after the same UTC time.
    pub(crate) fn may_be_in(&self, from: NaiveDateTime, to: NaiveDateTime) -> bool {
        match self.key {
            Key::Utc(utc) => from <= utc && utc < to,
            Key::Local(_) | Key::Day(_) => {
                let early = shifted(self.local, -14 * 3600).is_none_or(|utc| utc < to);
                let late = shifted(self.local, 12 * 3600).is_none_or(|utc| utc >= from);
                early && late
            }
        }
    }
}

/// The end of an instance. `base` is the written start of the event, `end_place` the place of a written end.
pub(crate) fn end(start: &Moment, place: &Place, base: &Moment, end: &End, end_place: &Place) -> Option<Moment> {
    match end {
        End::NotGiven => None,
        End::After(span) => {
            let days = start.local.checked_add_signed(Duration::try_days(span.days)?)?;
            let after_days = if span.days == 0 { start.clone() } else { moment(days, place) };
            let end = later(&after_days, place, span.seconds)?;
            (end.key >= start.key).then_some(end)
        }
        End::At(stamp) => {
            let written = moment(stamp.local, end_place);
            let seconds = match (base.key, written.key) {
                (Key::Utc(from), Key::Utc(to)) => to.signed_duration_since(from).num_seconds(),
                (Key::Local(from), Key::Local(to)) if written.problem.is_none() => {
                    to.signed_duration_since(from).num_seconds()
                }
                _ => return None,
            };
            (seconds >= 0).then(|| later(start, place, seconds))?
        }
    }
}

fn later(moment: &Moment, place: &Place, seconds: i64) -> Option<Moment> {
    match moment.key {
        Key::Utc(utc) => seen_at(shifted(utc, seconds)?, place),
        Key::Local(local) if moment.problem.is_none() => {
            let local = shifted(local, seconds)?;
            Some(Moment { local, key: Key::Local(local), offset: None, problem: None })
        }
        _ => None,
    }
}

/// The last time of a rule: sure up to the first, possible up to the second, both as local times of the event.
pub(crate) fn until(until: &Stamp, place: &Place) -> (NaiveDateTime, NaiveDateTime) {
    let local = until.local;
    let last_second = local.date().and_hms_opt(23, 59, 59).unwrap_or(local);
    let within_a_day = (shifted(local, -12 * 3600).unwrap_or(local), shifted(local, 14 * 3600).unwrap_or(local));
    match (&until.clock, place) {
        (_, Place::Date) => (local, last_second),
        (Clock::Date, _) => (local, last_second),
        (Clock::Utc, Place::Utc) => (local, local),
        (Clock::Utc, Place::Zone(_)) => seen_at(local, place).map_or(within_a_day, |seen| (seen.local, seen.local)),
        (Clock::Utc, _) => within_a_day,
        // Some programs read a local UNTIL in the event's zone, some as UTC.
        (_, Place::Zone(_)) => {
            let as_utc = seen_at(local, place).map_or(within_a_day.0, |seen| seen.local);
            (local.min(as_utc), local.max(as_utc))
        }
        _ => (local, local),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::formats::ical::dates::Work;
    use crate::feeds::formats::ical::values::{self, Span};
    use crate::feeds::formats::ical::zones::Zones;

    fn place(name: &str) -> Place {
        Zones::new(&[], 2030).place(0, &Clock::Named(name.to_owned()), &mut Work::default())
    }

    fn at(text: &str) -> NaiveDateTime {
        text.parse().expect("a time")
    }

    #[test]
    fn starts_and_ends() {
        let denver = place("America/Denver");
        let hour = End::After(Span { days: 0, seconds: 3600 });
        let day = End::After(Span { days: 1, seconds: 0 });
        let back = End::After(Span { days: 0, seconds: -1 });
        let at_ten = End::At(values::stamp("20260310T100000", None, Some("X")).expect("a time"));
        for (place, local, end_of, start_cell, end_cell) in [
            (&denver, "2026-03-10T09:00:00", &at_ten, "2026-03-10T09:00:00-06:00", "2026-03-10T10:00:00-06:00"),
            (&denver, "2026-03-10T11:00:00", &at_ten, "2026-03-10T11:00:00-06:00", ""),
            (&denver, "2026-03-08T01:30:00", &hour, "2026-03-08T01:30:00-07:00", "2026-03-08T03:30:00-06:00"),
            (&denver, "2026-03-07T09:00:00", &day, "2026-03-07T09:00:00-07:00", "2026-03-08T09:00:00-06:00"),
            (&denver, "2026-03-07T09:00:00", &back, "2026-03-07T09:00:00-07:00", ""),
            (&Place::Utc, "2026-03-07T09:00:00", &hour, "2026-03-07T09:00:00Z", "2026-03-07T10:00:00Z"),
            (&Place::Floating, "2026-03-07T09:00:00", &hour, "2026-03-07T09:00:00", "2026-03-07T10:00:00"),
            (&Place::Date, "2026-03-07T00:00:00", &day, "", ""),
            (&place("Nowhere"), "2026-03-07T09:00:00", &hour, "2026-03-07T09:00:00", ""),
        ] {
            let start = moment(at(local), place);
            let end = end(&start, place, &start, end_of, place);
            assert_eq!(
                (start.cell().as_str(), end.map(|end| end.cell()).unwrap_or_default().as_str()),
                (start_cell, end_cell)
            );
        }
    }

    #[test]
    fn untils() {
        let denver = place("America/Denver");
        for (text, place, sure, possible) in [
            ("20260311T150000Z", &denver, "2026-03-11T09:00:00", "2026-03-11T09:00:00"),
            ("20260311T235959", &denver, "2026-03-11T17:59:59", "2026-03-11T23:59:59"),
            ("20260311", &denver, "2026-03-11T00:00:00", "2026-03-11T23:59:59"),
            ("20260311T150000Z", &Place::Floating, "2026-03-11T03:00:00", "2026-03-12T05:00:00"),
            ("20260311T150000", &Place::Floating, "2026-03-11T15:00:00", "2026-03-11T15:00:00"),
        ] {
            let stamp = values::stamp(text, None, None).expect("a time");
            assert_eq!(until(&stamp, place), (at(sure), at(possible)), "{text}");
        }
    }
}
