//! Leadtime reminds a practice's patients of their appointments by SMS, through the Annie API.
//!
//! Data flows one way:
//!
//! ```text
//! feed -> appointments -> planning -> reminders -> claim -> message + attempt -> POST -> outcome
//! ```
//!
//! Each module below is a room. A room imports from rooms above it in this table only, and no two files import each other;
//! `tests/leadtime/house.rs` checks both. ARCHITECTURE.md has the way of a reminder, with file names.
//!
//! | room | what is in it |
//! |---|---|
//! | [`clock`] | the only reader of the wall clock |
//! | [`domain`] | nouns of the field; pure |
//! | [`listener`] | serves a page on a port of this machine or a Unix socket |
//! | [`planner`] | what is sent when, and why not; pure |
//! | [`wording`] | what texts say; pure |
//! | [`annie`] | wire types, HTTP client, what an answer means; a model of the documented rules and a sandbox that serves it |
//! | [`config`] | `config.toml` to a checked, typed configuration |
//! | [`store`] | all SQL of our database |
//! | [`feeds`] | a practice's appointments come in |
//! | [`engine`] | the passes: read the store, ask the pure parts, act, write the store |
//! | `actions` | what a person does: a check, one write, an audit row |
//! | [`reports`] | what people read, as data |
//! | [`alerts`] | which trouble is told, its words, its channels, the heartbeat |
//! | [`simulation`] | weeks of a made-up practice in seconds, and an auditor |
//! | [`metrics`] | the Prometheus page |
//! | [`daemon`] | start, loop, signals, systemd, watchdog, reload |
//! | [`cli`] | one file a command; printing only |

mod actions;
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
