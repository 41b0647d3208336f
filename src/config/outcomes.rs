//! `[outcomes]`: what Annie's tags and actions mean, how often replies are read, and which program gets the outcomes.

use chrono::TimeDelta;
use toml::Spanned;

use crate::config::toml_reader::{Faults, Section, Value, boolean, duration, fault, list, one_of, text};
use crate::config::values::program::program;
use crate::domain::patient_outcome::PatientOutcome;
use crate::outcomes::mapping::{Mapping, Mark};

/// `[outcomes]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcomes {
    /// What Annie's tags and actions mean.
    pub mapping: Mapping,
    /// How often a conversation is read shortly before its appointment: the soonest rhythm.
    pub poll_every: TimeDelta,
    /// The program that gets each outcome.
    pub hook: Option<Hook>,
}

/// The program that gets each outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Its path and its arguments.
    pub command: Vec<String>,
    /// It also gets the patient's words.
    pub sends_words: bool,
}

impl Default for Outcomes {
    fn default() -> Outcomes {
        Outcomes { mapping: Mapping::default(), poll_every: TimeDelta::minutes(5), hook: None }
    }
}

/// The keys that map values of Annie to an outcome.
const MAPPED: [(&str, PatientOutcome); 5] = [
    ("confirmed", PatientOutcome::Confirmed),
    ("wants_change", PatientOutcome::WantsChange),
    ("wants_cancel", PatientOutcome::WantsCancel),
    ("opted_out", PatientOutcome::OptedOut),
    ("needs_a_look", PatientOutcome::NeedsALook),
];

pub(crate) fn read(mut section: Section<'_, '_, '_>) -> Outcomes {
    let usual = Outcomes::default();
    let mut mapping = Mapping::default();
    for (key, outcome) in MAPPED {
        for (mark, value) in section.optional(key, marks).unwrap_or_default() {
            if let Some(other) = mapping.add(mark, &value, outcome) {
                let other = other.code();
                section.error(key, format!("`{key}`: \"{value}\" already stands for `{other}`; keep it in one place"));
            }
        }
    }
    let attention =
        section.optional("attention", |value| one_of(value, &[("any-action", true), ("mapped-actions", false)]));
    mapping.attends_to_any_action = attention.unwrap_or(true);
    let poll_every = section.optional("poll_every", |value| {
        duration(value, 5..=3600).and_then(|every| TimeDelta::from_std(every).or_else(|_| fault("too long")))
    });
    let command = section.optional("command", program);
    let sends_words = section.optional("send_words", boolean);
    if sends_words.is_some() && section.raw("command").is_none() {
        section.error("send_words", "`send_words`: there is no `command`; add one, or remove `send_words`");
    }
    section.finish();
    let hook = command.map(|command| Hook { command, sends_words: sends_words.unwrap_or(false) });
    Outcomes { mapping, poll_every: poll_every.unwrap_or(usual.poll_every), hook }
}

/// `{ tags = ["..."], actions = ["..."] }`.
fn marks(value: &Value<'_>) -> Result<Vec<(Mark, String)>, Faults> {
    const ADVICE: &str = "write { tags = [\"...\"], actions = [\"...\"] }, with either or both";
    let Some(table) = value.get_ref().as_table() else { return fault(ADVICE) };
    let mut found = Vec::new();
    let mut faults = Faults::new();
    for (key, values) in table {
        let mark = match key.get_ref().as_ref() {
            "tags" => Mark::Tag,
            "actions" => Mark::Action,
            other => {
                faults.push((Some(Spanned::span(key)), format!("there is no key `{other}` here; {ADVICE}")));
                continue;
            }
        };
        let filled = |value: &Value<'_>| match text(value)?.trim() {
            "" => fault("this value is empty"),
            text => Ok(text.to_owned()),
        };
        match list(values, filled) {
            Ok(values) => found.extend(values.into_iter().map(|value| (mark, value))),
            Err(more) => faults.extend(more),
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}
