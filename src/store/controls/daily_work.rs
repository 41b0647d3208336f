//! Work done once per local day: the date it was last done for, and how the last try ended.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// Work that is done once per local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// The backup of the database.
    Backup,
    /// The list of patients no text reaches.
    NotReached,
}

impl Work {
    fn name(self) -> &'static str {
        match self {
            Work::Backup => "backup",
            Work::NotReached => "not-reached",
        }
    }
}

/// How the work went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The local date it was last done for.
    pub date: Option<NaiveDate>,
    /// When it was last done.
    pub at: Option<DateTime<Utc>>,
    /// When and why a later try failed.
    pub fault: Option<(DateTime<Utc>, String)>,
}

/// How the work went; none if it was never tried.
pub fn last(connection: &Connection, work: Work) -> Result<Option<Done>, StoreError> {
    let sql = "SELECT done_for, done_at, failed_at, fault FROM daily_work WHERE work = ?1";
    let found = connection.prepare_cached(sql)?.query_row([work.name()], |row| {
        let date: Option<String> = row.get(0)?;
        let fault = row.get::<_, Option<i64>>(2)?.zip(row.get::<_, Option<String>>(3)?);
        Ok(Done {
            date: date.and_then(|date| date.parse().ok()),
            at: row.get::<_, Option<i64>>(1)?.map(instant),
            fault: fault.map(|(at, why)| (instant(at), why)),
        })
    });
    Ok(found.optional()?)
}

/// Records that it was done for a date.
pub(crate) fn done(tx: &Transaction<'_>, work: Work, date: NaiveDate, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO daily_work (work, done_for, done_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (work) DO UPDATE SET done_for = excluded.done_for, done_at = excluded.done_at,
             failed_at = NULL, fault = NULL",
        (work.name(), date.to_string(), now.timestamp()),
    )?;
    Ok(())
}

/// Records that it failed; the time it was last done is kept.
pub(crate) fn failed(tx: &Transaction<'_>, work: Work, why: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO daily_work (work, failed_at, fault) VALUES (?1, ?2, ?3)
         ON CONFLICT (work) DO UPDATE SET failed_at = excluded.failed_at, fault = excluded.fault",
        (work.name(), now.timestamp(), why),
    )?;
    Ok(())
}
