//! Calls to patients, and tasks that somebody put off.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::domain::call::{Call, CallResult};
use crate::domain::ids::AppointmentId;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::outcomes::outcome::key_of;

/// Records a call about a task, an appointment, or both. Returns its number.
pub(crate) fn add(
    tx: &Transaction<'_>,
    task: Option<i64>,
    appointment: Option<(&AppointmentId, DateTime<Utc>)>,
    result: CallResult,
    who: &str,
    now: DateTime<Utc>,
) -> Result<i64, StoreError> {
    const ADD: &str =
        "INSERT INTO calls (appointment_id, starts_at, task_id, result, who, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (id, start) = appointment.map(|(id, start)| (&id.0, start.timestamp())).unzip();
    tx.prepare_cached(ADD)?.execute((id, start, task, result.code(), who, now.timestamp()))?;
    let call = tx.last_insert_rowid();
    note(tx, Act::Called, appointment, result.code(), who, now)?;
    Ok(call)
}

fn note(
    tx: &Transaction<'_>,
    act: Act,
    appointment: Option<(&AppointmentId, DateTime<Utc>)>,
    code: &str,
    who: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let key = appointment.map(|(id, start)| key_of(id, start));
    audit::note(tx, &Entry { key: key.as_ref(), code: Some(code), who: Some(who), ..Entry::new(now, act) })
}

/// Who recorded a call, when, and about which appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Who.
    pub(crate) who: String,
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// The appointment, unless it is about a number only.
    pub(crate) appointment: Option<AppointmentId>,
}

/// Calls by the appointment and the start that they were about.
pub(crate) type CallsByAppointment = HashMap<(AppointmentId, DateTime<Utc>), Vec<Call>>;

/// What was recorded of a call that nobody took back.
pub(crate) fn one(connection: &Connection, call: i64) -> Result<Option<Recorded>, StoreError> {
    const ONE: &str = "SELECT who, at, appointment_id FROM calls WHERE id = ?1 AND undone_at IS NULL";
    let found = connection.prepare_cached(ONE)?.query_row([call], |row| {
        let appointment = row.get::<_, Option<String>>(2)?.map(AppointmentId);
        Ok(Recorded { who: row.get(0)?, at: instant(row.get(1)?), appointment })
    });
    Ok(found.optional()?)
}

