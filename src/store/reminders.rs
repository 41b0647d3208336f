//! Writing the planner's answers, and finding what is due.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, named_params};

use super::facts::{key_of, state_of};
use super::{StoreError, any_text};
use crate::domain::phone::Phone;
use crate::domain::reminder::State;
use crate::domain::zone::Zone;
use crate::planner::facts::{Key, Stored};
use crate::planner::plan::Item;

/// A reminder that is planned and due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What it is about.
    pub key: Key,
    /// The number.
    pub phone: Phone,
    /// The visit's location.
    pub location: Option<String>,
}

/// Writes what changed: a new row, or a row whose old state is the one the planner saw. What was texted is left
/// alone. Returns how many rows changed.
///
/// # Errors
/// [`StoreError::Stale`] if a row is not in the state the planner saw; database errors.
pub fn write(tx: &Transaction<'_>, zone: &Zone, items: &[Item], stored: &[Stored]) -> Result<usize, StoreError> {
    let stored: HashMap<&Key, &Stored> = stored.iter().map(|stored| (&stored.key, stored)).collect();
    let mut changed = 0;
    for item in items.iter().filter(|item| !item.state.is_spent()) {
        changed += match stored.get(&item.key) {
            None => insert(tx, zone, item)?,
            Some(before) => update(tx, zone, item, before.state)?,
        };
    }
    Ok(changed)
}

fn local(zone: &Zone, at: DateTime<Utc>) -> String {
    zone.local(at).format("%a %Y-%m-%d %H:%M").to_string()
}

fn unix(at: Option<DateTime<Utc>>) -> Option<i64> {
    at.map(|at| at.timestamp())
}

fn insert(tx: &Transaction<'_>, zone: &Zone, item: &Item) -> Result<usize, StoreError> {
    const INSERT: &str =
        "INSERT INTO reminders (appointment_id, rule, starts_at, round, patient_id, phone, state, reason,
            nominal_at, adjusted_at, due_at, expires_at, starts_local, due_local)
        VALUES (:appointment, :rule, :start, :round, :patient, :phone, :state, :reason,
            :nominal, :adjusted, :due, :expires, :starts_local, :due_local)";
    let rows = tx.prepare_cached(INSERT)?.execute(named_params! {
        ":appointment": item.key.appointment_id.0, ":rule": item.key.rule.0, ":start": item.key.start.timestamp(),
        ":round": item.key.round, ":patient": item.patient_id.0, ":phone": item.phone.as_ref().map(Phone::dial),
        ":state": item.state.name(), ":reason": item.state.reason(), ":nominal": unix(item.nominal_at),
        ":adjusted": unix(item.adjusted_at), ":due": unix(item.due_at), ":expires": unix(item.expires_at),
        ":starts_local": local(zone, item.key.start), ":due_local": item.due_at.map(|at| local(zone, at)),
    })?;
    Ok(rows)
}

fn update(tx: &Transaction<'_>, zone: &Zone, item: &Item, before: State) -> Result<usize, StoreError> {
    // A former one keeps its patient and number: the visit may be gone.
    const UPDATE: &str = "UPDATE reminders SET
            patient_id = iif(:current, :patient, patient_id), phone = iif(:current, :phone, phone),
            state = :state, reason = :reason, nominal_at = :nominal, adjusted_at = :adjusted, due_at = :due,
            expires_at = :expires, due_local = :due_local, starts_local = :starts_local
        WHERE appointment_id = :appointment AND rule = :rule AND starts_at = :start AND round = :round
            AND state = :before
            AND (state IS NOT :state OR reason IS NOT :reason OR nominal_at IS NOT :nominal OR due_at IS NOT :due
                OR adjusted_at IS NOT :adjusted OR expires_at IS NOT :expires OR due_local IS NOT :due_local
                OR starts_local IS NOT :starts_local
                OR (:current AND (patient_id IS NOT :patient OR phone IS NOT :phone)))";
    let rows = tx.prepare_cached(UPDATE)?.execute(named_params! {
        ":appointment": item.key.appointment_id.0, ":rule": item.key.rule.0, ":start": item.key.start.timestamp(),
        ":round": item.key.round, ":patient": item.patient_id.0, ":phone": item.phone.as_ref().map(Phone::dial),
        ":state": item.state.name(), ":reason": item.state.reason(), ":nominal": unix(item.nominal_at),
        ":adjusted": unix(item.adjusted_at), ":due": unix(item.due_at), ":expires": unix(item.expires_at),
        ":starts_local": local(zone, item.key.start), ":due_local": item.due_at.map(|at| local(zone, at)),
        ":before": before.name(), ":current": item.current,
    })?;
    if rows == 0 && item.state != before {
        return Err(StoreError::Stale("planning"));
    }
    Ok(rows)
}

