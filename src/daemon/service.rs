//! What systemd is told. Does nothing where there is no systemd.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use sd_notify::NotifyState;
use tracing::debug;

/// How much longer a start may take after each sign of progress.
const MORE_TIME: Duration = Duration::from_secs(300);

/// Reports how far the start has come.
pub(crate) fn starting(status: &str) {
    tell(&[NotifyState::Status(status), more_time()]);
}

/// The start takes long but makes progress: systemd should keep waiting.
pub(crate) fn still_starting() {
    tell(&[more_time()]);
}

/// The store is open and the first pass has run.
pub(crate) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// A line for `systemctl status`.
pub(crate) fn status(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

/// The daemon is alive.
pub(crate) fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How long systemd waits for the next sign of life, if it does.
pub(crate) fn waits_for_life() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|wait| !wait.is_zero())
}

/// A reload has begun; [`ready`] ends it.
pub(crate) fn reloading() {
    let now = clock_gettime(ClockId::Monotonic);
    let microseconds = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
    tell(&[NotifyState::Reloading, NotifyState::MonotonicUsec(microseconds)]);
}

/// The daemon is about to exit.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping: finishing the texts in progress")]);
}

fn more_time() -> NotifyState<'static> {
    NotifyState::ExtendTimeoutUsec(u32::try_from(MORE_TIME.as_micros()).unwrap_or(u32::MAX))
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!(%error, "systemd cannot be notified");
    }
}
