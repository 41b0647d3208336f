//! Acts of a manager: texts in doubt, pauses, held changes, a test alert.

use axum::response::Response;
use chrono::{DateTime, NaiveDateTime, Utc};

use crate::actions::confirm_change;
use crate::actions::pause::{self as pausing, Paused};
use crate::actions::resolve::{self, Decision};
use crate::alerts::channels::{Channel, Message};
use crate::config::Config;
use crate::desk::acts::{act, back, of_pause};
use crate::desk::answers::redirect;
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::flash::Flash;
use crate::desk::views;
use crate::desk::words::Words;
use crate::domain::ids::ConversationId;
use crate::store::appointments::appointment;
use crate::store::controls::{config_hold, pauses};
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::ledger::resolution;

/// Decides about a text whose delivery is uncertain.
async fn decide(asked: Asked, decision: Decision, said: &'static str) -> Result<Response, Fault> {
    let id: i64 = asked.value(0).parse().map_err(|_| Fault::NotFound)?;
    act(asked, "/held", move |acting| {
        let of =
            resolution::held(acting.tx)?.into_iter().find(|held| held.id == id).map(|held| held.key.appointment_id);
        let one = of.map(|of| appointment::of_id(acting.tx, &of)).transpose()?.flatten();
        if !one.map_or(acting.session.user.scope.is_all(), |one| acting.sees(&one)) {
            return Ok(None);
        }
        Ok(Some(match resolve::resolve(acting.tx, id, &decision, acting.operator(), acting.now)? {
            Ok(_) => Flash::done(acting.say(said, &[])),
            // Somebody else decided, or it became known.
            Err(_) => Flash::not_done(acting.say("act.not-held", &[])),
        }))
    })
    .await
}

/// `POST /held/ID/sent`
pub(crate) async fn sent(asked: Asked) -> Result<Response, Fault> {
    let Some(conversation) = asked.form.filled("conversation").map(str::to_owned) else {
        return act(asked, "/held", |acting| Ok(Some(Flash::not_done(acting.say("act.conversation-needed", &[])))))
            .await;
    };
    decide(asked, Decision::Sent(ConversationId(conversation)), "act.held-sent").await
}

/// `POST /held/ID/retry`
pub(crate) async fn retry(asked: Asked) -> Result<Response, Fault> {
    decide(asked, Decision::Retry, "act.held-retry").await
}

/// `POST /held/ID/drop`
pub(crate) async fn give_up(asked: Asked) -> Result<Response, Fault> {
    decide(asked, Decision::Drop, "act.held-drop").await
}

/// The end of a pause as typed; none if there is none, an error if it cannot be read.
fn end(config: &Config, typed: &str) -> Result<Option<DateTime<Utc>>, ()> {
    match typed {
        "" => Ok(None),
        typed => {
            let wall = NaiveDateTime::parse_from_str(typed, "%Y-%m-%dT%H:%M").map_err(|_| ())?;
            Ok(Some(config.practice.zone.instant(wall)))
        }
    }
}

/// A location of the form; none stands for all.
fn location(asked: &Asked, config: &Config) -> Result<Option<String>, Fault> {
    let scope = asked.session.as_ref().map(|session| &session.user.scope).ok_or(Fault::Forbidden)?;
    match asked.form.get("location") {
        // What concerns the whole practice is not for a user of one location.
        "" if scope.is_all() => Ok(None),
        id if config.locations.contains_key(id) && scope.sees(Some(id)) => Ok(Some(id.to_owned())),
        id if id.is_empty() || config.locations.contains_key(id) => Err(Fault::Forbidden),
        _ => Err(Fault::BadForm),
    }
}

