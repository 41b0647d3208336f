//! The database as a file: backup, restore, notes carried over by a restore, retention.

pub(crate) mod backup;
pub(crate) mod carry_over;
pub mod restore;
pub(crate) mod retention;
