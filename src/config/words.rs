//! Reads what is written to people: texts per language, and the words for appointment types.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::TimeDelta;
use toml::de::{DeTable, DeValue};

use crate::config::diagnostic::Diagnostic;
use crate::config::toml_reader::{Faults, Section, Value, duration, fault, text};
use crate::domain::ids::one_line;
use crate::domain::language::Language;
use crate::wording::office::AppointmentType;
use crate::wording::wordbook::TemplateProblem;

/// A text as written in the file.
pub(crate) struct Written {
    pub(crate) source: String,
    span: Range<usize>,
}

/// A text, or one for each language: `message = "..."`, `message.es = "..."`. A single text is in the practice's
/// language.
pub(crate) fn per_language(value: &Value<'_>, practice: Language) -> Result<BTreeMap<Language, Written>, Faults> {
    let written = |value: &Value<'_>| text(value).map(|source| Written { source, span: value.span() });
    let DeValue::Table(table) = value.get_ref() else {
        return Ok(BTreeMap::from([(practice, written(value)?)]));
    };
    let (mut texts, mut faults) = (BTreeMap::new(), Faults::new());
    for (code, value) in table.iter() {
        let language = Language::CODES.iter().find(|(known, _)| *known == code.get_ref().as_ref());
        match (language, written(value)) {
            (None, _) => {
                let known = Language::CODES.map(|(code, _)| code).join(", ");
                faults.push((
                    Some(code.span()),
                    format!("`{}` is not a supported language; write one of {known}", code.get_ref()),
                ));
            }
            (Some((_, language)), Ok(text)) => {
                texts.insert(*language, text);
            }
            (Some(_), Err(found)) => faults.extend(found.into_iter().map(|(_, why)| (Some(value.span()), why))),
        }
    }
    if faults.is_empty() { Ok(texts) } else { Err(faults) }
}

impl Written {
    /// The problems of this text, each at its exact place if the file contains the text without escapes.
    pub(crate) fn faults(&self, found: Vec<TemplateProblem>) -> Faults {
        let place = |range: Range<usize>| {
            // After an opening quote of one byte, a string without escapes is as long as the text it stands for.
            let plain = self.span.len() == self.source.len() + 2;
            plain.then(|| self.span.start + 1 + range.start..self.span.start + 1 + range.end)
        };
        let fault = |diagnostic: TemplateProblem| {
            (Some(diagnostic.range.and_then(place).unwrap_or_else(|| self.span.clone())), diagnostic.message)
        };
        found.into_iter().map(fault).collect()
    }
}

/// `[appointment_types]`: id = word, or { name, arrive_early }.
pub(crate) fn types(
    table: Option<&DeTable<'_>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, AppointmentType> {
    let mut types = BTreeMap::new();
    for (id, value) in table.into_iter().flat_map(|t| t.iter()) {
        let read = match value.get_ref() {
            DeValue::Table(table) if table.contains_key("name") || table.contains_key("arrive_early") => {
                let name = format!("\"{}\"", id.get_ref());
                let mut section = Section::new(&name, Some(table), value.span(), diagnostics);
                let words = section.optional("name", words).unwrap_or_default();
                let early = section.optional("arrive_early", |value| duration(value, 0..=6 * 3600));
                section.finish();
                let arrive_early = early.and_then(|early| TimeDelta::from_std(early).ok()).unwrap_or_default();
                Ok(AppointmentType { words, arrive_early })
            }
            _ => words(value).map(|words| AppointmentType { words, arrive_early: TimeDelta::zero() }),
        };
        match read {
            Ok(kind) => {
                types.insert(id.get_ref().to_string(), kind);
            }
            Err(faults) => diagnostics.extend(faults.into_iter().map(|(span, message)| {
                Diagnostic::error(span.unwrap_or_else(|| value.span()), format!("`{}`: {message}", id.get_ref()))
            })),
        }
    }
    types
}

/// A word, or one for each language.
fn words(value: &Value<'_>) -> Result<BTreeMap<Option<Language>, String>, Faults> {
    const WANTED: &str = "write the word for this type of appointment in quotes, such as \"cleaning\"";
    let blank = |word: &String| one_line(word).is_empty();
    if matches!(value.get_ref(), DeValue::Table(_)) {
        let words = per_language(value, Language::English)?;
        let words: BTreeMap<_, _> =
            words.into_iter().map(|(l, written)| (Some(l), one_line(&written.source))).collect();
        return if words.is_empty() || words.values().any(blank) { fault(WANTED) } else { Ok(words) };
    }
    match value.get_ref().as_str().map(one_line).filter(|word| !blank(word)) {
        Some(word) => Ok(BTreeMap::from([(None, word)])),
        None => fault(WANTED),
    }
}
