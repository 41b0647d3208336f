//! Pauses and resumes sending, everywhere or at one location.

use chrono::{DateTime, Utc};

use crate::domain::operator::Operator;
use crate::store::controls::pauses;
use crate::store::{StoreError, Transaction};

/// The result of a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paused {
    /// The end is in the past; nothing changed.
    EndsInThePast,
    /// Nothing is sent until this time or, without one, until somebody resumes sending.
    Until(Option<DateTime<Utc>>),
}

/// Pauses sending. Must also work while the configuration has an error, so it does not use the configuration.
pub(crate) fn pause(
    tx: &Transaction<'_>,
    location: Option<&str>,
    until: Option<DateTime<Utc>>,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Paused, StoreError> {
    if until.is_some_and(|until| until <= now) {
        return Ok(Paused::EndsInThePast);
    }
    pauses::pause(tx, location, until, operator, now)?;
    Ok(Paused::Until(until))
}

/// Ends a pause. Returns whether there was one.
pub(crate) fn resume(
    tx: &Transaction<'_>,
    location: Option<&str>,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    pauses::resume(tx, location, operator, now)
}
