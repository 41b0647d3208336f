//! Outcomes that the practice's own program has to get: each at least once, those of an appointment in order.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Transaction};

use crate::domain::ids::AppointmentId;
use crate::domain::private::Private;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// An outcome that is not passed on any more after this time.
pub(crate) const GIVEN_UP_AFTER: TimeDelta = TimeDelta::hours(24);
/// How long what was passed on is remembered.
const KEPT: TimeDelta = TimeDelta::days(31);

/// An entry that is due.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Its number: the program may get it more than once, and recognizes it by this.
    pub(crate) id: i64,
    /// The JSON object, without the number of the entry and the patient's words.
    pub(crate) body: String,
    /// The patient's words, if the program gets them.
    pub(crate) said: Private<Option<String>>,
    /// When it was made.
    pub(crate) made_at: DateTime<Utc>,
    /// How often it was tried.
    pub(crate) tries: u32,
}

/// Adds an entry.
pub(crate) fn add(
    tx: &Transaction<'_>,
    (appointment, start): (&AppointmentId, DateTime<Utc>),
    body: &str,
    said: Option<Private<&str>>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    const ADD: &str = "INSERT INTO outbox (appointment_id, starts_at, body, said, made_at, next_try_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
    let about = (&appointment.0, start.timestamp(), body, said.as_ref().map(|said| said.0), now.timestamp());
    tx.prepare_cached(ADD)?.execute(about)?;
    Ok(())
}

/// After a restore: new entries get numbers that no entry of the replaced database had, because the program recognizes
/// an entry by its number. Seconds are ahead of any number so far, as entries are fewer than seconds.
pub(crate) fn number_anew(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    const RAISE: &str = "UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'outbox'";
    const START: &str = "INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', ?1)";
    if tx.execute(RAISE, [now.timestamp()])? == 0 {
        tx.execute(START, [now.timestamp()])?;
    }
    Ok(())
}

/// The next entry to pass on: due, and the first open one of its appointment.
pub(crate) fn next(connection: &Connection, now: DateTime<Utc>) -> Result<Option<Entry>, StoreError> {
    const NEXT: &str = "SELECT id, body, said, made_at, tries FROM outbox AS o
        WHERE ended_at IS NULL AND (next_try_at <= ?1 OR next_try_at > ?1 + 7200)
        AND NOT EXISTS (SELECT 1 FROM outbox AS earlier WHERE earlier.appointment_id = o.appointment_id
            AND earlier.ended_at IS NULL AND earlier.id < o.id)
        ORDER BY next_try_at, id LIMIT 1";
    let mut statement = connection.prepare_cached(NEXT)?;
    let mut rows = statement.query([now.timestamp()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Entry {
        id: row.get(0)?,
        body: row.get(1)?,
        said: Private(row.get(2)?),
        made_at: instant(row.get(3)?),
        tries: row.get(4)?,
    }))
}

/// The program took an entry.
pub(crate) fn delivered(tx: &Transaction<'_>, id: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    end(tx, id, "delivered", now)
}

/// An entry is not tried any more.
pub(crate) fn given_up(tx: &Transaction<'_>, id: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    end(tx, id, "given-up", now)
}

fn end(tx: &Transaction<'_>, id: i64, how: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    const END: &str = "UPDATE outbox SET ended_at = ?2, ended_how = ?3, said = NULL WHERE id = ?1 AND ended_at IS NULL";
    tx.prepare_cached(END)?.execute((id, now.timestamp(), how))?;
    Ok(())
}

/// The program did not take an entry: it is tried again at `next`.
pub(crate) fn failed(tx: &Transaction<'_>, id: i64, fault: &str, next: DateTime<Utc>) -> Result<(), StoreError> {
    const FAILED: &str = "UPDATE outbox SET tries = tries + 1, next_try_at = ?2, fault = ?3
        WHERE id = ?1 AND ended_at IS NULL";
    tx.prepare_cached(FAILED)?.execute((id, next.timestamp(), fault))?;
    Ok(())
}

/// How many entries were given up since then.
pub(crate) fn given_up_since(connection: &Connection, since: DateTime<Utc>) -> Result<u64, StoreError> {
    const GIVEN_UP: &str = "SELECT count(*) FROM outbox WHERE ended_at >= ?1 AND ended_how = 'given-up'";
    let count: i64 = connection.prepare_cached(GIVEN_UP)?.query_row([since.timestamp()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Gives up what is left from a program that is no longer configured. With a program, an entry that old was given up
/// before, with a task.
pub(crate) fn give_up_left(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<usize, StoreError> {
    const LEFT: &str = "UPDATE outbox SET ended_at = ?2, ended_how = 'given-up', said = NULL
        WHERE ended_at IS NULL AND made_at < ?1";
    let long_ago = now - GIVEN_UP_AFTER * 2;
    Ok(tx.prepare_cached(LEFT)?.execute((long_ago.timestamp(), now.timestamp()))?)
}

/// Deletes what was passed on or given up a month ago.
pub(crate) fn forget(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<usize, StoreError> {
    const FORGET: &str = "DELETE FROM outbox WHERE ended_at < ?1";
    Ok(tx.prepare_cached(FORGET)?.execute([(now - KEPT).timestamp()])?)
}
