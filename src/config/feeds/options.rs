//! Reads the simple settings of a feed: how its files are written, what a missing row means, limits.

use std::time::Duration;

use super::columns::column;
use crate::config::toml_reader::{Faults, Section, Value, duration, fault, list, one_of, text, text_as, whole_number};
use crate::config::values::zones::Zones;
use crate::domain::fold::fold;
use crate::domain::zone::Zone;

/// The order of the parts of a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DateOrder {
    /// 3/10/2026 is March 10.
    MonthFirst,
    /// 10/3/2026 is March 10.
    DayFirst,
    /// 26-03-10 is March 10.
    YearFirst,
    /// Every date is a spreadsheet serial number.
    Serial,
    /// Every date and time is a number of seconds or milliseconds since 1970 in UTC.
    Epoch,
    /// As a pattern says (`%d-%b-%y`).
    Pattern(String),
}

/// How times without AM or PM are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// 1:30 is at night.
    TwentyFour,
    /// 1:30 is in the afternoon: 1:00 to 6:59 are PM, the others as written.
    OfficeHours,
    /// A number of seconds since midnight: 30000 is 8:20 AM.
    Seconds,
    /// A number of minutes since midnight: 500 is 8:20 AM.
    Minutes,
}

/// Which name comes first in a cell with a whole name and no comma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameOrder {
    /// `Maria Rossi`.
    FirstLast,
    /// `Rossi Maria`.
    LastFirst,
}

/// What happens to appointments that a file no longer lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// Nothing: files only add and change appointments.
    #[default]
    Keep,
    /// Every file is the complete list for the dates it covers, so they are cancelled.
    Cancel,
}

/// Which to trust when an offset is not the zone's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offsets {
    /// The offset is correct.
    Trust,
    /// The clock time is correct.
    Ignore,
}

/// The zone of times without an offset.
#[derive(Debug, Clone, PartialEq)]
pub enum ZoneSource {
    /// One zone for all rows.
    Named(Zone),
    /// A column names it.
    Column(String),
}

/// Which rows to read: those with one of these words in the column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Only {
    /// The column.
    pub column: String,
    /// Folded words.
    pub words: Vec<String>,
}

/// The supported encodings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextEncoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Windows-1252.
    Windows1252,
    /// Mac OS Roman.
    Macintosh,
    /// DOS code page 850.
    Ibm850,
}

/// What a date without a year means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Years {
    /// The next such day within nine months, or one of the last 60 days.
    Next,
}

/// The simple settings; `None` = not given.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Patterns for the names of this feed's files.
    pub files: Vec<String>,
    /// The zone.
    pub timezone: Option<ZoneSource>,
    /// The order of whole names.
    pub names: Option<NameOrder>,
    /// The order of dates.
    pub dates: Option<DateOrder>,
    /// Times without AM and PM.
    pub times: Option<Clock>,
    /// Dates without a year.
    pub years: Option<Years>,
    /// The encoding.
    pub encoding: Option<TextEncoding>,
    /// The delimiter.
    pub delimiter: Option<u8>,
    /// The line number of the header; 0: there is none, and columns are named by their numbers.
    pub header: Option<u64>,
    /// The number of columns; needed for a file without a header.
    pub width: Option<usize>,
    /// Columns whose blank cells repeat the cell above them.
    pub fill: Vec<String>,
    /// The sheet of a spreadsheet.
    pub sheet: Option<String>,
    /// Which rows to read; all conditions must be met.
    pub only: Vec<Only>,
    /// What a missing row means.
    pub missing: Option<Missing>,
    /// How many days from today a file covers.
    pub covers: Option<Duration>,
    /// The percentage of a location's upcoming appointments that may be missing.
    pub max_missing: Option<u32>,
    /// The percentage that may move or be cancelled at once.
    pub max_changed: Option<u32>,
    /// Sending is held when the last good import is older than this.
    pub stale_after: Option<Duration>,
    /// How to treat offsets that are not the zone's.
    pub offsets: Option<Offsets>,
    /// The largest file that is read, in bytes.
    pub max_file: Option<u64>,
    /// The most rows that are read.
    pub max_rows: Option<u64>,
    /// A prefix for the ids of appointments and patients.
    pub id_prefix: Option<String>,
}

