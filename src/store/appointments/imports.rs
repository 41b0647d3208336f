//! Bringing a file's rows into the table: first staged and checked, then applied in short transactions.

use std::ops::Range;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, TransactionBehavior, named_params, params_from_iter};

use crate::domain::appointment::COLUMNS;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::connection::savepoint::in_savepoint;

/// A transaction of an import lasts about this long at most, so that the daemon beside it is never held up.
const CHUNK: Duration = Duration::from_millis(500);
/// Rows applied before the time is looked at.
const STEP: i64 = 500;

/// Rows of a file, waiting in a temporary table (on disk, not in memory) to be applied.
#[derive(Debug)]
pub(crate) struct Staging<'c> {
    connection: &'c mut Connection,
    rows: i64,
}

/// What became of a staged row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Staged {
    /// It is the first of its id.
    New,
    /// The same id stood in this line already, with the same cells: left out.
    Repeated,
    /// The same id stood in this line already, with other cells: which is right is not known.
    Contradicts(u64),
}

/// The appointments a complete file no longer names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Vanishing {
    /// How many would be cancelled.
    pub(crate) gone: u64,
    /// Out of how many coming, live appointments of the feed inside the span.
    pub(crate) of: u64,
}

/// How much an import changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Changes {
    /// New appointments.
    pub(crate) added: u64,
    /// Appointments that differ from before.
    pub(crate) changed: u64,
    /// Appointments cancelled because the file no longer names them.
    pub(crate) cancelled: u64,
    /// Rows the database refused: line and reason.
    pub(crate) refused: Vec<(u64, String)>,
}

