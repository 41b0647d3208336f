//! One rule for one appointment while its answer is worked out.

use chrono::{DateTime, Utc};

use crate::domain::ids::RuleName;
use crate::domain::reminder::{Miss, PlanDecision, Skip, State};
use crate::domain::reminder_key::ReminderKey;
use crate::domain::rule::Rule;
use crate::planner::calendar::{Adjustment, Calendar};
use crate::planner::input::{Adopted, AppointmentInput, Retry, Stored};

/// What makes a text expire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expiry {
    /// The appointment is too close.
    NearStart,
    /// The next rule's time has come.
    NextRule(RuleName),
    /// The rule's own `expires_after`.
    After,
    /// It is a retry, and Annie prevents a duplicate only for so long.
    RetryOver,
}

/// One rule for one appointment, with its answer by itself.
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
    /// When it could first go out, or why it does not.
    pub(crate) fresh: Result<DateTime<Utc>, PlanDecision>,
    /// What is kept of the stored state no matter what the fresh answer is.
    pub(crate) kept: Option<State>,
    /// The conversation, begun while Leadtime was not watching, that counts as this reminder.
    pub(crate) adopted_by: Option<&'a Adopted>,
}

impl Draft<'_> {
    pub(crate) fn adjusted_at(&self) -> Option<DateTime<Utc>> {
        self.adjusted.map(|(at, _)| at)
    }

    /// Whether another entry for the same patient and start is a duplicate of it.
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

    /// Permission to try it once more, if it was tried and not found.
    pub(crate) fn retry(&self) -> Option<Retry> {
        self.stored.filter(|stored| !stored.state.is_spent()).and_then(|stored| stored.retry)
    }

    /// When observe mode showed it or will show it, once that is final.
    pub(crate) fn shown_at(&self) -> Option<DateTime<Utc>> {
        match self.kept? {
            State::Unclaimed(PlanDecision::Skipped(Skip::ObserveMode | Skip::NotInOnlyTo)) => self.stored?.due_at,
            _ => None,
        }
    }

    /// From when on it needs room in its number's budget, if it does.
    pub(crate) fn wants(&self) -> Option<DateTime<Utc>> {
        self.fresh.ok().filter(|_| self.kept.is_none())
    }
}
