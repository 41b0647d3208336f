//! Opts a number out of texts, or lifts the opt-out.

use chrono::{DateTime, Utc};

use crate::domain::operator::Operator;
use crate::domain::patient_outcome::PatientOutcome;
use crate::domain::phone::Phone;
use crate::store::appointments::opt_outs::{self, OptOut, Source};
use crate::store::controls::number_holds;
use crate::store::ledger::reminders;
use crate::store::outcomes::outcome;
use crate::store::{StoreError, Transaction};

/// What recording an opt-out changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// The number was already opted out.
    Already,
    /// The number gets no more texts.
    Now {
        /// How many planned texts are dropped.
        dropped: u64,
    },
}

/// Records that a number gets no more texts.
pub(crate) fn add(
    tx: &Transaction<'_>,
    phone: &Phone,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Added, StoreError> {
    let dropped = reminders::planned_for(tx, phone)?;
    // This also settles a reply that was holding the number's texts.
    number_holds::settle(tx, phone, operator, now)?;
    Ok(match opt_outs::add(tx, phone, Source::Desk, operator.who, now)? {
        true => Added::Now { dropped },
        false => Added::Already,
    })
}

/// Lifts an opt-out: the number may be texted again. Returns the lifted opt-out, or `None` if there was none.
pub(crate) fn lift(
    tx: &Transaction<'_>,
    phone: &Phone,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Option<OptOut>, StoreError> {
    let before = opt_outs::of(tx, phone)?;
    let removed = opt_outs::remove(tx, phone, operator.who, now)?;
    outcome::end_of_number(tx, phone, &[PatientOutcome::OptedOut], now)?;
    Ok(before.filter(|_| removed))
}
