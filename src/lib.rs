//! Leadtime reminds a practice's patients of their appointments by SMS, through the Annie API.
//!
//! Data flows one way:
//!
//! ```text
//! feed -> appointments -> planning -> reminders -> claim -> message + attempt -> POST -> outcome
//! ```
//!
//! Each module imports only from modules above it in this table, and no two files import each other;
//! `tests/leadtime/house.rs` checks both. ARCHITECTURE.md follows a reminder through the code, with file names.
//!
//! | module | what it contains |
//! |---|---|
//! | [`clock`] | the only code that reads the wall clock |
//! | [`domain`] | the terms of the field, such as appointments, phone numbers and reminders; pure |
//! | [`listener`] | serves a page on a local port or a Unix socket |
//! | `program` | runs a program of the practice |
//! | [`outcomes`] | what patients' answers mean for their appointments; pure |
//! | [`planner`] | what is sent and when, or why not; pure |
//! | [`wording`] | what texts say; pure |
//! | [`annie`] | wire types, the HTTP client, what each response means; a model of the documented rules, and a sandbox with it |
//! | [`config`] | turns `config.toml` into a checked, typed configuration |
//! | [`store`] | all SQL for our database |
//! | [`feeds`] | imports a practice's appointments |
//! | [`engine`] | the passes: read the store, call the pure modules, act, write the store |
//! | `actions` | what a person does by hand: a check, one write, an audit row |
//! | [`reports`] | what people read, as data |
//! | [`alerts`] | which problems raise an alert, what alerts say, their channels, the heartbeat |
//! | `outbox` | passes on outcomes to the practice's own program |
//! | [`simulation`] | simulates weeks of a made-up practice in seconds, and audits the result |
//! | [`metrics`] | the Prometheus page |
//! | `doctor` | what can be wrong on this server |
//! | `desk` | the front desk's page |
//! | [`daemon`] | startup, main loop, signals, systemd, watchdog, reload |
//! | [`cli`] | one file per command; printing only |

mod actions;
pub mod alerts;
pub mod annie;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod desk;
mod doctor;
pub mod domain;
pub mod engine;
pub mod feeds;
pub mod listener;
pub mod metrics;
mod outbox;
pub mod outcomes;
pub mod planner;
mod program;
pub mod reports;
pub mod simulation;
pub mod store;
pub mod wording;
