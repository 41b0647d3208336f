//! A reminder's states and reasons, and the one function that holds the legal moves between them.

use std::fmt;

/// Defines an enum of reasons with a code (stored, and in `--json`) and words for people.
macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $(#[doc = $label] $variant),+ }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The code in the store and in `--json`.
            pub fn code(self) -> &'static str {
                match self { $($name::$variant => $code),+ }
            }

            /// The same for a person.
            pub(crate) fn label(self) -> &'static str {
                match self { $($name::$variant => $label),+ }
            }

            /// Reads a code.
            pub(crate) fn from_code(code: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|r| r.code() == code)
            }
        }
    };
}

reasons! {
    /// Why a reminder is not sent although its appointment stands.
    Skip {
        NoPhone = "no-phone", "the visit has no phone number";
        InvalidPhone = "invalid-phone", "no text can be sent to the phone number on file";
        SharedNumber = "shared-number", "too many patients share the phone number";
        OptedOut = "opted-out", "this number asked for no texts";
        NoConsent = "no-consent", "the patient did not agree to texts";
        UnknownLocation = "unknown-location", "the visit's location is not in the configuration";
        TooLong = "too-long", "the text would be over 500 characters";
        TemplateError = "template-error", "the text could not be written: something it names is missing in this visit";
        Confirmed = "confirmed", "the visit is confirmed already";
        ContactLimit = "contact-limit", "Annie's limits leave no room for another text to this number";
        OutsideHours = "outside-hours", "there is no sending hour left before the visit";
        ClosedDay = "closed-day", "the visit lies on a day the practice is closed; somebody should look";
        Duplicate = "duplicate", "another entry for the same patient and start gets this text";
        Superseded = "superseded", "a nearer text covers it";
        ByHand = "by-hand", "somebody decided so";
        Paused = "paused", "sending is paused";
        BadRow = "bad-row", "the visit's last row in the feed could not be read; mend it there";
        WrongNumber = "wrong-number", "the number is somebody else's";
        ReplyUnclear = "reply-unclear", "the patient answered in words that may ask for no more texts; somebody should read it";
        WrongPerson = "wrong-person", "somebody answered that this is not the patient's number; somebody should look";
        OtherType = "other-type", "the rule is not for this type of visit";
        BookedLate = "booked-late", "booked or moved after this text was due";
        NewRule = "new-rule", "the rule came into force after this text was due";
        ObserveMode = "observe-mode", "observe mode: nobody is texted";
        NotInOnlyTo = "not-in-only-to", "the number is not in only_to";
    }
}

reasons! {
    /// Why a reminder has nothing to remind of.
    Cancel {
        Cancelled = "cancelled", "the visit is cancelled";
        Rescheduled = "rescheduled", "the visit moved to another time";
        NotListed = "not-listed", "the visit is no longer in the export";
        OffTheBook = "off-the-book", "the export has the visit as unscheduled, planned or a note";
        AppointmentOver = "appointment-over", "the visit is over";
        RuleRemoved = "rule-removed", "the rule is no longer in the configuration";
    }
}

reasons! {
    /// Why a reminder that should have gone out did not.
    Miss {
        Expired = "expired", "too late to send";
        Unconfirmed = "unconfirmed", "whether it went out was never learned";
    }
}

reasons! {
    /// What a planned reminder waits for, beyond its time.
    Wait {
        InDoubt = "in-doubt", "it is not known yet whether an earlier text to this number went out";
        Circuit = "circuit", "sending is stopped: Annie refuses the key";
        Offline = "offline", "Annie cannot be reached, or fails";
        Pace = "pace", "Annie asked for a pause";
        Clock = "clock", "this machine's clock is wrong, or not confirmed by Annie's yet";
        StaleFeed = "stale-feed", "the appointment book was not imported for too long; import a new export";
        CatchingUp = "catching-up", "Annie is asked first what went out while Leadtime was not looking";
        RepliesUnread = "replies-unread", "the replies of this number are read first";
        DailyLimit = "daily-limit", "as many texts as are allowed have gone out today (max_texts_per_day)";
        FirstDayLimit = "first-day-limit", "as many texts as are allowed on the first day have gone out (first_day_limit)";
        Refused = "refused", "Annie refuses its number, and no other text shows yet whether she means the number";
        ReplyUnclear = "reply-unclear", "the patient answered in words that may ask for no more texts: read it, then `leadtime resolve NUMBER --go-on` or `leadtime opt-out add NUMBER`";
        WrongPerson = "wrong-person", "somebody answered that this is not the patient's number: `leadtime wrong-number add NUMBER`, or `leadtime resolve NUMBER --go-on`";
        Checking = "checking", "the database is checked first";
        Damaged = "damaged", "the database is damaged; restore the last backup";
        Importing = "importing", "the export it comes from is being imported, or the import broke off; import it again";
        ConfigHold = "config-hold", "the configuration would send unusually many texts at once; `leadtime confirm-change`, or wait for tomorrow";
    }
}

/// The planner's word on a reminder that was not claimed yet; rewritten by every plan until it is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlanDecision {
    /// Will go out at its due time.
    Planned,
    /// Will not go out, although the appointment stands.
    Skipped(Skip),
    /// There is nothing to remind of.
    Cancelled(Cancel),
    /// Should have gone out and did not. Final.
    Missed(Miss),
}

