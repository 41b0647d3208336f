//! Whether a reply asks to stop texts (47 CFR 64.1200(a)(10)).
//!
//! Whether an opt-out word counts depends on its object: "stop" and "stop the texts" count, "stop by at 3" and "stop
//! the aspirin" do not.

use crate::domain::reply::fold::Token;
use crate::domain::reply::meaning::ReplyMeaning;
use crate::domain::reply::moments::Moments;
use crate::domain::reply::pieces::is_among;
use crate::domain::reply::words::{STATUTORY, Vocabulary};

/// Words that may follow "stop" without a comma, because they begin a new sentence.
const BEGINS: &str = "wrong not you your i no never who this we he she why please yo je vous mauvais numero j ce c it \
    am ya soy este ustedes se";

/// Words that ask to stop, before a new sentence: "Arrêtez je ne suis pas votre patient".
const STOPS: &str = "stop :stop: arretez arrete alto basta paren pare unsubscribe";

/// Words that may come before a "stop" at the end of the reply: "wrong number stop".
const BEFORE: &str = "number interested person spam harassment no more now guys ok already anymore me mas mensajes \
    numero textos messages texts equivocado ya";

/// The opt-out in a reply: `OptOut`, `UnclearOptOut`, or `None`. `core` excludes polite words, `all` includes them.
pub(crate) fn opt_out(core: &[Token], all: &[Token], words: &Vocabulary) -> Option<ReplyMeaning> {
    if is_bare(core, all, words) {
        return Some(ReplyMeaning::OptOut);
    }
    let masked = words.elsewhere.mask(core);
    let unclear = words.unclear.found(&masked);
    if words.opt_out.found(&masked) {
        // "Is the license revoked?" is a question. It does not ask us to stop, and it does not mention texts.
        let asks = masked.iter().any(|t| t.text == "?") && !words.texting.found(&masked);
        let unclear = names_others(&masked) || wants_texts(core) || asks;
        return Some(if unclear { ReplyMeaning::UnclearOptOut } else { ReplyMeaning::OptOut });
    }
    if let Some((clause, rest)) = without_bare_clause(&masked, words) {
        let says_more = rest.iter().any(|t| !t.is_pause()) && !is_signature(&rest) && !words.wrong_person.found(&rest);
        let tied = says_more && clause.iter().any(|t| is_among(OTHER_ENDS, &t.text));
        let unclear = tied || is_about_the_visit(&rest, words);
        return Some(if unclear { ReplyMeaning::UnclearOptOut } else { ReplyMeaning::OptOut });
    }
    if let Some(meaning) = by_object(&masked) {
        return Some(meaning);
    }
    unclear.then_some(ReplyMeaning::UnclearOptOut)
}

/// Whether the reply consists of opt-out words only.
pub(crate) fn is_bare(core: &[Token], all: &[Token], words: &Vocabulary) -> bool {
    is_alone(core, words) || is_statutory(all)
}

/// Opt-out words that could just as well mean the appointment, a tooth or a job, so fewer words are allowed around
/// them.
const TIED: &str = "cancel cancelar annuler anular end remove delete quit terminar fin exit";

/// The words of [`TIED`] that can end an appointment, a treatment or a job.
const OTHER_ENDS: &str = "cancel cancelar annuler anular end quit terminar fin";

/// Words allowed around them: "cancel now", "ok cancel".
const BESIDE_TIED: &str = "ok okay now immediately asap just ya texts messages text sms mensajes maintenant ahora";

/// Whether the reply consists of opt-out words and filler only: "STOP", "please stop it now".
fn is_alone(core: &[Token], words: &Vocabulary) -> bool {
    let says: Vec<&str> = core.iter().filter(|t| !t.is_pause()).map(|t| t.text.as_str()).collect();
    let is_alone = |word: &str| words.alone.contains(&word) || word == ":stop:";
    let is_mark = |word: &str| word.starts_with(':') || word.bytes().all(|b| b.is_ascii_digit());
    if !says.iter().any(|word| is_alone(word)) {
        return false;
    }
    // "Cancel it" and "I want to cancel" may mean the appointment.
    if says.iter().filter(|word| is_alone(word)).all(|word| is_among(TIED, word)) {
        return says.iter().all(|word| is_alone(word) || is_mark(word) || is_among(BESIDE_TIED, word));
    }
    says.iter().all(|word| is_alone(word) || is_mark(word) || words.filler.contains(word))
}

/// Whether the reply consists of words for "cancel" only.
pub(crate) fn is_cancel_alone(core: &[Token]) -> bool {
    let mut says = core.iter().filter(|t| !t.is_pause() && !is_among("ok okay now just ya ahora", &t.text)).peekable();
    says.peek().is_some() && says.all(|t| is_among("cancel cancelar annuler anular", &t.text))
}

/// Whether the letters of the whole reply spell one of the words that always opt out.
fn is_statutory(all: &[Token]) -> bool {
    let letters: String = all.iter().filter(|t| !t.is_pause()).take(12).map(|t| t.text.as_str()).collect();
    STATUTORY.contains(&letters.as_str()) || letters == "stp" || letters == "stopall"
}

