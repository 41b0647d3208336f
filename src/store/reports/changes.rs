//! The number of the last change that people see.

use rusqlite::Connection;

use crate::store::connection::error::StoreError;

/// Another number after each act, text, answer and import, all of which leave an audit row, and after the planning that
/// follows. That somebody looked at a page changes nothing.
pub(crate) fn last(connection: &Connection) -> Result<i64, StoreError> {
    const LAST: &str = "SELECT 2 * coalesce((SELECT id FROM audit WHERE act <> 'viewed' AND act <> 'viewed-list'
            AND act <> 'searched' AND act <> 'logged-in' ORDER BY id DESC LIMIT 1), 0)
        + NOT EXISTS (SELECT 1 FROM replan_queue)";
    Ok(connection.prepare_cached(LAST)?.query_row([], |row| row.get(0))?)
}
