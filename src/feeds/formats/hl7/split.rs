//! Splits a file into its HL7 messages: several MSH, batch envelopes, MLLP frames.

use crate::feeds::formats::hl7::frame::{END, START};

/// A message of a file, or what is wrong with a part of it. Lines count from 1; CR, LF and CRLF each end one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    Message { line: usize, bytes: &'a [u8] },
    Problem { line: usize, reason: String },
}

/// The messages of a file, in order, and what is wrong between them.
pub fn split(bytes: &[u8]) -> Vec<Piece<'_>> {
    let bytes = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            let reason = "the file is UTF-16; save it as UTF-8".to_owned();
            return vec![Piece::Problem { line: 1, reason }];
        }
        _ => bytes,
    };
    let mut splitter = Splitter { bytes, pieces: Vec::new(), open: None, lost: false, batch: None };
    let (mut at, mut line) = (0, 1);
    while let Some((next, end)) = line_at(bytes, at) {
        splitter.line(at, end, line);
        // What follows the 0x1c of a frame on the same line is looked at as well.
        line = if bytes.get(end) == Some(&END) { line } else { line.saturating_add(1) };
        at = next;
    }
    splitter.end(line)
}

/// The end of the line that starts at `at`, and where the next one starts.
fn line_at(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
    let length = rest.iter().position(|b| matches!(*b, b'\r' | b'\n' | END)).unwrap_or(rest.len());
    let end = at.saturating_add(length);
    let width = match rest.get(length..) {
        Some([b'\r', b'\n', ..]) => 2,
        _ => 1,
    };
    Some((end.saturating_add(width), end))
}

struct Open {
    from: usize,
    to: usize,
    line: usize,
    framed: bool,
}

struct Splitter<'a> {
    bytes: &'a [u8],
    pieces: Vec<Piece<'a>>,
    open: Option<Open>,
    /// Text outside of a message was seen and reported.
    lost: bool,
    /// The line of the open BHS, and the messages since then.
    batch: Option<(usize, usize)>,
}

impl<'a> Splitter<'a> {
    fn line(&mut self, from: usize, end: usize, number: usize) {
        let bytes = self.bytes;
        let text = bytes.get(from..end).unwrap_or_default();
        let (framed, text) = match text {
            [START, rest @ ..] => (true, rest),
            _ => (false, text),
        };
        let from = if framed { from.saturating_add(1) } else { from };
        if framed {
            self.close_cut(number);
        }
        match text.get(..3) {
            Some(b"MSH") => self.start(from, end, number, framed),
            Some(b"FHS" | b"BHS" | b"BTS" | b"FTS") if is_envelope(text) => self.envelope(text, number),
            _ if text.iter().all(u8::is_ascii_whitespace) && !framed => {}
            _ => match &mut self.open {
                Some(open) => open.to = end,
                None => self.outside(number),
            },
        }
        if bytes.get(end) == Some(&END) {
            if let Some(open) = &mut self.open {
                open.framed = false;
            }
            self.close(number);
        }
    }

    fn start(&mut self, from: usize, to: usize, line: usize, framed: bool) {
        // Inside of a frame, a second MSH is a second message of the same frame.
        let framed = framed || self.open.as_ref().is_some_and(|open| open.framed);
        if let Some(open) = &mut self.open {
            open.framed = false;
        }
        self.close(line);
        self.lost = false;
        self.open = Some(Open { from, to, line, framed });
        if let Some((_, count)) = &mut self.batch {
            *count = count.saturating_add(1);
        }
    }

    fn close(&mut self, line: usize) {
        let Some(open) = self.open.take() else { return };
        if open.framed {
            return self.problem(open.line, format!("the MLLP frame is cut off at line {line}"));
        }
        let bytes = self.bytes.get(open.from..open.to).unwrap_or_default();
        self.pieces.push(Piece::Message { line: open.line, bytes });
    }

    /// A new frame starts: a message of the last frame that has not ended is cut off.
    fn close_cut(&mut self, line: usize) {
        self.close(line);
        self.lost = false;
    }

    fn envelope(&mut self, text: &[u8], line: usize) {
        self.close(line);
        self.lost = false;
        match text.get(..3) {
            Some(b"BHS") => {
                self.batch_end(line, None);
                self.batch = Some((line, 0));
            }
            Some(b"BTS") => match self.batch.take() {
                Some((_, count)) => self.count(line, count, text),
                None => self.problem(line, "BTS ends a batch that no BHS starts".to_owned()),
            },
            _ => self.batch_end(line, None),
        }
    }

    /// Reports a batch that has no BTS.
    fn batch_end(&mut self, line: usize, end: Option<()>) {
        if let Some((start, _)) = self.batch.take() {
            let at = if end.is_some() { "the end of the file".to_owned() } else { format!("line {line}") };
            self.problem(start, format!("the batch has no BTS before {at}: messages may be missing"));
        }
    }

