//! What is logged about a key's readings: a state when it changes, not every reading that fails the same way.

use std::time::Duration;

use tracing::{error, info, warn};

use crate::annie::verdict::ReadError;
use crate::domain::announcer::{Announcer, left_out};
use crate::engine::sync::fetch::{Done, Job};
use crate::engine::sync::reading::Applied;
use crate::store::conversations::listings::Verdict;

/// Nothing is wrong.
const WELL: &str = "";
/// The list ended and was missing conversations.
const SHORT: &str = "short";

/// What was logged about one key.
#[derive(Debug)]
pub(crate) struct Announced {
    key: Announcer,
    list: Announcer,
    replies: Announcer,
}

impl Announced {
    pub(crate) fn new() -> Announced {
        let well = || Announcer::starts_as(WELL);
        // That the key is accepted is logged once, even if nothing was wrong.
        Announced { key: Announcer::default(), list: well(), replies: well() }
    }

    /// Logs what a reading found and what went wrong, if that is new. `boot`: by the boot clock.
    pub(crate) fn report(&mut self, done: &Done, applied: &Applied, was_unobserved: bool, boot: Duration) {
        match &done.job {
            Job::Probe => self.probe(done, boot),
            Job::Replies(_) => self.replies(done, boot),
            Job::Page { .. } | Job::Compare(_) => self.list(done, applied, was_unobserved, boot),
        }
    }

    fn probe(&mut self, done: &Done, boot: Duration) {
        let Some(changes) = self.key.is(&state(done), boot) else { return };
        let more = left_out(changes);
        match done.error() {
            None => info!(api_key = %done.api_key, "Annie accepts the API key{more}"),
            Some(error) => warn!(
                api_key = %done.api_key,
                "Annie does not accept the API key or cannot be reached ({error}), so no texts go out with it. Leadtime tries again at growing intervals; `systemctl restart leadtime` tries at once{more}"
            ),
        }
    }

    fn list(&mut self, done: &Done, applied: &Applied, was_unobserved: bool, boot: Duration) {
        let state = match (&applied.concluded, done.error()) {
            (_, Some(_)) => state(done),
            (Some((Verdict::Incomplete, _)), None) => SHORT.to_owned(),
            (Some(_), None) => WELL.to_owned(),
            // One page of many says nothing about the list.
            (None, None) => return,
        };
        let changes = self.list.is(&state, boot);
        if let (Some((Verdict::Through | Verdict::Unproven, conclusion)), true) = (&applied.concluded, was_unobserved) {
            info!(
                api_key = %done.api_key,
                new = conclusion.new,
                "Annie's list was read, and Leadtime has caught up on what went out while it was not checking: {} new conversations",
                conclusion.new
            );
        }
        let Some(changes) = changes else { return };
        let more = left_out(changes);
        match done.error() {
            Some(ReadError::Refused { status }) => error!(
                api_key = %done.api_key,
                "Annie refuses to list conversations (status {status}). Without permission to read them, nothing is sent after a restart and no text in doubt can be resolved. Ask the person who manages Annie for you to give the API key this permission; Leadtime keeps trying{more}"
            ),
            Some(error) => warn!(
                api_key = %done.api_key,
                "Annie's list of conversations cannot be read: {error}. Texts may have to wait; Leadtime tries again{more}"
            ),
            None if state == SHORT => warn!(
                api_key = %done.api_key,
                "Annie's list shows fewer conversations than Annie counts; Leadtime reads it again later{more}"
            ),
            None => info!(api_key = %done.api_key, "Annie's list of conversations can be read again{more}"),
        }
    }

    fn replies(&mut self, done: &Done, boot: Duration) {
        // A conversation that is gone says nothing about the next one.
        if matches!(done.error(), Some(ReadError::Refused { status: 404 })) {
            return;
        }
        let Some(changes) = self.replies.is(&state(done), boot) else { return };
        let more = left_out(changes);
        match done.error() {
            Some(ReadError::Refused { status }) => error!(
                api_key = %done.api_key,
                "Annie refuses to show the replies in a conversation (status {status}). Its number gets no texts until they can be read, because one may be an opt-out. Ask the person who manages Annie for you to give the API key permission to read messages{more}"
            ),
            Some(error) => warn!(
                api_key = %done.api_key,
                "the replies in a conversation cannot be read: {error}. Texts to its number may have to wait; Leadtime tries again{more}"
            ),
            None => info!(api_key = %done.api_key, "replies can be read again{more}"),
        }
    }
}

fn state(done: &Done) -> String {
    done.error().map_or_else(|| WELL.to_owned(), ToString::to_string)
}
