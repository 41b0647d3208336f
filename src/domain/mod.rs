//! The nouns of the field: appointment, patient, phone, lead, rule, reminder and its states. Pure.

pub mod appointment;
pub mod conversation;
pub mod language;
pub mod lead;
pub mod outcome;
pub mod phone;
pub mod private;
pub mod reminder;
pub mod reply;
pub mod rule;
pub mod text;
pub mod zone;
