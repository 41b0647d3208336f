//! Which trouble is told to people: when, in what words, through which channels; and the heartbeat.

pub mod channels;
pub mod heartbeat;
pub mod reporter;
pub mod rules;
pub mod task;
pub mod text;
