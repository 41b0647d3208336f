//! Finds the refusals in the words of a phone cell.

use std::ops::Range;

use crate::domain::plain_text::has;
use crate::domain::refusal::tokens::{Token, word_at, word_before};
use crate::domain::refusal::words::{
    AFTER_NO, ALONE, AND_OR, BEHIND, CALL, CANNOT, CONSENT, CONTACT, GLUED, GOOD, LEFT, MAIL, NO, NO_BEHIND, NO_OF_TWO,
    NOT_OF_CALLS, ONLY, OUTCOME, SMALL, SOLE, WILL, message, negation, slip, text,
};

/// What a phrase says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// No texts.
    Texts,
    /// No calls, or no contact of any kind.
    Calls,
    /// What happened to a text: `no text received`. Not a refusal.
    Outcome,
}

/// What a phrase says, and its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) kind: Kind,
    pub(super) words: Range<usize>,
}

/// The refusals of a cell.
pub(super) fn refusals(tokens: &[Token]) -> Vec<Said> {
    let mut said = Vec::new();
    for at in 0..tokens.len() {
        let Some(word) = word_at(tokens, at) else { continue };
        said.extend(
            glued(tokens, at)
                .or_else(|| forward(tokens, at))
                .or_else(|| alone(tokens, at))
                .or_else(|| only(tokens, at)),
        );
        let kind = match word {
            _ if text(word) || message(word) => Kind::Texts,
            "consent" if word_before(tokens, at).is_none_or(|before| !text(before)) => Kind::Calls,
            _ => continue,
        };
        said.extend(behind(tokens, at + 1).map(|end| Said { kind, words: at..end }));
    }
    said.extend(sole(tokens));
    let welcome = (0..tokens.len())
        .any(|at| word_at(tokens, at).is_some_and(text) && !said.iter().any(|said| said.words.contains(&at)));
    said.retain(|said| said.kind == Kind::Texts || (said.kind == Kind::Calls && !welcome));
    said
}

/// The end of a negation at `at`. `false` if the negation says nothing about calls.
pub(super) fn negated(tokens: &[Token], at: usize) -> Option<(usize, bool)> {
    let word = word_at(tokens, at)?;
    let before = word_before(tokens, at).unwrap_or_default();
    if matches!(before, "if" | "why" | "whether") {
        return None;
    }
    if let Some(next) = word_at(tokens, at + 1)
        && NO_OF_TWO.contains(&(word, next))
    {
        return Some((at + 2, true));
    }
    if has(CANNOT, word) || word == "didnt" {
        return Some((at + 1, false));
    }
    let inability = matches!(before, "can" | "could" | "did" | "was" | "is" | "has" | "have" | "would");
    (negation(word) || has("optout optedout", word)).then_some((at + 1, !inability))
}

/// `do not text`, `no calls or texts`, `refuses to receive text messages`: a negation before what it negates.
fn forward(tokens: &[Token], at: usize) -> Option<Said> {
    let (from, of_calls) = negated(tokens, at)?;
    let past = word_at(tokens, at) == Some("didnt") || word_before(tokens, at) == Some("did");
    let (end, kind) = match reach(tokens, from) {
        Reach::Text(place) => {
            let willed = !past || (from..place).any(|at| word_at(tokens, at).is_some_and(|word| has(WILL, word)));
            let outcome = !willed || word_at(tokens, place + 1).is_some_and(|after| has(OUTCOME, after));
            (end_of_texts(tokens, place), if outcome { Kind::Outcome } else { Kind::Texts })
        }
        Reach::Calls(place) => {
            let way = word_at(tokens, place)?;
            let after = word_at(tokens, place + 1);
            let second_no = after == Some("no") && speaks(tokens, place + 2);
            let else_meant = after.is_some_and(|after| has(NOT_OF_CALLS, after)) && !second_no;
            if else_meant || !(has(CONSENT, way) || (of_calls && !past)) {
                return None;
            }
            (place + 1, Kind::Calls)
        }
        Reach::Nothing => return None,
    };
    Some(Said { kind, words: at..end })
}

/// What a negation refers to.
enum Reach {
    /// A text word at a position.
    Text(usize),
    /// Calls or contact at a position, and no text word.
    Calls(usize),
    Nothing,
}

