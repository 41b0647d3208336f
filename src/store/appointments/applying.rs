//! Applies staged rows in short transactions, while claims for the feed wait.

use std::ops::Range;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Transaction, TransactionBehavior, named_params};

use crate::domain::appointment::COLUMNS;
use crate::domain::operator::Operator;
use crate::store::appointments::comparison::{ABSENT, OF_THE_FEEDS};
use crate::store::appointments::refused_rows;
use crate::store::appointments::staging::Staging;
use crate::store::connection::error::StoreError;
use crate::store::connection::savepoint::in_savepoint;
use crate::store::ledger::audit::{self, Act, Entry};

/// An import's transaction lasts about this long at most, so that a running daemon is never blocked for long.
const CHUNK: Duration = Duration::from_millis(500);
/// Rows applied between two checks of the clock.
const STEP: i64 = 500;
/// Up to this many rows are compared and applied in one transaction if few of them differ.
const MOST_AT_ONCE: i64 = 50_000;

/// How an import is recorded.
#[derive(Debug, Clone)]
pub(crate) struct Import<'i> {
    /// The feed.
    pub(crate) feed: &'i str,
    /// The mapping its rows were read with.
    pub(crate) mapping: &'i str,
    /// The columns the file has; other columns stay unchanged.
    pub(crate) present: Vec<&'i str>,
    /// The time span for which the file is the complete list; none: appointments it does not name stay.
    pub(crate) complete: Option<Range<DateTime<Utc>>>,
    /// What it lacks will be held: the hold of an earlier import lasts until then.
    pub(crate) holds_missing: bool,
    /// It runs every few minutes: the audit records it only if it changes something.
    pub(crate) recurring: bool,
    /// The act recorded in the audit, and who did it.
    pub(crate) act: Act,
    pub(crate) by: Operator<'i>,
    /// Now.
    pub(crate) now: DateTime<Utc>,
}

/// How much an import changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Changes {
    /// New appointments.
    pub(crate) added: u64,
    /// Appointments that changed.
    pub(crate) changed: u64,
    /// Appointments cancelled because the file no longer lists them.
    pub(crate) cancelled: u64,
    /// How many of these are in the file again under another id, for the same person.
    pub(crate) moved: u64,
    /// Appointments ended by a row that cancels them without a start or takes them off the book.
    pub(crate) off: u64,
    /// Rows the database rejected: line and reason.
    pub(crate) refused: Vec<(u64, String)>,
}

impl Staging<'_> {
    /// Applies everything: rows in chunks, then appointments that are off the book or gone, then the bad rows. Calls
    /// `progress` with the number of rows done.
    ///
    /// # Errors
    /// Database errors. What was applied before the error stays, each appointment complete; the import counts as
    /// unfinished.
    pub(crate) fn apply(self, as_import: &Import<'_>, mut progress: impl FnMut(u64)) -> Result<Changes, StoreError> {
        let Staging { connection, rows, .. } = self;
        let now = as_import.now;
        let began = Instant::now();
        connection.execute_batch("COMMIT")?;
        let mut changes = Changes::default();
        if rows <= MOST_AT_ONCE && differing(connection, &as_import.present, rows)? <= STEP {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let import = begin(&tx, as_import)?;
            hold_back_bad(&tx, import)?;
            set_time(&tx, now)?;
            apply_step(&tx, &as_import.present, 0, rows, &mut changes)?;
            end(&tx, import, as_import, &mut changes)?;
            tx.commit()?;
            return Ok(changes);
        }
        let import = {
            // First, so that claims for the feed and appointments with bad rows wait while the rest is written.
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let import = begin(&tx, as_import)?;
            hold_back_bad(&tx, import)?;
            tx.commit()?;
            import
        };
        let mut done = 0;
        while done < rows {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let started = Instant::now();
            set_time(&tx, now)?;
            while done < rows && started.elapsed() < CHUNK {
                let until = (done + STEP).min(rows);
                apply_step(&tx, &as_import.present, done, until, &mut changes)?;
                done = until;
            }
            clear_time(&tx)?;
            let alive = now + TimeDelta::from_std(began.elapsed()).unwrap_or_default();
            tx.execute("UPDATE importing SET beat_at = ?2 WHERE import_id = ?1", (import, alive.timestamp()))?;
            tx.commit()?;
            progress(done.unsigned_abs());
        }
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        set_time(&tx, now)?;
        end(&tx, import, as_import, &mut changes)?;
        tx.commit()?;
        Ok(changes)
    }
}

