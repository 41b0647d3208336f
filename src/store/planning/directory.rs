//! Whose number a spelling is: how the practice's configuration reads numbers, and which unit an appointment belongs to.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use crate::domain::ids::AppointmentId;
use crate::domain::phone::{Country, Phone, Reading};
use crate::domain::sender::Sender;
use crate::store::appointments::phone_spellings;
use crate::store::connection::error::StoreError;
use crate::store::planning::unit::PlanningUnit;

/// How numbers are read: by the rules of a country, and taken as written where the configuration names them.
#[derive(Debug, Clone, PartialEq)]
pub struct Directory {
    /// The country of numbers without `+`.
    pub country: Country,
    /// Numbers that count as usable, valid or not.
    pub as_written: BTreeSet<Phone>,
    /// The practice's own numbers: an entry with one of them has none of its patient's.
    pub own: BTreeSet<Phone>,
    /// From where texts of these locations go out.
    pub senders: BTreeMap<String, Sender>,
    /// From where all other texts go out.
    pub sender: Sender,
}

impl Directory {
    /// From where texts of an appointment at this location go out.
    pub(crate) fn sender_of(&self, location: Option<&str>) -> &Sender {
        location.and_then(|location| self.senders.get(location)).unwrap_or(&self.sender)
    }

    /// The number of a reading, if it can be texted.
    pub(crate) fn usable<'a>(&self, reading: &'a Reading) -> Option<&'a Phone> {
        let allowed = |phone: &&Phone| {
            !reading.refusal && ((reading.valid && reading.textable) || self.as_written.contains(phone))
        };
        reading.phone.as_ref().filter(allowed).filter(|phone| !self.own.contains(phone))
    }

    /// The unit an appointment belongs to, by its number as written; spellings must have been learnt.
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
