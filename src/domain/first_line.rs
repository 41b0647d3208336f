//! The line that the first text to a number carries: how to opt out.

/// Whether one text carries the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstLine {
    /// It was not due: the number already got it, or the practice has no such line.
    NotDue,
    /// The text carries it.
    Carried,
    /// The text is too long for it. The next text should carry it.
    LeftOut,
}

impl FirstLine {
    /// The code in the store; `None` if it was not due.
    pub(crate) fn code(self) -> Option<&'static str> {
        match self {
            FirstLine::NotDue => None,
            FirstLine::Carried => Some("carried"),
            FirstLine::LeftOut => Some("left-out"),
        }
    }
}
