//! The rules in force, each with a sample text and its cost; pauses; a change that is held.

use axum::response::Response;
use minijinja::context;
use serde::Serialize;

use crate::desk::acts::of_pause;
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::pages::lines::Wording;
use crate::desk::views::{self, of};
use crate::domain::rule::{BookedLate, OutsideHours};
use crate::store::controls::{config_hold, pauses};
use crate::wording::segments::{Encoding, cost};

#[derive(Debug, Serialize)]
struct Rule {
    name: String,
    lead: String,
    types: String,
    without_types: String,
    outside_hours: &'static str,
    sends_late: bool,
    skips_confirmed: bool,
    sample: String,
    parts: usize,
    is_plain: bool,
}

#[derive(Debug, Serialize)]
struct Pause {
    location: String,
    place: String,
    since: String,
    until: String,
    who: String,
    seen: String,
}

#[derive(Debug, Serialize)]
struct Place {
    id: String,
    name: String,
}

/// What a held change does to the texts of one rule on one day.
#[derive(Debug, Serialize)]
struct Effect {
    day: String,
    rule: String,
    added: usize,
    moved: usize,
    dropped: usize,
}

/// `GET /rules`
pub(crate) async fn page(asked: Asked) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    let now = asked.shared.now();
    let (paused, held) = asked
        .shared
        .read(move |connection, _| Ok((pauses::pauses(connection, now)?, config_hold::get(connection)?)))
        .await?;
    let config = asked.shared.config();
    let wording = Wording::of(&asked, &config);
    let rules: Vec<Rule> = config
        .rulebook
        .rules
        .iter()
        .map(|rule| {
            let sample = config.wordbook.sample_message(&rule.name, config.practice.language).unwrap_or_default();
            let price = cost(&sample);
            Rule {
                name: rule.name.0.clone(),
                lead: wording.length(&rule.lead.to_string()),
                types: rule.only_types.join(", "),
                without_types: rule.except_types.join(", "),
                outside_hours: match rule.outside_hours {
                    OutsideHours::SameDay => "same-day",
                    OutsideHours::Earlier => "earlier",
                    OutsideHours::Later => "later",
                    OutsideHours::Skip => "skip",
                },
                sends_late: rule.booked_late == BookedLate::Send,
                skips_confirmed: rule.skip_if_confirmed,
                parts: price.segments,
                is_plain: price.encoding == Encoding::Gsm7,
                sample,
            }
        })
        .collect();
    let pauses: Vec<Pause> = paused
        .iter()
        .map(|pause| Pause {
            location: pause.location.clone().unwrap_or_default(),
            place: match &pause.location {
                Some(id) => views::place(&config, Some(id)),
                None => wording.say("rules.everywhere"),
            },
            since: wording.times.near(pause.since, now),
            until: pause.until.map(|at| wording.times.near(at, now)).unwrap_or_default(),
            who: pause.who.clone().unwrap_or_default(),
            seen: of_pause(pause),
        })
        .collect();
    let places: Vec<Place> =
        config.locations.keys().map(|id| Place { id: id.clone(), name: views::place(&config, Some(id)) }).collect();
    let held = held.filter(|held| !held.confirmed).map(|held| {
        let effects: Vec<Effect> = held
            .effects
            .iter()
            .map(|effect| Effect {
                day: wording.times.date(effect.day),
                rule: effect.rule.clone(),
                added: effect.added,
                moved: effect.moved,
                dropped: effect.dropped,
            })
            .collect();
        context! {
            since => wording.times.near(held.since, now), at_once => held.at_once, usual => held.usual,
            // A change that was reloaded leaves the rules before it in effect; one found at the start stops sending.
            stops => held.fingerprint == config.fingerprint(), effects => of(&effects), seen => held.fingerprint,
        }
    });
    let content = context! { rules => of(&rules), pauses => of(&pauses), places => of(&places), held };
    views::page(&asked.shared, &session, ("rules.html", "rules"), content).await
}
