//! Reads `[feed.status]`, `[feed.consent]`, `[feed.language]` and `[feed.location]`: what a practice's own words mean.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::DeTable;

use super::columns::column;
use crate::config::diagnostic::Diagnostic;
use crate::config::toml_reader::{Faults, Section, Value, fault, list, one_of, text};
use crate::domain::appointment::{Consent, Status};
use crate::domain::fold::fold;

/// What a word in the status column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusMeaning {
    /// The appointment is booked.
    Booked,
    /// Booked, and the patient confirmed.
    Confirmed,
    /// It took place, or is taking place.
    Completed,
    /// The patient did not come.
    NoShow,
    /// Cancelled.
    Cancelled,
    /// Not a scheduled appointment: unscheduled, planned or a note.
    Ignored,
}

impl StatusMeaning {
    /// All meanings with their keys.
    pub const KEYS: [(&'static str, StatusMeaning); 6] = [
        ("booked", StatusMeaning::Booked),
        ("confirmed", StatusMeaning::Confirmed),
        ("cancelled", StatusMeaning::Cancelled),
        ("completed", StatusMeaning::Completed),
        ("no_show", StatusMeaning::NoShow),
        ("ignored", StatusMeaning::Ignored),
    ];

    /// Its key in `[feed.status]`.
    pub fn key(self) -> &'static str {
        StatusMeaning::KEYS.iter().find(|(_, meaning)| *meaning == self).map_or("", |(key, _)| key)
    }

    /// Whether the patient is still expected.
    pub fn is_live(self) -> bool {
        matches!(self, StatusMeaning::Booked | StatusMeaning::Confirmed)
    }

    /// The status in the table; `None` for a row that is not a scheduled appointment.
    pub fn status(self) -> Option<Status> {
        match self {
            StatusMeaning::Booked => Some(Status::Booked),
            StatusMeaning::Confirmed => Some(Status::Confirmed),
            StatusMeaning::Completed => Some(Status::Completed),
            StatusMeaning::NoShow => Some(Status::NoShow),
            StatusMeaning::Cancelled => Some(Status::Cancelled),
            StatusMeaning::Ignored => None,
        }
    }
}

/// What happens to a row whose status word is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownStatus {
    /// It is held back and reported.
    #[default]
    Report,
    /// It counts as booked.
    Booked,
    /// It does not count as a scheduled appointment.
    Ignored,
}

/// `[feed.status]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusWords {
    /// Words in the status column, folded.
    pub words: BTreeMap<String, StatusMeaning>,
    /// Words in other columns: column, folded word, meaning.
    pub elsewhere: Vec<(String, String, StatusMeaning)>,
    /// What happens to other words.
    pub unknown: Option<UnknownStatus>,
}

impl StatusWords {
    pub(super) fn or(mut self, others: StatusWords) -> StatusWords {
        for (word, meaning) in others.words {
            self.words.entry(word).or_insert(meaning);
        }
        for other in others.elsewhere {
            if !self.elsewhere.iter().any(|(column, word, _)| *column == other.0 && *word == other.1) {
                self.elsewhere.push(other);
            }
        }
        self.unknown = self.unknown.or(others.unknown);
        self
    }
}

/// `[feed.consent]`: folded words; those listed as unknown say nothing about consent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConsentWords {
    /// What each word means for consent.
    pub words: BTreeMap<String, Option<Consent>>,
}

/// `[feed.language]`: folded word to BCP 47 tag.
pub type LanguageWords = BTreeMap<String, String>;

/// `location`, or `[feed.location]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocationWords {
    /// One location for the whole feed.
    Fixed(String),
    /// By the word in the column, folded; "" is the practice's only office.
    ByWord(BTreeMap<String, String>),
}

pub(super) fn status(
    table: Option<&DeTable<'_>>,
    span: Range<usize>,
    diagnostics: &mut Vec<Diagnostic>,
) -> StatusWords {
    let mut section = Section::new("[feed.status]", table, span, diagnostics);
    let mut found = StatusWords::default();
    for (key, meaning) in StatusMeaning::KEYS {
        let entries = section.optional(key, |value| list(value, status_word)).into_iter().flatten();
        let words = entries.flat_map(|(at, words)| words.into_iter().map(move |word| (at.clone(), word)));
        for (at, word) in words.collect::<Vec<_>>() {
            let clash = match &at {
                None => found.words.insert(word.clone(), meaning),
                Some(column) => {
                    let before = found.elsewhere.iter().find(|(c, w, _)| c == column && *w == word).map(|(.., m)| *m);
                    found.elsewhere.push((column.clone(), word.clone(), meaning));
                    before
                }
            };
            if let Some(other) = clash.filter(|other| *other != meaning) {
                section.error(key, format!("\"{word}\" cannot be both {} and {key}", other.key()));
            }
        }
    }
    let unknown =
        [("report", UnknownStatus::Report), ("booked", UnknownStatus::Booked), ("ignored", UnknownStatus::Ignored)];
    found.unknown = section.optional("unknown", |value| one_of(value, &unknown));
    section.finish();
    found
}

