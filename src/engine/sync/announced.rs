//! What is said of a key's readings: a state when it changes, not at each reading that fails alike.

use std::time::Duration;

use tracing::{error, info, warn};

use crate::annie::verdict::ReadError;
use crate::domain::announcer::{Announcer, left_out};
use crate::engine::sync::fetch::{Done, Job};
use crate::engine::sync::reading::Applied;
use crate::store::conversations::listings::Verdict;

/// Nothing is wrong.
const WELL: &str = "";
/// The list came to its end and lacked conversations.
const SHORT: &str = "short";

/// What was said of one key.
#[derive(Debug)]
pub(crate) struct Announced {
    key: Announcer,
    list: Announcer,
    replies: Announcer,
}

impl Announced {
    pub(crate) fn new() -> Announced {
        let well = || Announcer::starts_as(WELL);
        // That the key is accepted is said once, also where nothing was wrong.
        Announced { key: Announcer::default(), list: well(), replies: well() }
    }

    /// Says what a reading came to, and what went wrong, where that is new. `boot`: by the boot clock.
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
            None => info!(api_key = %done.api_key, "Annie accepts the key{more}"),
            Some(error) => warn!(
                api_key = %done.api_key,
                "Annie does not accept the key, or cannot be asked ({error}); it is tried again by itself, ever more slowly, and a restart tries at once{more}"
            ),
        }
    }

    fn list(&mut self, done: &Done, applied: &Applied, was_unobserved: bool, boot: Duration) {
        let state = match (&applied.concluded, done.error()) {
            (_, Some(_)) => state(done),
            (Some((Verdict::Incomplete, _)), None) => SHORT.to_owned(),
            (Some(_), None) => WELL.to_owned(),
            // A page of many says nothing about the list.
            (None, None) => return,
        };
        let changes = self.list.is(&state, boot);
        if let (Some((Verdict::Through | Verdict::Unproven, conclusion)), true) = (&applied.concluded, was_unobserved) {
            info!(
                api_key = %done.api_key,
                new = conclusion.new,
                "Annie's list is read: what went out while Leadtime was not looking is known, {} conversations",
                conclusion.new
            );
        }
        let Some(changes) = changes else { return };
        let more = left_out(changes);
        match done.error() {
            Some(ReadError::Refused { status }) => error!(
                api_key = %done.api_key,
                "Annie refuses to list conversations (status {status}): the key needs leave to read them, else nothing is sent after a restart and nothing in doubt can be settled. Whoever manages Annie for you can give it; it is tried again by itself{more}"
            ),
            Some(error) => warn!(
                api_key = %done.api_key,
                "Annie's list of conversations cannot be read: {error}; it is tried again{more}"
            ),
            None if state == SHORT => warn!(
                api_key = %done.api_key,
                "Annie's list lacks conversations she counts; it is read again later{more}"
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
                "Annie refuses to show the replies in a conversation (status {status}): its number gets no text until they can be read, because they may ask for no more. The key needs leave to read messages; whoever manages Annie for you can give it{more}"
            ),
            Some(error) => warn!(
                api_key = %done.api_key,
                "the replies in a conversation cannot be read: {error}; it is tried again{more}"
            ),
            None => info!(api_key = %done.api_key, "replies can be read again{more}"),
        }
    }
}

fn state(done: &Done) -> String {
    done.error().map_or_else(|| WELL.to_owned(), ToString::to_string)
}
