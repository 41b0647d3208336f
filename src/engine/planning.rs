//! The planning pass: plans every unit that changed and stores the answers.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use tracing::{error, warn};

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::appointment::Appointment;
use crate::domain::ids::AppointmentId;
use crate::domain::reminder::{Miss, PlanDecision, State};
use crate::domain::rule::Rule;
use crate::engine::context::Context;
use crate::engine::report::PassReport;
use crate::engine::words::Words;
use crate::planner::input::{LiveSince, PlannerInput};
use crate::planner::plan::{Plan, plan};
use crate::store::ledger::{people, reminders};
use crate::store::outcomes::outcome;
use crate::store::planning::directory::Directory;
use crate::store::planning::planning_context::PlanningContext;
use crate::store::planning::unit::PlanningUnit;
use crate::store::planning::{daemon_state, planner_input, replan_queue, unplannable};
use crate::store::{Connection, Isolation, StoreError, Transaction, each_in_savepoint};

/// Marks taken in one transaction: about a tenth of a second of work.
pub(crate) const MARKS_AT_ONCE: usize = 500;

/// How this configuration interprets phone numbers.
pub(crate) fn directory(config: &Config) -> Directory {
    Directory {
        country: config.practice.country,
        as_written: config.rulebook.only_to.clone().unwrap_or_default(),
        own: config.rulebook.own_numbers.iter().cloned().collect(),
        senders: config.locations.keys().map(|id| (id.clone(), config.sender(Some(id)))).collect(),
        sender: config.sender(None),
    }
}

/// What all units of a transaction are planned with, as of `now`.
pub(crate) fn planning_context(
    connection: &Connection,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<PlanningContext, StoreError> {
    PlanningContext::read(connection, directory(config), now)
}

/// Everything known about a unit, and the answers for it as of the time of `context`.
pub(crate) fn plan_unit(
    connection: &Connection,
    config: &Config,
    (live, context): (&LiveSince, &PlanningContext),
    unit: &PlanningUnit,
    also: &BTreeSet<AppointmentId>,
) -> Result<(PlannerInput, Plan), StoreError> {
    let input = planner_input::load(connection, context, unit, also)?;
    let plan = plan_facts(config, live, &input, context.now());
    Ok((input, plan))
}

/// The plan made from what is known: the one way in which the planning pass, the claim, and every command plan.
pub fn plan_facts(config: &Config, live: &LiveSince, input: &PlannerInput, now: DateTime<Utc>) -> Plan {
    plan_with_words(config, live, input, &Words::of(config, input), now)
}

/// The same, with the words that are tried kept in `words`.
pub(crate) fn plan_with_words(
    config: &Config,
    live: &LiveSince,
    input: &PlannerInput,
    words: &Words<'_>,
    now: DateTime<Utc>,
) -> Plan {
    let try_words = |appointments: &[(&Appointment, &Rule)], at| {
        let appointments: Vec<_> = appointments.iter().map(|(appointment, rule)| (*appointment, &rule.name)).collect();
        words.write(&appointments, at).map(|_| ())
    };
    plan(&config.rulebook, live, input, now, &try_words)
}

/// Logs which reminders were planned and did not go out: never silent.
fn report_missed(plan: &Plan, input: &PlannerInput) {
    for item in &plan.items {
        let State::Unclaimed(PlanDecision::Missed(why)) = item.state else { continue };
        let before = input.stored.iter().find(|stored| stored.key == item.key);
        if before.is_some_and(|stored| stored.state == State::Unclaimed(PlanDecision::Planned)) {
            let (appointment, rule) = (&item.key.appointment_id, &item.key.rule);
            let stored = before.and_then(|stored| stored.due_at.zip(stored.expires_at));
            let (due, expires) =
                stored.map(|(due, expires)| (due.to_rfc3339(), expires.to_rfc3339())).unwrap_or_default();
            match why {
                Miss::Expired => {
                    warn!(%appointment, %rule, due, expires, "`{rule}` for appointment {appointment} was not sent in time, and it is too late to send it now. Call the patient; `leadtime explain {appointment}` shows why");
                }
                Miss::Unconfirmed => {
                    warn!(%appointment, %rule, due, expires, "appointment {appointment} has begun, and Annie's list could not be read, so it is unknown whether `{rule}` went out. If the list shows it later, it counts as sent");
                }
            }
        }
    }
}

/// What one step of the planning pass did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Step {
    /// Units planned; those that could not be are not counted.
    pub units: usize,
    /// Units that could not be planned; they are tried again later.
    pub failed: usize,
    /// Reminders whose row changed.
    pub changed: usize,
}

