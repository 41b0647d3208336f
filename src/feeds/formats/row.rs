//! What every reader returns: raw rows with their position in the file, rows that cannot be read, and the limits.

use std::fmt;

/// The longest line, in bytes. A file with a longer line is not an appointment list.
pub(super) const MAX_LINE: usize = 1 << 20;
/// The longest cell, in bytes. A quoted cell that is still open after that counts as never closed.
pub(super) const MAX_CELL: usize = 1 << 16;
/// The most columns.
pub(super) const MAX_COLUMNS: usize = 4096;

/// Limits that a practice may raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file, in bytes.
    pub max_file: u64,
    /// The most data rows.
    pub max_rows: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_file: 64 << 20, max_rows: 200_000 }
    }
}

/// One record of the file: its cells as text, in one buffer that is reused for the next record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawRow {
    /// The number of the data record, from 1; headers, blank lines and totals are not counted.
    pub record: u64,
    /// The line on which the record starts, from 1.
    pub line: u64,
    text: String,
    ends: Vec<usize>,
}

impl RawRow {
    /// Creates a row of these cells.
    pub fn of<'a>(line: u64, cells: impl IntoIterator<Item = &'a str>) -> RawRow {
        let mut row = RawRow { line, ..RawRow::default() };
        for cell in cells {
            row.push(cell);
            row.end_cell();
        }
        row
    }

    /// The number of cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the row has no cells at all.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A cell by its position, from 0; "" beyond the last.
    pub fn cell(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(self.text.len()) };
        self.ends.get(index).and_then(|end| self.text.get(start..*end)).unwrap_or_default()
    }

    /// All cells in order.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|index| self.cell(index))
    }

    /// Whether every cell is blank.
    pub fn is_blank(&self) -> bool {
        self.text.chars().all(char::is_whitespace)
    }

    /// Replaces cells.
    pub(super) fn replace(&mut self, with: &[(usize, &str)]) {
        if with.is_empty() {
            return;
        }
        let changed = RawRow::of(
            self.line,
            (0..self.len())
                .map(|at| with.iter().find(|(index, _)| *index == at).map_or(self.cell(at), |(_, text)| text)),
        );
        *self = RawRow { record: self.record, ..changed };
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn end_cell(&mut self) {
        self.ends.push(self.text.len());
    }

    /// Adds blank cells up to this many.
    pub(super) fn pad(&mut self, width: usize) {
        while self.ends.len() < width {
            self.end_cell();
        }
    }

    /// The length of the cell that is being written.
    pub(super) fn open_length(&self) -> usize {
        self.text.len() - self.ends.last().copied().unwrap_or(0)
    }
}

/// Why a record cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowFault {
    /// Text follows a closing quote.
    StrayQuote,
    /// A quoted cell never ends.
    UnclosedQuote,
    /// A quoted cell runs over several lines and seems to contain whole rows.
    SwallowedRows,
    /// The number of cells differs from that of the columns.
    Width {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A cell is longer than [`MAX_CELL`].
    LongCell,
    /// The text contains NUL bytes.
    NotText,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowFault::StrayQuote => f.write_str(
                "a quotation mark is in the wrong place; after a closing quotation mark, only the delimiter or the end of the line may follow",
            ),
            RowFault::UnclosedQuote => f.write_str("a quotation mark is opened but never closed"),
            RowFault::SwallowedRows => {
                f.write_str("a quoted cell runs over several lines and seems to contain whole rows")
            }
            RowFault::Width { found, expected } => {
                let cells = if *found == 1 { "cell" } else { "cells" };
                write!(f, "the row has {found} {cells} instead of {expected}")
            }
            RowFault::LongCell => write!(f, "a cell is longer than {} KiB", MAX_CELL >> 10),
            RowFault::NotText => f.write_str("the row contains NUL bytes, so it is not text"),
        }
    }
}

/// A record that cannot be read: no appointment is made from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRow {
    /// Number of the data record, from 1.
    pub record: u64,
    /// Its line, from 1.
    pub line: u64,
    /// The cells before the fault. They are in the correct columns unless the fault is [`RowFault::Width`].
    pub cells: Vec<String>,
    /// What is wrong.
    pub fault: RowFault,
}

/// The next record of a file.
#[derive(Debug)]
pub enum Row<'r> {
    /// A record that was read.
    Cells(&'r RawRow),
    /// A record that cannot be read.
    Broken(BrokenRow),
}

/// The whole file cannot be read: none of it is used.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// Reading failed.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// The file is empty.
    #[error("the file is empty")]
    Empty,
    /// The file is binary, such as a spreadsheet or a PDF.
    #[error("this is not a text file; export the list as CSV or tab-delimited text")]
    NotText,
    /// No delimiter splits it into columns.
    #[error("no columns found: the lines do not split evenly at commas, semicolons, tabs or |")]
    NoColumns,
    /// No line names the columns.
    #[error(
        "no header found: no line looks like column names; if line N has them, set header = N; if no line has them, set \
         header = 0 and width"
    )]
    NoHeader,
    /// The line configured as the header is not a header.
    #[error("line {line} is not a header: it has {found} cells, but the rows have {expected}")]
    WrongHeader {
        /// The line.
        line: u64,
        /// Its number of cells.
        found: usize,
        /// The rows' number of cells.
        expected: usize,
    },
    /// The file has another number of columns than the configured one.
    #[error(
        "the rows have {found} columns instead of {expected} (`width`); find out which columns were added or removed, and run \
         `leadtime feed suggest` again"
    )]
    OtherWidth {
        /// The rows' number of cells.
        found: usize,
        /// The number in the configuration.
        expected: usize,
    },
    /// The file mixes two encodings, or uses an unknown one.
    #[error("the encoding is unclear ({0}); set encoding = \"utf-8\", \"windows-1252\", \"macintosh\" or \"ibm850\"")]
    Encoding(String),
    /// The file is too large.
    #[error("the file is larger than {} MiB; raise max_file if this is correct", .max >> 20)]
    TooLarge {
        /// The limit in bytes.
        max: u64,
    },
    /// A line is too long.
    #[error("line {line} is longer than {} MiB", MAX_LINE >> 20)]
    LongLine {
        /// The line.
        line: u64,
    },
    /// The file has too many columns.
    #[error("line {line} has more than {MAX_COLUMNS} columns")]
    TooManyColumns {
        /// The line.
        line: u64,
    },
    /// The file has too many rows.
    #[error("the file has more than {max} rows; raise max_rows if this is correct")]
    TooManyRows {
        /// The limit.
        max: u64,
    },
}
