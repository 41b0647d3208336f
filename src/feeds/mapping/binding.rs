//! Matches the columns that a feed names with the columns of a file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat};

use crate::config::feeds::{Clock, ColumnSource, DateOrder, Feed, Field, LocationWords, ZoneSource};
use crate::domain::fold::fold;
use crate::domain::ids::nearest;
use crate::feeds::formats::{PROBLEM, RawRow};
use crate::feeds::mapping::cells::is_nothing;
use crate::feeds::mapping::headers::{names_a_note, names_a_phone, names_a_reason};
use crate::feeds::mapping::phone_labels;

/// A column that the feed names but the file does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingColumn {
    /// Its name in the configuration.
    pub name: String,
    /// What it is needed for.
    pub purpose: String,
    /// A column of the file that may be the intended one.
    pub near: Option<String>,
    /// Whether the file has several columns with this name.
    pub twice: bool,
}

impl std::fmt::Display for MissingColumn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.near, self.twice) {
            (Some(near), true) => {
                write!(
                    f,
                    "the file has several columns named `{}` ({}); write `{near}` for the first one",
                    self.name, self.purpose
                )
            }
            (Some(near), false) => {
                write!(f, "the file has no column `{}` ({}); it has `{near}`", self.name, self.purpose)
            }
            (None, _) => write!(
                f,
                "the file has no column `{}` ({}); if it has another name now, change it in [feed.columns]",
                self.name, self.purpose
            ),
        }
    }
}

/// Which columns of the file hold what the feed needs.
#[derive(Debug, Clone)]
pub struct Binding {
    names: Vec<String>,
    by_name: BTreeMap<String, usize>,
    fields: BTreeMap<Field, Vec<usize>>,
    /// Columns that hold phone numbers, texted or not: a refusal of texts in any of them counts.
    pub phones: Vec<usize>,
    /// Columns with notes of the front desk, which may say that a patient wants no texts.
    pub notes: Vec<usize>,
    /// Columns that the feed does not use: a short text in them may say the same.
    pub unused: Vec<usize>,
    /// Columns that say what a row is for.
    pub reasons: Vec<usize>,
    /// The number of cells a row must have, up to the last column that the feed names.
    pub needed: usize,
    /// The column in which the reader of another format says why a row must not be used.
    pub problem: Option<usize>,
    /// The zone's column.
    pub zone: Option<usize>,
    /// The columns and words of `only`.
    pub only: Vec<(usize, Vec<String>)>,
}

/// The folded names of the columns that a feed needs.
pub fn wanted(feed: &Feed) -> Vec<String> {
    let mut wanted: Vec<String> = needed(feed).into_iter().map(|(name, _)| fold(&name)).collect();
    wanted.sort();
    wanted.dedup();
    wanted
}

fn needed(feed: &Feed) -> Vec<(String, String)> {
    let mut needed: Vec<(String, String)> = Vec::new();
    for (field, source) in &feed.columns.sources {
        needed.extend(source.columns().into_iter().map(|name| (name.to_owned(), field.key().to_owned())));
    }
    needed.extend(feed.status.elsewhere.iter().map(|(name, ..)| (name.clone(), "status".to_owned())));
    needed.extend(feed.settings.fill.iter().map(|name| (name.clone(), "fill".to_owned())));
    needed.extend(feed.settings.only.iter().map(|only| (only.column.clone(), "only".to_owned())));
    if let Some(ZoneSource::Column(name)) = &feed.settings.timezone {
        needed.push((name.clone(), "timezone".to_owned()));
    }
    needed
}

