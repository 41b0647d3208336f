//! What became of the rows of a file: equal reasons are counted, with the first line and one example each.

use std::collections::BTreeMap;
use std::fmt;

use crate::config::feeds::Field;

/// Distinct reasons that are kept; further ones are counted together.
const MOST_REASONS: usize = 1000;

/// One reason: a column, what its cell says, and what was expected. Values of private columns are shapes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// The column as the file names it; "row" where it is the row.
    pub column: String,
    /// The field of ours.
    pub field: Option<Field>,
    /// The cell, masked if private; none where it says nothing more.
    pub value: Option<String>,
    /// What is wrong and what was expected.
    pub message: String,
}

impl Reason {
    /// The column of a reason about the row as a whole.
    const ROW: &'static str = "row";

    /// A reason about the row as a whole.
    pub fn row(message: impl Into<String>) -> Reason {
        Reason { column: Reason::ROW.to_owned(), field: None, value: None, message: message.into() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.column.as_str(), &self.value) {
            (Reason::ROW, _) => f.write_str(&self.message),
            (column, Some(value)) => write!(f, "{column}: \"{value}\" {}", self.message),
            (column, None) => write!(f, "{column}: {}", self.message),
        }
    }
}

/// What a reason cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cost {
    /// The row is held back.
    Row,
    /// One cell is left out; the row is in.
    Cell,
    /// Nothing, but somebody should look.
    Notice,
}

/// How often a reason was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Rows.
    pub rows: u64,
    /// The line of the first.
    pub first_line: u64,
}

/// What became of the rows of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows that are appointments, whatever their status.
    pub appointments: u64,
    /// Rows without a readable start that cancel an appointment.
    pub cancelled: u64,
    /// Rows that are off the book.
    pub ignored: u64,
    /// Rows of no interest (`only`).
    pub elsewhere: u64,
    /// Rows held back.
    pub refused: u64,
    /// Invisible and control characters dropped from names.
    pub dropped_characters: u64,
    /// Starts whose offset is not the zone's, held back until the configuration says which is right.
    pub wrong_offsets: u64,
    /// Reasons and how often.
    pub reasons: BTreeMap<(Cost, Reason), Count>,
    /// Rows with reasons beyond the most that are kept.
    pub further: u64,
}

impl Report {
    /// Counts a reason.
    pub fn add(&mut self, cost: Cost, line: u64, reason: Reason) {
        let full = self.reasons.len() >= MOST_REASONS;
        let key = (cost, reason);
        match self.reasons.get_mut(&key) {
            Some(count) => {
                count.rows += 1;
                count.first_line = count.first_line.min(line);
            }
            None if full => self.further += 1,
            None => {
                self.reasons.insert(key, Count { rows: 1, first_line: line });
            }
        }
    }

    /// The reasons of one cost, most frequent first.
    pub fn of(&self, cost: Cost) -> Vec<(&Reason, Count)> {
        let mut found: Vec<(&Reason, Count)> =
            self.reasons.iter().filter(|((c, _), _)| *c == cost).map(|((_, reason), count)| (reason, *count)).collect();
        found.sort_by_key(|(_, count)| (std::cmp::Reverse(count.rows), count.first_line));
        found
    }

    /// `Status: "FIRM" is not a known status: 29 rows, first line 5`, one a reason.
    pub fn lines(&self) -> Vec<String> {
        let all = [Cost::Row, Cost::Cell, Cost::Notice].into_iter().flat_map(|cost| self.of(cost));
        let mut lines: Vec<String> = all
            .map(|(reason, count)| match count.rows {
                // About the file, not a line of it.
                _ if count.first_line == 0 => reason.to_string(),
                1 => format!("line {}: {reason}", count.first_line),
                rows => format!("{reason}: {rows} rows, first line {}", count.first_line),
            })
            .collect();
        if self.further > 0 {
            lines.push(format!("and {} rows with other reasons", self.further));
        }
        lines
    }

    /// One line about the whole file.
    pub fn summary(&self) -> String {
        let counted = |count: u64, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let parts = [
            Some(format!("{} appointment{}", self.appointments, if self.appointments == 1 { "" } else { "s" })),
            counted(self.cancelled, "cancellation without a start", "cancellations without a start"),
            counted(self.ignored, "row off the book", "rows off the book"),
            counted(self.elsewhere, "row of no interest", "rows of no interest"),
            counted(self.refused, "row held back", "rows held back"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}
