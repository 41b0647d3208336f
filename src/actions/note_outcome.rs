//! A person at the front desk notes what a patient said about an appointment.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::ids::AppointmentId;
use crate::domain::operator::Operator;
use crate::domain::patient_outcome::{OutcomeSource, PatientOutcome, Standing};
use crate::engine::outcomes;
use crate::store::appointments::opt_outs;
use crate::store::outcomes::outcome::{self, Origin};
use crate::store::outcomes::{named, tasks};
use crate::store::{StoreError, Transaction};

/// The outcomes that a person can note; the others come from replies, and opt-outs have a command of their own.
pub(crate) const CAN_BE_NOTED: [PatientOutcome; 5] = [
    PatientOutcome::Confirmed,
    PatientOutcome::WantsChange,
    PatientOutcome::WantsCancel,
    PatientOutcome::NeedsALook,
    PatientOutcome::None,
];

/// The result of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noted {
    /// There is no such appointment.
    NoSuchAppointment,
    /// It has begun, or it is not booked or confirmed.
    NotToCome,
    /// The number opted out; a note does not lift that.
    OptedOut,
    /// It stands until the patient writes again or the appointment changes.
    Done,
}

/// Notes the outcome of an appointment.
pub(crate) fn note(
    tx: &Transaction<'_>,
    config: &Config,
    (appointment, outcome): (&AppointmentId, PatientOutcome),
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Noted, StoreError> {
    let Some(one) = named::in_the_book(tx, appointment)? else { return Ok(Noted::NoSuchAppointment) };
    if one.start <= now || named::still_stands(tx, &one)?.is_none() {
        return Ok(Noted::NotToCome);
    }
    let before = outcome::of_person(tx, (&one.id, one.start), &one.person)?;
    let phone = named::number_of(tx, &config.practice.country.code(), appointment)?;
    if before.is_some_and(|before| before.outcome == PatientOutcome::OptedOut)
        && phone.as_ref().map(|phone| opt_outs::of(tx, phone)).transpose()?.flatten().is_some()
    {
        return Ok(Noted::OptedOut);
    }
    let standing = Standing { outcome, source: OutcomeSource::Desk, since: now };
    let origin = Origin { phone: None, conversation: None, who: operator.who, why: operator.why };
    outcome::set(tx, &one, standing, origin, now)?;
    outcomes::tell_program(tx, config, &one, (before, standing), (None, None), now)?;
    tasks::close_settled(tx, now)?;
    Ok(Noted::Done)
}
