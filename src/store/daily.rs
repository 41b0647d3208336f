//! Work that is done once a day of the practice: when it was done last, by the local date.

use chrono::NaiveDate;
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::StoreError;

/// The date on which a piece of work was done last.
///
/// # Errors
/// Database errors.
pub fn last(connection: &Connection, work: &str) -> Result<Option<NaiveDate>, StoreError> {
    let sql = "SELECT date FROM daily WHERE work = ?1";
    let date: Option<String> = connection.prepare_cached(sql)?.query_row([work], |row| row.get(0)).optional()?;
    Ok(date.and_then(|date| date.parse().ok()))
}

/// It is done for a date.
///
/// # Errors
/// Database errors.
pub fn done(tx: &Transaction<'_>, work: &str, date: NaiveDate) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO daily (work, date) VALUES (?1, ?2) ON CONFLICT (work) DO UPDATE SET date = excluded.date",
        (work, date.to_string()),
    )?;
    Ok(())
}
