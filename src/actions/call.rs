//! A person calls a patient and records how it went.

use chrono::{DateTime, TimeDelta, Utc};

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

/// A call may be taken back for so long.
const UNDONE_WITHIN: TimeDelta = TimeDelta::hours(12);

/// The result of taking back a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undone {
    /// It is no longer on record.
    Done,
    /// There is no such call any more.
    NoSuchCall,
    /// Somebody else recorded it, or it was too long ago: it stays.
    Stays,
}

/// Takes back a call that was recorded by mistake. A slip is noticed soon; what others recorded stays, unless `is_manager`.
pub(crate) fn undo(
    tx: &Transaction<'_>,
    call: i64,
    (who, is_manager): (&str, bool),
    now: DateTime<Utc>,
) -> Result<Undone, StoreError> {
    let Some(recorded) = calls::one(tx, call)? else { return Ok(Undone::NoSuchCall) };
    if (recorded.who != who && !is_manager) || now - recorded.at > UNDONE_WITHIN {
        return Ok(Undone::Stays);
    }
    Ok(if calls::undo(tx, call, who, now)? { Undone::Done } else { Undone::NoSuchCall })
}
