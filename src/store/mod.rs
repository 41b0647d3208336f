//! All SQL of Leadtime. One writer; every statement a function over a connection or a transaction.
//!
//! `synchronous = FULL` because an intent lost to a power cut is a duplicate text. Times come in as arguments; only
//! triggers fired by foreign writers read SQLite's clock. A transaction never spans a call to Annie.

pub mod appointments;
pub mod circuits;
pub mod dirty;
pub mod facts;
pub mod imports;
pub mod ledger;
pub mod lock;
pub mod open;
pub mod phones;
pub mod reminders;
pub mod standing;

pub use open::{Store, StoreError, separately};
pub use rusqlite::{Connection, Transaction};

use chrono::{DateTime, Utc};

/// The instant of stored Unix seconds; 1970 for what no calendar holds.
pub(crate) fn instant(unix: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(unix, 0).unwrap_or_default()
}
