//! Metrics for monitoring: counted once at the start, and from then on from what is new or still open.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension};

use crate::domain::ids::ApiKeyName;
use crate::domain::reminder::Skip;
use crate::domain::task::TaskKind;
use crate::store::appointments::feed_age;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::conversations::circuits;
use crate::store::reports::outcomes;

/// Skipped reminders are counted for appointments that begin within this time.
pub(crate) const AHEAD: TimeDelta = TimeDelta::days(14);

/// How far the attempts have been counted. A restart arrives at the same counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    counted: i64,
    /// Attempts passed over before their outcome was final.
    open: BTreeSet<i64>,
}

/// An attempt whose outcome is final.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Final {
    /// `sent`, `rejected`, or what kept it from being sent.
    pub(crate) class: &'static str,
    /// For a sent one: how many seconds after it was due it began.
    pub(crate) late: Option<f64>,
}

/// The classes of final outcomes.
pub(crate) const CLASSES: [&str; 7] = ["sent", "rejected", "unreachable", "rate-limited", "refused", "too-old", "bug"];

impl Tally {
    /// Reports each attempt that became final since the last call. The first call reads all attempts. After an error,
    /// what was already reported is not reported again.
    pub(crate) fn news(&mut self, connection: &Connection, mut each: impl FnMut(Final)) -> Result<(), StoreError> {
        const NEW: &str = "SELECT t.id, t.outcome, t.kind, t.started_ms,
                (SELECT min(r.due_at) FROM message_reminders AS m JOIN reminders AS r ON r.id = m.reminder_id
                 WHERE m.message_id = t.message_id)
            FROM attempts AS t WHERE ";
        let mut statement = connection.prepare_cached(&format!("{NEW} t.id = ?1"))?;
        for id in self.open.clone() {
            let mut rows = statement.query([id])?;
            if let Some(done) = rows.next()?.map(outcome).transpose()?.flatten() {
                self.open.remove(&id);
                each(done);
            }
        }
        let mut statement = connection.prepare_cached(&format!("{NEW} t.id > ?1 ORDER BY t.id"))?;
        let mut rows = statement.query([self.counted])?;
        while let Some(row) = rows.next()? {
            self.counted = row.get(0)?;
            match outcome(row)? {
                Some(done) => each(done),
                None => drop(self.open.insert(self.counted)),
            }
        }
        Ok(())
    }
}

/// An attempt's final outcome; none while it may still change.
fn outcome(row: &rusqlite::Row<'_>) -> Result<Option<Final>, StoreError> {
    let (outcome, kind): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
    let name = kind.or(outcome).unwrap_or_default();
    let Some(class) = CLASSES.into_iter().find(|class| *class == name) else { return Ok(None) };
    let (began, due): (i64, Option<i64>) = (row.get(3)?, row.get(4)?);
    let began = DateTime::from_timestamp_millis(began).unwrap_or_default();
    let late = due.filter(|_| class == "sent").map(|due| (began - instant(due)).as_seconds_f64().max(0.0));
    Ok(Some(Final { class, late }))
}

