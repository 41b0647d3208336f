//! When the appointment book was last brought up to date by an import.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::{StoreError, instant};

/// When the last import that got to its end, and in which a row could be read, was done; of any feed.
///
/// # Errors
/// Database errors.
pub fn last_good_import(connection: &Connection) -> Result<Option<DateTime<Utc>>, StoreError> {
    let sql = "SELECT max(finished_at) FROM imports WHERE finished_at IS NOT NULL AND rows_good > 0";
    let at: Option<i64> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(at.map(instant))
}
