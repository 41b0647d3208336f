//! A number whose texts wait because of a reply from it.

/// What the reply said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldCause {
    /// It may be a request to stop texts.
    ReplyUnclear,
    /// It says that this is not the patient's number.
    WrongPerson,
}

impl HoldCause {
    /// All causes.
    pub const ALL: [HoldCause; 2] = [HoldCause::ReplyUnclear, HoldCause::WrongPerson];

    /// The code in the store.
    pub fn code(self) -> &'static str {
        match self {
            HoldCause::ReplyUnclear => "reply-unclear",
            HoldCause::WrongPerson => "wrong-person",
        }
    }

    /// Parses a code.
    pub fn from_code(code: &str) -> Option<HoldCause> {
        HoldCause::ALL.into_iter().find(|cause| cause.code() == code)
    }
}
