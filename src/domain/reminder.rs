//! A reminder's states and reasons, and the one function that defines the legal transitions between states.

use std::fmt;

/// Defines an enum of reasons. Each has a code (stored, and shown in `--json`) and a label for people.
macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $(#[doc = $label] $variant),+ }

        impl $name {
            /// All variants.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The code used in the store and in `--json`.
            pub fn code(self) -> &'static str {
                match self { $($name::$variant => $code),+ }
            }

            /// The label shown to people.
            pub(crate) fn label(self) -> &'static str {
                match self { $($name::$variant => $label),+ }
            }

            /// Parses a code.
            pub(crate) fn from_code(code: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|r| r.code() == code)
            }
        }
    };
}

reasons! {
    /// Why a reminder is not sent although its appointment still stands.
    Skip {
        NoPhone = "no-phone", "the appointment has no phone number";
        InvalidPhone = "invalid-phone", "the phone number on file cannot be texted";
        SharedNumber = "shared-number", "too many patients share this phone number";
        OptedOut = "opted-out", "this number has opted out of texts";
        NoConsent = "no-consent", "the patient has not agreed to receive texts";
        UnknownLocation = "unknown-location", "the appointment's location is not in the configuration";
        TooLong = "too-long", "the text would be longer than 500 characters";
        TemplateError = "template-error", "the message needs information that this appointment does not have";
        Confirmed = "confirmed", "the appointment is already confirmed";
        ContactLimit = "contact-limit", "Annie's limits do not allow another text to this number";
        OutsideHours = "outside-hours", "no sending hours are left before the appointment";
        ClosedDay = "closed-day", "the appointment is on a day the practice is closed; check the date";
        Duplicate = "duplicate", "another entry for the same patient and start time gets this text";
        Superseded = "superseded", "a reminder closer to the appointment covers it";
        ByHand = "by-hand", "skipped by hand";
        Paused = "paused", "sending is paused";
        BadRow = "bad-row", "the appointment's latest row in the feed could not be read; fix that row";
        WrongNumber = "wrong-number", "the number belongs to someone else";
        ReplyUnclear = "reply-unclear", "the patient's reply may be a request to stop texts; read the reply";
        WrongPerson = "wrong-person", "a reply says that this is not the patient's number; check the number";
        AskedToChange = "asked-to-change", "the patient asked to change or cancel the appointment; call the patient";
        OtherType = "other-type", "the rule does not apply to this type of appointment";
        BookedLate = "booked-late", "the appointment was booked or moved after this text was due";
        NewRule = "new-rule", "the rule took effect after this text was due";
        ObserveMode = "observe-mode", "observe mode is on; no texts are sent";
        NotInOnlyTo = "not-in-only-to", "the number is not listed in `only_to`";
    }
}

reasons! {
    /// Why there is nothing left to remind the patient of.
    Cancel {
        Cancelled = "cancelled", "the appointment is cancelled";
        Rescheduled = "rescheduled", "the appointment was moved to another time";
        NotListed = "not-listed", "the appointment is no longer in the export";
        OffTheBook = "off-the-book", "the export lists the appointment as unscheduled, planned, or a note";
        AppointmentOver = "appointment-over", "the appointment is over";
        RuleRemoved = "rule-removed", "the rule is no longer in the configuration";
    }
}

reasons! {
    /// Why a reminder that should have gone out did not go out.
    Miss {
        Expired = "expired", "it could not be sent in time";
        Unconfirmed = "unconfirmed", "it was never confirmed as sent";
    }
}

