//! What the words of a column show: yes and no, statuses, ways to reach somebody, refusals.

use super::choices::{is_no, is_yes, names_a_channel, opted, refuses_texts, switched};
use super::profile::Column;
use crate::config::feeds::StatusMeaning;
use crate::feeds::mapping::common_status;

impl Column {
    /// Whether every cell says yes or no, such as T and F.
    pub(super) fn is_flag(&self) -> bool {
        !self.many_words && self.words.keys().all(|word| is_yes(word) || is_no(word) || word == "t")
    }

    /// Whether it has words for confirmed or another status, and is no column of dates.
    pub(super) fn is_confirmation(&self) -> bool {
        let known = |word: &String| !word.is_empty() && (is_yes(word) || is_no(word) || common_status(word).is_some());
        !self.many_words && !self.has_dates() && self.words.keys().any(known)
    }

    /// Whether its words are a choice, such as yes and no.
    pub(super) fn is_choice(&self) -> bool {
        let of_choice = |word: &str| is_yes(word) || is_no(word) || opted(word).is_some() || switched(word).is_some();
        let known: u64 =
            self.words.iter().filter(|(word, _)| !word.is_empty() && of_choice(word)).map(|(_, (_, n))| n).sum();
        !self.many_words && self.filled > 0 && known * 2 > self.filled
    }

    /// Whether its cells differ from row to row, as names do.
    pub(super) fn varies(&self) -> bool {
        let words = u64::try_from(self.words.len()).unwrap_or(u64::MAX);
        self.many_words || words * 2 > self.filled
    }

    /// Whether its words are ways to reach somebody, such as text, email and phone call.
    pub(super) fn is_channel(&self) -> bool {
        let ways: Vec<u64> =
            self.words.iter().filter(|(word, _)| names_a_channel(word)).map(|(_, (_, count))| *count).collect();
        !self.many_words && ways.len() >= 2 && ways.iter().sum::<u64>() * 10 >= self.filled * 6
    }

    /// Whether its names begin with last names in capitals: `MARTIN Hélène`.
    pub(super) fn has_last_names_in_capitals(&self) -> bool {
        self.capitals > 1 && self.capitals * 10 >= self.spaced * 6
    }

    /// Whether it has few words, and one says that a patient wants no texts.
    pub(super) fn says_no_texts(&self) -> bool {
        let refuses = |word: &str| {
            opted(word) == Some(false) && !matches!(word, "declined" | "refused" | "denied" | "stop")
                || word.starts_with("stop ")
                || word.contains("opted out")
        };
        !self.many_words && self.words.keys().any(|word| refuses(word))
    }

    /// Whether it has few words, and one refuses texts in a sentence: `no text messages`.
    pub(super) fn refuses_texts(&self) -> bool {
        !self.many_words && self.words.keys().any(|word| refuses_texts(word))
    }

    /// Whether it has a handful of words, and one says that the patient confirmed.
    pub(super) fn says_confirmed(&self) -> bool {
        const HANDFUL: usize = 5;
        let confirms = |word: &String| common_status(word) == Some(StatusMeaning::Confirmed);
        !self.many_words && self.words.len() <= HANDFUL && self.words.keys().any(confirms)
    }

    /// Whether a good part of its words refuses texts, so that the column is about that.
    pub(super) fn is_about_refusals(&self) -> bool {
        let words = self.words.keys().filter(|word| !word.is_empty());
        let (refusing, others): (Vec<_>, Vec<_>) = words.partition(|word| refuses_texts(word));
        !self.many_words && !refusing.is_empty() && refusing.len() * 2 >= others.len()
    }

    /// Whether it has few words, and some mean that an appointment was cancelled or missed.
    pub(super) fn says_called_off(&self) -> bool {
        let off = |word: &String| matches!(common_status(word), Some(StatusMeaning::Cancelled | StatusMeaning::NoShow));
        !self.many_words && self.words.keys().any(off)
    }
}
