//! Rows of Annie's list without a readable id. Each may be one of our texts, or hold a reply, so texts to its number
//! wait.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction};

use crate::domain::conversation::OddRow;
use crate::domain::ids::ApiKeyName;
use crate::domain::operator::Operator;
use crate::domain::phone::Phone;
use crate::store::connection::error::StoreError;
use crate::store::conversations::conversation::OF_INTEREST;
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::planning::replan_queue;

/// Whether any text waits because of such a row.
pub(crate) fn any(connection: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM odd_rows WHERE settled_at IS NULL)";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Stores what a page showed, for the listing that began at `began_at`.
pub(super) fn keep(
    tx: &Transaction<'_>,
    api_key: &ApiKeyName,
    rows: &[OddRow],
    began_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO odd_rows (api_key, row, phone, started_at, listing) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (api_key, row) DO UPDATE SET listing = excluded.listing",
    )?;
    for row in rows {
        let started = row.started_at.map(|at| at.timestamp());
        insert.execute((api_key, &row.row, row.to.as_ref().map(Phone::dial), started, began_at.timestamp()))?;
    }
    Ok(())
}

/// Called at the end of a listing: deletes rows it no longer showed, within its reach, and rows from long ago.
pub(super) fn forget_gone(tx: &Transaction<'_>, api_key: &ApiKeyName) -> Result<(), StoreError> {
    tx.prepare_cached(
        "DELETE FROM odd_rows AS o WHERE o.api_key = ?1 AND EXISTS (SELECT 1 FROM listings AS l
             WHERE l.api_key = ?1 AND o.listing <> l.began_at
             AND (l.whole OR coalesce(o.started_at, o.listing) >= l.reach_back
                  OR coalesce(o.started_at, o.listing) < l.began_at - ?2))",
    )?
    .execute((api_key, OF_INTEREST.num_seconds()))?;
    Ok(())
}

/// How many rows of a listing cannot be read as conversations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Odd {
    /// All of them.
    pub(crate) rows: usize,
    /// Those that do not even show a recipient.
    pub(crate) of_nobody: usize,
}

/// Counts the rows a listing has shown so far that cannot be read as conversations.
pub(crate) fn count(connection: &Connection, api_key: &ApiKeyName, began_at: DateTime<Utc>) -> Result<Odd, StoreError> {
    let sql = "SELECT count(*), count(*) - count(phone) FROM odd_rows WHERE api_key = ?1 AND listing = ?2";
    let counts = connection
        .prepare_cached(sql)?
        .query_row((api_key, began_at.timestamp()), |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
    let count = |n: i64| usize::try_from(n).unwrap_or(0);
    Ok(Odd { rows: count(counts.0), of_nobody: count(counts.1) })
}

/// The unsettled odd rows: how many there are, and the numbers that wait because of them.
pub(crate) fn unsettled(connection: &Connection) -> Result<(u64, BTreeSet<Phone>), StoreError> {
    let mut statement = connection.prepare_cached("SELECT phone FROM odd_rows WHERE settled_at IS NULL")?;
    let phones: Vec<Option<String>> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let count = phones.len() as u64;
    Ok((count, phones.into_iter().flatten().filter_map(|phone| Phone::from_e164(&phone)).collect()))
}

/// Records a person's decision that a number may be texted although rows of the list cannot be read. Returns whether
/// there were such rows.
pub(crate) fn settle(
    tx: &Transaction<'_>,
    phone: &Phone,
    by: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE odd_rows SET settled_at = ?2, who = ?3 WHERE phone = ?1 AND settled_at IS NULL";
    if tx.prepare_cached(sql)?.execute((phone.dial(), now.timestamp(), by.who))? == 0 {
        return Ok(false);
    }
    let entry = Entry { phone: Some(phone), who: by.who, why: by.why, ..Entry::new(now, Act::NumberFreed) };
    audit::note(tx, &Entry { code: Some("odd-row"), ..entry })?;
    replan_queue::mark(tx, phone.dial(), "")?;
    Ok(true)
}
