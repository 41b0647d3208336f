//! Reads a whole conversation: what each of the patient's messages means, given what it answers.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};

use crate::domain::conversation::Said;
use crate::domain::private::Private;
use crate::domain::reply::{self, Offered, ReplyMeaning, Start};
use crate::domain::zone::Zone;

/// What is known about the text that began a conversation.
#[derive(Debug, Clone, Default)]
pub struct OurText {
    /// Whether it is ours: then its first message that is not the patient's is our text.
    pub is_ours: bool,
    /// Its words, if they are still kept.
    pub words: Option<Private<String>>,
    /// The starts of the appointments that it names, each with the time zone of its location.
    pub starts: Vec<(DateTime<Utc>, Zone)>,
}

/// One message of a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Identifies it within its conversation.
    pub id: String,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// What it means, given the message it answers.
    pub meaning: ReplyMeaning,
    /// It describes an emergency.
    pub is_urgent: bool,
    /// It opts out with a word that may mean the appointment as well: "cancel".
    pub may_mean_the_visit: bool,
    /// Somebody answered it later in the conversation.
    pub is_answered: bool,
    /// It is a bare keyword that carriers define: START or HELP.
    pub is_keyword: bool,
    /// Its words.
    pub words: Private<String>,
}

/// Who wrote the message before a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nobody yet.
    Nobody,
    /// Our text.
    Us,
    /// Annie; whether the message asks something.
    Annie { asks: bool },
}

/// Reads a conversation, oldest message first. `began_at` is used for messages without a time.
pub fn read(said: &[Said], ours: &OurText, began_at: DateTime<Utc>) -> Vec<Reply> {
    let mut replies: Vec<Reply> = Vec::new();
    let mut before = Before::Nobody;
    // Read only if there is a reply to it: most texts get none.
    let mut our_words: Option<&str> = None;
    let mut offers: Option<Offered> = None;
    let mut same_instant = (began_at, 0);
    for (n, message) in said.iter().enumerate() {
        let words = &message.content.0;
        let own_time = || began_at + TimeDelta::seconds(i64::try_from(n).unwrap_or_default());
        let at = message.at.unwrap_or_else(own_time);
        match reply::is_patients(&message.role) {
            Some(true) => {}
            // Only a bare opt-out counts if it is not known who wrote it, and not in our own text.
            None if n > 0 && reply::is_nothing_but_opt_out(words) => {}
            _ => {
                let is_ours = ours.is_ours && (before == Before::Nobody || is_our_text(words, ours));
                before = match is_ours {
                    true => Before::Us,
                    // What Annie asked stays open until the patient writes.
                    false => Before::Annie {
                        asks: reply::asks_for_an_answer(words) || before == Before::Annie { asks: true },
                    },
                };
                if is_ours {
                    (our_words, offers) = (Some(words.as_str()), None);
                }
                replies.iter_mut().for_each(|reply| reply.is_answered = true);
                continue;
            }
        }
        same_instant = if same_instant.0 == at { (at, same_instant.1 + 1) } else { (at, 0) };
        // A letter or digit counts only as an answer to our text.
        let offered = match our_words.filter(|_| before == Before::Us) {
            Some(words) => offers.get_or_insert_with(|| Offered::from_message(words)).clone(),
            None => Offered::nothing(),
        };
        let offered =
            ours.starts.iter().fold(offered, |offered, (start, zone)| offered.with_start(local(*start, zone, at)));
        let meaning = in_context(reply::classify(words, &offered), words, before, ours.is_ours);
        replies.push(Reply {
            id: message.id.clone().unwrap_or_else(|| format!("{}/{}", at.timestamp(), same_instant.1)),
            at,
            meaning,
            is_urgent: reply::is_urgent(words),
            may_mean_the_visit: meaning == ReplyMeaning::OptOut && reply::may_mean_the_visit(words),
            is_answered: false,
            is_keyword: is_keyword(words),
            words: message.content.clone(),
        });
    }
    replies
}

/// START, UNSTOP, HELP and INFO alone: words that carriers define. A person has to act on them.
fn is_keyword(words: &str) -> bool {
    let word = words.trim().trim_end_matches(['.', '!']).to_uppercase();
    matches!(word.as_str(), "START" | "UNSTOP" | "HELP" | "INFO" | "AYUDA" | "AIDE")
}

fn is_our_text(words: &str, ours: &OurText) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    ours.words.as_ref().is_some_and(|own| plain(&own.0) == plain(words))
}

/// The start as a patient who writes at `at` sees it.
fn local(start: DateTime<Utc>, zone: &Zone, at: DateTime<Utc>) -> Start {
    let (start, today) = (zone.local(start), zone.local(at).date_naive());
    let ahead = start.date_naive().signed_duration_since(today).num_days();
    Start {
        weekday: u8::try_from(start.weekday().num_days_from_monday()).unwrap_or_default(),
        day: u8::try_from(start.day()).unwrap_or_default(),
        minute: u16::try_from(start.hour() * 60 + start.minute()).unwrap_or_default(),
        days_ahead: u32::try_from(ahead).unwrap_or_default(),
    }
}

