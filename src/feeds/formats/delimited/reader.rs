//! Reads a delimited file record by record in constant memory, and recovers after a broken record.

use std::io::{Chain, Cursor, Read};

use super::charset::{Encoding, Tally};
use super::dialect::{Dialect, Options, detect, of_first_line};
use super::header;
use super::lines::Lines;
use super::record::{Splitter, Step};
use crate::domain::fold::fold;
use crate::feeds::formats::row::{BrokenRow, FormatError, Limits, RawRow, Row, RowFault};

/// The number of bytes from which the format is detected.
const SAMPLE: usize = 1 << 18;
/// The most lines a quoted cell may run over.
const MAX_CELL_LINES: usize = 1000;

/// Reads the records after the header.
pub struct Reader<R> {
    dialect: Dialect,
    header: Vec<String>,
    limits: Limits,
    lines: Lines<Chain<Cursor<Vec<u8>>, R>>,
    splitter: Splitter,
    row: RawRow,
    text: String,
    record: u64,
    broken: Vec<BrokenRow>,
    /// The date on the last line of its own.
    date_above: String,
    /// The last cells of the columns whose blank cells repeat them; blank after a row that cannot be read.
    filled: Vec<String>,
    /// The lines above the header, as [`header::page_line`] compares them, and their titles.
    above: Vec<String>,
    titles: Vec<String>,
    /// The number of titles, totals and repeated headers between the rows.
    pub skipped: u64,
}

impl<R> std::fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("dialect", &self.dialect).field("record", &self.record).finish_non_exhaustive()
    }
}

impl<R: Read> Reader<R> {
    /// Starts reading: detects the format and skips past the header.
    pub fn open(mut source: R, options: &Options) -> Result<Reader<R>, FormatError> {
        let mut start = Vec::new();
        source.by_ref().take(SAMPLE as u64).read_to_end(&mut start)?;
        let dialect = detect(&start, start.len() < SAMPLE, options)?;
        Reader::resume(start, source, dialect, options.limits)
    }

    /// Starts reading a file whose first line is the header.
    pub(crate) fn open_with_header(mut source: R, limits: Limits) -> Result<Reader<R>, FormatError> {
        let mut start = Vec::new();
        source.by_ref().take(SAMPLE as u64).read_to_end(&mut start)?;
        let dialect = of_first_line(&start)?;
        Reader::resume(start, source, dialect, limits)
    }

    /// Starts reading a file whose format is known.
    pub fn open_as(source: R, dialect: Dialect, limits: Limits) -> Result<Reader<R>, FormatError> {
        let mut source = source;
        let mut start = Vec::new();
        source.by_ref().take(4).read_to_end(&mut start)?;
        Reader::resume(start, source, dialect, limits)
    }

    fn resume(start: Vec<u8>, source: R, dialect: Dialect, limits: Limits) -> Result<Reader<R>, FormatError> {
        let mut start = Cursor::new(start);
        start.set_position(dialect.mark as u64);
        let lines = Lines::new(start.chain(source), dialect.encoding, limits.max_file);
        let splitter = Splitter::new(dialect.delimiter);
        let mut reader = Reader {
            dialect,
            header: Vec::new(),
            limits,
            lines,
            splitter,
            row: RawRow::default(),
            text: String::new(),
            record: 0,
            broken: Vec::new(),
            date_above: String::new(),
            filled: Vec::new(),
            above: Vec::new(),
            titles: Vec::new(),
            skipped: 0,
        };
        while reader.dialect.header_line > 0
            && let Some(line) = reader.lines.next(&mut reader.text)?
        {
            // The first day may stand above the header.
            if line < reader.dialect.header_line && reader.dialect.dated_lines {
                reader.record_at(line)?;
            }
            if line < reader.dialect.header_line {
                reader.remember_title();
            }
            if line == reader.dialect.header_line {
                reader.record_at(line)?;
                reader.broken.clear();
                reader.header = reader.row.cells().map(fold).collect();
                break;
            }
        }
        Ok(reader)
    }

