//! Reads reminder rows: their keys and states, by id or by attempt.

use rusqlite::{Connection, Row};

use crate::domain::ids::{AppointmentId, RuleName};
use crate::domain::reminder::State;
use crate::domain::reminder_key::ReminderKey;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// The key of a row that starts with the columns appointment_id, rule, starts_at, round.
pub(crate) fn key_of(row: &Row<'_>) -> rusqlite::Result<ReminderKey> {
    Ok(ReminderKey {
        appointment_id: AppointmentId(row.get(0)?),
        rule: RuleName(row.get(1)?),
        start: instant(row.get(2)?),
        round: row.get(3)?,
    })
}

/// The state in columns `at` and `at + 1`.
pub(crate) fn state_of(row: &Row<'_>, at: usize) -> Result<State, StoreError> {
    let (name, reason): (String, Option<String>) = (row.get(at)?, row.get(at + 1)?);
    State::from_parts(&name, reason.as_deref())
        .ok_or_else(|| StoreError::Unreadable(format!("state {name:?} with reason {reason:?}")))
}

/// A reminder's key, by its id.
pub(crate) fn key_by_id(connection: &Connection, reminder: i64) -> Result<ReminderKey, StoreError> {
    let sql = "SELECT appointment_id, rule, starts_at, round FROM reminders WHERE id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([reminder], key_of)?)
}

/// The keys of the reminders an attempt's message was made for.
pub(crate) fn keys_of(connection: &Connection, attempt: i64) -> Result<Vec<ReminderKey>, StoreError> {
    Ok(reminders_of(connection, attempt)?.into_iter().map(|(_, key)| key).collect())
}

/// Same, with their ids.
pub(crate) fn reminders_of(connection: &Connection, attempt: i64) -> Result<Vec<(i64, ReminderKey)>, StoreError> {
    const REMINDERS: &str = "SELECT r.appointment_id, r.rule, r.starts_at, r.round, r.id FROM attempts AS t
        JOIN message_reminders AS mr ON mr.message_id = t.message_id JOIN reminders AS r ON r.id = mr.reminder_id
        WHERE t.id = ?1";
    let mut statement = connection.prepare_cached(REMINDERS)?;
    let rows = statement.query_map([attempt], |row| Ok((row.get(4)?, key_of(row)?)))?;
    let mut reminders: Vec<(i64, ReminderKey)> = rows.collect::<Result<_, _>>()?;
    reminders.sort_by(|(_, a), (_, b)| (a.start, &a.appointment_id).cmp(&(b.start, &b.appointment_id)));
    Ok(reminders)
}
