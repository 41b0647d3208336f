//! Imports that wait for a person's decision: a file that may be read differently than before, or one that changes
//! unusually many appointments.

use std::ops::Range;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, named_params};

use crate::domain::appointment::COLUMNS;
use crate::domain::fingerprint::Parts;
use crate::domain::operator::Operator;
use crate::store::appointments::applying::{self, Import};
use crate::store::appointments::comparison::{ABSENT, OF_THE_FEEDS};
use crate::store::appointments::staging::Staging;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// What is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldKind {
    /// Appointments that a complete file does not list; its rows are applied.
    Missing,
    /// The whole file: it moves or cancels unusually many appointments.
    Changed,
    /// The whole file: the feed's mapping changed.
    Mapping,
}

impl HeldKind {
    const CODES: [(&'static str, HeldKind); 3] =
        [("missing", HeldKind::Missing), ("changed", HeldKind::Changed), ("mapping", HeldKind::Mapping)];

    /// Whether none of the file was applied.
    pub(crate) fn is_whole(self) -> bool {
        self != HeldKind::Missing
    }

    /// The code in the store.
    pub(crate) fn code(self) -> &'static str {
        HeldKind::CODES.iter().find(|(_, kind)| *kind == self).map_or("", |(code, _)| code)
    }
}

/// A held import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// What is held.
    pub(crate) kind: HeldKind,
    /// Since when.
    pub(crate) since: DateTime<Utc>,
    /// The reason, in words.
    pub(crate) why: String,
    /// The mapping the rows were read with.
    pub(crate) mapping: String,
    /// The columns the file has.
    pub(crate) present: Vec<String>,
    /// The time span for which the file is the complete list.
    pub(crate) complete: Option<Range<DateTime<Utc>>>,
}

impl Staging<'_> {
    /// Keeps the staged rows until a person accepts them or the feed's next file arrives.
    pub(crate) fn hold(self, import: &Import<'_>, kind: HeldKind, why: &str) -> Result<(), StoreError> {
        let Staging { connection, .. } = self;
        connection.execute_batch("COMMIT")?;
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute("DELETE FROM held_rows WHERE feed = ?1", [import.feed])?;
        let cells = COLUMNS.map(|column| format!("i.{column}")).join(", ");
        tx.execute(
            &format!(
                "INSERT INTO held_rows (feed, kind, line, appointment_id, starts_at, cells)
                 SELECT ?1, 'row', i.line, i.id, i.start, json_array({cells}) FROM temp.incoming AS i ORDER BY i.seq"
            ),
            [import.feed],
        )?;
        tx.execute(
            "INSERT INTO held_rows (feed, kind, line, appointment_id) SELECT ?1, kind, line, id FROM temp.incoming_off",
            [import.feed],
        )?;
        tx.execute(
            "INSERT INTO held_rows (feed, kind, line, appointment_id, starts_at, column_name, reason)
             SELECT ?1, 'bad', line, id, start, column_name, reason FROM temp.incoming_bad",
            [import.feed],
        )?;
        note(&tx, import, kind, why)?;
        tx.commit()?;
        Ok(())
    }

    /// The upcoming appointments in the span that the file does not list, with their starts: noted before the rows are
    /// applied, held afterwards.
    pub(crate) fn absent(
        &self,
        span: &Range<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = format!("SELECT a.id, a.starts_unix FROM appointments AS a WHERE {OF_THE_FEEDS} AND {ABSENT}");
        let bounds = named_params! {":from": span.start.max(now).timestamp(), ":until": span.end.timestamp()};
        let mut statement = self.connection.prepare(&sql)?;
        let absent = statement.query_map(bounds, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(absent.collect::<Result<_, _>>()?)
    }
}

/// Keeps appointments as missing until a person accepts that or the feed's next file arrives.
pub(crate) fn hold_missing(
    connection: &mut Connection,
    import: &Import<'_>,
    missing: &[(String, i64)],
    why: &str,
) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (id, start) in missing {
        tx.prepare_cached(
            "INSERT INTO held_rows (feed, kind, line, appointment_id, starts_at) VALUES (?1, 'missing', 0, ?2, ?3)",
        )?
        .execute((import.feed, id, start))?;
    }
    note(&tx, import, HeldKind::Missing, why)?;
    tx.commit()?;
    Ok(())
}

fn note(tx: &Connection, import: &Import<'_>, kind: HeldKind, why: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO feed_state (feed, held_at, held_kind, held_why, held_mapping, held_from, held_until, held_columns)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (feed) DO UPDATE SET
             held_at = iif(held_kind IS excluded.held_kind, coalesce(held_at, excluded.held_at), excluded.held_at),
             held_kind = excluded.held_kind,
             held_why = excluded.held_why, held_mapping = excluded.held_mapping, held_from = excluded.held_from,
             held_until = excluded.held_until, held_columns = excluded.held_columns, refused_at = NULL, refused_why = NULL",
        (
            import.feed,
            import.now.timestamp(),
            kind.code(),
            why,
            import.mapping,
            import.complete.as_ref().map(|span| span.start.timestamp()),
            import.complete.as_ref().map(|span| span.end.timestamp()),
            import.present.join(","),
        ),
    )?;
    Ok(())
}

