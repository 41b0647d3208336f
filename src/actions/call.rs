//! A person calls a patient and records how it went.

use chrono::{DateTime, Utc};

use crate::domain::call::CallResult;
use crate::domain::ids::AppointmentId;
use crate::store::outcomes::calls;
use crate::store::{StoreError, Transaction};

/// Records a call about a task, an appointment, or both. Returns its number.
pub(crate) fn record(
    tx: &Transaction<'_>,
    task: Option<i64>,
    appointment: Option<(&AppointmentId, DateTime<Utc>)>,
    result: CallResult,
    who: &str,
    now: DateTime<Utc>,
) -> Result<i64, StoreError> {
    calls::add(tx, task, appointment, result, who, now)
}

/// Takes back a call that was recorded by mistake. Returns whether it was there.
pub(crate) fn undo(tx: &Transaction<'_>, call: i64, who: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    calls::undo(tx, call, who, now)
}
