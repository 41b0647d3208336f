//! What concerns every planning unit, read once for all units of a transaction: how numbers are read, pauses, and which
//! of the seldom used tables have rows at all, so that units ask only those.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use crate::domain::ids::ApiKeyName;
use crate::planner::input::FeedImports;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::controls::pauses::{self, Paused};
use crate::store::conversations::listings;
use crate::store::planning::directory::Directory;

/// Valid as long as nobody else writes: within one transaction, or one state of the database.
#[derive(Debug)]
pub(crate) struct PlanningContext {
    /// How numbers are read.
    pub(super) directory: Directory,
    /// Now.
    pub(super) now: DateTime<Utc>,
    /// The pauses that are active now or end later.
    pub(super) pauses: Vec<Paused>,
    /// Since when Leadtime has been catching up with these keys.
    pub(super) unobserved_keys: BTreeMap<ApiKeyName, DateTime<Utc>>,
    /// The tables with rows.
    pub(super) any: Any,
    imports: RefCell<HashMap<(String, i64), FeedImports>>,
}

/// Whether there is any row of a kind. What a transaction itself adds is seen only by the next one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Any {
    /// Numbers whose texts wait.
    pub(super) holds: bool,
    /// Wrong numbers.
    pub(super) wrong_numbers: bool,
    /// Skipped appointments.
    pub(super) skips: bool,
    /// Appointments that moved to another id.
    pub(super) moves: bool,
    /// Rows of Annie's list without an id.
    pub(super) odd_rows: bool,
    /// Spellings that only this connection has read.
    pub(super) new_spellings: bool,
    /// Conversations begun by others.
    pub(super) others: bool,
    /// Conversations begun while nothing was observed.
    pub(super) unobserved: bool,
    /// Answers.
    pub(super) outcomes: bool,
    /// Opt-outs.
    pub(super) opt_outs: bool,
}

impl PlanningContext {
    /// Reads it.
    pub(crate) fn read(
        connection: &Connection,
        directory: Directory,
        now: DateTime<Utc>,
    ) -> Result<PlanningContext, StoreError> {
        const ANY: &str = "SELECT EXISTS (SELECT 1 FROM number_holds), EXISTS (SELECT 1 FROM wrong_numbers),
            EXISTS (SELECT 1 FROM skips), EXISTS (SELECT 1 FROM not_listed WHERE moved_to IS NOT NULL),
            EXISTS (SELECT 1 FROM odd_rows WHERE settled_at IS NULL), EXISTS (SELECT 1 FROM temp.new_spellings),
            EXISTS (SELECT 1 FROM conversations WHERE attempt_id IS NULL),
            EXISTS (SELECT 1 FROM conversations WHERE unobserved = 1), EXISTS (SELECT 1 FROM outcomes),
            EXISTS (SELECT 1 FROM opt_outs)";
        let any = connection.prepare_cached(ANY)?.query_row([], |row| {
            Ok(Any {
                holds: row.get(0)?,
                wrong_numbers: row.get(1)?,
                skips: row.get(2)?,
                moves: row.get(3)?,
                odd_rows: row.get(4)?,
                new_spellings: row.get(5)?,
                others: row.get(6)?,
                unobserved: row.get(7)?,
                outcomes: row.get(8)?,
                opt_outs: row.get(9)?,
            })
        })?;
        Ok(PlanningContext {
            directory,
            now,
            pauses: pauses::pauses(connection, now)?,
            unobserved_keys: listings::unobserved_keys(connection)?,
            any,
            imports: RefCell::default(),
        })
    }

    /// How numbers are read.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Whether texts that were sent while Leadtime was not watching are still being looked for.
    pub(crate) fn is_catching_up(&self) -> bool {
        self.any.unobserved || !self.unobserved_keys.is_empty()
    }

    /// Whether other senders text some of the numbers.
    pub(crate) fn has_others(&self) -> bool {
        self.any.others
    }

    /// Whether any answer or note is stored.
    pub(crate) fn has_outcomes(&self) -> bool {
        self.any.outcomes
    }

    /// When.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The imports of a feed before an appointment was first seen.
    pub(super) fn imports(&self, connection: &Connection, feed: &str, seen: i64) -> Result<FeedImports, StoreError> {
        const ANY: &str = "SELECT EXISTS (SELECT 1 FROM imports WHERE feed = ?1)";
        const LAST: &str =
            "SELECT max(started_at) FROM imports WHERE feed = ?1 AND started_at < ?2 AND finished_at IS NOT NULL";
        if let Some(known) = self.imports.borrow().get(&(feed.to_owned(), seen)) {
            return Ok(*known);
        }
        let imports = match connection.prepare_cached(ANY)?.query_row([feed], |row| row.get(0))? {
            false => FeedImports::None,
            true => {
                let last: Option<i64> = connection.prepare_cached(LAST)?.query_row((feed, seen), |row| row.get(0))?;
                FeedImports::LastBeforeSeen(last.map(instant))
            }
        };
        self.imports.borrow_mut().insert((feed.to_owned(), seen), imports);
        Ok(imports)
    }
}
