//! Splits lines into cells, strictly: a closing quotation mark must be followed by the delimiter or the end of the
//! line.
//!
//! A single misplaced quotation mark can turn whole rows into one long, well-formed cell, so that one patient gets
//! another patient's appointment. A cell that runs over several lines therefore gets a second check: see
//! [`Splitter::swallowed`].

use crate::feeds::formats::row::{MAX_CELL, MAX_COLUMNS, RawRow, RowFault};

/// The state of the record after a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The record is complete.
    Complete,
    /// A quoted cell continues on the next line.
    Open,
    /// The record is broken.
    Fault(RowFault),
    /// The line has more columns than any appointment list would.
    TooManyColumns,
}

/// A quoted cell that runs over several lines, with the delimiters in and around it.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    /// The column it is in.
    column: usize,
    /// The line of the record in which it was opened, from 1.
    opened_in: usize,
    /// Delimiters after its opening quotation mark in the first line.
    first: usize,
    /// The most delimiters in any line in between.
    middle: usize,
    /// Delimiters before its closing quotation mark in the last line.
    last: usize,
}

/// Takes a record line by line.
#[derive(Debug)]
pub(super) struct Splitter {
    delimiter: u8,
    open: Option<Span>,
    spans: Vec<Span>,
    lines: usize,
}

impl Splitter {
    pub(super) fn new(delimiter: u8) -> Splitter {
        Splitter { delimiter, open: None, spans: Vec::new(), lines: 0 }
    }

    /// Starts a record with its first line.
    pub(super) fn begin(&mut self, line: &str, row: &mut RawRow) -> Step {
        row.clear();
        self.open = None;
        self.spans.clear();
        self.lines = 1;
        if line.contains('\0') {
            return Step::Fault(RowFault::NotText);
        }
        self.cells(line, 0, row)
    }

    /// Continues with the next line of a record whose last step was [`Step::Open`].
    pub(super) fn resume(&mut self, line: &str, row: &mut RawRow) -> Step {
        self.lines += 1;
        if line.contains('\0') {
            return Step::Fault(RowFault::NotText);
        }
        row.push("\n");
        match self.quoted(line, 0, row) {
            Ok(Some(next)) => self.cells(line, next, row),
            Ok(None) => Step::Complete,
            Err(step) => step,
        }
    }

    /// Reads cells from a byte position at which one starts.
    fn cells(&mut self, line: &str, mut at: usize, row: &mut RawRow) -> Step {
        loop {
            if row.len() >= MAX_COLUMNS {
                return Step::TooManyColumns;
            }
            let rest = line.get(at..).unwrap_or_default();
            let blanks = rest.len() - rest.trim_start_matches(' ').len();
            if rest.as_bytes().get(blanks) == Some(&b'"') {
                self.open = Some(Span { column: row.len(), opened_in: self.lines, ..Span::default() });
                match self.quoted(line, at + blanks + 1, row) {
                    Ok(Some(next)) => at = next,
                    Ok(None) => return Step::Complete,
                    Err(step) => return step,
                }
                continue;
            }
            let end = memchr::memchr(self.delimiter, rest.as_bytes());
            let cell = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            if has_stray_quote(cell) {
                return Step::Fault(RowFault::StrayQuote);
            }
            row.push(cell);
            if row.open_length() > MAX_CELL {
                return Step::Fault(RowFault::LongCell);
            }
            row.end_cell();
            match end {
                Some(length) => at += length + 1,
                None => return Step::Complete,
            }
        }
    }

    /// Reads on inside quotation marks. Returns the position after the cell's delimiter; `None`: the line ended with
    /// the cell.
    fn quoted(&mut self, line: &str, from: usize, row: &mut RawRow) -> Result<Option<usize>, Step> {
        let bytes = line.as_bytes();
        let mut at = from;
        loop {
            let rest = line.get(at..).unwrap_or_default();
            let Some(length) = memchr::memchr(b'"', rest.as_bytes()) else {
                row.push(rest);
                self.note_delimiters(line.get(from..).unwrap_or_default(), false);
                return Err(match row.open_length() > MAX_CELL {
                    true => Step::Fault(RowFault::UnclosedQuote),
                    false => Step::Open,
                });
            };
            row.push(rest.get(..length).unwrap_or_default());
            at += length + 1;
            match bytes.get(at) {
                Some(b'"') => {
                    row.push("\"");
                    at += 1;
                }
                next if next.is_none() || next == Some(&self.delimiter) => {
                    self.note_delimiters(line.get(from..at).unwrap_or_default(), true);
                    row.end_cell();
                    return Ok(next.map(|_| at + 1));
                }
                _ => return Err(Step::Fault(RowFault::StrayQuote)),
            }
        }
    }

    /// Counts the delimiters of a line inside the open cell.
    fn note_delimiters(&mut self, text: &str, closes: bool) {
        let Some(span) = &mut self.open else { return };
        let count = memchr::memchr_iter(self.delimiter, text.as_bytes()).count();
        match (closes, span.opened_in == self.lines) {
            (false, true) => span.first = count,
            (false, false) => span.middle = span.middle.max(count),
            (true, _) => span.last = count,
        }
        if closes && let Some(span) = self.open.take().filter(|span| span.opened_in < self.lines) {
            self.spans.push(span);
        }
    }

