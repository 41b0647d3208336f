//! The person who runs a command, and their reason, for the audit.

/// Who decided, and why.
#[derive(Debug, Clone, Copy, Default)]
pub struct Operator<'a> {
    /// The system user, or the name given.
    pub who: Option<&'a str>,
    /// The reason, in that person's words.
    pub why: Option<&'a str>,
}
