//! The queue of what has to be planned again, and the planning units that result.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::domain::ids::AppointmentId;
use crate::store::appointments::phone_spellings;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::any_text;
use crate::store::planning::directory::Directory;
use crate::store::planning::unit::PlanningUnit;

/// Units to plan, each with the appointments that put it in the queue (some of them gone, or moved to another number).
pub(crate) type Dirty = BTreeMap<PlanningUnit, BTreeSet<AppointmentId>>;

/// Takes up to `limit` marks and turns them into units. The marks are gone when the transaction commits, so the units
/// have to be planned in the same transaction.
pub fn take(
    tx: &Transaction<'_>,
    directory: &Directory,
    limit: usize,
    now: DateTime<Utc>,
) -> Result<Dirty, StoreError> {
    // As bytes: a mark with invalid UTF-8 has to be removed too.
    let marks: Vec<(Vec<u8>, Vec<u8>)> = tx
        .prepare_cached("SELECT CAST(phone AS BLOB), CAST(appointment_id AS BLOB) FROM replan_queue LIMIT ?1")?
        .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut dirty = Dirty::new();
    for (phone, id) in &marks {
        let number = unit_of_spelling(tx, directory, &String::from_utf8_lossy(phone), now)?;
        let id = AppointmentId(String::from_utf8_lossy(id).into_owned());
        if id.0.is_empty() {
            dirty.extend(number.map(|unit| (unit, BTreeSet::new())));
            continue;
        }
        if let Some(unit) = number {
            dirty.entry(unit).or_default().insert(id.clone());
        }
        for (id, spelling) in with_its_twins(tx, &id)? {
            let unit = match &spelling {
                Some(spelling) => unit_of_spelling(tx, directory, spelling, now)?,
                None => None,
            };
            dirty.entry(unit.unwrap_or(PlanningUnit::Appointment(id.clone()))).or_default().insert(id);
        }
        // An appointment that is gone has no number: its own unit closes its reminders.
        dirty.entry(PlanningUnit::Appointment(id.clone())).or_default().insert(id);
    }
    let mut remove = tx.prepare_cached(
        "DELETE FROM replan_queue WHERE phone = CAST(?1 AS TEXT) AND appointment_id = CAST(?2 AS TEXT)",
    )?;
    for mark in &marks {
        remove.execute((&mark.0, &mark.1))?;
    }
    drop(remove);
    Ok(without_covered(tx, directory, dirty, now)?)
}

/// Drops the units of single appointments whose number turns out to be usable: the number's unit covers them.
fn without_covered(
    tx: &Transaction<'_>,
    directory: &Directory,
    dirty: Dirty,
    now: DateTime<Utc>,
) -> rusqlite::Result<Dirty> {
    let mut kept = Dirty::new();
    for (unit, ids) in dirty {
        if let PlanningUnit::Appointment(id) = &unit
            && let Some(spelling) = spelling_of(tx, id)?
            && unit_of_spelling(tx, directory, &spelling, now).is_ok_and(|unit| unit.is_some())
        {
            continue;
        }
        kept.insert(unit, ids);
    }
    Ok(kept)
}

fn spelling_of(tx: &Connection, id: &AppointmentId) -> rusqlite::Result<Option<String>> {
    let mut statement = tx.prepare_cached("SELECT phone FROM appointments WHERE id = ?1")?;
    Ok(statement.query_row([&id.0], |row| any_text(row, 0)).optional()?.flatten())
}

fn unit_of_spelling(
    tx: &Connection,
    directory: &Directory,
    spelling: &str,
    now: DateTime<Utc>,
) -> Result<Option<PlanningUnit>, StoreError> {
    if spelling.is_empty() {
        return Ok(None);
    }
    let reading = phone_spellings::learn(tx, directory.country, spelling, now)?;
    Ok(directory.usable(&reading).cloned().map(PlanningUnit::Number))
}

/// The appointment, and the entries with the same patient and start, now or when it was last planned: its change
/// affects whether they are duplicates.
fn with_its_twins(tx: &Connection, id: &AppointmentId) -> Result<Vec<(AppointmentId, Option<String>)>, StoreError> {
    // CROSS JOIN fixes the order: first the one or two starts, then their entries by index.
    const SAME: &str = "SELECT a.id, a.phone FROM (
            SELECT patient_id, starts_unix AS start FROM appointments WHERE id = ?1
            UNION SELECT patient_id, starts_at FROM reminders WHERE appointment_id = ?1) AS own
        CROSS JOIN appointments AS a ON a.patient_id = own.patient_id AND a.starts_unix = own.start";
    let mut statement = tx.prepare_cached(SAME)?;
    let rows = statement
        .query_map([&id.0], |row| Ok((AppointmentId(any_text(row, 0)?.unwrap_or_default()), any_text(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether an appointment with this number as written has changed since it was last planned.
pub(crate) fn is_marked(
    connection: &Connection,
    spelling: Option<&str>,
    id: &AppointmentId,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM replan_queue WHERE phone = ?1 AND appointment_id = ?2)";
    Ok(connection.prepare_cached(sql)?.query_row((spelling.unwrap_or_default(), &id.0), |row| row.get(0))?)
}

/// How many appointments are in the queue.
pub fn count(connection: &Connection) -> Result<u64, StoreError> {
    let count: i64 =
        connection.query_row("SELECT count(DISTINCT appointment_id) FROM replan_queue", [], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Marks everything: every appointment, and every planned reminder.
pub fn mark_all(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO replan_queue (phone, appointment_id) SELECT coalesce(phone, ''), id FROM appointments
         WHERE true ON CONFLICT DO NOTHING",
        [],
    )?;
    tx.execute(
        "INSERT INTO replan_queue (phone, appointment_id) SELECT coalesce(phone, ''), appointment_id FROM reminders
         WHERE state = 'planned' ON CONFLICT DO NOTHING",
        [],
    )?;
    Ok(())
}

/// Marks the planned reminders that have expired. Returns how many.
pub(crate) fn mark_expired(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<usize, StoreError> {
    let marked = tx.prepare_cached(
        "INSERT INTO replan_queue (phone, appointment_id) SELECT phone, appointment_id FROM reminders INDEXED BY reminders_expiring
         WHERE state = 'planned' AND expires_at <= ?1 ON CONFLICT DO NOTHING",
    )?;
    let mut marked = marked;
    Ok(marked.execute([now.timestamp()])?)
}

/// Marks a number, as written, and an appointment; either may be empty.
pub(crate) fn mark(tx: &Transaction<'_>, phone: &str, appointment: &str) -> Result<(), StoreError> {
    const MARK: &str = "INSERT INTO replan_queue (phone, appointment_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    tx.prepare_cached(MARK)?.execute((phone, appointment))?;
    Ok(())
}

/// Marks a unit again.
pub(crate) fn mark_unit(
    tx: &Transaction<'_>,
    unit: &PlanningUnit,
    also: &BTreeSet<AppointmentId>,
) -> Result<(), StoreError> {
    let phone = match unit {
        PlanningUnit::Number(phone) => phone.dial(),
        PlanningUnit::Appointment(_) => "",
    };
    if also.is_empty() {
        return mark(tx, phone, "");
    }
    also.iter().try_for_each(|id| mark(tx, phone, &id.0))
}