/// A yes must answer our question. In a conversation that somebody else began, only what concerns every text counts:
/// opt-outs, wrong numbers, and a wish to cancel or change.
fn in_context(meaning: ReplyMeaning, words: &str, before: Before, is_ours: bool) -> ReplyMeaning {
    match meaning {
        ReplyMeaning::Confirmed | ReplyMeaning::Question | ReplyMeaning::NeedsALook if !is_ours => ReplyMeaning::None,
        ReplyMeaning::Confirmed if before == Before::Us || reply::says_to_come(words) => ReplyMeaning::Confirmed,
        // "Shall I cancel it?" - "Yes"
        ReplyMeaning::Confirmed if before == (Before::Annie { asks: true }) => ReplyMeaning::NeedsALook,
        ReplyMeaning::Confirmed => ReplyMeaning::None,
        meaning => meaning,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        "2026-11-23T17:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minute)
    }

    fn conversation(messages: &[(&str, &str)]) -> Vec<Said> {
        let said = |(n, (role, words)): (usize, &(&str, &str))| Said {
            id: None,
            role: (*role).to_owned(),
            content: Private((*words).to_owned()),
            at: Some(at(i64::try_from(n).unwrap())),
        };
        messages.iter().enumerate().map(said).collect()
    }

    fn ours() -> OurText {
        let zone = Zone::embedded(chrono_tz::America::Denver);
        // Tuesday, November 24, 3:00 PM.
        let start = "2026-11-24T22:00:00Z".parse().unwrap();
        OurText { is_ours: true, words: None, starts: vec![(start, zone)] }
    }

    fn meanings(messages: &[(&str, &str)], ours: &OurText) -> Vec<&'static str> {
        read(&conversation(messages), ours, at(0)).iter().map(|reply| reply.meaning.code()).collect()
    }

    const TEXT: (&str, &str) =
        ("assistant", "Smile Dental: you have a visit tomorrow at 3:00 PM. Can you make it? Reply C to confirm.");

    #[test]
    fn a_yes_counts_only_as_an_answer_to_our_text() {
        for (rest, want) in [
            (vec![("user", "Yes")], vec!["confirmed"]),
            (vec![("user", "hi"), ("user", "Yes")], vec!["none", "confirmed"]),
            (vec![("user", "C")], vec!["confirmed"]),
            (
                vec![("user", "Can't come."), ("assistant", "Shall I cancel it?"), ("user", "Yes")],
                vec!["wants_cancel", "needs_a_look"],
            ),
            (
                vec![("user", "Is there parking?"), ("assistant", "Yes, behind the building."), ("user", "ok")],
                vec!["question", "none"],
            ),
            (
                vec![("user", "What time?"), ("assistant", "At 3. Does that work?"), ("user", "👍")],
                vec!["question", "needs_a_look"],
            ),
            (
                vec![("user", "What time?"), ("assistant", "At 3."), ("user", "I'll be there")],
                vec!["question", "confirmed"],
            ),
            (
                vec![("user", "What time?"), ("assistant", "Reply C to cancel"), ("user", "C")],
                vec!["question", "needs_a_look"],
            ),
            (
                vec![("user", "Is there a fee?"), ("assistant", "Shall I cancel it?"), ("user", "Yes, go ahead")],
                vec!["question", "needs_a_look"],
            ),
            (
                vec![("user", "Is there a fee?"), ("assistant", "I can cancel it. Reply YES."), ("user", "Yes")],
                vec!["question", "needs_a_look"],
            ),
            (vec![("user", "see you tomorrow at 3")], vec!["confirmed"]),
            (vec![("user", "see you Wednesday")], vec!["needs_a_look"]),
            (vec![("user", "see you at 4")], vec!["needs_a_look"]),
        ] {
            let all: Vec<_> = std::iter::once(TEXT).chain(rest).collect();
            assert_eq!(meanings(&all, &ours()), want, "{all:?}");
        }
    }

    #[test]
    fn in_a_conversation_of_others_only_wishes_and_opt_outs_count() {
        let others = OurText::default();
        for (words, want) in [
            ("Yes", "none"),
            ("I'll be there", "none"),
            ("How much is it?", "none"),
            ("I need to cancel my appointment", "wants_cancel"),
            ("can we move it to Friday", "wants_change"),
            ("STOP", "opt_out"),
            ("wrong number", "wrong_person"),
        ] {
            assert_eq!(meanings(&[("user", words)], &others), [want], "{words}");
            assert_eq!(meanings(&[("assistant", "Time for a cleaning?"), ("user", words)], &others), [want], "{words}");
        }
    }

    #[test]
    fn replies_are_told_apart_and_answers_are_seen() {
        let all =
            conversation(&[TEXT, ("user", "Is there parking?"), ("assistant", "Yes."), ("user", "bleeding a lot")]);
        let read = read(&all, &ours(), at(0));
        assert_eq!(
            read.iter().map(|r| (r.is_answered, r.is_urgent)).collect::<Vec<_>>(),
            [(true, false), (false, true)]
        );
        assert_ne!(read[0].id, read[1].id);
        let mut same = conversation(&[TEXT, ("user", "yes"), ("user", "yes")]);
        same.iter_mut().for_each(|said| said.at = None);
        let ids: Vec<String> = super::read(&same, &ours(), at(0)).into_iter().map(|reply| reply.id).collect();
        assert_ne!(ids[0], ids[1]);
    }
}
