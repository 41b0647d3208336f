//! What patients call an office and the kinds of appointments.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::domain::language::Language;
use crate::domain::zone::Zone;

/// An office as its patients know it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Office {
    /// The clock of its appointments.
    pub(crate) zone: Zone,
    /// Its own name; the practice's where it has none.
    pub(crate) name: String,
    /// Its line, as patients read it.
    pub(crate) phone: String,
}

/// A kind of appointment.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct AppointmentType {
    /// The word for it, by language; under none, the word where there is no other.
    pub(crate) words: BTreeMap<Option<Language>, String>,
    /// How long before the start patients are asked to come; zero = at the start.
    pub(crate) arrive_early: TimeDelta,
}

impl AppointmentType {
    pub(super) fn word(&self, language: Language) -> Option<&str> {
        let known = self.words.get(&Some(language)).or_else(|| self.words.get(&None));
        known.or_else(|| self.words.values().next()).map(String::as_str)
    }
}
