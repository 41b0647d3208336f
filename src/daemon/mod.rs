//! The daemon around the engine: scheduler, signals, systemd, reload, logs, alerts, metrics.

mod config_hold;
mod daily;
mod error;
pub mod logs;
mod pulls;
mod receivers;
mod reload;
mod run;
mod service;
mod setup;
mod status_line;
mod task_upkeep;
mod ticker;
mod watchdog;

pub(crate) use crate::daemon::run::run;
