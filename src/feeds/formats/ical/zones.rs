//! Resolves what a time is relative to: UTC, a known zone, the file's own VTIMEZONE, or nothing.

use std::collections::HashMap;
use std::rc::Rc;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::feeds::formats::ical::components::RawZone;
use crate::feeds::formats::ical::content::Line;
use crate::feeds::formats::ical::dates::{self, Span, Work};
use crate::feeds::formats::ical::rules;
use crate::feeds::formats::ical::values::{self, Clock, shifted, shown};
use crate::feeds::formats::ical::zone_names;

/// Transitions of a VTIMEZONE are worked out from this year on; its earlier rules tell nothing about appointments.
const FIRST_YEAR: i32 = 1970;

/// A zone: a known one, the file's own definitions of it, or both. Where both speak, they must agree.
#[derive(Debug)]
pub(crate) struct Zone {
    name: String,
    known: Option<Tz>,
    own: Vec<Rc<Own>>,
}

/// What a VTIMEZONE says: since when (UTC) which offset.
#[derive(Debug, PartialEq, Eq)]
struct Own {
    changes: Vec<(NaiveDateTime, i32)>,
}

/// What the times of an event are relative to.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Date,
    Floating,
    Utc,
    Zone(Rc<Zone>),
    /// A zone that cannot be resolved, and why.
    Unknown(String),
}

/// An instant of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instant {
    pub(crate) utc: NaiveDateTime,
    pub(crate) offset: i32,
}

impl Zone {
    /// The instant of a wall time. In a gap the offset before it counts, in a fold the first (RFC 5545, 3.3.5).
    pub(crate) fn instant(&self, local: NaiveDateTime) -> Result<Instant, String> {
        self.agreed(local, |zone_offset| wall(local, zone_offset))
    }

    /// The same instant as seen in this zone.
    pub(crate) fn at(&self, utc: NaiveDateTime) -> Result<Instant, String> {
        self.agreed(utc, |zone_offset| zone_offset(utc).map(|offset| Instant { utc, offset }))
    }

    fn agreed(
        &self,
        time: NaiveDateTime,
        read: impl Fn(&dyn Fn(NaiveDateTime) -> Option<i32>) -> Option<Instant>,
    ) -> Result<Instant, String> {
        let known =
            self.known.and_then(|tz| read(&|utc| Some(tz.offset_from_utc_datetime(&utc).fix().local_minus_utc())));
        let mut agreed = known;
        for own in &self.own {
            let Some(instant) = read(&|utc| own.offset(utc)) else { continue };
            if agreed.is_some_and(|other| other != instant) {
                return Err(format!(
                    "the file defines the zone {} in ways that disagree about its offset on {}",
                    shown(&self.name),
                    time.date()
                ));
            }
            agreed = Some(instant);
        }
        agreed.ok_or_else(|| format!("the zone {} has no offset on {}", shown(&self.name), time.date()))
    }
}

impl Own {
    fn offset(&self, utc: NaiveDateTime) -> Option<i32> {
        let at = self.changes.partition_point(|(since, _)| *since <= utc);
        // Changes between the definition's own start and the first year are not worked out.
        let first = NaiveDate::from_ymd_opt(FIRST_YEAR.saturating_add(1), 1, 1)?.and_time(NaiveTime::MIN);
        (utc >= first).then(|| self.changes.get(at.checked_sub(1)?).map(|(_, offset)| *offset)).flatten()
    }
}

/// Looks a day and a half before and after: no offset is so large, and no zone changes twice in that time.
fn wall(local: NaiveDateTime, offset_at: &dyn Fn(NaiveDateTime) -> Option<i32>) -> Option<Instant> {
    let before = shifted(local, -129_600).and_then(offset_at);
    let after = offset_at(shifted(local, 129_600)?)?;
    let Some(before) = before else {
        let utc = shifted(local, i64::from(after).saturating_neg())?;
        return (offset_at(utc)? == after).then_some(Instant { utc, offset: after });
    };
    for offset in [before, after] {
        let utc = shifted(local, i64::from(offset).saturating_neg())?;
        if offset_at(utc)? == offset {
            return Some(Instant { utc, offset });
        }
    }
    let utc = shifted(local, i64::from(before).saturating_neg())?;
    Some(Instant { utc, offset: offset_at(utc)? })
}

