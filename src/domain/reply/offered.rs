//! What our own text offers: the answers it names ("Reply C to confirm"), and the days and hours it mentions.

use crate::domain::reply::fold::{self, Token};
use crate::domain::reply::meaning::ReplyMeaning;
use crate::domain::reply::moments::Moments;

/// What our own text offered. A letter or digit counts only if our text offers it, and a confirmed time only if it is
/// the time in our text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    answers: Vec<(String, ReplyMeaning)>,
    moments: Option<Moments>,
}

/// When the appointment starts, in the practice's local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// Day of the week; 0 is Monday.
    pub weekday: u8,
    /// Day of the month.
    pub day: u8,
    /// Minutes since midnight.
    pub minute: u16,
    /// Days from the reply to the appointment; 0 is the same day.
    pub days_ahead: u32,
}

/// Words that ask for an answer.
const ASKING: &[&str] = &[
    "reply", "text", "txt", "press", "send", "type", "answer", "respond", "enter", "responda", "responde", "conteste",
    "envie", "escriba", "marque", "oprima", "presione", "repondez", "tapez", "envoyez", "textez", "ecrivez",
];

/// Words between an answer and its effect.
const DOES: &[&str] = &["to", "for", "if", "para", "si", "pour", "afin", ",", "is", "means"];

/// The effect of an answer, by the beginning of a word in our text.
const MEANINGS: &[(&str, ReplyMeaning)] = &[
    ("confirm", ReplyMeaning::Confirmed),
    ("keep", ReplyMeaning::Confirmed),
    ("accept", ReplyMeaning::Confirmed),
    ("reschedul", ReplyMeaning::WantsChange),
    ("chang", ReplyMeaning::WantsChange),
    ("move", ReplyMeaning::WantsChange),
    ("cambi", ReplyMeaning::WantsChange),
    ("reprogram", ReplyMeaning::WantsChange),
    ("reagend", ReplyMeaning::WantsChange),
    ("deplac", ReplyMeaning::WantsChange),
    ("report", ReplyMeaning::WantsChange),
    ("modif", ReplyMeaning::WantsChange),
    ("cancel", ReplyMeaning::WantsCancel),
    ("annul", ReplyMeaning::WantsCancel),
    ("stop", ReplyMeaning::OptOut),
    ("opt", ReplyMeaning::OptOut),
    ("unsubscribe", ReplyMeaning::OptOut),
    ("desabonn", ReplyMeaning::OptOut),
    ("desinscri", ReplyMeaning::OptOut),
    ("wrong", ReplyMeaning::WrongPerson),
    ("help", ReplyMeaning::Question),
    ("call", ReplyMeaning::Question),
    ("question", ReplyMeaning::Question),
    ("ayuda", ReplyMeaning::Question),
    ("aide", ReplyMeaning::Question),
];

impl Offered {
    /// Reads our text.
    pub fn from_message(text: &str) -> Offered {
        let tokens = fold::tokens(&fold::clean(text));
        let moments = Some(Moments::of(&tokens));
        let mut answers: Vec<(String, ReplyMeaning)> = Vec::new();
        let mut asked = false;
        for (n, token) in tokens.iter().enumerate() {
            asked |= ASKING.contains(&token.text.as_str());
            let answer = as_written(token);
            if !asked || !could_be_answer(token) || answers.iter().any(|(known, _)| known == answer) {
                continue;
            }
            let does = tokens.get(n + 1).is_some_and(|next| DOES.contains(&next.text.as_str()));
            let rest = tokens.iter().skip(n + 2).take(6).take_while(|t| t.text != "." && !could_be_answer(t));
            let meaning = rest.filter_map(meaning_of).next();
            if let (true, Some(meaning)) = (does, meaning) {
                answers.push((answer.to_owned(), meaning));
            }
        }
        Offered { answers, moments }
    }

    /// Adds the appointment's actual start, so that "see you tomorrow" and "see you Tuesday at 3" count as correct even
    /// if our text words the time differently.
    pub fn with_start(mut self, start: Start) -> Offered {
        let moments = self.moments.get_or_insert_default();
        moments.add(start.weekday, start.day, start.minute, start.days_ahead);
        self
    }

