//! The database as a file: backup, restore, what a restore carries over, retention.

pub mod backup;
pub mod carry_over;
pub mod restore;
pub mod retention;