/// Follows a negation across small words, and along a list of ways to reach the patient, to a text word.
fn reach(tokens: &[Token], from: usize) -> Reach {
    let mut first_way = None;
    let mut at = from;
    loop {
        match tokens.get(at) {
            Some(Token::Joint) => at += 1,
            Some(Token::Word(word)) if text(word) || (message(word) && !is_left(tokens, at)) => {
                // `no calls/text ok`: the list ends before the text word.
                let good = first_way.is_some() && word_at(tokens, at + 1).is_some_and(|after| has(GOOD, after));
                if !good {
                    return Reach::Text(at);
                }
                break;
            }
            Some(Token::Word(word)) if is_way(word) && !(has(SMALL, word) && leads_on(tokens, at + 1)) => {
                first_way = first_way.or(Some(at));
                match goes_on(tokens, at + 1) {
                    Some(next) => at = next,
                    None => break,
                }
            }
            Some(Token::Word(word)) if has(SMALL, word) => at += 1,
            _ => break,
        }
    }
    let of_calls = |at: &usize| word_at(tokens, *at).is_some_and(|word| has(CALL, word) || has(CONTACT, word));
    first_way.filter(of_calls).map_or(Reach::Nothing, Reach::Calls)
}

/// Whether a word is a way to reach a person other than a text.
fn is_way(word: &str) -> bool {
    has(CALL, word) || has(CONTACT, word) || has(MAIL, word) || message(word)
}

/// Whether the word at `at` is a text or another way to reach a person, as after the second `no` of `no calls no
/// texts`.
fn speaks(tokens: &[Token], at: usize) -> bool {
    word_at(tokens, at).is_some_and(|word| text(word) || message(word) || has(MAIL, word))
}

/// Whether small words from `at` on lead to a text or another way to reach a person: `no consent to text`.
fn leads_on(tokens: &[Token], at: usize) -> bool {
    let mut rest = (at..tokens.len()).map_while(|at| word_at(tokens, at)).skip_while(|word| has(SMALL, word));
    rest.next().is_some_and(|word| text(word) || message(word) || has(CALL, word) || has(MAIL, word))
}

/// Where a list of ways to reach a person continues after one item: `calls or texts`, `call/text`, `call, text or
/// email`.
fn goes_on(tokens: &[Token], at: usize) -> Option<usize> {
    match tokens.get(at)? {
        Token::Joint => Some(at + 1),
        Token::Word(word) if has(AND_OR, word) => Some(at + 1),
        Token::Comma => {
            let ends = tokens[at + 1..].iter().find(|token| {
                !matches!(token, Token::Comma)
                    && !matches!(token, Token::Word(w) if text(w) || message(w) || has(CALL, w) || has(MAIL, w))
            });
            matches!(ends, Some(Token::Word(word)) if has(AND_OR, word)).then_some(at + 1)
        }
        _ => None,
    }
}

/// The end of `text messages`, `sms texts`.
fn end_of_texts(tokens: &[Token], at: usize) -> usize {
    (at..tokens.len()).find(|at| !word_at(tokens, *at).is_some_and(|w| text(w) || message(w))).unwrap_or(tokens.len())
}

/// Whether a message is one that is left or heard, as a voicemail.
fn is_left(tokens: &[Token], at: usize) -> bool {
    let before = word_before(tokens, at).unwrap_or_default();
    let earlier = at.checked_sub(1).and_then(|at| word_before(tokens, at)).unwrap_or_default();
    let after = (word_at(tokens, at + 1).unwrap_or_default(), word_at(tokens, at + 2).unwrap_or_default());
    let heard = has("vocal vocaux voz", after.0) || after == ("de", "voz");
    heard
        || has(LEFT, before)
        || (matches!(before, "a" | "any" | "un" | "no" | "de" | "detailed") && has(LEFT, earlier))
}

/// Negations written together with their word: `notext`, `nosms`, `dntext`, `nocalls`.
fn glued(tokens: &[Token], at: usize) -> Option<Said> {
    let word = word_at(tokens, at)?;
    if text(word) || message(word) {
        return None;
    }
    let rest = |prefix: &str| word.strip_prefix(prefix);
    let texts =
        GLUED.split_ascii_whitespace().filter_map(rest).any(|rest| rest.len() >= 3 && (text(rest) || message(rest)));
    let calls = GLUED.split_ascii_whitespace().filter_map(rest).any(|rest| has(CALL, rest));
    let kind = match (texts, calls) {
        (true, _) => Kind::Texts,
        (false, true) => Kind::Calls,
        (false, false) => return None,
    };
    let outcome = word_at(tokens, at + 1).is_some_and(|after| has(OUTCOME, after));
    (!outcome).then_some(Said { kind, words: at..at + 1 })
}

