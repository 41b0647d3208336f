//! The daemon around the engine: metronome, signals, systemd, reload, logs, alarms, figures.

pub mod alerts;
mod change;
mod daily;
pub mod logs;
mod metrics;
mod metronome;
mod reload;
mod run;
mod service;
mod standing;
mod watchdog;

pub use run::{RunError, run};
