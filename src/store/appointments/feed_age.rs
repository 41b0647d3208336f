//! When an import last updated the appointments.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// How far ahead of `now` an import may have ended; anything later was written under a wrong clock.
const AHEAD: TimeDelta = TimeDelta::minutes(2);

/// When the last good import of one feed ended; see [`last_good_import`].
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

/// When the last finished import with at least one readable row ended, for any feed. An import that ended in the future
/// does not count: until that time, it would make old appointment data look current.
pub(crate) fn last_good_import(
    connection: &Connection,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let sql = "SELECT max(finished_at) FROM imports WHERE finished_at <= ?1 AND rows_good > 0";
    let at: Option<i64> = connection.prepare_cached(sql)?.query_row([(now + AHEAD).timestamp()], |row| row.get(0))?;
    Ok(at.map(instant))
}

/// When the last good import of each feed ended, sorted by feed; see [`last_good_import`].
pub(crate) fn by_feed(connection: &Connection, now: DateTime<Utc>) -> Result<Vec<(String, DateTime<Utc>)>, StoreError> {
    let sql = "SELECT feed, max(finished_at) FROM imports WHERE finished_at <= ?1 AND rows_good > 0 GROUP BY feed ORDER BY feed";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map([(now + AHEAD).timestamp()], |row| Ok((row.get(0)?, instant(row.get(1)?))))?;
    Ok(found.collect::<Result<_, _>>()?)
}
