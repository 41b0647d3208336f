//! The names that patients know for an office and for types of appointments.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::domain::language::Language;
use crate::domain::zone::Zone;

/// An office as its patients know it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Office {
    /// The time zone of its appointments.
    pub(crate) zone: Zone,
    /// Its own name, or the practice's if it has none.
    pub(crate) name: String,
    /// Its phone number, as patients read it.
    pub(crate) phone: String,
}

/// A type of appointment.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct AppointmentType {
    /// The word for it, by language; the entry under `None` is used if there is no other.
    pub(crate) words: BTreeMap<Option<Language>, String>,
    /// How long before the start patients are asked to arrive; zero = at the start.
    pub(crate) arrive_early: TimeDelta,
}

impl AppointmentType {
    pub(super) fn word(&self, language: Language) -> Option<&str> {
        let known = self.words.get(&Some(language)).or_else(|| self.words.get(&None));
        known.or_else(|| self.words.values().next()).map(String::as_str)
    }
}
