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
}

impl PassReport {
    /// Requests another pass after this long, or sooner.
    pub(crate) fn want_again_in(&mut self, wait: Duration) {
        self.again_in = self.again_in.into_iter().chain([wait]).min();
    }

    /// Adds what one key did to what the pass did.
    pub(crate) fn add(&mut self, own: PassReport) {
        self.begun += own.begun;
        self.settled += own.settled;
        self.paced |= own.paced;
        self.waits = self.waits.or(own.waits);
        self.again_in = self.again_in.into_iter().chain(own.again_in).min();
    }
}
