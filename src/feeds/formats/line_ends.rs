//! Makes every line end a line feed, the last one included, so that line numbers are those an editor shows; and stops
//! at a quote that is never closed, which would make one row, held in memory, of the rest of the file.

use std::io::{BufRead, Error, Read, Result};

/// The longest quoted cell, in bytes; no column holds more than a few thousand.
const LONGEST_QUOTED: usize = 1 << 16;

/// Passes a CSV through with `\r\n` and `\r` as `\n`, and a `\n` at its end.
#[derive(Debug)]
pub(crate) struct LineFeeds<R> {
    source: R,
    after_return: bool,
    last: u8,
    quotes: Quotes,
}

/// Follows a CSV's quotes as its reader does: one opens at the start of a cell only.
#[derive(Debug)]
struct Quotes {
    delimiter: u8,
    place: Place,
    line: u64,
    opened_in: u64,
    length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    CellStart,
    Plain,
    Quoted,
    /// Behind a quote within a quoted cell: its end, or the first half of a quote it holds.
    AfterQuote,
}

impl Quotes {
    /// Takes the next byte; the line whose quote is never closed, if that is so.
    fn take(&mut self, byte: u8) -> Option<u64> {
        let ends_cell = byte == self.delimiter || byte == b'\n';
        self.place = match (self.place, byte) {
            (Place::CellStart, b'"') => {
                (self.opened_in, self.length) = (self.line, 0);
                Place::Quoted
            }
            (Place::Quoted, b'"') => Place::AfterQuote,
            (Place::AfterQuote, b'"') | (Place::Quoted, _) => Place::Quoted,
            _ if ends_cell => Place::CellStart,
            _ => Place::Plain,
        };
        self.line += u64::from(byte == b'\n');
        self.length += 1;
        (self.place == Place::Quoted && self.length > LONGEST_QUOTED).then_some(self.opened_in)
    }
}

impl<R: BufRead> LineFeeds<R> {
    pub(crate) fn new(source: R, delimiter: u8) -> LineFeeds<R> {
        let quotes = Quotes { delimiter, place: Place::CellStart, line: 1, opened_in: 0, length: 0 };
        LineFeeds { source, after_return: false, last: b'\n', quotes }
    }
}

impl<R: BufRead> Read for LineFeeds<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let mut written = 0;
        while written == 0 && !out.is_empty() {
            let input = self.source.fill_buf()?;
            if input.is_empty() {
                let missing = self.last != b'\n';
                if missing {
                    out[0] = b'\n';
                    self.last = b'\n';
                }
                return Ok(usize::from(missing));
            }
            let taken = input.len().min(out.len());
            for byte in &input[..taken] {
                let second_half = self.after_return && *byte == b'\n';
                self.after_return = *byte == b'\r';
                if !second_half {
                    self.last = if *byte == b'\r' { b'\n' } else { *byte };
                    out[written] = self.last;
                    written += 1;
                    if let Some(line) = self.quotes.take(self.last) {
                        return Err(Error::other(format!("the quote opened in line {line} is never closed")));
                    }
                }
            }
            self.source.consume(taken);
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_that_is_never_closed_is_found() {
        let read = |text: &str| {
            let mut got = String::new();
            LineFeeds::new(text.as_bytes(), b',').read_to_string(&mut got).map_err(|e| e.to_string())
        };
        let rows = "A1,P,\"note, \"\"quoted\"\"\nsecond line\",5\" pipe,x\r\n".repeat(5_000);
        assert!(read(&rows).is_ok());
        let open = format!("{}A2,\"P,x\n{}", "A1,P,x\n".repeat(9), "A3,P,x\n".repeat(50_000));
        assert_eq!(read(&open), Err("the quote opened in line 10 is never closed".to_owned()));
    }

    #[test]
    fn every_line_ends_alike() {
        for (text, want) in [
            ("a\r\nb\rc\nd", "a\nb\nc\nd\n"),
            ("", ""),
            ("a\n", "a\n"),
            ("\r\n\r\n", "\n\n"),
            ("\r", "\n"),
            ("a\r\r\n", "a\n\n"),
        ] {
            for buffer in [1, 2, 3, 100] {
                let source = std::io::BufReader::with_capacity(buffer, text.as_bytes());
                let mut got = String::new();
                LineFeeds::new(source, b',').read_to_string(&mut got).unwrap();
                assert_eq!(got, want, "{text:?} by {buffer}");
            }
        }
    }
}