/// All zones of a file, resolved as they are asked for.
pub(crate) struct Zones<'a> {
    raw: &'a [RawZone],
    /// VTIMEZONEs by name.
    by_name: HashMap<String, Vec<usize>>,
    last_year: i32,
    places: HashMap<(usize, String), Place>,
}

impl<'a> Zones<'a> {
    pub(crate) fn new(raw: &'a [RawZone], last_year: i32) -> Self {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, zone) in raw.iter().enumerate() {
            if let Some(name) = zone.lines.iter().find(|line| line.name == "TZID") {
                by_name.entry(values::text(&name.value)).or_default().push(index);
            }
        }
        Self { raw, by_name, last_year, places: HashMap::new() }
    }

    /// What a written time of a calendar is relative to.
    pub(crate) fn place(&mut self, calendar: usize, clock: &Clock, work: &mut Work) -> Place {
        let name = match clock {
            Clock::Date => return Place::Date,
            Clock::Floating => return Place::Floating,
            Clock::Utc => return Place::Utc,
            Clock::Named(name) => values::text(name),
        };
        if let Some(place) = self.places.get(&(calendar, name.clone())) {
            return place.clone();
        }
        let place = self.resolve(calendar, &name, work);
        self.places.insert((calendar, name), place.clone());
        place
    }

    fn resolve(&self, calendar: usize, name: &str, work: &mut Work) -> Place {
        let all: Vec<&RawZone> =
            self.by_name.get(name).into_iter().flatten().filter_map(|&index| self.raw.get(index)).collect();
        let mut raw: Vec<&RawZone> = all.iter().filter(|zone| zone.calendar == calendar).copied().collect();
        if raw.is_empty() {
            raw = all;
        }
        // Many definitions of one name are the same text over and over.
        raw.dedup_by(|a, b| a.observances.len() == b.observances.len() && same_lines(a, b));
        let own: Vec<Rc<Own>> = raw.iter().filter_map(|zone| own(zone, self.last_year, work)).map(Rc::new).collect();
        let location = raw.iter().flat_map(|zone| &zone.lines).find(|line| line.name == "X-LIC-LOCATION");
        let known = zone_names::known(name).or_else(|| location.and_then(|line| zone_names::known(&line.value)));
        // "EST" alone may mean New York's time or the one without summer time: it is only good with a definition.
        let known = known.filter(|_| !(own.is_empty() && zone_names::is_ambiguous(name)));
        if known.is_none() && own.is_empty() {
            let why = if raw.is_empty() { "is not known" } else { "has a VTIMEZONE that cannot be read" };
            return Place::Unknown(format!("the time zone {} {why}", shown(name)));
        }
        let known = known.filter(|_| !zone_names::is_ambiguous(name));
        Place::Zone(Rc::new(Zone { name: name.to_owned(), known, own }))
    }
}

fn same_lines(a: &RawZone, b: &RawZone) -> bool {
    let text = |line: &Line| (line.name.clone(), line.value.clone());
    a.broken == b.broken
        && a.lines.iter().map(text).eq(b.lines.iter().map(text))
        && a.observances.iter().flatten().map(text).eq(b.observances.iter().flatten().map(text))
}

/// Works out a VTIMEZONE; none if any part of it cannot be read.
fn own(zone: &RawZone, last_year: i32, work: &mut Work) -> Option<Own> {
    if zone.broken || zone.observances.is_empty() {
        return None;
    }
    let mut changes = Vec::new();
    for observance in &zone.observances {
        changes.extend(observance_changes(observance, last_year, work)?);
    }
    changes.sort_unstable();
    changes.dedup();
    let contradicts = changes.windows(2).any(|pair| matches!(pair, [a, b] if a.0 == b.0 && a.1 != b.1));
    (!contradicts).then_some(Own { changes })
}

