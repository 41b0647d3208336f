//! The nouns of the field: appointment, patient, phone, lead, rule, reminder and its states. Pure.

pub mod appointment;
pub mod attempt;
pub mod conversation;
pub(crate) mod duration;
pub(crate) mod fingerprint;
pub mod first_line;
pub mod fold;
pub mod ids;
pub mod language;
pub mod language_words;
pub mod lead;
pub mod limits;
pub mod number_hold;
pub mod operator;
pub mod outcome;
pub mod person;
pub mod phone;
mod phone_cell;
pub(crate) mod plain_text;
pub mod private;
mod refusal;
pub mod reminder;
pub mod reminder_key;
pub mod reply;
pub mod rule;
pub mod sender;
pub mod zone;
