//! One rule of one appointment on its way to an answer.

use chrono::{DateTime, Utc};

use crate::domain::ids::RuleName;
use crate::domain::reminder::{Miss, PlanDecision, Skip, State};
use crate::domain::reminder_key::ReminderKey;
use crate::domain::rule::Rule;
use crate::planner::calendar::{Adjustment, Calendar};
use crate::planner::input::{Adopted, AppointmentInput, Retry, Stored};

/// What ends the use of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expiry {
    /// The appointment is too near.
    NearStart,
    /// The next rule's time has come.
    NextRule(RuleName),
    /// The rule's own `expires_after`.
    After,
    /// It is tried once more, and Annie guards against a double only so long.
    RetryOver,
}

/// One rule of one appointment, with its answer by itself.
#[derive(Debug, Clone)]
pub(crate) struct Draft<'a> {
    pub(crate) appointment: &'a AppointmentInput,
    pub(crate) rule: &'a Rule,
    pub(crate) key: ReminderKey,
    pub(crate) calendar: Option<&'a Calendar>,
    pub(crate) stored: Option<&'a Stored>,
    pub(crate) nominal: Option<DateTime<Utc>>,
    pub(crate) adjusted: Option<(DateTime<Utc>, Adjustment)>,
    pub(crate) expires: DateTime<Utc>,
    pub(crate) expires_by: Expiry,
    /// When it could first leave, or why it does not.
    pub(crate) fresh: Result<DateTime<Utc>, PlanDecision>,
    /// What of the stored state stands whatever the fresh answer is.
    pub(crate) kept: Option<State>,
    /// The conversation begun while nobody looked that told it.
    pub(crate) adopted_by: Option<&'a Adopted>,
}

impl Draft<'_> {
    pub(crate) fn adjusted_at(&self) -> Option<DateTime<Utc>> {
        self.adjusted.map(|(at, _)| at)
    }

    /// Whether another entry of the same patient and start is a duplicate of it.
    pub(crate) fn covers(&self) -> bool {
        match self.kept {
            None => self.fresh.is_ok(),
            Some(State::Unclaimed(PlanDecision::Skipped(reason))) => {
                matches!(reason, Skip::ObserveMode | Skip::NotInOnlyTo)
            }
            Some(State::Unclaimed(answer)) => answer == PlanDecision::Missed(Miss::Expired),
            Some(_) => true,
        }
    }

    /// Leave to try it once more, where it was tried and not found.
    pub(crate) fn retry(&self) -> Option<Retry> {
        self.stored.filter(|stored| !stored.state.is_spent()).and_then(|stored| stored.retry)
    }

    /// When observe mode showed it, or is going to, once that is final.
    pub(crate) fn shown_at(&self) -> Option<DateTime<Utc>> {
        match self.kept? {
            State::Unclaimed(PlanDecision::Skipped(Skip::ObserveMode | Skip::NotInOnlyTo)) => self.stored?.due_at,
            _ => None,
        }
    }

    /// Whether it wants room in its number's budget, and from when on.
    pub(crate) fn wants(&self) -> Option<DateTime<Utc>> {
        self.fresh.ok().filter(|_| self.kept.is_none())
    }
}
