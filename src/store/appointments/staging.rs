//! Stages a file's rows in temporary tables (on disk, not in memory) before anything is decided or applied.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params_from_iter};

use crate::domain::appointment::COLUMNS;
use crate::store::connection::error::StoreError;
use crate::store::connection::open;
use crate::store::connection::rows::instant;

/// The staged rows of one file.
#[derive(Debug)]
pub(crate) struct Staging<'c> {
    pub(super) connection: &'c mut Connection,
    /// The number of the last row.
    pub(super) rows: i64,
    /// Rows that take an appointment off the book or cancel it without a start.
    pub(super) off: u64,
}

/// How a staged row was handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Staged {
    /// It is the first row with its id.
    New,
    /// The same id was already staged with the same cells: left out.
    Repeated,
    /// The same id was already staged from this line, and only what is going to be done there differs.
    Alike(u64),
    /// The same id was already staged from this line with other cells: it is not known which is correct.
    Contradicts(u64),
}

/// How a row without a start ends a known appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Off {
    /// It is cancelled.
    Cancelled,
    /// It is off the book: unscheduled, planned or a note.
    OffTheBook,
}

impl Off {
    pub(super) fn code(self) -> &'static str {
        match self {
            Off::Cancelled => "cancelled",
            Off::OffTheBook => "off-the-book",
        }
    }
}

/// A row that cannot be used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BadRow<'b> {
    /// Its line.
    pub(crate) line: u64,
    /// The appointment id, if it can be read.
    pub(crate) id: Option<&'b str>,
    /// Its start, if it can be read.
    pub(crate) start: Option<DateTime<Utc>>,
    /// The column; "row" if the whole row is bad.
    pub(crate) column: &'b str,
    /// What is wrong; contains no private cell.
    pub(crate) reason: &'b str,
}

pub(super) fn number(line: u64) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}

