//! Annie's limits on texts to one number, or tighter ones.

use chrono::TimeDelta;

/// Annie's limits for one destination number, or tighter ones (API documentation of POST /sms).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// At least this long between two attempts; 24 hours or more.
    pub min_gap: TimeDelta,
    /// At most this many attempts in any 7 days; 1 to 3.
    pub per_7_days: usize,
    /// At most this many attempts in any 30 days; 1 to 6.
    pub per_30_days: usize,
    /// After this many failures in a row, no attempt for 30 days; 1 to 3.
    pub cooldown_after: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { min_gap: TimeDelta::hours(24), per_7_days: 3, per_30_days: 6, cooldown_after: 3 }
    }
}

/// Which limit does not allow another text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The minimum time between two texts.
    Gap,
    /// The limit for 7 days.
    SevenDays,
    /// The limit for 30 days.
    ThirtyDays,
    /// The cooldown after failures.
    Cooldown,
}
