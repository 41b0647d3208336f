//! Finds out whether a row says that the patient wants no texts.

use super::binding::Binding;
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

/// Whether any phone cell, including ones that are never texted, a note, or a short text in a column that the feed does not
/// use says that the patient wants no texts.
pub(super) fn row_refuses_texts(binding: &Binding, row: &RawRow, country: Country) -> bool {
    let cell = |at: &usize| row.cell(*at);
    let refuses = |cell: &str| phone::read(cell, country).refusal;
    // A note says many things; only one that speaks of texts is read.
    let about_texts = |note: &&str| names_one_of(note, &["opt"]) || names_one_of(note, &TEXTS);
    let short = |cell: &&str| (5..=LONGEST).contains(&cell.len());
    let with_words = |cell: &&str| cell.chars().any(char::is_alphabetic);
    binding.phones.iter().map(cell).filter(with_words).any(refuses)
        || binding.notes.iter().map(cell).filter(about_texts).any(refuses)
        || binding.unused.iter().map(cell).filter(short).any(|cell| refuses_texts(cell, country))
}

/// Whether a text has one of these words, in any case and also inside a longer word.
fn names_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes())))
}
