//! The first pass over a file: decides for whole columns what no single cell can show, in constant memory.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;

use chrono::NaiveDate;

use crate::config::feeds::{DateOrder, Feed, Field, NameOrder, TextEncoding};
use crate::domain::fold::fold;
use crate::feeds::formats::delimited::{Dialect, Encoding, Options, Reader};
use crate::feeds::formats::{FormatError, Limits, RawRow, Row};
use crate::feeds::mapping::binding::{Binding, MissingColumn, wanted};
use crate::feeds::mapping::dates::{DateRules, Question, scan_cells};
use crate::feeds::mapping::moment::{Century, ColumnVote, Decision};
use crate::feeds::mapping::{cells, names};

/// The fields that hold dates.
pub(super) const DATES: [Field; 4] = [Field::StartsAt, Field::EndsAt, Field::DateOfBirth, Field::BookedAt];

/// Why a file cannot be mapped at all: none of it is used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// The file cannot be read.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The file lacks columns that the feed names.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    MissingColumns(Vec<MissingColumn>),
    /// The order of day and month, or AM and PM, is undecided.
    #[error("{column}: {}", describe(.question))]
    Open {
        /// The column.
        column: String,
        /// What is undecided.
        question: Question,
    },
    /// One id has two start times, so the column does not hold appointment ids.
    #[error(
        "{column} is not an appointment id: lines {first} and {second} have the same value but different start times"
    )]
    NotAnId {
        /// The column.
        column: String,
        /// The first line.
        first: u64,
        /// Another line with the same id and another start.
        second: u64,
    },
}

/// Describes a question in words and says how to answer it.
pub fn describe(question: &Question) -> String {
    match question {
        Question::Order(Decision::Contradiction(sides)) => {
            let sides: Vec<String> = sides
                .iter()
                .map(|(order, evidence)| {
                    format!("{} cells can only be {} (\"{}\" in line {})", evidence.cells, order.name(), evidence.text, evidence.line)
                })
                .collect();
            format!("the dates contradict each other: {}; set dates = \"...\" to the correct order", sides.join(", "))
        }
        Question::Order(Decision::Settled(order, evidence)) => format!(
            "the dates are {} (\"{}\" in line {}), but `dates` is set to a different order",
            order.name(),
            evidence.text,
            evidence.line
        ),
        Question::Order(Decision::Open(orders)) => {
            let names: Vec<String> = orders.iter().map(|order| format!("\"{}\"", order.name())).collect();
            format!("every date can be read in more than one way; set dates = {}", names.join(" or "))
        }
        Question::Order(Decision::NotNeeded) => "the order of day and month is undecided".to_owned(),
        Question::Halves => "times such as 1:30 have no AM or PM, and no time is later than 12:59; set times = \"office-hours\" if 1:30 is in the afternoon, or times = \"24-hour\" if it is at night".to_owned(),
        Question::Serials => "most dates are plain numbers; set dates = \"serial\" if these are spreadsheet dates".to_owned(),
    }
}

/// What the first pass found.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The file's format.
    pub dialect: Dialect,
    /// Which columns of the file the feed uses.
    pub binding: Binding,
    /// The rules for each date column.
    pub dates: BTreeMap<Field, DateRules>,
    /// What is undecided in optional columns: cells that depend on it are left out.
    pub open: BTreeMap<Field, Question>,
    /// The order of whole names.
    pub name_order: names::Order,
    /// Data rows.
    pub rows: u64,
    /// Rows that cannot be read.
    pub broken: u64,
}

/// The file format that a feed's settings describe.
pub fn options(feed: &Feed) -> Options {
    let settings = &feed.settings;
    let usual = Limits::default();
    Options {
        encoding: settings.encoding.map(|encoding| match encoding {
            TextEncoding::Utf8 => Encoding::Utf8,
            TextEncoding::Utf16Le => Encoding::Utf16Le,
            TextEncoding::Utf16Be => Encoding::Utf16Be,
            TextEncoding::Windows1252 => Encoding::Windows1252,
            TextEncoding::Macintosh => Encoding::Macintosh,
            TextEncoding::Ibm850 => Encoding::Ibm850,
        }),
        delimiter: settings.delimiter,
        header: settings.header,
        width: settings.width,
        wanted: wanted(feed),
        fill: settings.fill.iter().map(|name| fold(name)).collect(),
        exact: feed.database().is_some() || feed.is_converted(),
        limits: Limits {
            max_file: settings.max_file.unwrap_or(usual.max_file),
            max_rows: settings.max_rows.unwrap_or(usual.max_rows),
        },
    }
}

/// Reads a file to the end and decides what applies to whole columns.
pub fn survey<R: Read>(source: R, feed: &Feed, today: NaiveDate) -> Result<Survey, MappingError> {
    survey_as(source, feed, today, false)
}

