//! All SQL for Leadtime's own database. There is one writer; every statement is a function on a connection or
//! transaction.

pub mod appointments;
pub mod connection;
pub mod controls;
pub mod conversations;
pub mod desk;
pub mod files;
pub mod ledger;
pub mod outcomes;
pub mod planning;
pub(crate) mod reports;

pub use crate::store::connection::error::StoreError;
pub(crate) use crate::store::connection::savepoint::{Isolation, each_in_savepoint, in_savepoint};
pub use crate::store::connection::store::{Store, in_transaction};
pub use rusqlite::{Connection, Transaction};
