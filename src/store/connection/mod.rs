//! Opening the database: settings, migrations, the lock, savepoints, room on the disk, and whether the file is whole and still in its place,
//! with the schema of the migrations.

pub(crate) mod error;
pub mod integrity;
pub(crate) mod lock;
pub mod open;
pub(crate) mod place;
pub(crate) mod readers;
pub(crate) mod rows;
pub(crate) mod savepoint;
pub(crate) mod schema;
pub(crate) mod space;
pub mod store;
