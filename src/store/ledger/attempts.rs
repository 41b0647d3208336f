//! The attempts to a number so far, as the limits count them.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension};

use crate::domain::attempt::{Attempt, AttemptEnd};
use crate::domain::phone::Phone;
use crate::domain::reminder_key::ReminderKey;
use crate::planner::input::Retry;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::ledger::rows::key_of;

/// How long an attempt without a recorded end can have lasted at most (the longest timeout).
const LONGEST: TimeDelta = TimeDelta::seconds(30);
/// How long the reminders of past attempts matter: as long as they can affect other texts.
const OF_INTEREST: TimeDelta = TimeDelta::days(61);

/// What was tried with a number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OfNumber {
    /// Every attempt that may have arrived, ours and others', in chronological order.
    pub(crate) attempts: Vec<Attempt>,
    /// The outcome of one of ours is not known yet: no other text goes out.
    pub(crate) in_doubt: bool,
}

/// Everything that was tried with a number. `any_others`: whether others began any conversation at all.
pub(crate) fn of_number(
    connection: &Connection,
    phone: &Phone,
    any_others: bool,
    now: DateTime<Utc>,
) -> Result<OfNumber, StoreError> {
    // In whole seconds, rounded up: planned times have whole seconds and must not be too early.
    const OURS: &str = "SELECT coalesce(ended_ms, started_ms + ?2), outcome, message_id, id,
        (outcome IS NULL OR outcome = 'unknown') AND unresolved = 0 FROM attempts
        WHERE phone = ?1 AND (outcome IS NULL OR outcome <> 'not-sent') ORDER BY started_ms, id";
    const OTHERS: &str =
        "SELECT started_at FROM conversations WHERE phone = ?1 AND attempt_id IS NULL ORDER BY started_at";
    let (mut found, mut in_doubt) = (Vec::new(), false);
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
        found.push(Attempt { id: Some(row.get(3)?), at, end, keys });
        in_doubt |= row.get::<_, bool>(4)?;
    }
    if !any_others {
        return Ok(OfNumber { attempts: in_order(found), in_doubt });
    }
    let mut statement = connection.prepare_cached(OTHERS)?;
    let others = statement.query_map([phone.dial()], |row| row.get(0).map(instant))?;
    for at in others {
        found.push(Attempt { id: None, at: at?, end: AttemptEnd::Open, keys: Vec::new() });
    }
    Ok(OfNumber { attempts: in_order(found), in_doubt })
}

fn in_order(mut found: Vec<Attempt>) -> Vec<Attempt> {
    found.sort_by_key(|attempt| attempt.at);
    found
}

fn keys_of(connection: &Connection, message: i64) -> Result<Vec<ReminderKey>, StoreError> {
    const KEYS: &str = "SELECT appointment_id, rule, starts_at, round FROM message_reminders AS m
        JOIN reminders AS r ON r.id = m.reminder_id WHERE m.message_id = ?1 ORDER BY starts_at, appointment_id";
    let mut statement = connection.prepare_cached(KEYS)?;
    let rows = statement.query_map([message], key_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How long after an attempt Annie's own minimum gap reliably prevents a second text, with an hour's margin.
const GUARDED: TimeDelta = TimeDelta::hours(23);

/// The permission to try a reminder once more: its last attempt that may have arrived was not found.
pub(crate) fn retry_of(connection: &Connection, reminder: i64) -> Result<Option<Retry>, StoreError> {
    const LAST: &str = "SELECT t.id, t.outcome, t.started_ms, t.retry_by_hand FROM message_reminders AS mr
        JOIN attempts AS t ON t.message_id = mr.message_id
        WHERE mr.reminder_id = ?1 AND t.outcome IS NOT 'not-sent' ORDER BY t.id DESC LIMIT 1";
    let last = connection.prepare_cached(LAST)?.query_row([reminder], |row| {
        let (id, outcome, started): (i64, Option<String>, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((id, outcome, started, row.get::<_, bool>(3)?))
    });
    Ok(last.optional()?.filter(|(_, outcome, ..)| outcome.as_deref() == Some("not-found")).map(
        |(of, _, started, by_hand)| {
            let until = instant(started.div_euclid(1000)) + GUARDED;
            Retry { of, until: (!by_hand).then_some(until) }
        },
    ))
}

/// Whether the text being sent to a number is the single retry of another.
pub(crate) fn is_retrying(connection: &Connection, phone: &str) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM attempts WHERE phone = ?1 AND outcome IS NULL AND retry_of IS NOT NULL)";
    Ok(connection.prepare_cached(sql)?.query_row([phone], |row| row.get(0))?)
}

/// Whether a number still has to get the opt-out line of the first text, because the last text that was due to carry it
/// had no room.
pub(crate) fn owes_first_line(connection: &Connection, phone: &Phone) -> Result<bool, StoreError> {
    const LAST: &str = "SELECT first_line FROM messages AS m INDEXED BY messages_by_first_line
        WHERE phone = ?1 AND first_line IS NOT NULL
        AND EXISTS (SELECT 1 FROM attempts AS t WHERE t.message_id = m.id AND t.outcome = 'sent')
        ORDER BY id DESC LIMIT 1";
    let last = connection.prepare_cached(LAST)?.query_row([phone.dial()], |row| row.get::<_, String>(0)).optional()?;
    Ok(last.as_deref() == Some("left-out"))
}

/// How many numbers still have to get that line.
pub(crate) fn numbers_without_first_line(connection: &Connection) -> Result<u64, StoreError> {
    const COUNT: &str = "SELECT count(*) FROM (SELECT phone, max(id) AS last FROM messages AS m
            INDEXED BY messages_by_first_line WHERE first_line IS NOT NULL
            AND EXISTS (SELECT 1 FROM attempts AS t WHERE t.message_id = m.id AND t.outcome = 'sent') GROUP BY phone) AS numbers
        JOIN messages AS m ON m.id = numbers.last WHERE m.first_line = 'left-out'";
    let count: i64 = connection.query_row(COUNT, [], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
