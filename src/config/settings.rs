//! The configuration as the program uses it: typed, checked, complete.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, TimeZone, Utc};

use crate::config::daily_limits::DailyLimits;
use crate::config::feeds::Feed;
use crate::config::{alerts, backup, retention};
use crate::domain::fingerprint;
use crate::domain::ids::ApiKeyName;
use crate::domain::language::Language;
use crate::domain::phone::{Country, Phone};
use crate::domain::sender::Sender;
use crate::domain::zone::Zone;
use crate::listener::address::Address;
use crate::planner::input::Rulebook;
use crate::wording::office::Office;
use crate::wording::wordbook::Wordbook;

/// What a practice decided, checked and ready for use.
#[derive(Debug, Clone)]
pub struct Config {
    /// The practice.
    pub practice: Practice,
    /// How Annie is spoken to.
    pub annie: Annie,
    /// The offices beside the practice's own, by their ids.
    pub locations: BTreeMap<String, Location>,
    /// The rules, the calendar and the mode, for the planner.
    pub rulebook: Rulebook,
    /// How many texts may leave on one day.
    pub daily_limits: DailyLimits,
    /// The words.
    pub wordbook: Wordbook,
    /// The database file.
    pub database: PathBuf,
    /// When the passes run: a six-field cron text, UTC.
    pub tick: String,
    /// When on each open day the list of those no text reaches is made; none: never.
    pub not_reached_at: Option<NaiveTime>,
    /// Where appointments come from; none: files with Leadtime's own columns.
    pub feeds: Vec<Feed>,
    /// The daily copies of the database; none: none are made.
    pub backup: Option<backup::Backup>,
    /// How long names and texts are kept.
    pub retention: retention::Retention,
    /// Who hears of trouble.
    pub alerts: alerts::Alerts,
    /// Where figures are served, if they are.
    pub metrics: Option<Address>,
    /// The text it was read from.
    pub(crate) source: String,
}

/// `[practice]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Practice {
    /// As patients read it.
    pub name: String,
    /// The office line.
    pub phone: Phone,
    /// The Annie number texts come from.
    pub from_number: Phone,
    /// The practice's clock.
    pub zone: Zone,
    /// Whose dialling rules numbers without `+` follow.
    pub country: Country,
    /// The language of patients whose record names none.
    pub language: Language,
}

impl Practice {
    /// The practice as its patients know it.
    pub(crate) fn office(&self) -> Office {
        Office { zone: self.zone.clone(), name: self.name.clone(), phone: self.phone.national() }
    }
}

/// `[[location]]`, as far as it is not part of calendar and words.
#[derive(Debug, Clone, PartialEq)]
pub struct Location {
    /// The office line.
    pub phone: Phone,
    /// The Annie number its texts come from.
    pub from_number: Phone,
    /// The file that holds its key, if it has one of its own.
    pub api_key_file: Option<PathBuf>,
}

/// `[annie]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Annie {
    /// Without a slash at its end.
    pub base_url: String,
    /// The file that holds the key, if it is a file.
    pub api_key_file: Option<PathBuf>,
    /// What Annie learns about a patient.
    pub send_patient: Vec<PatientField>,
    /// What Annie learns about an appointment.
    pub send_appointment: Vec<AppointmentField>,
    /// Requests to all endpoints, a minute.
    pub requests_per_minute: u32,
    /// POSTs under way at once.
    pub concurrency: u32,
    /// For one request in all, connecting included.
    pub timeout: Duration,
    /// Two readings of Annie's list at least this far apart have to lack a text before it counts as not sent.
    pub settle: TimeDelta,
    /// What becomes of such a text.
    pub on_unknown: OnUnknown,
}

/// What becomes of a text that Annie gave no clear answer for and that her list lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnUnknown {
    /// It is sent once more, while Annie's own 24 hours guard against a double.
    #[default]
    Retry,
    /// A person decides.
    Hold,
}

/// A member of `patientInfo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatientField {
    /// `firstName`.
    FirstName,
    /// `lastName`.
    LastName,
    /// `dateOfBirth`.
    DateOfBirth,
    /// `patientId`.
    PatientId,
}

/// A member of `appointmentInfo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppointmentField {
    /// `startTime`.
    StartTime,
    /// `endTime`.
    EndTime,
    /// `appointmentTypeId`.
    Type,
    /// `appointmentDescription`.
    Description,
    /// `appointmentId`.
    Id,
}

/// The name the practice's own API key goes by in the ledger; never the key.
pub(crate) const KEY_NAME: &str = "default";

impl Config {
    /// The name in the ledger of the key that texts of a location go out with.
    pub(crate) fn key_name(&self, location: Option<&str>) -> ApiKeyName {
        let own = |id: &&str| self.locations.get(*id).is_some_and(|location| location.api_key_file.is_some());
        location.filter(own).unwrap_or(KEY_NAME).into()
    }

    /// The names of all keys, the practice's own first.
    pub fn key_names(&self) -> impl Iterator<Item = ApiKeyName> {
        std::iter::once(KEY_NAME.into()).chain(self.own_keys().map(|(_, key)| key))
    }

    /// The locations that have a key of their own, with its name.
    pub(crate) fn own_keys(&self) -> impl Iterator<Item = (&str, ApiKeyName)> {
        let own = self.locations.iter().filter(|(_, location)| location.api_key_file.is_some());
        own.map(|(id, _)| (id.as_str(), id.as_str().into()))
    }

    /// The Annie number that texts of a location come from.
    pub(crate) fn number_of(&self, location: Option<&str>) -> &Phone {
        let location = location.and_then(|id| self.locations.get(id));
        location.map_or(&self.practice.from_number, |location| &location.from_number)
    }

    /// All Annie numbers that texts come from.
    pub(crate) fn numbers(&self) -> Vec<Phone> {
        let own = self.locations.values().map(|location| location.from_number.clone());
        std::iter::once(self.practice.from_number.clone()).chain(own).collect()
    }

    /// From where texts of a location go out.
    pub(crate) fn sender(&self, location: Option<&str>) -> Sender {
        Sender { api_key: self.key_name(location), from_number: self.number_of(location).clone() }
    }

    /// The clock of a location.
    pub(crate) fn zone(&self, location: Option<&str>) -> &Zone {
        let calendar = location.and_then(|id| self.rulebook.locations.get(id));
        calendar.map_or(&self.practice.zone, |calendar| &calendar.zone)
    }

    /// A text that differs whenever the file does.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint(&self.source)
    }

    /// A text that differs whenever stored plans may no longer hold: another file, another program, other clocks.
    pub(crate) fn plan_basis(&self, now: DateTime<Utc>) -> String {
        let mut basis = self.source.clone();
        let calendars = std::iter::once(&self.rulebook.calendar).chain(self.rulebook.locations.values());
        for zone in calendars.flat_map(|calendar| [&calendar.zone, &calendar.organization_zone]) {
            let first = Utc.with_ymd_and_hms(now.year(), 1, 1, 12, 0, 0).single().unwrap_or(now);
            for day in 0..3 * 366 {
                basis.push_str(&format!(" {}", zone.offset_at(first + TimeDelta::days(day)).local_minus_utc()));
            }
        }
        format!("{} {}", env!("CARGO_PKG_VERSION"), fingerprint::of(basis))
    }
}

/// A text that differs whenever the source does.
pub(crate) fn fingerprint(source: &str) -> String {
    fingerprint::of(source)
}
