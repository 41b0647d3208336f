//! A number whose texts wait because of what was answered from it.

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldCause {
    /// Words that may ask for no more texts.
    ReplyUnclear,
    /// This is not the patient's number.
    WrongPerson,
}

impl HoldCause {
    /// Every one of them.
    pub const ALL: [HoldCause; 2] = [HoldCause::ReplyUnclear, HoldCause::WrongPerson];

    /// The code in the store.
    pub fn code(self) -> &'static str {
        match self {
            HoldCause::ReplyUnclear => "reply-unclear",
            HoldCause::WrongPerson => "wrong-person",
        }
    }

    /// Reads a code.
    pub fn from_code(code: &str) -> Option<HoldCause> {
        HoldCause::ALL.into_iter().find(|cause| cause.code() == code)
    }
}
