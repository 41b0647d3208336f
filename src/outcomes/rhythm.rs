//! When a conversation is read next: the nearer the appointment and the livelier the conversation, the sooner.
//!
//! The intervals are multiples of `[outcomes] poll_every`. They lie close together on purpose: when more is to be read
//! than the key's reading share allows, conversations are read in the order in which they are due, so all are late by
//! the same time, and none by many hours.

use chrono::{DateTime, TimeDelta, Utc};

/// A conversation whose appointment starts within this time is near: such conversations get every [`NEAR_TURN`]th read
/// for certain.
pub const NEAR: TimeDelta = TimeDelta::hours(2);
/// While others are due too, one read in this many goes to a conversation that is near.
pub const NEAR_TURN: u32 = 4;
/// A conversation is lively for this long after a message of the patient, or after our text.
const LIVELY: TimeDelta = TimeDelta::hours(1);
/// With the appointment within this time, the patient is likely to answer.
const SOON: TimeDelta = TimeDelta::hours(24);

/// How long after a text its conversation is first read.
pub fn first_look(poll_every: TimeDelta) -> TimeDelta {
    poll_every * 2
}

/// When a conversation is read next. `start`: of the next appointment of its number; `last`: when the patient or we last
/// wrote; `is_closed`: Annie has closed it, so that only a late STOP is to be expected.
pub fn next_look(
    poll_every: TimeDelta,
    start: DateTime<Utc>,
    last: DateTime<Utc>,
    is_closed: bool,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let left = start - now;
    if left <= NEAR {
        return now + poll_every;
    }
    let times = match (is_closed, now - last < LIVELY, left < SOON) {
        (true, ..) => 18,
        (false, true, _) => 6,
        (false, false, true) => 12,
        (false, false, false) => 18,
    };
    // Read once more when the appointment becomes near.
    (now + poll_every * times).min(start - NEAR).max(now + poll_every)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(start: i64, last: i64, is_closed: bool) -> i64 {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let at = |minutes: i64| now + TimeDelta::minutes(minutes);
        (next_look(TimeDelta::minutes(5), at(start), at(-last), is_closed, now) - now).num_minutes()
    }

    #[test]
    fn nearness_and_quiet_set_the_interval() {
        for (start, last, is_closed, want) in [
            (60, 1, false, 5),
            (60, 600, true, 5),
            (121, 600, false, 5),
            (150, 600, false, 30),
            (600, 10, false, 30),
            (600, 600, false, 60),
            (6000, 10, false, 30),
            (6000, 600, false, 90),
            (6000, 10, true, 90),
        ] {
            assert_eq!(minutes(start, last, is_closed), want, "start {start}, last {last}, closed {is_closed}");
        }
    }
}