impl Binding {
    /// Matches a feed's columns with the names in a file's header.
    ///
    /// # Errors
    /// All of the missing columns.
    pub fn new(feed: &Feed, names: &[String]) -> Result<Binding, Vec<MissingColumn>> {
        let by_name: BTreeMap<String, usize> =
            names.iter().enumerate().rev().map(|(at, name)| (fold(name), at)).collect();
        let mut missing: Vec<MissingColumn> = Vec::new();
        for (name, purpose) in needed(feed) {
            if by_name.contains_key(&fold(&name)) || missing.iter().any(|other| other.name == name) {
                continue;
            }
            let first = names.iter().find(|have| fold(have) == format!("{} (1)", fold(&name)));
            let folded = fold(&name);
            let near =
                || nearest(&folded, by_name.keys().map(String::as_str)).and_then(|near| names.get(*by_name.get(near)?));
            let twice = first.is_some();
            missing.push(MissingColumn { near: first.or_else(near).cloned(), name, purpose, twice });
        }
        if !missing.is_empty() {
            return Err(missing);
        }
        let at = |name: &str| by_name.get(&fold(name)).copied();
        let fields: BTreeMap<Field, Vec<usize>> = feed
            .columns
            .sources
            .iter()
            .map(|(field, source)| (*field, source.columns().into_iter().filter_map(at).collect()))
            .collect();
        let mut phones: Vec<usize> = (0..names.len()).filter(|index| names_a_phone(&names[*index])).collect();
        // Where no header names the columns, any that is not used may be a note.
        let used: Vec<usize> = fields.values().flatten().copied().collect();
        let is_unnamed = feed.settings.header == Some(0);
        let is_note = |index: &usize| names_a_note(&names[*index]) || (is_unnamed && !used.contains(index));
        let notes: Vec<usize> = (0..names.len()).filter(is_note).collect();
        let reasons = (0..names.len()).filter(|index| names_a_reason(&names[*index])).collect();
        phones.extend(fields.get(&Field::Phone).into_iter().flatten());
        phones.sort_unstable();
        phones.dedup();
        let zone = match &feed.settings.timezone {
            Some(ZoneSource::Column(name)) => at(name),
            _ => None,
        };
        let named: Vec<usize> = needed(feed).iter().filter_map(|(name, _)| at(name)).collect();
        let is_unused = |index: &usize| ![&named, &phones, &notes].iter().any(|columns| columns.contains(index));
        let unused = (0..names.len()).filter(is_unused).collect();
        let last = needed(feed).iter().filter_map(|(name, _)| at(name)).max();
        let only = feed.settings.only.iter().filter_map(|only| Some((at(&only.column)?, only.words.clone()))).collect();
        Ok(Binding {
            names: names.to_vec(),
            by_name: by_name.clone(),
            fields,
            phones,
            notes,
            unused,
            reasons,
            needed: last.map_or(0, |last| last + 1),
            problem: feed.is_converted().then(|| at(PROBLEM)).flatten(),
            zone,
            only,
        })
    }

