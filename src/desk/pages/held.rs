//! Texts whose delivery is uncertain, with what is known on both sides, and numbers whose texts wait because of a reply.

use axum::response::Response;
use minijinja::context;
use serde::Serialize;

use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::pages::lines::{AppointmentLine, Wording, viewed};
use crate::desk::views::{self, of};
use crate::domain::number_hold::HoldCause;
use crate::store::appointments::appointment;
use crate::store::controls::number_holds;
use crate::store::ledger::{messages, resolution};

#[derive(Debug, Serialize)]
struct Held {
    id: i64,
    appointment: Option<AppointmentLine>,
    about: String,
    phone: String,
    rule: String,
    tried_at: String,
    /// What Leadtime saw when it sent.
    ours: String,
    /// What Annie's list shows.
    theirs: String,
    message: String,
}

#[derive(Debug, Serialize)]
struct Number {
    phone: String,
    said_at: String,
    cause: &'static str,
    conversation: String,
    appointments: Vec<AppointmentLine>,
}

/// `GET /held`
pub(crate) async fn page(asked: Asked) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    let now = asked.shared.now();
    let (held, numbers) = asked
        .shared
        .read(move |connection, config| {
            let mut held = Vec::new();
            for one in resolution::held(connection)? {
                let appointment = appointment::of_id(connection, &one.key.appointment_id)?;
                let text = messages::text_of(connection, &one.key)?;
                held.push((one, appointment, text));
            }
            let mut numbers = Vec::new();
            for number in number_holds::list(connection)? {
                let country = config.practice.country.code();
                let mut concerned = Vec::new();
                for id in appointment::with_number(connection, &country, &number.phone)? {
                    let one = appointment::of_id(connection, &id)?;
                    concerned.extend(one.filter(|one| one.starts_at > now && one.status.is_live()));
                }
                numbers.push((number, concerned));
            }
            Ok((held, numbers))
        })
        .await?;
    viewed(&asked, &session, "held", None).await?;
    let config = asked.shared.config();
    let wording = Wording::of(&asked, &config);
    let scope = &session.user.scope;
    let held: Vec<Held> = held
        .into_iter()
        .filter(|(_, one, _)| one.as_ref().map_or(scope.is_all(), |one| scope.sees(config.rulebook.location_of(one))))
        .map(|(held, one, text)| {
            let why = held.why.as_deref().unwrap_or("other");
            let theirs = wording.words.find(&format!("held.why.{why}")).map(str::to_owned);
            Held {
                id: held.id,
                about: wording.times.full(held.key.start, &config.practice.zone),
                appointment: one.map(|one| wording.appointment(&one)),
                phone: held.phone.as_ref().map(|phone| phone.national()).unwrap_or_default(),
                rule: held.key.rule.0.clone(),
                tried_at: wording.times.near(held.tried_at, now),
                ours: held.detail.clone().unwrap_or_else(|| wording.say("held.no-response")),
                theirs: theirs.unwrap_or_else(|| wording.say("held.why.other")),
                message: text.and_then(|text| text.words()).unwrap_or_default(),
            }
        })
        .collect();
    let numbers: Vec<Number> = numbers
        .into_iter()
        .filter(|(_, concerned)| {
            scope.is_all() || concerned.iter().any(|one| scope.sees(config.rulebook.location_of(one)))
        })
        .map(|(number, concerned)| Number {
            phone: number.phone.national(),
            said_at: wording.times.near(number.said_at, now),
            cause: match number.cause {
                HoldCause::ReplyUnclear => "reply-unclear",
                HoldCause::WrongPerson => "wrong-person",
            },
            conversation: number.conversation.0.clone(),
            appointments: concerned
                .iter()
                .filter(|one| scope.sees(config.rulebook.location_of(one)))
                .map(|one| wording.appointment(one))
                .collect(),
        })
        .collect();
    views::page(&asked.shared, &session, ("held.html", "held"), context! { held => of(&held), numbers => of(&numbers) })
        .await
}