/// The current figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Snapshot {
    /// Planned reminders that are due.
    pub(crate) due: u64,
    /// Texts being sent.
    pub(crate) sending: u64,
    /// Texts whose delivery is uncertain.
    pub(crate) unknown: u64,
    /// When the next text is due.
    pub(crate) next_due: Option<DateTime<Utc>>,
    /// Skipped reminders for appointments within the next [`AHEAD`], by reason.
    pub(crate) skipped: Vec<(&'static str, u64)>,
    /// How many keys have an open circuit.
    pub(crate) open_circuits: u64,
    /// When each feed was last read.
    pub(crate) feeds: Vec<(String, DateTime<Utc>)>,
    /// The outcomes that stand for appointments to come.
    pub(crate) outcomes: Vec<(&'static str, u64)>,
    /// The open tasks, and since when their causes exist.
    pub(crate) tasks: Vec<(TaskKind, DateTime<Utc>)>,
}

/// Counts the current figures, from partial indexes and a range of appointments.
pub(crate) fn now(connection: &Connection, keys: &[ApiKeyName], now: DateTime<Utc>) -> Result<Snapshot, StoreError> {
    let count = |sql: &str, at: i64| -> Result<u64, StoreError> {
        let count: i64 = connection.prepare_cached(sql)?.query_row([at], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    };
    let unix = now.timestamp();
    let next_due: Option<i64> = connection.prepare_cached(NEXT)?.query_row([], |row| row.get(0)).optional()?.flatten();
    let mut open_circuits = 0;
    for key in keys {
        open_circuits += u64::from(circuits::is_open(connection, key)?);
    }
    Ok(Snapshot {
        due: count(DUE, unix)?,
        sending: count(SENDING, 0)?,
        unknown: count(UNKNOWN, 0)?,
        next_due: next_due.map(instant),
        skipped: skipped(connection, now)?,
        open_circuits,
        feeds: feed_age::by_feed(connection, now)?,
        outcomes: outcomes::standing(connection, now)?,
        tasks: outcomes::open_tasks(connection)?,
    })
}

const NEXT: &str = "SELECT min(due_at) FROM reminders INDEXED BY reminders_due WHERE state = 'planned'";
const DUE: &str = "SELECT count(*) FROM reminders INDEXED BY reminders_due
    WHERE state = 'planned' AND due_at <= ?1 AND expires_at > ?1";
const SENDING: &str = "SELECT count(*) FROM attempts INDEXED BY attempts_by_outcome WHERE outcome IS NULL AND id > ?1";
const UNKNOWN: &str = "SELECT count(*) FROM attempts INDEXED BY attempts_by_outcome
    WHERE outcome = 'unknown' AND unresolved = 0 AND id > ?1";
const SKIPPED: &str = "SELECT reason, count(*) FROM reminders INDEXED BY reminders_not_told
    WHERE state IN ('skipped', 'cancelled') AND starts_at > ?1 AND starts_at <= ?2 AND state = 'skipped' || ''
    GROUP BY reason";

fn skipped(connection: &Connection, now: DateTime<Utc>) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let mut statement = connection.prepare_cached(SKIPPED)?;
    let mut rows = statement.query((now.timestamp(), (now + AHEAD).timestamp()))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let code: String = row.get(0)?;
        let count = row.get::<_, i64>(1)?.unsigned_abs();
        found.extend(Skip::from_code(&code).map(|reason| (reason.code(), count)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::open;

    const WRITE: &str = "
        INSERT INTO messages (id, phone, body, made_at, made_local) VALUES (1, '+13035550101', '{}', 0, ''),
            (2, '+13035550102', '{}', 0, ''), (3, '+13035550103', '{}', 0, ''), (4, '+13035550104', '{}', 0, '');
        INSERT INTO attempts (id, message_id, api_key, phone, started_ms) VALUES (1, 1, 'k', '+13035550101', 61500),
            (2, 2, 'k', '+13035550102', 5000), (3, 3, 'k', '+13035550103', 6000), (4, 4, 'k', '+13035550104', 7000);
        INSERT INTO reminders (appointment_id, rule, starts_at, patient_id, phone, api_key, state, message_id, starts_local, due_at)
            VALUES ('a', 'r', 0, 'a', '+13035550101', 'default', 'sending', 1, '', 60);
        INSERT INTO message_reminders SELECT message_id, id FROM reminders;
        UPDATE attempts SET outcome = 'sent', ended_ms = 9000, conversation_id = 'c' WHERE id = 1;
        UPDATE attempts SET outcome = 'not-sent', kind = 'unreachable', ended_ms = 9000 WHERE id = 2;
        UPDATE attempts SET outcome = 'unknown', ended_ms = 9000 WHERE id = 3;";

    #[test]
    fn each_attempt_is_counted_once_when_its_outcome_is_final() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open::read_write(&folder.path().join("test.db")).unwrap();
        connection.execute_batch(WRITE).unwrap();
        let news = |tally: &mut Tally| {
            let mut all = Vec::new();
            tally.news(&connection, |done| all.push((done.class, done.late))).unwrap();
            all
        };
        let mut tally = Tally::default();
        assert_eq!(news(&mut tally), [("sent", Some(1.5)), ("unreachable", None)]);
        assert_eq!(news(&mut tally), []);
        connection
            .execute_batch(
                "UPDATE attempts SET outcome = 'sent', conversation_id = 'd' WHERE id = 3;
                 UPDATE attempts SET outcome = 'rejected', ended_ms = 9000 WHERE id = 4;",
            )
            .unwrap();
        assert_eq!(news(&mut tally), [("sent", None), ("rejected", None)]);
        assert_eq!(news(&mut tally), []);
        // A restart arrives at the same totals.
        assert_eq!(news(&mut Tally::default()).len(), 4);
    }

    /// No statement scans a whole table.
    #[test]
    fn no_metric_and_no_alert_scans_a_whole_table() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open::read_write(&folder.path().join("test.db")).unwrap();
        connection.execute_batch("ANALYZE").unwrap();
        for sql in [NEXT, DUE, SENDING, UNKNOWN, SKIPPED, outcomes::STANDING, outcomes::OPEN, outcomes::CONFIRMED]
            .into_iter()
            .chain(crate::store::controls::alert_state::STATEMENTS)
        {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            for n in 1..=statement.parameter_count() {
                statement.raw_bind_parameter(n, 1).unwrap();
            }
            let mut rows = statement.raw_query();
            let mut plan = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                plan.push(row.get::<_, String>(3).unwrap());
            }
            // The partial indexes contain only what is open; imports and keys are few.
            let small = ["one_open_task_for_a_cause", "reminders_in_doubt", "clock_doubt", "CONSTANT ROW", "imports"];
            // A range of ids is a scan too.
            let walks = |step: &&String| {
                step.contains("(rowid>?)")
                    || (step.starts_with("SCAN") && !small.iter().any(|name| step.contains(name)))
            };
            assert_eq!(plan.iter().filter(walks).collect::<Vec<_>>(), Vec::<&String>::new(), "{sql}\n{plan:#?}");
        }
    }
}
