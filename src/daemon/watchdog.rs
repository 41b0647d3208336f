//! The watchdog: systemd gets signs of life only as long as passes come to an end.
//!
//! A pass that fails, for example because another process has locked the database, has still come to an end. Between
//! two passes a timer in the same loop gives the signs, so a loop that waits for a stuck pass stays silent, and so does
//! one that is no longer woken for passes.

use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::warn;

use crate::daemon::service;

/// Signs of life within the time that systemd waits for one.
const SIGNS: u32 = 3;

/// Gives signs of life.
pub(crate) struct Watchdog {
    /// The time between two signs; none if systemd does not wait for them.
    every: Option<Duration>,
    last_sign: Instant,
    last_pass: Instant,
}

impl Watchdog {
    /// Gives the first sign.
    pub(crate) fn start() -> Watchdog {
        service::alive();
        let now = Instant::now();
        Watchdog { every: service::waits_for_life().map(|wait| wait / SIGNS), last_sign: now, last_pass: now }
    }

    /// A pass has ended, successfully or not.
    pub(crate) fn pass_ended(&mut self) {
        self.last_pass = Instant::now();
        if self.every.is_some() {
            self.sign();
        }
    }

    /// Something that may take long begins between two passes.
    pub(crate) fn at_work(&mut self) {
        if self.every.is_some() {
            self.sign();
        }
    }

    /// Waits until the next sign is due if no pass ends before.
    pub(crate) async fn next(&self) {
        match self.every {
            Some(every) => sleep_until(self.last_sign + every).await,
            None => pending().await,
        }
    }

    /// Nothing is in progress: gives a sign, unless the last pass ended more than `patience` ago. Returns whether it
    /// did.
    pub(crate) fn between_passes(&mut self, patience: Duration) -> bool {
        let idle = self.last_pass.elapsed();
        if idle <= patience {
            self.sign();
            return true;
        }
        warn!(
            "Leadtime is stuck: no pass has run for {} s although one was due. systemd restarts it, and nothing is lost. If this happens again, check the disk (`dmesg`)",
            idle.as_secs()
        );
        // When to look next.
        self.last_sign = Instant::now();
        false
    }

    fn sign(&mut self) {
        service::alive();
        self.last_sign = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watchdog(every: Option<Duration>, idle: u64) -> Watchdog {
        let now = Instant::now();
        Watchdog { every, last_sign: now, last_pass: now - Duration::from_secs(idle) }
    }

    #[tokio::test]
    async fn watchdog_signals_stop_when_passes_stop() {
        let patience = Duration::from_secs(100);
        let every = Some(Duration::from_secs(40));
        assert!(watchdog(every, 0).between_passes(patience));
        assert!(watchdog(every, 99).between_passes(patience));
        let mut late = watchdog(every, 101);
        assert!(!late.between_passes(patience));
        late.at_work();
        assert!(!late.between_passes(patience), "work is not a pass");
        late.pass_ended();
        assert!(late.between_passes(patience));
    }

    #[tokio::test]
    async fn the_loop_is_woken_only_if_systemd_waits() {
        let in_time = Duration::from_millis(200);
        let woken = tokio::time::timeout(in_time, watchdog(Some(Duration::from_millis(20)), 0).next()).await;
        assert!(woken.is_ok());
        assert!(tokio::time::timeout(in_time, watchdog(None, 0).next()).await.is_err());
    }
}
