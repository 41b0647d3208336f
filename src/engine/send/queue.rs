//! The due texts of one key, in the order they are sent: read from the store once a second, so that ten thousand due
//! texts are not sorted again for each handful that is claimed. A claim plans its number again; a queue that is a
//! second old only costs that look.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::ids::ApiKeyName;
use crate::domain::phone::Phone;
use crate::domain::reminder_key::ReminderKey;
use crate::store::ledger::reminders::{self, Due};
use crate::store::{Connection, StoreError};

/// How old it may get.
const FRESH: TimeDelta = TimeDelta::seconds(1);
/// How many it holds: more than are sent within a second.
const MOST: usize = 5_000;

/// Due texts, soonest expiry first, one per number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queue {
    due: VecDeque<Due>,
    /// When it was read.
    read_at: Option<DateTime<Utc>>,
    /// It was read completely: when it is used up, nothing else is due before this time.
    nothing_else_before: Option<DateTime<Utc>>,
    /// Reminders that could not be claimed, and why: logged once, and tried in every pass.
    failed: BTreeMap<ReminderKey, String>,
}

impl Queue {
    /// Reads it again if it is old, or used up and there may be more.
    pub(crate) fn refresh(
        &mut self,
        connection: &Connection,
        api_key: &ApiKeyName,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let is_fresh = self.read_at.is_some_and(|at| now >= at && now - at < FRESH);
        if is_fresh && (!self.due.is_empty() || self.nothing_else_before.is_some_and(|next| now < next)) {
            return Ok(());
        }
        self.due = reminders::due(connection, now, api_key, MOST)?.into();
        self.read_at = Some(now);
        self.nothing_else_before = match self.due.len() < MOST {
            true => Some(reminders::next_due_after(connection, api_key, now)?.unwrap_or(DateTime::<Utc>::MAX_UTC)),
            false => None,
        };
        self.failed.retain(|key, _| self.due.iter().any(|due| due.key == *key));
        Ok(())
    }

    /// Makes the next look read it again: a result other than success came back, and other texts may go first now.
    pub(crate) fn forget(&mut self) {
        self.due.clear();
        self.read_at = None;
    }

    /// Something happened that may make more texts due.
    pub(crate) fn may_have_more(&mut self) {
        self.nothing_else_before = None;
    }

    /// How many are in it.
    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }

    /// Records that a reminder could not be claimed; returns whether that is new.
    pub(crate) fn note_failure(&mut self, key: &ReminderKey, why: String) -> bool {
        self.failed.insert(key.clone(), why.clone()).is_none_or(|known| known != why)
    }

    /// Whether nothing is due.
    pub(crate) fn is_empty(&self) -> bool {
        self.due.is_empty()
    }

    /// The next text to a number that is not among these; texts to these stay in the queue.
    pub(crate) fn next(&mut self, avoid: &[Phone]) -> Option<Due> {
        let at = self.due.iter().position(|due| !avoid.contains(&due.phone))?;
        self.due.remove(at)
    }

    /// Whether all due texts go to these numbers.
    pub(crate) fn has_only(&self, numbers: &[Phone]) -> bool {
        self.due.iter().all(|due| numbers.contains(&due.phone))
    }
}
