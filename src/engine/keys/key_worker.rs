//! One API key: its gateway to Annie, its permits, its due texts, and the state of its readings. A slow or stopped key
//! holds up no other.

use std::collections::VecDeque;
use std::time::Duration;

use crate::annie::gateway::Gateway;
use crate::annie::verdict::ReadError;
use crate::config::Config;
use crate::domain::ids::ConversationId;
use crate::engine::send::in_flight::SendSlot;
use crate::engine::send::pace::Permits;
use crate::engine::send::queue::Queue;
use crate::engine::sync::announced::Announced;
use crate::engine::sync::fetch::{Done, Job};
use crate::engine::sync::reading;

/// How often Annie is asked for the time while this machine's clock is in doubt.
const ASK_THE_TIME: Duration = Duration::from_secs(60);
/// Failures in a row after which the list of conversations counts as unreadable.
const LIST_IS_BROKEN: u32 = 3;
/// The pause before a failed listing is tried again.
const LIST_AGAIN: Duration = Duration::from_secs(300);

/// The state of one key.
#[derive(Debug)]
pub(crate) struct KeyWorker {
    pub(crate) send_slot: SendSlot,
    pub(crate) permits: Permits,
    /// Its due texts.
    pub(crate) queue: Queue,
    /// The reading in progress.
    pub(crate) is_reading: Option<u64>,
    /// The last reading was of replies.
    pub(crate) read_replies: bool,
    /// How many conversations were read; it wraps around.
    pub(crate) conversations_read: u32,
    /// Conversations to read with this key because a text of another key is due to their number.
    pub(crate) asked_for: VecDeque<ConversationId>,
    /// There was nothing to read; while texts go out, this is not checked again before this time, by the boot clock.
    pub(crate) nothing_to_read_until: Duration,
    /// No reading before this, by the boot clock.
    pub(crate) not_before: Duration,
    /// Its last turn to claim texts, counted over all keys.
    pub(crate) had_turn: u64,
    /// When it is looked at even though nothing happened to it, by the boot clock; kept in step with the key set.
    pub(crate) look_at: Option<Duration>,
    /// The status with which Annie refused the last reading, if it did.
    pub(crate) refused: Option<u16>,
    /// What was logged about its readings.
    pub(crate) announced: Announced,
    /// Readings in a row without an answer.
    failures: u32,
    /// No listing before this, by the boot clock: the wall clock may be set in the meantime.
    no_listing_before: Option<Duration>,
    /// Failed listings in a row.
    list_failures: u32,
}

impl KeyWorker {
    pub(crate) fn new(gateway: Gateway, config: &Config) -> KeyWorker {
        KeyWorker {
            send_slot: SendSlot::new(gateway, config.annie.concurrency),
            permits: Permits::per_minute(config.annie.requests_per_minute),
            queue: Queue::default(),
            is_reading: None,
            read_replies: false,
            conversations_read: 0,
            asked_for: VecDeque::new(),
            nothing_to_read_until: Duration::ZERO,
            not_before: Duration::ZERO,
            had_turn: 0,
            look_at: None,
            refused: None,
            announced: Announced::new(),
            failures: 0,
            no_listing_before: None,
            list_failures: 0,
        }
    }

    /// Applies a changed configuration; requests in progress continue.
    pub(crate) fn adopt(&mut self, config: &Config) {
        self.permits = self.permits.clone().at_speed(config.annie.requests_per_minute);
        self.send_slot = SendSlot::new(self.send_slot.gateway.clone(), config.annie.concurrency);
    }

    /// The same key with another gateway, after a reload: what the old gateway was refused says nothing about the new
    /// one.
    pub(crate) fn with_gateway(self, gateway: Gateway, config: &Config) -> KeyWorker {
        let send_slot = SendSlot::new(gateway, config.annie.concurrency);
        let announced = Announced::new();
        KeyWorker { send_slot, announced, failures: 0, refused: None, not_before: Duration::ZERO, ..self }
    }

    /// Whether the list of conversations can be read, as far as the last tries show: a single failure does not count
    /// yet.
    pub(crate) fn list_works(&self) -> bool {
        self.list_failures < LIST_IS_BROKEN
    }

    /// Whether a listing may begin.
    pub(crate) fn may_list(&self, boot: Duration) -> bool {
        self.no_listing_before.is_none_or(|until| boot >= until)
    }

    /// A listing that failed under a wrong clock says nothing about the next one.
    pub(crate) fn forget_failed_listings(&mut self) {
        (self.no_listing_before, self.list_failures) = (None, 0);
    }

    /// A listing has ended: complete, or missing conversations that Annie counts.
    pub(crate) fn note_listing(&mut self, is_complete: bool, boot: Duration) {
        self.no_listing_before = (!is_complete).then_some(boot + LIST_AGAIN);
        self.list_failures = if is_complete { 0 } else { self.list_failures + 1 };
    }

    /// A reading failed inside Leadtime: the key reads again after a while.
    pub(crate) fn note_failed_task(&mut self, boot: Duration) {
        self.is_reading = None;
        self.failures += 1;
        self.not_before = boot + reading::pause_after(self.failures);
    }

    /// What a reading says about the key: failures make it wait.
    pub(crate) fn note_reading(&mut self, done: &Done, is_clock_confirmed: bool, boot: Duration) {
        self.is_reading = None;
        self.read_replies = matches!(done.job, Job::Replies(_));
        self.conversations_read = self.conversations_read.wrapping_add(u32::from(self.read_replies));
        match (&done.job, done.error()) {
            // One conversation that cannot be read holds up no other.
            (_, None) | (Job::Replies(_), Some(ReadError::Refused { .. })) => {
                self.failures = 0;
                self.refused = None;
            }
            (job, Some(error)) => self.note_failure(job, error, boot),
        }
        if done.job == Job::Probe && !is_clock_confirmed {
            self.not_before = self.not_before.max(boot + ASK_THE_TIME);
        }
    }

    fn note_failure(&mut self, job: &Job, error: &ReadError, boot: Duration) {
        self.failures += 1;
        // One conversation that may not be read says nothing about the key.
        if let (ReadError::Refused { status }, Job::Page { .. } | Job::Probe) = (error, job) {
            self.refused = Some(*status);
        }
        self.not_before = boot + reading::pause_after(self.failures);
        self.list_failures += u32::from(matches!(job, Job::Page { .. }) && *error != ReadError::Unreachable);
        if matches!(job, Job::Page { .. }) && matches!(error, ReadError::Refused { .. }) {
            self.no_listing_before = Some(boot + LIST_AGAIN);
        }
    }
}
