//! Rows of exports that could not be read and belong to no known appointment.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction};

use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// A refused row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// The feed.
    pub feed: String,
    /// Its line in the file.
    pub line: u64,
    /// The appointment id, if it could be read.
    pub id: Option<String>,
    /// Its start, if it could be read.
    pub starts_at: Option<DateTime<Utc>>,
    /// What is wrong.
    pub reason: String,
    /// When the file was imported.
    pub at: DateTime<Utc>,
}

/// The refused rows whose start is in the future or unknown; with an id, only that appointment's rows.
pub(crate) fn list(
    connection: &Connection,
    id: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Vec<RefusedRow>, StoreError> {
    let sql = "SELECT r.feed, r.line, r.appointment_id, r.starts_at, r.reason, i.started_at
               FROM refused_rows AS r JOIN imports AS i ON i.id = r.import_id
               WHERE (?1 IS NULL OR r.appointment_id = ?1) AND (r.starts_at IS NULL OR r.starts_at >= ?2)
               ORDER BY r.feed, r.line";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((id, now.timestamp()), |row| {
        Ok(RefusedRow {
            feed: row.get(0)?,
            line: row.get::<_, i64>(1)?.unsigned_abs(),
            id: row.get(2)?,
            starts_at: row.get::<_, Option<i64>>(3)?.map(instant),
            reason: row.get(4)?,
            at: instant(row.get(5)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many refused rows there are.
pub(crate) fn count(connection: &Connection, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM refused_rows WHERE starts_at IS NULL OR starts_at >= ?1";
    let count: i64 = connection.query_row(sql, [now.timestamp()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Rows that could not be read and belong to no known appointment. They are kept until their id is readable again or
/// the next complete file arrives. Rows without an id are those of the last file.
pub(super) fn keep(tx: &Transaction<'_>, import: i64, feed: &str, complete: bool) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM refused_rows WHERE feed = ?1 AND (?2 OR appointment_id IS NULL
             OR appointment_id IN (SELECT id FROM temp.incoming) OR appointment_id IN (SELECT id FROM temp.incoming_off)
             OR appointment_id IN (SELECT id FROM temp.incoming_bad))",
        (feed, complete),
    )?;
    tx.execute(
        "INSERT INTO refused_rows (feed, import_id, line, appointment_id, starts_at, column_name, reason)
         SELECT ?1, ?2, line, id, start, column_name, reason FROM temp.incoming_bad
         WHERE id IS NULL OR id NOT IN (SELECT a.id FROM appointments AS a) ORDER BY line LIMIT ?3",
        (feed, import, MOST_REFUSED),
    )?;
    Ok(())
}

/// The most refused rows kept of one file.
const MOST_REFUSED: i64 = 10_000;