impl Settings {
    pub(super) fn or(self, preset: Settings) -> Settings {
        Settings {
            files: if self.files.is_empty() { preset.files } else { self.files },
            timezone: self.timezone.or(preset.timezone),
            names: self.names.or(preset.names),
            dates: self.dates.or(preset.dates),
            times: self.times.or(preset.times),
            years: self.years.or(preset.years),
            encoding: self.encoding.or(preset.encoding),
            delimiter: self.delimiter.or(preset.delimiter),
            header: self.header.or(preset.header),
            width: self.width.or(preset.width),
            fill: if self.fill.is_empty() { preset.fill } else { self.fill },
            sheet: self.sheet.or(preset.sheet),
            only: if self.only.is_empty() { preset.only } else { self.only },
            missing: self.missing.or(preset.missing),
            covers: self.covers.or(preset.covers),
            max_missing: self.max_missing.or(preset.max_missing),
            max_changed: self.max_changed.or(preset.max_changed),
            stale_after: self.stale_after.or(preset.stale_after),
            offsets: self.offsets.or(preset.offsets),
            max_file: self.max_file.or(preset.max_file),
            max_rows: self.max_rows.or(preset.max_rows),
            id_prefix: self.id_prefix.or(preset.id_prefix),
        }
    }

    /// Whether a file with this name belongs to this feed. Without patterns, every file does.
    pub fn takes_file(&self, name: &str) -> bool {
        self.files.is_empty() || self.files.iter().any(|pattern| matches(pattern, name))
    }
}

/// Whether a name matches a pattern with `*` and `?`, ignoring case.
fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, n) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

pub(super) fn read(section: &mut Section<'_, '_, '_>, zones: &Zones) -> Settings {
    let names = [("first-last", NameOrder::FirstLast), ("last-first", NameOrder::LastFirst)];
    let missing = [("keep", Missing::Keep), ("cancel", Missing::Cancel)];
    let offsets = [("trust", Offsets::Trust), ("ignore", Offsets::Ignore)];
    let times = [
        ("24-hour", Clock::TwentyFour),
        ("office-hours", Clock::OfficeHours),
        ("seconds", Clock::Seconds),
        ("minutes", Clock::Minutes),
    ];
    Settings {
        files: section.optional("files", one_or_more).unwrap_or_default(),
        timezone: section.optional("timezone", |value| zone(value, zones)),
        names: section.optional("names", |value| one_of(value, &names)),
        dates: section.optional("dates", |value| text_as(value, dates)),
        times: section.optional("times", |value| one_of(value, &times)),
        years: section.optional("years", |value| one_of(value, &[("next", Years::Next)])),
        encoding: section.optional("encoding", encoding),
        delimiter: section.optional("delimiter", |value| text_as(value, delimiter)),
        header: section.optional("header", |value| whole_number(value, 0..=1000)).map(u64::from),
        width: section.optional("width", |value| whole_number(value, 1..=4096)).map(|width| width as usize),
        fill: section.optional("fill", one_or_more).unwrap_or_default(),
        sheet: section.optional("sheet", text),
        only: section.optional("only", only).unwrap_or_default(),
        missing: section.optional("missing", |value| one_of(value, &missing)),
        covers: section.optional("covers", |value| duration(value, 86_400..=3 * 366 * 86_400)),
        max_missing: section.optional("max_missing", percent),
        max_changed: section.optional("max_changed", percent),
        stale_after: section.optional("stale_after", |value| duration(value, 3600..=30 * 86_400)),
        offsets: section.optional("offsets", |value| one_of(value, &offsets)),
        max_file: section.optional("max_file", |value| text_as(value, size)),
        max_rows: section.optional("max_rows", |value| whole_number(value, 1..=100_000_000)).map(u64::from),
        id_prefix: section.optional("id_prefix", |value| text_as(value, id_prefix)),
    }
}

fn one_or_more(value: &Value<'_>) -> Result<Vec<String>, Faults> {
    if value.get_ref().is_array() { list(value, text) } else { text(value).map(|one| vec![one]) }
}

fn zone(value: &Value<'_>, zones: &Zones) -> Result<ZoneSource, Faults> {
    match value.get_ref().as_table() {
        Some(table) => match table.get("column") {
            Some(name) if table.len() == 1 => column(name).map(ZoneSource::Column),
            _ => fault("write \"America/Denver\" or { column = \"Timezone\" }"),
        },
        None => text_as(value, |name| zones.load(name)).map(ZoneSource::Named),
    }
}

