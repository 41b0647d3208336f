//! Works out the dates of one series: RRULE, RDATE and EXDATE.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{Duration, NaiveDate, NaiveDateTime};

use crate::feeds::formats::ical::dates::{self, Span, Stop, Work};
use crate::feeds::formats::ical::events::Event;
use crate::feeds::formats::ical::moments::{self, Key, Moment, moment, seen_at};
use crate::feeds::formats::ical::rules::Rule;
use crate::feeds::formats::ical::tables::CalendarError;
use crate::feeds::formats::ical::values::{Clock, End, Stamp, shifted};
use crate::feeds::formats::ical::zones::{Place, Zones};

/// The most dates of one series that are kept, with those around the window.
const MOST_DATES: usize = 250_000;

/// What all series of a file share.
pub(crate) struct Reading<'a> {
    pub(crate) zones: Zones<'a>,
    pub(crate) work: Work,
    pub(crate) from: NaiveDateTime,
    pub(crate) to: NaiveDateTime,
}

/// One date of a series.
#[derive(Debug, Clone)]
pub(crate) struct Occurrence {
    pub(crate) moment: Moment,
    /// The end that a period of an RDATE gives, in place of the event's own.
    pub(crate) end: Option<End>,
    pub(crate) problem: Option<String>,
}

/// Why a series or the whole file gives nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    Problem(String),
    File(CalendarError),
}

/// What a RECURRENCE-ID or EXDATE names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    At(Key),
    OnDay(NaiveDate),
}

/// The dates that are asked for: those near the window, and single days that a RECURRENCE-ID names.
pub(crate) struct Asked {
    pub(crate) span: Span,
    pub(crate) days: BTreeSet<NaiveDate>,
}

impl Asked {
    /// The window, two days (zones, floating times) and `margin` seconds around it, and the days.
    pub(crate) fn new(reading: &Reading<'_>, margin: i64, days: BTreeSet<NaiveDate>) -> Self {
        let margin = margin.saturating_abs().saturating_add(172_800);
        let from = shifted(reading.from, margin.saturating_neg()).unwrap_or(NaiveDateTime::MIN);
        let to = shifted(reading.to, margin).unwrap_or(NaiveDateTime::MAX);
        Self { span: Span { from, to }, days }
    }

    fn has(&self, local: NaiveDateTime) -> bool {
        (self.span.from <= local && local <= self.span.to) || self.days.contains(&local.date())
    }

    fn whole_span(&self) -> Span {
        let first = self.days.first().and_then(|day| day.and_hms_opt(0, 0, 0));
        let last = self.days.last().and_then(|day| day.and_hms_opt(23, 59, 59));
        Span {
            from: first.map_or(self.span.from, |first| first.min(self.span.from)),
            to: last.map_or(self.span.to, |last| last.max(self.span.to)),
        }
    }
}

/// The dates of the series of an event in order, as far as they are asked for.
pub(crate) fn occurrences(
    event: &Event,
    start: &Stamp,
    place: &Place,
    asked: &Asked,
    reading: &mut Reading<'_>,
) -> Result<Vec<Occurrence>, Failure> {
    let mut dates = Dates { by_key: BTreeMap::new(), asked };
    let mut own_start = event.rules.is_empty();
    for rule in &event.rules {
        let rule = if matches!(place, Place::Date) { rule.of_days() } else { rule.clone() };
        own_start |= dates::gives(&rule, start.local, &mut reading.work);
        by_rule(&rule, start.local, place, &mut dates, &mut reading.work)?;
    }
    let disputed = "the repeat rule does not give the event's own start, so it is not certain that it takes place then";
    dates.add(moment(start.local, place), None, (!own_start).then(|| disputed.to_owned()));
    for (stamp, end) in &event.added {
        let added = added(stamp, event.calendar, place, reading).map_err(Failure::Problem)?;
        dates.add(added, (*end != End::NotGiven).then(|| end.clone()), None);
    }
    remove(event, place, &mut dates.by_key, reading)?;
    Ok(dates.by_key.into_values().collect())
}

struct Dates<'a> {
    by_key: BTreeMap<Key, Occurrence>,
    asked: &'a Asked,
}

impl Dates<'_> {
    /// A date that two rules give is certain if one of them is.
    fn add(&mut self, moment: Moment, end: Option<End>, problem: Option<String>) {
        if !self.asked.has(moment.local) {
            return;
        }
        let key = moment.key;
        let new = Occurrence { moment, end, problem };
        let old = self.by_key.entry(key).or_insert_with(|| new.clone());
        if (old.problem.is_some() && new.problem.is_none()) || new.end.is_some() {
            *old = new;
        }
    }
}