/// `"word"`, or `{ column = "Confirmed", words = ["21"] }`: the other column and the folded words.
fn status_word(value: &Value<'_>) -> Result<(Option<String>, Vec<String>), Faults> {
    let Some(table) = value.get_ref().as_table() else { return Ok((None, vec![fold(&text(value)?)])) };
    let mut diagnostics = Vec::new();
    let mut section = Section::new("a status in another column", Some(table), value.span(), &mut diagnostics);
    let name = section.required("column", "\"Confirmed\"", column);
    let word = section.optional("word", text);
    let words = section.optional("words", |value| list(value, text));
    section.finish();
    if !diagnostics.is_empty() {
        return Err(diagnostics.into_iter().map(|diagnostic| (Some(diagnostic.span), diagnostic.message)).collect());
    }
    let words: Vec<String> = words.into_iter().flatten().chain(word).map(|word| fold(&word)).collect();
    match (name, words.as_slice()) {
        (Some(name), [_, ..]) => Ok((Some(name), words)),
        _ => fault("write { column = \"Confirmed\", words = [\"21\"] }"),
    }
}

pub(super) fn consent(
    table: Option<&DeTable<'_>>,
    span: Range<usize>,
    diagnostics: &mut Vec<Diagnostic>,
) -> ConsentWords {
    let mut section = Section::new("[feed.consent]", table, span, diagnostics);
    let mut found = ConsentWords::default();
    for (key, meaning) in [("yes", Some(Consent::Yes)), ("no", Some(Consent::No)), ("unknown", None)] {
        for word in section.optional(key, |value| list(value, text)).into_iter().flatten() {
            if found.words.insert(fold(&word), meaning).is_some_and(|other| other != meaning) {
                section.error(key, format!("\"{word}\" is listed with two meanings; keep only one of them"));
            }
        }
    }
    section.finish();
    found
}

pub(super) fn language(table: Option<&DeTable<'_>>, diagnostics: &mut Vec<Diagnostic>) -> LanguageWords {
    let mut found = LanguageWords::new();
    for (tag, value) in table.into_iter().flat_map(|table| table.iter()) {
        let name = tag.get_ref();
        let well_formed = name
            .split('-')
            .all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
        if !well_formed || name.split('-').next().is_none_or(|first| !(2..=3).contains(&first.len())) {
            diagnostics.push(Diagnostic::error(
                tag.span(),
                format!("[feed.language]: `{name}` is not a language tag; write, for example, es = [\"S\"]"),
            ));
            continue;
        }
        match list(value, text) {
            Ok(words) => {
                for word in words {
                    if found.insert(fold(&word), name.to_string()).is_some_and(|other| other != *name.as_ref()) {
                        diagnostics.push(Diagnostic::error(
                            value.span(),
                            format!("[feed.language]: \"{word}\" is listed for two languages; keep only one of them"),
                        ));
                    }
                }
            }
            Err(faults) => diagnostics.extend(faults.into_iter().map(|(span, message)| {
                Diagnostic::error(span.unwrap_or_else(|| value.span()), format!("[feed.language] `{name}`: {message}"))
            })),
        }
    }
    found
}

pub(super) fn location(value: &Value<'_>) -> Result<LocationWords, Faults> {
    let Some(table) = value.get_ref().as_table() else { return text(value).map(LocationWords::Fixed) };
    let mut words = BTreeMap::new();
    let mut faults = Faults::new();
    for (word, id) in table.iter() {
        match text(id) {
            Ok(id) => {
                words.insert(fold(word.get_ref()), id);
            }
            Err(found) => faults.extend(found.into_iter().map(|(span, m)| (span.or_else(|| Some(id.span())), m))),
        }
    }
    if faults.is_empty() { Ok(LocationWords::ByWord(words)) } else { Err(faults) }
}
