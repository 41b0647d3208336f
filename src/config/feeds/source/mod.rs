//! Reads where a feed's rows come from: files, another system's database, a FHIR server, HL7 messages, a calendar.

mod database;
mod fhir;
mod hl7;
mod ical;
mod keys;

use std::time::Duration;

use super::options::Missing;
use super::parts::Parts;
use super::words::StatusMeaning;
pub use database::{Address, DatabaseSource, Host, Server};
pub use fhir::{Auth, FhirServer, FhirSource};
pub use hl7::{Hl7Source, MllpListener, Network};
pub use ical::IcalSource;
pub(super) use keys::About;
pub use keys::{PasswordPlace, WebPlace, is_this_machine};

use crate::config::toml_reader::{Section, one_of};

/// Where a feed's rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Delimited text and spreadsheets that somebody imports or drops into a folder.
    Files,
    /// Another system's database, which the service reads by itself.
    Database(Box<DatabaseSource>),
    /// FHIR resources: files, or a server that the service reads by itself.
    Fhir(Box<FhirSource>),
    /// HL7 version 2 messages: files, and a port at which other systems send them.
    Hl7(Box<Hl7Source>),
    /// Calendars: files, or an address that the service reads by itself.
    Ical(Box<IcalSource>),
}

/// How often the service reads a source by itself, and how far ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulled {
    /// The time between two reads.
    pub every: Duration,
    /// How many days are read, from today.
    pub ahead: u32,
}

impl Source {
    /// The settings for reading it every few minutes; `None` if somebody else brings its rows.
    pub fn pulled(&self) -> Option<Pulled> {
        match self {
            Source::Files | Source::Hl7(_) => None,
            Source::Database(database) => Some(Pulled { every: database.every, ahead: database.ahead }),
            Source::Fhir(fhir) => fhir.server.as_ref().map(|server| Pulled { every: server.every, ahead: fhir.ahead }),
            Source::Ical(ical) => ical.url.as_ref().map(|_| Pulled { every: ical.every, ahead: ical.ahead }),
        }
    }

    /// Where the secret is that this source needs to be read.
    pub fn secret(&self) -> Option<&PasswordPlace> {
        match self {
            Source::Files | Source::Hl7(_) => None,
            Source::Database(database) => Some(&database.password),
            Source::Fhir(fhir) => fhir.server.as_ref().map(|server| &server.web.secret),
            Source::Ical(ical) => ical.url.as_ref().map(|web| &web.secret),
        }
    }

    /// The port at which it receives messages.
    pub(crate) fn listener(&self) -> Option<&MllpListener> {
        match self {
            Source::Hl7(hl7) => hl7.listener.as_ref(),
            _ => None,
        }
    }

    /// How the names of its files usually end.
    pub(crate) fn endings(&self) -> &'static [&'static str] {
        match self {
            Source::Files => &[".csv", ".xlsx", ".xls", ".ods"],
            Source::Database(_) => &[],
            Source::Fhir(_) => &[".json", ".ndjson"],
            Source::Hl7(_) => &[".hl7"],
            Source::Ical(_) => &[".ics"],
        }
    }

    /// The settings that every feed of this kind starts from.
    pub(super) fn usual_parts(&self) -> Option<&'static str> {
        match self {
            Source::Files | Source::Database(_) => None,
            Source::Fhir(_) => Some(include_str!("../../../feeds/presets/kinds/fhir.toml")),
            Source::Hl7(_) => Some(include_str!("../../../feeds/presets/kinds/hl7.toml")),
            Source::Ical(_) => Some(include_str!("../../../feeds/presets/kinds/ical.toml")),
        }
    }

    /// Applies what the source says about its rows to the feed's other settings.
    pub(super) fn complete(&self, parts: &mut Parts) {
        if let Source::Fhir(fhir) = self {
            for status in &fhir.statuses {
                parts.status.words.insert(status.clone(), StatusMeaning::Booked);
            }
        }
        let Some(pulled) = self.pulled() else { return };
        if !matches!(self, Source::Database(_)) {
            parts.settings.missing.get_or_insert(Missing::Cancel);
        }
        // Each answer covers the days that were asked for, even if the last of them has no appointment.
        let covers = Duration::from_secs(u64::from(pulled.ahead.saturating_sub(1)) * 86_400);
        parts.settings.covers.get_or_insert(covers);
    }
}

/// Reads `kind` and its keys.
pub(super) fn read(section: &mut Section<'_, '_, '_>, about: About<'_>) -> Option<Source> {
    let kind = section.required("kind", "\"file\"", |value| {
        one_of(value, &["file", "database", "fhir", "hl7", "ical"].map(|kind| (kind, kind)))
    })?;
    match kind {
        "database" => database::read(section, about).map(|found| Source::Database(Box::new(found))),
        "fhir" => fhir::read(section, about).map(|found| Source::Fhir(Box::new(found))),
        "hl7" => hl7::read(section, about).map(|found| Source::Hl7(Box::new(found))),
        "ical" => ical::read(section, about).map(|found| Source::Ical(Box::new(found))),
        _ => Some(Source::Files),
    }
}
