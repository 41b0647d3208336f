//! A number asks for no texts, or may be texted again.

use chrono::{DateTime, Utc};

use crate::domain::operator::Operator;
use crate::domain::phone::Phone;
use crate::store::appointments::opt_outs::{self, OptOut, Source};
use crate::store::controls::number_holds;
use crate::store::ledger::reminders;
use crate::store::{StoreError, Transaction};

/// What noting an opt-out changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// The number was opted out before.
    Already,
    /// It gets no more texts.
    Now {
        /// Planned texts that are dropped by it.
        dropped: u64,
    },
}

/// Notes that a number gets no more texts.
pub(crate) fn add(
    tx: &Transaction<'_>,
    phone: &Phone,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Added, StoreError> {
    let dropped = reminders::planned_for(tx, phone)?;
    // The answer that kept its texts back is decided by it.
    number_holds::settle(tx, phone, operator, now)?;
    Ok(match opt_outs::add(tx, phone, Source::Desk, operator.who, now)? {
        true => Added::Now { dropped },
        false => Added::Already,
    })
}

/// Lifts an opt-out: the number may be texted again. The opt-out that stood; none: there was none.
pub(crate) fn lift(
    tx: &Transaction<'_>,
    phone: &Phone,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Option<OptOut>, StoreError> {
    let before = opt_outs::of(tx, phone)?;
    let removed = opt_outs::remove(tx, phone, operator.who, now)?;
    Ok(before.filter(|_| removed))
}
