//! Reads `[feed.columns]`: which of the export's columns each of our fields comes from.

use std::collections::BTreeMap;
use std::ops::Range;

use regex::Regex;
use toml::de::DeTable;

use crate::config::diagnostic::Diagnostic;
use crate::config::toml_reader::{Faults, Section, Value, fault, list, text, whole_number};

/// A field that a feed supplies for each appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The appointment's id.
    Id,
    /// The patient's id.
    PatientId,
    /// First and last name in one cell.
    Name,
    /// Given name.
    FirstName,
    /// Family name.
    LastName,
    /// Birth date.
    DateOfBirth,
    /// The number to text.
    Phone,
    /// The patient's language.
    Language,
    /// The type of appointment.
    TypeId,
    /// What will be done.
    Description,
    /// Who will do it.
    Provider,
    /// The start.
    StartsAt,
    /// The end.
    EndsAt,
    /// The length in minutes, instead of the end.
    Minutes,
    /// The appointment's status.
    Status,
    /// Which office.
    Location,
    /// When it was booked.
    BookedAt,
    /// Whether the patient agreed to texts.
    Consent,
}

impl Field {
    /// All fields with their keys.
    pub const KEYS: [(&'static str, Field); 18] = [
        ("id", Field::Id),
        ("patient_id", Field::PatientId),
        ("name", Field::Name),
        ("first_name", Field::FirstName),
        ("last_name", Field::LastName),
        ("date_of_birth", Field::DateOfBirth),
        ("phone", Field::Phone),
        ("language", Field::Language),
        ("type_id", Field::TypeId),
        ("description", Field::Description),
        ("provider", Field::Provider),
        ("starts_at", Field::StartsAt),
        ("ends_at", Field::EndsAt),
        ("minutes", Field::Minutes),
        ("status", Field::Status),
        ("location", Field::Location),
        ("booked_at", Field::BookedAt),
        ("consent", Field::Consent),
    ];

    /// Its key.
    pub fn key(self) -> &'static str {
        Field::KEYS.iter().find(|(_, field)| *field == self).map_or("", |(key, _)| key)
    }

    /// Whether its cells must not be shown, because they identify a person.
    pub fn is_private(self) -> bool {
        matches!(
            self,
            Field::Name | Field::FirstName | Field::LastName | Field::DateOfBirth | Field::Phone | Field::Description
        )
    }
}

/// Where a field comes from.
#[derive(Debug, Clone)]
pub enum ColumnSource {
    /// One column.
    Column(String),
    /// Several columns, joined by a space.
    Joined(Vec<String>),
    /// The first of these that is not blank.
    FirstOf(Vec<String>),
    /// Part of one column, taken by a group in a regular expression.
    Pattern {
        /// The column.
        from: String,
        /// The expression; its group is named after the field, or is the only group.
        pattern: Regex,
    },
    /// The phone number in a column of text, such as a calendar's description.
    InText(String),
    /// A number of units, each of so many minutes.
    Times {
        /// The column.
        column: String,
        /// Minutes per unit.
        times: u32,
    },
    /// Marks in a row, each standing for so many minutes.
    Marks {
        /// The column.
        column: String,
        /// Minutes per mark.
        each: u32,
    },
}

impl ColumnSource {
    /// The columns it reads.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            ColumnSource::Column(column)
            | ColumnSource::InText(column)
            | ColumnSource::Pattern { from: column, .. }
            | ColumnSource::Times { column, .. }
            | ColumnSource::Marks { column, .. } => vec![column],
            ColumnSource::Joined(columns) | ColumnSource::FirstOf(columns) => {
                columns.iter().map(String::as_str).collect()
            }
        }
    }

    /// The columns as a label.
    pub fn label(&self) -> String {
        self.columns().join(" + ")
    }
}

/// `[feed.columns]`.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// Whether ids are derived from the patient and the start.
    pub derived_id: bool,
    /// The sources.
    pub sources: BTreeMap<Field, ColumnSource>,
}

impl Columns {
    /// The source of a field.
    pub fn get(&self, field: Field) -> Option<&ColumnSource> {
        self.sources.get(&field)
    }

    /// These sources, plus those of `others` for fields that are missing here. First and last name replace a name in one
    /// cell, a name in one cell replaces both, and an end replaces a length.
    pub(super) fn or(mut self, others: Columns) -> Columns {
        let has = |field| self.sources.contains_key(&field);
        let own_id = self.derived_id || has(Field::Id);
        // A first name alone is the one that patients go by.
        let named = has(Field::Name) || has(Field::LastName);
        let ended = has(Field::EndsAt) || has(Field::Minutes);
        for (field, source) in others.sources {
            let taken = match field {
                Field::Id => own_id,
                Field::Name => named,
                Field::FirstName | Field::LastName => self.sources.contains_key(&Field::Name),
                Field::EndsAt | Field::Minutes => ended,
                _ => false,
            };
            if !taken {
                self.sources.entry(field).or_insert(source);
            }
        }
        self.derived_id |= !own_id && others.derived_id;
        self
    }
}

