//! Confirmations that are written to the FHIR server of the appointment: which are due, and what became of them.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Row, Transaction};

use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// A confirmation that is not written yet is given up after this long.
pub(crate) const GIVEN_UP_AFTER: TimeDelta = TimeDelta::hours(24);

/// A confirmation to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    /// The appointment.
    pub(crate) appointment: String,
    /// The patient who confirmed.
    pub(crate) patient: String,
    /// The start that the patient confirmed.
    pub(crate) start: DateTime<Utc>,
    /// When the patient confirmed.
    pub(crate) since: DateTime<Utc>,
    /// The first try.
    pub(crate) began: Option<DateTime<Utc>>,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It did not work, and is tried again. The reason.
    Waiting(String),
    /// The server took it. It counts as written when it shows it.
    Sent,
    /// The server shows it.
    Written,
    /// It must not be written. The reason.
    Left(String),
    /// It was tried for too long. The reason.
    GivenUp(String),
}

impl Ended {
    fn parts(&self) -> (&'static str, Option<&str>) {
        match self {
            Ended::Waiting(why) => ("waiting", Some(why)),
            Ended::Sent => ("sent", None),
            Ended::Written => ("written", None),
            Ended::Left(why) => ("left", Some(why)),
            Ended::GivenUp(why) => ("given-up", Some(why)),
        }
    }
}

/// The confirmations of a feed's appointments that stand and are not written yet, soonest first: those that came from the
/// patient, for appointments that are still booked for that person at that start.
pub(crate) fn due(connection: &Connection, feed: &str, now: DateTime<Utc>) -> Result<Vec<Due>, StoreError> {
    const DUE: &str = "SELECT o.appointment_id, o.patient_id, o.starts_at, o.since, w.began_at
        FROM outcomes AS o JOIN appointments AS a ON a.id = o.appointment_id
        LEFT JOIN write_backs AS w ON w.appointment_id = o.appointment_id AND w.starts_at = o.starts_at
        WHERE a.feed = ?1 AND o.outcome = 'confirmed' AND o.source <> 'desk' AND o.ended_at IS NULL
        AND o.starts_at > ?2 AND a.starts_unix = o.starts_at AND a.status = 'booked' AND a.patient_id = o.patient_id
        AND (w.state IS NULL OR w.state IN ('waiting', 'sent') OR w.since < o.since)
        ORDER BY o.starts_at, o.appointment_id LIMIT 200";
    let mut statement = connection.prepare_cached(DUE)?;
    Ok(statement.query_map((feed, now.timestamp()), of_row)?.collect::<Result<_, _>>()?)
}

fn of_row(row: &Row<'_>) -> rusqlite::Result<Due> {
    Ok(Due {
        appointment: row.get(0)?,
        patient: row.get(1)?,
        start: instant(row.get(2)?),
        since: instant(row.get(3)?),
        began: row.get::<_, Option<i64>>(4)?.map(instant),
    })
}

/// The confirmations of a feed that were tried and not written before the appointment began.
pub(crate) fn begun_unwritten(connection: &Connection, feed: &str, now: DateTime<Utc>) -> Result<Vec<Due>, StoreError> {
    const BEGUN: &str = "SELECT w.appointment_id, a.patient_id, w.starts_at, w.since, w.began_at
        FROM write_backs AS w JOIN appointments AS a ON a.id = w.appointment_id
        WHERE a.feed = ?1 AND w.state = 'waiting' AND w.starts_at <= ?2 LIMIT 200";
    let mut statement = connection.prepare_cached(BEGUN)?;
    Ok(statement.query_map((feed, now.timestamp()), of_row)?.collect::<Result<_, _>>()?)
}

/// Stores what became of a try.
pub(crate) fn ended(tx: &Transaction<'_>, due: &Due, ended: &Ended, now: DateTime<Utc>) -> Result<(), StoreError> {
    const ENDED: &str =
        "INSERT INTO write_backs (appointment_id, starts_at, since, state, tries, why, began_at, changed_at)
        VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?6)
        ON CONFLICT DO UPDATE SET since = excluded.since, state = excluded.state, tries = tries + 1, why = excluded.why,
            began_at = CASE WHEN since < excluded.since THEN excluded.began_at ELSE began_at END,
            changed_at = excluded.changed_at";
    let (state, why) = ended.parts();
    let (start, since, now) = (due.start.timestamp(), due.since.timestamp(), now.timestamp());
    tx.prepare_cached(ENDED)?.execute((&due.appointment, start, since, state, why, now))?;
    Ok(())
}

/// How many confirmations were given up since a time.
pub(crate) fn given_up_since(tx: &Transaction<'_>, since: DateTime<Utc>) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM write_backs WHERE state = 'given-up' AND changed_at >= ?1";
    let count: i64 = tx.prepare_cached(sql)?.query_row([since.timestamp()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
