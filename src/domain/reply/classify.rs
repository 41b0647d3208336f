//! The classifier: applies the rules in the order described at the top of `reply/mod.rs`.

use crate::domain::reply::fold::{self, Token};
use crate::domain::reply::meaning::ReplyMeaning;
use crate::domain::reply::moments::Moments;
use crate::domain::reply::offered::{self, Offered};
use crate::domain::reply::opting;
use crate::domain::reply::pieces::is_among;
use crate::domain::reply::strip::{self, Reaction};
use crate::domain::reply::words::{VOCABULARY, Vocabulary};

/// What a reply means if it is the whole answer to our text.
pub fn classify(reply: &str, offered: &Offered) -> ReplyMeaning {
    let cleaned = fold::clean(reply);
    if let Some(reaction) = strip::reaction(&cleaned) {
        return match reaction {
            Reaction::Like => ReplyMeaning::Confirmed,
            Reaction::Dislike => ReplyMeaning::NeedsALook,
            Reaction::Doubt => ReplyMeaning::Question,
            Reaction::Other => ReplyMeaning::None,
        };
    }
    if strip::is_attachment(&cleaned) {
        return ReplyMeaning::None;
    }
    // The patient typed the sentence as in our text, so it may be meant.
    if strip::is_bare_echo(&cleaned) {
        return ReplyMeaning::UnclearOptOut;
    }
    let all = fold::tokens(&strip::own_words(&cleaned));
    let words = &*VOCABULARY;
    let core = without_courtesy(&all, words);
    if let Some(meaning) = opting::opt_out(&core, &all, words) {
        return meaning;
    }
    if let Some(meaning) = by_offer(&core, offered) {
        return meaning;
    }
    let meaning = about_the_visit(&core, &all, offered, words);
    // A word that always opts out is never ignored, unless another rule explains it.
    if matches!(meaning, ReplyMeaning::None | ReplyMeaning::NeedsALook) && opting::is_left_over(&core, words) {
        return ReplyMeaning::UnclearOptOut;
    }
    meaning
}

/// Whether a reply describes an emergency: bleeding, swelling, fever, pain.
pub fn is_urgent(reply: &str) -> bool {
    let cleaned = fold::clean(reply);
    if strip::reaction(&cleaned).is_some() {
        return false;
    }
    let tokens = fold::tokens(&strip::own_words(&cleaned));
    VOCABULARY.urgent.found(&VOCABULARY.not_urgent.mask(&tokens))
}

/// Whether a reply consists of opt-out words only. Such a reply counts even if it is not known who wrote it.
pub fn is_nothing_but_opt_out(reply: &str) -> bool {
    let cleaned = fold::clean(reply);
    if strip::reaction(&cleaned).is_some() {
        return false;
    }
    let all = fold::tokens(&strip::own_words(&cleaned));
    opting::is_bare(&without_courtesy(&all, &VOCABULARY), &all, &VOCABULARY)
}

/// Words that say yes without saying to what.
const BARE_YES: &str = "y yes yeah yep yup ya yea yess sure ok okay k kk fine perfect great good cool alright right \
    absolutely definitely correct 1 si claro vale dale perfecto bueno correcto oui ouais d accord daccord parfait bien \
    entendu sounds that works thats it is";

/// Whether a reply only says yes ("Yes", "ok!", a thumb), and not to what. Such a yes answers the message before it.
pub fn is_bare_yes(reply: &str) -> bool {
    let cleaned = fold::clean(reply);
    if let Some(reaction) = strip::reaction(&cleaned) {
        return matches!(reaction, Reaction::Like);
    }
    let all = fold::tokens(&strip::own_words(&cleaned));
    let core = without_courtesy(&all, &VOCABULARY);
    let mut said = core.iter().filter(|t| !t.is_pause()).peekable();
    said.peek().is_some() && said.all(|t| t.text.starts_with(':') || is_among(BARE_YES, &t.text))
}

/// Words with which a patient says to come, as opposed to only saying yes: "I'll be there", "see you", "nos vemos".
const COMES: &str = "there here see coming come make attend confirm confirmed confirming keep way estare voy vemos \
    asistire ire confirmo confirmado serai viendrai viens presente present confirme";

