//! The words in a consent column: known ones, and ones the office has to explain.

use super::choices::{is_no, is_yes, opted, refuses_texts, switched};
use super::profile::{Column, Profile};
use super::request::{Answers, OpenQuestion};
use super::upcoming::Upcoming;
use super::word_lists::{Counted, column_of, rows};
use crate::config::feeds::{Feed, Field};
use crate::domain::fold::fold;

/// The consent words of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ConsentList {
    pub(super) yes: Vec<String>,
    pub(super) no: Vec<String>,
    pub(super) unknown: Vec<String>,
    pub(super) open: Vec<Counted>,
}

impl ConsentList {
    pub(super) fn take(
        &mut self,
        (profile, upcoming): (&Profile, &Upcoming),
        feed: &Feed,
        (opts_out, open): (bool, bool),
        answers: &Answers,
    ) -> Vec<OpenQuestion> {
        let mut questions = Vec::new();
        let Some(column) = column_of(profile, feed, Field::Consent) else { return questions };
        // Where some agreed, a blank cell may mean that the patient was not asked, or did not agree. A word that is not
        // known may be one that agrees.
        let says_no = |word: &str| opted(word) == Some(false) || refuses_texts(word);
        let refuses = |word: &str| is_no(word) || says_no(word) || switched(word) == Some(false);
        let may_agree = |word: &String| {
            let answer = answers.get(&format!("consent:{word}")).map(String::as_str);
            !word.is_empty() && answer.map_or(!refuses(word), |answer| answer == "yes")
        };
        let some_agree = !opts_out && column.words.keys().any(may_agree);
        // Without the rows of blocked time, if these are known.
        let blank = if upcoming.is_empty() { column.blank } else { upcoming.blank_consents };
        if column.has_dates() {
            return self.take_dates(column, blank, answers);
        }
        for (word, (written, count)) in &column.words {
            if feed.consent.words.contains_key(word) {
                continue;
            }
            let answer = answers.get(&format!("consent:{word}")).map(String::as_str);
            let letters = word.chars().any(char::is_alphabetic);
            let (yes, no) =
                (is_yes(word) || switched(word) == Some(true), is_no(word) || switched(word) == Some(false));
            match answer {
                Some("yes") => self.yes.push(written.clone()),
                Some("no") => self.no.push(written.clone()),
                Some(_) => self.unknown.push(written.clone()),
                None if says_no(word) => self.no.push(written.clone()),
                None if opted(word) == Some(true) && !opts_out => self.yes.push(written.clone()),
                // Blank only in rows that keep time free.
                None if word.is_empty() && blank == 0 => {
                    self.unknown.push(written.clone());
                }
                None if word.is_empty() && some_agree => {
                    self.ask(column, (word, written, blank), &mut questions);
                }
                // A patient who opted out said no; one who did not has not said yes.
                None if word.is_empty() && !open => self.unknown.push(written.clone()),
                None if open => self.ask(column, (word, written, *count), &mut questions),
                None if opts_out && yes => self.no.push(written.clone()),
                None if opts_out && no => self.unknown.push(written.clone()),
                None if word.is_empty() => self.unknown.push(written.clone()),
                None if letters && yes => self.yes.push(written.clone()),
                None if letters && no => self.no.push(written.clone()),
                None => self.ask(column, (word, written, *count), &mut questions),
            }
        }
        // Tags and the like: only some words refuse texts, and the next file has others.
        if !opts_out && self.yes.is_empty() && self.open.is_empty() && !self.no.is_empty() && !column.is_choice() {
            let texts = self.no.iter().filter(|word| refuses_texts(&fold(word))).count();
            if texts == self.no.len() {
                self.unknown = vec!["*".to_owned(), String::new()];
            }
        }
        questions
    }

    /// Asks what a date means, and what its lack means.
    fn take_dates(&mut self, column: &Column, blank: u64, answers: &Answers) -> Vec<OpenQuestion> {
        let mut questions = Vec::new();
        for (word, count) in [("*", column.filled), ("", blank)] {
            match answers.get(&format!("consent:{word}")).map(String::as_str) {
                Some("yes") => self.yes.push(word.to_owned()),
                Some("no") => self.no.push(word.to_owned()),
                Some(_) => self.unknown.push(word.to_owned()),
                None if count == 0 => self.unknown.push(word.to_owned()),
                None => self.ask(column, (word, word, count), &mut questions),
            }
        }
        questions
    }

    fn ask(&mut self, column: &Column, (word, written, count): (&str, &str, u64), questions: &mut Vec<OpenQuestion>) {
        self.open.push((written.to_owned(), count));
        let cell = match word {
            "" => "a blank cell".to_owned(),
            "*" => "a date".to_owned(),
            _ => format!("\"{written}\""),
        };
        questions.push(OpenQuestion {
            key: format!("consent:{word}"),
            text: format!("{cell} in {} ({}): does the patient agree to texts?", column.name, rows(count)),
            choices: [("yes", "yes"), ("no", "no"), ("unknown", "it does not say")]
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect(),
        });
    }
}
