//! Puts the events of one UID together: the newest version, the dates of its series, and the changes to single dates.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::feeds::formats::ical::events::Event;
use crate::feeds::formats::ical::moments::{self, Key, Moment, moment, seen_at};
use crate::feeds::formats::ical::series::{self, Asked, Failure, Occurrence, Reading, Target, day_of, days_around};
use crate::feeds::formats::ical::tables::CalendarError;
use crate::feeds::formats::ical::values::{Clock, End, Stamp, shifted};
use crate::feeds::formats::ical::zones::Place;

/// One row to be.
#[derive(Debug)]
pub(crate) struct Instance<'a> {
    pub(crate) event: &'a Event,
    pub(crate) id: String,
    pub(crate) start: Option<Moment>,
    pub(crate) end: Option<Moment>,
    pub(crate) cancelled: bool,
    pub(crate) problem: Option<String>,
}

const CONFLICT: &str = "two events of the file have this UID, differ, and neither is newer";

/// All instances of the events of one UID that start in the window or cannot be placed.
pub(crate) fn instances<'a>(
    events: &[&'a Event],
    reading: &mut Reading<'_>,
) -> Result<Vec<Instance<'a>>, CalendarError> {
    let real: Vec<&Event> = events.iter().filter(|event| !event.is_proposal).copied().collect();
    let events = if real.is_empty() { events } else { &real };
    let (mut changes, mut masters): (Vec<&Event>, Vec<&Event>) =
        events.iter().partition(|event| event.replaces.is_some());
    let mut out = Vec::new();
    // What cannot be read may be the newest: it is always reported.
    masters.retain(|event| !report_if_broken(event, reading, &mut out));
    changes.retain(|event| !report_if_broken(event, reading, &mut out));
    let (master, tied) = newest(&masters);
    if tied.is_some() {
        for event in masters.iter().filter(|event| rank(event) == master.map_or(rank(event), rank)) {
            out.extend(alone(event, event.uid.clone(), reading).map(|row| row.with_problem(CONFLICT)));
        }
        return Ok(out);
    }
    let Some(master) = master else {
        without_master(&changes, reading, &mut out);
        return Ok(out);
    };
    match of_series(master, &masters, &changes, reading) {
        Ok(more) => out.extend(more),
        Err(Failure::File(error)) => return Err(error),
        Err(Failure::Problem(why)) => {
            out.push(Instance { problem: Some(why), ..unplaced(master, master.uid.clone(), reading) });
            without_master(&changes, reading, &mut out);
        }
    }
    Ok(out)
}

impl Instance<'_> {
    fn with_problem(mut self, why: &str) -> Self {
        self.problem.get_or_insert_with(|| why.to_owned());
        self
    }

    fn is_in_window(&self, reading: &Reading<'_>) -> bool {
        self.start.as_ref().is_none_or(|start| start.may_be_in(reading.from, reading.to))
    }
}

fn rank(event: &Event) -> (i64, Option<chrono::NaiveDateTime>, bool) {
    (event.sequence, event.stamped, event.is_cancelled())
}

/// The newest of some versions, and one that is as new but differs.
fn newest<'a>(versions: &[&'a Event]) -> (Option<&'a Event>, Option<&'a Event>) {
    let newest = versions.iter().copied().max_by(|a, b| rank(a).cmp(&rank(b)));
    let tied = newest.and_then(|newest| {
        versions.iter().copied().find(|other| {
            rank(other).cmp(&rank(newest)) == Ordering::Equal
                && **other != Event { calendar: other.calendar, ..newest.clone() }
        })
    });
    (newest, tied)
}

fn place_of(stamp: &Stamp, event: &Event, reading: &mut Reading<'_>) -> Place {
    reading.zones.place(event.calendar, &stamp.clock, &mut reading.work)
}

fn report_if_broken<'a>(event: &'a Event, reading: &mut Reading<'_>, out: &mut Vec<Instance<'a>>) -> bool {
    let Some(why) = &event.problem else { return false };
    let id = match &event.replaces {
        Some(replaces) => {
            let place = place_of(replaces, event, reading);
            id_of(&event.uid, moment(replaces.local, &place).key)
        }
        None => event.uid.clone(),
    };
    let row = Instance { problem: Some(why.clone()), ..unplaced(event, id, reading) };
    // The dates of a broken series are not known, so the window does not count for it.
    if event.is_series || row.is_in_window(reading) {
        out.push(row);
    }
    true
}

