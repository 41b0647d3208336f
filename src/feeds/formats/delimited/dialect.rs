//! Detects a file's format (delimiter, width and header line) from a bounded sample at its start.

use super::charset::{Encoding, Tally};
use super::header;
use super::record::{Splitter, Step};
use crate::domain::fold::fold;
use crate::feeds::formats::row::{FormatError, Limits, RawRow};

/// The delimiters that are tried; if two fit equally well, the first wins.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// The number of sample records that are examined.
const SAMPLE_RECORDS: usize = 500;

/// What the configuration says about a file; the rest is detected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The encoding.
    pub encoding: Option<Encoding>,
    /// The delimiter.
    pub delimiter: Option<u8>,
    /// The line that names the columns, from 1; 0: no line names them.
    pub header: Option<u64>,
    /// The number of columns: a file with more or fewer is refused. Where no line names them, they may have moved.
    pub width: Option<usize>,
    /// Folded names of columns; the line that has the most of them is the header.
    pub wanted: Vec<String>,
    /// Folded names of columns whose blank cells repeat the cell above them.
    pub fill: Vec<String>,
    /// A program wrote the text: the first line names the columns, and every other line is a row.
    pub exact: bool,
    /// Limits.
    pub limits: Limits,
}

/// A file's format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// The encoding.
    pub encoding: Encoding,
    /// The length of the byte order mark, in bytes.
    pub mark: usize,
    /// The delimiter between cells.
    pub delimiter: u8,
    /// The number of cells in a row.
    pub width: usize,
    /// Whether many rows omit blank cells at their end.
    pub ragged: bool,
    /// Whether dates stand on lines of their own, above the rows of each day. Each row then gets the date above it as one
    /// more cell, in a column named [`header::DATE_ABOVE`].
    pub dated_lines: bool,
    /// Whether every line after the header is a row, so that none is skipped as a title, a total or a repeated header.
    pub exact: bool,
    /// The line of the header; 0: there is none, and the columns are named `column 1`, `column 2`, ...
    pub header_line: u64,
    /// The names of the columns.
    pub names: Vec<String>,
    /// The positions of the columns whose blank cells repeat the cell above them.
    pub fill: Vec<usize>,
}

impl Dialect {
    /// The delimiter in words.
    pub fn delimiter_name(&self) -> &'static str {
        match self.delimiter {
            b',' => "comma",
            b';' => "semicolon",
            b'\t' => "tab",
            _ => "|",
        }
    }
}