/// What is held for a feed.
pub(crate) fn held(connection: &Connection, feed: &str) -> Result<Option<Held>, StoreError> {
    let sql = "SELECT held_kind, held_at, held_why, held_mapping, held_columns, held_from, held_until FROM feed_state
               WHERE feed = ?1 AND held_at IS NOT NULL";
    let found = connection.query_row(sql, [feed], |row| {
        let code: String = row.get(0)?;
        let (from, until): (Option<i64>, Option<i64>) = (row.get(5)?, row.get(6)?);
        let columns: String = row.get(4)?;
        Ok(Held {
            kind: HeldKind::CODES.iter().find(|(known, _)| *known == code).map_or(HeldKind::Changed, |(_, kind)| *kind),
            since: instant(row.get(1)?),
            why: row.get(2)?,
            mapping: row.get(3)?,
            present: columns.split(',').map(str::to_owned).collect(),
            complete: from.zip(until).map(|(from, until)| instant(from)..instant(until)),
        })
    });
    Ok(found.optional()?)
}

/// Identifies what is held for a feed: the same rows read again have the same digest, wherever they stand in the file.
pub(crate) fn digest(connection: &Connection, feed: &str) -> Result<String, StoreError> {
    const ROWS: &str = "SELECT json_array(kind, appointment_id, starts_at, cells, column_name, reason) FROM held_rows
        WHERE feed = ?1 ORDER BY id";
    let mut statement = connection.prepare_cached(ROWS)?;
    let mut rows = statement.query([feed])?;
    let mut digest = Parts::new();
    while let Some(row) = rows.next()? {
        digest.add(row.get_ref(0)?.as_bytes().unwrap_or_default());
    }
    Ok(digest.end())
}

/// Cancels the appointments that are held as missing. Returns how many.
pub(crate) fn accept_missing(
    connection: &mut Connection,
    feed: &str,
    by: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let cancelled = applying::cancel_held(connection, feed, by, now)?;
    forget(connection, feed)?;
    Ok(cancelled)
}

/// Stages the held rows so that they can be applied.
pub(crate) fn stage_again<'c>(connection: &'c mut Connection, feed: &str) -> Result<Staging<'c>, StoreError> {
    let staging = Staging::new(connection)?;
    let columns = COLUMNS.join(", ");
    let cells: Vec<String> = (0..COLUMNS.len()).map(|at| format!("h.cells ->> {at}")).collect();
    staging.connection.execute(
        &format!(
            "INSERT INTO temp.incoming (line, start, {columns}) SELECT h.line, h.starts_at, {} FROM held_rows AS h
             WHERE h.feed = ?1 AND h.kind = 'row' ORDER BY h.rowid",
            cells.join(", ")
        ),
        [feed],
    )?;
    staging.connection.execute(
        "INSERT INTO temp.incoming_off (id, line, kind) SELECT appointment_id, line, kind FROM held_rows
         WHERE feed = ?1 AND kind IN ('cancelled', 'off-the-book')",
        [feed],
    )?;
    staging.connection.execute(
        "INSERT INTO temp.incoming_bad (line, id, start, column_name, reason)
         SELECT line, appointment_id, starts_at, column_name, reason FROM held_rows WHERE feed = ?1 AND kind = 'bad'",
        [feed],
    )?;
    let rows: i64 =
        staging.connection.query_row("SELECT coalesce(max(seq), 0) FROM temp.incoming", [], |row| row.get(0))?;
    Ok(Staging { rows, ..staging })
}

/// Deletes what is held for a feed.
fn forget(connection: &Connection, feed: &str) -> Result<(), StoreError> {
    connection.execute("DELETE FROM held_rows WHERE feed = ?1", [feed])?;
    connection.execute(
        "UPDATE feed_state SET held_at = NULL, held_kind = NULL, held_why = NULL, held_mapping = NULL, held_from = NULL,
             held_until = NULL, held_columns = NULL WHERE feed = ?1",
        [feed],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::open;

    #[test]
    fn the_digest_tells_held_rows_apart_and_not_their_lines() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open::read_write(&folder.path().join("a.db")).unwrap();
        let hold = |line: u32, id: &str, feed: &str| {
            let sql =
                "INSERT INTO held_rows (feed, kind, line, appointment_id, cells) VALUES (?1, 'row', ?2, ?3, '[1]')";
            connection.execute(sql, (feed, line, id)).unwrap();
            digest(&connection, "desk").unwrap()
        };
        let first = hold(2, "a", "desk");
        assert_eq!(hold(2, "b", "other"), first, "another feed's rows do not count");
        connection.execute("DELETE FROM held_rows WHERE feed = 'desk'", []).unwrap();
        assert_eq!(hold(7, "a", "desk"), first, "the same row, read again");
        connection.execute("DELETE FROM held_rows WHERE feed = 'desk'", []).unwrap();
        assert_ne!(hold(2, "c", "desk"), first);
    }
}
