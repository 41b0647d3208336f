//! Small helpers for words.

/// Whether a word is in a space-separated list.
pub(crate) fn is_among(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|entry| entry == word)
}
