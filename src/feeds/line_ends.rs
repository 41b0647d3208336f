//! Makes every line end a line feed, the last one included, so that line numbers are those an editor shows.

use std::io::{BufRead, Read, Result};

/// Passes a text through with `\r\n` and `\r` as `\n`, and a `\n` at its end.
#[derive(Debug)]
pub(super) struct LineFeeds<R> {
    source: R,
    after_return: bool,
    last: u8,
}

impl<R: BufRead> LineFeeds<R> {
    pub(super) fn new(source: R) -> LineFeeds<R> {
        LineFeeds { source, after_return: false, last: b'\n' }
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
                LineFeeds::new(source).read_to_string(&mut got).unwrap();
                assert_eq!(got, want, "{text:?} by {buffer}");
            }
        }
    }
}
