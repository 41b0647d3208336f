//! The vocabulary of one language, by meaning.

/// The words of one language. Each field except `families`, `filler`, `courtesy`, `alone` and `clause` has one pattern
/// per line.
pub(crate) struct Words {
    /// `name = words`, one family per line.
    pub(crate) families: &'static str,
    /// Words that add nothing to an opt-out word.
    pub(crate) filler: &'static str,
    /// Polite words and greetings, separated by semicolons.
    pub(crate) courtesy: &'static str,
    /// Words that are an opt-out if the reply says nothing else.
    pub(crate) alone: &'static str,
    /// Words that are an opt-out if a clause of the reply says nothing else.
    pub(crate) clause: &'static str,
    /// Phrases in which an opt-out word means something else: "stop by", "end of the day".
    pub(crate) elsewhere: &'static str,
    /// Phrases that ask to stop texts.
    pub(crate) opt_out: &'static str,
    /// Phrases that may ask to stop texts.
    pub(crate) unclear: &'static str,
    /// The number belongs to someone else.
    pub(crate) wrong_person: &'static str,
    /// The patient wants another day or hour.
    pub(crate) change: &'static str,
    /// The patient is not coming.
    pub(crate) cancel: &'static str,
    /// Phrases in which a word for cancelling or changing means something else: "don't cancel", "cancellation fee".
    pub(crate) keep: &'static str,
    /// Neither yes nor no.
    pub(crate) unsure: &'static str,
    /// A person must answer.
    pub(crate) question: &'static str,
    /// What a person must answer if the reply says nothing else: money, medicine, tooth problems.
    pub(crate) topic: &'static str,
    /// The patient is coming.
    pub(crate) confirm: &'static str,
    /// Words that ask for nothing.
    pub(crate) pleasantry: &'static str,
    /// A person must act at once.
    pub(crate) urgent: &'static str,
    /// Phrases in which an urgent word is not urgent.
    pub(crate) not_urgent: &'static str,
}
