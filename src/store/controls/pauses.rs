//! What people have stopped: sending everywhere or at one location, and texts for single appointments.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::domain::ids::{AppointmentId, RuleName};
use crate::domain::operator::Operator;
use crate::domain::reminder_key::ReminderKey;
use crate::planner::input::Pause;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::planning::replan_queue;

/// An active pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paused {
    /// The location; none = everywhere.
    pub location: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when; none = until someone lifts it.
    pub until: Option<DateTime<Utc>>,
    /// Who paused it.
    pub who: Option<String>,
}

/// Pauses sending, everywhere or at one location. Replaces an earlier pause there.
pub fn pause(
    tx: &Transaction<'_>,
    location: Option<&str>,
    until: Option<DateTime<Utc>>,
    person: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO pauses (location, since, until, who, why) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (location) DO UPDATE SET since = ?2, until = ?3, who = ?4, why = ?5",
        (location.unwrap_or(""), now.timestamp(), until.map(|at| at.timestamp()), person.who, person.why),
    )?;
    note(tx, Act::Paused, location, person, now)?;
    replan_queue::mark_all(tx)
}

/// Lifts the pause at a location, or the pause everywhere (none). Returns whether there was one.
pub fn resume(
    tx: &Transaction<'_>,
    location: Option<&str>,
    person: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if tx.execute("DELETE FROM pauses WHERE location = ?1", [location.unwrap_or("")])? == 0 {
        return Ok(false);
    }
    note(tx, Act::Resumed, location, person, now)?;
    replan_queue::mark_all(tx)?;
    Ok(true)
}

fn note(
    tx: &Transaction<'_>,
    act: Act,
    location: Option<&str>,
    person: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    audit::note(tx, &Entry { code: location, who: person.who, why: person.why, ..Entry::new(now, act) })
}

/// The pauses that are active at `now` or end later.
pub(crate) fn pauses(connection: &Connection, now: DateTime<Utc>) -> Result<Vec<Paused>, StoreError> {
    let sql = "SELECT location, since, until, who FROM pauses WHERE until IS NULL OR until > ?1 ORDER BY location";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([now.timestamp()], |row| {
        Ok(Paused {
            location: Some(row.get::<_, String>(0)?).filter(|location| !location.is_empty()),
            since: instant(row.get(1)?),
            until: row.get::<_, Option<i64>>(2)?.map(instant),
            who: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The pause that applies to a location's appointments: the longer of its own pause and the one everywhere.
pub(crate) fn pause_of(pauses: &[Paused], location: Option<&str>) -> Option<Pause> {
    let here = |paused: &&Paused| paused.location.is_none() || paused.location.as_deref() == location;
    let each = pauses.iter().filter(here).map(|paused| paused.until.map_or(Pause::UntilLifted, Pause::Until));
    each.max()
}

/// Turns off an appointment's texts, for one rule or for all. Returns whether that is new.
pub fn skip(
    tx: &Transaction<'_>,
    appointment: &AppointmentId,
    rule: Option<&RuleName>,
    person: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let added = tx.execute(
        "INSERT INTO skips (appointment_id, rule, at, who, why) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        (&appointment.0, rule.map_or("", |rule| rule.0.as_str()), now.timestamp(), person.who, person.why),
    )?;
    if added > 0 {
        note_skip(tx, Act::Skipped, appointment, rule, person, now)?;
    }
    Ok(added > 0)
}

/// Turns them back on. Returns whether any were off.
pub fn unskip(
    tx: &Transaction<'_>,
    appointment: &AppointmentId,
    rule: Option<&RuleName>,
    person: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM skips WHERE appointment_id = ?1 AND (?2 = '' OR rule = ?2)";
    let removed = tx.execute(sql, (&appointment.0, rule.map_or("", |rule| rule.0.as_str())))?;
    if removed > 0 {
        note_skip(tx, Act::Unskipped, appointment, rule, person, now)?;
    }
    Ok(removed > 0)
}

fn note_skip(
    tx: &Transaction<'_>,
    act: Act,
    appointment: &AppointmentId,
    rule: Option<&RuleName>,
    person: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "SELECT starts_unix FROM appointments WHERE id = ?1";
    let start: Option<i64> = tx.query_row(sql, [&appointment.0], |row| row.get(0)).optional()?;
    let rule = rule.cloned().unwrap_or_else(|| RuleName(String::new()));
    let key = ReminderKey { appointment_id: appointment.clone(), rule, start: instant(start.unwrap_or(0)), round: 0 };
    audit::note(tx, &Entry { key: Some(&key), who: person.who, why: person.why, ..Entry::new(now, act) })
}

/// The rules whose texts are turned off for an appointment; a none in the list means all rules.
pub(crate) fn skips_of(
    connection: &Connection,
    appointment: &AppointmentId,
) -> Result<Vec<Option<RuleName>>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT rule FROM skips WHERE appointment_id = ?1")?;
    let rows = statement.query_map([&appointment.0], |row| {
        let rule: String = row.get(0)?;
        Ok((!rule.is_empty()).then_some(RuleName(rule)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether an appointment with this id exists.
pub(crate) fn knows(connection: &Connection, appointment: &AppointmentId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM appointments WHERE id = ?1)";
    Ok(connection.query_row(sql, [&appointment.0], |row| row.get(0))?)
}