/// Whether a reply that confirms says by itself that the patient is coming, and not only yes to something.
pub fn says_to_come(reply: &str) -> bool {
    let cleaned = fold::clean(reply);
    strip::reaction(&cleaned).is_none()
        && fold::tokens(&strip::own_words(&cleaned)).iter().any(|token| is_among(COMES, &token.text))
}

/// Whether an opt-out is only the word "cancel", "annuler", "cancelar" or "anular". Then the patient may mean the
/// appointment as well, and a person should ask.
pub fn may_mean_the_visit(reply: &str) -> bool {
    let all = fold::tokens(&strip::own_words(&fold::clean(reply)));
    opting::is_cancel_alone(&without_courtesy(&all, &VOCABULARY))
}

/// A letter, digit or word that our text offers. Letters and digits that it does not offer need a person.
fn by_offer(core: &[Token], offered: &Offered) -> Option<ReplyMeaning> {
    let said: Vec<&Token> =
        core.iter().filter(|t| !t.is_pause() && !t.text.starts_with(':') && t.text != "ok").collect();
    let first = said.first()?;
    if !said.iter().all(|token| token.text == first.text) {
        return None;
    }
    if let Some(meaning) = offered.meaning(first) {
        return Some(meaning);
    }
    let answer = offered::as_written(first);
    // These two letters are words: "yes" and "OK".
    if matches!(answer, "y" | "k") {
        return Some(ReplyMeaning::Confirmed);
    }
    let is_code = answer.chars().count() == 1 || answer.bytes().all(|b| b.is_ascii_digit());
    is_code.then_some(ReplyMeaning::NeedsALook)
}

/// Rules 5 to 8.
fn about_the_visit(core: &[Token], all: &[Token], offered: &Offered, words: &Vocabulary) -> ReplyMeaning {
    let asks = core.iter().any(|t| t.text == "?");
    if words.wrong_person.found(core) {
        return ReplyMeaning::WrongPerson;
    }
    let kept = words.keep.mask(core);
    if words.change.found(&kept) {
        return ReplyMeaning::WantsChange;
    }
    if words.cancel.found(&kept) {
        return ReplyMeaning::WantsCancel;
    }
    let questions = words.question.found(core);
    let unsure = words.unsure.found(core);
    let calm = words.not_urgent.mask(core);
    if words.urgent.found(&calm) || asks && (questions || !unsure) {
        return ReplyMeaning::Question;
    }
    if unsure {
        return ReplyMeaning::NeedsALook;
    }
    if questions || words.topic.found(&calm) {
        return ReplyMeaning::Question;
    }
    if words.confirm.found(core) {
        // "No problem" is a yes, and "I won't cancel" was removed above.
        let plain = words.confirm.mask(&words.elsewhere.mask(&kept));
        let no = plain.iter().any(|t| matches!(t.text.as_str(), "no" | "not" | "nope" | "non" | "pas" | "never"));
        let another_time = offered.contradicts(&Moments::of(core));
        return if no || another_time { ReplyMeaning::NeedsALook } else { ReplyMeaning::Confirmed };
    }
    if !all.iter().any(|t| !t.is_pause()) || words.pleasantry.found(all) && kept_is_short(core) {
        return ReplyMeaning::None;
    }
    ReplyMeaning::NeedsALook
}

/// Whether little is left besides thanks and good wishes.
fn kept_is_short(core: &[Token]) -> bool {
    core.iter().filter(|t| !t.is_pause()).count() <= 8
}

/// The words without "please", "thanks" and greetings, and without the pauses around those.
fn without_courtesy(all: &[Token], words: &Vocabulary) -> Vec<Token> {
    let mut polite = vec![false; all.len()];
    for start in 0..all.len() {
        for end in words.courtesy.ends_from(all, start) {
            polite[start..end].fill(true);
        }
    }
    let mut core: Vec<Token> = Vec::with_capacity(all.len());
    for (token, is_polite) in all.iter().zip(&polite) {
        let doubled = token.is_pause() && core.last().is_none_or(Token::is_pause);
        if doubled && token.text == "?" {
            match core.last_mut() {
                Some(last) => last.text = "?".to_owned(),
                None => core.push(token.clone()),
            }
        } else if !*is_polite && !doubled {
            core.push(token.clone());
        }
    }
    while core.last().is_some_and(|t| t.text == "," || t.text == ".") {
        core.pop();
    }
    core
}