pub(super) fn read(table: Option<&DeTable<'_>>, span: Range<usize>, diagnostics: &mut Vec<Diagnostic>) -> Columns {
    let mut section = Section::new("[feed.columns]", table, span, diagnostics);
    let mut columns = Columns::default();
    for (key, field) in Field::KEYS {
        let Some(source) = section.optional(key, |value| source(value, key)) else { continue };
        match (field, &source) {
            (Field::Id, ColumnSource::Column(name)) if name == "derived" => columns.derived_id = true,
            _ => {
                let measures = matches!(source, ColumnSource::Times { .. } | ColumnSource::Marks { .. });
                if measures && field != Field::Minutes {
                    section.error(
                        key,
                        format!("`{key}`: `times` and `marks` give a length, so they work only for `minutes`"),
                    );
                    continue;
                }
                columns.sources.insert(field, source);
            }
        }
    }
    section.finish();
    columns
}

fn source(value: &Value<'_>, key: &str) -> Result<ColumnSource, Faults> {
    let inner = value.get_ref();
    if inner.is_array() {
        let parts = list(value, column)?;
        return match parts.len() {
            0 => fault("the list is empty; name the columns, such as [\"Date\", \"Time\"]"),
            _ => Ok(ColumnSource::Joined(parts)),
        };
    }
    let Some(table) = inner.as_table() else { return column(value).map(ColumnSource::Column) };
    let mut diagnostics = Vec::new();
    let mut section = Section::new("a column's source", Some(table), value.span(), &mut diagnostics);
    let first_of = section.optional("first_of", |value| list(value, column));
    let from = section.optional("from", column);
    let pattern = section.optional("pattern", |value| expression(value, key));
    let name = section.optional("column", column);
    let times = section.optional("times", |value| whole_number(value, 1..=240));
    let marks = section.optional("marks", column);
    let each = section.optional("each", |value| whole_number(value, 1..=240));
    section.finish();
    if !diagnostics.is_empty() {
        return Err(diagnostics.into_iter().map(|diagnostic| (Some(diagnostic.span), diagnostic.message)).collect());
    }
    match (first_of, from, pattern, name, times, marks, each) {
        (Some(columns), None, None, None, None, None, None) if !columns.is_empty() => {
            Ok(ColumnSource::FirstOf(columns))
        }
        (None, Some(from), Some(pattern), None, None, None, None) => Ok(ColumnSource::Pattern { from, pattern }),
        (None, Some(from), None, None, None, None, None) if key == Field::Phone.key() => Ok(ColumnSource::InText(from)),
        (None, None, None, Some(column), Some(times), None, None) => Ok(ColumnSource::Times { column, times }),
        (None, None, None, Some(column), None, None, None) => Ok(ColumnSource::Column(column)),
        (None, None, None, None, None, Some(column), Some(each)) => Ok(ColumnSource::Marks { column, each }),
        _ => fault(
            "write the name of a column, [\"one\", \"other\"], { first_of = [...] }, { from = \"...\", pattern = \"...\" } (for `phone`, the pattern may be left out), { column = \"...\", times = 10 } or { marks = \"...\", each = 5 }",
        ),
    }
}

/// The name of a column.
pub(super) fn column(value: &Value<'_>) -> Result<String, Faults> {
    let name = text(value)?;
    match name.trim() {
        "" => fault("the column name is empty; write it as in the file's header"),
        // What `feed suggest` writes where a question is open.
        "?" => {
            fault("this column is still undecided; name a column of the export, or delete the line if there is none")
        }
        _ => Ok(name),
    }
}

fn expression(value: &Value<'_>, key: &str) -> Result<Regex, Faults> {
    let written = text(value)?;
    let regex = match regex::RegexBuilder::new(&written).size_limit(1 << 20).build() {
        Ok(regex) => regex,
        Err(error) => return fault(format!("this is not a valid regular expression: {error}")),
    };
    let named = regex.capture_names().flatten().any(|name| name == key);
    match named || regex.captures_len() == 2 {
        true => Ok(regex),
        false => fault(format!("the expression needs a group named `{key}`, such as (?<{key}>.+)")),
    }
}
