//! The values that templates use: an appointment's time and type in words, names, and sample appointments for trying
//! templates.

use chrono::{DateTime, FixedOffset};
use minijinja::{Value, context};

use crate::domain::appointment::Appointment;
use crate::domain::ids::{one_line, utf16_len};
use crate::domain::language::Language;
use crate::domain::private::Private;
use crate::wording::{dates, names};

/// An appointment's time and type in words, in one language.
pub(crate) struct WhenAndWhat<'a> {
    pub(crate) when: String,
    pub(crate) date: String,
    pub(crate) time: String,
    pub(crate) weekday: String,
    pub(crate) arrive: Option<String>,
    pub(crate) kind: Option<&'a str>,
}

impl<'a> WhenAndWhat<'a> {
    pub(crate) fn new(
        language: Language,
        start: DateTime<FixedOffset>,
        arrive: Option<DateTime<FixedOffset>>,
        now: DateTime<FixedOffset>,
        kind: Option<&'a str>,
    ) -> WhenAndWhat<'a> {
        let when = dates::when(language, start, now);
        let please = arrive.map(|at| match language {
            Language::English => format!(" (please arrive at {})", dates::time(language, at)),
            Language::Spanish => format!(" (llegue {})", dates::at_time(language, at)),
            Language::French => format!(" (arrivez {})", dates::at_time(language, at)),
        });
        WhenAndWhat {
            when: when + &please.unwrap_or_default(),
            date: dates::date_seen_from(language, start, now),
            time: dates::time(language, start),
            weekday: dates::weekday(language, start),
            arrive: arrive.map(|at| dates::time(language, at)),
            kind,
        }
    }
}

pub(crate) fn sample_words(language: Language, whole: bool) -> WhenAndWhat<'static> {
    let at = |text: &str| text.parse::<DateTime<FixedOffset>>().unwrap_or_default();
    let kind = whole.then_some("cleaning");
    WhenAndWhat::new(language, at("2026-09-23T12:30:00-06:00"), None, at("2026-09-18T10:00:00-06:00"), kind)
}

pub(crate) fn sample_appointment(whole: bool) -> Appointment {
    let some = |text: &str| Private(whole.then(|| text.to_owned()));
    Appointment {
        id: "sample".into(),
        patient_id: "sample".into(),
        first_name: some("Alexander"),
        last_name: some("Fitzgerald"),
        date_of_birth: Private(None),
        phone: Private(None),
        language: None,
        type_id: None,
        description: some("6-month cleaning"),
        provider: some("Dr. Lee"),
        starts_at: DateTime::UNIX_EPOCH,
        ends_at: None,
        status: crate::domain::appointment::Status::Booked,
        location: None,
        feed: None,
        booked_at: None,
        consent: None,
    }
}

/// One entry of `appointments`, with names and words on one level.
pub(crate) fn flat(appointment: &Appointment, words: &WhenAndWhat<'_>) -> Value {
    let text = |text: &Private<Option<String>>| present(text.as_ref()).unwrap_or_default();
    let (first, last) = names::said(appointment);
    let WhenAndWhat { when, date, time, weekday, arrive, kind } = words;
    context! {
        when, date, time, weekday,
        first_name => some(first.as_deref()),
        last_name => some(last.as_deref()),
        description => text(&appointment.description),
        provider => text(&appointment.provider),
        arrive => some(arrive.as_deref()),
        type => some(*kind),
    }
}

pub(crate) fn some(text: Option<&str>) -> Value {
    text.map(Value::from).unwrap_or_default()
}

/// A value on one line, if it is present and not blank.
pub(crate) fn present(text: Option<&String>) -> Option<Value> {
    let text = one_line(text?);
    (!text.is_empty()).then(|| Value::from(text))
}

/// Adds a sentence, unless the text would become too long for Annie.
pub(super) fn add_sentence(text: &mut String, sentence: &str, longest: usize) {
    let stop = if text.is_empty() || text.ends_with(['.', '!', '?']) { "" } else { "." };
    let blank = if text.is_empty() { "" } else { " " };
    if !sentence.is_empty() && utf16_len(text) + utf16_len(sentence) + 2 <= longest {
        text.push_str(&format!("{stop}{blank}{sentence}"));
    }
}
