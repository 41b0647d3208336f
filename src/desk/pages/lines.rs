//! What several pages show of an appointment, a call, an outcome.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::config::Config;
use crate::desk::acts::of_appointment;
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::session::Session;
use crate::desk::times::Times;
use crate::desk::views;
use crate::desk::words::Words;
use crate::domain::appointment::Appointment;
use crate::domain::call::Call;
use crate::domain::patient_outcome::Standing;
use crate::domain::phone;
use crate::domain::sentence::{Sentence, Value, fill};
use crate::reports::lookup;
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::outcomes::outcome::key_of;

/// What a page needs to put things into words.
#[derive(Clone, Copy)]
pub(crate) struct Wording<'c> {
    pub(crate) config: &'c Config,
    pub(crate) words: &'static Words,
    pub(crate) times: Times<'c>,
    pub(crate) now: DateTime<Utc>,
}

/// An appointment in a list.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AppointmentLine {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) clock: String,
    pub(crate) full: String,
    pub(crate) provider: String,
    pub(crate) place: String,
    pub(crate) status: String,
    pub(crate) is_live: bool,
    pub(crate) seen: String,
}

/// A call.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CallLine {
    id: i64,
    result: String,
    who: String,
    at: String,
}

impl<'c> Wording<'c> {
    pub(crate) fn of(asked: &Asked, config: &'c Config) -> Wording<'c> {
        let language = asked.shared.language();
        let words = Words::in_language(language);
        Wording { config, words, times: Times::new(config, language), now: asked.shared.now() }
    }

    pub(crate) fn say(&self, key: &str) -> String {
        self.words.say(key, &[])
    }

    /// A sentence in the staff's language, its times as they read them.
    pub(crate) fn sentence(&self, sentence: &Sentence) -> String {
        let value = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            Value::Time(at, zone) => self.times.full(*at, zone),
            Value::Date(date) => self.times.date(*date),
            Value::Length(english) => self.words.length(english),
            Value::Parts(parts, between) => {
                parts.iter().map(|part| self.sentence(part)).collect::<Vec<_>>().join(&self.sentence(between))
            }
        };
        let values: Vec<(&str, String)> = sentence.values().iter().map(|(name, one)| (*name, value(one))).collect();
        match self.words.words_for(sentence.key(), &values) {
            Some(words) => fill(words, &values),
            // Other languages have words for every key.
            None if values.is_empty() => sentence.template().to_owned(),
            None => fill(sentence.template(), &values),
        }
    }

    /// An appointment, with its times in the zone of its location.
    pub(crate) fn appointment(&self, one: &Appointment) -> AppointmentLine {
        let phone = self.number(one.phone.0.as_deref());
        AppointmentLine { phone, seen: of_appointment(one), ..self.in_brief(one) }
    }

    /// The same without the number, and without what an act on it needs: lists of hundreds show neither, and reading the
    /// number takes longer than the rest.
    pub(crate) fn in_brief(&self, one: &Appointment) -> AppointmentLine {
        let location = self.config.rulebook.location_of(one);
        let zone = self.config.zone(location);
        AppointmentLine {
            id: one.id.0.clone(),
            name: lookup::name(one),
            phone: String::new(),
            clock: self.times.clock(one.starts_at, zone),
            full: self.times.full(one.starts_at, zone),
            provider: one.provider.0.clone().unwrap_or_default(),
            place: match self.config.locations.is_empty() {
                true => String::new(),
                false => views::place(self.config, location),
            },
            status: self.say(&format!("status.{}", one.status.name())),
            is_live: one.status.is_live(),
            seen: String::new(),
        }
    }

    /// A phone cell as people read it: the number, or what is written there.
    pub(crate) fn number(&self, written: Option<&str>) -> String {
        let Some(written) = written else { return String::new() };
        let read = phone::read(written, self.config.practice.country).phone;
        read.map_or_else(|| written.to_owned(), |phone| phone.national())
    }

    pub(crate) fn call(&self, call: &Call) -> CallLine {
        CallLine {
            id: call.id,
            result: self.say(&format!("call.{}", call.result.code())),
            who: call.who.clone(),
            at: self.times.near(call.at, self.now),
        }
    }

    pub(crate) fn calls(&self, calls: &[Call]) -> Vec<CallLine> {
        calls.iter().map(|call| self.call(call)).collect()
    }

    /// `confirmed by reply, 10:12 AM`.
    pub(crate) fn outcome(&self, standing: Standing) -> String {
        let values = [
            ("outcome", self.say(&format!("outcome.{}", standing.outcome.code()))),
            ("source", self.say(&format!("source.{}", standing.source.code()))),
            ("time", self.times.near(standing.since, self.now)),
        ];
        self.words.say("outcome.line", &values)
    }

    /// A length of time, such as `3 business days` or `2 hours`, in the staff's language.
    pub(crate) fn length(&self, english: &str) -> String {
        self.words.length(english)
    }

    /// Why a text does not reach a patient, from its code; the English words if there are no others.
    pub(crate) fn reason(&self, code: &str, otherwise: &str) -> String {
        self.words.find(&format!("reason.{code}")).unwrap_or(otherwise).to_owned()
    }
}

/// Records that a user saw a patient or a list of patients.
pub(crate) async fn viewed(
    asked: &Asked,
    session: &Session,
    what: &str,
    of: Option<&Appointment>,
) -> Result<(), Fault> {
    let shared = &asked.shared;
    if !shared.notes.is_new_view(&session.hash, what, shared.boot()) {
        return Ok(());
    }
    let (who, now) = (session.user.name.clone(), shared.now());
    let key = of.map(|one| key_of(&one.id, one.starts_at));
    let code = what.to_owned();
    shared
        .write(move |tx, _| {
            let act = if key.is_some() { Act::Viewed } else { Act::ViewedList };
            let code = Some(code.as_str()).filter(|_| key.is_none());
            audit::note(tx, &Entry { key: key.as_ref(), code, who: Some(&who), ..Entry::new(now, act) })
        })
        .await?;
    shared.notes.was_viewed(&session.hash, what, shared.boot());
    Ok(())
}
