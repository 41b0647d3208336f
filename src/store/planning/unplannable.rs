//! Numbers and appointments that could not be planned because their data is bad. They are kept apart from the replan
//! queue, so that they never block anything else from being planned, and are tried again at intervals.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Transaction};

use crate::domain::ids::AppointmentId;
use crate::store::connection::error::StoreError;
use crate::store::planning::replan_queue;
use crate::store::planning::unit::PlanningUnit;

/// How long after a try the next one follows; a change of the appointment is planned immediately.
const TRY_AGAIN: TimeDelta = TimeDelta::minutes(1);

fn phone_of(unit: &PlanningUnit) -> &str {
    match unit {
        PlanningUnit::Number(phone) => phone.dial(),
        PlanningUnit::Appointment(_) => "",
    }
}

/// Records that a unit could not be planned. Returns whether that is new.
pub(crate) fn note(
    tx: &Transaction<'_>,
    unit: &PlanningUnit,
    also: &BTreeSet<AppointmentId>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let mut known = tx.prepare_cached("SELECT 1 FROM unplannable WHERE phone = ?1 AND appointment_id = ?2")?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO unplannable (phone, appointment_id, since, tried_at) VALUES (?1, ?2, ?3, ?3)
         ON CONFLICT DO UPDATE SET tried_at = excluded.tried_at",
    )?;
    let none = AppointmentId(String::new());
    let ids: Vec<&AppointmentId> = if also.is_empty() { vec![&none] } else { also.iter().collect() };
    let mut is_new = true;
    for id in ids {
        is_new &= !known.exists((phone_of(unit), &id.0))?;
        insert.execute((phone_of(unit), &id.0, now.timestamp()))?;
    }
    Ok(is_new)
}

/// Whether there are any.
pub(crate) fn is_any(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM unplannable LIMIT 1")?.exists([])?)
}

/// Removes the record: the unit could be planned.
pub(crate) fn forget(
    tx: &Transaction<'_>,
    unit: &PlanningUnit,
    also: &BTreeSet<AppointmentId>,
) -> Result<(), StoreError> {
    match unit {
        PlanningUnit::Number(phone) => {
            tx.prepare_cached("DELETE FROM unplannable WHERE phone = ?1")?.execute([phone.dial()])?;
        }
        PlanningUnit::Appointment(_) => {
            for id in also {
                tx.prepare_cached("DELETE FROM unplannable WHERE phone = '' AND appointment_id = ?1")?
                    .execute([&id.0])?;
            }
        }
    }
    Ok(())
}

/// Puts up to `limit` units that are due for another try back into the queue, longest untried first. Returns how many.
pub(crate) fn try_again(tx: &Transaction<'_>, limit: usize, now: DateTime<Utc>) -> Result<usize, StoreError> {
    // Later than now: tried under a clock that was ahead.
    let (due, now, limit) = ((now - TRY_AGAIN).timestamp(), now.timestamp(), i64::try_from(limit).unwrap_or(i64::MAX));
    let due: Vec<(String, String)> = tx
        .prepare_cached(
            "SELECT phone, appointment_id FROM unplannable WHERE tried_at <= ?1 OR tried_at > ?2 ORDER BY tried_at LIMIT ?3",
        )?
        .query_map((due, now, limit), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (phone, id) in &due {
        replan_queue::mark(tx, phone, id)?;
        tx.prepare_cached("UPDATE unplannable SET tried_at = ?3 WHERE phone = ?1 AND appointment_id = ?2")?
            .execute((phone, id, now))?;
    }
    Ok(due.len())
}

/// How many numbers, and appointments without one, cannot be planned.
pub(crate) fn count(connection: &Connection) -> Result<u64, StoreError> {
    let count: i64 = connection.query_row(
        "SELECT count(DISTINCT CASE phone WHEN '' THEN 'a' || appointment_id ELSE phone END) FROM unplannable",
        [],
        |row| row.get(0),
    )?;
    Ok(count.unsigned_abs())
}
