//! What HL7 messages have said about appointments, the ids by which they name them, and which messages were processed.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use crate::store::connection::error::StoreError;

/// An appointment as its messages describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// Its number here.
    pub(crate) number: i64,
    /// Its id in the table of appointments, without the feed's prefix.
    pub(crate) id: String,
    /// What is known, as JSON.
    pub(crate) state: String,
    /// It was found out later to be another one.
    pub(crate) is_same_as_another: bool,
}

/// What is stored about an appointment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct News<'n> {
    /// What is known now, as JSON.
    pub(crate) state: &'n str,
    /// The last known start.
    pub(crate) starts_at: Option<DateTime<Utc>>,
    /// Ids by which messages name it.
    pub(crate) aliases: &'n [String],
}

/// A message that was processed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Processed<'p> {
    /// Who sent it (MSH-3).
    pub(crate) sender: &'p str,
    /// Its control id (MSH-10).
    pub(crate) control_id: &'p str,
    /// A hash of what it says.
    pub(crate) content: &'p str,
}

fn told(row: &Row<'_>) -> rusqlite::Result<Told> {
    Ok(Told { number: row.get(0)?, id: row.get(1)?, state: row.get(2)?, is_same_as_another: row.get(3)? })
}

/// The appointments that any of these ids name, oldest first.
pub(crate) fn named(tx: &Transaction<'_>, feed: &str, aliases: &[String]) -> Result<Vec<Told>, StoreError> {
    let sql = "SELECT h.id, h.appointment_id, h.state, h.same_as IS NOT NULL
               FROM hl7_aliases AS a JOIN hl7_appointments AS h ON h.id = a.hl7_id WHERE a.feed = ?1 AND a.alias = ?2";
    let mut statement = tx.prepare_cached(sql)?;
    let mut found: Vec<Told> = Vec::new();
    for alias in aliases {
        if let Some(one) = statement.query_row((feed, alias), told).optional()?
            && !found.iter().any(|other| other.number == one.number)
        {
            found.push(one);
        }
    }
    found.sort_by_key(|one| one.number);
    Ok(found)
}

/// The ids that a feed's messages have used so far: this one, and those from `from` up to `before`.
pub(crate) fn aliases(
    tx: &Transaction<'_>,
    feed: &str,
    one: &str,
    (from, before): (&str, &str),
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT alias FROM hl7_aliases WHERE feed = ?1 AND alias = ?2
               UNION SELECT alias FROM hl7_aliases WHERE feed = ?1 AND alias >= ?3 AND alias < ?4";
    let mut statement = tx.prepare_cached(sql)?;
    Ok(statement.query_map((feed, one, from, before), |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Adds an appointment, under the first of these ids that no other has.
pub(crate) fn add(
    tx: &Transaction<'_>,
    feed: &str,
    ids: &[String],
    news: News<'_>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO hl7_appointments (feed, appointment_id, state, starts_at, waits, changed_at)
               VALUES (?1, ?2, ?3, ?4, 1, ?5) ON CONFLICT DO NOTHING";
    let start = news.starts_at.map(|at| at.timestamp());
    for id in ids {
        if tx.prepare_cached(sql)?.execute((feed, id, news.state, start, now.timestamp()))? == 1 {
            return set_aliases(tx, feed, tx.last_insert_rowid(), news.aliases);
        }
    }
    Ok(())
}

/// Stores what is known about an appointment now.
pub(crate) fn update(
    tx: &Transaction<'_>,
    feed: &str,
    number: i64,
    news: News<'_>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "UPDATE hl7_appointments SET state = ?2, starts_at = coalesce(?3, starts_at), waits = 1, changed_at = ?4
               WHERE id = ?1";
    let start = news.starts_at.map(|at| at.timestamp());
    tx.prepare_cached(sql)?.execute((number, news.state, start, now.timestamp()))?;
    set_aliases(tx, feed, number, news.aliases)
}

/// Notes that an appointment is really another one: its ids name that one from now on.
pub(crate) fn join(tx: &Transaction<'_>, number: i64, into: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE hl7_aliases SET hl7_id = ?2 WHERE hl7_id = ?1")?.execute((number, into))?;
    tx.prepare_cached("UPDATE hl7_appointments SET same_as = ?2, waits = 1, changed_at = ?3 WHERE id = ?1")?
        .execute((number, into, now.timestamp()))?;
    Ok(())
}

fn set_aliases(tx: &Transaction<'_>, feed: &str, number: i64, aliases: &[String]) -> Result<(), StoreError> {
    let sql = "INSERT INTO hl7_aliases (feed, alias, hl7_id) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET hl7_id = excluded.hl7_id";
    let mut statement = tx.prepare_cached(sql)?;
    for alias in aliases {
        statement.execute((feed, alias, number))?;
    }
    Ok(())
}

/// The appointments of a feed that are not imported yet.
pub(crate) fn waiting(connection: &Connection, feed: &str) -> Result<Vec<Told>, StoreError> {
    let sql = "SELECT id, appointment_id, state, same_as IS NOT NULL FROM hl7_appointments
               WHERE feed = ?1 AND waits = 1 ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_map([feed], told)?.collect::<Result<_, _>>()?)
}

/// Lets an appointment be imported again.
pub(crate) fn import_again(tx: &Transaction<'_>, number: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE hl7_appointments SET waits = 1 WHERE id = ?1")?.execute([number])?;
    Ok(())
}

/// Lets every appointment of a feed that starts after a time be imported again.
pub(crate) fn coming_again(tx: &Transaction<'_>, feed: &str, after: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE hl7_appointments SET waits = 1 WHERE feed = ?1 AND coalesce(starts_at, changed_at) >= ?2";
    tx.prepare_cached(sql)?.execute((feed, after.timestamp()))?;
    Ok(())
}

/// Notes that appointments were imported as they are described here. One that another process has changed since waits,
/// even if it was imported meanwhile: this import may have put an older state in its place.
pub(crate) fn imported(tx: &Transaction<'_>, told: &[Told]) -> Result<(), StoreError> {
    let sql = "UPDATE hl7_appointments SET waits = state <> ?2 OR (same_as IS NOT NULL) <> ?3 WHERE id = ?1";
    let mut statement = tx.prepare_cached(sql)?;
    for one in told {
        statement.execute((one.number, &one.state, one.is_same_as_another))?;
    }
    Ok(())
}

/// Whether a message was processed already, with the same content.
pub(crate) fn is_processed(tx: &Transaction<'_>, feed: &str, message: Processed<'_>) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM hl7_messages
               WHERE feed = ?1 AND sender = ?2 AND control_id = ?3 AND content = ?4)";
    let found = tx
        .prepare_cached(sql)?
        .query_row((feed, message.sender, message.control_id, message.content), |row| row.get(0))?;
    Ok(found)
}

/// Notes that a message was processed.
pub(crate) fn processed(
    tx: &Transaction<'_>,
    feed: &str,
    message: Processed<'_>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO hl7_messages (feed, sender, control_id, content, at) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT DO UPDATE SET content = excluded.content, at = excluded.at";
    let Processed { sender, control_id, content } = message;
    tx.prepare_cached(sql)?.execute((feed, sender, control_id, content, now.timestamp()))?;
    Ok(())
}