    /// A cell by the name of its column.
    pub fn by_name<'r>(&self, row: &'r RawRow, name: &str) -> &'r str {
        self.by_name.get(&fold(name)).map_or("", |at| row.cell(*at))
    }

    /// The cells of a field, in the order of its source; empty if the field has none.
    pub fn cells<'r>(&self, row: &'r RawRow, field: Field) -> Vec<&'r str> {
        self.fields.get(&field).into_iter().flatten().map(|at| row.cell(*at)).collect()
    }

    /// The columns of a field.
    pub fn indices(&self, field: Field) -> &[usize] {
        self.fields.get(&field).map(Vec::as_slice).unwrap_or_default()
    }

    /// The name of a column, as written in the file.
    pub fn name(&self, at: usize) -> &str {
        self.names.get(at).map_or("", String::as_str)
    }

    /// The names of a field's columns, as written in the file.
    pub fn label(&self, field: Field) -> String {
        let names: Vec<&str> =
            self.indices(field).iter().filter_map(|at| self.names.get(*at)).map(String::as_str).collect();
        names.join(" + ")
    }

    /// The text that a field's source gives for a row, ignoring blank cells. `None`: the feed does not have the field.
    pub fn text<'r>(&self, row: &'r RawRow, feed: &Feed, field: Field) -> Option<Cow<'r, str>> {
        let source = feed.columns.get(field)?;
        if let (ColumnSource::Column(_), [at]) = (source, self.indices(field)) {
            return Some(Cow::Borrowed(row.cell(*at).trim()));
        }
        let cells = self.cells(row, field);
        // Databases write NULL for a blank cell.
        let filled = || cells.iter().copied().map(str::trim).filter(|cell| !cell.is_empty() && !is_nothing(cell));
        Some(match source {
            ColumnSource::Joined(_) => Cow::Owned(filled().collect::<Vec<_>>().join(" ")),
            ColumnSource::FirstOf(_) => Cow::Borrowed(filled().next().unwrap_or_default()),
            ColumnSource::Pattern { pattern, .. } => {
                let cell = cells.first().copied().unwrap_or_default();
                let captures = pattern.captures(cell);
                let found = captures.as_ref().and_then(|c| c.name(field.key()).or_else(|| c.get(1)));
                found.map_or(Cow::Borrowed(""), |found| Cow::Owned(found.as_str().trim().to_owned()))
            }
            ColumnSource::InText(_) => {
                let cell = cells.first().copied().unwrap_or_default();
                Cow::Borrowed(phone_labels::in_text(cell).unwrap_or_default())
            }
            ColumnSource::Column(_) | ColumnSource::Times { .. } | ColumnSource::Marks { .. } => {
                Cow::Borrowed(cells.first().copied().unwrap_or_default().trim())
            }
        })
    }

    /// The cells of a date, each of which is read separately.
    pub fn moments<'r>(&self, row: &'r RawRow, feed: &Feed, field: Field) -> Vec<Cow<'r, str>> {
        let cells: Vec<Cow<'r, str>> = match feed.columns.get(field) {
            Some(ColumnSource::Joined(_)) => self.cells(row, field).into_iter().map(Cow::Borrowed).collect(),
            _ => self.text(row, feed, field).into_iter().collect(),
        };
        let cells = match feed.settings.dates {
            Some(DateOrder::Epoch) if field != Field::DateOfBirth => cells.into_iter().map(instant_of_epoch).collect(),
            _ => cells,
        };
        let unit = match feed.settings.times {
            Some(Clock::Seconds) => Some(1),
            Some(Clock::Minutes) => Some(60),
            _ => None,
        };
        match unit.filter(|_| field != Field::DateOfBirth) {
            Some(unit) => cells.into_iter().map(|cell| clock_of(cell, unit)).collect(),
            None => cells,
        }
    }
}

/// `1796050800` or `1796050800000` as `2026-11-30T15:00:00Z`; anything else as it is.
fn instant_of_epoch(cell: Cow<'_, str>) -> Cow<'_, str> {
    let digits = cell.trim();
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<i64>().ok()).flatten();
    let instant = number.and_then(|number| match digits.len() {
        9..=10 => DateTime::from_timestamp(number, 0),
        12..=13 => DateTime::from_timestamp_millis(number),
        _ => None,
    });
    instant.map_or(cell, |at| Cow::Owned(at.to_rfc3339_opts(SecondsFormat::Secs, true)))
}

/// `30000` seconds, or `500` minutes, since midnight as `8:20:00`; anything else as it is. `unit`: seconds in one.
fn clock_of(cell: Cow<'_, str>, unit: u32) -> Cow<'_, str> {
    let digits = cell.trim();
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u32>().ok()).flatten();
    match number.and_then(|number| number.checked_mul(unit)).filter(|seconds| *seconds < 86_400) {
        Some(seconds) => Cow::Owned(format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)),
        None => cell,
    }
}

/// The feed's fixed location, if it has one.
pub(super) fn fixed_location(feed: &Feed) -> Option<&str> {
    match &feed.location {
        Some(LocationWords::Fixed(id)) => Some(id),
        _ => None,
    }
}
