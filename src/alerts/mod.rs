//! Which trouble is told to people: when, in what words, through which channels; and the heartbeat.

pub mod channels;
pub(crate) mod heartbeat;
pub(crate) mod reporter;
pub mod rules;
pub(crate) mod task;
pub mod text;