    /// BTS-1 is the number of messages in the batch, if given.
    fn count(&mut self, line: usize, count: usize, text: &[u8]) {
        let field = text.get(4..).unwrap_or_default();
        let digits: String = field.iter().take_while(|b| b.is_ascii_digit()).map(|b| char::from(*b)).collect();
        if digits.parse::<usize>().is_ok_and(|said| said != count) {
            let said = digits.get(..20).unwrap_or(&digits);
            self.problem(line, format!("BTS-1 says {said} messages, but the batch has {count}"));
        }
    }

    fn outside(&mut self, line: usize) {
        if !self.lost {
            self.lost = true;
            self.problem(line, format!("line {line} is outside of a message: a message starts with MSH"));
        }
    }

    fn problem(&mut self, line: usize, reason: String) {
        self.pieces.push(Piece::Problem { line, reason });
    }

    fn end(mut self, line: usize) -> Vec<Piece<'a>> {
        self.close(line);
        self.batch_end(line, Some(()));
        self.pieces
    }
}

fn is_envelope(text: &[u8]) -> bool {
    text.get(3).is_none_or(u8::is_ascii_punctuation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<String> {
        let show = |piece: Piece| match piece {
            Piece::Message { line, bytes } => format!("{line}={}", String::from_utf8_lossy(bytes).escape_default()),
            Piece::Problem { line, reason } => format!("{line}!{reason}"),
        };
        split(text.as_bytes()).into_iter().map(show).collect()
    }

    #[test]
    fn finds_messages() {
        let table: [(&str, &[&str]); 19] = [
            ("", &[]),
            ("\r\n \n", &[]),
            ("MSH|a\rPID|b\r", &["1=MSH|a\\rPID|b"]),
            ("\u{feff}MSH|a\nPID|b\n\n", &["1=MSH|a\\nPID|b"]),
            ("MSH|a\r\n\r\nPID|b\r\nMSH|c", &["1=MSH|a\\r\\n\\r\\nPID|b", "4=MSH|c"]),
            ("FHS|\nBHS|\nMSH|a\nMSH|b\nBTS|2\nFTS|1", &["3=MSH|a", "4=MSH|b"]),
            ("BHS|\nMSH|a\nBTS|2|", &["2=MSH|a", "3!BTS-1 says 2 messages, but the batch has 1"]),
            ("BHS|\nMSH|a\nBTS\nMSH|b", &["2=MSH|a", "4=MSH|b"]),
            ("BHS|\nMSH|a", &["2=MSH|a", "1!the batch has no BTS before the end of the file: messages may be missing"]),
            ("BHS|\nBHS|\nBTS", &["1!the batch has no BTS before line 2: messages may be missing"]),
            ("BTS|0", &["1!BTS ends a batch that no BHS starts"]),
            ("\x0bMSH|a\rPID|\r\x1c\r", &["1=MSH|a\\rPID|"]),
            ("\x0bMSH|a\x1c\r\n\x0bMSH|b\x1c\r", &["1=MSH|a", "2=MSH|b"]),
            ("\x0bMSH|a\x1c\x0bMSH|b\x1c", &["1=MSH|a", "1=MSH|b"]),
            ("\x0bMSH|a\rSCH|", &["1!the MLLP frame is cut off at line 3"]),
            ("\x0bMSH|a\n\x0bMSH|b\x1c\r", &["1!the MLLP frame is cut off at line 2", "2=MSH|b"]),
            ("PID|1\nPV1|\nMSH|a", &["1!line 1 is outside of a message: a message starts with MSH", "3=MSH|a"]),
            (
                "\x0bMSH|a\x1c\rhello\nMSH|b",
                &["1=MSH|a", "2!line 2 is outside of a message: a message starts with MSH", "3=MSH|b"],
            ),
            ("MSH|a\nBTSX|\n", &["1=MSH|a\\nBTSX|"]),
        ];
        for (text, pieces) in table {
            assert_eq!(read(text), pieces, "{text:?}");
        }
    }

    #[test]
    fn utf_16_is_refused() {
        assert_eq!(split(b"\xff\xfeM\0S\0H\0").len(), 1);
        assert!(matches!(&split(b"\xfe\xff\0M")[..], [Piece::Problem { reason, .. }] if reason.contains("UTF-16")));
    }

    proptest! {
        #[test]
        fn any_bytes_are_split(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            split(&bytes);
        }

        #[test]
        fn every_msh_line_is_seen_once(lines in prop::collection::vec(prop_oneof![
            Just("MSH|"), Just("\x0bMSH|"), Just("PID|"), Just("BHS|"), Just("BTS|"), Just("\x1c"), Just("")], 0..20)) {
            let text = lines.join("\r");
            let seen = split(text.as_bytes()).iter().filter(|piece| match piece {
                Piece::Message { bytes, .. } => bytes.starts_with(b"MSH"),
                Piece::Problem { reason, .. } => reason.contains("frame"),
            }).count();
            prop_assert_eq!(seen, lines.iter().filter(|line| line.contains("MSH")).count());
        }
    }
}