fn observance_changes(lines: &[Line], last_year: i32, work: &mut Work) -> Option<Vec<(NaiveDateTime, i32)>> {
    let one = |name: &str| {
        let mut all = lines.iter().filter(|line| line.name == name);
        all.next().filter(|_| all.next().is_none())
    };
    let start = values::stamp(&one("DTSTART")?.value, None, None).ok()?.local;
    let from = values::offset(&one("TZOFFSETFROM")?.value)?;
    let to = values::offset(&one("TZOFFSETTO")?.value)?;
    let mut onsets = vec![start];
    for line in lines {
        match line.name.as_str() {
            "RDATE" => {
                for value in line.value.split(',').filter(|value| !value.trim().is_empty()) {
                    let value = value.split_once('/').map_or(value, |(start, _)| start);
                    let stamp = values::stamp(value, None, None).ok()?;
                    onsets.push(local_of(&stamp, from)?);
                }
            }
            "RRULE" => yearly(&line.value, start, from, last_year, work, &mut onsets)?,
            _ => {}
        }
    }
    onsets.into_iter().map(|onset| Some((shifted(onset, i64::from(from).saturating_neg())?, to))).collect()
}

fn local_of(stamp: &values::Stamp, offset: i32) -> Option<NaiveDateTime> {
    if stamp.clock == Clock::Utc { shifted(stamp.local, i64::from(offset)) } else { Some(stamp.local) }
}

