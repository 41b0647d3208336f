//! Acts on an appointment: call, note an outcome, skip its texts, give them back.

use axum::response::Response;

use crate::actions::call as calling;
use crate::actions::note_outcome::{self, CAN_BE_NOTED, Noted};
use crate::actions::skip::{self as skipping, Skipped};
use crate::desk::acts::tasks::called;
use crate::desk::acts::{Acting, act, of_appointment};
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::flash::Flash;
use crate::desk::reading::segment;
use crate::domain::appointment::Appointment;
use crate::domain::call::CallResult;
use crate::domain::ids::{AppointmentId, RuleName};
use crate::domain::patient_outcome::PatientOutcome;
use crate::reports::lookup;
use crate::store::StoreError;
use crate::store::appointments::appointment;
use crate::store::controls::pauses;
use crate::store::outcomes::outcome as outcomes;

/// What must still be as the user saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Saw {
    /// Who comes when, and the number.
    TheAppointment,
    /// Also what the patient answered, and what is known of the number.
    TheAnswerToo,
}

/// Does something to an appointment that is still what the user saw.
pub(super) async fn on_appointment(
    asked: Asked,
    saw: Saw,
    work: impl FnOnce(&Acting<'_>, &Appointment) -> Result<Flash, StoreError> + Send + 'static,
) -> Result<Response, Fault> {
    let id = AppointmentId(asked.value(0).to_owned());
    let seen = asked.form.get("seen").to_owned();
    let home = page_of(&id);
    act(asked, &home, move |acting| {
        let found = appointment::of_id(acting.tx, &id)?;
        let Some(one) = found.filter(|one| acting.sees(one)) else { return Ok(None) };
        let is_as_seen = match saw {
            Saw::TheAppointment => of_appointment(&one) == seen,
            Saw::TheAnswerToo => acting.state(&one)? == seen,
        };
        if !is_as_seen {
            let zone = acting.config.zone(acting.config.rulebook.location_of(&one));
            let values = [("name", lookup::name(&one)), ("time", acting.times.full(one.starts_at, zone))];
            return Ok(Some(Flash::not_done(acting.say("act.appointment-changed", &values))));
        }
        work(acting, &one).map(Some)
    })
    .await
}

/// The address of an appointment's page.
pub(super) fn page_of(id: &AppointmentId) -> String {
    format!("/appointments/{}", segment(&id.0))
}

/// `POST /appointments/ID/call`
pub(crate) async fn call(asked: Asked) -> Result<Response, Fault> {
    let result = CallResult::from_code(asked.form.get("result")).ok_or(Fault::BadForm)?;
    on_appointment(asked, Saw::TheAppointment, move |acting, one| {
        let about = Some((&one.id, one.starts_at));
        let call = calling::record(acting.tx, None, about, result, acting.who(), acting.now)?;
        Ok(called(acting, call, result))
    })
    .await
}

/// `POST /appointments/ID/outcome`
pub(crate) async fn outcome(asked: Asked) -> Result<Response, Fault> {
    let outcome = PatientOutcome::from_code(asked.form.get("outcome")).filter(|one| CAN_BE_NOTED.contains(one));
    let outcome = outcome.ok_or(Fault::BadForm)?;
    on_appointment(asked, Saw::TheAnswerToo, move |acting, one| {
        let name = lookup::name(one);
        let before = outcomes::of_person(acting.tx, (&one.id, one.starts_at), &one.person())?;
        let noted = note_outcome::note(acting.tx, acting.config, (&one.id, outcome), acting.operator(), acting.now)?;
        Ok(match noted {
            Noted::Done => {
                let what = acting.say(&format!("outcome.{}", outcome.code()), &[]);
                let flash = Flash::done(acting.say("act.noted", &[("name", name), ("outcome", what)]));
                // What the patient wrote before cannot be brought back by a note.
                match before.is_none() && outcome != PatientOutcome::None {
                    false => flash,
                    true => flash.undone_by(
                        format!("{}/outcome", page_of(&one.id)),
                        &[("outcome", "none"), ("seen", &acting.state(one)?)],
                    ),
                }
            }
            Noted::NoSuchAppointment | Noted::NotToCome => {
                Flash::not_done(acting.say("act.not-to-come", &[("name", name)]))
            }
            Noted::OptedOut => Flash::not_done(acting.say("act.note-opted-out", &[("name", name)])),
        })
    })
    .await
}

/// `POST /appointments/ID/skip`
pub(crate) async fn skip(asked: Asked) -> Result<Response, Fault> {
    set_skip(asked, false).await
}

/// `POST /appointments/ID/give-back`
pub(crate) async fn give_back(asked: Asked) -> Result<Response, Fault> {
    set_skip(asked, true).await
}

async fn set_skip(asked: Asked, give_back: bool) -> Result<Response, Fault> {
    let rule = asked.form.filled("rule").map(|rule| RuleName(rule.to_owned()));
    on_appointment(asked, Saw::TheAnswerToo, move |acting, one| {
        let (about, name) = ((&one.id, rule.as_ref()), lookup::name(one));
        let skipped_before = !pauses::skips_of(acting.tx, &one.id)?.is_empty();
        let done = skipping::skip(acting.tx, acting.config, about, give_back, acting.operator(), acting.now)?;
        let rule = rule.as_ref().map(|rule| rule.0.clone()).unwrap_or_default();
        let values = [("name", name), ("rule", rule.clone())];
        let of_rule = if rule.is_empty() { "" } else { "-rule" };
        let undo = [("rule", rule.as_str()), ("seen", &acting.state(one)?)];
        Ok(match (done, give_back) {
            (Skipped::Done, false) => {
                let flash = Flash::done(acting.say(&format!("act.skipped{of_rule}"), &values));
                // Giving everything back would also give back what was skipped before.
                match skipped_before && rule.is_empty() {
                    true => flash,
                    false => flash.undone_by(format!("{}/give-back", page_of(&one.id)), &undo),
                }
            }
            (Skipped::Done, true) => Flash::done(acting.say(&format!("act.given-back{of_rule}"), &values))
                .undone_by(format!("{}/skip", page_of(&one.id)), &undo),
            (Skipped::Already, _) => Flash::not_done(acting.say("act.nothing", &[])),
            (Skipped::NoSuchRule(_) | Skipped::NoSuchAppointment, _) => {
                Flash::not_done(acting.say("act.no-such-rule", &values))
            }
        })
    })
    .await
}
