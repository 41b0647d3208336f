//! The line that the first text to a number carries: how to get no more.

/// What became of it in one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstLine {
    /// It was not due: the number had it before, or the practice has none.
    NotDue,
    /// The text carries it.
    Carried,
    /// The text is too long for it: the next one is to carry it.
    LeftOut,
}

impl FirstLine {
    /// The code in the store; none where it was not due.
    pub(crate) fn code(self) -> Option<&'static str> {
        match self {
            FirstLine::NotDue => None,
            FirstLine::Carried => Some("carried"),
            FirstLine::LeftOut => Some("left-out"),
        }
    }
}
