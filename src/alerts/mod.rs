//! Which trouble is told to people: when, in what words, through which channels; and the heartbeat.

pub mod channels;
pub mod heartbeat;
pub mod rules;
pub mod signals;
pub mod task;
pub mod words;
