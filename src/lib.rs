//! Leadtime reminds a practice's patients of their appointments by SMS, through the Annie API.
//!
//! The way of the data goes one way:
//!
//! ```text
//! feed -> appointments -> planning pass -> reminders -> sending pass -> message + attempt -> POST -> outcome
//! ```
//!
//! | room | what is in it | may use |
//! |---|---|---|
//! | [`clock`] | the only place that reads the wall clock | nothing |
//! | [`domain`] | nouns: appointment, phone, lead, rule, reminder and its states, outcome, zone; pure | nothing |
//! | [`planner`] | civil time, sending windows, the answer for every appointment and rule; pure | domain |
//! | [`wording`] | templates, dates in words; pure | domain |
//! | [`config`] | `config.toml` -> checked, typed configuration | the above |
//! | [`store`] | all SQL | domain, planner, wording |
//! | [`annie`] | wire types, HTTP client, outcome of a call, sandbox | domain, clock |
//! | [`feeds`] | readers of foreign formats | domain |
//! | [`engine`] | the passes: read the store, ask the pure parts, act, write the store | all of the above |
//! | [`simulation`] | weeks of a made-up practice in seconds, and an auditor | all of the above |
//! | [`daemon`] | metronome, signals, systemd, watchdog, reload, logs | all of the above |
//! | [`cli`] | one file a command | all of the above |
//!
//! `tests/house.rs` holds the house to these rules.

pub mod alerts;
pub mod annie;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod domain;
pub mod engine;
pub mod feeds;
pub mod listener;
pub mod metrics;
pub mod planner;
pub mod reports;
pub mod simulation;
pub mod store;
pub mod wording;
