//! The passes: they read the store, ask the pure parts, act, and write the store.

pub mod account;
pub mod alarm_words;
pub mod alarms;
pub mod circuit;
pub mod compose;
pub mod difference;
pub mod importing;
pub mod in_flight;
mod life;
mod lines;
pub mod outlook;
pub mod pace;
pub mod passes;
pub mod planning;
mod queue;
pub mod reading;
pub mod reconcile;
pub mod sending;
pub mod trust;
pub mod under_way;
