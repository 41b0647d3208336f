//! "Do not text" in a phone cell: the words of a refusal, and the number it stands beside.
//!
//! A cell is free text of a front desk, in English, Spanish or French. Its words are read in three classes: texts
//! (`text`, `sms`, `mensajes`), other ways to reach somebody (`call`, `email`), and negations (`no`, `do not`,
//! `refuses`, `pas`). A negation before a text, with nothing but small words between, is a refusal; so is
//! `texts: no`. What says no to calls only is a refusal where the cell has no good word for texts: a text is a
//! call in the sense of the TCPA (FCC 03-153, paragraph 165), and a patient who writes `no llamar` is not asked twice.

mod beside;
mod said;
mod tokens;
mod words;

use std::ops::Range;

use crate::domain::refusal::beside::beside;
use crate::domain::refusal::said::refusals;
use crate::domain::refusal::tokens::tokens;

/// Whether a cell refuses texts, and for which of its numbers. `cell` is folded; `numbers` are the places of its
/// numbers, in order. The answer is `None` where nothing is refused.
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
