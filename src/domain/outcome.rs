//! The outcome of one POST, in the classes that decide what happens next.

use chrono::{DateTime, Utc};

use crate::domain::ids::ConversationId;

/// The outcome of one attempt. Details are in our own words, because a response body may echo names and numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A 2xx response with a conversation id.
    Sent(ConversationId),
    /// It certainly did not reach Annie, or Annie certainly did nothing with it.
    NotSent(NotSent),
    /// Annie understood it and refused it: 400, 422, and other 4xx that are not listed elsewhere.
    Rejected {
        /// The HTTP status.
        status: u16,
    },
    /// Annie may have accepted it: 408, 409, 5xx, timeouts, connection resets, unreadable responses.
    Unknown {
        /// The HTTP status, if there was one.
        status: Option<u16>,
        /// What happened, without any content of the response.
        detail: String,
    },
}

/// Why an attempt was certainly not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSent {
    /// DNS, connect, or TLS failed: the request never left this server.
    Unreachable {
        /// What failed, in words.
        detail: String,
    },
    /// 429: the key must wait.
    RateLimited {
        /// When requests are allowed again.
        until: DateTime<Utc>,
    },
    /// 401, 403, 404, or a redirect: the key, the address, or this one number is the problem.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// More than five seconds passed between the claim and the first byte, so the claim was dropped.
    TooOld,
    /// The request could not be built. This is a bug in Leadtime.
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

    /// The HTTP status of the response, if there was one.
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
            Outcome::NotSent(NotSent::TooOld) => "more than 5 seconds old before its first byte; dropped".to_owned(),
            Outcome::Rejected { status } => format!("rejected with status {status}"),
        }
    }

    /// Which kind of "not sent" this is, for the ledger, in addition to the status: the network, the rate limit, or us.
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
