//! The database as a file: backup, restore, what a restore carries over, retention.

pub(crate) mod backup;
pub(crate) mod carry_over;
pub mod restore;
pub(crate) mod retention;
