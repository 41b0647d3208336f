//! A call of the front desk to a patient.

use chrono::{DateTime, Utc};

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallResult {
    /// Somebody spoke with the patient.
    Reached,
    /// Nobody answered.
    NoAnswer,
    /// A message was left.
    LeftWord,
}

impl CallResult {
    /// All results.
    pub const ALL: [CallResult; 3] = [CallResult::Reached, CallResult::NoAnswer, CallResult::LeftWord];

    /// The code in the store.
    pub fn code(self) -> &'static str {
        match self {
            CallResult::Reached => "reached",
            CallResult::NoAnswer => "no-answer",
            CallResult::LeftWord => "left-word",
        }
    }

    /// Parses a code.
    pub(crate) fn from_code(code: &str) -> Option<CallResult> {
        CallResult::ALL.into_iter().find(|result| result.code() == code)
    }
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its number.
    pub id: i64,
    /// How it ended.
    pub result: CallResult,
    /// Who called.
    pub who: String,
    /// When.
    pub at: DateTime<Utc>,
}