fn yearly(
    value: &str,
    start: NaiveDateTime,
    from: i32,
    last_year: i32,
    work: &mut Work,
    onsets: &mut Vec<NaiveDateTime>,
) -> Option<()> {
    let rule = rules::rule(value).ok().filter(|rule| rule.frequency == rules::Frequency::Yearly)?;
    let until = match &rule.until {
        Some(until) => Some(local_of(until, from)?),
        None => None,
    };
    let first = NaiveDate::from_ymd_opt(FIRST_YEAR.max(start.year()), 1, 1)?;
    let last = NaiveDate::from_ymd_opt(last_year.clamp(FIRST_YEAR, 9999), 12, 31)?;
    let span = Span { from: first.and_time(NaiveTime::MIN), to: last.and_time(NaiveTime::MIN) };
    let ended = dates::expand(&rule, start, until, span, work, &mut |onset, _| {
        onsets.push(onset);
        true
    });
    ended.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::formats::ical::components::components;
    use proptest::prelude::*;

    const MOUNTAIN: &str = "BEGIN:STANDARD\nDTSTART:20071104T020000\nTZOFFSETFROM:-0600\nTZOFFSETTO:-0700\n\
        RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:20070311T020000\n\
        TZOFFSETFROM:-0700\nTZOFFSETTO:-0600\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\nEND:DAYLIGHT\n";

    fn file(name: &str, parts: &str) -> Vec<RawZone> {
        let text = format!("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:{name}\n{parts}END:VTIMEZONE\nEND:VCALENDAR");
        components(text.as_bytes()).expect("a calendar").zones
    }

    fn place(raw: &[RawZone], name: &str) -> Place {
        Zones::new(raw, 2030).place(0, &Clock::Named(name.to_owned()), &mut Work::default())
    }

    fn read(place: &Place, local: &str) -> Result<String, String> {
        match place {
            Place::Zone(zone) => zone
                .instant(local.parse().expect("a time"))
                .map(|instant| format!("{}Z {}", instant.utc.format("%m-%dT%H:%M"), instant.offset / 3600)),
            Place::Unknown(why) => Err(why.clone()),
            _ => panic!("no zone"),
        }
    }

    #[test]
    fn gaps_and_folds_are_read_as_rfc_5545_says() {
        for raw in [vec![], file("Office", MOUNTAIN), file("America/Denver", MOUNTAIN)] {
            let name = if raw.len() == 1 && raw[0].lines[0].value == "Office" { "Office" } else { "America/Denver" };
            let place = place(&raw, name);
            for (local, right) in [
                ("2026-01-10T09:00:00", "01-10T16:00Z -7"),
                ("2026-07-10T09:00:00", "07-10T15:00Z -6"),
                ("2026-03-08T01:59:00", "03-08T08:59Z -7"),
                ("2026-03-08T02:30:00", "03-08T09:30Z -6"),
                ("2026-03-08T03:00:00", "03-08T09:00Z -6"),
                ("2026-11-01T00:59:00", "11-01T06:59Z -6"),
                ("2026-11-01T01:30:00", "11-01T07:30Z -6"),
                ("2026-11-01T02:00:00", "11-01T09:00Z -7"),
            ] {
                assert_eq!(read(&place, local).as_deref(), Ok(right), "{name} {local}");
            }
        }
    }

    #[test]
    fn names_that_are_not_certain_are_refused() {
        for name in ["Nowhere/Middle", "Mountain", "EST", "MST", "custom_America/New_York", "UTC+11", "13"] {
            let error = read(&place(&[], name), "2026-03-10T09:00:00").expect_err(name);
            assert!(error.contains(name) && error.contains("not known"), "{error}");
        }
        let broken = file("Office", "BEGIN:STANDARD\nDTSTART:20071104T020000\nEND:STANDARD\n");
        let error = read(&place(&broken, "Office"), "2026-03-10T09:00:00").expect_err("a broken zone");
        assert!(error.contains("cannot be read"), "{error}");
        assert!(read(&place(&file("MST", MOUNTAIN), "MST"), "2026-07-10T09:00:00").is_ok());
    }

    #[test]
    fn a_definition_that_contradicts_the_name_is_refused_on_the_days_it_does() {
        let old = MOUNTAIN.replace("BYMONTH=3;BYDAY=2SU", "BYMONTH=4;BYDAY=1SU");
        for raw in [
            file("America/Denver", &old),
            file("Mountain Standard Time", &old),
            file("Office\nX-LIC-LOCATION:America/Denver", &old),
        ] {
            let name = raw[0].lines[0].value.clone();
            let place = place(&raw, &name);
            assert_eq!(read(&place, "2026-07-10T09:00:00").as_deref(), Ok("07-10T15:00Z -6"), "{name}");
            let error = read(&place, "2026-03-20T09:00:00").expect_err("a contradiction");
            assert!(error.contains("disagree") && error.contains("2026-03-20"), "{error}");
        }
    }

    #[test]
    fn a_definition_ends_with_its_until_and_says_nothing_before_its_start() {
        let ended = MOUNTAIN.replace("BYMONTH=3;BYDAY=2SU", "BYMONTH=3;BYDAY=2SU;UNTIL=20200308T090000Z");
        let place = place(&file("Office", &ended), "Office");
        assert_eq!(read(&place, "2020-07-10T09:00:00").as_deref(), Ok("07-10T15:00Z -6"));
        assert_eq!(read(&place, "2021-07-10T09:00:00").as_deref(), Ok("07-10T16:00Z -7"));
        assert!(read(&place, "1999-07-10T09:00:00").is_err());
    }

    proptest! {
        /// The search over a day and a half agrees with chrono's own answer in every zone.
        #[test]
        fn wall_times_agree_with_chrono(
            zone in prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
            minutes in 0_i64..60 * 24 * 366 * 15,
        ) {
            let start: NaiveDateTime = "2023-01-01T00:00:00".parse().expect("a time");
            let local = shifted(start, minutes * 60).expect("a time");
            let place = Zone { name: zone.name().to_owned(), known: Some(zone), own: vec![] };
            let ours = place.instant(local).expect("an instant");
            match zone.from_local_datetime(&local) {
                chrono::LocalResult::Single(only) => prop_assert_eq!(ours.utc, only.naive_utc()),
                chrono::LocalResult::Ambiguous(first, _) => prop_assert_eq!(ours.utc, first.naive_utc()),
                chrono::LocalResult::None => {
                    let shown = shifted(ours.utc, i64::from(ours.offset)).expect("a time");
                    prop_assert!(shown > local);
                }
            }
        }
    }
}
