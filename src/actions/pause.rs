//! Sending pauses, everywhere or at one location, and goes on.

use chrono::{DateTime, Utc};

use crate::domain::operator::Operator;
use crate::store::controls::pauses;
use crate::store::{StoreError, Transaction};

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paused {
    /// The end lies in the past: nothing changed.
    EndsInThePast,
    /// Nothing is sent until then, or until somebody lifts it.
    Until(Option<DateTime<Utc>>),
}

/// Pauses sending; works also while the configuration has a mistake, so it does not look into it.
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

/// Ends a pause. Whether there was one.
pub(crate) fn resume(
    tx: &Transaction<'_>,
    location: Option<&str>,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    pauses::resume(tx, location, operator, now)
}
