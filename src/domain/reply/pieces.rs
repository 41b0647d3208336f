//! Small helpers over words.

/// Whether a word is in a list divided by spaces.
pub(crate) fn is_among(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|entry| entry == word)
}
