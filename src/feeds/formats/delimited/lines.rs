//! Reads the physical lines of a file as text, with their numbers. LF, CRLF and CR end a line. Memory holds one line.

use std::collections::VecDeque;
use std::io::Read;

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE};

use super::charset::{Encoding, Tally};
use crate::feeds::formats::row::{FormatError, MAX_LINE};

const CHUNK: usize = 1 << 16;

/// Reads lines; lines given back are returned again first.
pub(super) struct Lines<R> {
    source: R,
    encoding: Encoding,
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    buffer: Vec<u8>,
    at: usize,
    ended: bool,
    after_return: bool,
    line: u64,
    read: u64,
    max_file: u64,
    given_back: VecDeque<(u64, String)>,
    pub(super) tally: Tally,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(source: R, encoding: Encoding, max_file: u64) -> Lines<R> {
        let decoder = match encoding {
            Encoding::Utf16Le => Some(UTF_16LE.new_decoder_without_bom_handling()),
            Encoding::Utf16Be => Some(UTF_16BE.new_decoder_without_bom_handling()),
            _ => None,
        };
        Lines {
            source,
            encoding,
            decoder,
            raw: vec![0; CHUNK],
            buffer: Vec::with_capacity(2 * CHUNK),
            at: 0,
            ended: false,
            after_return: false,
            line: 0,
            read: 0,
            max_file,
            given_back: VecDeque::new(),
            tally: Tally::default(),
        }
    }

    /// Puts the next line into `text` and returns its number; `None` at the end.
    pub(super) fn next(&mut self, text: &mut String) -> Result<Option<u64>, FormatError> {
        if let Some((line, kept)) = self.given_back.pop_front() {
            *text = kept;
            return Ok(Some(line));
        }
        let mut searched = 0;
        loop {
            if self.after_return && self.buffer.get(self.at) == Some(&b'\n') {
                self.at += 1;
                self.after_return = false;
            }
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            let end = memchr::memchr2(b'\n', b'\r', rest.get(searched..).unwrap_or_default()).map(|at| at + searched);
            if let Some(length) = end {
                self.after_return = rest.get(length) == Some(&b'\r');
                let line = self.take(length, text)?;
                self.at += 1;
                return Ok(Some(line));
            }
            searched = rest.len();
            if searched > MAX_LINE {
                return Err(FormatError::LongLine { line: self.line + 1 });
            }
            if self.ended {
                return if searched == 0 { Ok(None) } else { self.take(searched, text).map(Some) };
            }
            if !rest.is_empty() {
                self.after_return = false;
            }
            self.fill()?;
        }
    }

    /// Gives lines back, to be read again in the same order before any others.
    pub(super) fn give_back(&mut self, lines: Vec<(u64, String)>) {
        for line in lines.into_iter().rev() {
            self.given_back.push_front(line);
        }
    }

    fn take(&mut self, length: usize, text: &mut String) -> Result<u64, FormatError> {
        self.line += 1;
        if length > MAX_LINE {
            return Err(FormatError::LongLine { line: self.line });
        }
        let bytes = self.buffer.get(self.at..self.at + length).unwrap_or_default();
        text.clear();
        text.push_str(&self.encoding.decode(bytes, &mut self.tally));
        self.at += length;
        Ok(self.line)
    }

    fn fill(&mut self) -> Result<(), FormatError> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let count = loop {
            match self.source.read(&mut self.raw) {
                Ok(count) => break count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        };
        self.ended = count == 0;
        self.read += count as u64;
        if self.read > self.max_file {
            return Err(FormatError::TooLarge { max: self.max_file });
        }
        let input = self.raw.get(..count).unwrap_or_default();
        match &mut self.decoder {
            None => self.buffer.extend_from_slice(input),
            Some(decoder) => {
                let mut text = String::with_capacity(decoder.max_utf8_buffer_length(count).unwrap_or(4 * CHUNK));
                let _ = decoder.decode_to_string(input, &mut text, self.ended);
                self.buffer.extend_from_slice(text.as_bytes());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source that returns a few bytes at a time.
    struct Drops<'b>(&'b [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.len().min(self.1).min(out.len());
            out[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn every_kind_of_line_ending_ends_a_line() {
        for (text, want) in [
            ("a\r\nb\rc\nd", vec!["a", "b", "c", "d"]),
            ("", vec![]),
            ("a\n", vec!["a"]),
            ("\r\n\r\n", vec!["", ""]),
            ("a\r\r\nb", vec!["a", "", "b"]),
        ] {
            for drop in [1, 2, 3, 100] {
                let mut lines = Lines::new(Drops(text.as_bytes(), drop), Encoding::Utf8, 1000);
                let (mut got, mut line) = (Vec::new(), String::new());
                while let Some(number) = lines.next(&mut line).unwrap() {
                    got.push(line.clone());
                    assert_eq!(number, got.len() as u64);
                }
                assert_eq!(got, want, "{text:?} by {drop}");
            }
        }
    }

    #[test]
    fn utf_16_is_read_and_the_size_limit_is_enforced() {
        let text: Vec<u8> = "Zoë\r\nNguyễn".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut lines = Lines::new(Drops(&text, 3), Encoding::Utf16Le, 1000);
        let mut line = String::new();
        assert_eq!((lines.next(&mut line).unwrap(), line.as_str()), (Some(1), "Zoë"));
        assert_eq!((lines.next(&mut line).unwrap(), line.as_str()), (Some(2), "Nguyễn"));
        let mut lines = Lines::new(&b"abcdef\n"[..], Encoding::Utf8, 3);
        assert!(matches!(lines.next(&mut line), Err(FormatError::TooLarge { max: 3 })));
        let long = vec![b'a'; MAX_LINE + 2];
        let mut lines = Lines::new(&long[..], Encoding::Utf8, u64::MAX);
        assert!(matches!(lines.next(&mut line), Err(FormatError::LongLine { line: 1 })));
    }
}
