//! The watchdog: systemd hears of life only as long as passes come to their end.
//!
//! A pass that fails, because another program holds the database for instance, has turned all the same. Between two
//! passes a timer of the same loop answers for it, so a loop that waits for a stuck pass is silent, and so is one that
//! is no longer woken for passes.

use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::warn;

use crate::daemon::service;

/// Signs of life in the time systemd waits for one.
const SIGNS: u32 = 3;

/// Gives signs of life.
pub(crate) struct Watchdog {
    /// Between two signs; none: nobody waits for them.
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

    /// A pass has come to its end, well or not.
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

    /// When the next sign is due if no pass ends before.
    pub(crate) async fn next(&self) {
        match self.every {
            Some(every) => sleep_until(self.last_sign + every).await,
            None => pending().await,
        }
    }

    /// Nothing is under way: a good sign, unless the last pass ended more than `patience` ago. Whether it was given.
    pub(crate) fn between_passes(&mut self, patience: Duration) -> bool {
        let idle = self.last_pass.elapsed();
        if idle <= patience {
            self.sign();
            return true;
        }
        warn!(
            "no pass has run for {} s although one was due: systemd starts leadtime anew, nothing is lost. If it happens again, look at the disk (`dmesg`)",
            idle.as_secs()
        );
        // The next time to look.
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
    async fn signs_stop_when_passes_do() {
        let patience = Duration::from_secs(100);
        let every = Some(Duration::from_secs(40));
        assert!(watchdog(every, 0).between_passes(patience));
        assert!(watchdog(every, 99).between_passes(patience));
        let mut late = watchdog(every, 101);
        assert!(!late.between_passes(patience));
        late.at_work();
        assert!(!late.between_passes(patience), "work is no pass");
        late.pass_ended();
        assert!(late.between_passes(patience));
    }

    #[tokio::test]
    async fn wakes_the_loop_only_where_somebody_waits() {
        let in_time = Duration::from_millis(200);
        let woken = tokio::time::timeout(in_time, watchdog(Some(Duration::from_millis(20)), 0).next()).await;
        assert!(woken.is_ok());
        assert!(tokio::time::timeout(in_time, watchdog(None, 0).next()).await.is_err());
    }
}