/// The same. `strictly`: an id that two patients have is none either, as the number of a group's booking.
pub(crate) fn survey_as<R: Read>(
    source: R,
    feed: &Feed,
    today: NaiveDate,
    strictly: bool,
) -> Result<Survey, MappingError> {
    let mut reader = Reader::open(source, &options(feed))?;
    let binding = Binding::new(feed, &reader.dialect().names).map_err(MappingError::MissingColumns)?;
    let pattern = match &feed.settings.dates {
        Some(DateOrder::Pattern(pattern)) => Some(pattern.as_str()),
        _ => None,
    };
    let fields: Vec<Field> = DATES.into_iter().filter(|field| feed.columns.get(*field).is_some()).collect();
    let mut votes: BTreeMap<Field, ColumnVote> =
        fields.iter().map(|field| (*field, ColumnVote::new(today, *field == Field::DateOfBirth))).collect();
    let mut ids = Ids::default();
    let (mut rows, mut broken) = (0, 0);
    // Whole names without a comma, and the ones of these that begin in capitals.
    let (mut whole, mut capitals) = (0_u64, 0_u64);
    while let Some(row) = reader.next()? {
        rows += 1;
        let row = match row {
            Row::Cells(row) => row,
            Row::Broken(_) => {
                broken += 1;
                continue;
            }
        };
        if !is_of_interest(&binding, row) {
            continue;
        }
        if let Some(begins) = binding.text(row, feed, Field::Name).and_then(|name| names::begins_in_capitals(&name)) {
            whole += 1;
            capitals += u64::from(begins);
        }
        for field in &fields {
            let cells = binding.moments(row, feed, *field);
            let own_pattern = pattern.filter(|_| *field == Field::StartsAt);
            if let (Ok(moment), Some(vote)) = (scan_cells(&cells, own_pattern), votes.get_mut(field)) {
                vote.add(row.line, &cells.join(" "), &moment);
                if *field == Field::StartsAt {
                    let id = binding.text(row, feed, Field::Id).unwrap_or_default();
                    let of_patient = [Field::Name, Field::FirstName, Field::LastName].into_iter().filter(|_| strictly);
                    let names = of_patient.filter_map(|field| binding.text(row, feed, field));
                    let told_apart: Vec<_> = cells.into_iter().chain(names).collect();
                    ids.add(row.line, cells::id(&id), &told_apart.join(" "));
                }
            }
        }
    }
    let encoding = reader.encoding()?;
    let dialect = Dialect { encoding, ..reader.dialect().clone() };
    // The ids of other formats are ids; two rows that contradict each other are refused one by one.
    if let Some((first, second)) = ids.with_two_starts().filter(|_| !feed.is_converted()) {
        let column = binding.label(Field::Id);
        return Err(MappingError::NotAnId { column, first, second });
    }
    let (mut dates, mut open) = (BTreeMap::new(), BTreeMap::new());
    for (field, vote) in &votes {
        let century = if *field == Field::DateOfBirth { Century::NotAfter(today) } else { Century::Nearest(today) };
        // A pattern describes the start column only; the other columns are worked out on their own.
        let configured = feed.settings.dates.as_ref().filter(|order| {
            *field == Field::StartsAt || !matches!(order, DateOrder::Pattern(_) | DateOrder::Serial | DateOrder::Epoch)
        });
        match DateRules::new(vote, configured, (feed.settings.times, feed.settings.years), century) {
            Ok(rules) => {
                dates.insert(*field, rules);
            }
            Err((question, _)) if *field == Field::StartsAt => {
                return Err(MappingError::Open { column: binding.label(*field), question });
            }
            Err((question, rules)) => {
                dates.insert(*field, *rules);
                open.insert(*field, question);
            }
        }
    }
    let name_order = match feed.settings.names {
        Some(NameOrder::FirstLast) => names::Order::FirstLast,
        Some(NameOrder::LastFirst) => names::Order::LastFirst,
        None if capitals > 1 && capitals * 10 >= whole * 6 => names::Order::Capitals,
        None => names::Order::FirstLast,
    };
    Ok(Survey { dialect, binding, dates, open, name_order, rows, broken })
}

/// Whether the feed's `only` setting accepts a row.
pub(super) fn is_of_interest(binding: &Binding, row: &RawRow) -> bool {
    binding.only.iter().all(|(at, words)| words.contains(&fold(row.cell(*at))))
}

/// Ids with their start times, as hashes: 24 bytes a row.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    seen: Vec<(u64, u64, u64)>,
}

impl Ids {
    pub(crate) fn add(&mut self, line: u64, id: Option<&str>, start: &str) {
        let hash = |text: &str| {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            hasher.finish()
        };
        if let Some(id) = id {
            self.seen.push((hash(id), hash(&fold(start)), line));
        }
    }

    /// The lines of two rows with the same id and different start times.
    pub(crate) fn with_two_starts(&mut self) -> Option<(u64, u64)> {
        self.seen.sort_unstable();
        self.seen
            .windows(2)
            .find(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1)
            .map(|pair| (pair[0].2.min(pair[1].2), pair[0].2.max(pair[1].2)))
    }
}
