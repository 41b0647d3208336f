//! Whether the appointment data is too old to send reminders from.

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::Config;
use crate::planner::freshness;
use crate::store::appointments::feed_age;
use crate::store::{Connection, StoreError};

/// Whether sending waits because the last good import of a feed is older than its `stale_after`.
pub(crate) fn is_stale(connection: &Connection, config: &Config, now: DateTime<Utc>) -> Result<bool, StoreError> {
    for feed in &config.feeds {
        let Some(limit) = feed.stale_after() else { continue };
        let imported_at = feed_age::last_good_import_of(connection, &feed.name, now)?;
        if freshness::is_stale(&config.rulebook.calendar, Some(limit), imported_at, now) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How old the appointment data is, not counting closed days; none if there was no good import.
pub(crate) fn age(
    connection: &Connection,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<Option<TimeDelta>, StoreError> {
    let imported_at = feed_age::last_good_import(connection, now)?;
    Ok(imported_at.map(|at| freshness::age(&config.rulebook.calendar, at, now)))
}