/// Detects the format of a file from its first bytes. `whole`: these bytes are the whole file.
pub(super) fn detect(start: &[u8], whole: bool, options: &Options) -> Result<Dialect, FormatError> {
    if options.exact {
        return of_first_line(start).map(|dialect| Dialect { exact: true, ..dialect });
    }
    let (by_start, mark) = Encoding::from_start(start).ok_or(FormatError::NotText)?;
    let encoding = options.encoding.unwrap_or(by_start);
    let text = sample_text(start.get(mark..).unwrap_or_default(), encoding);
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(FormatError::Empty);
    }
    let mut lines: Vec<&str> = split_lines(text);
    if !whole && lines.len() > 1 {
        lines.pop();
    }
    let candidates = options.delimiter.map_or_else(|| DELIMITERS.to_vec(), |delimiter| vec![delimiter]);
    let mut best: Option<(usize, usize, u8, Vec<RawRow>)> = None;
    for delimiter in candidates {
        let records = records(&lines, delimiter)?;
        let Some((width, count)) = usual_width(&records, options.delimiter.is_some()) else { continue };
        if best.as_ref().is_none_or(|(score, ..)| count * width > *score) {
            best = Some((count * width, width, delimiter, records));
        }
    }
    let (_, width, delimiter, records) = best.ok_or(FormatError::NoColumns)?;
    let no_header = RawRow::default();
    let (row, width) = match find_header(&records, width, options) {
        _ if options.header == Some(0) => (&no_header, width),
        // Rows of data are above it, so it is no header but a row that has only words.
        Ok(row) if begins_with_data(&records, width, options) && has_data_above(&records, row.line, width) => {
            (&no_header, width)
        }
        Ok(row) => (row, width),
        // If most rows omit blank cells at their end, the header is the widest row.
        Err(error) => {
            let widest = records.iter().map(RawRow::len).max().unwrap_or(width);
            match find_header(&records, widest, options) {
                Ok(row) => (row, widest),
                Err(_) if begins_with_data(&records, width, options) => (&no_header, width),
                Err(_) => return Err(error),
            }
        }
    };
    if let Some(expected) = options.width.filter(|expected| *expected != width) {
        return Err(FormatError::OtherWidth { found: width, expected });
    }
    let rows = records.iter().filter(|record| record.line > row.line);
    let (all, short) = rows.fold((0, 0), |(all, short), record| {
        (all + 1, short + usize::from(record.len() < width && record.len() * 2 >= width && record.len() > 1))
    });
    let ragged = short >= 3 && short * 10 >= all;
    let mut names = header::names(row, width);
    let dates = records.iter().filter(|record| header::date_line(record).is_some()).count();
    // Where a mapping does not ask for them, such a line is a broken row.
    let dated_lines = match options.wanted.contains(&fold(header::DATE_ABOVE)) {
        true => dates >= 1,
        false => options.wanted.is_empty() && dates >= 2,
    };
    if dated_lines {
        names.push(header::DATE_ABOVE.to_owned());
    }
    let fill = options.fill.iter().filter_map(|name| names.iter().position(|own| fold(own) == *name)).collect();
    let header_line = row.line;
    Ok(Dialect { encoding, mark, delimiter, width, ragged, dated_lines, exact: false, header_line, names, fill })
}

/// The format of a file whose first non-blank line names the columns. Without a byte order mark it is UTF-8.
pub(super) fn of_first_line(start: &[u8]) -> Result<Dialect, FormatError> {
    let (encoding, mark) = Encoding::from_start(start).ok_or(FormatError::NotText)?;
    let encoding = if encoding == Encoding::Undecided { Encoding::Utf8 } else { encoding };
    let text = sample_text(start.get(mark..).unwrap_or_default(), encoding);
    let lines = split_lines(text.trim_start_matches('\u{feff}'));
    let Some(at) = lines.iter().position(|line| !line.trim().is_empty()) else { return Err(FormatError::Empty) };
    let first = lines[at];
    // Another delimiter may be part of the name of an unused column.
    let delimiter = DELIMITERS.into_iter().find(|delimiter| first.contains(char::from(*delimiter))).unwrap_or(b',');
    let record = records(&lines[at..at + 1], delimiter)?.into_iter().next().ok_or(FormatError::NoHeader)?;
    let names: Vec<String> = record.cells().map(|name| name.trim().to_owned()).collect();
    let (width, header_line) = (names.len(), at as u64 + 1);
    Ok(Dialect {
        encoding,
        mark,
        delimiter,
        width,
        ragged: false,
        dated_lines: false,
        exact: false,
        header_line,
        names,
        fill: Vec::new(),
    })
}

fn sample_text(bytes: &[u8], encoding: Encoding) -> String {
    match encoding {
        Encoding::Utf16Le => encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.into_owned(),
        Encoding::Utf16Be => encoding_rs::UTF_16BE.decode_without_bom_handling(bytes).0.into_owned(),
        // The sample may end in the middle of a character, so each line is decoded separately.
        _ => {
            let mut tally = Tally::default();
            bytes.split_inclusive(|b| *b == b'\n').map(|line| encoding.decode(line, &mut tally).into_owned()).collect()
        }
    }
}

