//! What a pass did, and when the next one should come.

use std::time::Duration;

use crate::domain::reminder::Wait;

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PassReport {
    /// Outcomes written.
    pub settled: usize,
    /// Reminders whose plan changed.
    pub planned: usize,
    /// POSTs begun.
    pub begun: usize,
    /// GETs begun.
    pub reading: usize,
    /// GETs whose answers were processed.
    pub read: usize,
    /// What sending waits for.
    pub waits: Option<Wait>,
    /// Due texts are waiting for the request rate.
    pub paced: bool,
    /// Run the next pass after this long at the latest; none means the next tick is soon enough.
    pub again_in: Option<Duration>,
    /// How long until the next text is due, if that is within the hour: a pass then sends it in the second it is due.
    pub next_due: Option<Duration>,
}

impl PassReport {
    /// How long until the next pass, if it must not wait for the next tick.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.again_in.into_iter().chain(self.next_due).min()
    }

    /// Requests another pass after this long, or sooner.
    pub(crate) fn want_again_in(&mut self, wait: Duration) {
        self.again_in = self.again_in.into_iter().chain([wait]).min();
    }
}
