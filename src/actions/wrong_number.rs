//! Marks a number as not belonging to its patient, or removes the mark.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::ids::PatientId;
use crate::domain::operator::Operator;
use crate::domain::phone::Phone;
use crate::engine::planning::directory;
use crate::store::appointments::{opt_outs, phone_spellings};
use crate::store::controls::number_holds;
use crate::store::outcomes::tasks;
use crate::store::{StoreError, Transaction};

/// What marking a number changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Marked {
    /// No appointment has the number.
    NobodyHasIt,
    /// It was already marked.
    Already,
    /// It is now marked as not belonging to these patients.
    For(Vec<PatientId>),
}

/// Marks a number as wrong, for one patient or for all patients whose appointments have it.
pub(crate) fn mark(
    tx: &Transaction<'_>,
    config: &Config,
    phone: &Phone,
    patient: Option<&PatientId>,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Marked, StoreError> {
    let country = directory(config).country;
    phone_spellings::learn_all(tx, country, phone_spellings::Keep::Temporary)?;
    let patients = match patient {
        Some(patient) => vec![patient.clone()],
        None => opt_outs::patients_of(tx, &country.code(), phone)?,
    };
    if patients.is_empty() {
        return Ok(Marked::NobodyHasIt);
    }
    number_holds::settle(tx, phone, operator, now)?;
    tasks::forget_strangers_words(tx, phone)?;
    Ok(match opt_outs::add_wrong(tx, phone, &patients, operator.who, now)? {
        0 => Marked::Already,
        _ => Marked::For(patients),
    })
}

/// Removes the mark, for one patient or for all. Returns whether there was one.
pub(crate) fn unmark(
    tx: &Transaction<'_>,
    phone: &Phone,
    patient: Option<&PatientId>,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    Ok(opt_outs::remove_wrong(tx, phone, patient, operator.who, now)? > 0)
}