fn split_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(['\n', '\r']) {
        lines.push(rest.get(..end).unwrap_or_default());
        let both = rest.get(end..).is_some_and(|tail| tail.starts_with("\r\n"));
        rest = rest.get(end + 1 + usize::from(both)..).unwrap_or_default();
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

/// The well-formed records of the sample, without blank ones.
fn records(lines: &[&str], delimiter: u8) -> Result<Vec<RawRow>, FormatError> {
    let mut splitter = Splitter::new(delimiter);
    let mut records = Vec::new();
    let mut at = 0;
    while at < lines.len() && records.len() < SAMPLE_RECORDS {
        let mut row = RawRow::default();
        let mut step = splitter.begin(lines[at], &mut row);
        row.line = at as u64 + 1;
        let mut next = at + 1;
        while step == Step::Open && next < lines.len() && next < at + 100 {
            step = splitter.resume(lines[next], &mut row);
            next += 1;
        }
        match step {
            Step::Complete => {
                at = next;
                if !row.is_blank() {
                    records.push(row);
                }
            }
            Step::TooManyColumns => return Err(FormatError::TooManyColumns { line: at as u64 + 1 }),
            _ => at += 1,
        }
    }
    Ok(records)
}

/// The most common width and the number of rows that have it. A single column counts only if the delimiter was
/// configured.
fn usual_width(records: &[RawRow], given: bool) -> Option<(usize, usize)> {
    let least = if given { 1 } else { 2 };
    let mut widths: Vec<usize> = records.iter().map(RawRow::len).filter(|width| *width >= least).collect();
    widths.sort_unstable();
    let runs = widths.chunk_by(|a, b| a == b).map(|run| (run[0], run.len()));
    runs.max_by_key(|(width, count)| (*count, *width))
}

fn find_header<'r>(records: &'r [RawRow], width: usize, options: &Options) -> Result<&'r RawRow, FormatError> {
    if let Some(line) = options.header {
        let row = records.iter().find(|row| row.line == line);
        let found = row.map_or(0, RawRow::len);
        return row.filter(|_| fits(records, found, width)).ok_or(FormatError::WrongHeader {
            line,
            found,
            expected: width,
        });
    }
    // Takes the first of the best: a header repeated on each page fits as well as the first one.
    let fitness =
        |row: &&RawRow| if fits(records, row.len(), width) { header::fitness(row, &options.wanted) } else { 0 };
    if options.wanted.is_empty() {
        let mut fitting = records.iter().take(100).filter(|row| fitness(row) > 0);
        let first = fitting.next().ok_or(FormatError::NoHeader)?;
        // A title spread over a few cells, with the names of the columns soon below it.
        let title = header::usual_names(first) == 0 && first.cells().any(|cell| cell.trim().is_empty());
        let below = fitting.find(|row| row.line <= first.line + 5 && header::usual_names(row) >= 3);
        return Ok(below.filter(|_| title).unwrap_or(first));
    }
    let most = records.iter().map(|row| fitness(&row)).max().filter(|most| *most > 0).ok_or(FormatError::NoHeader)?;
    records.iter().find(|row| fitness(row) == most).ok_or(FormatError::NoHeader)
}

/// Whether the file begins with a row of data, so that no line names its columns.
fn begins_with_data(records: &[RawRow], width: usize, options: &Options) -> bool {
    let first = records.iter().find(|row| row.len() == width);
    options.header.is_none() && options.wanted.is_empty() && first.is_some_and(header::is_data)
}

/// Whether a row of data is above a line. A title may have a date too, but only a few filled cells.
fn has_data_above(records: &[RawRow], line: u64, width: usize) -> bool {
    let filled = |row: &RawRow| row.cells().filter(|cell| !cell.trim().is_empty()).count();
    let above = records.iter().take_while(|row| row.line < line);
    above.filter(|row| row.len() == width && width > 2 && filled(row) * 2 > width).any(header::is_data)
}

/// Whether a header of this width fits the rows. Rows may end with a delimiter that the header does not have.
fn fits(records: &[RawRow], header: usize, width: usize) -> bool {
    let trailing = || records.iter().filter(|row| row.len() == width).all(|row| row.cell(width - 1).trim().is_empty());
    header == width || (header + 1 == width && trailing())
}
