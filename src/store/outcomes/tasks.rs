//! Opens and closes tasks. At most one open task for each cause; a closed task stays closed, and what has to be done
//! after all gets a new one.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction, named_params};

use crate::domain::ids::{AppointmentId, ConversationId};
use crate::domain::operator::Operator;
use crate::domain::phone::Phone;
use crate::domain::private::Private;
use crate::domain::reminder_key::ReminderKey;
use crate::domain::task::{TaskEnd, TaskKind};
use crate::outcomes::concerned::NamedAppointment;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::outcomes::outcome::key_of;

/// The words of a patient are deleted this long after the task that they made was closed.
const WORDS_KEPT: TimeDelta = TimeDelta::days(7);

/// A task to be opened.
#[derive(Debug, Clone)]
pub(crate) struct NewTask {
    /// Identifies what it is about.
    pub(crate) cause: String,
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
    /// How many replies, rows or texts it is about.
    pub(crate) size: u64,
    /// The patient's words.
    pub(crate) said: Option<Private<String>>,
    /// The feed and the reason.
    pub(crate) detail: Option<String>,
    /// The appointments it is about.
    pub(crate) appointments: Vec<NamedAppointment>,
}

/// Opens a task, or adds what is new to the open task with the same cause. Returns its id, and whether it is new.
pub(crate) fn open(tx: &Transaction<'_>, new: &NewTask, now: DateTime<Utc>) -> Result<(i64, bool), StoreError> {
    const KNOWN: &str = "SELECT id FROM tasks WHERE cause = ?1 AND closed_at IS NULL";
    let known: Option<i64> = tx.prepare_cached(KNOWN)?.query_row([&new.cause], |row| row.get(0)).optional()?;
    let id = match known {
        Some(id) => {
            add_to(tx, id, new)?;
            id
        }
        None => insert(tx, new, now)?,
    };
    const ABOUT: &str =
        "INSERT INTO task_appointments (task_id, appointment_id, starts_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    let mut about = tx.prepare_cached(ABOUT)?;
    for one in &new.appointments {
        about.execute((id, &one.id.0, one.start.timestamp()))?;
    }
    Ok((id, known.is_none()))
}

fn insert(tx: &Transaction<'_>, new: &NewTask, now: DateTime<Utc>) -> Result<i64, StoreError> {
    const INSERT: &str =
        "INSERT INTO tasks (cause, kind, code, urgent, phone, conversation_id, since, opened_at, due_at,
            size, said, detail)
        VALUES (:cause, :kind, :code, :urgent, :phone, :conversation, :since, :now, :due, :size, :said, :detail)";
    let first = new.appointments.iter().map(|one| one.start).min();
    tx.prepare_cached(INSERT)?.execute(named_params! {
        ":cause": new.cause, ":kind": new.kind.code(), ":code": new.code, ":urgent": new.is_urgent,
        ":phone": new.phone.as_ref().map(Phone::dial), ":conversation": new.conversation.as_ref().map(|id| &id.0),
        ":since": new.since.timestamp(), ":now": now.timestamp(), ":due": first.map(|at| at.timestamp()),
        ":size": i64::try_from(new.size).unwrap_or(i64::MAX), ":said": new.said.as_ref().map(|said| &said.0),
        ":detail": new.detail,
    })?;
    let id = tx.last_insert_rowid();
    let key = new.appointments.first().map(|one| key_of(&one.id, one.start));
    let code = format!("task {id}: {}, {}", new.kind.code(), new.code);
    let entry = Entry {
        key: key.as_ref(),
        code: Some(&code),
        phone: new.phone.as_ref(),
        conversation: new.conversation.as_ref(),
        ..Entry::new(now, Act::TaskOpened)
    };
    audit::note(tx, &entry)?;
    Ok(id)
}

