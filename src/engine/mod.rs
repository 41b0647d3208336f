//! The passes: they read the store, ask the pure parts, act, and write to the store.

pub(crate) mod clock_check;
mod clock_guard;
mod context;
pub(crate) mod keys;
mod lifecycle;
pub mod maintenance;
pub(crate) mod outcomes;
pub mod planning;
pub mod report;
pub mod run;
pub mod send;
pub(crate) mod sync;
mod task_set;
pub(crate) mod words;

pub use crate::engine::keys::key_set::Gateways;
