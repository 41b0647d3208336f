//! What every part of the engine works with: the store, the clock, the current configuration, and the nudge.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::config::Config;
use crate::planner::input::Mode;
use crate::store::Store;

/// Lent to each part for the duration of a call; the engine owns it.
#[derive(Debug)]
pub(crate) struct Context<C> {
    pub(crate) store: Store,
    pub(crate) clock: Arc<C>,
    pub(crate) config: Arc<Config>,
    /// Notified whenever a request has ended: time for a pass.
    pub(crate) nudge: Arc<Notify>,
}

impl<C: Clock + 'static> Context<C> {
    /// The time on the wall clock.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The time since boot, which cannot be set.
    pub(crate) fn boot(&self) -> Duration {
        self.clock.boot()
    }

    /// Whether texts are sent at all.
    pub(crate) fn is_live(&self) -> bool {
        self.config.rulebook.mode == Mode::Live
    }
}