    /// The file's format.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// How many lines fit each encoding so far.
    pub fn tally(&self) -> Tally {
        self.lines.tally
    }

    /// The encoding, once the file has been read to the end.
    pub fn encoding(&self) -> Result<Encoding, FormatError> {
        match self.dialect.encoding {
            Encoding::Undecided => self.lines.tally.decide().map_err(FormatError::Encoding),
            known => Ok(known),
        }
    }

    /// The next record, skipping blank lines, totals and repeated headers; `None` at the end.
    #[allow(clippy::should_implement_trait, reason = "it lends its row")]
    pub fn next(&mut self) -> Result<Option<Row<'_>>, FormatError> {
        loop {
            if let Some(broken) = self.broken.pop() {
                return Ok(Some(Row::Broken(broken)));
            }
            let Some(line) = self.lines.next(&mut self.text)? else { return Ok(None) };
            let fault = self.record_at(line)?;
            if fault.is_none() && !self.is_data() {
                continue;
            }
            self.record += 1;
            if self.record > self.limits.max_rows {
                return Err(FormatError::TooManyRows { max: self.limits.max_rows });
            }
            let record = self.record;
            match fault {
                None => {
                    self.fill();
                    if self.dialect.dated_lines {
                        self.row.pad(self.dialect.width);
                        self.row.push(&self.date_above);
                        self.row.end_cell();
                    }
                    self.row.record = record;
                    self.row.line = line;
                    // A borrow returned from inside the loop would last for the whole loop.
                    break;
                }
                Some(_) => {
                    // The row may have had the date of those below it.
                    self.filled.clear();
                    self.broken.iter_mut().for_each(|broken| broken.record = record);
                }
            }
        }
        Ok(Some(Row::Cells(&self.row)))
    }

    /// Fills blank cells with those above them, and remembers the others.
    fn fill(&mut self) {
        if self.dialect.fill.is_empty() {
            return;
        }
        self.filled.resize(self.dialect.fill.len(), String::new());
        let mut blank = Vec::new();
        for (at, kept) in self.dialect.fill.iter().zip(&mut self.filled) {
            match self.row.cell(*at).trim() {
                "" if *at < self.row.len() => blank.push((*at, kept.as_str())),
                "" => {}
                cell => cell.clone_into(kept),
            }
        }
        self.row.replace(&blank);
    }

    /// Whether the current record is data, not a blank line, a total or a repeated header.
    fn is_data(&mut self) -> bool {
        if self.dialect.exact {
            return true;
        }
        if self.row.is_blank() {
            return false;
        }
        // Most rows already differ in the first letter.
        let begins = |text: &str| text.trim().chars().next().map(|c| c.to_ascii_lowercase());
        let repeated = self.row.len() == self.header.len()
            && self
                .row
                .cells()
                .zip(&self.header)
                .all(|(cell, name)| begins(cell) == begins(name) && fold(cell) == *name);
        let skip = repeated || header::is_note(&self.row) || (self.is_sparse() && self.is_page_line());
        self.skipped += u64::from(skip);
        !skip
    }

    /// Reads the record that starts with the current line. If it is broken, puts it into `self.broken`.
    fn record_at(&mut self, line: u64) -> Result<Option<RowFault>, FormatError> {
        let mut step = self.splitter.begin(&self.text, &mut self.row);
        // Lines read ahead while looking for a closing quotation mark.
        let mut ahead: Vec<(u64, String)> = Vec::new();
        while step == Step::Open && ahead.len() < MAX_CELL_LINES {
            let mut text = String::new();
            let Some(number) = self.lines.next(&mut text)? else { break };
            step = self.splitter.resume(&text, &mut self.row);
            ahead.push((number, text));
        }
        if step == Step::Complete && self.dialect.dated_lines && ahead.is_empty() {
            let date = header::date_line(&self.row).map(str::to_owned);
            if let Some(date) = date {
                self.date_above = date;
                self.row.clear();
                return Ok(None);
            }
        }
        let width = self.dialect.width;
        let fault = match step {
            Step::TooManyColumns => return Err(FormatError::TooManyColumns { line }),
            Step::Fault(fault) => fault,
            Step::Open => RowFault::UnclosedQuote,
            Step::Complete if self.splitter.swallowed(width) => RowFault::SwallowedRows,
            Step::Complete if self.row.len() == width || self.is_header_width() => return Ok(None),
            Step::Complete if ahead.is_empty() && header::is_note(&self.row) => return Ok(None),
            Step::Complete if ahead.is_empty() && (self.is_page_line() || header::is_trailer(&self.row)) => {
                self.row.clear();
                self.skipped += 1;
                return Ok(None);
            }
            Step::Complete if self.lacks_blank_cells() => return Ok(None),
            Step::Complete => RowFault::Width { found: self.row.len(), expected: width },
        };
        if fault == RowFault::NotText
            && self.row.is_empty()
            && self.text.chars().all(|c| c == '\0' || c.is_whitespace())
        {
            self.row.clear();
            return Ok(None);
        }
        let first = self.broken_line(line, &self.text, fault);
        match step {
            // The quotation marks pair up, but possibly across different rows: none of these lines is trusted.
            Step::Complete => {
                self.broken = ahead.iter().rev().map(|(line, text)| self.broken_line(*line, text, fault)).collect();
                self.broken.push(first);
            }
            // The quotation mark was opened in the first line and never closed: the lines after it are read on their
            // own.
            _ => {
                let fault = if ahead.is_empty() { fault } else { RowFault::UnclosedQuote };
                self.broken = vec![BrokenRow { fault, ..first }];
                self.lines.give_back(ahead);
            }
        }
        Ok(Some(fault))
    }

    /// Keeps a line above the header, which reports may repeat on every page.
    fn remember_title(&mut self) {
        const MOST: usize = 40;
        if self.text.trim().is_empty() || self.above.len() >= MOST {
            return;
        }
        self.above.push(header::page_line(&self.text));
        let mut row = RawRow::default();
        let _ = self.splitter.begin(&self.text, &mut row);
        self.titles.extend(row.cells().filter(|cell| header::is_title(cell)).map(fold));
    }

    /// Whether a record of the usual width may be a page line: most of its cells are blank.
    fn is_sparse(&self) -> bool {
        let width = self.row.len();
        !self.above.is_empty() && self.row.cells().filter(|cell| !cell.trim().is_empty()).count() * 2 <= width
    }

    /// Whether a record is a page line: it repeats a line above the header, but for the number of the page,
    /// or its only cell begins with a title above the header.
    fn is_page_line(&self) -> bool {
        if self.above.contains(&header::page_line(&self.text)) {
            return true;
        }
        let mut filled = self.row.cells().filter(|cell| !cell.trim().is_empty());
        let (Some(only), None) = (filled.next(), filled.next()) else { return false };
        let only = fold(only);
        self.titles.iter().any(|title| only.starts_with(title.as_str()))
    }

    /// Whether the record only omits cells at its end, as many rows of the file do.
    fn lacks_blank_cells(&self) -> bool {
        let (found, width) = (self.row.len(), self.dialect.width);
        self.dialect.ragged && found < width && found * 2 >= width && found > 1
    }

    fn is_header_width(&self) -> bool {
        self.dialect.header_line > 0 && self.header.is_empty() && self.row.len() + 1 == self.dialect.width
    }

    /// Creates a broken row from a line. Cells from the first misplaced quotation mark onward are not trusted.
    fn broken_line(&self, line: u64, text: &str, fault: RowFault) -> BrokenRow {
        let cells: Vec<String> = match fault {
            RowFault::Width { .. } if !text.contains('"') => {
                text.split(char::from(self.dialect.delimiter)).map(str::to_owned).collect()
            }
            RowFault::Width { .. } => Vec::new(),
            _ => {
                // Cells are certain up to the first misplaced quotation mark.
                let mut row = RawRow::default();
                let _ = Splitter::new(self.dialect.delimiter).begin(text, &mut row);
                row.cells().map(str::to_owned).collect()
            }
        };
        BrokenRow { record: self.record, line, cells, fault }
    }
}
