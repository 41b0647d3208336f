//! The open tasks as the front desk works through them: with their patients, their calls, and those put off.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::appointment::Appointment;
use crate::domain::call::Call;
use crate::domain::desk_user::Scope;
use crate::domain::ids::AppointmentId;
use crate::domain::task::TaskKind;
use crate::outcomes::overdue::overdue_at;
use crate::store::appointments::appointment;
use crate::store::outcomes::calls::{self, Snooze};
use crate::store::outcomes::task_list::{self, Task};
use crate::store::{Connection, StoreError};

/// A task with what is known around it.
#[derive(Debug, Clone)]
pub(crate) struct WorkItem {
    /// The task.
    pub(crate) task: Task,
    /// Its appointments that are in the book.
    pub(crate) appointments: Vec<Appointment>,
    /// The calls about it.
    pub(crate) calls: Vec<Call>,
    /// Until when it is put off.
    pub(crate) snooze: Option<Snooze>,
    /// It should have been done by now.
    pub(crate) is_overdue: bool,
}

/// The tasks that a user sees: the open ones, most urgent first, and those closed since `closed_since`.
pub(crate) fn list(
    connection: &Connection,
    config: &Config,
    scope: &Scope,
    closed_since: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Vec<WorkItem>, StoreError> {
    of_tasks(connection, config, scope, task_list::list(connection, closed_since)?, now)
}

/// The task with a number, if the user sees it.
pub(crate) fn one(
    connection: &Connection,
    config: &Config,
    scope: &Scope,
    id: i64,
    now: DateTime<Utc>,
) -> Result<Option<WorkItem>, StoreError> {
    let task = task_list::one(connection, id)?;
    Ok(of_tasks(connection, config, scope, task.into_iter().collect(), now)?.pop())
}

fn of_tasks(
    connection: &Connection,
    config: &Config,
    scope: &Scope,
    tasks: Vec<Task>,
    now: DateTime<Utc>,
) -> Result<Vec<WorkItem>, StoreError> {
    let mut called = calls::of_open_tasks(connection)?;
    let mut snoozed = calls::snoozed(connection, now)?;
    let mut known: BTreeMap<AppointmentId, Option<Appointment>> = BTreeMap::new();
    let mut items = Vec::new();
    for task in tasks {
        let mut appointments = Vec::new();
        for (id, _) in &task.appointments {
            if !known.contains_key(id) {
                known.insert(id.clone(), appointment::of_id(connection, id)?);
            }
            appointments.extend(known.get(id).cloned().flatten());
        }
        if !sees(config, scope, &task, &appointments) {
            continue;
        }
        // Of a family at two locations, a user of one sees the patients of that one.
        appointments.retain(|one| scope.sees(config.rulebook.location_of(one)));
        items.push(WorkItem {
            calls: called.remove(&task.id).unwrap_or_default(),
            // An emergency is never hidden.
            snooze: snoozed.remove(&task.id).filter(|_| task.end.is_none() && !task.is_urgent),
            is_overdue: task.end.is_none() && overdue_at(task.is_urgent, task.since, task.due_at) <= now,
            task,
            appointments,
        });
    }
    Ok(items)
}

/// How many open tasks a user sees that nobody put off.
pub(crate) fn count(
    connection: &Connection,
    config: &Config,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    if scope.is_all() {
        let open = task_list::open_count(connection, now)?;
        return Ok(usize::try_from(open).unwrap_or(usize::MAX));
    }
    Ok(list(connection, config, scope, None, now)?.iter().filter(|item| item.snooze.is_none()).count())
}

/// A task about imports concerns the whole practice, and a task about appointments that are not in the book may concern
/// any location.
fn sees(config: &Config, scope: &Scope, task: &Task, appointments: &[Appointment]) -> bool {
    let is_of_all = matches!(task.kind, TaskKind::RefusedRows | TaskKind::FeedHeld | TaskKind::Undelivered);
    scope.is_all() || (!is_of_all && appointments.iter().any(|one| scope.sees(config.rulebook.location_of(one))))
}
