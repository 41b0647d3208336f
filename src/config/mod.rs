//! Turns `config.toml` into a checked, typed [`Config`]; reports every problem at once, with line and column.

pub mod alerts;
pub(crate) mod api_key;
pub(crate) mod backup;
mod check;
mod daily_limits;
pub(crate) mod desk;
pub mod diagnostic;
pub mod feeds;
mod hours;
mod limits;
mod lints;
mod load;
mod locations;
pub(crate) mod metrics;
pub(crate) mod outcomes;
mod read;
pub(crate) mod retention;
mod rule_conflicts;
mod rules;
mod settings;
mod spans;
mod syntax;
mod text_lints;
pub(crate) mod toml_reader;
pub mod values;
mod words;
mod zone_lints;

pub(crate) use crate::config::daily_limits::DailyLimits;
pub use crate::config::load::{ConfigError, database_of, fingerprint_of, load, locate, of_text};
pub use crate::config::settings::Config;
pub(crate) use crate::config::settings::{AppointmentField, KEY_NAME, OnUnknown, PatientField, Practice};
