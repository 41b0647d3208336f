//! The passes: they read the store, ask the pure parts, act, and write the store.

pub mod clock_check;
pub mod engine_loop;
pub mod keys;
pub mod lifecycle;
pub mod maintenance;
pub mod planning;
pub mod send;
pub mod sync;
pub mod task_set;
