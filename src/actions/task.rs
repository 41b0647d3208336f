//! A person closes a task. That resumes nothing by itself: what a reply holds waits until it is decided.

use chrono::{DateTime, Utc};

use crate::domain::operator::Operator;
use crate::store::outcomes::tasks;
pub(crate) use crate::store::outcomes::tasks::NotClosed;
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
