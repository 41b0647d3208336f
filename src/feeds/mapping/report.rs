//! The report on a file's rows: equal reasons are counted together, each with its first line and one example.

use std::collections::BTreeMap;
use std::fmt;

use crate::config::feeds::Field;

/// The most distinct reasons that are kept; rows with other reasons are only counted.
const MOST_REASONS: usize = 1000;

/// A reason: the column, the cell's value and what is wrong with it. Private values are shown only as their shape.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// The column as the file names it, or "row" if the reason is about the whole row.
    pub column: String,
    /// Leadtime's field.
    pub field: Option<Field>,
    /// The cell, masked if private; `None` if it adds nothing.
    pub value: Option<String>,
    /// What is wrong and what was expected.
    pub message: String,
}

impl Reason {
    /// The column of a reason about the whole row.
    const ROW: &'static str = "row";

    /// Creates a reason about the whole row.
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

/// The consequence of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cost {
    /// The row is left out.
    Row,
    /// One cell is left out; the row is imported.
    Cell,
    /// Nothing is left out, but a person should check.
    Notice,
}

/// How many rows have a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Rows.
    pub rows: u64,
    /// The line of the first.
    pub first_line: u64,
}

/// The report on a file's rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows that are appointments, whatever their status.
    pub appointments: u64,
    /// Rows that cancel an appointment and have no readable start.
    pub cancelled: u64,
    /// Rows that are not on the schedule.
    pub ignored: u64,
    /// Rows filtered out by `only`.
    pub elsewhere: u64,
    /// Rows left out.
    pub refused: u64,
    /// Invisible and control characters dropped from names.
    pub dropped_characters: u64,
    /// Rows whose UTC offset is not the zone's; they are left out until the configuration says which is correct.
    pub wrong_offsets: u64,
    /// The reasons and their counts.
    pub reasons: BTreeMap<(Cost, Reason), Count>,
    /// Rows with reasons beyond the number that is kept.
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

    /// The reasons with one cost, most frequent first.
    pub fn of(&self, cost: Cost) -> Vec<(&Reason, Count)> {
        let mut found: Vec<(&Reason, Count)> =
            self.reasons.iter().filter(|((c, _), _)| *c == cost).map(|((_, reason), count)| (reason, *count)).collect();
        found.sort_by_key(|(_, count)| (std::cmp::Reverse(count.rows), count.first_line));
        found
    }

    /// One line for each reason, such as `Status: "FIRM" is not a known status (29 rows, first in line 5)`.
    pub fn lines(&self) -> Vec<String> {
        let all = [Cost::Row, Cost::Cell, Cost::Notice].into_iter().flat_map(|cost| self.of(cost));
        let mut lines: Vec<String> = all
            .map(|(reason, count)| match count.rows {
                // About the whole file, not one line.
                _ if count.first_line == 0 => reason.to_string(),
                1 => format!("line {}: {reason}", count.first_line),
                rows => format!("{reason} ({rows} rows, first in line {})", count.first_line),
            })
            .collect();
        if self.further > 0 {
            lines.push(format!("and {} rows with other reasons", self.further));
        }
        lines
    }

    /// One line that sums up the whole file.
    pub fn summary(&self) -> String {
        let counted = |count: u64, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let parts = [
            Some(format!("{} appointment{}", self.appointments, if self.appointments == 1 { "" } else { "s" })),
            counted(self.cancelled, "cancellation without a start time", "cancellations without a start time"),
            counted(self.ignored, "row not on the schedule", "rows not on the schedule"),
            counted(self.elsewhere, "row filtered out by `only`", "rows filtered out by `only`"),
            counted(self.refused, "row left out", "rows left out"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}
