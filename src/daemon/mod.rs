//! The daemon around the engine: metronome, signals, systemd, reload, logs.

mod change;
pub mod logs;
mod metronome;
mod run;
mod service;
mod standing;
mod watchdog;

pub use run::{RunError, run};
