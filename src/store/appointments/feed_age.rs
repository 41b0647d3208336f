//! When the appointment book was last brought up to date by an import.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// How far ahead of `now` an import may have ended; beyond that a wrong clock wrote it.
const AHEAD: TimeDelta = TimeDelta::minutes(2);

/// When the last good import of a feed was done, likewise.
pub(crate) fn last_good_import_of(
    connection: &Connection,
    feed: &str,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let sql = "SELECT max(finished_at) FROM imports WHERE feed = ?2 AND finished_at <= ?1 AND rows_good > 0";
    let mut statement = connection.prepare_cached(sql)?;
    let at: Option<i64> = statement.query_row(((now + AHEAD).timestamp(), feed), |row| row.get(0))?;
    Ok(at.map(instant))
}

/// When the last import that got to its end, and in which a row could be read, was done; of any feed. One that lies
/// ahead counts as none: until its time has come, it would keep an old book fresh.
pub(crate) fn last_good_import(
    connection: &Connection,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let sql = "SELECT max(finished_at) FROM imports WHERE finished_at <= ?1 AND rows_good > 0";
    let at: Option<i64> = connection.prepare_cached(sql)?.query_row([(now + AHEAD).timestamp()], |row| row.get(0))?;
    Ok(at.map(instant))
}
