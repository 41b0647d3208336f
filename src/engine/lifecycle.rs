//! What a start, and a configuration that takes effect, write to the store.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::warn;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::ids::ApiKeyName;
use crate::engine::context::Context;
use crate::engine::maintenance::each_pass::HEARTBEAT;
use crate::store::StoreError;
use crate::store::conversations::{circuits, conversation, listings};
use crate::store::ledger::messages;
use crate::store::planning::{daemon_state, replan_queue};

/// How far back the unobserved window reaches when a key is used for the first time.
const FIRST_WINDOW: TimeDelta = TimeDelta::days(30);

/// What the store held before this start.
#[derive(Debug)]
pub(crate) struct Before {
    /// The last heartbeat or the last attempt.
    pub(crate) last_sign: Option<DateTime<Utc>>,
    /// Why the clock was in doubt.
    pub(crate) doubt: Option<String>,
}

/// Runs before the first pass: texts that a crash interrupted are in doubt. An open circuit is probed at once, because
/// a restart often brings a new key.
pub(crate) async fn recover<C: Clock + 'static>(context: &Context<C>) -> Result<Before, StoreError> {
    let now = context.now();
    let names: Vec<ApiKeyName> = context.config.key_names().collect();
    let timeout = TimeDelta::from_std(context.config.annie.timeout).unwrap_or_default();
    let (cut_off, before) = context
        .store
        .write(move |tx| {
            let last_sign = daemon_state::last_beat(tx)?.max(messages::last_attempt_at(tx)?);
            for name in &names {
                if let Some(open) = circuits::health(tx, name)?.open {
                    circuits::set_open(tx, name, &circuits::Open { next_probe: now, ..open })?;
                }
            }
            let cut_off = messages::recover(tx, timeout)?;
            Ok((cut_off, Before { last_sign, doubt: daemon_state::clock_doubt(tx)? }))
        })
        .await?;
    if cut_off > 0 {
        warn!(
            count = cut_off,
            "{cut_off} texts were interrupted when Leadtime last stopped, and may or may not have gone out. Leadtime checks Annie's list to find out; no action needed"
        );
    }
    Ok(before)
}

/// Records this run, and what was not observed and must be caught up on.
pub(crate) async fn begin<C: Clock + 'static>(context: &Context<C>, now: DateTime<Utc>) -> Result<(), StoreError> {
    // In observe mode too: what was sent before is just as unknown, and one day it goes live.
    let names: Vec<ApiKeyName> = context.config.key_names().collect();
    context
        .store
        .write(move |tx| {
            let last = daemon_state::last_beat(tx)?.max(messages::last_attempt_at(tx)?);
            for name in &names {
                let from = match (listings::state(tx, name)?, last) {
                    (Some(_), Some(last)) => last - HEARTBEAT,
                    _ => now - FIRST_WINDOW,
                };
                listings::set_unobserved(tx, name, from.min(now), now)?;
            }
            daemon_state::begin_run(tx, now)
        })
        .await
}

/// The rules of a configuration go live. Nothing has been observed yet with a new key; a key that is gone is forgotten,
/// and its conversations are read with another.
pub(crate) async fn go_live<C: Clock + 'static>(
    context: &Context<C>,
    config: &Arc<Config>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (new, basis) = (config.clone(), config.plan_basis(now));
    let names: Vec<ApiKeyName> = config.key_names().collect();
    context
        .store
        .write(move |tx| {
            listings::keep_only(tx, &names)?;
            conversation::read_with_one_of(tx, &names, now)?;
            for name in &names {
                if listings::state(tx, name)?.is_none() {
                    listings::set_unobserved(tx, name, now - FIRST_WINDOW, now)?;
                }
            }
            daemon_state::go_live(tx, &new.rulebook.rules, now)?;
            if daemon_state::set_plan_basis(tx, &basis, new.practice.country)? {
                replan_queue::mark_all(tx)?;
            }
            Ok(())
        })
        .await
}
