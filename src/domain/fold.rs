//! Normalizes a practice's words for comparison: ignores case, invisible characters, and differences in spacing.

use unicode_normalization::UnicodeNormalization;

/// Folds a name or word for comparison: lower case, without byte order marks and zero-width characters. Several blanks
/// become one, and a `_` or `-` between letters or digits becomes a blank.
pub fn fold(text: &str) -> String {
    if text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        return text.to_owned();
    }
    let plain: Vec<char> = text.nfc().filter(|c| !is_invisible(*c)).collect();
    let chars = trimmed(&plain);
    let mut folded = String::with_capacity(text.len());
    for (at, c) in chars.iter().enumerate() {
        let joins = (*c == '_' || *c == '-')
            && at > 0
            && chars.get(at - 1).is_some_and(|c| c.is_alphanumeric())
            && chars.get(at + 1).is_some_and(|c| c.is_alphanumeric());
        if c.is_whitespace() || joins {
            if !folded.ends_with(' ') {
                folded.push(' ');
            }
        } else {
            folded.extend(c.to_lowercase());
        }
    }
    folded
}

fn trimmed(chars: &[char]) -> &[char] {
    let start = chars.iter().position(|c| !c.is_whitespace()).unwrap_or(chars.len());
    let end = chars.iter().rposition(|c| !c.is_whitespace()).map_or(start, |at| at + 1);
    chars.get(start..end).unwrap_or_default()
}

/// Byte order mark, soft hyphen, zero-width characters, and marks that change the writing direction.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_for_comparison() {
        for (text, want) in [
            ("\u{feff} Appt  # ", "appt #"),
            ("NO_SHOW", "no show"),
            ("No-Show", "no show"),
            ("-", "-"),
            ("Español", "español"),
            ("Appt\nDate", "appt date"),
            ("", ""),
            ("abc1", "abc1"),
        ] {
            assert_eq!(fold(text), want);
        }
    }
}
