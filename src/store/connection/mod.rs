//! Opening the database: settings, migrations, the lock, savepoints, and whether the file is whole.

pub mod error;
pub mod integrity;
pub mod lock;
pub mod open;
pub(crate) mod readers;
pub(crate) mod rows;
pub mod savepoint;
pub mod store;