impl Step {
    /// Whether nothing more is to be planned now.
    pub(crate) fn is_last(&self) -> bool {
        self.units == 0 && self.failed == 0
    }
}

/// Planning steps in one pass, so that a large import does not keep due texts waiting.
pub(crate) const STEPS_AT_ONCE: usize = 8;

/// What the planning pass did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Planned {
    /// Something was planned, whether that changed a reminder or not.
    pub(crate) any: bool,
    /// More is left to plan.
    pub(crate) more: bool,
}

/// Plans what changed, in at most this many steps.
pub(crate) async fn run<C: Clock + 'static>(
    context: &Context<C>,
    steps: usize,
    now: DateTime<Utc>,
    report: &mut PassReport,
) -> Result<Planned, StoreError> {
    let mut any = false;
    for _ in 0..steps {
        let config = context.config.clone();
        let step: Step = context.store.write(move |tx| plan_some(tx, &config, now)).await?;
        report.planned += step.changed;
        if step.is_last() {
            return Ok(Planned { any, more: false });
        }
        any = true;
    }
    Ok(Planned { any, more: true })
}

/// Plans some of what changed, in one transaction.
pub fn plan_some(tx: &Transaction<'_>, config: &Config, now: DateTime<Utc>) -> Result<Step, StoreError> {
    let live = daemon_state::live_since(tx, &config.rulebook.rules)?;
    let directory = directory(config);
    let mut dirty = replan_queue::take(tx, &directory, MARKS_AT_ONCE, now)?;
    if dirty.is_empty() && unplannable::try_again(tx, MARKS_AT_ONCE, now)? > 0 {
        dirty = replan_queue::take(tx, &directory, MARKS_AT_ONCE, now)?;
    }
    if dirty.is_empty() {
        return Ok(Step::default());
    }
    let context = PlanningContext::read(tx, directory, now)?;
    let (mut step, is_any_unplannable) = (Step::default(), unplannable::is_any(tx)?);
    let dirty: Vec<_> = dirty.into_iter().collect();
    let planned = each_in_savepoint(tx, Isolation::PerItem, &dirty, |(unit, also)| {
        let (input, plan) = plan_unit(tx, config, (&live, &context), unit, also)?;
        report_missed(&plan, &input);
        for appointment in &input.appointments {
            people::note_holder(tx, appointment, now)?;
            outcome::end_if_anothers(tx, &appointment.row, now)?;
        }
        reminders::write(tx, &config.practice.zone, &plan.items, &input.stored, now)
    })?;
    for ((unit, also), planned) in dirty.iter().zip(planned) {
        match planned {
            Ok(changed) => {
                if is_any_unplannable {
                    unplannable::forget(tx, unit, also)?;
                }
                step.units += 1;
                step.changed += changed;
            }
            // One unit that cannot be planned holds up no other. It is tried again later, and logged once.
            Err(error) => {
                if unplannable::note(tx, unit, also, now)? {
                    error!(
                        "the reminders for {unit} cannot be planned ({error}) and do not go out. Leadtime tries again every minute. Check these appointments in your practice software, or report this line"
                    );
                }
                step.failed += 1;
            }
        }
    }
    Ok(step)
}
