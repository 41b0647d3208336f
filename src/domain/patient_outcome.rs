//! What is known about a patient's plans for an appointment, and who says so.

use chrono::{DateTime, Utc};

use crate::domain::sentence::Sentence;
use crate::domain::zone::Zone;

/// What a patient answered, or what a person at the desk noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PatientOutcome {
    /// Nothing: an earlier outcome was withdrawn by the front desk.
    None,
    /// The patient is coming.
    Confirmed,
    /// The patient wants another day or hour.
    WantsChange,
    /// The patient is not coming.
    WantsCancel,
    /// The patient asked something.
    Question,
    /// The number belongs to someone else.
    WrongPerson,
    /// The number wants no more texts.
    OptedOut,
    /// The reply may be a request to stop texts.
    UnclearOptOut,
    /// A person must read the reply.
    NeedsALook,
}

impl PatientOutcome {
    /// All outcomes.
    pub const ALL: [PatientOutcome; 9] = [
        PatientOutcome::None,
        PatientOutcome::Confirmed,
        PatientOutcome::WantsChange,
        PatientOutcome::WantsCancel,
        PatientOutcome::Question,
        PatientOutcome::WrongPerson,
        PatientOutcome::OptedOut,
        PatientOutcome::UnclearOptOut,
        PatientOutcome::NeedsALook,
    ];

    /// The code in the store, in `--json` and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            PatientOutcome::None => "none",
            PatientOutcome::Confirmed => "confirmed",
            PatientOutcome::WantsChange => "wants_change",
            PatientOutcome::WantsCancel => "wants_cancel",
            PatientOutcome::Question => "question",
            PatientOutcome::WrongPerson => "wrong_person",
            PatientOutcome::OptedOut => "opted_out",
            PatientOutcome::UnclearOptOut => "unclear_opt_out",
            PatientOutcome::NeedsALook => "needs_a_look",
        }
    }

    /// The outcome in words, for people.
    pub(crate) fn label(self) -> &'static str {
        match self {
            PatientOutcome::None => "no answer",
            PatientOutcome::Confirmed => "confirmed",
            PatientOutcome::WantsChange => "wants another time",
            PatientOutcome::WantsCancel => "wants to cancel",
            PatientOutcome::Question => "asked a question",
            PatientOutcome::WrongPerson => "says it is the wrong number",
            PatientOutcome::OptedOut => "opted out",
            PatientOutcome::UnclearOptOut => "may have opted out",
            PatientOutcome::NeedsALook => "wrote something to read",
        }
    }

    /// Parses a code.
    pub(crate) fn from_code(code: &str) -> Option<PatientOutcome> {
        PatientOutcome::ALL.into_iter().find(|outcome| outcome.code() == code)
    }

    /// Whether the patient asked to cancel or change the appointment, so that texts about it wait.
    pub(crate) fn is_wish(self) -> bool {
        matches!(self, PatientOutcome::WantsChange | PatientOutcome::WantsCancel)
    }

    /// Whether texts to the number wait until a person decides.
    pub(crate) fn holds_the_number(self) -> bool {
        matches!(self, PatientOutcome::WrongPerson | PatientOutcome::UnclearOptOut)
    }
}

/// Where an outcome comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutcomeSource {
    /// The patient's own words.
    Reply,
    /// A tag that Annie put on the conversation.
    Tag,
    /// An action that Annie asks staff to take.
    Action,
    /// A person at the front desk.
    Desk,
    /// The practice's own system: the appointment's status. Shown, never stored.
    Feed,
}

impl OutcomeSource {
    const ALL: [OutcomeSource; 5] =
        [OutcomeSource::Reply, OutcomeSource::Tag, OutcomeSource::Action, OutcomeSource::Desk, OutcomeSource::Feed];

    /// The code in the store and in `--json`.
    pub fn code(self) -> &'static str {
        match self {
            OutcomeSource::Reply => "reply",
            OutcomeSource::Tag => "tag",
            OutcomeSource::Action => "action",
            OutcomeSource::Desk => "desk",
            OutcomeSource::Feed => "feed",
        }
    }

    /// The source in words: `confirmed by reply`.
    pub(crate) fn label(self) -> &'static str {
        match self {
            OutcomeSource::Reply => "by reply",
            OutcomeSource::Tag => "by a tag in Annie",
            OutcomeSource::Action => "by an action in Annie",
            OutcomeSource::Desk => "noted at the front desk",
            OutcomeSource::Feed => "in the practice's system",
        }
    }

    /// Parses a code.
    pub(crate) fn from_code(code: &str) -> Option<OutcomeSource> {
        OutcomeSource::ALL.into_iter().find(|source| source.code() == code)
    }
}

/// The outcome of an appointment so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What it is.
    pub outcome: PatientOutcome,
    /// Who says so.
    pub source: OutcomeSource,
    /// When it was written or noted.
    pub since: DateTime<Utc>,
}

impl Standing {
    /// `confirmed by reply, Tue Nov 24, 10:12 AM`; `wants to cancel (by reply, Tue Nov 24, 10:12 AM)`.
    pub(crate) fn in_words(self, zone: &Zone) -> String {
        self.sentence(zone).english()
    }

    /// The same, for another language.
    pub(crate) fn sentence(self, zone: &Zone) -> Sentence {
        let line = match self.outcome {
            PatientOutcome::Confirmed => Sentence::new("why.outcome-confirmed", "{outcome} {source}, {time}"),
            _ => Sentence::new("why.outcome", "{outcome} ({source}, {time})"),
        };
        line.part("outcome", Sentence::coded("outcome", self.outcome.code(), self.outcome.label()))
            .part("source", Sentence::coded("source", self.source.code(), self.source.label()))
            .time("time", self.since, zone)
    }
}
