//! What a reply can mean.

/// What one reply means, by its words alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplyMeaning {
    /// No more texts.
    OptOut,
    /// Perhaps no more texts; perhaps the visit or somebody else is meant.
    UnclearOptOut,
    /// The patient is coming.
    Confirmed,
    /// Another day or hour is wanted.
    WantsChange,
    /// The patient is not coming.
    WantsCancel,
    /// A person must answer.
    Question,
    /// The number is somebody else's.
    WrongPerson,
    /// The words do not tell; a person must read them.
    NeedsALook,
    /// Nothing is asked and nothing is said.
    None,
}

impl ReplyMeaning {
    /// Every meaning.
    pub const ALL: [ReplyMeaning; 9] = [
        ReplyMeaning::OptOut,
        ReplyMeaning::UnclearOptOut,
        ReplyMeaning::Confirmed,
        ReplyMeaning::WantsChange,
        ReplyMeaning::WantsCancel,
        ReplyMeaning::Question,
        ReplyMeaning::WrongPerson,
        ReplyMeaning::NeedsALook,
        ReplyMeaning::None,
    ];

    /// The name in tables and files.
    pub fn code(self) -> &'static str {
        match self {
            ReplyMeaning::OptOut => "opt_out",
            ReplyMeaning::UnclearOptOut => "unclear_opt_out",
            ReplyMeaning::Confirmed => "confirmed",
            ReplyMeaning::WantsChange => "wants_change",
            ReplyMeaning::WantsCancel => "wants_cancel",
            ReplyMeaning::Question => "question",
            ReplyMeaning::WrongPerson => "wrong_person",
            ReplyMeaning::NeedsALook => "needs_a_look",
            ReplyMeaning::None => "none",
        }
    }
}
