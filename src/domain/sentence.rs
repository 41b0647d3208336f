//! A sentence for people with its values still apart, so that it can also be said in another language.

use std::borrow::Cow;
use std::fmt::Display;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::zone::Zone;

/// A sentence: English words with `{name}` in place of each value, and a key under which other languages have theirs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sentence {
    key: Cow<'static, str>,
    english: Cow<'static, str>,
    values: Vec<(&'static str, Value)>,
}

/// What stands for a `{name}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// The same in every language: a name, a number, a command.
    Text(String),
    /// An instant, in the local time of a zone.
    Time(DateTime<Utc>, Zone),
    /// A day.
    Date(NaiveDate),
    /// A length of time in English, such as `3 business days`.
    Length(String),
    /// Sentences or parts of one, with what stands between them.
    Parts(Vec<Sentence>, Box<Sentence>),
}

impl Sentence {
    /// Words with a key.
    pub(crate) fn new(key: &'static str, english: &'static str) -> Sentence {
        Sentence { key: Cow::Borrowed(key), english: Cow::Borrowed(english), values: Vec::new() }
    }

    /// Words that are the same in every language, such as a command or another program's message.
    pub(crate) fn plain(text: impl Into<String>) -> Sentence {
        Sentence { key: Cow::Borrowed(""), english: Cow::Owned(text.into()), values: Vec::new() }
    }

    /// The words for a code of the domain.
    pub(crate) fn coded(kind: &str, code: &str, english: &'static str) -> Sentence {
        Sentence { key: Cow::Owned(format!("{kind}.{code}")), english: Cow::Borrowed(english), values: Vec::new() }
    }

    /// Words about a number of things, `{n}`; in other languages, a key with `.one` is for one.
    pub(crate) fn counted(key: &'static str, one: &'static str, many: &'static str, n: u64) -> Sentence {
        Sentence::new(key, if n == 1 { one } else { many }).text("n", n)
    }

    fn with(mut self, name: &'static str, value: Value) -> Sentence {
        self.values.push((name, value));
        self
    }

    /// Sets a value that is the same in every language.
    pub(crate) fn text(self, name: &'static str, value: impl Display) -> Sentence {
        self.with(name, Value::Text(value.to_string()))
    }

    /// Sets an instant.
    pub(crate) fn time(self, name: &'static str, at: DateTime<Utc>, zone: &Zone) -> Sentence {
        self.with(name, Value::Time(at, zone.clone()))
    }

    /// Sets a day.
    pub(crate) fn date(self, name: &'static str, date: NaiveDate) -> Sentence {
        self.with(name, Value::Date(date))
    }

    /// Sets a length of time, given in English.
    pub(crate) fn length(self, name: &'static str, english: impl Display) -> Sentence {
        self.with(name, Value::Length(english.to_string()))
    }

    /// Sets a part that is a sentence itself; none leaves its place empty.
    pub(crate) fn part(self, name: &'static str, part: impl Into<Option<Sentence>>) -> Sentence {
        self.with(name, Value::Parts(part.into().into_iter().collect(), Box::new(Sentence::plain(""))))
    }

    /// Sets several parts.
    pub(crate) fn parts(self, name: &'static str, parts: Vec<Sentence>, between: Sentence) -> Sentence {
        self.with(name, Value::Parts(parts, Box::new(between)))
    }

    /// The key under which other languages have their words; empty if the words are the same in every language.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The English words, without the values.
    pub(crate) fn template(&self) -> &str {
        &self.english
    }

    /// The values.
    pub(crate) fn values(&self) -> &[(&'static str, Value)] {
        &self.values
    }

    /// The sentence in English, with times as the commands show them.
    pub(crate) fn english(&self) -> String {
        if self.values.is_empty() {
            return self.english.clone().into_owned();
        }
        let value = |value: &Value| match value {
            Value::Text(text) | Value::Length(text) => text.clone(),
            Value::Time(at, zone) => zone.describe(*at),
            Value::Date(date) => date.format("%A, %B %-d").to_string(),
            Value::Parts(parts, between) => {
                parts.iter().map(Sentence::english).collect::<Vec<_>>().join(&between.english())
            }
        };
        let values: Vec<(&str, String)> = self.values.iter().map(|(name, one)| (*name, value(one))).collect();
        fill(&self.english, &values)
    }
}

impl From<&str> for Sentence {
    fn from(text: &str) -> Sentence {
        Sentence::plain(text)
    }
}

impl From<String> for Sentence {
    fn from(text: String) -> Sentence {
        Sentence::plain(text)
    }
}

/// Replaces each `{name}` in one go, so that a value with braces stays as it is.
pub(crate) fn fill(text: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, more)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => filled.push_str(value),
            None => filled.push_str(&format!("{{{name}}}")),
        }
        rest = more;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_filled_once_and_plain_words_keep_their_braces() {
        let zone = Zone::embedded(chrono_tz::America::Denver);
        let at = "2026-11-30T22:00:00Z".parse().unwrap();
        let inner = Sentence::new("a", "{x}").text("x", "{time}");
        let said = Sentence::new("b", "{part} at {time}{none}.").part("part", inner).part("none", None);
        assert_eq!(said.time("time", at, &zone).english(), "{time} at Mon Nov 30, 3:00 PM.");
        assert_eq!(Sentence::plain("{ \"a\": 1 }").english(), "{ \"a\": 1 }");
        assert_eq!(Sentence::counted("c", "{n} row", "{n} rows", 1).english(), "1 row");
        assert_eq!(Sentence::counted("c", "{n} row", "{n} rows", 2).english(), "2 rows");
    }
}
