//! What was tried with a number so far, as the limits count it.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use super::facts::key_of;
use super::{StoreError, instant};
use crate::domain::phone::Phone;
use crate::planner::facts::{Attempt, AttemptEnd, Key};

/// How long an attempt without an end may last at most, beyond its start (the longest time-out).
const LONGEST: TimeDelta = TimeDelta::seconds(30);
/// What attempts were about is of interest as long as they can stand in the way of others.
const OF_INTEREST: TimeDelta = TimeDelta::days(61);

/// Every attempt to a number that may have arrived, ours and others', in the order they were made.
///
/// # Errors
/// Database errors.
pub fn of_number(connection: &Connection, phone: &Phone, now: DateTime<Utc>) -> Result<Vec<Attempt>, StoreError> {
    // In whole seconds, rounded up: what is planned has no smaller ones, and must not be early.
    const OURS: &str = "SELECT coalesce(ended_ms, started_ms + ?2), outcome, message_id FROM attempts
        WHERE phone = ?1 AND (outcome IS NULL OR outcome <> 'not-sent') ORDER BY started_ms, id";
    const OTHERS: &str =
        "SELECT started_at FROM conversations WHERE phone = ?1 AND attempt_id IS NULL ORDER BY started_at";
    let mut found = Vec::new();
    let mut statement = connection.prepare_cached(OURS)?;
    let mut rows = statement.query((phone.dial(), LONGEST.num_milliseconds()))?;
    while let Some(row) = rows.next()? {
        let (ended_ms, outcome): (i64, Option<String>) = (row.get(0)?, row.get(1)?);
        let at = instant(ended_ms.div_euclid(1000) + i64::from(ended_ms.rem_euclid(1000) > 0));
        let end = match outcome.as_deref() {
            Some("sent") => AttemptEnd::Success,
            Some("rejected") => AttemptEnd::Failure,
            _ => AttemptEnd::Open,
        };
        let keys = if at > now - OF_INTEREST { keys_of(connection, row.get(2)?)? } else { Vec::new() };
        found.push(Attempt { at, end, keys });
    }
    let mut statement = connection.prepare_cached(OTHERS)?;
    let others = statement.query_map([phone.dial()], |row| row.get(0).map(instant))?;
    for at in others {
        found.push(Attempt { at: at?, end: AttemptEnd::Open, keys: Vec::new() });
    }
    found.sort_by_key(|attempt| attempt.at);
    Ok(found)
}

fn keys_of(connection: &Connection, message: i64) -> Result<Vec<Key>, StoreError> {
    const KEYS: &str = "SELECT appointment_id, rule, starts_at, round FROM message_reminders AS m
        JOIN reminders AS r ON r.id = m.reminder_id WHERE m.message_id = ?1 ORDER BY starts_at, appointment_id";
    let mut statement = connection.prepare_cached(KEYS)?;
    let rows = statement.query_map([message], key_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
