//! All tests that need more than one file: the house's rules, the tables, the store, the passes, the program.

#![allow(clippy::unwrap_used, clippy::type_complexity, reason = "a test that cannot go on has failed")]

mod alert_rules;
mod alerts;
mod backup;
mod client;
mod controls;
mod desk;
mod disk;
mod docs;
mod docs_pages;
mod doubts;
mod families;
mod feed;
mod feed_exports;
mod feed_rules;
mod golden;
mod house;
mod import;
mod imports;
mod inbox;
mod logs;
mod metrics;
mod not_reached;
mod passes;
mod person_properties;
mod privacy;
mod program;
mod properties;
mod real_data;
mod refusals;
mod replies;
mod reported;
mod retention;
mod same_person;
mod script;
mod setup;
mod shared;
mod simulated;
mod store;
mod storm;
mod tables;
mod thanksgiving;
mod tls;
mod wording;
mod world;
