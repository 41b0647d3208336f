//! The configuration as the program uses it: typed, checked and complete.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, TimeZone, Utc};

use crate::config::daily_limits::DailyLimits;
use crate::config::feeds::Feed;
use crate::config::{alerts, backup, desk, outcomes, retention};
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

/// A practice's settings, checked and ready to use.
#[derive(Debug, Clone)]
pub struct Config {
    /// The practice.
    pub practice: Practice,
    /// How to reach Annie, and what to send it.
    pub annie: Annie,
    /// The offices in addition to the practice's own, by id.
    pub locations: BTreeMap<String, Location>,
    /// The rules, the calendar and the mode, for the planner.
    pub rulebook: Rulebook,
    /// How many texts may go out on one day.
    pub daily_limits: DailyLimits,
    /// The texts.
    pub wordbook: Wordbook,
    /// The database file.
    pub database: PathBuf,
    /// When the passes run: a six-field cron expression in UTC.
    pub tick: String,
    /// When the list of patients whom no text reaches is made on each open day; `None`: never.
    pub not_reached_at: Option<NaiveTime>,
    /// Where appointments come from; if empty, from files with Leadtime's own columns.
    pub feeds: Vec<Feed>,
    /// The daily backups of the database; `None`: none are made.
    pub backup: Option<backup::Backup>,
    /// How long names and texts are kept.
    pub retention: retention::Retention,
    /// Who gets alerts.
    pub alerts: alerts::Alerts,
    /// What Annie's tags and actions mean, and who is told about outcomes.
    pub outcomes: outcomes::Outcomes,
    /// Where metrics are served, if they are.
    pub metrics: Option<Address>,
    /// The front desk's page, if it is served.
    pub desk: Option<desk::Desk>,
    /// The text it was read from.
    pub(crate) source: String,
}

/// `[practice]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Practice {
    /// The name that patients see.
    pub name: String,
    /// The office line.
    pub phone: Phone,
    /// The Annie number that texts come from.
    pub from_number: Phone,
    /// The practice's time zone.
    pub zone: Zone,
    /// The country whose dialing rules apply to numbers without `+`.
    pub country: Country,
    /// The language for patients whose record does not name one.
    pub language: Language,
}

impl Practice {
    /// The practice as its patients know it.
    pub(crate) fn office(&self) -> Office {
        Office { zone: self.zone.clone(), name: self.name.clone(), phone: self.phone.national() }
    }
}

/// `[[location]]`, except for what belongs to the calendar and the texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Location {
    /// The office line.
    pub phone: Phone,
    /// The Annie number its texts come from.
    pub from_number: Phone,
    /// The file with its API key, if it has its own.
    pub api_key_file: Option<PathBuf>,
}

/// `[annie]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Annie {
    /// Without a trailing slash.
    pub base_url: String,
    /// The file with the API key, if the key comes from a file.
    pub api_key_file: Option<PathBuf>,
    /// The patient fields that are sent to Annie.
    pub send_patient: Vec<PatientField>,
    /// The appointment fields that are sent to Annie.
    pub send_appointment: Vec<AppointmentField>,
    /// Requests per minute, over all endpoints.
    pub requests_per_minute: u32,
    /// POSTs in progress at the same time.
    pub concurrency: u32,
    /// The time limit for one request, including connecting.
    pub timeout: Duration,
    /// A text counts as not sent once it is missing from two reads of Annie's list at least this far apart.
    pub settle: TimeDelta,
    /// What happens to such a text.
    pub on_unknown: OnUnknown,
}

/// What happens to a text for which Annie gave no clear answer and which is missing from its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnUnknown {
    /// It is sent once more, while Annie's own 24-hour limit still prevents a duplicate.
    #[default]
    Retry,
    /// A person decides.
    Hold,
}

/// A field of `patientInfo`.
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

/// A field of `appointmentInfo`.
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

/// The name of the practice's own API key in the ledger; never the key itself.
pub(crate) const KEY_NAME: &str = "default";

impl Config {
    /// The ledger name of the API key that a location's texts go out with.
    pub(crate) fn key_name(&self, location: Option<&str>) -> ApiKeyName {
        let own = |id: &&str| self.locations.get(*id).is_some_and(|location| location.api_key_file.is_some());
        location.filter(own).unwrap_or(KEY_NAME).into()
    }

    /// The ledger names of all API keys, the practice's own first.
    pub fn key_names(&self) -> impl Iterator<Item = ApiKeyName> {
        std::iter::once(KEY_NAME.into()).chain(self.own_keys().map(|(_, key)| key))
    }

    /// The locations that have their own API key, with its ledger name.
    pub(crate) fn own_keys(&self) -> impl Iterator<Item = (&str, ApiKeyName)> {
        let own = self.locations.iter().filter(|(_, location)| location.api_key_file.is_some());
        own.map(|(id, _)| (id.as_str(), id.as_str().into()))
    }

    /// The Annie number that a location's texts come from.
    pub(crate) fn number_of(&self, location: Option<&str>) -> &Phone {
        let location = location.and_then(|id| self.locations.get(id));
        location.map_or(&self.practice.from_number, |location| &location.from_number)
    }

    /// All Annie numbers that texts come from.
    pub(crate) fn numbers(&self) -> Vec<Phone> {
        let own = self.locations.values().map(|location| location.from_number.clone());
        std::iter::once(self.practice.from_number.clone()).chain(own).collect()
    }

    /// The API key and the number that a location's texts go out with.
    pub(crate) fn sender(&self, location: Option<&str>) -> Sender {
        Sender { api_key: self.key_name(location), from_number: self.number_of(location).clone() }
    }

    /// The time zone of a location.
    pub(crate) fn zone(&self, location: Option<&str>) -> &Zone {
        let calendar = location.and_then(|id| self.rulebook.locations.get(id));
        calendar.map_or(&self.practice.zone, |calendar| &calendar.zone)
    }

    /// A string that changes whenever the file does.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint(&self.source)
    }

    /// A string that changes whenever stored plans may be out of date: a new file, program version or time zone rule.
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

/// A string that changes whenever the source does.
pub(crate) fn fingerprint(source: &str) -> String {
    fingerprint::of(source)
}
