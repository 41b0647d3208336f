//! Reads a whole calendar file into a table.

use std::collections::HashMap;
use std::ops::Range;

use chrono::{DateTime, Datelike, Utc};

use crate::feeds::formats::Table;
use crate::feeds::formats::ical::components::components;
use crate::feeds::formats::ical::dates::Work;
use crate::feeds::formats::ical::events::{Event, event};
use crate::feeds::formats::ical::instances::{Instance, instances};
use crate::feeds::formats::ical::series::Reading;
use crate::feeds::formats::ical::tables::{COLUMNS, CalendarError, Limits, MOST_INSTANCES, MOST_TEXT};
use crate::feeds::formats::ical::zones::Zones;

/// One row for each instance of an event that starts within the window, or whose start cannot be known.
///
/// Floating times give a row if they are within the window in any zone.
pub fn table(bytes: &[u8], window: Range<DateTime<Utc>>, limits: Limits) -> Result<Table, CalendarError> {
    let components = components(bytes)?;
    let method = |calendar: usize| components.methods.get(calendar).map_or("", String::as_str);
    let events: Vec<Event> = components.events.iter().map(|raw| event(raw, method(raw.calendar))).collect();
    let mut reading = Reading {
        zones: Zones::new(&components.zones, window.end.year().clamp(1970, 9997).saturating_add(2)),
        work: Work::default(),
        from: window.start.naive_utc(),
        to: window.end.naive_utc(),
    };
    let limit = limits.instances.min(MOST_INSTANCES);
    let mut rows = Vec::new();
    let mut text = 0_usize;
    for group in groups(&events) {
        for instance in instances(&group, &mut reading)? {
            if rows.len() >= limit {
                return Err(CalendarError::TooManyInstances { limit });
            }
            let row = row(instance);
            text = row.iter().fold(text, |sum, cell| sum.saturating_add(cell.len()));
            if text > MOST_TEXT {
                return Err(CalendarError::TooMuchText { limit: MOST_TEXT });
            }
            rows.push(row);
        }
    }
    if reading.work.is_left() { Ok(Table { columns: COLUMNS, rows }) } else { Err(CalendarError::TooManyDates) }
}

/// The events of each UID, in the order of the file. One without a UID is alone.
fn groups(events: &[Event]) -> Vec<Vec<&Event>> {
    let mut groups: Vec<Vec<&Event>> = Vec::new();
    let mut by_uid: HashMap<&str, usize> = HashMap::new();
    for event in events {
        let next = groups.len();
        let at = if event.uid.is_empty() { next } else { *by_uid.entry(&event.uid).or_insert(next) };
        match groups.get_mut(at) {
            Some(group) => group.push(event),
            None => groups.push(vec![event]),
        }
    }
    groups
}

fn row(instance: Instance<'_>) -> Vec<String> {
    let texts = &instance.event.texts;
    let cell = |moment: Option<&crate::feeds::formats::ical::moments::Moment>| {
        moment.map(|moment| moment.cell()).unwrap_or_default()
    };
    vec![
        instance.id,
        cell(instance.start.as_ref()),
        cell(instance.end.as_ref()),
        if instance.cancelled { "CANCELLED".to_owned() } else { instance.event.status.clone() },
        texts.summary.clone(),
        texts.description.clone(),
        texts.location.clone(),
        texts.organizer.clone(),
        texts.attendee.clone(),
        texts.attendee_email.clone(),
        texts.attendee_phone.clone(),
        texts.categories.clone(),
        texts.created.clone(),
        instance.problem.unwrap_or_default(),
    ]
}