fn by_rule(
    rule: &Rule,
    start: NaiveDateTime,
    place: &Place,
    dates: &mut Dates<'_>,
    work: &mut Work,
) -> Result<(), Failure> {
    let until = rule.until.as_ref().map(|until| moments::until(until, place));
    let synchronized = dates::gives(rule, start, work);
    let span = dates.asked.whole_span();
    let ended = dates::expand(rule, start, until.map(|(_, possible)| possible), span, work, &mut |local, number| {
        let problem = if until.is_some_and(|(sure, _)| local > sure) {
            Some("the UNTIL of the repeat rule is not exact enough to tell whether the series still has this date")
        } else if rule.count == Some(number) && !synchronized {
            Some("the repeat rule does not give the event's own start, so it is not certain that the last date counts")
        } else {
            None
        };
        if dates.asked.has(local) {
            dates.add(moment(local, place), None, problem.map(str::to_owned));
        }
        dates.by_key.len() < MOST_DATES
    });
    match ended {
        Ok(()) => Ok(()),
        Err(Stop::Enough) => Err(Failure::File(CalendarError::TooManyInstances { limit: MOST_DATES })),
        Err(Stop::TooManyDates) if !work.is_left() => Err(Failure::File(CalendarError::TooManyDates)),
        Err(Stop::TooManyDates) => Err(Failure::Problem("the repeat rule has too many dates to count them".to_owned())),
    }
}

fn added(stamp: &Stamp, calendar: usize, place: &Place, reading: &mut Reading<'_>) -> Result<Moment, String> {
    if matches!(place, Place::Date) {
        return Ok(moment(stamp.local, place));
    }
    if stamp.clock == Clock::Date {
        return Err("an RDATE has no time, but the event has one".to_owned());
    }
    if stamp.clock == Clock::Floating {
        return Ok(moment(stamp.local, place));
    }
    let own_place = reading.zones.place(calendar, &stamp.clock, &mut reading.work);
    let own = moment(stamp.local, &own_place);
    match (own.key, &own.problem) {
        (_, Some(_)) if moment(stamp.local, place).key == own.key => Ok(own),
        (_, Some(why)) => Err(format!("an RDATE cannot be placed: {why}")),
        (Key::Utc(utc), None) => seen_at(utc, place)
            .ok_or_else(|| "an RDATE has a zone, but the zone of the event's start is not known".to_owned()),
        _ => Err("an RDATE cannot be placed".to_owned()),
    }
}

/// What a RECURRENCE-ID or EXDATE names in a series at a place.
pub(crate) fn target(
    stamp: &Stamp,
    calendar: usize,
    place: &Place,
    reading: &mut Reading<'_>,
) -> Result<Target, String> {
    if matches!(place, Place::Date) {
        return Ok(Target::At(Key::Day(stamp.local.date())));
    }
    match &stamp.clock {
        Clock::Date => return Ok(Target::OnDay(stamp.local.date())),
        Clock::Floating => return Ok(Target::At(moment(stamp.local, place).key)),
        Clock::Utc | Clock::Named(_) => {}
    }
    let own_place = reading.zones.place(calendar, &stamp.clock, &mut reading.work);
    let own = moment(stamp.local, &own_place);
    if moment(stamp.local, place).key == own.key {
        return Ok(Target::At(own.key));
    }
    match (own.key, own.problem) {
        (_, Some(why)) => Err(why),
        (Key::Utc(_), None) if matches!(place, Place::Utc | Place::Zone(_)) => Ok(Target::At(own.key)),
        _ => Err("it has a zone, but the event's start has none or one that is not known".to_owned()),
    }
}

/// The local day that a target is on.
pub(crate) fn day_of(target: Target, place: &Place) -> Option<NaiveDate> {
    match target {
        Target::OnDay(day) | Target::At(Key::Day(day)) => Some(day),
        Target::At(Key::Local(local)) => Some(local.date()),
        Target::At(Key::Utc(utc)) => seen_at(utc, place).map(|seen| seen.local.date()),
    }
}

/// Takes the EXDATEs out. One that matches nothing but is on a day of the series was meant for that date, perhaps.
fn remove(
    event: &Event,
    place: &Place,
    by_key: &mut BTreeMap<Key, Occurrence>,
    reading: &mut Reading<'_>,
) -> Result<(), Failure> {
    let (mut whole_days, mut single, mut unmatched) = (HashSet::new(), HashSet::new(), HashSet::new());
    for stamp in &event.removed {
        let target = target(stamp, event.calendar, place, reading)
            .map_err(|why| Failure::Problem(format!("an EXDATE cannot be placed: {why}")))?;
        match target {
            Target::OnDay(day) => {
                whole_days.insert(day);
            }
            Target::At(key) if by_key.contains_key(&key) => {
                single.insert(key);
            }
            Target::At(_) => unmatched.extend(day_of(target, place)),
        }
    }
    by_key.retain(|key, occurrence| !single.contains(key) && !whole_days.contains(&occurrence.moment.local.date()));
    for occurrence in by_key.values_mut().filter(|one| unmatched.contains(&one.moment.local.date())) {
        let why = "an EXDATE names this day with another time, so it is not certain that it takes place";
        occurrence.problem.get_or_insert_with(|| why.to_owned());
    }
    Ok(())
}

/// The days around a target, so that the date that it names is surely expanded.
pub(crate) fn days_around(target: Target, place: &Place) -> impl Iterator<Item = NaiveDate> {
    let day = day_of(target, place);
    [-1, 0, 1].into_iter().filter_map(move |days| day?.checked_add_signed(Duration::try_days(days)?))
}