fn id_of(uid: &str, key: Key) -> String {
    if uid.is_empty() { String::new() } else { format!("{uid}/{}", key.id()) }
}

/// An event on its own, in the window or not.
fn unplaced<'a>(event: &'a Event, id: String, reading: &mut Reading<'_>) -> Instance<'a> {
    let start = event.start.as_ref().map(|start| (start, place_of(start, event, reading)));
    let start = start.map(|(stamp, place)| (moment(stamp.local, &place), place));
    let end = start.as_ref().and_then(|(start, place)| end_of(event, start, place, start, reading));
    let problem = start.as_ref().and_then(|(start, _)| problem_of(start));
    Instance { event, id, start: start.map(|(start, _)| start), end, cancelled: event.is_cancelled(), problem }
}

fn alone<'a>(event: &'a Event, id: String, reading: &mut Reading<'_>) -> Option<Instance<'a>> {
    Some(unplaced(event, id, reading)).filter(|row| row.is_in_window(reading))
}

fn problem_of(start: &Moment) -> Option<String> {
    match start.key {
        Key::Day(_) => Some("an all-day event has no time to remind of".to_owned()),
        _ => start.problem.clone(),
    }
}

fn end_of(event: &Event, start: &Moment, place: &Place, base: &Moment, reading: &mut Reading<'_>) -> Option<Moment> {
    end_from(&event.end, event, start, place, base, reading)
}

fn end_from(
    end: &End,
    event: &Event,
    start: &Moment,
    place: &Place,
    base: &Moment,
    reading: &mut Reading<'_>,
) -> Option<Moment> {
    let end_place = match end {
        End::At(stamp) => place_of(stamp, event, reading),
        _ => place.clone(),
    };
    moments::end(start, place, base, end, &end_place)
}

/// Changes to single dates of a series that the file does not hold.
fn without_master<'a>(changes: &[&'a Event], reading: &mut Reading<'_>, out: &mut Vec<Instance<'a>>) {
    let mut by_key: Vec<(Key, Vec<&Event>)> = Vec::new();
    let mut index: HashMap<Key, usize> = HashMap::new();
    for event in changes {
        let Some(replaces) = &event.replaces else { continue };
        let key = moment(replaces.local, &place_of(replaces, event, reading)).key;
        let at = *index.entry(key).or_insert(by_key.len());
        match by_key.get_mut(at) {
            Some((_, versions)) => versions.push(event),
            None => by_key.push((key, vec![event])),
        }
    }
    for (key, versions) in by_key {
        let (Some(event), tied) = newest(&versions) else { continue };
        let Some(row) = alone(event, id_of(&event.uid, key), reading) else { continue };
        let why = if tied.is_some() {
            CONFLICT
        } else if event.and_future && !event.is_cancelled() {
            "the event changes all later dates of a series that cannot be read or is not in the file"
        } else {
            out.push(row);
            continue;
        };
        out.push(row.with_problem(why));
    }
}

/// A change to a date, and whether another version contradicts it.
struct Change<'a> {
    event: &'a Event,
    target: Target,
    tied: bool,
}

fn of_series<'a>(
    master: &'a Event,
    masters: &[&'a Event],
    changes: &[&'a Event],
    reading: &mut Reading<'_>,
) -> Result<Vec<Instance<'a>>, Failure> {
    // A cancellation of a whole series often leaves its rule out.
    let ruled = |event: &&&Event| event.repeats();
    let timing = match masters.iter().filter(ruled).max_by_key(|event| rank(event)) {
        Some(other) if master.is_cancelled() && !master.repeats() => other,
        _ => master,
    };
    let Some(start) = &timing.start else { return Ok(vec![]) };
    let place = place_of(start, timing, reading);
    let changes = placed(changes, &place, reading)?;
    let (asked, shifts) = asked(&changes, &place, reading);
    let dates = series::occurrences(timing, start, &place, &asked, reading)?;
    let writer = Writer { master, timing, place: &place, base: moment(start.local, &place) };
    writer.rows(&dates, &changes, &shifts, reading)
}

