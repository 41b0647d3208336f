//! Rows of exports that could not be read and belong to a known appointment, whose texts wait.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};

use crate::domain::ids::AppointmentId;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// The last row of an appointment, which could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadRow {
    /// The feed.
    pub(crate) feed: String,
    /// Its line in the file.
    pub(crate) line: u64,
    /// What is wrong, with the column.
    pub(crate) reason: String,
    /// When the file was imported.
    pub(crate) at: DateTime<Utc>,
}

/// The bad row of an appointment, if its last row was one.
pub(crate) fn of(connection: &Connection, id: &AppointmentId) -> Result<Option<BadRow>, StoreError> {
    let sql = "SELECT i.feed, b.line, b.column_name, b.reason, i.started_at FROM bad_rows AS b JOIN imports AS i ON i.id = b.import_id
               WHERE b.appointment_id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([&id.0], |row| {
        let line = row.get::<_, i64>(1)?.unsigned_abs();
        let (column, reason): (String, String) = (row.get(2)?, row.get(3)?);
        let reason = if reason.starts_with(&column) { reason } else { format!("{column}: {reason}") };
        Ok(BadRow { feed: row.get(0)?, line, reason, at: instant(row.get(4)?) })
    });
    Ok(found.optional()?)
}

/// How many upcoming booked or confirmed appointments have one.
pub(crate) fn count(connection: &Connection, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM bad_rows AS b JOIN appointments AS a ON a.id = b.appointment_id
               WHERE a.starts_unix >= ?1 AND a.status IN ('booked', 'confirmed')";
    let count: i64 = connection.query_row(sql, [now.timestamp()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
