//! A request to text a number, as Annie's limits count it.

use chrono::{DateTime, Utc};

use crate::domain::reminder_key::ReminderKey;

/// A request to text a number that may have reached Annie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its id in the ledger. `None` if another sender made it.
    pub id: Option<i64>,
    /// The latest time from which Annie can count it: when it ended.
    pub at: DateTime<Utc>,
    /// How it ended.
    pub end: AttemptEnd,
    /// Which reminders it carried, if it was ours.
    pub keys: Vec<ReminderKey>,
}

/// How an attempt ended, for the purposes of Annie's cooldown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptEnd {
    /// It is confirmed. Earlier failures no longer count.
    Success,
    /// It was refused.
    Failure,
    /// Neither is known yet.
    Open,
}