/// Words that opt out by themselves: `stop`, `DNT`, `opt-out 2025`, `never opted in`.
fn alone(tokens: &[Token], at: usize) -> Option<Said> {
    let word = word_at(tokens, at)?;
    let next = word_at(tokens, at + 1);
    let before = word_before(tokens, at).unwrap_or_default();
    let whole = |end: usize, kind: Kind| Some(Said { kind, words: at..end });
    let two = match (word, next) {
        ("opt" | "opts" | "opted" | "opting", Some(way)) => Some((way, at + 2)),
        ("optin" | "optedin", _) => Some(("in", at + 1)),
        ("optout" | "optedout" | "optsout" | "optouts", _) => Some(("out", at + 1)),
        _ => None,
    };
    let denied = has(NO, before) || has(CANNOT, before);
    match two {
        Some(("in", end)) => {
            return (denied || behind(tokens, end).is_some()).then_some(Said { kind: Kind::Texts, words: at..end });
        }
        Some(("out", end)) => {
            let of_mail = word_at(tokens, end).is_some_and(|of| matches!(of, "of" | "from"))
                && word_at(tokens, end + 1).is_some_and(|way| has(MAIL, way));
            let refused = !denied && behind(tokens, end).is_none() && !of_mail;
            return refused.then_some(Said { kind: Kind::Texts, words: at..end });
        }
        _ => {}
    }
    if word == "dnc" {
        return whole(at + 1, Kind::Calls);
    }
    let road = matches!(before, "bus" | "truck" | "non" | "pit" | "will" | "last" | "train")
        || matches!(next, Some("by" | "in" | "at" | "over" | "street"));
    let of_calls = word_at(tokens, at + 1).is_some_and(|after| has(CALL, after) || has(MAIL, after));
    let said = has(ALONE, word) || (word.len() >= 8 && slip(word, &["unsubscribe", "unsubscribed"]));
    match said && !denied && !road && !of_calls {
        true => whole(at + 1, Kind::Texts),
        false => None,
    }
}

/// `calls only`, `solo llamadas`: no texts, whatever else the cell says.
fn only(tokens: &[Token], at: usize) -> Option<Said> {
    const BETWEEN: &str = "
        pt patient please phone her him me them us back by with via a the voice por de par con telefono telephone
    ";
    let way = |word: &str| has(CALL, word) || has(MAIL, word) || word == "voice";
    let word = word_at(tokens, at)?;
    if has("callonly callsonly onlycall onlycalls", word) {
        return Some(Said { kind: Kind::Calls, words: at..at + 1 });
    }
    let (a_way, an_only) = (way(word), has(ONLY, word));
    let next = (at + 1..tokens.len()).find(|next| {
        let word = word_at(tokens, *next).unwrap_or_default();
        (a_way && has(ONLY, word)) || (an_only && way(word)) || !has(BETWEEN, word)
    })?;
    let last = word_at(tokens, next)?;
    let both = (a_way && has(ONLY, last)) || (an_only && way(last));
    both.then_some(Said { kind: Kind::Calls, words: at..next + 1 })
}

/// The end of a negation that comes after what it negates: `: no`, `not ok`, `declined`.
fn behind(tokens: &[Token], from: usize) -> Option<usize> {
    let mut at = from;
    let mut asked = false;
    loop {
        match tokens.get(at)? {
            Token::Colon => asked = true,
            Token::End if !asked && tokens.get(at + 2).is_none_or(|after| *after == Token::End) => {}
            Token::Word(word) if has(BEHIND, word) => {}
            Token::Word(word) if has(NO_BEHIND, word) => {
                let sure = word.len() > 5;
                let ends = match tokens.get(at + 1) {
                    Some(Token::Word(after)) => has(AFTER_NO, after),
                    Some(Token::Joint) => false,
                    _ => true,
                };
                return (sure || ends).then_some(at + 1);
            }
            _ => return None,
        }
        at += 1;
    }
}

/// A cell whose only word opts out.
fn sole(tokens: &[Token]) -> Option<Said> {
    let mut words = tokens.iter().enumerate().filter_map(|(at, token)| match token {
        Token::Word(word) => Some((at, word)),
        _ => None,
    });
    let (at, word) = words.next()?;
    (words.next().is_none() && has(SOLE, word)).then_some(Said { kind: Kind::Texts, words: at..at + 1 })
}
