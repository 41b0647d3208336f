//! What is kept of a stored answer no matter what the fresh one is: what was texted, what is final, what was missed.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::reminder::{Cancel, Miss, PlanDecision, Skip, State};
use crate::planner::decision::Answering;
use crate::planner::draft::Draft;
use crate::planner::input::Adopted;

/// How long after a daemon start Annie's list should have been read; after that, an unread list raises an alert.
pub(crate) const CATCH_UP_WITHIN: TimeDelta = TimeDelta::minutes(15);

impl<'a> Answering<'a> {
    /// A conversation begun with this number while Leadtime was not watching counts for everything that was to be sent
    /// by the end of its day, whatever its words. So a store restored from an older backup texts no one twice.
    pub(super) fn adopted_by(&self, draft: &Draft<'a>) -> Option<&'a Adopted> {
        let stored = draft.stored.map(|stored| stored.state);
        // A reminder given up as unconfirmed may turn out to have been sent, if no text of ours is on record for it.
        let unconfirmed = State::Unclaimed(PlanDecision::Missed(Miss::Unconfirmed));
        let is_unconfirmed = stored == Some(unconfirmed) && draft.stored.is_some_and(|stored| !stored.tried);
        let open = stored.is_none_or(
            |state| matches!(state, State::Unclaimed(answer) if !matches!(answer, PlanDecision::Missed(_))),
        );
        let open = open || is_unconfirmed;
        // An appointment that has begun since then counts only if its text was planned.
        let was_planned = is_unconfirmed || stored == Some(State::Unclaimed(PlanDecision::Planned));
        let was_to_go = match draft.fresh {
            Ok(_) | Err(PlanDecision::Missed(Miss::Expired)) => true,
            Err(PlanDecision::Cancelled(Cancel::AppointmentOver)) => was_planned,
            Err(_) => false,
        };
        let (adjusted, calendar) = (draft.adjusted_at()?, draft.calendar?);
        let tells =
            |adopted: &&Adopted| calendar.date(adjusted) <= calendar.date(adopted.at) && adopted.at < draft.expires;
        self.input.adopted.iter().find(tells).filter(|_| open && was_to_go)
    }

    /// What is kept of the stored state: what was texted, what is final, and what should have gone out but did not.
    pub(super) fn kept(&self, draft: &Draft<'a>) -> Option<State> {
        let called_off = matches!(draft.fresh, Err(answer) if is_called_off(answer));
        match draft.stored?.state {
            // It may have arrived after all, so a person has to check.
            State::Unclaimed(PlanDecision::Planned)
                if draft.retry().is_some() && !called_off && self.is_past_trying(draft) =>
            {
                Some(State::Held)
            }
            State::Unclaimed(PlanDecision::Planned)
                if self.now >= draft.expires
                    && !called_off
                    && let Some(since) = self.input.catching_up_since =>
            {
                let is_over = self.now >= draft.key.start && self.now >= since + CATCH_UP_WITHIN;
                let unconfirmed = PlanDecision::Missed(Miss::Unconfirmed);
                Some(State::Unclaimed(if is_over { unconfirmed } else { PlanDecision::Planned }))
            }
            State::Unclaimed(PlanDecision::Planned) if self.now >= draft.expires && !called_off => {
                let late = self.too_late(draft);
                let is_held_back = matches!(late, PlanDecision::Skipped(Skip::ReplyUnclear | Skip::WrongPerson));
                let missed = PlanDecision::Missed(Miss::Expired);
                Some(State::Unclaimed(if is_held_back { late } else { missed }))
            }
            State::Unclaimed(kept) => self.is_final(draft, kept, called_off).then_some(State::Unclaimed(kept)),
            spent => Some(spent),
        }
    }

    /// Whether no instant is left at which a retry may go out.
    fn is_past_trying(&self, draft: &Draft<'a>) -> bool {
        let none_left = Err(PlanDecision::Skipped(Skip::OutsideHours));
        self.now >= draft.expires
            || draft.fresh == none_left
            || draft.fresh == Err(PlanDecision::Skipped(Skip::Superseded))
    }

    fn is_final(&self, draft: &Draft<'a>, kept: PlanDecision, called_off: bool) -> bool {
        let past = |at: Option<DateTime<Utc>>| at.is_none_or(|at| at <= self.now);
        match kept {
            PlanDecision::Missed(_) => true,
            PlanDecision::Skipped(Skip::ByHand) if draft.stored.is_some_and(|stored| stored.tried) => true,
            // Together with its household, it would have gone out before its own time.
            PlanDecision::Skipped(Skip::ObserveMode | Skip::NotInOnlyTo)
                if draft.stored.and_then(|s| s.due_at).is_some_and(|at| at <= self.now) =>
            {
                true
            }
            PlanDecision::Skipped(reason) if once_its_time_has_passed(reason) => {
                past(draft.adjusted_at()) && past(draft.stored.and_then(|s| s.adjusted_at))
            }
            // `Rescheduled`: the appointment moved back to this start.
            PlanDecision::Planned | PlanDecision::Cancelled(Cancel::Rescheduled) => false,
            PlanDecision::Skipped(_) | PlanDecision::Cancelled(_) => self.now >= draft.expires && !called_off,
        }
    }
}

fn is_called_off(answer: PlanDecision) -> bool {
    matches!(answer, PlanDecision::Cancelled(Cancel::Cancelled | Cancel::NotListed | Cancel::OffTheBook))
}

/// The reasons that are final once the adjusted time has passed, so that no change of rules, types or mode releases a
/// burst of past texts.
pub(crate) fn once_its_time_has_passed(reason: Skip) -> bool {
    matches!(reason, Skip::OtherType | Skip::BookedLate | Skip::NewRule | Skip::ObserveMode | Skip::NotInOnlyTo)
}