/// The newest change for each date.
fn placed<'a>(changes: &[&'a Event], place: &Place, reading: &mut Reading<'_>) -> Result<Vec<Change<'a>>, Failure> {
    let mut versions: HashMap<Target, Vec<&Event>> = HashMap::new();
    let mut order = Vec::new();
    for event in changes {
        let Some(replaces) = &event.replaces else { continue };
        let target = series::target(replaces, event.calendar, place, reading)
            .map_err(|why| Failure::Problem(format!("a RECURRENCE-ID cannot be placed: {why}")))?;
        let versions = versions.entry(target).or_default();
        if versions.is_empty() {
            order.push(target);
        }
        versions.push(event);
    }
    let change = |target: Target| {
        let (event, tied) = newest(versions.get(&target)?);
        Some(Change { event: event?, target, tied: tied.is_some() })
    };
    Ok(order.into_iter().filter_map(change).collect())
}

/// The dates that the window and the changes need, and how far each change moves later dates (in seconds).
fn asked(changes: &[Change<'_>], place: &Place, reading: &mut Reading<'_>) -> (Asked, Vec<Option<i64>>) {
    let (mut days, mut shifts, mut margin) = (BTreeSet::new(), Vec::new(), 0_i64);
    for change in changes {
        let own = unplaced(change.event, String::new(), reading);
        if own.is_in_window(reading) || change.event.and_future {
            days.extend(days_around(change.target, place));
        }
        let shift = match (&own.start, &change.event.start, change.target) {
            (Some(start), Some(stamp), Target::At(key)) => {
                let own_place = place_of(stamp, change.event, reading);
                local_at(key, &own_place).map(|from| start.local.signed_duration_since(from).num_seconds())
            }
            _ => None,
        };
        if change.event.and_future {
            margin = margin.max(shift.unwrap_or(0).saturating_abs());
        }
        shifts.push(shift);
    }
    (Asked::new(reading, margin, days), shifts)
}

fn local_at(key: Key, place: &Place) -> Option<chrono::NaiveDateTime> {
    match (key, place) {
        (Key::Utc(utc), _) => seen_at(utc, place).map(|seen| seen.local),
        (Key::Local(local), Place::Floating) => Some(local),
        _ => None,
    }
}

struct Writer<'a, 'b> {
    master: &'a Event,
    timing: &'a Event,
    place: &'b Place,
    base: Moment,
}

impl<'a> Writer<'a, '_> {
    fn rows(
        &self,
        dates: &[Occurrence],
        changes: &[Change<'a>],
        shifts: &[Option<i64>],
        reading: &mut Reading<'_>,
    ) -> Result<Vec<Instance<'a>>, Failure> {
        let mut exact: HashMap<Key, &Change<'a>> = HashMap::new();
        let mut later: Vec<(Key, &Change<'a>, Option<i64>)> = Vec::new();
        let mut out = Vec::new();
        let keys: HashSet<Key> = dates.iter().map(|date| date.moment.key).collect();
        let mut by_day: HashMap<chrono::NaiveDate, Vec<Key>> = HashMap::new();
        for date in dates {
            by_day.entry(date.moment.local.date()).or_default().push(date.moment.key);
        }
        for (change, shift) in changes.iter().zip(shifts) {
            let on_day = |day: chrono::NaiveDate| match by_day.get(&day).map(Vec::as_slice) {
                Some([only]) => Some(*only),
                _ => None,
            };
            let key = match change.target {
                Target::At(key) => Some(key).filter(|key| keys.contains(key)),
                Target::OnDay(day) => on_day(day),
            };
            match key {
                Some(key) => {
                    // A change for the day and one for the time can name the same date: nothing says which counts.
                    if let Some(other) = exact.insert(key, change) {
                        return Err(Failure::Problem(format!("two RECURRENCE-IDs name {}", other_id(other))));
                    }
                    later.extend(change.event.and_future.then_some((key, change, *shift)));
                }
                None if change.event.and_future => {
                    return Err(Failure::Problem("a change of all later dates names no date of the series".to_owned()));
                }
                None => out.extend(self.stray(change, reading)),
            }
        }
        later.sort_by_key(|(key, ..)| *key);
        for date in dates {
            let before = later.partition_point(|(key, ..)| *key <= date.moment.key);
            let row = match (exact.get(&date.moment.key), before.checked_sub(1).and_then(|at| later.get(at))) {
                (Some(change), _) => self.changed(change, date, reading),
                (None, Some((_, change, shift))) => self.moved(change, *shift, date, reading),
                (None, None) => self.plain(date, reading),
            };
            out.extend(Some(row).filter(|row| row.is_in_window(reading)));
        }
        Ok(out)
    }

    fn id(&self, key: Key) -> String {
        if self.timing.repeats() { id_of(&self.master.uid, key) } else { self.master.uid.clone() }
    }

    fn plain(&self, date: &Occurrence, reading: &mut Reading<'_>) -> Instance<'a> {
        let start = date.moment.clone();
        let end = match &date.end {
            Some(end) => end_from(end, self.timing, &start, self.place, &start, reading),
            None => end_of(self.timing, &start, self.place, &self.base, reading),
        };
        let problem = problem_of(&start).or_else(|| date.problem.clone());
        let cancelled = self.master.is_cancelled();
        Instance { event: self.master, id: self.id(start.key), start: Some(start), end, cancelled, problem }
    }

    fn cancels(&self, change: &Event) -> bool {
        change.is_cancelled() || (self.master.is_cancelled() && self.master.sequence >= change.sequence)
    }

    fn changed(&self, change: &Change<'a>, date: &Occurrence, reading: &mut Reading<'_>) -> Instance<'a> {
        let row = unplaced(change.event, self.id(date.moment.key), reading);
        let row = Instance { cancelled: self.cancels(change.event), ..row };
        match (change.tied, &date.problem) {
            (true, _) => row.with_problem(CONFLICT),
            (false, Some(why)) => row.with_problem(why),
            (false, None) => row,
        }
    }

    /// A date after a change of all later ones.
    fn moved(
        &self,
        change: &Change<'a>,
        shift: Option<i64>,
        date: &Occurrence,
        reading: &mut Reading<'_>,
    ) -> Instance<'a> {
        let event = change.event;
        let mut row = Instance {
            event,
            id: self.id(date.moment.key),
            start: None,
            end: None,
            cancelled: self.cancels(event),
            problem: date.problem.clone().or_else(|| change.tied.then(|| CONFLICT.to_owned())),
        };
        let place = event.start.as_ref().map(|stamp| (stamp, place_of(stamp, event, reading)));
        let start = place
            .as_ref()
            .and_then(|(_, place)| Some(moment(shifted(local_at(date.moment.key, place)?, shift?)?, place)));
        match (start, place) {
            (Some(start), Some((stamp, place))) => {
                row.end = end_of(event, &start, &place, &moment(stamp.local, &place), reading);
                row.problem = problem_of(&start).or(row.problem);
                row.start = Some(start);
                row
            }
            _ => Instance { start: Some(date.moment.clone()), ..row }
                .with_problem("a change of all later dates cannot be applied to this date"),
        }
    }

    /// A change to a date that the series does not have. A cancellation of it harms nobody.
    fn stray(&self, change: &Change<'a>, reading: &mut Reading<'_>) -> Option<Instance<'a>> {
        let key = match change.target {
            Target::At(key) => key,
            Target::OnDay(_) => Key::Day(day_of(change.target, self.place)?),
        };
        let row = alone(change.event, id_of(&self.master.uid, key), reading)?;
        let row = Instance { cancelled: self.cancels(change.event), ..row };
        let why = "the RECURRENCE-ID names no date of the series, so it is not certain that it takes place";
        Some(if row.cancelled { row } else { row.with_problem(why) })
    }
}

fn other_id(change: &Change<'_>) -> String {
    let stamp = change.event.replaces.as_ref();
    let time = stamp.map(|stamp| stamp.local.format("%Y-%m-%dT%H:%M:%S").to_string()).unwrap_or_default();
    let zone = stamp.is_some_and(|stamp| stamp.clock == Clock::Utc);
    format!("{time}{}", if zone { "Z" } else { "" })
}
