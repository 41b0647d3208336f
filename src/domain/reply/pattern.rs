//! A small pattern language for phrases, so that the rules read as phrases and not as code.
//!
//! A pattern is a sequence of pieces, separated by spaces, that matches neighboring words:
//!
//! | piece | matches |
//! |---|---|
//! | `stop\|quit` | one of these words |
//! | `text*` / `*ing` | a word with this beginning / ending |
//! | `@txt` | a word of this family (can be combined with `\|`) |
//! | `_` | any word |
//! | `,` `.` `?` | this pause |
//! | `#` | a number or time of day: "3", "3pm", "15h30" |
//! | `~3` | up to three words of any kind, but no pause |
//! | `2~@det` | up to two of these words |
//! | `^` / `$` | the beginning / end of a clause, next to a pause (`$` can be combined with `\|`) |
//! | `!a\|b` / `<!a\|b` | not before / not after one of these words |

use crate::domain::reply::fold::Token;

/// A family: a name and its words, separated by spaces.
pub(crate) type Family = (&'static str, &'static str);

/// One alternative of a piece.
#[derive(Debug, Clone, Copy)]
enum Word {
    Exact(&'static str),
    Start(&'static str),
    Tail(&'static str),
    Number,
    Any,
    End,
}

#[derive(Debug)]
enum Piece {
    One(Vec<Word>),
    UpTo(usize, Vec<Word>),
    Begin,
    End,
    NotNext(Vec<Word>),
    NotBefore(Vec<Word>),
}

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern(Vec<Piece>);

impl Pattern {
    /// Compiles a pattern of the vocabulary. An unknown family matches nothing; a test catches it.
    pub(crate) fn new(text: &'static str, families: &[Family]) -> Pattern {
        Pattern(text.split_whitespace().map(|piece| compile(piece, families)).collect())
    }

    /// The first match of the pattern, as its start and its end (exclusive).
    pub(crate) fn find(&self, tokens: &[Token]) -> Option<(usize, usize)> {
        (0..tokens.len()).find_map(|start| Some((start, run(&self.0, tokens, start)?)))
    }

    /// The end of a match that starts at this token.
    pub(crate) fn ends_at(&self, tokens: &[Token], start: usize) -> Option<usize> {
        run(&self.0, tokens, start)
    }
}

fn compile(piece: &'static str, families: &[Family]) -> Piece {
    match piece {
        "^" => return Piece::Begin,
        "$" => return Piece::End,
        _ => {}
    }
    if let Some(rest) = piece.strip_prefix("<!") {
        return Piece::NotBefore(words(rest, families));
    }
    if let Some(rest) = piece.strip_prefix('!') {
        return Piece::NotNext(words(rest, families));
    }
    if let Some((count, rest)) = piece.split_once('~') {
        if count.is_empty() {
            return Piece::UpTo(rest.parse().unwrap_or(0), vec![Word::Any]);
        }
        return Piece::UpTo(count.parse().unwrap_or(0), words(rest, families));
    }
    Piece::One(words(piece, families))
}

fn words(text: &'static str, families: &[Family]) -> Vec<Word> {
    let mut out = Vec::new();
    for part in text.split('|') {
        if let Some(name) = part.strip_prefix('@') {
            for (_, list) in families.iter().filter(|(family, _)| *family == name) {
                out.extend(list.split_whitespace().flat_map(|entry| words(entry, families)));
            }
        } else if part == "$" {
            out.push(Word::End);
        } else if part == "_" {
            out.push(Word::Any);
        } else if part == "#" {
            out.push(Word::Number);
        } else if let Some(start) = part.strip_suffix('*') {
            out.push(Word::Start(start));
        } else if let Some(tail) = part.strip_prefix('*') {
            out.push(Word::Tail(tail));
        } else {
            out.push(Word::Exact(part));
        }
    }
    out
}

fn is_one(words: &[Word], token: &Token) -> bool {
    words.iter().any(|word| match word {
        Word::Exact(text) if token.is_pause() => token.text == *text,
        _ if token.is_pause() => false,
        Word::Exact(text) => token.text == *text,
        Word::Start(text) => token.text.starts_with(text),
        Word::Tail(text) => token.text.ends_with(text),
        Word::Number => token.text.starts_with(|c: char| c.is_ascii_digit()),
        Word::Any => true,
        Word::End => false,
    })
}

/// Matches the pieces from this token on. Returns the end of the match.
fn run(pieces: &[Piece], tokens: &[Token], at: usize) -> Option<usize> {
    let Some((piece, rest)) = pieces.split_first() else { return Some(at) };
    match piece {
        Piece::One(words) => {
            let may_end = words.iter().any(|word| matches!(word, Word::End));
            if may_end && tokens.get(at).is_none_or(Token::is_pause) {
                return run(rest, tokens, at);
            }
            let token = tokens.get(at)?;
            if is_one(words, token) { run(rest, tokens, at + 1) } else { None }
        }
        Piece::UpTo(most, words) => {
            let mut end = at;
            loop {
                if let Some(done) = run(rest, tokens, end) {
                    return Some(done);
                }
                if end - at == *most || !tokens.get(end).is_some_and(|token| is_one(words, token)) {
                    return None;
                }
                end += 1;
            }
        }
        Piece::Begin if at == 0 || tokens.get(at - 1).is_some_and(Token::is_pause) => run(rest, tokens, at),
        Piece::End if tokens.get(at).is_none_or(Token::is_pause) => run(rest, tokens, at),
        Piece::NotNext(words) if !tokens.get(at).is_some_and(|t| is_one(words, t)) => run(rest, tokens, at),
        Piece::NotBefore(words) if at == 0 || !tokens.get(at - 1).is_some_and(|t| is_one(words, t)) => {
            run(rest, tokens, at)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reply::fold;

    #[test]
    fn patterns_match_table() {
        const FAMILIES: &[Family] = &[("txt", "text* sms"), ("det", "the these")];
        for (pattern, text, hit) in [
            ("stop 2~@det @txt", "please stop the texts", true),
            ("stop 2~@det @txt", "stop aspirin", false),
            ("stop ~1 sms", "stop. sms", false),
            ("^ no $", "yes, no. maybe", true),
            ("^ no $", "no way", false),
            ("stop !by", "stop by", false),
            ("<!bus stop", "bus stop", false),
            ("at #", "at 3:30", true),
            ("coming $|today", "not coming", true),
            ("stop ? the", "stop? the bus", true),
        ] {
            let tokens = fold::tokens(&fold::clean(text));
            assert_eq!(Pattern::new(pattern, FAMILIES).find(&tokens).is_some(), hit, "{pattern} in {text}");
        }
    }
}
