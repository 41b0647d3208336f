//! All SQL of Leadtime. One writer; every statement a function over a connection or a transaction.
//!
//! `synchronous = FULL` because an intent lost to a power cut is a duplicate text. Times come in as arguments; only
//! triggers fired by foreign writers read SQLite's clock. A transaction never spans a call to Annie.

pub mod alarms;
pub mod answers;
pub mod appointments;
pub mod attempts;
pub mod audit;
pub mod backup;
pub mod brakes;
pub mod carry;
pub mod circuits;
pub mod conversations;
pub mod daily;
pub mod directory;
pub mod dirty;
pub mod facts;
pub mod feeds;
pub mod figures;
pub mod health;
pub mod held_change;
pub mod imports;
pub mod ledger;
pub mod listings;
pub mod lock;
pub mod open;
pub mod opt_outs;
pub mod phones;
pub mod reminders;
pub mod restore;
pub mod retention;
pub mod separately;
pub mod standing;
pub mod today;

pub use open::{Store, StoreError};
pub use rusqlite::{Connection, Transaction};
pub use separately::{Care, each_separately, separately};

use chrono::{DateTime, Utc};

/// A text column as it should be: UTF-8. SQLite takes any bytes for text, so a foreign writer can have stored others.
pub(crate) fn text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(row.get_ref(column)?.as_bytes_or_null()?.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()))
}

/// A text column whatever its bytes; what is no UTF-8 equals no text there is.
pub(crate) fn any_text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(row.get_ref(column)?.as_bytes_or_null()?.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}

/// The instant of stored Unix seconds; 1970 for what no calendar holds.
pub(crate) fn instant(unix: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(unix, 0).unwrap_or_default()
}