/// `POST /rules/pause`
pub(crate) async fn pause(asked: Asked) -> Result<Response, Fault> {
    let config = asked.shared.config();
    let location = location(&asked, &config)?;
    let until = end(&config, asked.form.get("until"));
    act(asked, "/rules", move |acting| {
        let Ok(until) = until else { return Ok(Some(Flash::not_done(acting.say("act.pause-when", &[])))) };
        let place = views::place(acting.config, location.as_deref());
        let place = if location.is_none() { acting.say("rules.everywhere", &[]) } else { place };
        let was_paused = pauses::pauses(acting.tx, acting.now)?.iter().any(|pause| pause.location == location);
        Ok(Some(match pausing::pause(acting.tx, location.as_deref(), until, acting.operator(), acting.now)? {
            Paused::EndsInThePast => Flash::not_done(acting.say("act.pause-when", &[])),
            Paused::Until(until) => {
                let text = match until {
                    Some(at) => {
                        let time = acting.times.near(at, acting.now);
                        acting.say("act.paused-until", &[("place", place), ("time", time)])
                    }
                    None => acting.say("act.paused", &[("place", place)]),
                };
                let made = pauses::pauses(acting.tx, acting.now)?.into_iter().find(|pause| pause.location == location);
                let seen = made.as_ref().map(of_pause).unwrap_or_default();
                let fields = [("location", location.as_deref().unwrap_or_default()), ("seen", &seen)];
                // Resuming would also end the pause that this one replaced.
                match was_paused {
                    true => Flash::done(text),
                    false => Flash::done(text).undone_by("/rules/resume".to_owned(), &fields),
                }
            }
        }))
    })
    .await
}

/// `POST /rules/resume`
pub(crate) async fn resume(asked: Asked) -> Result<Response, Fault> {
    let location = location(&asked, &asked.shared.config())?;
    let seen = asked.form.get("seen").to_owned();
    act(asked, "/rules", move |acting| {
        let now = pauses::pauses(acting.tx, acting.now)?.into_iter().find(|pause| pause.location == location);
        if now.is_some_and(|pause| of_pause(&pause) != seen) {
            return Ok(Some(Flash::not_done(acting.say("act.pause-changed", &[]))));
        }
        Ok(Some(match pausing::resume(acting.tx, location.as_deref(), acting.operator(), acting.now)? {
            true => Flash::done(acting.say("act.resumed", &[])),
            false => Flash::not_done(acting.say("act.nothing", &[])),
        }))
    })
    .await
}

/// An act that concerns the whole practice.
pub(super) fn for_all(asked: &Asked) -> Result<(), Fault> {
    let is_all = asked.session.as_ref().is_some_and(|session| session.user.scope.is_all());
    if is_all { Ok(()) } else { Err(Fault::Forbidden) }
}

/// `POST /rules/confirm`
pub(crate) async fn confirm(asked: Asked) -> Result<Response, Fault> {
    let seen = asked.form.get("seen").to_owned();
    for_all(&asked)?;
    act(asked, "/rules", move |acting| {
        let held = config_hold::get(acting.tx)?;
        if held.is_none_or(|held| held.fingerprint != seen || held.confirmed) {
            return Ok(Some(Flash::not_done(acting.say("act.change-is-another", &[]))));
        }
        confirm_change::confirm(acting.tx, acting.operator(), acting.now)?;
        Ok(Some(Flash::done(acting.say("act.change-confirmed", &[]))))
    })
    .await
}

/// `POST /health/test-alert`
pub(crate) async fn test_alert(asked: Asked) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    let (shared, config) = (asked.shared.clone(), asked.shared.config());
    let words = Words::in_language(shared.language());
    let (who, now) = (session.user.name.clone(), shared.now());
    shared.write(move |tx, _| audit::note(tx, &Entry { who: Some(&who), ..Entry::new(now, Act::AlertTested) })).await?;
    let message = Message::test(&config, shared.now());
    let (mut sent, mut failed) = (0_usize, Vec::new());
    for channel in Channel::all(&config.alerts) {
        match channel.take(&message, &[]).await {
            Ok(()) => sent += 1,
            Err(why) => failed.push(format!("{}: {why}", channel.name())),
        }
    }
    let flash = match (sent, failed.is_empty()) {
        (0, true) => Flash::not_done(words.say("act.no-channels", &[])),
        (sent, true) => Flash::done(words.say("act.alert-sent", &[("n", sent.to_string())])),
        (_, false) => Flash::not_done(words.say("act.alert-failed", &[("why", failed.join("; "))])),
    };
    shared.notes.leave(&session.hash, flash);
    Ok(redirect(&back(&asked, "/health")))
}