    /// Whether a record of `width` columns has a cell that runs over several lines and seems to contain whole rows.
    pub(super) fn swallowed(&self, width: usize) -> bool {
        self.spans.iter().any(|span| span.swallowed(width))
    }
}

/// Whether an unquoted cell contains a quotation mark that is not part of its text. `Robert "Bob" Lee`, `5'10"` and
/// `="303"` are fine; `urgent"` has lost the quotation mark at its start, and perhaps a delimiter with it.
fn has_stray_quote(cell: &str) -> bool {
    let quotes = memchr::memchr_iter(b'"', cell.as_bytes());
    let inches =
        |at: &usize| at.checked_sub(1).and_then(|before| cell.as_bytes().get(before)).is_some_and(u8::is_ascii_digit);
    let wrapped = cell.trim_start().starts_with("=\"");
    let (all, not_inches) = quotes.fold((0, 0), |(all, other), at| (all + 1, other + u32::from(!inches(&at))));
    match wrapped {
        true => all % 2 == 1,
        false => all % 2 == 1 && not_inches % 2 == 1,
    }
}

impl Span {
    /// Whether the cell seems to contain whole rows. With a stray quotation mark, the row that opens the cell and the
    /// row that seems to close it are both complete rows without it: the delimiters after the opening mark and before
    /// the closing mark then fill their rows. A note with that many commas looks the same and is refused too.
    fn swallowed(&self, width: usize) -> bool {
        let slack = usize::from(width >= 6);
        let behind = width.saturating_sub(1 + self.column);
        let ends_meet = self.first + slack >= behind && self.last + slack >= self.column;
        ends_meet || (width > 2 && self.middle + slack + 1 >= width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(lines: &[&str]) -> (Step, Vec<String>, bool) {
        let mut row = RawRow::default();
        let mut splitter = Splitter::new(b',');
        let mut step = splitter.begin(lines[0], &mut row);
        for line in &lines[1..] {
            assert_eq!(step, Step::Open, "{line}");
            step = splitter.resume(line, &mut row);
        }
        (step, row.cells().map(str::to_owned).collect(), splitter.swallowed(row.len()))
    }

    #[test]
    fn well_formed_records_are_split_into_cells() {
        for (lines, cells) in [
            (vec!["a,b,c"], vec!["a", "b", "c"]),
            (vec![""], vec![""]),
            (vec!["a,,"], vec!["a", "", ""]),
            (vec!["\"a,b\",c"], vec!["a,b", "c"]),
            (vec!["\"a \"\"b\"\"\",\"\""], vec!["a \"b\"", ""]),
            (vec!["\"\"\"\",x"], vec!["\"", "x"]),
            (vec!["5'10\",Robert \"Bob\" Lee"], vec!["5'10\"", "Robert \"Bob\" Lee"]),
            (vec!["a, \"b,c\""], vec!["a", "b,c"]),
            (vec!["1,\"one", "two\",3,4,5,6"], vec!["1", "one\ntwo", "3", "4", "5", "6"]),
            (vec!["=\"303\",x"], vec!["=\"303\"", "x"]),
        ] {
            assert_eq!(
                split(&lines),
                (Step::Complete, cells.iter().map(|c| (*c).to_owned()).collect(), false),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn records_with_misplaced_quotes_are_faulty() {
        for lines in [
            vec!["a,\"Bob\" Lee,c"],
            vec!["a,\"b\" ,c"],
            vec!["a,\"\"b\"\",c"],
            vec!["a,\"b", "c\"d"],
            vec!["a,urgent\",c"],
            vec!["a,ur\"gent,c"],
        ] {
            assert_eq!(split(&lines).0, Step::Fault(RowFault::StrayQuote), "{lines:?}");
        }
        assert_eq!(split(&["a,\"b"]).0, Step::Open);
        assert_eq!(split(&["a\0,b"]).0, Step::Fault(RowFault::NotText));
    }

    #[test]
    fn swallowed_rows_are_detected() {
        let glued = ["A1,P1,Ana,303,\"urgent,D1,booked", "A2,P2,Bo,303,cleaning\",D2,booked"];
        let (step, cells, swallowed) = split(&glued);
        assert_eq!((step, cells.len(), swallowed), (Step::Complete, 7, true));
        let through = ["A1,P1,Ana,303,\"urgent,D1,booked", "A2,P2,Bo,303,x,D2,booked", "A3,P3,Cy,303,y\",D3,booked"];
        assert!(split(&through).2);
        let ditto = ["A1,P1,Ana,303,\"urgent,D1,booked", "A2,P2,Bo,303,\",D2,booked"];
        assert!(split(&ditto).2);
        let last = ["A1,P1,Ana,303,x,D1,\"urgent", "A2,P2,Bo,303,x,D2,late\""];
        assert!(split(&last).2);
        let first = ["\"A1,P1,Ana,303,x,D1,u", "A2\",P2,Bo,303,x,D2,l"];
        assert!(split(&first).2);
        let note = ["A1,P1,Ana,303,x,D1,\"Spanish, call first", "then text, please\",booked"];
        assert!(!split(&note).2);
    }
}
