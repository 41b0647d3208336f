//! Opening the database: settings, migrations, the lock, savepoints and disk space; and checks that the file is intact,
//! still in place, and has the schema of the migrations.

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
