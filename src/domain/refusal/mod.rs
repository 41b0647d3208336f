//! "Do not text" in a phone cell: finds a refusal and the number it belongs to.
//!
//! A cell is free text from a front desk, in English, Spanish or French. Its words fall into three classes: texts
//! (`text`, `sms`, `mensajes`), other ways to reach a person (`call`, `email`), and negations (`no`, `do not`,
//! `refuses`, `pas`). A negation before a text word, with only small words in between, is a refusal; so is `texts: no`.
//! A refusal of calls alone also counts, unless the cell says something positive about texts: the TCPA treats a text as
//! a call (FCC 03-153, paragraph 165), and a patient who wrote `no llamar` should not have to ask twice.

mod beside;
mod said;
mod tokens;
mod words;

use std::ops::Range;

use crate::domain::refusal::beside::beside;
use crate::domain::refusal::said::refusals;
use crate::domain::refusal::tokens::tokens;

/// Whether a cell refuses texts, and for which of its numbers. `cell` is folded; `numbers` are the positions of its
/// numbers, in order. Returns `None` if nothing is refused.
pub(crate) fn refused(cell: &str, numbers: &[Range<usize>]) -> Option<Vec<usize>> {
    let tokens = tokens(cell, numbers);
    let refusals = refusals(&tokens);
    if refusals.is_empty() {
        return None;
    }
    let mut refused: Vec<usize> = refusals.iter().flat_map(|said| beside(&tokens, &said.words)).collect();
    refused.sort_unstable();
    refused.dedup();
    Some(refused)
}
