//! The words in a location column: known ones, and ones the office has to explain.

use super::profile::Profile;
use super::request::{Answers, OpenQuestion};
use super::word_lists::{Counted, column_of, rows};
use crate::config::feeds::{Feed, Field, LocationWords};
use crate::domain::fold::fold;

/// The location words of a file, if the practice has several locations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LocationList {
    /// Words and the locations given as answers for them.
    pub(super) answered: Vec<(String, String)>,
    pub(super) unknown: Vec<Counted>,
}

impl LocationList {
    pub(super) fn take(
        &mut self,
        profile: &Profile,
        feed: &Feed,
        locations: &[&String],
        answers: &Answers,
    ) -> Vec<OpenQuestion> {
        let mut questions = Vec::new();
        let Some(column) = column_of(profile, feed, Field::Location) else { return questions };
        let known = |word: &str| match &feed.location {
            Some(LocationWords::ByWord(words)) => words.contains_key(word),
            _ => false,
        };
        for (word, (written, count)) in &column.words {
            if word.is_empty() || known(word) || locations.iter().any(|id| fold(id) == *word) {
                continue;
            }
            match answers.get(&format!("location:{word}")) {
                Some(id) => self.answered.push((written.clone(), id.clone())),
                None => {
                    self.unknown.push((written.clone(), *count));
                    let own = (String::new(), "the practice itself, which is none of them".to_owned());
                    let choices = locations.iter().map(|id| ((*id).clone(), (*id).clone())).chain([own]);
                    questions.push(OpenQuestion {
                        key: format!("location:{word}"),
                        text: format!("location \"{written}\" ({}): which of your locations is it?", rows(*count)),
                        choices: choices.collect(),
                    });
                }
            }
        }
        questions
    }
}