reasons! {
    /// What a planned reminder is waiting for besides its due time.
    Wait {
        InDoubt = "in-doubt", "it is not yet clear whether an earlier text to this number was sent";
        Circuit = "circuit", "sending is stopped because Annie refuses the API key";
        Offline = "offline", "Annie cannot be reached or is failing";
        Pace = "pace", "Annie asked for a pause (rate limit)";
        Clock = "clock", "this server's clock is wrong, or Annie's clock has not confirmed it yet";
        StaleFeed = "stale-feed", "the last import is too old; import a new export";
        CatchingUp = "catching-up", "checking with Annie which texts have already gone out";
        RepliesUnread = "replies-unread", "replies from this number must be read first";
        DailyLimit = "daily-limit", "the limit for today has been reached (`max_texts_per_day`)";
        FirstDayLimit = "first-day-limit", "the limit for the first day has been reached (`first_day_limit`)";
        Refused = "refused", "Annie refused a text to this number; the next text to another number shows whether the number or the API key is the problem";
        ReplyUnclear = "reply-unclear", "the patient's reply may be a request to stop texts: read it, then run `leadtime opt-out add NUMBER` if it is, or `leadtime resolve NUMBER --go-on` if not";
        WrongPerson = "wrong-person", "a reply says that this is not the patient's number: run `leadtime wrong-number add NUMBER` if that is true, or `leadtime resolve NUMBER --go-on` if not";
        Checking = "checking", "the database is being checked";
        Damaged = "damaged", "the database is damaged; restore the last backup";
        Importing = "importing", "its export is being imported, or an import was interrupted; if this lasts, import the export again";
        ConfigHold = "config-hold", "the configuration would send an unusually large number of texts at once; run `leadtime confirm-change`, or wait until tomorrow";
    }
}

/// The planner's decision about a reminder that is not claimed yet. Every plan rewrites it until it is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlanDecision {
    /// It will go out at its due time.
    Planned,
    /// It will not go out, although the appointment still stands.
    Skipped(Skip),
    /// There is nothing left to remind the patient of.
    Cancelled(Cancel),
    /// It should have gone out and did not. Final.
    Missed(Miss),
}

/// The state of a reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Not claimed; holds the planner's decision.
    Unclaimed(PlanDecision),
    /// Claimed; its POST is in progress or was interrupted.
    Sending,
    /// Annie returned a conversation id.
    Sent,
    /// Annie rejected it.
    Rejected,
    /// It is not known whether Annie accepted it.
    Unknown,
    /// A person must decide what to do with it.
    Held,
}

impl State {
    /// The name used in the store and in `--json`.
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

    /// The reason code, if the state has one.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            State::Unclaimed(PlanDecision::Skipped(r)) => Some(r.code()),
            State::Unclaimed(PlanDecision::Cancelled(r)) => Some(r.code()),
            State::Unclaimed(PlanDecision::Missed(r)) => Some(r.code()),
            _ => None,
        }
    }

    /// The state and reason in words for people.
    pub(crate) fn label(self) -> &'static str {
        match self {
            State::Unclaimed(PlanDecision::Planned) => "planned",
            State::Unclaimed(PlanDecision::Skipped(r)) => r.label(),
            State::Unclaimed(PlanDecision::Cancelled(r)) => r.label(),
            State::Unclaimed(PlanDecision::Missed(r)) => r.label(),
            State::Sending => "being sent now",
            State::Sent => "sent",
            State::Rejected => "rejected by Annie",
            State::Unknown => "it is not clear whether Annie sent it",
            State::Held => "held until someone decides what to do with it",
        }
    }

    /// Parses the name and reason from the store. `None` for a pair that no version of Leadtime writes.
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

    /// Whether a text for this reminder went out, or may have. If so, the same patient, rule, start and round get no
    /// second reminder.
    pub fn is_spent(self) -> bool {
        !matches!(self, State::Unclaimed(_))
    }

    /// Whether `self` may become `to`. Besides the schema's trigger, this is the only place that defines the
    /// transitions.
    pub fn may_become(self, to: State) -> bool {
        use PlanDecision::{Cancelled, Missed, Planned, Skipped};
        match (self, to) {
            (from, to) if from == to => true,
            // Annie's list later showed that it had gone out. It passes through `planned`, as every text does.
            (State::Unclaimed(Missed(Miss::Unconfirmed)), State::Unclaimed(Planned)) => true,
            (State::Unclaimed(Missed(_)), _) => false,
            (State::Unclaimed(_), State::Unclaimed(_)) => true,
            // A late answer to a claim, and the two ways a planned reminder that was tried before can end.
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

/// All states, for tables and tests.
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
    fn sent_and_rejected_reminders_stay_final() {
        for to in all_states() {
            assert_eq!(State::Sent.may_become(to), to == State::Sent);
            assert_eq!(State::Rejected.may_become(to), to == State::Rejected);
            assert!(!State::Unclaimed(PlanDecision::Skipped(Skip::NoPhone)).may_become(State::Sending));
        }
    }
}
