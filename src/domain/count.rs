//! Writes a count with its noun, in the singular or the plural.

use std::fmt::Display;

/// `1 row`, `3 rows`: the count and the words after it. Verbs that depend on the count belong to the words.
pub(crate) fn counted<N: Display + Copy + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    format!("{count} {}", if count == N::from(1) { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        let rows = |count: u64| counted(count, "row is left", "rows are left");
        assert_eq!((rows(0), rows(1)), ("0 rows are left".to_owned(), "1 row is left".to_owned()));
        assert_eq!(counted(2_usize, "row", "rows"), "2 rows");
    }
}
