//! How many requests may start now, so that no minute holds more than the configured number. Pure.

use std::time::Duration;

/// Requests spread evenly over the minute (the generic cell rate algorithm with a burst of a second's worth).
/// Times are those of the boot clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    interval: Duration,
    next: Duration,
}

impl Pace {
    /// A pace of so many requests a minute, at least one.
    pub fn per_minute(requests: u32) -> Pace {
        Pace { interval: Duration::from_secs(60) / requests.max(1), next: Duration::ZERO }
    }

    /// The same pace with another speed; what was taken stays taken.
    pub fn at_speed(self, requests: u32) -> Pace {
        Pace { next: self.next, ..Pace::per_minute(requests) }
    }

    /// How many requests can start within a second from `now`.
    pub fn permits(&self, now: Duration) -> usize {
        if self.next > now {
            return 0;
        }
        let a_second = Duration::from_secs(1).as_nanos() / self.interval.as_nanos().max(1);
        usize::try_from(a_second).unwrap_or(usize::MAX).max(1)
    }

    /// Takes permits for requests that start about now.
    pub fn take(&mut self, permits: usize, now: Duration) {
        let permits = u32::try_from(permits).unwrap_or(u32::MAX);
        self.next = self.next.max(now) + self.interval * permits;
    }

    /// How long until there is a permit.
    pub fn wait(&self, now: Duration) -> Duration {
        self.next.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most requests that start in any minute, if every permit is taken as soon as it is there.
    fn most_in_a_minute(per_minute: u32) -> usize {
        let mut pace = Pace::per_minute(per_minute);
        let mut starts: Vec<u64> = Vec::new();
        for ms in (1_000_000..1_300_000).step_by(100) {
            let now = Duration::from_millis(ms);
            let permits = pace.permits(now);
            pace.take(permits, now);
            starts.extend(std::iter::repeat_n(ms, permits));
        }
        starts.iter().map(|from| starts.iter().filter(|s| (*from..from + 60_000).contains(s)).count()).max().unwrap()
    }

    #[test]
    fn no_minute_holds_more_than_a_seconds_worth_over() {
        for per_minute in [1, 7, 50, 60] {
            let most = most_in_a_minute(per_minute);
            assert!((per_minute as usize..=per_minute as usize + 1).contains(&most), "{per_minute}: {most}");
        }
        assert!((600..=610).contains(&most_in_a_minute(600)));
    }

    #[test]
    fn idle_time_is_not_saved_up() {
        let mut pace = Pace::per_minute(60);
        let now = Duration::from_secs(1_000_000);
        assert_eq!(pace.permits(now), 1);
        pace.take(1, now);
        assert_eq!((pace.permits(now), pace.wait(now)), (0, Duration::from_secs(1)));
        assert_eq!(pace.permits(now + Duration::from_secs(3600)), 1);
    }
}