/// The last part of an import: what is off the book or gone, the bad rows, and its record.
fn end(tx: &Transaction<'_>, import: i64, as_import: &Import<'_>, changes: &mut Changes) -> Result<(), StoreError> {
    changes.off = take_off(tx, import)?;
    if let Some(span) = &as_import.complete {
        changes.cancelled = cancel_absent(tx, import, span)?;
        changes.moved = tx.query_row(MOVED, [import], |row| row.get::<_, i64>(0))?.unsigned_abs();
    }
    hold_back_bad(tx, import)?;
    refused_rows::keep(tx, import, as_import.feed, as_import.complete.is_some())?;
    clear_time(tx)?;
    finish(tx, import, as_import, changes)
}

/// How many rows are new or differ from the stored appointment, for up to this many rows.
fn differing(connection: &Connection, present: &[&str], rows: i64) -> Result<i64, StoreError> {
    let differs = differences(&written(present));
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM temp.incoming AS i LEFT JOIN appointments AS a ON a.id = i.id
         WHERE i.seq <= ?1 AND (a.id IS NULL OR {differs}) LIMIT ?2)"
    );
    Ok(connection.query_row(&sql, (rows, STEP + 1), |row| row.get(0))?)
}

/// The columns that an import writes. A row's feed and a derived patient id are known even if the file has no such
/// column.
fn written(present: &[&str]) -> Vec<&'static str> {
    COLUMNS.into_iter().skip(1).filter(|c| present.contains(c) || matches!(*c, "feed" | "patient_id")).collect()
}

/// A condition: the stored appointment `a` differs from the row `i` in a column.
fn differences(written: &[&str]) -> String {
    written.iter().map(|c| format!("a.{c} IS NOT i.{c}")).collect::<Vec<_>>().join(" OR ")
}

/// Appointments missing from an import that are there again under another id.
const MOVED: &str = "SELECT count(*) FROM not_listed WHERE import_id = ?1 AND moved_to IS NOT NULL";

fn begin(tx: &Transaction<'_>, import: &Import<'_>) -> Result<i64, StoreError> {
    let sql = "INSERT INTO imports (feed, started_at, complete) VALUES (?1, ?2, ?3)";
    tx.execute(sql, (import.feed, import.now.timestamp(), import.complete.is_some()))?;
    let id = tx.last_insert_rowid();
    tx.execute(
        "INSERT INTO importing (feed, import_id, since, beat_at) SELECT feed, ?1, ?2, ?2 FROM temp.incoming_feeds WHERE true
         ON CONFLICT (feed) DO UPDATE SET import_id = excluded.import_id, since = excluded.since, beat_at = excluded.beat_at",
        (id, import.now.timestamp()),
    )?;
    Ok(id)
}

fn finish(tx: &Transaction<'_>, id: i64, import: &Import<'_>, changes: &Changes) -> Result<(), StoreError> {
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let now = import.now.timestamp();
    tx.execute(
        "UPDATE imports SET finished_at = ?2, added = ?3, changed = ?4, cancelled = ?5,
             rows_good = (SELECT count(*) FROM temp.incoming AS i
                 WHERE NOT EXISTS (SELECT 1 FROM temp.incoming_bad AS b WHERE b.id = i.id))
                 + (SELECT count(*) FROM temp.incoming_off), rows_bad = (SELECT count(*) FROM temp.incoming_bad)
         WHERE id = ?1",
        (id, now, count(changes.added), count(changes.changed), count(changes.cancelled + changes.off)),
    )?;
    tx.execute("DELETE FROM importing WHERE feed IN (SELECT feed FROM temp.incoming_feeds)", [])?;
    // Rows held from an older file are obsolete now, and an earlier refusal of an export is resolved.
    tx.execute("DELETE FROM held_rows WHERE feed = ?1", [import.feed])?;
    tx.execute(
        "INSERT INTO feed_state (feed, mapping) VALUES (?1, ?2)
         ON CONFLICT (feed) DO UPDATE SET mapping = excluded.mapping, refused_at = NULL, refused_why = NULL,
             held_at = iif(?3, held_at, NULL), held_why = iif(?3, held_why, NULL), held_kind = iif(?3, held_kind, NULL),
             held_mapping = iif(?3, held_mapping, NULL), held_from = iif(?3, held_from, NULL),
             held_until = iif(?3, held_until, NULL), held_columns = iif(?3, held_columns, NULL)",
        (import.feed, import.mapping, import.holds_missing),
    )?;
    let changed = changes.added + changes.changed + changes.cancelled + changes.off > 0 || !changes.refused.is_empty();
    match import.recurring && !changed {
        true => Ok(()),
        false => note(tx, import.act, import.feed, import.by, import.now),
    }
}