/// Planned reminders due at `now`, soonest expiry first, at most `limit` and one for each number; none to a number
/// in doubt or in `avoid`, and only of locations that `ours` takes.
///
/// # Errors
/// Database errors.
pub fn due(
    connection: &Connection,
    now: DateTime<Utc>,
    avoid: &[Phone],
    ours: &dyn Fn(Option<&str>) -> bool,
    limit: usize,
) -> Result<Vec<Due>, StoreError> {
    // The few that are due are sorted; left alone, SQLite walks all that are planned in the order of expiry.
    const DUE: &str = "SELECT appointment_id, rule, starts_at, round, phone,
            (SELECT location FROM appointments AS a WHERE a.id = r.appointment_id)
        FROM reminders AS r INDEXED BY reminders_due
        WHERE state = 'planned' AND due_at <= ?1
            AND NOT EXISTS (SELECT 1 FROM attempts AS t WHERE t.phone = r.phone
                            AND (t.outcome IS NULL OR t.outcome = 'unknown') AND t.unresolved = 0)
        ORDER BY expires_at, id";
    let mut statement = connection.prepare_cached(DUE)?;
    let mut rows = statement.query([now.timestamp()])?;
    let mut found: Vec<Due> = Vec::new();
    while let Some(row) = rows.next()? {
        if found.len() == limit {
            break;
        }
        let Some(phone) = Phone::from_e164(&row.get::<_, String>(4)?) else { continue };
        let location = any_text(row, 5)?;
        let takes = ours(location.as_deref()) && !avoid.contains(&phone);
        if takes && found.iter().all(|due| due.phone != phone) {
            found.push(Due { key: key_of(row)?, phone, location });
        }
    }
    Ok(found)
}

/// How many reminders stand in each state and reason.
///
/// # Errors
/// Database errors, and rows no version of Leadtime writes.
pub fn counts(connection: &Connection) -> Result<Vec<(State, u64)>, StoreError> {
    let mut statement = connection
        .prepare("SELECT state, reason, count(*) FROM reminders GROUP BY state, reason ORDER BY state, reason")?;
    let mut rows = statement.query([])?;
    let mut counts = Vec::new();
    while let Some(row) = rows.next()? {
        counts.push((state_of(row, 0)?, row.get::<_, i64>(2)?.unsigned_abs()));
    }
    Ok(counts)
}

/// The earliest due time of what is planned.
///
/// # Errors
/// Database errors.
pub fn next_due(connection: &Connection) -> Result<Option<DateTime<Utc>>, StoreError> {
    let next: Option<i64> =
        connection.query_row("SELECT min(due_at) FROM reminders WHERE state = 'planned'", [], |row| row.get(0))?;
    Ok(next.map(super::instant))
}

/// How many texts to a number are planned.
///
/// # Errors
/// Database errors.
pub fn planned_for(connection: &Connection, phone: &Phone) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM reminders WHERE phone = ?1 AND state = 'planned'";
    let count: i64 = connection.query_row(sql, [phone.dial()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
