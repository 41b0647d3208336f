//! Annie's limits on what one number may get, or tighter ones.

use chrono::TimeDelta;

/// Annie's limits for one destination number, or tighter ones (API page of POST /sms).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// At least this long between two attempts; 24 hours or more.
    pub min_gap: TimeDelta,
    /// At most so many attempts in any 7 days; 1 to 3.
    pub per_7_days: usize,
    /// At most so many in any 30 days; 1 to 6.
    pub per_30_days: usize,
    /// After so many failures in a row nothing for 30 days; 1 to 3.
    pub cooldown_after: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { min_gap: TimeDelta::hours(24), per_7_days: 3, per_30_days: 6, cooldown_after: 3 }
    }
}

/// Which limit leaves no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The gap between two texts.
    Gap,
    /// So many in 7 days.
    SevenDays,
    /// So many in 30 days.
    ThirtyDays,
    /// The rest after failures.
    Cooldown,
}