    /// For when our text is not known.
    pub fn nothing() -> Offered {
        Offered { answers: Vec::new(), moments: None }
    }

    /// The meaning of this answer, if our text offers it.
    pub(crate) fn meaning(&self, answer: &Token) -> Option<ReplyMeaning> {
        let answer = as_written(answer);
        self.answers.iter().find(|(offered, _)| offered == answer).map(|(_, meaning)| *meaning)
    }

    /// Whether a reply names a day or an hour that our text does not. If our text is not known, nothing contradicts it.
    pub(crate) fn contradicts(&self, reply: &Moments) -> bool {
        self.moments.as_ref().is_some_and(|ours| reply.differs_from(ours))
    }
}

/// Whether a message asks for an answer: it has a question, or says how to reply.
pub fn asks_for_an_answer(text: &str) -> bool {
    let tokens = fold::tokens(&fold::clean(text));
    tokens.iter().any(|token| token.text == "?" || ASKING.contains(&token.text.as_str()))
}

/// The answer as written. Folding turns a lone "R" or "U" into the word it stands for; this reverses that.
pub(crate) fn as_written(token: &Token) -> &str {
    match token.text.as_str() {
        "are" => "r",
        "you" => "u",
        text => text,
    }
}

/// Whether a token can be an answer: a capital letter, a number of up to two digits, or a word in capitals.
fn could_be_answer(token: &Token) -> bool {
    let length = as_written(token).chars().count();
    let digit = token.text.bytes().all(|b| b.is_ascii_digit());
    !token.is_pause()
        && (length == 1 && token.shouted || length <= 2 && digit || token.shouted && (2..=8).contains(&length))
}

fn meaning_of(token: &Token) -> Option<ReplyMeaning> {
    MEANINGS.iter().find(|(start, _)| token.text.starts_with(start)).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(offered: &Offered, answer: &str) -> Option<ReplyMeaning> {
        offered.meaning(&Token::plain(answer))
    }

    #[test]
    fn offered_answers_have_their_meanings() {
        let offered = Offered::from_message(
            "Reminder: Smile Dental, Tuesday at 3:00 PM. Reply C to confirm, R to reschedule or 3 to cancel. STOP to opt out",
        );
        assert_eq!(meaning(&offered, "c"), Some(ReplyMeaning::Confirmed));
        assert_eq!(meaning(&offered, "r"), Some(ReplyMeaning::WantsChange));
        assert_eq!(meaning(&offered, "3"), Some(ReplyMeaning::WantsCancel));
        assert_eq!(meaning(&offered, "a"), None);
        let offered = Offered::from_message("Répondez O pour confirmer ou N pour annuler.");
        assert_eq!(meaning(&offered, "o"), Some(ReplyMeaning::Confirmed));
        assert_eq!(meaning(&offered, "n"), Some(ReplyMeaning::WantsCancel));
        let offered = Offered::from_message("Responda 1 para confirmar, 2 para cambiar la cita");
        assert_eq!(meaning(&offered, "2"), Some(ReplyMeaning::WantsChange));
        assert_eq!(meaning(&Offered::from_message("See you at 3"), "3"), None);
        assert_eq!(meaning(&Offered::nothing(), "c"), None);
    }

    #[test]
    fn replies_are_checked_against_the_start() {
        let start = Start { weekday: 1, day: 24, minute: 15 * 60, days_ahead: 3 };
        let offered = Offered::from_message("Your visit is on 11/24.").with_start(start);
        for (reply, wrong) in [
            ("see you Tuesday at 3", false),
            ("see you the 24th", false),
            ("see you tomorrow", true),
            ("see you at 4", true),
            ("see you Monday", true),
        ] {
            let named = Moments::of(&fold::tokens(&fold::clean(reply)));
            assert_eq!(offered.contradicts(&named), wrong, "{reply}");
        }
    }
}
