//! The database as a file: backup, restore, what a restore carries over, retention.

pub(crate) mod backup;
pub(crate) mod carry_over;
pub(crate) mod restore;
pub(crate) mod retention;
