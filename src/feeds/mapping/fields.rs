//! The optional cells of a row: a bad cell is left out, but the row is kept.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, TimeDelta};

use super::mapper::Mapper;
use super::report::{Cost, Reason};
use super::{cells, names, phones, refusals, start};
use crate::config::feeds::{ColumnSource, Field, LocationWords};
use crate::domain::appointment::Consent;
use crate::domain::fold::{fold, is_invisible};
use crate::domain::ids::{one_line, utf16_len};
use crate::domain::language_words::{self, LanguageWord};
use crate::domain::phone;
use crate::domain::zone::Zone;
use crate::feeds::formats::RawRow;
use crate::feeds::mapping::is_no_answer;
use crate::feeds::mapping::moment::{MomentFault, scan};

/// The longest text other than a name that Annie accepts about an appointment.
const LONGEST: usize = 500;
/// No patient is older than this, in years.
const OLDEST: i32 = 120;

fn names_a_date(cell: &str) -> bool {
    scan(cell, false).is_ok_and(|moment| moment.date.is_some())
}

impl Mapper<'_> {
    /// A field's text; `None` if the feed does not have the field or the cell is blank.
    pub(super) fn text<'r>(&self, row: &'r RawRow, field: Field) -> Option<Cow<'r, str>> {
        self.survey.binding.text(row, self.feed, field).filter(|text| !text.is_empty())
    }

    /// First and last name: from their own columns; what those leave blank, from the column of whole names.
    pub(super) fn names(&mut self, row: &RawRow) -> (Option<String>, Option<String>) {
        let cell = |field| self.text(row, field).map_or(String::new(), |cell| self.only_name(cells::unwrapped(&cell)));
        let [first, last, whole] = [Field::FirstName, Field::LastName, Field::Name].map(cell);
        let (given, family) = self.clean_names(row, &first, &last);
        if whole.is_empty() || (given.is_some() && family.is_some()) {
            return (given, family);
        }
        // The whole cell is checked for damage, so that half of a damaged name is never kept.
        let (first, last) = match names::is_damaged(&whole) {
            true => (whole, String::new()),
            false => names::split(&whole, self.survey.name_order),
        };
        let (of_whole, family_of_whole) = self.clean_names(row, &first, &last);
        let family = family.or(family_of_whole);
        // "Peggy Abbott" in the column of the names that patients go by.
        let given = given.map(|given| names::without_last(&given, family.as_deref()).to_owned());
        (given.or(of_whole), family)
    }

    fn clean_names(&mut self, row: &RawRow, first: &str, last: &str) -> (Option<String>, Option<String>) {
        let given = self.clean_name(row, first, names::Part::First, Field::FirstName);
        let family = self.clean_name(row, last, names::Part::Last, Field::LastName);
        // Null is a real family name. It is an empty value if the program wrote the same for the first name and the id.
        let empty = names::is_null(first) && names::is_null(last) && self.own_patient_id(row).is_none();
        (given, family.filter(|_| !empty))
    }

    fn clean_name(&mut self, row: &RawRow, text: &str, part: names::Part, field: Field) -> Option<String> {
        let cleaned = names::clean(text, part);
        self.report.dropped_characters += cleaned.dropped as u64;
        if cleaned.unreadable {
            let field = if self.feed.columns.get(field).is_some() { field } else { Field::Name };
            let message = "is not a valid name or is damaged, so it was left out";
            self.complain(Cost::Cell, row.line, field, Some(text), message);
        }
        cleaned.name
    }

    /// A name cell without what it says of the visit or of texts.
    fn only_name(&self, cell: &str) -> String {
        let name = names::called_off(cell).unwrap_or(cell);
        refusals::in_name(name, self.context.country).unwrap_or_else(|| name.to_owned())
    }

    /// Whether the patient's name says that the visit is off.
    pub(super) fn is_called_off(&self, row: &RawRow) -> bool {
        [Field::Name, Field::FirstName, Field::LastName].into_iter().any(|field| {
            let cell = self.survey.binding.text(row, self.feed, field);
            cell.is_some_and(|cell| names::called_off(cells::unwrapped(&cell)).is_some())
        })
    }

    /// Any other text on one line.
    pub(super) fn plain(&mut self, row: &RawRow, field: Field) -> Option<String> {
        let cell = self.text(row, field)?;
        let text: String = one_line(cells::unwrapped(&cell)).chars().filter(|c| !is_invisible(*c)).collect();
        if text.is_empty() || cells::is_nothing(&text) {
            return None;
        }
        let length = utf16_len(&text);
        if text.contains('\u{fffd}') || length > LONGEST {
            let message = match length > LONGEST {
                true => format!("has {length} characters, more than the {LONGEST} allowed, so it was left out"),
                false => "contains unreadable characters, so it was left out".to_owned(),
            };
            self.complain(Cost::Cell, row.line, field, Some(&text), message);
            return None;
        }
        Some(text)
    }

    /// Reports that a column says that the patient wants no texts.
    pub(super) fn report_refusal(&mut self, line: u64, at: usize) {
        let column = self.survey.binding.name(at).to_owned();
        let message = "a cell says that the patient does not want texts".to_owned();
        self.report.add(Cost::Notice, line, Reason { column, field: None, value: None, message });
    }

    /// Reports a patient who may be texted, but has no first name.
    pub(super) fn report_no_name(&mut self, line: u64, is_nameless: bool) {
        if is_nameless {
            let reason = Reason::row(
                "the patient has no first name, so a text that uses it cannot be written; check the name columns of the feed",
            );
            self.report.add(Cost::Notice, line, reason);
        }
    }

    /// The number to text.
    pub(super) fn phone(&self, row: &RawRow) -> Option<String> {
        let cell = phones::number(&self.survey.binding, self.feed, row)?;
        Some(phone::only_mobile(&cell, self.context.country).map(str::to_owned).unwrap_or(cell))
    }

    /// The birth date, `YYYY-MM-DD`.
    pub(super) fn birth_date(&mut self, row: &RawRow) -> Option<String> {
        let cells = self.survey.binding.moments(row, self.feed, Field::DateOfBirth);
        let rules = self.survey.dates.get(&Field::DateOfBirth)?;
        let today = self.context.today;
        let found = rules.read(&cells).and_then(|reading| match reading.date {
            date if date > today || date < oldest(today) => Err(MomentFault::FarYear),
            date => Ok(date.format("%Y-%m-%d").to_string()),
        });
        match found {
            Ok(date) => Some(date),
            Err(MomentFault::Blank | MomentFault::Placeholder) => None,
            Err(_) if self.survey.open.contains_key(&Field::DateOfBirth) => {
                self.complain(
                    Cost::Cell,
                    row.line,
                    Field::DateOfBirth,
                    None,
                    "day and month cannot be told apart, so it was left out; set `dates` in the feed",
                );
                None
            }
            Err(fault) => {
                let text = cells.join(" ");
                let message = format!("{}, so it was left out", fault.describe());
                self.complain(Cost::Cell, row.line, Field::DateOfBirth, Some(&text), message);
                None
            }
        }
    }

    /// The end, from its own column, from a length of time, or from a time range in the start cell.
    pub(super) fn end(
        &mut self,
        row: &RawRow,
        began: DateTime<FixedOffset>,
        wall: NaiveDateTime,
        range: Option<chrono::NaiveTime>,
        zone: &Zone,
    ) -> Option<DateTime<FixedOffset>> {
        let ended = if self.feed.columns.get(Field::Minutes).is_some() {
            self.minutes(row).map(|minutes| began + TimeDelta::minutes(i64::from(minutes)))
        } else if self.feed.columns.get(Field::EndsAt).is_some() {
            self.end_column(row, wall, zone)
        } else {
            range.and_then(|end| start::instant(wall.date().and_time(end), None, zone, None).ok()).map(|(at, _)| at)
        };
        let ended = ended.map(|at| zone.local(at.to_utc()))?;
        let length = ended - began;
        if length < TimeDelta::zero() || length > TimeDelta::hours(24) {
            let field = if self.feed.columns.get(Field::Minutes).is_some() { Field::Minutes } else { Field::EndsAt };
            self.complain(
                Cost::Cell,
                row.line,
                field,
                None,
                "the end is before the start or more than 24 hours after it, so it was left out",
            );
            return None;
        }
        Some(ended)
    }

    fn minutes(&mut self, row: &RawRow) -> Option<u32> {
        let source = self.feed.columns.get(Field::Minutes)?;
        let cell = self.text(row, Field::Minutes)?;
        let minutes = match source {
            ColumnSource::Times { times, .. } => cells::minutes(&cell).and_then(|units| units.checked_mul(*times)),
            ColumnSource::Marks { each, .. } => cells::marks(&cell).and_then(|marks| marks.checked_mul(*each)),
            _ => cells::minutes(&cell),
        };
        if minutes.is_none_or(|minutes| minutes > 24 * 60) {
            self.complain(
                Cost::Cell,
                row.line,
                Field::Minutes,
                Some(&cell),
                "is not a length of time, so it was left out",
            );
            return None;
        }
        minutes.filter(|minutes| *minutes > 0)
    }

    fn end_column(&mut self, row: &RawRow, wall: NaiveDateTime, zone: &Zone) -> Option<DateTime<FixedOffset>> {
        let cells = self.survey.binding.moments(row, self.feed, Field::EndsAt);
        let rules = self.survey.dates.get(&Field::EndsAt)?;
        let moment = match super::scan_cells(&cells, None) {
            Ok(moment) => moment,
            Err(MomentFault::Blank) => return None,
            Err(fault) => {
                let message = format!("{}, so it was left out", fault.describe());
                self.complain(Cost::Cell, row.line, Field::EndsAt, Some(&cells.join(" ")), message);
                return None;
            }
        };
        let reading = match (moment.date, moment.time) {
            // A time without a date is on the day of the start.
            (None, Some(time)) => rules.clock_time(time).map(|time| (wall.date().and_time(time), moment.offset)),
            _ => rules.read(&cells).and_then(|reading| {
                let time = reading.time.ok_or(MomentFault::NoTime)?;
                Ok((reading.date.and_time(time), reading.offset))
            }),
        };
        match reading {
            Ok((wall, offset)) => start::instant(wall, offset, zone, self.feed.settings.offsets).ok().map(|(at, _)| at),
            Err(fault) => {
                let message = format!("{}, so it was left out", fault.describe());
                self.complain(Cost::Cell, row.line, Field::EndsAt, Some(&cells.join(" ")), message);
                None
            }
        }
    }

    /// When the appointment was booked; a date without a time is too vague to use.
    pub(super) fn booked_at(&mut self, row: &RawRow, zone: &Zone) -> Option<DateTime<FixedOffset>> {
        let cells = self.survey.binding.moments(row, self.feed, Field::BookedAt);
        let reading = self.survey.dates.get(&Field::BookedAt)?.read(&cells);
        match reading {
            Ok(reading) => {
                let wall = reading.date.and_time(reading.time?);
                start::instant(wall, reading.offset, zone, self.feed.settings.offsets).ok().map(|(at, _)| at)
            }
            Err(MomentFault::Blank | MomentFault::Placeholder) => None,
            Err(fault) => {
                let message = format!("{}, so it was left out", fault.describe());
                self.complain(Cost::Cell, row.line, Field::BookedAt, Some(&cells.join(" ")), message);
                None
            }
        }
    }

    /// The patient's language. An unknown word is reported and never silently read as English.
    pub(super) fn language(&mut self, row: &RawRow) -> Option<String> {
        let cell = self.text(row, Field::Language)?;
        if let Some(tag) = self.feed.language.get(&fold(&cell)) {
            // BCP 47's tag for a language that is not known.
            return Some(tag.clone()).filter(|tag| tag != "und");
        }
        match language_words::read(&cell) {
            LanguageWord::Tag(tag) => Some(tag),
            LanguageWord::Nothing => None,
            LanguageWord::Unknown => {
                let message = "is not a known language; add it to [feed.language], for example es = [\"S\"]";
                self.complain(Cost::Cell, row.line, Field::Language, Some(&cell), message);
                None
            }
        }
    }

    /// Whether the patient agreed to texts. A word that is not in any list counts as no. Of several columns, such as one for
    /// each phone number, a no in any counts.
    pub(super) fn consent(&mut self, row: &RawRow) -> Option<Consent> {
        match self.feed.columns.get(Field::Consent)? {
            ColumnSource::Joined(_) => {
                let cells = self.survey.binding.cells(row, Field::Consent);
                let said: Vec<Consent> =
                    cells.into_iter().filter_map(|cell| self.consent_of(row.line, cell.trim())).collect();
                let no = said.iter().find(|said| **said == Consent::No);
                no.or_else(|| said.first()).copied()
            }
            _ => {
                let cell = self.text(row, Field::Consent).unwrap_or_default();
                self.consent_of(row.line, &cell)
            }
        }
    }

    fn consent_of(&mut self, line: u64, cell: &str) -> Option<Consent> {
        let word = fold(cell);
        if let Some(meaning) = self.feed.consent.words.get(&word) {
            return *meaning;
        }
        match word.as_str() {
            // Where the office lists its words, a blank cell must be one of them.
            "" if !self.feed.consent.words.is_empty() => {
                let message = "the cell is blank, and \"\" is not listed in [feed.consent], so it counts as no";
                self.complain(Cost::Notice, line, Field::Consent, None, message);
                Some(Consent::No)
            }
            "" => None,
            "yes" | "y" | "true" | "si" | "sí" | "oui" | "ja" => Some(Consent::Yes),
            "no" | "n" | "false" | "non" | "nein" => Some(Consent::No),
            _ if self.feed.consent.words.contains_key("*") && is_no_answer(&word) => {
                self.feed.consent.words.get("").copied().unwrap_or(Some(Consent::No))
            }
            // "*" stands for a date; whatever else is there is no agreement.
            _ if let Some(meaning) = self.feed.consent.words.get("*")
                && (*meaning != Some(Consent::Yes) || names_a_date(cell)) =>
            {
                *meaning
            }
            _ => {
                let message = "is not listed in [feed.consent], so it counts as no";
                self.complain(Cost::Notice, line, Field::Consent, Some(cell), message);
                Some(Consent::No)
            }
        }
    }

    /// The office. A word that is not mapped is kept unchanged: nothing is sent for a location that is not configured.
    pub(super) fn location(&mut self, row: &RawRow) -> Option<String> {
        if let Some(fixed) = super::binding::fixed_location(self.feed) {
            return Some(fixed.to_owned()).filter(|id| !id.is_empty());
        }
        let words = match &self.feed.location {
            Some(LocationWords::ByWord(words)) => Some(words),
            _ => None,
        };
        self.feed.columns.get(Field::Location)?;
        let cell = self.text(row, Field::Location).unwrap_or_default();
        let word = fold(&cell);
        if let Some(id) = words.and_then(|words| words.get(&word)) {
            return Some(id.clone()).filter(|id| !id.is_empty());
        }
        if word.is_empty() {
            return None;
        }
        if let Some((id, _)) = self.context.locations.iter().find(|(id, _)| fold(id) == word) {
            return Some(id.clone());
        }
        let message = "is not a known location; add it to [feed.location], for example \"3\" = \"north\"";
        self.complain(Cost::Notice, row.line, Field::Location, Some(&cell), message);
        Some(one_line(&cell))
    }

    /// Reports a problem with a cell. Private values are shown only as their shape.
    pub(super) fn complain(
        &mut self,
        cost: Cost,
        line: u64,
        field: Field,
        value: Option<&str>,
        message: impl Into<String>,
    ) {
        let reason = self.reason(field, value, message);
        self.report.add(cost, line, reason);
    }

    /// The reason for a problem with a cell.
    pub(super) fn reason(&self, field: Field, value: Option<&str>, message: impl Into<String>) -> Reason {
        let shown = value.map(|value| if field.is_private() { cells::masked(value) } else { cells::shortened(value) });
        Reason { column: self.survey.binding.label(field), field: Some(field), value: shown, message: message.into() }
    }
}

fn oldest(today: NaiveDate) -> NaiveDate {
    use chrono::Datelike;
    NaiveDate::from_ymd_opt(today.year() - OLDEST, 1, 1).unwrap_or(NaiveDate::MIN)
}
