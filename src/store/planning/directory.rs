//! How the practice's configuration reads phone numbers, and which planning unit an appointment belongs to.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use crate::domain::ids::AppointmentId;
use crate::domain::phone::{Country, Phone, Reading};
use crate::domain::sender::Sender;
use crate::store::appointments::phone_spellings;
use crate::store::connection::error::StoreError;
use crate::store::planning::unit::PlanningUnit;

/// How numbers are read: by the rules of a country, or as written if the configuration names them.
#[derive(Debug, Clone, PartialEq)]
pub struct Directory {
    /// The country of numbers without `+`.
    pub country: Country,
    /// Numbers that count as usable whether valid or not.
    pub as_written: BTreeSet<Phone>,
    /// The practice's own numbers: an entry with one of them has no number for its patient.
    pub own: BTreeSet<Phone>,
    /// The senders for these locations' texts.
    pub senders: BTreeMap<String, Sender>,
    /// The sender for all other texts.
    pub sender: Sender,
}

impl Directory {
    /// The sender for texts about an appointment at this location.
    pub(crate) fn sender_of(&self, location: Option<&str>) -> &Sender {
        location.and_then(|location| self.senders.get(location)).unwrap_or(&self.sender)
    }

    /// The number from a reading, if it can be texted.
    pub(crate) fn usable<'a>(&self, reading: &'a Reading) -> Option<&'a Phone> {
        let allowed = |phone: &&Phone| {
            !reading.refusal && ((reading.valid && reading.textable) || self.as_written.contains(phone))
        };
        reading.phone.as_ref().filter(allowed).filter(|phone| !self.own.contains(phone))
    }

    /// The unit an appointment belongs to, by its number as written; the spelling must already have been read.
    pub(crate) fn unit(
        &self,
        connection: &Connection,
        id: &AppointmentId,
        spelling: Option<&str>,
    ) -> Result<PlanningUnit, StoreError> {
        let reading = match spelling {
            Some(spelling) => phone_spellings::known(connection, self.country, spelling)?,
            None => None,
        };
        let phone = reading.as_ref().and_then(|reading| self.usable(reading));
        Ok(phone.cloned().map_or_else(|| PlanningUnit::Appointment(id.clone()), PlanningUnit::Number))
    }
}
