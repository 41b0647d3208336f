//! What systemd is told. Silent where there is no systemd.

use rustix::time::{ClockId, clock_gettime};
use sd_notify::NotifyState;
use tracing::debug;

/// The store is open and the first pass has run.
pub(super) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// A line for `systemctl status`.
pub(super) fn status(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

/// A reload has begun; [`ready`] ends it.
pub(super) fn reloading() {
    let now = clock_gettime(ClockId::Monotonic);
    let microseconds = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
    tell(&[NotifyState::Reloading, NotifyState::MonotonicUsec(microseconds)]);
}

/// The daemon is about to end.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping: finishing the texts under way")]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!(%error, "systemd does not listen");
    }
}
