//! The verdict at the end of a simulation: broken promises, according to the database and to the auditor.

use crate::clock::Clock;
use crate::domain::ids::ConversationId;
use crate::domain::reminder::State;
use crate::planner::input::Household;
use crate::simulation::stand_in::lock;
use crate::simulation::{Outcome, Simulation, SimulationError};
use crate::store::connection::open;
use crate::store::conversations::conversation;
use crate::store::ledger::{audit, reminders};
use crate::store::outcomes::task_list as tasks;
use crate::store::planning::unplannable;

impl Simulation {
    /// Checks the final state.
    pub(super) fn end(mut self) -> Result<Outcome, SimulationError> {
        let connection = open::read_only(&self.database())?;
        let mut shared = lock(&self.shared);
        let mut breaks = std::mem::take(&mut shared.auditor.breaks);
        for (state, count) in reminders::counts(&connection)? {
            let name = state.reason().unwrap_or(state.name()).to_owned();
            *self.out.states.entry(name).or_default() += count;
            if matches!(state, State::Sending | State::Unknown) {
                breaks.push(format!("{count} reminders are still {} at the end", state.name()));
            }
        }
        let rules: Vec<&str> = self.config.rulebook.rules.iter().map(|rule| rule.name.0.as_str()).collect();
        let silent = reminders::without_answer(&connection, &rules)?;
        if silent > 0 {
            breaks.push(format!("{silent} pairs of appointment and rule have no reminder"));
        }
        let unplannable = unplannable::count(&connection)?;
        if unplannable > 0 {
            breaks.push(format!("{unplannable} numbers cannot be planned"));
        }
        let over = reminders::planned_for_past(&connection, self.truth.now())?;
        if over > 0 {
            breaks.push(format!("{over} reminders are still planned for appointments that have begun"));
        }
        let ours = self.config.practice.from_number.dial();
        let ids: Vec<&str> =
            shared.annie.conversations.ids().filter(|(_, from)| *from == ours).map(|(id, _)| id).collect();
        for id in &ids {
            if conversation::about(&connection, &ConversationId((*id).to_owned()))?.is_none() {
                breaks.push(format!("conversation {id} is not in the database"));
            }
        }
        let with_task = tasks::conversations(&connection)?;
        for id in shared.auditor.answers.asked().difference(&with_task) {
            breaks.push(format!("the patient asked for a change in conversation {id}, and there is no task"));
        }
        for id in with_task.iter().filter(|id| !shared.auditor.answers.has(id)) {
            breaks.push(format!("there is a task for conversation {id}, in which no patient has answered"));
        }
        if let Err(flaw) = audit::verify(&connection)? {
            breaks.push(format!("the audit chain is broken: {flaw:?}"));
        }
        if self.out.seed.is_multiple_of(5) {
            let late = reminders::expired_although_known(&connection)?;
            breaks
                .extend(late.into_iter().map(|what| format!("nothing went wrong, but a text expired unsent: {what}")));
            breaks.extend(shared.auditor.untold(self.truth.now()));
            if self.config.rulebook.household == Household::Merge {
                breaks.extend(shared.auditor.apart());
            }
            for state in ["rejected", "unknown", "held", "unconfirmed", "too-long"] {
                if let Some(count) = self.out.states.get(state) {
                    breaks.push(format!("nothing went wrong, but {count} reminders are {state}"));
                }
            }
        }
        self.out.breaks = breaks;
        (self.out.posts, self.out.gets, self.out.faults) = (shared.posts, shared.gets, shared.faults);
        (self.out.texts, self.out.refused) = (shared.auditor.texts, shared.auditor.refused.clone());
        drop(shared);
        Ok(self.out)
    }
}
