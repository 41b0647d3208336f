//! Decides what each column is: by its header, and only if its cells agree; by its cells if there is no header.

mod ids;
mod people;
mod rest;
mod times;
mod unnamed;

use std::collections::BTreeMap;

use crate::config::feeds::Field;
use crate::feeds::suggest::profile::{Column, Profile};
use crate::feeds::suggest::words::{Word, meanings};

/// The name before the first dash that has blanks around it, or the whole cell.
pub(super) const BEFORE_DASH: &str = r"^(?<name>.+?)(\s[-–—]\s.*)?$";
/// The name after the last such dash, or the whole cell.
pub(super) const AFTER_DASH: &str = r"^(.*\s[-–—]\s)?(?<name>.+)$";

/// The source of a field, as it will be written in the block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Column(usize),
    Joined(Vec<usize>),
    FirstOf(Vec<usize>),
    Marks(usize),
    /// The phone number in a text about other things too.
    InText(usize),
    /// The part before a dash.
    BeforeDash(usize),
    /// The part after a dash.
    AfterDash(usize),
}

impl Source {
    pub(super) fn columns(&self) -> Vec<usize> {
        match self {
            Source::Column(at)
            | Source::Marks(at)
            | Source::InText(at)
            | Source::BeforeDash(at)
            | Source::AfterDash(at) => vec![*at],
            Source::Joined(columns) | Source::FirstOf(columns) => columns.clone(),
        }
    }
}

/// What plain numbers in a column of times count, since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeNumbers {
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Minutes, or they are hours and minutes without a colon: 600 is 10:00 or 6:00.
    MinutesOrClock,
}

/// The roles of the columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Roles {
    pub(super) sources: BTreeMap<Field, Source>,
    /// Candidates for the id, best first; each must still prove to hold ids.
    pub(super) ids: Vec<usize>,
    /// Columns other than the status that mean confirmed, cancelled or no-show.
    pub(super) confirmation: Vec<usize>,
    pub(super) cancelled: Vec<usize>,
    pub(super) no_show: Vec<usize>,
    /// Flags for patients who came.
    pub(super) arrived: Vec<usize>,
    /// Flags for rows that are no appointments.
    pub(super) blocked: Vec<usize>,
    /// Columns that say no for what is no longer an appointment.
    pub(super) active: Vec<usize>,
    /// Columns with other names that show some appointments as cancelled.
    pub(super) beside: Vec<usize>,
    /// Whether the consent column shows who opted out.
    pub(super) opts_out: bool,
    /// Whether it is not known what yes means in the consent column.
    pub(super) consent_open: bool,
    pub(super) zone: Option<usize>,
    /// What the numbers in the column with the time of day may count.
    pub(super) time_numbers: Option<TimeNumbers>,
    /// Whether the start counts seconds or milliseconds since 1970.
    pub(super) epoch: bool,
    /// Columns that may hold the time of day that goes with the date: none or several, so one must be chosen.
    pub(super) open_time: Option<Vec<usize>>,
    /// A column of first names or of whole names, beside one of last names.
    pub(super) first_or_whole: Option<usize>,
    /// A column that may have the names patients go by.
    pub(super) may_be_gone_by: Option<usize>,
    /// The column that was chosen as the start, if its cells are no dates.
    pub(super) unreadable_start: Option<usize>,
    /// Columns of phone numbers that are somebody else's, by their headers.
    pub(super) others_phones: Vec<usize>,
    /// Columns with the phone number of an adult who answers for a patient, for patients who have none themselves.
    pub(super) guardians: Vec<usize>,
    /// Fields for which several columns fit equally well, so one must be chosen.
    pub(super) several: BTreeMap<Field, Vec<usize>>,
    /// Remarks about columns that were seen but not used.
    pub(super) remarks: Vec<String>,
}

impl Roles {
    /// The columns beside the status that say something about it.
    pub(super) fn flags(&self) -> [&[usize]; 7] {
        [&self.confirmation, &self.cancelled, &self.no_show, &self.arrived, &self.blocked, &self.active, &self.beside]
    }
}

