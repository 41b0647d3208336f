//! Figures about outcomes and tasks: for monitoring, and for the report of a span of days.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use crate::domain::ids::{AppointmentId, RuleName};
use crate::domain::patient_outcome::PatientOutcome;
use crate::domain::reminder::State;
use crate::domain::task::TaskKind;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::ledger::rows::state_of;

/// The confirmation rate is that of the appointments in this span before now.
pub(crate) const LOOKS_BACK: TimeDelta = TimeDelta::days(7);

pub(super) const STANDING: &str = "SELECT outcome, count(*) FROM outcomes INDEXED BY outcomes_by_start
    WHERE starts_at > ?1 AND ended_at IS NULL GROUP BY outcome";
pub(super) const OPEN: &str =
    "SELECT kind, since FROM tasks INDEXED BY one_open_task_for_a_cause WHERE closed_at IS NULL";
pub(super) const CONFIRMED: &str = "SELECT r.rule, count(*), sum(a.status = 'confirmed' OR EXISTS (
        SELECT 1 FROM outcomes AS o WHERE o.appointment_id = r.appointment_id AND o.starts_at = r.starts_at
            AND o.outcome = 'confirmed'))
    FROM appointments AS a INDEXED BY appointments_by_start
    JOIN reminders AS r ON r.appointment_id = a.id AND r.starts_at = a.starts_unix AND r.state = 'sent' || ''
    WHERE a.starts_unix > ?1 AND a.starts_unix <= ?2 GROUP BY r.rule";

/// The outcomes that stand for appointments to come, with their numbers.
pub(crate) fn standing(connection: &Connection, now: DateTime<Utc>) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let mut statement = connection.prepare_cached(STANDING)?;
    let mut rows = statement.query([now.timestamp()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (code, count): (String, i64) = (row.get(0)?, row.get(1)?);
        found.extend(PatientOutcome::from_code(&code).map(|outcome| (outcome.code(), count.unsigned_abs())));
    }
    Ok(found)
}

/// The open tasks: their kind, and since when their cause exists.
pub(crate) fn open_tasks(connection: &Connection) -> Result<Vec<(TaskKind, DateTime<Utc>)>, StoreError> {
    let mut statement = connection.prepare_cached(OPEN)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (kind, since): (String, i64) = (row.get(0)?, row.get(1)?);
        found.extend(TaskKind::from_code(&kind).map(|kind| (kind, instant(since))));
    }
    Ok(found)
}

/// For each rule, how many reminders were sent for appointments of the last [`LOOKS_BACK`], and how many of these were
/// confirmed.
pub(crate) fn confirmed_by_rule(
    connection: &Connection,
    now: DateTime<Utc>,
) -> Result<Vec<(String, u64, u64)>, StoreError> {
    let mut statement = connection.prepare_cached(CONFIRMED)?;
    let rows = statement.query_map(((now - LOOKS_BACK).timestamp(), now.timestamp()), |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs(), row.get::<_, i64>(2)?.unsigned_abs()))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One reminder of a span of days, with what became of its appointment.
#[derive(Debug, Clone)]
pub(crate) struct PastReminder {
    /// The appointment.
    pub(crate) appointment: AppointmentId,
    /// Its start.
    pub(crate) start: DateTime<Utc>,
    /// The rule.
    pub(crate) rule: RuleName,
    /// How it ended.
    pub(crate) state: State,
    /// When it was to go out.
    pub(crate) nominal_at: Option<DateTime<Utc>>,
    /// What the patient answered, or what a person noted.
    pub(crate) outcome: Option<PatientOutcome>,
    /// The status in the book, if it still has this start.
    pub(crate) status: Option<String>,
    /// When the outcome ended because the appointment changed.
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

/// The reminders for starts in [from, until), in order of start and appointment.
pub(crate) fn past_reminders(
    connection: &Connection,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<PastReminder>, StoreError> {
    const PAST: &str = "SELECT r.appointment_id, r.starts_at, r.rule, r.state, r.reason, r.nominal_at, o.outcome,
            a.status, o.ended_at
        FROM reminders AS r
        LEFT JOIN outcomes AS o ON o.appointment_id = r.appointment_id AND o.starts_at = r.starts_at
        LEFT JOIN appointments AS a ON a.id = r.appointment_id AND a.starts_unix = r.starts_at
        WHERE r.starts_at >= ?1 AND r.starts_at < ?2 ORDER BY r.starts_at, r.appointment_id";
    let mut statement = connection.prepare_cached(PAST)?;
    let mut rows = statement.query((from.timestamp(), until.timestamp()))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let time = |column: usize| row.get::<_, Option<i64>>(column).map(|unix| unix.map(instant));
        found.push(PastReminder {
            appointment: AppointmentId(row.get(0)?),
            start: instant(row.get(1)?),
            rule: RuleName(row.get(2)?),
            state: state_of(row, 3)?,
            nominal_at: time(5)?,
            outcome: row.get::<_, Option<String>>(6)?.as_deref().and_then(PatientOutcome::from_code),
            status: row.get(7)?,
            ended_at: time(8)?,
        });
    }
    Ok(found)
}
