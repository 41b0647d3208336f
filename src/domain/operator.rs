//! The person who acts by hand: who, and why, for the audit.

/// Who decided, and why.
#[derive(Debug, Clone, Copy, Default)]
pub struct Operator<'a> {
    /// The user of the machine, or the name given.
    pub who: Option<&'a str>,
    /// In that person's words.
    pub why: Option<&'a str>,
}
