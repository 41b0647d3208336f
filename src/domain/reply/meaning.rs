//! What a reply can mean.

/// What one reply means, judged by its words alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplyMeaning {
    /// The patient wants no more texts.
    OptOut,
    /// The patient may want no more texts, or may mean the appointment or another person.
    UnclearOptOut,
    /// The patient is coming.
    Confirmed,
    /// The patient wants another day or hour.
    WantsChange,
    /// The patient is not coming.
    WantsCancel,
    /// A person must answer.
    Question,
    /// The number belongs to someone else.
    WrongPerson,
    /// The meaning is not clear from the words; a person must read the reply.
    NeedsALook,
    /// The reply neither asks nor says anything.
    None,
}

impl ReplyMeaning {
    /// All meanings.
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
