//! A wrapper for what must never reach a log: names, birth dates, numbers as written, texts.

use std::fmt;

/// Holds a value whose `Debug` shows nothing of it. There is no `Display`; `.0` is the way to the value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Private<T>(pub T);

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[private]")
    }
}

impl<T> Private<Option<T>> {
    /// The value by reference, where there is one.
    pub(crate) fn as_ref(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Private("Sarah")), "[private]");
        assert_eq!(format!("{:?}", Private(Some("Sarah"))), "[private]");
    }
}