/// A column with the meanings of its header.
struct Named<'p> {
    at: usize,
    column: &'p Column,
    words: Vec<Option<Word>>,
}

impl Named<'_> {
    fn has(&self, word: Word) -> bool {
        self.words.contains(&Some(word))
    }

    fn any(&self, words: &[Word]) -> bool {
        words.iter().any(|word| self.has(*word))
    }

    /// Whether the known words of its header are only these.
    fn only(&self, words: &[Word]) -> bool {
        self.words.iter().flatten().all(|word| words.contains(word) || *word == Word::Filler)
    }

    /// Whether every word of its header is known, or a number.
    fn is_known(&self) -> bool {
        let header = self.column.name.to_lowercase();
        let numbers = header
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()));
        self.words.iter().filter(|word| word.is_none()).count() <= numbers.count()
    }

    /// Whether every word of its header is known.
    fn is_plain(&self) -> bool {
        self.words.iter().all(Option::is_some)
    }
}

/// Words in the headers of a veterinary practice.
const ANIMALS: [&str; 6] = ["pet", "pets", "species", "breed", "animal", "mascota"];

fn words_of(header: &str) -> impl Iterator<Item = &str> {
    header.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The header as it is understood: beside columns about animals, a parent, guardian or owner is the client.
fn of_animals(header: &str, animals: bool) -> String {
    let person = |word: &str| matches!(word.to_lowercase().as_str(), "parent" | "guardian" | "owner");
    if !animals || !words_of(header).any(person) {
        return header.to_owned();
    }
    let words = words_of(header).filter(|word| !ANIMALS.contains(&word.to_lowercase().as_str()));
    words.map(|word| if person(word) { "client" } else { word }).collect::<Vec<_>>().join(" ")
}

/// Whether a header names a birth date.
pub(super) fn is_birth(header: &str) -> bool {
    meanings(header).contains(&Some(Word::Birth))
}

/// Finds the role of each column. `chosen` holds answers: the column each field is taken from.
pub(super) fn find(profile: &Profile, chosen: &BTreeMap<Field, usize>, chosen_time: Option<usize>) -> Roles {
    let animals =
        profile.columns.iter().any(|column| words_of(&column.name.to_lowercase()).any(|word| ANIMALS.contains(&word)));
    let columns: Vec<Named<'_>> = profile
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| Named { at, column, words: meanings(&of_animals(&column.name, animals)) })
        .collect();
    let mut finder = Finder { profile, columns, chosen, chosen_time, roles: Roles::default() };
    if profile.dialect.header_line == 0 {
        return finder.unnamed();
    }
    finder.start();
    finder.end();
    finder.length();
    finder.names();
    finder.phone();
    finder.guardians();
    finder.ids();
    finder.status();
    finder.others();
    finder.preferred_names();
    finder.roles
}

struct Finder<'p> {
    profile: &'p Profile,
    columns: Vec<Named<'p>>,
    chosen: &'p BTreeMap<Field, usize>,
    chosen_time: Option<usize>,
    roles: Roles,
}

impl Finder<'_> {
    /// The column with the highest score; a tie leaves the field undecided.
    fn best(&mut self, field: Field, score: impl Fn(&Named<'_>) -> u32) -> Option<usize> {
        if let Some(at) = self.chosen.get(&field) {
            return Some(*at);
        }
        let scored: Vec<(u32, usize)> = self.columns.iter().map(|c| (score(c), c.at)).filter(|(s, _)| *s > 0).collect();
        let most = scored.iter().map(|(score, _)| *score).max()?;
        let best: Vec<usize> = scored.iter().filter(|(score, _)| *score == most).map(|(_, at)| *at).collect();
        match best.as_slice() {
            [one] => Some(*one),
            _ => {
                self.roles.several.insert(field, best);
                None
            }
        }
    }

    fn put(&mut self, field: Field, source: Option<Source>) {
        if let Some(source) = source {
            self.roles.sources.insert(field, source);
        }
    }

    fn is_used(&self, at: usize) -> bool {
        self.roles.sources.values().any(|source| source.columns().contains(&at))
    }
}