impl<'c> Staging<'c> {
    /// An empty staging area.
    pub(crate) fn new(connection: &'c mut Connection) -> Result<Staging<'c>, StoreError> {
        abandon(connection)?;
        // A large export needs disk space, not memory. SQLite drops every temporary table when this setting changes.
        connection.pragma_update(None, "temp_store", "file")?;
        open::temporary_tables(connection)?;
        let columns = COLUMNS.map(|name| format!("{name} TEXT")).join(", ");
        connection.execute_batch(&format!(
            "DROP TABLE IF EXISTS temp.incoming; DROP TABLE IF EXISTS temp.incoming_bad;
             DROP TABLE IF EXISTS temp.incoming_off; DROP TABLE IF EXISTS temp.incoming_feeds;
             DROP TABLE IF EXISTS temp.incoming_moves;
             CREATE TEMP TABLE incoming (seq INTEGER PRIMARY KEY, line INTEGER NOT NULL, start INTEGER NOT NULL, {columns}) STRICT;
             CREATE UNIQUE INDEX temp.incoming_by_id ON incoming (id);
             CREATE TEMP TABLE incoming_off (id TEXT NOT NULL PRIMARY KEY, line INTEGER NOT NULL, kind TEXT NOT NULL) STRICT;
             CREATE TEMP TABLE incoming_bad (line INTEGER NOT NULL, id TEXT, start INTEGER, column_name TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
             CREATE INDEX temp.incoming_bad_by_id ON incoming_bad (id);
             CREATE TEMP TABLE incoming_feeds (feed TEXT NOT NULL PRIMARY KEY) STRICT;
             CREATE TEMP TABLE incoming_moves (from_id TEXT NOT NULL PRIMARY KEY, to_id TEXT NOT NULL UNIQUE) STRICT;
             BEGIN;"
        ))?;
        Ok(Staging { connection, rows: 0, off: 0 })
    }

    /// A staging area with rows staged earlier, up to this one.
    pub(crate) fn again(connection: &'c mut Connection, rows: i64) -> Staging<'c> {
        Staging { connection, rows, off: 0 }
    }

    /// The number of the last row.
    pub(crate) fn last_row(&self) -> i64 {
        self.rows
    }

    /// The database, for reading.
    pub(crate) fn connection(&self) -> &Connection {
        self.connection
    }

    /// Stages a good row; `cells` are in the order of [`COLUMNS`].
    pub(crate) fn add(
        &mut self,
        line: u64,
        starts_at: DateTime<Utc>,
        cells: &[Option<String>],
    ) -> Result<Staged, StoreError> {
        const HOLES: &str = "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17";
        if self.off > 0
            && let Some(Some(id)) = cells.first()
            && let Some(first) = self.off_line(id)?
        {
            return Ok(Staged::Contradicts(first));
        }
        let names = COLUMNS.join(", ");
        let sql = format!(
            "INSERT INTO temp.incoming ({names}, line, start) VALUES ({HOLES}, ?18, ?19) ON CONFLICT (id) DO NOTHING"
        );
        let cell = |text: &Option<String>| text.clone().map_or(rusqlite::types::Value::Null, Into::into);
        let values: Vec<rusqlite::types::Value> =
            cells.iter().map(cell).chain([number(line).into(), starts_at.timestamp().into()]).collect();
        if self.connection.prepare_cached(&sql)?.execute(params_from_iter(&values))? == 1 {
            self.rows = self.connection.last_insert_rowid();
            return Ok(Staged::New);
        }
        // Whose appointment it is, when, where, and whether a text may go out; the rest is what is going to be done.
        let alike =
            "(patient_id, first_name, last_name, date_of_birth, phone, language, starts_at, status, location, feed,
                     consent) IS (?2, ?3, ?4, ?5, ?6, ?7, ?11, ?13, ?14, ?15, ?17)";
        let same = format!("SELECT line, ({names}) IS ({HOLES}), {alike} FROM temp.incoming WHERE id = ?1");
        let (first, same, alike): (i64, bool, bool) = self
            .connection
            .prepare_cached(&same)?
            .query_row(params_from_iter(&values[..COLUMNS.len()]), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(match (same, alike) {
            (true, _) => Staged::Repeated,
            (false, true) => Staged::Alike(first.unsigned_abs()),
            (false, false) => Staged::Contradicts(first.unsigned_abs()),
        })
    }

    /// Stages a row that ends an appointment and has no start.
    pub(crate) fn add_off(&mut self, line: u64, id: &str, off: Off) -> Result<Staged, StoreError> {
        let sql = "SELECT line FROM temp.incoming WHERE id = ?1";
        if let Some(first) = self.line_of(sql, id)? {
            return Ok(Staged::Contradicts(first));
        }
        let sql = "INSERT INTO temp.incoming_off (id, line, kind) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING";
        let new = self.connection.prepare_cached(sql)?.execute((id, number(line), off.code()))? == 1;
        self.off += u64::from(new);
        Ok(if new { Staged::New } else { Staged::Repeated })
    }

    fn off_line(&self, id: &str) -> Result<Option<u64>, StoreError> {
        self.line_of("SELECT line FROM temp.incoming_off WHERE id = ?1", id)
    }

    fn line_of(&self, sql: &str, id: &str) -> Result<Option<u64>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([id])?;
        Ok(match rows.next()? {
            Some(row) => Some(row.get::<_, i64>(0)?.unsigned_abs()),
            None => None,
        })
    }

    /// Stages a bad row.
    pub(crate) fn add_bad(&mut self, bad: BadRow<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO temp.incoming_bad (line, id, start, column_name, reason) VALUES (?1, ?2, ?3, ?4, ?5)";
        let start = bad.start.map(|start| start.timestamp());
        self.connection.prepare_cached(sql)?.execute((number(bad.line), bad.id, start, bad.column, bad.reason))?;
        Ok(())
    }

    /// Stages a bad row for every appointment of a series in a calendar, each of which has the series' id, a slash and its
    /// own start as its id.
    pub(crate) fn add_bad_series(&mut self, feed: &str, bad: BadRow<'_>) -> Result<(), StoreError> {
        let Some(id) = bad.id.filter(|id| !id.contains('/')) else { return Ok(()) };
        let sql = "INSERT INTO temp.incoming_bad (line, id, start, column_name, reason)
                   SELECT ?1, id, starts_unix, ?2, ?3 FROM appointments
                   WHERE feed = ?4 AND id >= ?5 || '/' AND id < ?5 || '0'";
        self.connection.prepare_cached(sql)?.execute((number(bad.line), bad.column, bad.reason, feed, id))?;
        Ok(())
    }

    /// Removes rows whose appointments belong to another feed or to a program that writes SQL, and rows that name a
    /// feed that has files of its own; those appointments stay as they are. Returns the line numbers by owner ("" for
    /// none).
    pub(crate) fn refuse_foreign(&mut self, feed: &str) -> Result<BTreeMap<String, Vec<u64>>, StoreError> {
        // For a feed that delivers files of its own, only those files say what it no longer lists.
        const ROWS: &str = "SELECT i.id, i.line, CASE WHEN a.id IS NOT NULL AND a.feed IS NOT i.feed
                   THEN coalesce(a.feed, '') ELSE i.feed END AS owner
            FROM temp.incoming AS i LEFT JOIN appointments AS a ON a.id = i.id
            WHERE (a.id IS NOT NULL AND a.feed IS NOT i.feed)
               OR (i.feed <> ?1 AND i.feed IN (SELECT feed FROM feed_state))";
        const OFF: &str = "SELECT o.id, o.line, coalesce(a.feed, '') AS owner
            FROM temp.incoming_off AS o JOIN appointments AS a ON a.id = o.id WHERE a.feed IS NOT ?1";
        let mut foreign: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        {
            let sql = format!("SELECT owner, line FROM ({ROWS} UNION ALL {OFF}) ORDER BY line");
            let mut statement = self.connection.prepare(&sql)?;
            let mut rows = statement.query([feed])?;
            while let Some(row) = rows.next()? {
                foreign.entry(row.get(0)?).or_default().push(row.get::<_, i64>(1)?.unsigned_abs());
            }
        }
        if !foreign.is_empty() {
            for (table, which) in [("incoming", ROWS), ("incoming_off", OFF)] {
                let delete = format!("DELETE FROM temp.{table} WHERE id IN (SELECT id FROM ({which}))");
                self.connection.execute(&delete, [feed])?;
            }
        }
        self.connection.execute("INSERT INTO temp.incoming_feeds (feed) VALUES (?1)", [feed])?;
        self.connection.execute_batch(
            "INSERT INTO temp.incoming_feeds (feed) SELECT DISTINCT feed FROM temp.incoming WHERE feed IS NOT NULL
             ON CONFLICT DO NOTHING",
        )?;
        // A bad row for an appointment of another feed says nothing about that appointment.
        self.connection.execute_batch(
            "UPDATE temp.incoming_bad SET id = NULL WHERE id IN (SELECT a.id FROM appointments AS a
                 WHERE a.feed IS NULL OR a.feed NOT IN (SELECT feed FROM temp.incoming_feeds))",
        )?;
        Ok(foreign)
    }

    /// The first and last start of the good rows.
    pub(crate) fn first_and_last(&self) -> Result<Option<[DateTime<Utc>; 2]>, StoreError> {
        let sql = "SELECT min(start), max(start) FROM temp.incoming";
        let (first, last): (Option<i64>, Option<i64>) =
            self.connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(first.zip(last).map(|(first, last)| [instant(first), instant(last)]))
    }

    /// Discards everything staged and releases the connection.
    pub(crate) fn discard(self) -> Result<(), StoreError> {
        Ok(self.connection.execute_batch("ROLLBACK")?)
    }
}

/// Discards an unfinished staging area.
pub(crate) fn abandon(connection: &Connection) -> Result<(), StoreError> {
    if !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staging_keeps_other_temporary_tables_and_starts_over_after_an_abandoned_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open::read_write(&folder.path().join("a.db")).unwrap();
        // Abandoned, as after an error.
        let _ = Staging::new(&mut connection).unwrap();
        assert!(!connection.is_autocommit());
        Staging::new(&mut connection).unwrap().discard().unwrap();
        assert!(connection.is_autocommit());
        connection.query_row("SELECT count(*) FROM known_spellings", [], |row| row.get::<_, i64>(0)).unwrap();
        connection.execute("INSERT INTO temp.new_spellings VALUES ('US', 'x', NULL, 0, 0)", []).unwrap();
    }
}
