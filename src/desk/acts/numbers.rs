//! Acts on the number of an appointment: opt out, lift an opt-out, wrong number, right number, texts go on.

use axum::response::Response;

use crate::actions::opt_out::{self as opting_out, Added};
use crate::actions::resolve;
use crate::actions::wrong_number::{self, Marked};
use crate::desk::acts::Acting;
use crate::desk::acts::appointments::{Saw, on_appointment, page_of};
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::flash::Flash;
use crate::domain::appointment::Appointment;
use crate::domain::desk_user::Role;
use crate::domain::phone::Phone;
use crate::store::StoreError;
use crate::store::appointments::opt_outs::{self, Source};
use crate::store::controls::number_holds;
use crate::store::outcomes::named;

/// Does something to the number of an appointment.
async fn on_number(
    asked: Asked,
    work: impl FnOnce(&Acting<'_>, &Appointment, &Phone) -> Result<Flash, StoreError> + Send + 'static,
) -> Result<Response, Fault> {
    on_appointment(asked, Saw::TheAnswerToo, move |acting, one| {
        let country = acting.config.practice.country.code();
        match named::number_of(acting.tx, &country, &one.id)? {
            Some(phone) => work(acting, one, &phone),
            None => Ok(Flash::not_done(acting.say("act.no-number", &[]))),
        }
    })
    .await
}

/// Offers to take an act back, unless it settled a reply that was holding the number's texts: that stays settled.
fn undo(acting: &Acting<'_>, flash: Flash, one: &Appointment, act: &str, was_held: bool) -> Result<Flash, StoreError> {
    match was_held {
        true => Ok(flash),
        false => Ok(flash.undone_by(format!("{}/{act}", page_of(&one.id)), &[("seen", &acting.state(one)?)])),
    }
}

/// `POST /appointments/ID/opt-out`
pub(crate) async fn opt_out(asked: Asked) -> Result<Response, Fault> {
    on_number(asked, |acting, one, phone| {
        let number = ("number", phone.national());
        let was_held = number_holds::open(acting.tx, phone)?.is_some();
        Ok(match opting_out::add(acting.tx, phone, acting.operator(), acting.now)? {
            Added::Now { dropped } => {
                let text = acting.say("act.opted-out", &[number, ("n", dropped.to_string())]);
                undo(acting, Flash::done(text), one, "lift-opt-out", was_held)?
            }
            Added::Already => Flash::not_done(acting.say("act.opted-out-already", &[number])),
        })
    })
    .await
}

/// `POST /appointments/ID/lift-opt-out`. What the front desk recorded, the front desk may take back. What the patient
/// wrote is lifted by a manager only, with a reason.
pub(crate) async fn lift_opt_out(asked: Asked) -> Result<Response, Fault> {
    on_number(asked, |acting, _, phone| {
        let number = [("number", phone.national())];
        let Some(found) = opt_outs::of(acting.tx, phone)? else {
            return Ok(Flash::not_done(acting.say("act.not-opted-out", &number)));
        };
        if found.source != Source::Desk && !acting.session.may(Role::Manager) {
            return Ok(Flash::not_done(acting.say("act.opt-out-by-reply", &number)));
        }
        if found.source != Source::Desk && acting.note.is_none() {
            return Ok(Flash::not_done(acting.say("act.reason-needed", &[])));
        }
        opting_out::lift(acting.tx, phone, acting.operator(), acting.now)?;
        Ok(Flash::done(acting.say("act.opt-out-lifted", &number)))
    })
    .await
}

/// `POST /appointments/ID/wrong-number`
pub(crate) async fn wrong(asked: Asked) -> Result<Response, Fault> {
    on_number(asked, |acting, one, phone| {
        let number = [("number", phone.national())];
        let was_held = number_holds::open(acting.tx, phone)?.is_some();
        let marked =
            wrong_number::mark(acting.tx, acting.config, phone, Some(&one.patient_id), acting.operator(), acting.now)?;
        Ok(match marked {
            Marked::For(_) => {
                undo(acting, Flash::done(acting.say("act.wrong-number", &number)), one, "right-number", was_held)?
            }
            Marked::Already | Marked::NobodyHasIt => Flash::not_done(acting.say("act.nothing", &[])),
        })
    })
    .await
}

/// `POST /appointments/ID/right-number`
pub(crate) async fn right(asked: Asked) -> Result<Response, Fault> {
    on_number(asked, |acting, one, phone| {
        let number = [("number", phone.national())];
        let patient = Some(&one.patient_id);
        Ok(match wrong_number::unmark(acting.tx, phone, patient, acting.operator(), acting.now)? {
            true => undo(acting, Flash::done(acting.say("act.right-number", &number)), one, "wrong-number", false)?,
            false => Flash::not_done(acting.say("act.nothing", &[])),
        })
    })
    .await
}

/// `POST /appointments/ID/go-on`
pub(crate) async fn go_on(asked: Asked) -> Result<Response, Fault> {
    on_number(asked, |acting, _, phone| {
        let number = [("number", phone.national())];
        Ok(match resolve::go_on(acting.tx, phone, acting.operator(), acting.now)? {
            true => Flash::done(acting.say("act.goes-on", &number)),
            false => Flash::not_done(acting.say("act.nothing", &[])),
        })
    })
    .await
}
