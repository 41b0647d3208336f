//! Whether a task has waited longer than its appointment allows.

use chrono::{DateTime, TimeDelta, Utc};

/// The least and the most time that a task may wait before it raises an alert.
const LEAST: TimeDelta = TimeDelta::minutes(15);
/// See [`LEAST`].
const MOST: TimeDelta = TimeDelta::hours(24);

/// When an open task becomes overdue: after a quarter of the time between its cause and its appointment, at least 15
/// minutes and at most a day. An urgent one is overdue at once.
pub fn overdue_at(is_urgent: bool, since: DateTime<Utc>, start: Option<DateTime<Utc>>) -> DateTime<Utc> {
    if is_urgent {
        return since;
    }
    since + start.map_or(MOST, |start| ((start - since) / 4).clamp(LEAST, MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_the_appointment_the_sooner_a_task_is_overdue() {
        let since = DateTime::UNIX_EPOCH;
        let waits = |hours: Option<i64>| {
            (overdue_at(false, since, hours.map(|h| since + TimeDelta::hours(h))) - since).num_minutes()
        };
        assert_eq!(waits(Some(4)), 60);
        assert_eq!(waits(Some(0)), 15);
        assert_eq!(waits(Some(400)), 24 * 60);
        assert_eq!(waits(None), 24 * 60);
        assert_eq!(overdue_at(true, since, None), since);
    }
}
