//! A request to text a number that may have arrived, as Annie's limits count it.

use chrono::{DateTime, Utc};

use crate::domain::reminder_key::ReminderKey;

/// A request to text the number that may have arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its id in the ledger; none for somebody else's.
    pub id: Option<i64>,
    /// The latest moment it can count from: when it ended.
    pub at: DateTime<Utc>,
    /// How it ended.
    pub end: AttemptEnd,
    /// What it was about, as far as it was ours.
    pub keys: Vec<ReminderKey>,
}

/// How an attempt ended, as far as Annie's cooldown is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptEnd {
    /// Confirmed: failures before it no longer count.
    Success,
    /// Refused.
    Failure,
    /// Neither is known.
    Open,
}
