//! The only place that reads the wall clock.
//!
//! Everything else takes `now` as an argument, so that a test, a simulation, or `--now` can use any moment. The boot
//! clock is needed as well because the wall clock can be set, and the monotonic clock stops while the machine is
//! suspended.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// Where the engine gets its time.
pub trait Clock: Send + Sync {
    /// The wall clock, UTC.
    fn now(&self) -> DateTime<Utc>;
    /// Time since the machine booted, including time suspended.
    fn boot(&self) -> Duration;
}

/// The machine's own clocks.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that may")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn boot(&self) -> Duration {
        let t = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::new(u64::try_from(t.tv_sec).unwrap_or(0), u32::try_from(t.tv_nsec).unwrap_or(0))
    }
}

/// The processor time that this process has used, over all its threads.
pub(crate) fn processor_time() -> Duration {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(t.tv_sec).unwrap_or(0), u32::try_from(t.tv_nsec).unwrap_or(0))
}

/// A clock that stands still until it is moved, for tests and simulations.
#[derive(Debug)]
pub struct ManualClock {
    wall_ms: AtomicI64,
    boot_ms: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `now`; its boot clock starts at one hour.
    pub fn new(now: DateTime<Utc>) -> ManualClock {
        ManualClock { wall_ms: AtomicI64::new(now.timestamp_millis()), boot_ms: AtomicI64::new(3_600_000) }
    }

    /// Moves both clocks forward by `by`.
    pub fn advance(&self, by: TimeDelta) {
        self.wall_ms.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        self.boot_ms.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }

    /// Sets the wall clock, as a person or NTP would; the boot clock does not move.
    pub fn set(&self, now: DateTime<Utc>) {
        self.wall_ms.store(now.timestamp_millis(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.wall_ms.load(Ordering::SeqCst)).unwrap_or_default()
    }

    fn boot(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.boot_ms.load(Ordering::SeqCst)).unwrap_or(0))
    }
}
