//! A person closes a task, puts it off, or opens it again. That resumes nothing by itself: what a reply holds waits until
//! it is decided.

use chrono::{DateTime, Utc};

use crate::domain::operator::Operator;
pub(crate) use crate::store::outcomes::tasks::NotClosed;
use crate::store::outcomes::{calls, tasks};
use crate::store::{StoreError, Transaction};

/// Closes a task. Returns the code of its outcome or reason, or why it cannot be closed.
pub(crate) fn done(
    tx: &Transaction<'_>,
    id: i64,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Result<String, NotClosed>, StoreError> {
    tasks::done(tx, id, operator, now)
}

/// Opens a task again that was closed by mistake. Returns its new number; none if that is not possible.
pub(crate) fn reopen(
    tx: &Transaction<'_>,
    id: i64,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Option<i64>, StoreError> {
    tasks::reopen(tx, id, operator, now)
}

/// Puts off a task until a time to come. Returns whether that changed anything.
pub(crate) fn snooze(
    tx: &Transaction<'_>,
    id: i64,
    until: DateTime<Utc>,
    who: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if until <= now {
        return Ok(false);
    }
    calls::snooze(tx, id, until, who, now)
}

/// Ends that a task is put off. Returns whether it was.
pub(crate) fn wake(tx: &Transaction<'_>, id: i64, who: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    calls::wake(tx, id, who, now)
}