/// Adds a further reply to a task, or sets how many rows it is about now.
fn add_to(tx: &Transaction<'_>, id: i64, new: &NewTask) -> Result<(), StoreError> {
    const ADD: &str = "UPDATE tasks SET code = :code, urgent = max(urgent, :urgent),
            size = CASE WHEN :said IS NULL THEN :size ELSE size + 1 END,
            said = CASE WHEN :said IS NULL THEN said WHEN said IS NULL THEN :said ELSE said || char(10) || :said END,
            detail = coalesce(:detail, detail), due_at = coalesce(due_at, :due)
        WHERE id = :id AND (:said IS NOT NULL OR size IS NOT :size OR code IS NOT :code
            OR detail IS NOT coalesce(:detail, detail))";
    tx.prepare_cached(ADD)?.execute(named_params! {
        ":id": id, ":code": new.code, ":urgent": new.is_urgent, ":said": new.said.as_ref().map(|said| &said.0),
        ":size": i64::try_from(new.size).unwrap_or(i64::MAX), ":detail": new.detail,
        ":due": new.appointments.iter().map(|one| one.start.timestamp()).min(),
    })?;
    if new.said.is_some() || new.is_urgent {
        // The patient wrote again: whoever put the task off did not know.
        tx.prepare_cached("DELETE FROM snoozes WHERE task_id = ?1")?.execute([id])?;
    }
    Ok(())
}

/// Opens or updates a task about a lasting state, unless a person closed one that was at least as large.
pub(crate) fn open_unless_done(tx: &Transaction<'_>, new: &NewTask, now: DateTime<Utc>) -> Result<bool, StoreError> {
    const DONE: &str = "SELECT EXISTS (SELECT 1 FROM tasks WHERE cause = ?1 AND closed_how = 'done' AND size >= ?2)";
    let size = i64::try_from(new.size).unwrap_or(i64::MAX);
    let is_done: bool = tx.prepare_cached(DONE)?.query_row((&new.cause, size), |row| row.get(0))?;
    Ok(!is_done && open(tx, new, now)?.1)
}

/// Why a task cannot be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotClosed {
    /// There is no such task.
    NoSuchTask,
    /// It was closed before, in this way.
    Already(TaskEnd),
}