fn dates(text: &str) -> Result<DateOrder, String> {
    let open =
        "write \"month-first\" (3/10 is March 10), \"day-first\", \"year-first\", or a pattern such as \"%d-%b-%y\"";
    match text {
        "month-first" => Ok(DateOrder::MonthFirst),
        "day-first" => Ok(DateOrder::DayFirst),
        "year-first" => Ok(DateOrder::YearFirst),
        "serial" => Ok(DateOrder::Serial),
        "epoch" => Ok(DateOrder::Epoch),
        "?" => Err(format!("the order of day and month is still undecided; {open}")),
        pattern if pattern.contains('%') => {
            let items: Vec<_> = chrono::format::StrftimeItems::new(pattern).collect();
            let faulty = items.iter().any(|item| matches!(item, chrono::format::Item::Error));
            if faulty {
                Err(format!("`{pattern}` is not a valid date pattern; {open}"))
            } else {
                Ok(DateOrder::Pattern(pattern.to_owned()))
            }
        }
        other => Err(format!("\"{other}\" is not a valid date order; {open}")),
    }
}

fn encoding(value: &Value<'_>) -> Result<TextEncoding, Faults> {
    let names = [
        ("utf-8", TextEncoding::Utf8),
        ("utf-16le", TextEncoding::Utf16Le),
        ("utf-16be", TextEncoding::Utf16Be),
        ("windows-1252", TextEncoding::Windows1252),
        ("iso-8859-1", TextEncoding::Windows1252),
        ("macintosh", TextEncoding::Macintosh),
        ("ibm850", TextEncoding::Ibm850),
    ];
    one_of(value, &names)
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "," | "comma" => Ok(b','),
        ";" | "semicolon" => Ok(b';'),
        "\t" | "tab" => Ok(b'\t'),
        "|" => Ok(b'|'),
        _ => Err("write \",\", \";\", \"tab\" or \"|\"".to_owned()),
    }
}

fn only(value: &Value<'_>) -> Result<Vec<Only>, Faults> {
    let one = |value: &Value<'_>| {
        let mut diagnostics = Vec::new();
        let mut section = Section::new("`only`", value.get_ref().as_table(), value.span(), &mut diagnostics);
        let name = section.required("column", "\"Message Type\"", column);
        let words = section.required("words", "[\"REMINDER\"]", |value| list(value, text));
        section.finish();
        match (name, words) {
            (Some(column), Some(words)) if diagnostics.is_empty() => {
                Ok(Only { column, words: words.iter().map(|word| fold(word)).collect() })
            }
            _ => Err(diagnostics.into_iter().map(|diagnostic| (Some(diagnostic.span), diagnostic.message)).collect()),
        }
    };
    if value.get_ref().is_array() { list(value, one) } else { one(value).map(|only| vec![only]) }
}

/// `"20%"`.
fn percent(value: &Value<'_>) -> Result<u32, Faults> {
    text_as(value, |text| {
        let number = text.strip_suffix('%').map(str::trim).and_then(|digits| digits.parse::<u32>().ok());
        let wrong = || format!("`{text}` is not a percentage; write a value from \"1%\" to \"100%\"");
        number.filter(|number| (1..=100).contains(number)).ok_or_else(wrong)
    })
}

/// `"64 MiB"`.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not a size; write, for example, \"64 MiB\" or \"1 GiB\"");
    let (number, unit) = text.trim().split_at(text.trim().find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "kib" | "kb" => 1 << 10,
        "mib" | "mb" => 1 << 20,
        "gib" | "gb" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).filter(|n| *n > 0).ok_or_else(wrong)
}

fn id_prefix(text: &str) -> Result<String, String> {
    let good = (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if good {
        Ok(text.to_owned())
    } else {
        Err("write up to 40 letters, digits and hyphens, such as \"north-\"".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_name_patterns_match_as_expected() {
        for (pattern, name, want) in [
            ("appts-*.csv", "appts-2026-03-10.csv", true),
            ("appts-*.csv", "Appts-.CSV", true),
            ("appts-?.csv", "appts-12.csv", false),
            ("*", "", true),
            ("*a*b*", "xaybz", true),
            ("*.csv", "a.csv.bak", false),
        ] {
            assert_eq!(matches(pattern, name), want, "{pattern} {name}");
        }
        assert_eq!(size("64 MiB"), Ok(64 << 20));
        assert!(size("64").is_err());
    }
}
