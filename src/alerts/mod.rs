//! Which problems raise an alert: when, in what words, and through which channels; also the heartbeat.

pub mod channels;
pub(crate) mod heartbeat;
pub(crate) mod reporter;
pub mod rules;
pub(crate) mod task;
pub mod text;