/// Whether the texts to stop go to another person: "stop texting my husband".
fn names_others(masked: &[Token]) -> bool {
    const TEXTING: &str = "texting text messaging message contact contacting calling call sending unsubscribe remove";
    const THEM: &str = "him her them";
    const KIN: &str = "husband wife son daughter mom mother dad father kid kids child brother sister friend \
        boyfriend girlfriend work boss parents grandma";
    masked.windows(2).any(|pair| is_among(TEXTING, &pair[0].text) && is_among(THEM, &pair[1].text))
        || masked.windows(3).any(|three| {
            is_among(TEXTING, &three[0].text)
                && matches!(three[1].text.as_str(), "my" | "his" | "her" | "our")
                && is_among(KIN, &three[2].text)
        })
}

/// Whether the reply asks for texts: "don't call, text me".
fn wants_texts(masked: &[Token]) -> bool {
    const BEFORE: &str = "not never to no and or you stop ever again longer even please";
    masked.iter().enumerate().any(|(n, token)| {
        let before = n.checked_sub(1).and_then(|m| masked.get(m)).map_or(",", |t| t.text.as_str());
        let after = masked.get(n + 1).map_or("", |t| t.text.as_str());
        matches!(token.text.as_str(), "text" | "txt" | "message")
            && matches!(after, "me" | "instead")
            && !is_among(BEFORE, before)
    })
}

/// The first clause that consists of opt-out words only, and the reply without it. `None` if there is no such clause.
fn without_bare_clause<'a>(masked: &'a [Token], words: &Vocabulary) -> Option<(&'a [Token], Vec<Token>)> {
    let mut start = 0;
    while start < masked.len() {
        let end = masked[start..].iter().position(Token::is_pause).map_or(masked.len(), |n| start + n);
        let clause = &masked[start..end];
        let says = |t: &Token| words.clause.contains(&t.text.as_str()) || t.text == ":stop:";
        let says_first = |t: &Token| says(t) || start == 0 && words.alone.contains(&t.text.as_str());
        let is_mark = |t: &Token| t.text.starts_with(':');
        let quiet = |t: &Token| is_mark(t) || words.filler.contains(&t.text.as_str());
        let bare = clause.iter().any(says) && clause.iter().all(|t| says(t) || quiet(t));
        let bare_first = clause.iter().any(says_first) && clause.iter().all(|t| says_first(t) || is_mark(t));
        if bare || bare_first {
            let mut rest = masked[..start].to_vec();
            rest.extend_from_slice(masked.get(end + 1..).unwrap_or(&[]));
            // "Cancel. I am sick" is about the appointment and is left to the rules for appointments.
            let tied = clause.iter().any(|t| matches!(t.text.as_str(), "cancel" | "cancelar" | "annuler" | "anular"));
            if !(tied && words.cancel.found(&rest)) {
                return Some((clause, rest));
            }
        }
        start = end + 1;
    }
    None
}

/// Whether this is a name at the end of the reply: "Cancel - Maria Lopez".
fn is_signature(rest: &[Token]) -> bool {
    let named: Vec<&Token> = rest.iter().filter(|t| !t.is_pause()).collect();
    (1..=2).contains(&named.len()) && named.iter().all(|t| t.capital) && Moments::of(rest) == Moments::default()
}

/// Whether the words around an opt-out word mention the appointment. Then the reply may be about the appointment.
fn is_about_the_visit(rest: &[Token], words: &Vocabulary) -> bool {
    const YES: &str = "yes yeah si oui confirm confirmed confirmo confirme confirmado :yes:";
    const VISIT: &str = "appointment appt cita rdv rendez visit dentist";
    if words.wrong_person.found(rest) {
        return false;
    }
    rest.iter().any(|t| is_among(YES, &t.text) || is_among(VISIT, &t.text))
        || words.cancel.found(rest)
        || words.change.found(rest)
}

/// An opt-out by a "stop" whose object matches no phrase.
fn by_object(masked: &[Token]) -> Option<ReplyMeaning> {
    let asks = masked.iter().any(|t| t.text == "?");
    let count = masked.iter().filter(|t| !t.is_pause()).count();
    let (n, stop) = masked.iter().enumerate().find(|(_, t)| is_among(STOPS, &t.text))?;
    let before = n.checked_sub(1).and_then(|m| masked.get(m)).map_or("", |t| t.text.as_str());
    let starts = n == 0 || masked.get(n - 1).is_some_and(Token::is_pause);
    match masked.get(n + 1) {
        Some(next) if starts && is_among(BEGINS, &next.text) => Some(ReplyMeaning::OptOut),
        // "STOP Maria": in capitals, and signed.
        Some(next) if starts && stop.shouted && !next.is_pause() && count <= 3 && !asks => Some(ReplyMeaning::OptOut),
        Some(next) if !next.is_pause() && asks => None,
        None if !asks && is_among(BEFORE, before) => Some(ReplyMeaning::OptOut),
        _ if matches!(stop.text.as_str(), "stop" | ":stop:") => Some(ReplyMeaning::UnclearOptOut),
        _ => None,
    }
}

/// Whether the reply still has one of the words that always opt out, or a "no" and a word for texts, that nothing else
/// explains.
pub(crate) fn is_left_over(core: &[Token], words: &Vocabulary) -> bool {
    let masked = words.keep.mask(&words.elsewhere.mask(core));
    let revokes = masked.iter().enumerate().any(|(n, token)| match token.text.as_str() {
        "end" | "quit" => n == 0,
        word => STATUTORY.contains(&word),
    });
    let refuses = ["no", "not", "never", "longer", "pas", "plus", "jamais", "ne", "ya", "nunca", "sin"];
    revokes || words.messages.found(&masked) && masked.iter().any(|t| refuses.contains(&t.text.as_str()))
}