/// Takes back a call that was recorded by mistake. Returns whether it was there.
pub(crate) fn undo(tx: &Transaction<'_>, call: i64, who: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    const FIND: &str = "SELECT appointment_id, starts_at, result FROM calls WHERE id = ?1 AND undone_at IS NULL";
    let found: Option<(Option<String>, Option<i64>, String)> =
        tx.prepare_cached(FIND)?.query_row([call], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let Some((id, start, result)) = found else { return Ok(false) };
    tx.prepare_cached("UPDATE calls SET undone_at = ?2 WHERE id = ?1")?.execute((call, now.timestamp()))?;
    let about = id.map(AppointmentId).zip(start.map(instant));
    note(tx, Act::CallUndone, about.as_ref().map(|(id, start)| (id, *start)), &result, who, now)?;
    Ok(true)
}

/// The calls about appointments that start in [from, until), oldest first.
pub(crate) fn of_appointments(
    connection: &Connection,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<CallsByAppointment, StoreError> {
    const CALLS: &str = "SELECT id, result, who, at, appointment_id, starts_at FROM calls
        WHERE undone_at IS NULL AND appointment_id IS NOT NULL AND starts_at >= ?1 AND starts_at < ?2 ORDER BY id";
    let mut found: HashMap<_, Vec<Call>> = HashMap::new();
    let mut statement = connection.prepare_cached(CALLS)?;
    let mut rows = statement.query((from.timestamp(), until.timestamp()))?;
    while let Some(row) = rows.next()? {
        let about = (AppointmentId(row.get(4)?), instant(row.get(5)?));
        found.entry(about).or_default().extend(call(row)?);
    }
    Ok(found)
}

/// The calls about open tasks and their appointments, by task, oldest first.
pub(crate) fn of_open_tasks(connection: &Connection) -> Result<HashMap<i64, Vec<Call>>, StoreError> {
    const CALLS: &str = "SELECT DISTINCT c.id, c.result, c.who, c.at, t.id FROM tasks AS t
        LEFT JOIN task_appointments AS a ON a.task_id = t.id
        JOIN calls AS c ON c.task_id = t.id OR (c.appointment_id = a.appointment_id AND c.starts_at = a.starts_at)
        WHERE t.closed_at IS NULL AND c.undone_at IS NULL ORDER BY c.id";
    let mut found: HashMap<_, Vec<Call>> = HashMap::new();
    let mut statement = connection.prepare_cached(CALLS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        found.entry(row.get(4)?).or_default().extend(call(row)?);
    }
    Ok(found)
}

fn call(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Call>> {
    let result = CallResult::from_code(&row.get::<_, String>(1)?);
    let (id, who, at) = (row.get(0)?, row.get(2)?, instant(row.get(3)?));
    Ok(result.map(|result| Call { id, result, who, at }))
}

/// A task that somebody put off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snooze {
    /// Until when.
    pub(crate) until: DateTime<Utc>,
    /// By whom.
    pub(crate) who: String,
}

/// Puts off an open task. Returns whether it is open.
pub(crate) fn snooze(
    tx: &Transaction<'_>,
    task: i64,
    until: DateTime<Utc>,
    who: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    const SNOOZE: &str = "INSERT INTO snoozes (task_id, until, who, at)
        SELECT id, ?2, ?3, ?4 FROM tasks WHERE id = ?1 AND closed_at IS NULL
        ON CONFLICT DO UPDATE SET until = excluded.until, who = excluded.who, at = excluded.at";
    if tx.prepare_cached(SNOOZE)?.execute((task, until.timestamp(), who, now.timestamp()))? == 0 {
        return Ok(false);
    }
    let code = format!("task {task}");
    audit::note(tx, &Entry { code: Some(&code), who: Some(who), ..Entry::new(now, Act::TaskSnoozed) })?;
    Ok(true)
}

/// A task is no longer put off. Returns whether it was.
pub(crate) fn wake(tx: &Transaction<'_>, task: i64, who: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    if tx.prepare_cached("DELETE FROM snoozes WHERE task_id = ?1")?.execute([task])? == 0 {
        return Ok(false);
    }
    let code = format!("task {task}");
    audit::note(tx, &Entry { code: Some(&code), who: Some(who), ..Entry::new(now, Act::TaskWoken) })?;
    Ok(true)
}

/// The tasks that are put off now.
pub(crate) fn snoozed(connection: &Connection, now: DateTime<Utc>) -> Result<HashMap<i64, Snooze>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT task_id, until, who FROM snoozes WHERE until > ?1")?;
    let rows = statement.query_map([now.timestamp()], |row| {
        Ok((row.get(0)?, Snooze { until: instant(row.get(1)?), who: row.get(2)? }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::private::Private;
    use crate::domain::task::TaskKind;
    use crate::store::connection::open;
    use crate::store::in_transaction;
    use crate::store::outcomes::tasks::{self, NewTask};

    #[test]
    fn a_task_that_was_put_off_is_back_when_the_patient_writes_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open::read_write(&folder.path().join("a.db")).unwrap();
        let at = |second: i64| DateTime::from_timestamp(second, 0).unwrap();
        let task = |cause: &str, said: &str, is_urgent| NewTask {
            cause: cause.to_owned(),
            kind: TaskKind::Reply,
            code: "needs_a_look".to_owned(),
            is_urgent,
            phone: None,
            conversation: None,
            since: at(1),
            size: 1,
            said: Some(Private(said.to_owned())),
            detail: None,
            appointments: Vec::new(),
        };
        let put_off = in_transaction(&mut connection, |tx| {
            let (one, _) = tasks::open(tx, &task("a", "Is there parking?", false), at(1))?;
            let (other, _) = tasks::open(tx, &task("b", "Where are you?", false), at(1))?;
            for id in [one, other] {
                assert!(snooze(tx, id, at(1000), "kim", at(2))?);
            }
            tasks::open(tx, &task("a", "My gum is bleeding", true), at(3))?;
            Ok((other, snoozed(tx, at(4))?))
        });
        let (other, put_off) = put_off.unwrap();
        assert_eq!(put_off.into_keys().collect::<Vec<_>>(), [other]);
    }
}
