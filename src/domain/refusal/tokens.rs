//! Splits a phone cell into words, numbers, and the punctuation that separates clauses.

use std::ops::Range;

use crate::domain::refusal::words::{message, text};

/// One token of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word, without its apostrophes.
    Word(String),
    /// A phone number, by its index in the list of numbers.
    Number(usize),
    /// `/`, `&`, `+`.
    Joint,
    /// `,`.
    Comma,
    /// `:`, `?`, `=`: what follows refers to what comes before.
    Colon,
    /// The end of a clause: a semicolon, a period, a bracket, a dash between blanks.
    End,
}

/// The tokens of a folded cell. `numbers` are the positions of its numbers, in order.
pub(super) fn tokens(cell: &str, numbers: &[Range<usize>]) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut from = 0;
    for (place, range) in numbers.iter().enumerate() {
        words(&cell[from..range.start], &mut tokens);
        tokens.push(Token::Number(place));
        from = range.end;
    }
    words(&cell[from..], &mut tokens);
    mended(tokens)
}

/// The tokens of text without phone numbers. Digits are dates, times and extensions, and are skipped.
fn words(piece: &str, tokens: &mut Vec<Token>) {
    let chars: Vec<char> = piece.chars().collect();
    let blank = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_none_or(|c| c.is_whitespace());
    let mut word = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let letter_before = !word.is_empty();
        if c.is_alphabetic() || (c == '0' && matches!(word.as_str(), "n" | "d")) {
            word.push(if c == '0' { 'o' } else { c });
            continue;
        }
        // `don't` is one word, and so is `don?t` from a file in the wrong encoding. `d'sms` is two words.
        let lost = c == '?' && word.ends_with('n') && chars.get(at + 1) == Some(&'t') && blank(Some(at + 2));
        if (c == '\'' || lost) && letter_before && !matches!(word.as_str(), "l" | "n" | "qu") {
            let rest: String = chars[at + 1..].iter().take_while(|c| c.is_alphabetic()).collect();
            if word != "d" || (rest.len() <= 3 && !text(&rest) && !message(&rest)) {
                continue;
            }
        }
        if letter_before {
            tokens.push(Token::Word(std::mem::take(&mut word)));
        }
        match c {
            '/' | '&' | '+' => tokens.push(Token::Joint),
            ',' => tokens.push(Token::Comma),
            ':' | '?' | '=' => tokens.push(Token::Colon),
            ';' | '!' | '(' | ')' | '[' | ']' | '{' | '}' | '|' => tokens.push(Token::End),
            '.' if blank(Some(at + 1)) => tokens.push(Token::End),
            '-' if blank(at.checked_sub(1)) && blank(Some(at + 1)) => tokens.push(Token::End),
            _ => {}
        }
    }
    if !word.is_empty() {
        tokens.push(Token::Word(word));
    }
}

/// Joins words that are written in pieces: `D.N.T.`, `w/o`, `don t`.
fn mended(tokens: Vec<Token>) -> Vec<Token> {
    const APART: &[(&[&str], &str)] = &[
        (&["d", "n", "t"], "dnt"),
        (&["d", "n", "c"], "dnc"),
        (&["w", "o"], "without"),
        (&["do", "n", "t"], "dont"),
        (&["e", "mail"], "email"),
        (&["e", "mails"], "email"),
    ];
    let mut mended: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let apart = APART.iter().find_map(|(letters, whole)| spelled(&tokens, at, letters).map(|end| (end, *whole)));
        if let Some((end, whole)) = apart {
            mended.push(Token::Word(whole.to_owned()));
            at = end;
            continue;
        }
        match (&tokens[at], mended.last_mut()) {
            (Token::Word(t), Some(Token::Word(before))) if t == "t" && before.ends_with('n') => before.push('t'),
            (Token::Word(nt), Some(Token::Word(before))) if nt == "nt" && before == "do" => *before = "dont".to_owned(),
            (token, _) => mended.push(token.clone()),
        }
        at += 1;
    }
    mended
}

/// The end of single letters in a row, with only joints between them.
fn spelled(tokens: &[Token], from: usize, letters: &[&str]) -> Option<usize> {
    let mut at = from;
    for (place, letter) in letters.iter().enumerate() {
        if place > 0 && tokens.get(at) == Some(&Token::Joint) {
            at += 1;
        }
        if word_at(tokens, at) != Some(*letter) {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// The word at a position, if there is one.
pub(super) fn word_at(tokens: &[Token], at: usize) -> Option<&str> {
    match tokens.get(at) {
        Some(Token::Word(word)) => Some(word),
        _ => None,
    }
}

/// The word before a position, if there is one.
pub(super) fn word_before(tokens: &[Token], at: usize) -> Option<&str> {
    at.checked_sub(1).and_then(|before| word_at(tokens, before))
}
