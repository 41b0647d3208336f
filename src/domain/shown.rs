//! Makes text from outside safe to show on a terminal, in a log, or in a spreadsheet. Names, ids, file names and
//! headers can contain anything.

use std::borrow::Cow;

/// Whether a character has an effect instead of a visible form: control characters (ESC, BEL, line ends, C1), direction
/// marks, zero-width characters, line and paragraph separators.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn without(text: &str, is_kept: impl Fn(char) -> bool) -> Cow<'_, str> {
    // Most output is plain ASCII, which is quick to see.
    let plain = |b: u8| (b' '..0x7f).contains(&b) || (b.is_ascii() && is_kept(char::from(b)));
    if text.bytes().all(plain) || !text.chars().any(|c| acts(c) && !is_kept(c)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match acts(c) && !is_kept(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Text on one line. Characters with an effect are shown as escapes, so that two different ids never look the same.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    without(text, |_| false)
}

/// The same for a whole output. Its line ends and tabs are our own and are kept.
pub(crate) fn shown_lines(text: &str) -> Cow<'_, str> {
    without(text, |c| c == '\n' || c == '\t')
}

/// A CSV cell that is safe to open in a spreadsheet program. A cell that the program would read as a formula gets a
/// leading apostrophe (OWASP, "CSV Injection"). A plain number with a sign is not a formula.
pub(crate) fn csv_cell(text: &str) -> String {
    let text = shown(text);
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let is_number = text
        .strip_prefix(['+', '-'])
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || c == ' ' || c == '.'));
    if is_formula && !is_number { format!("'{text}") } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_with_an_effect_are_escaped() {
        for (text, want) in [
            ("José O’Brien 李 👩‍👧", "José O’Brien 李 👩\\u{200d}👧"),
            ("Ann\u{1b}[2J\u{7}", "Ann\\u{1b}[2J\\u{7}"),
            ("A1\nA2\r", "A1\\nA2\\r"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("abc\u{202e}fdp.exe", "abc\\u{202e}fdp.exe"),
        ] {
            assert_eq!(shown(text), want);
        }
        assert_eq!(shown_lines("a\n\tb\u{1b}\n"), "a\n\tb\\u{1b}\n");
    }

    #[test]
    fn cells_that_look_like_formulas_are_defused() {
        for (cell, want) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "\\tx"),
            ("+13035550142", "+13035550142"),
            ("(303) 555-0142", "(303) 555-0142"),
            ("-5", "-5"),
            ("Ann", "Ann"),
            ("", ""),
        ] {
            assert_eq!(csv_cell(cell), want);
        }
    }
}
