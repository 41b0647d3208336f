//! Finds out whether a row says that the patient wants no texts.

use super::binding::Binding;
use crate::config::feeds::Field;
use crate::domain::phone::{self, Country};
use crate::feeds::formats::RawRow;

/// Words for texts, also inside a longer word.
const TEXTS: [&str; 5] = ["text", "txt", "sms", "messag", "mensaj"];
/// Bytes of the longest text in an unused column that is read as a refusal. A longer one may be the words of a message,
/// such as "Reply STOP to end texts".
const LONGEST: usize = 40;

/// Whether a text speaks of texts and refuses them: `No text messages`, `please do not send SMS`.
pub(crate) fn refuses_texts(text: &str, country: Country) -> bool {
    names_one_of(text, &TEXTS) && phone::read(text, country).refusal
}

/// The column that says that the patient wants no texts: a phone cell, including one that is never texted, a note, the
/// patient's name, or a short text in any other column.
pub(super) fn refusing_column(binding: &Binding, row: &RawRow, country: Country) -> Option<usize> {
    let cell = |at: &usize| row.cell(*at);
    let of_phone = |at: &&usize| cell(at).chars().any(char::is_alphabetic) && phone::read(cell(at), country).refusal;
    // A note says many things; only one that speaks of texts is read.
    let of_note = |at: &&usize| {
        let note = cell(at);
        (names_one_of(note, &["opt"]) || names_one_of(note, &TEXTS)) && phone::read(note, country).refusal
    };
    let of_name = |at: &&usize| in_name(cell(at), country).is_some();
    let of_text = |at: &&usize| (5..=LONGEST).contains(&cell(at).len()) && refuses_texts(cell(at), country);
    let names = [Field::Name, Field::FirstName, Field::LastName].map(|field| binding.indices(field));
    let texts = [Field::Description, Field::TypeId, Field::Consent].map(|field| binding.indices(field));
    let found = binding.phones.iter().find(of_phone).or_else(|| binding.notes.iter().find(of_note));
    let found = found.or_else(|| names.into_iter().flatten().find(of_name));
    found.or_else(|| binding.unused.iter().chain(texts.into_iter().flatten()).find(of_text)).copied()
}

/// The rest of a name cell that says that the patient wants no texts: `Paula Kent - NO TEXTS`, `Lee, Bo *no txt*`, `Kim Orr
/// (call only)`. `None`: it does not say so.
pub(super) fn in_name(cell: &str, country: Country) -> Option<String> {
    const MARKS: [char; 12] = ['(', '[', '{', '*', '-', '\u{2013}', '\u{2014}', '/', ';', '#', '!', '|'];
    /// Bytes of the longest name that is looked through.
    const LONGEST_NAME: usize = 200;
    if cell.len() > LONGEST_NAME || (!cell.contains(MARKS) && !names_one_of(cell, &TEXTS)) {
        return None;
    }
    let is_marked = |part: &str| part.trim_start().starts_with(MARKS);
    // Beside a mark, "call only" is enough; without one, it must speak of texts: "Stop" may be a name.
    let says =
        |part: &str| if is_marked(part) { phone::read(part, country).refusal } else { refuses_texts(part, country) };
    let begins = |at: &usize| {
        let (before, after) = cell.split_at(*at);
        let is_word = before.ends_with(char::is_whitespace) && !after.starts_with(char::is_whitespace);
        *at == 0 || is_word || after.starts_with(['(', '[', '{', '*', '/', ';', '|'])
    };
    let starts: Vec<usize> = cell.char_indices().map(|(at, _)| at).filter(begins).collect();
    // The shortest part that says it, up to the first word with which it does.
    let from = *starts.iter().rev().find(|at| says(&cell[**at..]))?;
    let ends = |at: &usize| cell[*at..].chars().next().is_none_or(|c| !c.is_alphanumeric());
    let until = (from + 1..=cell.len()).filter(|at| cell.is_char_boundary(*at)).filter(ends);
    let until = until.into_iter().find(|at| says(&cell[from..*at])).unwrap_or(cell.len());
    let before = without_opening(&cell[..from]);
    // What follows is a part of the name only after a sign: "Kent - NO TEXTS, Paula".
    let after = cell[until..].trim_start();
    let signs = |c: char| ")]}*".contains(c);
    let rest = after.trim_start_matches(signs).trim_start();
    let is_apart = rest.len() < after.len() || after.starts_with([',', ':', '-', '\u{2013}', '\u{2014}']);
    let rest = if is_apart { rest.trim_start_matches([':', '-', '\u{2013}', '\u{2014}', ' ']) } else { "" };
    let joined = match (before.is_empty(), rest.starts_with(',')) {
        (true, _) => rest.trim_start_matches([',', ' ']).to_owned(),
        (false, true) => format!("{before}{rest}"),
        (false, false) => format!("{before} {rest}"),
    };
    Some(joined.trim().to_owned())
}

/// What stands before a refusal, without the words and signs that lead to it: `Jim Poe please do`, `Kent -`.
fn without_opening(before: &str) -> &str {
    const LEADS: [&str; 12] =
        ["do", "does", "did", "pt", "patient", "please", "pls", "plz", "wants", "says", "prefers", "has"];
    let mut left = before;
    loop {
        left = left.trim_end_matches(|c: char| c.is_whitespace() || "([{*-\u{2013}\u{2014}/;:#!|,".contains(c));
        let word = left.rsplit(char::is_whitespace).next().unwrap_or_default();
        // "Do" alone is a name.
        if word.len() == left.len() || !LEADS.contains(&word.to_lowercase().as_str()) {
            return left;
        }
        left = &left[..left.len() - word.len()];
    }
}

/// Whether a text has one of these words, in any case and also inside a longer word.
fn names_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_refuses_texts_is_left_without_the_refusal() {
        for (cell, name) in [
            ("Paula Kent - NO TEXTS", Some("Paula Kent")),
            ("Ana Diaz (no text)", Some("Ana Diaz")),
            ("Ana (no text) Diaz", Some("Ana Diaz")),
            ("Lee, Bo *NO TXT*", Some("Lee, Bo")),
            ("Jim Poe DO NOT TEXT", Some("Jim Poe")),
            ("Jim Poe please do not text or call", Some("Jim Poe")),
            ("Kim Orr (call only)", Some("Kim Orr")),
            ("Kent - NO TEXTS, Paula", Some("Kent, Paula")),
            ("*NO TEXT* Paula Kent", Some("Paula Kent")),
            ("NO SMS - Kent, Paula", Some("Kent, Paula")),
            ("Cruz, Luz [no mensajes]", Some("Cruz, Luz")),
            ("Huber, Eva (keine SMS)", Some("Huber, Eva")),
            ("Kent, Paula/NO TEXTING", Some("Kent, Paula")),
            ("NO TEXTS", Some("")),
            ("Paula Kent", None),
            ("Lee-Orr, Ana (Annie)", None),
            ("Textor, No\u{e9}", None),
            ("Do, Kim - prefers text", None),
            ("O'Brien, Tess *VIP*", None),
            ("Smith, Bob (OK to text)", None),
        ] {
            assert_eq!(in_name(cell, Country::US).as_deref(), name, "{cell}");
        }
    }
}