/// The state of a reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Not claimed: the planner's answer.
    Unclaimed(PlanDecision),
    /// Claimed; its POST is under way or was cut off.
    Sending,
    /// Annie returned a conversation id.
    Sent,
    /// Annie refused it.
    Rejected,
    /// Whether Annie took it is not known.
    Unknown,
    /// A person has to decide.
    Held,
}

impl State {
    /// The name in the store and in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            State::Unclaimed(PlanDecision::Planned) => "planned",
            State::Unclaimed(PlanDecision::Skipped(_)) => "skipped",
            State::Unclaimed(PlanDecision::Cancelled(_)) => "cancelled",
            State::Unclaimed(PlanDecision::Missed(_)) => "missed",
            State::Sending => "sending",
            State::Sent => "sent",
            State::Rejected => "rejected",
            State::Unknown => "unknown",
            State::Held => "held",
        }
    }

    /// The code of the reason, where the state has one.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            State::Unclaimed(PlanDecision::Skipped(r)) => Some(r.code()),
            State::Unclaimed(PlanDecision::Cancelled(r)) => Some(r.code()),
            State::Unclaimed(PlanDecision::Missed(r)) => Some(r.code()),
            _ => None,
        }
    }

    /// State and reason in words for a person.
    pub(crate) fn label(self) -> &'static str {
        match self {
            State::Unclaimed(PlanDecision::Planned) => "planned",
            State::Unclaimed(PlanDecision::Skipped(r)) => r.label(),
            State::Unclaimed(PlanDecision::Cancelled(r)) => r.label(),
            State::Unclaimed(PlanDecision::Missed(r)) => r.label(),
            State::Sending => "being sent now",
            State::Sent => "sent",
            State::Rejected => "rejected by Annie",
            State::Unknown => "it is not known whether Annie sent it",
            State::Held => "held: somebody has to decide",
        }
    }

    /// Reads what the store holds. `None` for a pair no version of Leadtime writes.
    pub(crate) fn from_parts(name: &str, reason: Option<&str>) -> Option<State> {
        Some(match (name, reason) {
            ("planned", None) => State::Unclaimed(PlanDecision::Planned),
            ("skipped", Some(r)) => State::Unclaimed(PlanDecision::Skipped(Skip::from_code(r)?)),
            ("cancelled", Some(r)) => State::Unclaimed(PlanDecision::Cancelled(Cancel::from_code(r)?)),
            ("missed", Some(r)) => State::Unclaimed(PlanDecision::Missed(Miss::from_code(r)?)),
            ("sending", None) => State::Sending,
            ("sent", None) => State::Sent,
            ("rejected", None) => State::Rejected,
            ("unknown", None) => State::Unknown,
            ("held", None) => State::Held,
            _ => return None,
        })
    }

    /// Whether a text of this reminder left, or may have: no second reminder of the patient, rule, start and round.
    pub fn is_spent(self) -> bool {
        !matches!(self, State::Unclaimed(_))
    }

    /// Whether `self` may become `to`: the only place, beside the schema's trigger, that says so.
    pub fn may_become(self, to: State) -> bool {
        use PlanDecision::{Cancelled, Missed, Planned, Skipped};
        match (self, to) {
            (from, to) if from == to => true,
            // Annie's list showed later that it had gone out; it passes through `planned`, as every text does.
            (State::Unclaimed(Missed(Miss::Unconfirmed)), State::Unclaimed(Planned)) => true,
            (State::Unclaimed(Missed(_)), _) => false,
            (State::Unclaimed(_), State::Unclaimed(_)) => true,
            // an answer that came late to a claim, and the two endings of a planned one that was tried before
            (State::Unclaimed(Planned), State::Sending | State::Rejected | State::Held) => true,
            (State::Sending, State::Sent | State::Rejected | State::Unknown | State::Unclaimed(Planned)) => true,
            (State::Unknown, State::Sent | State::Held | State::Unclaimed(Planned | Missed(Miss::Unconfirmed))) => true,
            (
                State::Held,
                State::Sent | State::Unclaimed(Planned | Skipped(Skip::ByHand) | Missed(Miss::Unconfirmed)),
            ) => true,
            (State::Unclaimed(Skipped(_) | Cancelled(_)), _) => false,
            _ => false,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason() {
            Some(reason) => write!(f, "{} ({reason})", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

/// Every state there is, for tables and tests.
pub fn all_states() -> Vec<State> {
    let answers = [PlanDecision::Planned]
        .into_iter()
        .chain(Skip::ALL.iter().map(|r| PlanDecision::Skipped(*r)))
        .chain(Cancel::ALL.iter().map(|r| PlanDecision::Cancelled(*r)))
        .chain(Miss::ALL.iter().map(|r| PlanDecision::Missed(*r)))
        .map(State::Unclaimed);
    answers.chain([State::Sending, State::Sent, State::Rejected, State::Unknown, State::Held]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_back() {
        for state in all_states() {
            assert_eq!(State::from_parts(state.name(), state.reason()), Some(state));
        }
        for (name, reason) in
            [("planned", Some("expired")), ("skipped", None), ("skipped", Some("expired")), ("gone", None)]
        {
            assert_eq!(State::from_parts(name, reason), None);
        }
    }

    #[test]
    fn what_left_never_comes_back() {
        for to in all_states() {
            assert_eq!(State::Sent.may_become(to), to == State::Sent);
            assert_eq!(State::Rejected.may_become(to), to == State::Rejected);
            assert!(!State::Unclaimed(PlanDecision::Skipped(Skip::NoPhone)).may_become(State::Sending));
        }
    }
}
