//! The texts of one key that are due, in the order they leave: read from the store once a second, so that ten thousand
//! due texts are not sorted anew for each handful that is claimed. A claim plans its number again; a queue that is a
//! second old only costs it a look.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::ids::ApiKeyName;
use crate::domain::phone::Phone;
use crate::domain::reminder_key::ReminderKey;
use crate::store::ledger::reminders::{self, Due};
use crate::store::{Connection, StoreError};

/// How old it may be.
const FRESH: TimeDelta = TimeDelta::seconds(1);
/// How many it holds: more than leave within a second.
const MOST: usize = 5_000;

/// Due texts, soonest expiry first, one a number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queue {
    due: VecDeque<Due>,
    read_at: Option<DateTime<Utc>>,
    /// Those that could not be claimed, and why: it is said once, and they are tried at every pass.
    failed: BTreeMap<ReminderKey, String>,
}

impl Queue {
    /// Reads it anew if it is old, or used up.
    pub(crate) fn refresh(
        &mut self,
        connection: &Connection,
        api_key: &ApiKeyName,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let is_fresh = self.read_at.is_some_and(|at| now >= at && now - at < FRESH);
        if is_fresh && !self.due.is_empty() {
            return Ok(());
        }
        self.due = reminders::due(connection, now, api_key, MOST)?.into();
        self.read_at = Some(now);
        self.failed.retain(|key, _| self.due.iter().any(|due| due.key == *key));
        Ok(())
    }

    /// It is read anew before the next claim: something else than success came back, and others may go first now.
    pub(crate) fn forget(&mut self) {
        self.due.clear();
    }

    /// Notes that a reminder could not be claimed; whether that was not known yet.
    pub(crate) fn note_failure(&mut self, key: &ReminderKey, why: String) -> bool {
        self.failed.insert(key.clone(), why.clone()).is_none_or(|known| known != why)
    }

    /// Whether nothing is due.
    pub(crate) fn is_empty(&self) -> bool {
        self.due.is_empty()
    }

    /// The next one to a number that is not among these; those stay where they are.
    pub(crate) fn next(&mut self, avoid: &[Phone]) -> Option<Due> {
        let at = self.due.iter().position(|due| !avoid.contains(&due.phone))?;
        self.due.remove(at)
    }

    /// Whether all that is due goes to these numbers.
    pub(crate) fn has_only(&self, numbers: &[Phone]) -> bool {
        self.due.iter().all(|due| numbers.contains(&due.phone))
    }
}
