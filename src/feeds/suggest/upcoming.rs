//! Counts, for each status word, its rows and the ones after today: a word such as `Show` may be the default of every
//! upcoming appointment.

use std::collections::BTreeMap;
use std::io::Read;

use chrono::NaiveDate;

use crate::config::feeds::{Feed, Field, StatusMeaning};
use crate::domain::fold::fold;
use crate::feeds::formats::delimited::Reader;
use crate::feeds::formats::{FormatError, Row};
use crate::feeds::mapping::moment::{Century, DateText, Order, unwrapped};
use crate::feeds::mapping::{Binding, MappingError, Survey, is_kept_free, options, scan_cells};

/// The rows of one status word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rows {
    /// All rows that may be appointments.
    pub(super) all: u64,
    /// The ones that start after today.
    pub(super) after: u64,
    /// The line of the first.
    pub(super) first: u64,
}

/// The rows of each folded status word.
#[derive(Debug, Clone, Default)]
pub(super) struct Upcoming {
    words: BTreeMap<String, Rows>,
    after: u64,
    /// Rows that may be appointments and do not say whether the patient agrees to texts.
    pub(super) blank_consents: u64,
}

impl Upcoming {
    /// Counts the rows of a file. As long as the order of day and month is open, a date counts as later if any order makes
    /// it so.
    pub(super) fn count<R: Read>(
        source: R,
        feed: &Feed,
        surveyed: &Result<Survey, MappingError>,
        today: NaiveDate,
    ) -> Result<Upcoming, FormatError> {
        let mut found = Upcoming::default();
        let mut reader = Reader::open(source, &options(feed))?;
        let Ok(binding) = Binding::new(feed, &reader.dialect().names) else { return Ok(found) };
        let rules = surveyed.as_ref().ok().and_then(|survey| survey.dates.get(&Field::StartsAt));
        while let Some(row) = reader.next()? {
            let Row::Cells(row) = row else { continue };
            if row.len() < binding.needed || is_kept_free(&binding, feed, row) {
                continue;
            }
            let cells = binding.moments(row, feed, Field::StartsAt);
            let later = match rules {
                Some(rules) => rules.read(&cells).is_ok_and(|reading| reading.date > today),
                None => {
                    scan_cells(&cells, None).ok().and_then(|m| m.date).is_some_and(|date| may_be_after(date, today))
                }
            };
            let word = binding.text(row, feed, Field::Status).map(|cell| fold(unwrapped(&cell))).unwrap_or_default();
            let rows = found.words.entry(word).or_insert_with(|| Rows { first: row.line, ..Rows::default() });
            rows.all += 1;
            rows.after += u64::from(later);
            found.after += u64::from(later);
            let consent = binding.text(row, feed, Field::Consent);
            found.blank_consents += u64::from(consent.is_some_and(|cell| unwrapped(&cell).is_empty()));
        }
        Ok(found)
    }

    /// The same without dates, which were read from a column that may not be the start.
    pub(super) fn undated(mut self) -> Upcoming {
        self.after = 0;
        self.words.values_mut().for_each(|rows| rows.after = 0);
        self
    }

    /// The rows of a folded word that may be appointments.
    pub(super) fn rows(&self, word: &str) -> Rows {
        self.words.get(word).copied().unwrap_or_default()
    }

    /// Whether nothing was counted.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether the meaning that a word usually has does not fit its rows: visits to come that are over, or a whole schedule
    /// that is cancelled or not on the book.
    pub(super) fn contradicts(&self, word: &str, meaning: StatusMeaning) -> bool {
        const MANY: u64 = 5;
        match meaning {
            StatusMeaning::Booked | StatusMeaning::Confirmed => false,
            StatusMeaning::Completed | StatusMeaning::NoShow => self.is_usual(word) || self.is_ahead(word),
            StatusMeaning::Cancelled | StatusMeaning::Ignored => self.after >= MANY && self.is_usual(word),
        }
    }

    /// Whether a word stands on most of the rows after today.
    fn is_usual(&self, word: &str) -> bool {
        self.rows(word).after * 2 > self.after
    }

    /// Whether most of its own rows are after today, and they are a good part of the rows after today: a few may be slips.
    fn is_ahead(&self, word: &str) -> bool {
        let rows = self.rows(word);
        rows.after * 2 > rows.all && rows.after * 3 > self.after
    }
}

/// Whether a date is after today; as long as the order of day and month is open, whether it is in any order.
pub(super) fn may_be_after(date: DateText, today: NaiveDate) -> bool {
    let reading = |order| date.date(order, Century::Nearest(today)).is_ok_and(|date| date > today);
    reading(None) || Order::ALL.into_iter().any(|order| reading(Some(order)))
}
