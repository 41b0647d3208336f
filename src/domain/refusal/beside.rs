//! Which number of a phone cell a refusal belongs to.

use std::ops::Range;

use crate::domain::plain_text::has;
use crate::domain::refusal::said::negated;
use crate::domain::refusal::tokens::{Token, word_at, word_before};
use crate::domain::refusal::words::{AND_OR, GOOD, USE, text};

/// The numbers that a refusal belongs to: the nearest one before it in its own clause, or else the first one after it.
/// If the clause has no number, the nearest one before it in the cell, or else the first one after it. A number marked
/// as the one to use (`use`, `ok`) does not count as long as there is another. Numbers joined by `and` or `or` are
/// refused together.
pub(super) fn beside(tokens: &[Token], words: &Range<usize>) -> Vec<usize> {
    let numbers: Vec<usize> = (0..tokens.len()).filter(|at| matches!(tokens[*at], Token::Number(_))).collect();
    let wanted = |at: usize| {
        let sent = word_before(tokens, at).is_some_and(|w| {
            has(USE, w) && !words.contains(&(at - 1)) && !(at > 1 && negated(tokens, at - 2).is_some())
        });
        let good = match word_at(tokens, at + 1) {
            Some(next) if text(next) => word_at(tokens, at + 2).is_some_and(|w| has(GOOD, w)),
            Some(next) => has(GOOD, next),
            None => false,
        };
        sent || good
    };
    let free: Vec<usize> = numbers.iter().copied().filter(|at| !wanted(*at)).collect();
    let candidates = if free.is_empty() { &numbers } else { &free };
    let parts = |from: usize, to: usize| (from..to).any(|at| parts_clauses(tokens, at));
    let before = |at: &&usize| **at < words.start;
    let here_before = candidates.iter().rev().find(|at| before(at) && !parts(**at + 1, words.start));
    let here_after = || candidates.iter().find(|at| !before(at) && !parts(words.end, **at));
    let any_before = || candidates.iter().rev().find(before);
    let Some(nearest) = here_before.or_else(here_after).or_else(any_before).or_else(|| candidates.first()).copied()
    else {
        return Vec::new();
    };
    let mut refused = vec![nearest];
    while let Some(last) = refused.last().copied().and_then(|at| at.checked_sub(2)).filter(|at| listed(tokens, *at)) {
        refused.push(last);
    }
    let mut last = nearest;
    while listed(tokens, last) {
        last += 2;
        refused.push(last);
    }
    let place = |at: usize| match tokens[at] {
        Token::Number(place) => Some(place),
        _ => None,
    };
    refused.into_iter().filter_map(place).collect()
}

/// Whether a number is joined to the next one by `and` or `or`.
fn listed(tokens: &[Token], at: usize) -> bool {
    matches!(tokens.get(at), Some(Token::Number(_)))
        && word_at(tokens, at + 1).is_some_and(|word| has(AND_OR, word))
        && matches!(tokens.get(at + 2), Some(Token::Number(_)))
}

/// Whether a token separates clauses. A slash does so only next to a number.
fn parts_clauses(tokens: &[Token], at: usize) -> bool {
    let number = |at: Option<usize>| at.is_some_and(|at| matches!(tokens.get(at), Some(Token::Number(_))));
    match &tokens[at] {
        Token::End | Token::Comma => true,
        Token::Joint => number(at.checked_sub(1)) || number(Some(at + 1)),
        _ => false,
    }
}