/// A person closes a task. Returns the code of its outcome or reason.
pub(crate) fn done(
    tx: &Transaction<'_>,
    id: i64,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Result<String, NotClosed>, StoreError> {
    const TASK: &str = "SELECT code, closed_how FROM tasks WHERE id = ?1";
    let found: Option<(String, Option<String>)> =
        tx.prepare_cached(TASK)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    match found {
        None => Ok(Err(NotClosed::NoSuchTask)),
        Some((_, Some(how))) => Ok(Err(NotClosed::Already(TaskEnd::from_code(&how).unwrap_or(TaskEnd::Gone)))),
        Some((code, None)) => {
            close(tx, id, TaskEnd::Done, operator, now)?;
            Ok(Ok(code))
        }
    }
}

/// Closes an open task.
pub(crate) fn close(
    tx: &Transaction<'_>,
    id: i64,
    end: TaskEnd,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    // A stranger's words are deleted at once.
    const CLOSE: &str = "UPDATE tasks SET closed_at = ?2, closed_how = ?3, who = ?4, note = ?5,
            said = CASE WHEN code = 'wrong_person' THEN NULL ELSE said END
        WHERE id = ?1 AND closed_at IS NULL";
    let about = (id, now.timestamp(), end.code(), operator.who, operator.why);
    if tx.prepare_cached(CLOSE)?.execute(about)? == 0 {
        return Ok(());
    }
    let key = first_of(tx, id)?;
    let act = if end == TaskEnd::Done { Act::TaskDone } else { Act::TaskClosed };
    let code = format!("task {id}: {}", end.code());
    let entry =
        Entry { key: key.as_ref(), code: Some(&code), who: operator.who, why: operator.why, ..Entry::new(now, act) };
    audit::note(tx, &entry)
}

/// The first appointment of a task, as the audit names it.
fn first_of(tx: &Transaction<'_>, id: i64) -> Result<Option<ReminderKey>, StoreError> {
    const FIRST: &str = "SELECT appointment_id, starts_at FROM task_appointments WHERE task_id = ?1
        ORDER BY starts_at, appointment_id LIMIT 1";
    let mut statement = tx.prepare_cached(FIRST)?;
    let first = statement.query_row([id], |row| Ok((AppointmentId(row.get(0)?), instant(row.get(1)?)))).optional()?;
    Ok(first.map(|(appointment, start)| key_of(&appointment, start)))
}

/// Closes the tasks about replies whose cause is gone or whose appointments have begun, and opens those anew whose cause
/// is there again. Returns how many it closed.
pub(crate) fn close_settled(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<usize, StoreError> {
    // A task without appointments stays until a person closes it. One about several stays until the last of them.
    const LAPSED: &str =
        "SELECT t.id FROM tasks AS t WHERE t.closed_at IS NULL AND (t.kind = 'reply' OR t.kind = 'call')
        AND t.due_at <= ?1 AND NOT EXISTS (
            SELECT 1 FROM task_appointments AS a WHERE a.task_id = t.id AND a.starts_at > ?1)";
    let mut closed = 0;
    for (sql, end) in [(LAPSED, TaskEnd::Lapsed), (&replies_gone(), TaskEnd::Gone)] {
        let ids: Vec<i64> =
            tx.prepare_cached(sql)?.query_map([now.timestamp()], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for id in ids {
            close(tx, id, end, Operator { who: None, why: None }, now)?;
            closed += 1;
        }
    }
    open_anew(tx, now)?;
    Ok(closed)
}

/// Opens a task for each wish whose task was closed while an export did not list its appointment.
fn open_anew(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    // The practice knows of a wish that a person noted. An export that omits an appointment for 60 days is no accident.
    let again = format!(
        "SELECT t.id FROM tasks AS t WHERE t.closed_at > ?1 - 60 * 86400 AND t.closed_how = 'gone' AND t.kind = 'reply'
        AND (t.code = 'wants_cancel' OR t.code = 'wants_change')
        AND NOT EXISTS (SELECT 1 FROM tasks AS later WHERE later.cause = t.cause AND later.id > t.id)
        AND EXISTS ({WISH_STANDS} AND o.source <> 'desk' AND a.starts_at > ?1)"
    );
    let ids: Vec<i64> =
        tx.prepare_cached(&again)?.query_map([now.timestamp()], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for old in ids {
        copy(tx, old, Operator { who: None, why: None }, now)?;
    }
    Ok(())
}

/// Opens a closed task again, as a new one.
fn copy(tx: &Transaction<'_>, old: i64, operator: Operator<'_>, now: DateTime<Utc>) -> Result<i64, StoreError> {
    const COPY: &str = "INSERT INTO tasks (cause, kind, code, urgent, phone, conversation_id, since, opened_at, due_at,
            size, said, detail)
        SELECT cause, kind, code, urgent, phone, conversation_id, since, ?2, due_at, size, said, detail
        FROM tasks WHERE id = ?1";
    const ABOUT: &str = "INSERT INTO task_appointments (task_id, appointment_id, starts_at)
        SELECT ?2, appointment_id, starts_at FROM task_appointments WHERE task_id = ?1";
    tx.prepare_cached(COPY)?.execute((old, now.timestamp()))?;
    let id = tx.last_insert_rowid();
    tx.prepare_cached(ABOUT)?.execute((old, id))?;
    let (key, code) = (first_of(tx, id)?, format!("task {id}: again, as task {old}"));
    let entry = Entry { key: key.as_ref(), code: Some(&code), who: operator.who, ..Entry::new(now, Act::TaskOpened) };
    audit::note(tx, &entry)?;
    Ok(id)
}

/// A person closed a task by mistake: it is opened again, as a new one. Returns its id; none if nobody closed it, or if
/// its cause has a new task by now.
pub(crate) fn reopen(
    tx: &Transaction<'_>,
    id: i64,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Option<i64>, StoreError> {
    const IS_DONE: &str = "SELECT EXISTS (SELECT 1 FROM tasks AS t WHERE t.id = ?1 AND t.closed_how = 'done'
        AND NOT EXISTS (SELECT 1 FROM tasks AS o WHERE o.cause = t.cause AND o.id > t.id))";
    let is_done: bool = tx.prepare_cached(IS_DONE)?.query_row([id], |row| row.get(0))?;
    is_done.then(|| copy(tx, id, operator, now)).transpose()
}

/// A wish that stands for an appointment of the task `t` that is in the book, under its id or another id at the same
/// start.
const WISH_STANDS: &str = "SELECT 1 FROM task_appointments AS a
    JOIN outcomes AS o ON o.appointment_id = a.appointment_id AND o.starts_at = a.starts_at
    LEFT JOIN not_listed AS n ON n.appointment_id = a.appointment_id
    JOIN appointments AS v ON v.starts_unix = a.starts_at
        AND (v.id = a.appointment_id OR v.id = n.moved_to OR v.patient_id = o.patient_id)
        AND (v.status = 'booked' OR v.status = 'confirmed')
    WHERE a.task_id = t.id AND o.ended_at IS NULL AND (o.outcome = 'wants_cancel' OR o.outcome = 'wants_change')";

/// Open tasks about replies whose cause is gone. A wish: it does not stand any more. A reply that holds its number: the
/// hold was settled, or the number opted out. Anything else, unless it is urgent: all of its appointments were cancelled
/// or deleted. If they only moved, somebody still has to read the reply.
fn replies_gone() -> String {
    format!(
        "SELECT t.id FROM tasks AS t WHERE t.closed_at IS NULL AND t.kind = 'reply' AND ?1 IS NOT NULL
        AND t.urgent = 0 AND EXISTS (SELECT 1 FROM task_appointments AS a WHERE a.task_id = t.id)
        AND CASE
            WHEN t.code = 'wants_cancel' OR t.code = 'wants_change' THEN NOT EXISTS ({WISH_STANDS})
            WHEN (t.code = 'wrong_person' OR t.code = 'unclear_opt_out') AND NOT EXISTS (
                SELECT 1 FROM number_holds AS h WHERE h.phone = t.phone AND h.settled_at IS NULL) THEN 1
            ELSE NOT EXISTS (
                SELECT 1 FROM task_appointments AS a LEFT JOIN not_listed AS n ON n.appointment_id = a.appointment_id
                JOIN appointments AS v ON v.id = a.appointment_id OR v.id = n.moved_to
                WHERE a.task_id = t.id AND (v.status = 'booked' OR v.status = 'confirmed'))
        END"
    )
}

/// Closes the open tasks of these kinds whose causes are not among `causes`. Returns how many.
pub(crate) fn close_others(
    tx: &Transaction<'_>,
    kinds: &[TaskKind],
    causes: &[&str],
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    const OTHERS: &str = "SELECT id FROM tasks WHERE closed_at IS NULL AND kind IN (SELECT value FROM json_each(?1))
        AND cause NOT IN (SELECT value FROM json_each(?2))";
    let codes: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
    let lists = (serde_json::json!(codes).to_string(), serde_json::json!(causes).to_string());
    let ids: Vec<i64> = tx.prepare_cached(OTHERS)?.query_map(lists, |row| row.get(0))?.collect::<Result<_, _>>()?;
    for id in &ids {
        close(tx, *id, TaskEnd::Gone, Operator { who: None, why: None }, now)?;
    }
    Ok(ids.len())
}

/// Closes the open task with this cause, if there is one.
pub(crate) fn close_cause(
    tx: &Transaction<'_>,
    cause: &str,
    end: TaskEnd,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    const OPEN: &str = "SELECT id FROM tasks WHERE cause = ?1 AND closed_at IS NULL";
    let id: Option<i64> = tx.prepare_cached(OPEN)?.query_row([cause], |row| row.get(0)).optional()?;
    id.map_or(Ok(()), |id| close(tx, id, end, Operator { who: None, why: None }, now))
}

/// The code of the open task with this cause.
pub(crate) fn open_code(connection: &Connection, cause: &str) -> Result<Option<String>, StoreError> {
    const CODE: &str = "SELECT code FROM tasks WHERE cause = ?1 AND closed_at IS NULL";
    Ok(connection.prepare_cached(CODE)?.query_row([cause], |row| row.get(0)).optional()?)
}

/// The number belongs to a stranger, whose words are deleted at once.
pub(crate) fn forget_strangers_words(tx: &Transaction<'_>, phone: &Phone) -> Result<(), StoreError> {
    const FORGET: &str = "UPDATE tasks SET said = NULL WHERE phone = ?1 AND said IS NOT NULL";
    tx.prepare_cached(FORGET)?.execute([phone.dial()])?;
    Ok(())
}

/// Deletes the words of tasks that were closed seven days ago. Returns how many had some.
pub(crate) fn forget_words(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<usize, StoreError> {
    const FORGET: &str = "UPDATE tasks SET said = NULL WHERE closed_at < ?1 AND said IS NOT NULL";
    Ok(tx.prepare_cached(FORGET)?.execute([(now - WORDS_KEPT).timestamp()])?)
}
