//! Reads tasks, with their appointments.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::domain::ids::{AppointmentId, ConversationId};
use crate::domain::phone::Phone;
use crate::domain::private::Private;
use crate::domain::task::{TaskEnd, TaskKind};
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// A task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    /// Its number.
    pub(crate) id: i64,
    /// Its kind.
    pub(crate) kind: TaskKind,
    /// The outcome or the reason.
    pub(crate) code: String,
    /// A patient describes an emergency.
    pub(crate) is_urgent: bool,
    /// The number.
    pub(crate) phone: Option<Phone>,
    /// The conversation.
    pub(crate) conversation: Option<ConversationId>,
    /// Since when its cause exists.
    pub(crate) since: DateTime<Utc>,
    /// The start of its first appointment.
    pub(crate) due_at: Option<DateTime<Utc>>,
    /// How many replies, rows or texts it is about.
    pub(crate) size: u64,
    /// What the patient wrote.
    pub(crate) said: Private<Option<String>>,
    /// The feed and the reason.
    pub(crate) detail: Option<String>,
    /// The appointments it is about, each with its start.
    pub(crate) appointments: Vec<(AppointmentId, DateTime<Utc>)>,
    /// How it was closed; none if it is open.
    pub(crate) end: Option<Ended>,
}

/// How a task was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// How.
    pub(crate) how: TaskEnd,
    /// By whom.
    pub(crate) who: Option<String>,
    /// What that person noted.
    pub(crate) note: Option<String>,
}

const COLUMNS: &str = "id, kind, code, urgent, phone, conversation_id, since, due_at, size, said, detail, closed_at, \
                       closed_how, who, note";

/// The open tasks, the urgent ones first, then by appointment; with `closed_since`, also those closed since then.
pub(crate) fn list(connection: &Connection, closed_since: Option<DateTime<Utc>>) -> Result<Vec<Task>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM tasks WHERE closed_at IS NULL OR closed_at >= ?1
         ORDER BY closed_at IS NOT NULL, urgent DESC, due_at IS NULL, due_at, since, id"
    );
    let since = closed_since.map_or(i64::MAX, |at| at.timestamp());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut tasks: Vec<Task> =
        statement.query_map([since], task)?.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    const ABOUT: &str = "SELECT a.task_id, a.appointment_id, a.starts_at FROM task_appointments AS a
        JOIN tasks AS t ON t.id = a.task_id WHERE t.closed_at IS NULL OR t.closed_at >= ?1
        ORDER BY a.task_id, a.starts_at, a.appointment_id";
    let mut about: HashMap<i64, Vec<(AppointmentId, DateTime<Utc>)>> = HashMap::new();
    let mut statement = connection.prepare_cached(ABOUT)?;
    let mut rows = statement.query([since])?;
    while let Some(row) = rows.next()? {
        about.entry(row.get(0)?).or_default().push((AppointmentId(row.get(1)?), instant(row.get(2)?)));
    }
    for task in &mut tasks {
        task.appointments = about.remove(&task.id).unwrap_or_default();
    }
    Ok(tasks)
}

/// The task with a number.
pub(crate) fn one(connection: &Connection, id: i64) -> Result<Option<Task>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM tasks WHERE id = ?1");
    let found = connection.prepare_cached(&sql)?.query_row([id], task).optional()?.flatten();
    let Some(mut found) = found else { return Ok(None) };
    const ABOUT: &str = "SELECT appointment_id, starts_at FROM task_appointments WHERE task_id = ?1
        ORDER BY starts_at, appointment_id";
    let mut statement = connection.prepare_cached(ABOUT)?;
    let about = statement.query_map([id], |row| Ok((AppointmentId(row.get(0)?), instant(row.get(1)?))))?;
    found.appointments = about.collect::<Result<_, _>>()?;
    Ok(Some(found))
}

/// How many tasks are open and not put off.
pub(crate) fn open_count(connection: &Connection, now: DateTime<Utc>) -> Result<u64, StoreError> {
    const COUNT: &str = "SELECT count(*) FROM tasks AS t WHERE t.closed_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM snoozes AS s WHERE s.task_id = t.id AND s.until > ?1 AND t.urgent = 0)";
    let count: i64 = connection.prepare_cached(COUNT)?.query_row([now.timestamp()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// The conversations that ever had a task about a reply.
pub(crate) fn conversations(connection: &Connection) -> Result<BTreeSet<String>, StoreError> {
    const WITH: &str =
        "SELECT DISTINCT conversation_id FROM tasks WHERE kind = 'reply' AND conversation_id IS NOT NULL";
    let mut statement = connection.prepare_cached(WITH)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A row; none if its kind is not known.
fn task(row: &Row<'_>) -> rusqlite::Result<Option<Task>> {
    let kind: String = row.get(1)?;
    let Some(kind) = TaskKind::from_code(&kind) else { return Ok(None) };
    let phone: Option<String> = row.get(4)?;
    let (closed_at, how): (Option<i64>, Option<String>) = (row.get(11)?, row.get(12)?);
    let end = closed_at.zip(how.as_deref().and_then(TaskEnd::from_code));
    Ok(Some(Task {
        id: row.get(0)?,
        kind,
        code: row.get(2)?,
        is_urgent: row.get(3)?,
        phone: phone.as_deref().and_then(Phone::from_e164),
        conversation: row.get::<_, Option<String>>(5)?.map(ConversationId),
        since: instant(row.get(6)?),
        due_at: row.get::<_, Option<i64>>(7)?.map(instant),
        size: row.get::<_, i64>(8)?.unsigned_abs(),
        said: Private(row.get(9)?),
        detail: row.get(10)?,
        appointments: Vec::new(),
        end: match end {
            Some((at, how)) => Some(Ended { at: instant(at), how, who: row.get(13)?, note: row.get(14)? }),
            None => None,
        },
    }))
}