impl<'c> Staging<'c> {
    /// An empty staging area.
    pub(crate) fn new(connection: &'c mut Connection) -> Result<Staging<'c>, StoreError> {
        let columns = COLUMNS.map(|name| format!("{name} TEXT")).join(", ");
        connection.execute_batch(&format!(
            "PRAGMA temp_store = file;
             DROP TABLE IF EXISTS temp.incoming; DROP TABLE IF EXISTS temp.incoming_bad;
             CREATE TEMP TABLE incoming (seq INTEGER PRIMARY KEY, line INTEGER NOT NULL, start INTEGER NOT NULL, {columns}) STRICT;
             CREATE UNIQUE INDEX temp.incoming_by_id ON incoming (id);
             CREATE TEMP TABLE incoming_bad (line INTEGER NOT NULL, id TEXT, column_name TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
             CREATE INDEX temp.incoming_bad_by_id ON incoming_bad (id);
             BEGIN;"
        ))?;
        Ok(Staging { connection, rows: 0 })
    }

    /// Stages a good row; `cells` in the order of [`COLUMNS`].
    pub(crate) fn add(
        &mut self,
        line: u64,
        starts_at: DateTime<Utc>,
        cells: &[Option<String>],
    ) -> Result<Staged, StoreError> {
        const HOLES: &str = "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17";
        let line = i64::try_from(line).unwrap_or(i64::MAX);
        let names = COLUMNS.join(", ");
        let sql = format!(
            "INSERT INTO temp.incoming ({names}, line, start) VALUES ({HOLES}, ?18, ?19) ON CONFLICT (id) DO NOTHING"
        );
        let cell = |text: &Option<String>| text.clone().map_or(rusqlite::types::Value::Null, Into::into);
        let values: Vec<rusqlite::types::Value> =
            cells.iter().map(cell).chain([line.into(), starts_at.timestamp().into()]).collect();
        if self.connection.prepare_cached(&sql)?.execute(params_from_iter(&values))? == 1 {
            self.rows = self.connection.last_insert_rowid();
            return Ok(Staged::New);
        }
        let same = format!("SELECT line, ({names}) IS ({HOLES}) FROM temp.incoming WHERE id = ?1");
        let (first, same): (i64, bool) = self
            .connection
            .prepare_cached(&same)?
            .query_row(params_from_iter(&values[..COLUMNS.len()]), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(if same { Staged::Repeated } else { Staged::Contradicts(first.unsigned_abs()) })
    }

    /// Stages a bad row.
    pub(crate) fn add_bad(
        &mut self,
        line: u64,
        id: Option<&str>,
        column: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        let line = i64::try_from(line).unwrap_or(i64::MAX);
        self.connection
            .prepare_cached("INSERT INTO temp.incoming_bad (line, id, column_name, reason) VALUES (?1, ?2, ?3, ?4)")?
            .execute((line, id, column, reason))?;
        Ok(())
    }

    /// The first and the last start of the good rows.
    pub(crate) fn first_and_last(&self) -> Result<Option<[DateTime<Utc>; 2]>, StoreError> {
        let (first, last): (Option<i64>, Option<i64>) =
            self.connection.query_row("SELECT min(start), max(start) FROM temp.incoming", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        Ok(first.zip(last).map(|(first, last)| [instant(first), instant(last)]))
    }

    /// How many live appointments of the file's feeds start in a span from `now` on, and how many of them the file does not
    /// name. Appointments of the past tell nothing of whether the file is whole: an export that lacks all that is to come may
    /// well name them.
    pub(crate) fn vanishing(&self, span: &Range<DateTime<Utc>>, now: DateTime<Utc>) -> Result<Vanishing, StoreError> {
        let sql =
            format!("SELECT count(*), count(*) FILTER (WHERE {ABSENT}) FROM appointments AS a WHERE {OF_THE_FEEDS}");
        let (of, gone): (i64, i64) = self.connection.query_row(
            &sql,
            named_params! {":from": span.start.max(now).timestamp(), ":until": span.end.timestamp()},
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(Vanishing { gone: gone.unsigned_abs(), of: of.unsigned_abs() })
    }

    /// Applies everything: rows in chunks, then what vanished inside `complete`, then the bad rows. `present` are the
    /// columns the file has; what it does not have is left as it was. `progress` hears how many rows are done.
    ///
    /// # Errors
    /// Database errors. What was applied before one stays, each appointment whole; the import counts as unfinished.
    pub(crate) fn apply(
        self,
        feed: &str,
        present: &[&str],
        complete: Option<Range<DateTime<Utc>>>,
        now: DateTime<Utc>,
        mut progress: impl FnMut(u64),
    ) -> Result<Changes, StoreError> {
        let Staging { connection, rows } = self;
        connection.execute_batch("COMMIT")?;
        let mut changes = Changes::default();
        let import = begin(connection, feed, complete.is_some(), now)?;
        {
            // First of all: what is in doubt waits while the rest is written.
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            hold_back_bad(&tx, import)?;
            tx.commit()?;
        }
        let mut done = 0;
        while done < rows {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let started = Instant::now();
            set_time(&tx, now)?;
            while done < rows && started.elapsed() < CHUNK {
                let until = (done + STEP).min(rows);
                apply_step(&tx, present, done, until, &mut changes)?;
                done = until;
            }
            clear_time(&tx)?;
            tx.commit()?;
            progress(done.unsigned_abs());
        }
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        set_time(&tx, now)?;
        if let Some(span) = &complete {
            changes.cancelled = cancel_absent(&tx, import, span)?;
        }
        hold_back_bad(&tx, import)?;
        clear_time(&tx)?;
        finish(&tx, import, &changes, now)?;
        tx.commit()?;
        Ok(changes)
    }
}

/// Live appointments of the staged rows' feeds that start in the span.
const OF_THE_FEEDS: &str = "a.status IN ('booked', 'confirmed') AND a.starts_unix >= :from AND a.starts_unix < :until
    AND a.feed IN (SELECT DISTINCT feed FROM temp.incoming)";
/// Appointments the file does not name, not even in a bad row.
const ABSENT: &str = "NOT EXISTS (SELECT 1 FROM temp.incoming AS i WHERE i.id = a.id)
    AND NOT EXISTS (SELECT 1 FROM temp.incoming_bad AS b WHERE b.id = a.id)";

fn begin(connection: &Connection, feed: &str, complete: bool, now: DateTime<Utc>) -> Result<i64, StoreError> {
    let sql = "INSERT INTO imports (feed, started_at, complete) VALUES (?1, ?2, ?3)";
    connection.execute(sql, (feed, now.timestamp(), complete))?;
    Ok(connection.last_insert_rowid())
}

fn finish(tx: &Transaction<'_>, import: i64, changes: &Changes, now: DateTime<Utc>) -> Result<(), StoreError> {
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    tx.execute(
        "UPDATE imports SET finished_at = ?2, added = ?3, changed = ?4, cancelled = ?5,
             rows_good = (SELECT count(*) FROM temp.incoming AS i
                 WHERE NOT EXISTS (SELECT 1 FROM temp.incoming_bad AS b WHERE b.id = i.id)), rows_bad = (SELECT count(*) FROM temp.incoming_bad)
         WHERE id = ?1",
        (import, now.timestamp(), count(changes.added), count(changes.changed), count(changes.cancelled)),
    )?;
    Ok(())
}

/// The time triggers write, for the length of a transaction.
fn set_time(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.execute("INSERT INTO write_time (only_row, at) VALUES (1, ?1)", [now.timestamp()])?;
    Ok(())
}

fn clear_time(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM write_time", [])?;
    Ok(())
}

/// A step of rows; where the database refuses one of them, row by row, and the refused ones become bad rows.
fn apply_step(
    tx: &Transaction<'_>,
    present: &[&str],
    after: i64,
    until: i64,
    changes: &mut Changes,
) -> Result<(), StoreError> {
    let mut whole = changes.clone();
    if in_savepoint(tx, || apply_rows(tx, present, after, until, &mut whole))?.is_ok() {
        *changes = whole;
        return Ok(());
    }
    for row in after..until {
        let mut one = changes.clone();
        match in_savepoint(tx, || apply_rows(tx, present, row, row + 1, &mut one))? {
            Ok(()) => *changes = one,
            Err(error) => {
                let reason = format!("the database refuses this row ({error})");
                let line: i64 =
                    tx.query_row("SELECT line FROM temp.incoming WHERE seq = ?1", [row + 1], |r| r.get(0))?;
                tx.execute(
                    "INSERT INTO temp.incoming_bad (line, id, column_name, reason)
                     SELECT line, id, 'row', ?2 FROM temp.incoming WHERE seq = ?1",
                    (row + 1, &reason),
                )?;
                changes.refused.push((line.unsigned_abs(), reason));
            }
        }
    }
    Ok(())
}

fn apply_rows(
    tx: &Transaction<'_>,
    present: &[&str],
    after: i64,
    until: i64,
    changes: &mut Changes,
) -> Result<(), StoreError> {
    // A row's feed and a derived patient are known even where the file has no such column.
    let written: Vec<&str> =
        COLUMNS.into_iter().skip(1).filter(|c| present.contains(c) || matches!(*c, "feed" | "patient_id")).collect();
    let mut set = written.iter().map(|c| format!("{c} = i.{c}")).collect::<Vec<_>>().join(", ");
    if !present.contains(&"ends_at") {
        // The end that is known belongs to the start that was known.
        set.push_str(", ends_at = iif(unixepoch(a.starts_at) IS unixepoch(i.starts_at), a.ends_at, NULL)");
    }
    let differs = written.iter().map(|c| format!("a.{c} IS NOT i.{c}")).collect::<Vec<_>>().join(" OR ");
    // Rows that contradict each other are not believed; their appointment is held back already.
    let range = "i.seq > ?1 AND i.seq <= ?2 AND i.id NOT IN (SELECT id FROM temp.incoming_bad WHERE id IS NOT NULL)";
    let update = format!(
        "UPDATE appointments AS a SET {set} FROM temp.incoming AS i WHERE i.id = a.id AND {range} AND ({differs})"
    );
    changes.changed += tx.prepare_cached(&update)?.execute((after, until))? as u64;
    let names = COLUMNS.join(", ");
    let values =
        COLUMNS.map(|c| if c == "status" { "coalesce(i.status, 'booked')".to_owned() } else { format!("i.{c}") });
    let insert = format!(
        "INSERT INTO appointments ({names}) SELECT {} FROM temp.incoming AS i
         WHERE {range} AND NOT EXISTS (SELECT 1 FROM appointments AS a WHERE a.id = i.id)",
        values.join(", ")
    );
    changes.added += tx.prepare_cached(&insert)?.execute((after, until))? as u64;
    if !present.contains(&"status") {
        // Named again, it stands again: in a file without the column all are booked.
        let again = format!(
            "UPDATE appointments SET status = 'booked' WHERE status = 'cancelled'
             AND id IN (SELECT appointment_id FROM not_listed)
             AND id IN (SELECT id FROM temp.incoming AS i WHERE {range})"
        );
        changes.changed += tx.prepare_cached(&again)?.execute((after, until))? as u64;
    }
    // A row that reads well mends the appointment also where it changes nothing.
    for table in ["bad_rows", "not_listed"] {
        let mend =
            format!("DELETE FROM {table} WHERE appointment_id IN (SELECT id FROM temp.incoming AS i WHERE {range})");
        tx.prepare_cached(&mend)?.execute((after, until))?;
    }
    Ok(())
}

fn cancel_absent(tx: &Transaction<'_>, import: i64, span: &Range<DateTime<Utc>>) -> Result<u64, StoreError> {
    let span = named_params! {":from": span.start.timestamp(), ":until": span.end.timestamp()};
    let gone: Vec<String> = tx
        .prepare(&format!("SELECT a.id FROM appointments AS a WHERE {OF_THE_FEEDS} AND {ABSENT}"))?
        .query_map(span, |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in &gone {
        tx.prepare_cached(
            "INSERT INTO not_listed (appointment_id, import_id) VALUES (?1, ?2)
             ON CONFLICT (appointment_id) DO UPDATE SET import_id = excluded.import_id",
        )?
        .execute((id, import))?;
        tx.prepare_cached("UPDATE appointments SET status = 'cancelled' WHERE id = ?1")?.execute([id])?;
    }
    Ok(gone.len() as u64)
}

/// The appointments of bad rows wait. A contradiction holds its appointment too, although one of its rows was applied.
fn hold_back_bad(tx: &Transaction<'_>, import: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO bad_rows (appointment_id, import_id, line, column_name, reason)
         SELECT b.id, ?1, min(b.line), b.column_name, b.reason FROM temp.incoming_bad AS b
         WHERE b.id IN (SELECT id FROM appointments) GROUP BY b.id
         ON CONFLICT (appointment_id) DO UPDATE SET import_id = excluded.import_id, line = excluded.line,
             column_name = excluded.column_name, reason = excluded.reason",
        [import],
    )?;
    Ok(())
}

/// The last import that got to its end.
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

/// The imports of a feed next to a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Around {
    /// The last one that had got to its end by then.
    pub(crate) before: Option<DateTime<Utc>>,
    /// The first one after it.
    pub(crate) after: Option<DateTime<Utc>>,
}

/// The imports of a feed next to a moment.
pub(crate) fn around(connection: &Connection, feed: &str, at: DateTime<Utc>) -> Result<Around, StoreError> {
    let sql = "SELECT (SELECT max(started_at) FROM imports
                       WHERE feed = ?1 AND started_at <= ?2 AND finished_at IS NOT NULL),
                      (SELECT min(started_at) FROM imports
                       WHERE feed = ?1 AND started_at > ?2 AND finished_at IS NOT NULL)";
    let (before, after): (Option<i64>, Option<i64>) =
        connection.query_row(sql, (feed, at.timestamp()), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Around { before: before.map(instant), after: after.map(instant) })
}

/// The last import that got to its end, of any feed.
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
