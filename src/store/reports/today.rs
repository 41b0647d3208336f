//! What has been sent since a moment, and what waits for a person: the figures of the status line.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};

use crate::store::connection::error::StoreError;
use crate::store::ledger::reminders;
use crate::store::ledger::resolution::ADOPTED;

/// The figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Today {
    /// Texts begun since then that Annie accepted.
    pub(crate) sent: u64,
    /// Texts whose delivery is not yet known.
    pub(crate) in_doubt: u64,
    /// Texts that wait for a person's decision.
    pub(crate) held: u64,
    /// When the next text is due.
    pub(crate) next_due: Option<DateTime<Utc>>,
}

/// The figures since a moment, such as the start of the day.
pub(crate) fn since(connection: &Connection, moment: DateTime<Utc>) -> Result<Today, StoreError> {
    Ok(Today {
        sent: sent_since(connection, moment)?,
        in_doubt: texts_in(connection, "unknown")?,
        held: texts_in(connection, "held")?,
        next_due: reminders::next_due(connection)?,
    })
}

/// The texts of a day so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SoFar {
    /// Texts tried since the start of the day that may have arrived.
    pub(crate) today: u64,
    /// Fewer numbers had been texted before than a trial would use.
    pub(crate) is_first_day: bool,
}

/// The texts of the day that began at `midnight`. It counts as a first day if fewer than `few` numbers had been texted
/// about appointments before; test texts, and texts adopted from an unobserved period, do not count.
pub(crate) fn so_far(connection: &Connection, midnight: DateTime<Utc>, few: u32) -> Result<SoFar, StoreError> {
    let midnight = midnight.timestamp_millis();
    // Adopted texts are stored when they are found, with the time at which they began.
    let before: Option<i64> = connection
        .prepare_cached("SELECT id FROM attempts WHERE started_ms < ?1 AND +detail IS NOT ?2 ORDER BY id DESC LIMIT 1")?
        .query_row((midnight, ADOPTED), |row| row.get(0))
        .optional()?;
    let today: i64 = connection
        .prepare_cached(
            "SELECT count(*) FROM attempts WHERE id > ?1 AND +started_ms >= ?2 AND +outcome IS NOT 'not-sent'",
        )?
        .query_row((before.unwrap_or(0), midnight), |row| row.get(0))?;
    let numbers: u32 = connection
        .prepare_cached(
            "SELECT count(*) FROM (SELECT DISTINCT a.phone FROM attempts AS a
             WHERE a.started_ms < ?1 AND +a.outcome IS NOT 'not-sent' AND +a.detail IS NOT ?2
                 AND EXISTS (SELECT 1 FROM message_reminders AS m WHERE m.message_id = a.message_id) LIMIT ?3)",
        )?
        .query_row((midnight, ADOPTED, few), |row| row.get(0))?;
    Ok(SoFar { today: today.unsigned_abs(), is_first_day: numbers < few })
}

/// Goes back from the newest attempt only as far as the moment.
fn sent_since(connection: &Connection, moment: DateTime<Utc>) -> Result<u64, StoreError> {
    let moment = moment.timestamp_millis();
    let before: Option<i64> = connection
        .prepare_cached("SELECT id FROM attempts WHERE started_ms < ?1 ORDER BY id DESC LIMIT 1")?
        .query_row([moment], |row| row.get(0))
        .optional()?;
    let sent: i64 = connection
        .prepare_cached("SELECT count(*) FROM attempts WHERE id > ?1 AND +outcome = 'sent'")?
        .query_row([before.unwrap_or(0)], |row| row.get(0))?;
    Ok(sent.unsigned_abs())
}

fn texts_in(connection: &Connection, state: &str) -> Result<u64, StoreError> {
    // Few reminders are in these states, and the index holds no others; otherwise SQLite walks all reminders that were
    // texted.
    const COUNT: &str = "SELECT count(DISTINCT message_id) FROM reminders INDEXED BY reminders_in_doubt
        WHERE state IN ('unknown', 'held') AND state = ?1 || ''";
    let count: i64 = connection.prepare_cached(COUNT)?.query_row([state], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::open;

    const WRITE: &str = "
        INSERT INTO messages (id, phone, body, made_at, made_local) VALUES (1, '+13035550101', '{}', 0, ''),
            (2, '+13035550102', '{}', 0, ''), (3, '+13035550103', '{}', 0, ''), (4, '+13035550104', '{}', 0, '');
        INSERT INTO attempts (id, message_id, api_key, phone, started_ms) VALUES (1, 1, 'k', '+13035550101', 1000),
            (2, 2, 'k', '+13035550102', 5000), (3, 3, 'k', '+13035550103', 6000), (4, 4, 'k', '+13035550104', 7000);
        UPDATE attempts SET outcome = 'sent', ended_ms = 9000, conversation_id = 'c' || id WHERE id < 4;
        UPDATE attempts SET outcome = 'unknown', ended_ms = 9000 WHERE id = 4;";

    #[test]
    fn todays_texts_and_those_that_need_a_decision_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open::read_write(&folder.path().join("test.db")).unwrap();
        let at = |second: i64| DateTime::from_timestamp(second, 0).unwrap();
        assert_eq!(since(&connection, at(0)).unwrap(), Today::default());
        connection.execute_batch(WRITE).unwrap();
        for (second, sent) in [(0, 3), (1, 3), (2, 2), (6, 1), (7, 0)] {
            assert_eq!(since(&connection, at(second)).unwrap().sent, sent, "since {second} s");
        }
        // A held text for a family of three is one text.
        for (id, state) in [(1, "held"), (2, "held"), (3, "held"), (4, "unknown")] {
            let message = if state == "held" { 1 } else { 4 };
            let row = "INSERT INTO reminders (appointment_id, rule, starts_at, patient_id, phone, api_key, state, message_id, starts_local)
                VALUES (?1, 'r', 0, ?1, '+13035550101', 'default', 'sending', ?2, '')";
            connection.execute(row, (id.to_string(), message)).unwrap();
            if state == "held" {
                connection
                    .execute("UPDATE reminders SET state = 'unknown' WHERE appointment_id = ?1", [id.to_string()])
                    .unwrap();
            }
            connection
                .execute("UPDATE reminders SET state = ?2 WHERE appointment_id = ?1", (id.to_string(), state))
                .unwrap();
        }
        let today = since(&connection, at(0)).unwrap();
        assert_eq!((today.held, today.in_doubt), (1, 1));
    }
}
