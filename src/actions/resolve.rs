//! A person decides about a text whose delivery is uncertain.

use chrono::{DateTime, Utc};

use crate::domain::operator::Operator;
use crate::domain::patient_outcome::PatientOutcome;
use crate::domain::phone::Phone;
use crate::domain::reminder_key::ReminderKey;
use crate::store::controls::number_holds;
use crate::store::conversations::odd_rows;
use crate::store::ledger::resolution;
pub(crate) use crate::store::ledger::resolution::{Decision, NotResolved};
use crate::store::outcomes::outcome;
use crate::store::{StoreError, Transaction};

/// A person has read the replies from a number, and its texts may continue. Returns whether any were waiting.
pub(crate) fn go_on(
    tx: &Transaction<'_>,
    phone: &Phone,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let held = number_holds::settle(tx, phone, operator, now)? > 0;
    outcome::end_of_number(tx, phone, &[PatientOutcome::WrongPerson, PatientOutcome::UnclearOptOut], now)?;
    Ok(odd_rows::settle(tx, phone, operator, now)? || held)
}

/// Carries out the decision. Returns the reminder it is about, or why it cannot be decided.
pub(crate) fn resolve(
    tx: &Transaction<'_>,
    id: i64,
    decision: &Decision,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Result<ReminderKey, NotResolved>, StoreError> {
    resolution::resolve(tx, id, decision, operator, now)
}
