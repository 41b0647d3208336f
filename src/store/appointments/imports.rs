//! Past imports, and imports in progress.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// An importer updates its heartbeat with each transaction, which takes half a second; after this long without one it
/// counts as dead.
const LONGEST_SILENCE: TimeDelta = TimeDelta::seconds(60);

/// The last import that finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastImport {
    /// The feed.
    pub feed: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Rows that were stored.
    pub good: u64,
    /// Rows that could not be read.
    pub bad: u64,
    /// Appointments it cancelled.
    pub cancelled: u64,
}

/// A feed's imports just before and just after a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Around {
    /// The last one started by then that finished.
    pub(crate) before: Option<DateTime<Utc>>,
    /// The first one after it.
    pub(crate) after: Option<DateTime<Utc>>,
}

/// A feed's imports just before and just after a moment.
pub(crate) fn around(connection: &Connection, feed: &str, at: DateTime<Utc>) -> Result<Around, StoreError> {
    let sql = "SELECT (SELECT max(started_at) FROM imports
                       WHERE feed = ?1 AND started_at <= ?2 AND finished_at IS NOT NULL),
                      (SELECT min(started_at) FROM imports
                       WHERE feed = ?1 AND started_at > ?2 AND finished_at IS NOT NULL)";
    let (before, after): (Option<i64>, Option<i64>) =
        connection.query_row(sql, (feed, at.timestamp()), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Around { before: before.map(instant), after: after.map(instant) })
}

/// What an import changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Past {
    /// When it ended.
    pub(crate) at: DateTime<Utc>,
    /// Rows that were stored.
    pub(crate) good: u64,
    /// Rows that could not be read.
    pub(crate) bad: u64,
    /// Appointments that were new.
    pub(crate) added: u64,
    /// Appointments that changed.
    pub(crate) changed: u64,
    /// Appointments it cancelled.
    pub(crate) cancelled: u64,
}

/// The latest finished imports of a feed that changed something or had unreadable rows, latest first.
pub(crate) fn latest(connection: &Connection, feed: &str, most: u32) -> Result<Vec<Past>, StoreError> {
    const LATEST: &str = "SELECT finished_at, rows_good, rows_bad, added, changed, cancelled FROM imports
        INDEXED BY imports_by_feed WHERE feed = ?1 AND finished_at IS NOT NULL
        AND added + changed + cancelled + rows_bad > 0 ORDER BY started_at DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(LATEST)?;
    let rows = statement.query_map((feed, most), |row| {
        let count = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
        Ok(Past {
            at: instant(row.get(0)?),
            good: count(1)?,
            bad: count(2)?,
            added: count(3)?,
            changed: count(4)?,
            cancelled: count(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The last finished import of any feed.
pub(crate) fn last(connection: &Connection) -> Result<Option<LastImport>, StoreError> {
    use rusqlite::OptionalExtension;
    let sql = "SELECT feed, finished_at, rows_good, rows_bad, cancelled FROM imports
               WHERE finished_at IS NOT NULL ORDER BY finished_at DESC, id DESC LIMIT 1";
    let found = connection.query_row(sql, [], |row| {
        let count = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
        Ok(LastImport {
            feed: row.get(0)?,
            at: instant(row.get(1)?),
            good: count(2)?,
            bad: count(3)?,
            cancelled: count(4)?,
        })
    });
    Ok(found.optional()?)
}

/// The feeds with an import in progress or one that never finished.
pub(crate) fn feeds_under_way(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT feed FROM importing ORDER BY feed")?;
    let feeds = statement.query_map([], |row| row.get(0))?;
    Ok(feeds.collect::<Result<_, _>>()?)
}

/// The feeds whose import died before it finished.
pub(crate) fn died(connection: &Connection, now: DateTime<Utc>) -> Result<Vec<(String, DateTime<Utc>)>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT feed, since FROM importing WHERE beat_at < ?1 ORDER BY feed")?;
    let dead =
        statement.query_map([(now - LONGEST_SILENCE).timestamp()], |row| Ok((row.get(0)?, instant(row.get(1)?))))?;
    Ok(dead.collect::<Result<_, _>>()?)
}
