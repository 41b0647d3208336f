//! The daemon around the engine: metronome, signals, systemd, reload, logs.

pub mod logs;
mod metronome;
mod run;
mod service;

pub use run::{RunError, run};
