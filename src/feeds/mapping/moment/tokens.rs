//! Splits a cell into numbers, words and signs.

use std::borrow::Cow;

use super::text::MomentFault;

/// A piece of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Number(&'t str),
    Word(&'t str),
    Sign(char),
}

/// A token, and whether a space comes before it.
pub(super) type Spaced<'t> = (Token<'t>, bool);

/// Converts a text to lower case, with plain spaces and hyphens, and `am` for `a. m.`.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let mut plain = match text.is_ascii() {
        true if !text.bytes().any(|b| b.is_ascii_uppercase() || b.is_ascii_control()) => Cow::Borrowed(text),
        true => Cow::Owned(text.to_ascii_lowercase().replace(['\t', '\n'], " ")),
        false => {
            let lower = text.to_lowercase().replace(['\u{a0}', '\u{202f}', '\u{2009}', '\t', '\n'], " ");
            Cow::Owned(lower.replace(['–', '—', '−', '‑'], "-"))
        }
    };
    if plain.contains("a.") || plain.contains("p.") {
        for (dotted, half) in
            [("a. m.", "am"), ("p. m.", "pm"), ("a.m.", "am"), ("p.m.", "pm"), ("a.m", "am"), ("p.m", "pm")]
        {
            if plain.contains(dotted) {
                plain = Cow::Owned(plain.replace(dotted, half));
            }
        }
    }
    plain
}

/// Splits a plain text into numbers, words and signs; text in parentheses is left out.
pub(super) fn tokens(text: &str) -> Result<Vec<Spaced<'_>>, MomentFault> {
    let mut tokens: Vec<Spaced<'_>> = Vec::with_capacity(12);
    let (mut rest, mut spaced, mut depth) = (text, false, 0_u32);
    while let Some(c) = rest.chars().next() {
        let run = |is: fn(&char) -> bool| {
            let end = rest.char_indices().find(|(_, c)| !is(c)).map_or(rest.len(), |(at, _)| at);
            rest.split_at(end)
        };
        let mut after = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            // `(Mountain Daylight Time)`
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            ' ' => {
                spaced = true;
                rest = after;
                continue;
            }
            c if c.is_ascii_digit() => {
                let (digits, tail) = run(char::is_ascii_digit);
                tokens.push((Token::Number(digits), spaced));
                after = tail;
            }
            c if c.is_alphabetic() => {
                let (word, tail) = run(|c| c.is_alphabetic());
                tokens.push((Token::Word(word), spaced));
                after = tail;
            }
            '/' | '-' | '.' | ':' | ',' | '+' | '\'' | '’' | '@' | 'º' | '°' => {
                tokens.push((Token::Sign(c), spaced))
            }
            _ => return Err(MomentFault::Unreadable),
        }
        spaced = false;
        rest = after;
    }
    Ok(tokens)
}
