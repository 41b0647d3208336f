//! `config.toml` -> a checked, typed [`Config`]; every problem at once, with line and column.

mod check;
pub mod document;
pub mod key;
pub mod problem;
mod read;
mod rules;
pub mod schedule;
pub mod zones;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta, TimeZone, Utc};

use crate::domain::phone::{Country, Phone};
use crate::domain::zone::Zone;
use crate::planner::facts::Rulebook;
use crate::wording::wordbook::Wordbook;
use problem::Report;
use zones::Zones;

/// What a practice decided, checked and ready for use.
#[derive(Debug, Clone)]
pub struct Config {
    /// The practice.
    pub practice: Practice,
    /// How Annie is spoken to.
    pub annie: Annie,
    /// The rules, the calendar and the mode, for the planner.
    pub rulebook: Rulebook,
    /// The words.
    pub wordbook: Wordbook,
    /// The database file.
    pub database: PathBuf,
    /// When the passes run: a six-field cron text, UTC.
    pub tick: String,
    /// The text it was read from.
    source: String,
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
    /// What Annie learns about a visit.
    pub send_appointment: Vec<AppointmentField>,
    /// Requests to all endpoints, a minute.
    pub requests_per_minute: u32,
    /// POSTs under way at once.
    pub concurrency: u32,
    /// For one request in all, connecting included.
    pub timeout: Duration,
    /// How long an outcome may be unknown before a person should look.
    pub settle: TimeDelta,
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

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No file was named and none is in the usual places.
    #[error(
        "there is no configuration: neither ./config.toml nor /etc/leadtime/config.toml exists; name one with --config FILE"
    )]
    NotFound,
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file has errors.
    #[error("{}", .0.summary())]
    Wrong(Report),
}

/// The file to read: the one that was named, else `./config.toml`, else `/etc/leadtime/config.toml`.
///
/// # Errors
/// [`ConfigError::NotFound`].
pub fn locate(named: Option<&Path>) -> Result<PathBuf, ConfigError> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    let usual = [Path::new("config.toml"), Path::new("/etc/leadtime/config.toml")];
    usual.into_iter().find(|path| path.exists()).map(Path::to_owned).ok_or(ConfigError::NotFound)
}

/// Reads and checks a file. The report holds its warnings.
///
/// # Errors
/// See [`ConfigError`].
pub fn load(path: &Path) -> Result<(Config, Report), ConfigError> {
    let bytes = std::fs::read(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    let source = String::from_utf8(bytes).map_err(|error| {
        let source = std::io::Error::other(format!("it is not UTF-8 text (byte {})", error.utf8_error().valid_up_to()));
        ConfigError::Unreadable { path: path.to_owned(), source }
    })?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let (config, problems) = read::read(&source, folder, &Zones::of_this_machine());
    let report = Report { file: path.display().to_string(), source, problems };
    match config {
        Some(config) if !report.has_errors() => Ok((config, report)),
        _ => Err(ConfigError::Wrong(report)),
    }
}

impl Config {
    /// A text that differs whenever stored plans may no longer hold: another file, another program, other clocks.
    pub fn plan_basis(&self, now: DateTime<Utc>) -> String {
        let mut hasher = DefaultHasher::new();
        self.source.hash(&mut hasher);
        for zone in [&self.rulebook.calendar.zone, &self.rulebook.calendar.organization_zone] {
            let first = Utc.with_ymd_and_hms(now.year(), 1, 1, 12, 0, 0).single().unwrap_or(now);
            for day in 0..3 * 366 {
                zone.offset_at(first + TimeDelta::days(day)).local_minus_utc().hash(&mut hasher);
            }
        }
        format!("{} {:016x}", env!("CARGO_PKG_VERSION"), hasher.finish())
    }
}
