//! How many requests may start now, so that no minute exceeds the configured number. Pure.

use std::time::Duration;

/// Requests spread evenly over the minute (the generic cell rate algorithm with a burst of one second's worth). Times
/// are by the boot clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pace {
    interval: Duration,
    next: Duration,
}

impl Pace {
    /// A pace of this many requests per minute, at least one.
    pub(crate) fn per_minute(requests: u32) -> Pace {
        Pace { interval: Duration::from_secs(60) / requests.max(1), next: Duration::ZERO }
    }

    /// The same pace at another speed; permits that were taken stay taken.
    pub(crate) fn at_speed(self, requests: u32) -> Pace {
        Pace { next: self.next, ..Pace::per_minute(requests) }
    }

    /// How many requests can start within a second from `now`.
    pub(crate) fn permits(&self, now: Duration) -> usize {
        if self.next > now {
            return 0;
        }
        let a_second = Duration::from_secs(1).as_nanos() / self.interval.as_nanos().max(1);
        usize::try_from(a_second).unwrap_or(usize::MAX).max(1)
    }

    /// Takes permits for requests that start about now.
    pub(crate) fn take(&mut self, permits: usize, now: Duration) {
        let permits = u32::try_from(permits).unwrap_or(u32::MAX);
        self.next = self.next.max(now) + self.interval * permits;
    }

    /// How long until a permit is available.
    pub(crate) fn wait(&self, now: Duration) -> Duration {
        self.next.saturating_sub(now)
    }
}

/// The permits of one key: for all requests together, with a fifth of them reserved for reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Permits {
    all: Pace,
    reading: Pace,
}

impl Permits {
    /// Permits for this many requests per minute.
    pub(crate) fn per_minute(requests: u32) -> Permits {
        Permits { all: Pace::per_minute(requests), reading: Pace::per_minute(requests / 5) }
    }

    /// The same at another speed; permits that were taken stay taken.
    pub(crate) fn at_speed(self, requests: u32) -> Permits {
        Permits { all: self.all.at_speed(requests), reading: self.reading.at_speed(requests / 5) }
    }

    /// Whether a GET may start now. While texts are due, only from the permits reserved for reading.
    pub(crate) fn may_read(&self, texts_are_due: bool, now: Duration) -> bool {
        self.all.permits(now) > 0 && (!texts_are_due || self.reading.permits(now) > 0)
    }

    /// Takes a permit for a GET.
    pub(crate) fn take_read(&mut self, now: Duration) {
        self.all.take(1, now);
        self.reading.take(1, now);
    }

    /// How many POSTs can start within a second.
    pub(crate) fn sends(&self, now: Duration) -> usize {
        self.all.permits(now)
    }

    /// Takes permits for POSTs.
    pub(crate) fn take_sends(&mut self, permits: usize, now: Duration) {
        self.all.take(permits, now);
    }

    /// How long until a permit for a POST is available.
    pub(crate) fn wait(&self, now: Duration) -> Duration {
        self.all.wait(now)
    }

    /// How long until a permit for a GET is available.
    pub(crate) fn wait_to_read(&self, texts_are_due: bool, now: Duration) -> Duration {
        let reading = if texts_are_due { self.reading.wait(now) } else { Duration::ZERO };
        self.all.wait(now).max(reading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most requests that start in any minute if every permit is taken as soon as it is available.
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
    fn no_minute_exceeds_the_limit_by_more_than_a_seconds_worth() {
        for per_minute in [1, 7, 50, 60] {
            let most = most_in_a_minute(per_minute);
            assert!((per_minute as usize..=per_minute as usize + 1).contains(&most), "{per_minute}: {most}");
        }
        assert!((600..=610).contains(&most_in_a_minute(600)));
    }

    #[test]
    fn reading_gets_a_fifth_while_texts_are_due_and_everything_otherwise() {
        let in_a_minute = |texts_are_due: bool| {
            let mut permits = Permits::per_minute(50);
            let (mut reads, mut sends) = (0, 0);
            for ms in (1_000_000..1_060_000).step_by(100) {
                let now = Duration::from_millis(ms);
                if permits.may_read(texts_are_due, now) {
                    permits.take_read(now);
                    reads += 1;
                } else if texts_are_due && permits.sends(now) > 0 {
                    permits.take_sends(1, now);
                    sends += 1;
                }
            }
            (reads, sends)
        };
        assert_eq!(in_a_minute(true), (10, 40));
        assert_eq!(in_a_minute(false), (50, 0));
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
