//! The passes: they read the store, ask the pure parts, act, and write the store.

pub mod account;
pub mod alarm_words;
pub mod alarms;
pub mod brakes;
pub mod circuit;
pub mod compose;
pub mod difference;
pub mod feed_guard;
pub mod housekeeping;
pub mod importing;
pub mod in_flight;
pub mod inbox;
mod life;
mod lines;
pub mod not_reached;
pub mod not_reached_page;
pub mod outlook;
pub mod pace;
pub mod passes;
pub mod planning;
mod queue;
pub mod reading;
pub mod reconcile;
pub mod sending;
pub mod test_text;
pub mod trust;
pub mod under_way;
