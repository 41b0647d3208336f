//! `config.toml` -> a checked, typed [`Config`]; every problem at once, with line and column.

pub mod alerts;
pub mod api_key;
pub mod backup;
mod check;
mod daily_limits;
pub mod diagnostic;
pub mod feed;
mod hours;
mod limits;
mod lints;
mod load;
mod locations;
pub mod metrics;
mod read;
pub mod retention;
mod rule_conflicts;
mod rules;
mod settings;
mod spans;
pub mod toml_reader;
pub mod values;
mod words;

pub use crate::config::daily_limits::DailyLimits;
pub use crate::config::load::{ConfigError, database_of, fingerprint_of, load, locate};
pub use crate::config::settings::{
    Annie, AppointmentField, Config, KEY_NAME, Location, OnUnknown, PatientField, Practice,
};
