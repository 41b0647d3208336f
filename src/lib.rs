//! Leadtime
pub mod annie;
pub mod clock;
pub mod config;
pub mod domain;
pub mod engine;
pub mod feeds;
pub mod planner;
pub mod wording;

pub mod store;
pub mod cli { pub fn main() -> std::process::ExitCode { std::process::ExitCode::SUCCESS } }
