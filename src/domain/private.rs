//! A wrapper for values that must never reach a log: names, birth dates, phone numbers as written, texts.

use std::fmt;

/// Holds a value and hides it in `Debug` output. There is no `Display`; use `.0` to read the value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Private<T>(pub T);

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[private]")
    }
}

impl<T> Private<Option<T>> {
    /// The value by reference, if there is one.
    pub(crate) fn as_ref(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_private_values() {
        assert_eq!(format!("{:?}", Private("Sarah")), "[private]");
        assert_eq!(format!("{:?}", Private(Some("Sarah"))), "[private]");
    }
}
