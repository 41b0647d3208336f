//! What every pass does in addition to planning, reading, and sending: the heartbeat, what has expired, what is given
//! up.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{error, warn};

use crate::clock::Clock;
use crate::engine::context::Context;
use crate::store::StoreError;
use crate::store::ledger::{messages, people, reminders, resolution};
use crate::store::outcomes::{task_list, tasks};
use crate::store::planning::{daemon_state, replan_queue};

/// How often a heartbeat is stored.
pub(crate) const HEARTBEAT: TimeDelta = TimeDelta::minutes(1);

/// With more open tasks than this, looking for settled ones takes longer than the rest of a pass, so it is done once a second.
const MANY_TASKS: u64 = 200;
/// See [`MANY_TASKS`].
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// When a heartbeat was last stored, and what was logged.
#[derive(Debug, Default)]
pub(crate) struct EachPass {
    last_beat: Option<DateTime<Utc>>,
    /// When settled tasks were last looked for, by the boot clock, and how many were open then.
    last_look: Option<(Duration, u64)>,
    warned_unknown: u64,
}

impl EachPass {
    /// One round, in one transaction.
    pub(crate) async fn run<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let beat = self.last_beat.is_none_or(|last| now - last >= HEARTBEAT || now < last);
        let settle = context.config.annie.settle;
        let boot = context.boot();
        let lately = |(at, open): (Duration, u64)| open > MANY_TASKS && boot.saturating_sub(at) < BETWEEN_LOOKS;
        let looks = !self.last_look.is_some_and(lately);
        let (held, given_up, unknown, open) = context
            .store
            .write(move |tx| {
                if beat {
                    daemon_state::beat(tx, now)?;
                }
                replan_queue::mark_expired(tx, now)?;
                let held = resolution::hold_expired(tx, now)?;
                let given_up = resolution::give_up_unconfirmed(tx, now)?;
                reminders::note_untold(tx, now)?;
                people::forget_past(tx, now)?;
                let open = match looks {
                    true => {
                        tasks::close_settled(tx, now)?;
                        Some(task_list::open_count(tx, now)?)
                    }
                    false => None,
                };
                Ok((held, given_up, messages::unknown_since_before(tx, now - settle * 3)?, open))
            })
            .await?;
        if beat {
            self.last_beat = Some(now);
        }
        if let Some(open) = open {
            self.last_look = Some((boot, open));
        }
        self.report(held, given_up, unknown);
        Ok(())
    }

    fn report(&mut self, held: usize, given_up: usize, unknown: u64) {
        if held > 0 {
            error!(
                count = held,
                "{held} reminders are held: Leadtime could not confirm in time whether they went out. Run `leadtime resolve` and decide; if in doubt, call the patients"
            );
        }
        if given_up > 0 {
            warn!(
                count = given_up,
                "{given_up} reminders were never confirmed before their appointments began, and count as missed. `leadtime history` lists them"
            );
        }
        if unknown > self.warned_unknown {
            warn!(
                count = unknown,
                "{unknown} texts may or may not have gone out, and other texts to their numbers wait: Annie's list does not show the outcome yet. Leadtime keeps checking; texts that stay uncertain are held for your decision (`leadtime status`)"
            );
        }
        self.warned_unknown = unknown;
    }
}
