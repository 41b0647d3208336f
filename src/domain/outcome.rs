//! What became of one POST: the classes that decide what happens next.

use chrono::{DateTime, Utc};

use crate::domain::ids::ConversationId;

/// The outcome of one attempt. Details are words of our own: an answer's body may echo names and numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A 2xx with a conversation id.
    Sent(ConversationId),
    /// It surely did not reach Annie, or Annie surely did nothing with it.
    NotSent(NotSent),
    /// Annie understood and refused: 400, 422 and other 4xx that are not listed elsewhere.
    Rejected {
        /// The HTTP status.
        status: u16,
    },
    /// Annie may have taken it: 408, 409, 5xx, time-outs, resets, answers that cannot be read.
    Unknown {
        /// The HTTP status, where one came.
        status: Option<u16>,
        /// What happened, in words without any of the answer's content.
        detail: String,
    },
}

/// Why an attempt surely was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSent {
    /// DNS, connect or TLS failed: the request never left.
    Unreachable {
        /// What failed, in words.
        detail: String,
    },
    /// 429: the key has to wait.
    RateLimited {
        /// The instant from which requests are welcome again.
        until: DateTime<Utc>,
    },
    /// 401, 403, 404 or a redirect: the key, the address, or this one number is at fault.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// More than five seconds passed between the claim and the first byte: the claim was let go.
    TooOld,
    /// The request could not be built: a fault of Leadtime's own.
    Bug {
        /// What could not be built.
        detail: String,
    },
}

impl Outcome {
    /// The name in the store.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Sent(_) => "sent",
            Outcome::NotSent(_) => "not-sent",
            Outcome::Rejected { .. } => "rejected",
            Outcome::Unknown { .. } => "unknown",
        }
    }

    /// The HTTP status that was answered, if one was.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Outcome::Sent(_) => None,
            Outcome::NotSent(NotSent::RateLimited { .. }) => Some(429),
            Outcome::NotSent(NotSent::Refused { status }) | Outcome::Rejected { status } => Some(*status),
            Outcome::NotSent(_) => None,
            Outcome::Unknown { status, .. } => *status,
        }
    }

    /// What happened, for the ledger and the log.
    pub fn detail(&self) -> String {
        match self {
            Outcome::Sent(_) => "accepted".to_owned(),
            Outcome::NotSent(NotSent::Unreachable { detail } | NotSent::Bug { detail })
            | Outcome::Unknown { detail, .. } => detail.clone(),
            Outcome::NotSent(NotSent::RateLimited { .. }) => "Annie asked for a pause".to_owned(),
            Outcome::NotSent(NotSent::Refused { status }) => format!("refused with status {status}"),
            Outcome::NotSent(NotSent::TooOld) => "over 5 s old before its first byte: let go".to_owned(),
            Outcome::Rejected { status } => format!("rejected with status {status}"),
        }
    }

    /// How the ledger tells the kinds of "not sent" apart, beside the status: the network, the key's pause, or us.
    pub(crate) fn kind(&self) -> Option<&'static str> {
        match self {
            Outcome::NotSent(NotSent::Unreachable { .. }) => Some("unreachable"),
            Outcome::NotSent(NotSent::RateLimited { .. }) => Some("rate-limited"),
            Outcome::NotSent(NotSent::Refused { .. }) => Some("refused"),
            Outcome::NotSent(NotSent::TooOld) => Some("too-old"),
            Outcome::NotSent(NotSent::Bug { .. }) => Some("bug"),
            _ => None,
        }
    }
}