/// Records in the audit what was done with a feed.
pub(super) fn note(
    tx: &Transaction<'_>,
    act: Act,
    feed: &str,
    by: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let code = Some(feed).filter(|feed| !feed.is_empty());
    audit::note(tx, &Entry { code, who: by.who, why: by.why, ..Entry::new(now, act) })
}

/// Sets the time that triggers write, for the duration of a transaction.
pub(super) fn set_time(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.execute("INSERT INTO write_time (only_row, at) VALUES (1, ?1)", [now.timestamp()])?;
    Ok(())
}

pub(super) fn clear_time(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM write_time", [])?;
    Ok(())
}

/// Applies a step of rows. If the database rejects one of them, applies them one by one, and the rejected ones become
/// bad rows.
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
        // Rows that another feed owns were removed.
        let there = "SELECT EXISTS (SELECT 1 FROM temp.incoming WHERE seq = ?1)";
        if !tx.prepare_cached(there)?.query_row([row + 1], |r| r.get::<_, bool>(0))? {
            continue;
        }
        let mut one = changes.clone();
        match in_savepoint(tx, || apply_rows(tx, present, row, row + 1, &mut one))? {
            Ok(()) => *changes = one,
            Err(error) => {
                let reason = format!("the database rejected this row ({error})");
                let line: i64 =
                    tx.query_row("SELECT line FROM temp.incoming WHERE seq = ?1", [row + 1], |r| r.get(0))?;
                tx.execute(
                    "INSERT INTO temp.incoming_bad (line, id, start, column_name, reason)
                     SELECT line, id, start, 'row', ?2 FROM temp.incoming WHERE seq = ?1",
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
    let written = written(present);
    let mut set = written.iter().map(|c| format!("{c} = i.{c}")).collect::<Vec<_>>().join(", ");
    if !present.contains(&"ends_at") {
        // The stored end belongs to the stored start.
        set.push_str(", ends_at = iif(unixepoch(a.starts_at) IS unixepoch(i.starts_at), a.ends_at, NULL)");
    }
    let differs = differences(&written);
    // Rows that contradict each other are not applied; their appointment is already held back.
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
        // Listed again, so it is booked again: in a file without a status column all appointments are booked.
        let again = format!(
            "UPDATE appointments SET status = 'booked' WHERE status = 'cancelled'
             AND id IN (SELECT appointment_id FROM not_listed)
             AND id IN (SELECT id FROM temp.incoming AS i WHERE {range})"
        );
        changes.changed += tx.prepare_cached(&again)?.execute((after, until))? as u64;
    }
    // A readable row clears the appointment's marks even if it changes nothing.
    for table in ["bad_rows", "not_listed", "off_the_book"] {
        let mend =
            format!("DELETE FROM {table} WHERE appointment_id IN (SELECT id FROM temp.incoming AS i WHERE {range})");
        tx.prepare_cached(&mend)?.execute((after, until))?;
    }
    Ok(())
}

/// Ends the appointments whose rows cancel them without a start or take them off the book.
fn take_off(tx: &Transaction<'_>, import: i64) -> Result<u64, StoreError> {
    let live = "SELECT a.id FROM temp.incoming_off AS o JOIN appointments AS a ON a.id = o.id
         WHERE a.status IN ('booked', 'confirmed')
         AND NOT EXISTS (SELECT 1 FROM temp.incoming_bad AS b WHERE b.id = a.id)";
    tx.execute(
        &format!(
            "INSERT INTO off_the_book (appointment_id, import_id)
             SELECT id, ?1 FROM temp.incoming_off WHERE kind = 'off-the-book' AND id IN ({live})
             ON CONFLICT (appointment_id) DO UPDATE SET import_id = excluded.import_id"
        ),
        [import],
    )?;
    let gone = tx.execute(&format!("UPDATE appointments SET status = 'cancelled' WHERE id IN ({live})"), [])?;
    // The row is readable, so the appointment is no longer in doubt.
    tx.execute("DELETE FROM bad_rows WHERE appointment_id IN (SELECT id FROM temp.incoming_off)", [])?;
    Ok(gone as u64)
}

fn cancel_absent(tx: &Transaction<'_>, import: i64, span: &Range<DateTime<Utc>>) -> Result<u64, StoreError> {
    let span = named_params! {":from": span.start.timestamp(), ":until": span.end.timestamp()};
    let gone: Vec<String> = tx
        .prepare(&format!("SELECT a.id FROM appointments AS a WHERE {OF_THE_FEEDS} AND {ABSENT}"))?
        .query_map(span, |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in &gone {
        cancel_unlisted(tx, import, id)?;
    }
    Ok(gone.len() as u64)
}

/// Cancels an appointment that a complete file does not list.
pub(super) fn cancel_unlisted(tx: &Transaction<'_>, import: i64, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO not_listed (appointment_id, import_id, moved_to)
         VALUES (?1, ?2, (SELECT to_id FROM temp.incoming_moves WHERE from_id = ?1))
         ON CONFLICT (appointment_id) DO UPDATE SET import_id = excluded.import_id, moved_to = excluded.moved_to",
    )?
    .execute((id, import))?;
    tx.prepare_cached("UPDATE appointments SET status = 'cancelled' WHERE id = ?1")?.execute([id])?;
    // Texts about the appointment that is gone count for the one it moved to.
    tx.prepare_cached(
        "INSERT INTO replan_queue (phone, appointment_id) SELECT coalesce(phone, ''), id FROM appointments
         WHERE id IN (SELECT to_id FROM temp.incoming_moves WHERE from_id = ?1) ON CONFLICT DO NOTHING",
    )?
    .execute([id])?;
    Ok(())
}

/// Appointments with bad rows wait. A contradiction holds its appointment too, although one of its rows was applied.
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

/// Cancels appointments that were held as missing and have not been listed or changed since.
pub(super) fn cancel_held(
    connection: &mut Connection,
    feed: &str,
    by: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch("CREATE TEMP TABLE IF NOT EXISTS incoming_moves (from_id TEXT NOT NULL PRIMARY KEY, to_id TEXT NOT NULL UNIQUE) STRICT;
        DELETE FROM temp.incoming_moves;")?;
    let import: i64 =
        tx.query_row("SELECT max(id) FROM imports WHERE feed = ?1 AND finished_at IS NOT NULL", [feed], |row| {
            row.get(0)
        })?;
    let gone: Vec<String> = tx
        .prepare(
            "SELECT a.id FROM held_rows AS h JOIN appointments AS a ON a.id = h.appointment_id
             WHERE h.feed = ?1 AND h.kind = 'missing' AND a.feed IS NOT NULL AND a.status IN ('booked', 'confirmed')
             AND a.starts_unix IS h.starts_at AND a.starts_unix >= ?2",
        )?
        .query_map((feed, now.timestamp()), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    set_time(&tx, now)?;
    for id in &gone {
        cancel_unlisted(&tx, import, id)?;
    }
    clear_time(&tx)?;
    tx.execute("UPDATE imports SET cancelled = cancelled + ?2 WHERE id = ?1", (import, gone.len() as i64))?;
    note(&tx, Act::FeedAccepted, feed, by, now)?;
    tx.commit()?;
    Ok(gone.len() as u64)
}
