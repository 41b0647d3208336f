//! All API keys, and which of them have something to do: a pass looks only at those.
//!
//! A key is looked at when one of its texts is due, when one of its requests has ended, and otherwise once a minute, or
//! four times a minute if a text is due within the hour: a listing or a patient's reply becomes due by time alone, and
//! such a delay does no harm there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::annie::gateway::Gateway;
use crate::config::Config;
use crate::domain::ids::ApiKeyName;
use crate::engine::keys::key_worker::KeyWorker;

/// The gateways to Annie, by key name.
pub type Gateways = BTreeMap<ApiKeyName, Gateway>;

/// How often a key with nothing to do is looked at.
const LOOK_ANYWAY: Duration = Duration::from_secs(60);
/// How often a key with a text due within the hour is looked at.
const LOOK_SOON: Duration = Duration::from_secs(15);

/// The keys. Empty in observe mode, where nothing is sent.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    workers: BTreeMap<ApiKeyName, KeyWorker>,
    /// Keys to which something has happened since they were last looked at.
    woken: BTreeSet<ApiKeyName>,
    /// When each key is looked at in any case, by the boot clock; soonest first.
    wake_at: BTreeSet<(Duration, ApiKeyName)>,
    /// The keys with a text due soon, and when the first of them is due.
    due_soon: BTreeMap<ApiKeyName, DateTime<Utc>>,
    /// How many turns keys have had.
    turns: u64,
}

impl Keys {
    pub(crate) fn new(gateways: Gateways, config: &Config) -> Keys {
        let mut keys = Keys::default();
        keys.set_gateways(gateways, config);
        keys
    }

    /// Replaces the gateways. Keys that stay keep their permits and their requests in progress.
    pub(crate) fn set_gateways(&mut self, gateways: Gateways, config: &Config) {
        let mut former = std::mem::take(&mut self.workers);
        self.wake_at.retain(|(_, name)| gateways.contains_key(name));
        for (name, gateway) in gateways {
            let worker = match former.remove(&name) {
                Some(worker) => worker.with_gateway(gateway, config),
                None => KeyWorker::new(gateway, config),
            };
            self.workers.insert(name, worker);
        }
        self.wake_all();
    }

    /// A changed configuration is in effect.
    pub(crate) fn adopt(&mut self, config: &Config) {
        self.workers.values_mut().for_each(|worker| worker.adopt(config));
        self.wake_all();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.workers.is_empty()
    }

    pub(crate) fn names(&self) -> Vec<ApiKeyName> {
        self.workers.keys().cloned().collect()
    }

    pub(crate) fn get_mut(&mut self, name: &ApiKeyName) -> Option<&mut KeyWorker> {
        self.workers.get_mut(name)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &KeyWorker> {
        self.workers.values()
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut KeyWorker> {
        self.workers.values_mut()
    }

    /// The key that this reading belongs to.
    pub(crate) fn reading(&self, id: u64) -> Option<ApiKeyName> {
        self.workers.iter().find(|(_, worker)| worker.is_reading == Some(id)).map(|(name, _)| name.clone())
    }

    /// Something happened to a key: the next pass looks at it.
    pub(crate) fn wake(&mut self, name: &ApiKeyName) {
        if self.workers.contains_key(name) {
            self.woken.insert(name.clone());
        }
    }

    /// Something happened that may concern every key.
    pub(crate) fn wake_all(&mut self) {
        self.woken = self.workers.keys().cloned().collect();
    }

    /// A key is looked at after this long, if that is sooner than otherwise.
    pub(crate) fn look_within(&mut self, name: &ApiKeyName, boot: Duration, wait: Duration) {
        let Some(worker) = self.workers.get_mut(name) else { return };
        let at = boot + wait;
        if worker.look_at.is_none_or(|known| at < known) {
            if let Some(before) = worker.look_at.replace(at) {
                self.wake_at.remove(&(before, name.clone()));
            }
            self.wake_at.insert((at, name.clone()));
        }
    }

    /// These keys have a text due soon. A key that had none before is looked at in the next pass.
    pub(crate) fn set_due_soon(&mut self, due_soon: BTreeMap<ApiKeyName, DateTime<Utc>>, boot: Duration) {
        for (name, due) in &due_soon {
            if self.due_soon.get(name) != Some(due) {
                self.wake(name);
            }
            self.look_within(name, boot, LOOK_SOON);
        }
        self.due_soon = due_soon;
    }

    /// How long until a key's next text is due. A key with an overdue text is looked at by the ticks.
    pub(crate) fn until_next_due(&self, now: DateTime<Utc>) -> Option<Duration> {
        let next = self.due_soon.values().filter(|due| **due > now).min()?;
        (*next - now).to_std().ok()
    }

    /// Something happened that may make more texts due, with any key.
    pub(crate) fn may_have_more_due(&mut self) {
        self.workers.values_mut().for_each(|worker| worker.queue.may_have_more());
    }

    /// The next turn: keys that had theirs longest ago go first.
    pub(crate) fn take_turn(&mut self, name: &ApiKeyName) {
        self.turns += 1;
        if let Some(worker) = self.workers.get_mut(name) {
            worker.had_turn = self.turns;
        }
    }

    /// These keys, the one that had its turn longest ago first.
    pub(crate) fn in_turn(&self, names: &[ApiKeyName]) -> Vec<ApiKeyName> {
        let mut in_turn: Vec<_> =
            names.iter().filter_map(|name| Some((self.workers.get(name)?.had_turn, name))).collect();
        in_turn.sort();
        in_turn.into_iter().map(|(_, name)| name.clone()).collect()
    }

    /// The keys to look at in a pass: those with texts due, those to which something happened, and those not looked at
    /// for a while.
    pub(crate) fn take_ready(&mut self, now: DateTime<Utc>, boot: Duration) -> Vec<ApiKeyName> {
        let mut ready = std::mem::take(&mut self.woken);
        let is_due = |(name, due): &(&ApiKeyName, &DateTime<Utc>)| **due <= now && self.workers.contains_key(*name);
        ready.extend(self.due_soon.iter().filter(is_due).map(|(name, _)| name.clone()));
        while let Some((at, name)) = self.wake_at.first().cloned().filter(|(at, _)| *at <= boot) {
            self.wake_at.remove(&(at, name.clone()));
            ready.extend(self.workers.contains_key(&name).then_some(name));
        }
        for name in &ready {
            let Some(worker) = self.workers.get_mut(name) else { continue };
            let next = boot + if self.due_soon.contains_key(name) { LOOK_SOON } else { LOOK_ANYWAY };
            if let Some(before) = worker.look_at.replace(next) {
                self.wake_at.remove(&(before, name.clone()));
            }
            self.wake_at.insert((next, name.clone()));
        }
        ready.into_iter().collect()
    }
}
