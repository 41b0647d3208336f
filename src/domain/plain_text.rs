//! Normalizes text for comparison: ignores case, accents, and other typing variations.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Folds text for comparison: decomposes compatibility forms (UAX #15, NFKD), drops accents and invisible characters,
/// replaces all kinds of dashes and apostrophes by the plain ones, and converts to lower case.
pub(crate) fn fold(text: &str) -> String {
    // What a UTF-8 file looks like when it was read as Windows-1252, for the characters in refusals and languages.
    const MISREAD: [(&str, &str); 6] = [("â€™", "'"), ("Ã±", "n"), ("Ã©", "e"), ("Ã¨", "e"), ("Ãª", "e"), ("Ã§", "c")];
    let text = MISREAD.iter().fold(text.to_owned(), |text, (misread, plain)| text.replace(misread, plain));
    text.chars()
        .map(plain)
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !is_invisible(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a folded word is in a blank-separated list.
pub(crate) fn has(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        // The replacement character appears where an apostrophe or an accented letter was lost.
        '`' | '\u{b4}' | '\u{2bc}' | '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{fffd}' => '\'',
        other => other,
    }
}

/// Whether a character is invisible: a soft hyphen, a zero-width character, a direction mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_variations_are_removed() {
        for (text, want) in [
            ("ESPAÑOL", "espanol"),
            ("Espan\u{303}ol", "espanol"),
            ("don\u{2019}t", "don't"),
            ("don`t", "don't"),
            ("donâ€™t", "don't"),
            ("３０３\u{2011}５５５", "303-555"),
            ("\u{202a}303\u{a0}555\u{202c}", "303 555"),
        ] {
            assert_eq!(fold(text), want, "{text}");
        }
    }
}
