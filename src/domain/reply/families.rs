//! The vocabulary of one language, by what its words are about.

/// The words of one language. Each field but the first four holds patterns, one a line.
pub(crate) struct Words {
    /// `name = words`, one family a line.
    pub(crate) families: &'static str,
    /// Words that say nothing beside an opt-out word.
    pub(crate) filler: &'static str,
    /// Polite words and greetings, divided by semicolons.
    pub(crate) courtesy: &'static str,
    /// Words that are an opt-out if the reply says nothing else.
    pub(crate) alone: &'static str,
    /// Words that are an opt-out if a clause of the reply says nothing else.
    pub(crate) clause: &'static str,
    /// Where an opt-out word means something else: "stop by", "end of the day".
    pub(crate) elsewhere: &'static str,
    /// Phrases that ask for no more texts.
    pub(crate) opt_out: &'static str,
    /// Phrases that may ask for no more texts.
    pub(crate) unclear: &'static str,
    /// The number is somebody else's.
    pub(crate) wrong_person: &'static str,
    /// Another day or hour is wanted.
    pub(crate) change: &'static str,
    /// The patient is not coming.
    pub(crate) cancel: &'static str,
    /// Where a word of cancelling or changing means something else: "don't cancel", "cancellation fee".
    pub(crate) keep: &'static str,
    /// Neither yes nor no.
    pub(crate) unsure: &'static str,
    /// A person must answer.
    pub(crate) question: &'static str,
    /// What a person must answer if nothing else is said: money, medicine, trouble with a tooth.
    pub(crate) topic: &'static str,
    /// The patient is coming.
    pub(crate) confirm: &'static str,
    /// Asks for nothing.
    pub(crate) pleasantry: &'static str,
    /// A person must act at once.
    pub(crate) urgent: &'static str,
    /// Where a word of trouble is none.
    pub(crate) not_urgent: &'static str,
}
