//! Texts from other senders of the practice, and whether Leadtime could know of them: it learns of them from Annie's list.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

/// Texts more recent than this could not be known yet.
const UNSEEN: TimeDelta = TimeDelta::minutes(50);
/// Failures in a row after which Leadtime texts without a recent list (decision 41).
const LIST_IS_BROKEN: u32 = 3;

/// What other senders texted, and how the list could be read since.
#[derive(Debug, Clone, Default)]
pub(crate) struct Others {
    texts: HashMap<String, DateTime<Utc>>,
    list_read: Option<DateTime<Utc>>,
    list_failures: u32,
}

impl Others {
    /// Another sender texts a number.
    pub(crate) fn text(&mut self, number: String, now: DateTime<Utc>) {
        self.texts.insert(number, now);
    }

    /// Leadtime asked for the list, and got it or not.
    pub(crate) fn list_asked(&mut self, got_it: bool, now: DateTime<Utc>) {
        match got_it {
            true => (self.list_read, self.list_failures) = (Some(now), 0),
            false => self.list_failures += 1,
        }
    }

    /// Whether another sender has ever texted a number.
    pub(crate) fn have_texted(&self, number: &str) -> bool {
        self.texts.contains_key(number)
    }

    /// Whether another sender texted a number and Leadtime could not know it.
    pub(crate) fn unknown_to_us(&self, number: &str, now: DateTime<Utc>) -> bool {
        let list_is_broken = self.list_failures >= LIST_IS_BROKEN;
        self.texts.get(number).is_some_and(|sent| {
            now - *sent < UNSEEN || list_is_broken && self.list_read.is_none_or(|read| *sent >= read)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_somebody_else_is_unknown_only_while_it_is_new_or_the_list_is_broken() {
        let sent = DateTime::UNIX_EPOCH + TimeDelta::hours(10);
        let later = sent + TimeDelta::hours(2);
        let mut others = Others::default();
        others.list_asked(true, sent - TimeDelta::hours(1));
        others.text("+13035550101".to_owned(), sent);
        assert!(others.unknown_to_us("+13035550101", sent + TimeDelta::minutes(49)));
        assert!(!others.unknown_to_us("+13035550102", sent));
        others.list_asked(false, later);
        others.list_asked(false, later);
        assert!(!others.unknown_to_us("+13035550101", later));
        others.list_asked(false, later);
        assert!(others.unknown_to_us("+13035550101", later));
        others.list_asked(true, later);
        (0..3).for_each(|_| others.list_asked(false, later));
        assert!(!others.unknown_to_us("+13035550101", later));
    }
}
