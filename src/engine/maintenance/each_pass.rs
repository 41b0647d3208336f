//! What every pass does beside sending: the heartbeat, what has expired, what changed and is planned.

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{error, warn};

use crate::clock::Clock;
use crate::engine::engine_loop::{Engine, PassReport};
use crate::engine::planning::{self, Step};
use crate::store::StoreError;
use crate::store::ledger::{messages, reminders, resolution};
use crate::store::planning::{daemon_state, replan_queue};

/// Steps of planning in one pass, so that a great import does not keep due texts waiting.
const STEPS_AT_ONCE: usize = 8;
/// How often a sign of life is stored.
pub(crate) const HEARTBEAT: TimeDelta = TimeDelta::minutes(1);

impl<C: Clock + 'static> Engine<C> {
    pub(crate) async fn maintain(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let beat = self.last_beat.is_none_or(|last| now - last >= HEARTBEAT || now < last);
        let settle = self.config.annie.settle;
        let (held, given_up, unknown) = self
            .store
            .write(move |tx| {
                if beat {
                    daemon_state::beat(tx, now)?;
                }
                replan_queue::mark_expired(tx, now)?;
                let held = resolution::hold_expired(tx, now)?;
                let given_up = resolution::give_up_unconfirmed(tx, now)?;
                reminders::note_untold(tx, now)?;
                Ok((held, given_up, messages::unknown_since_before(tx, now - settle * 3)?))
            })
            .await?;
        if beat {
            self.last_beat = Some(now);
        }
        if held > 0 {
            error!(
                count = held,
                "{held} reminders are held: it could not be learnt in time whether they went out. Somebody has to decide, see `leadtime resolve`"
            );
        }
        if given_up > 0 {
            warn!(
                count = given_up,
                "of {given_up} reminders whose visit has begun was never learned whether they went out; `leadtime history` shows which"
            );
        }
        if unknown > self.warned_unknown {
            warn!(
                count = unknown,
                "{unknown} texts may or may not have gone out and keep back others to their numbers: Annie's list could not tell yet; it is read again and again, and what stays open is held for you (`leadtime status`)"
            );
        }
        self.warned_unknown = unknown;
        Ok(())
    }

    /// Plans what changed; whether more is left.
    pub(crate) async fn plan(&self, now: DateTime<Utc>, report: &mut PassReport) -> Result<bool, StoreError> {
        // While texts go out, what they change is planned bit by bit: a claim plans its number anyway.
        for _ in 0..if self.bursting { 1 } else { STEPS_AT_ONCE } {
            let config = self.config.clone();
            let step: Step = self.store.write(move |tx| planning::plan_some(tx, &config, now)).await?;
            report.planned += step.changed;
            if step.is_last() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
