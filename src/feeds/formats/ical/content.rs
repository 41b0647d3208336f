//! Turns bytes into logical content lines: name, parameters and value.

use std::borrow::Cow;

/// The longest logical line that is read whole.
pub(crate) const LONGEST_LINE: usize = 1 << 20;

/// One content line. The name and the names of the parameters are in upper case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) number: usize,
    pub(crate) name: String,
    pub(crate) params: Vec<(String, Vec<String>)>,
    pub(crate) value: String,
}

impl Line {
    /// The first value of a parameter.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).and_then(|(_, values)| values.first()).map(String::as_str)
    }
}

/// A logical line as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Read {
    Line(Line),
    /// The line is not "NAME:value", or it is too long. What it begins with, in upper case, tells what is lost.
    Bad {
        number: usize,
        begins: String,
        too_long: bool,
    },
}

/// Calls `each` with every logical line that is not blank.
pub(crate) fn for_each_line(bytes: &[u8], mut each: impl FnMut(Read)) {
    let bytes = to_ascii_compatible(bytes);
    let encoding = Encoding::of(&bytes);
    let mut logical: Vec<u8> = Vec::new();
    let mut number = 0;
    let mut too_long = false;
    for (index, physical) in physical_lines(&bytes).enumerate() {
        if let Some(rest) = continuation(physical)
            && number > 0
        {
            too_long |= logical.len().saturating_add(rest.len()) > LONGEST_LINE;
            if !too_long {
                logical.extend_from_slice(rest);
            }
            continue;
        }
        finish(&mut logical, number, too_long, encoding, &mut each);
        number = index.saturating_add(1);
        too_long = physical.len() > LONGEST_LINE;
        logical.extend_from_slice(physical.get(..LONGEST_LINE).unwrap_or(physical));
    }
    finish(&mut logical, number, too_long, encoding, &mut each);
}

fn continuation(physical: &[u8]) -> Option<&[u8]> {
    match physical.split_first() {
        Some((b' ' | b'\t', rest)) => Some(rest),
        _ => None,
    }
}

fn finish(logical: &mut Vec<u8>, number: usize, too_long: bool, encoding: Encoding, each: &mut impl FnMut(Read)) {
    if logical.iter().any(|byte| !byte.is_ascii_whitespace()) {
        let text = encoding.decode(logical);
        let line = if too_long { None } else { parse(&text, number) };
        each(line.map_or_else(
            || Read::Bad { number, begins: text.chars().take(40).collect::<String>().to_ascii_uppercase(), too_long },
            Read::Line,
        ));
    }
    logical.clear();
}

/// UTF-16 files become UTF-8; a byte order mark goes.
fn to_ascii_compatible(bytes: &[u8]) -> Cow<'_, [u8]> {
    match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, length)) if encoding == encoding_rs::UTF_8 => {
            Cow::Borrowed(bytes.get(length..).unwrap_or_default())
        }
        Some((encoding, _)) => match encoding.decode(bytes).0 {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        },
        None => Cow::Borrowed(bytes),
    }
}

fn physical_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let by = if memchr::memchr(b'\n', bytes).is_some() { b'\n' } else { b'\r' };
    bytes.split(move |&byte| byte == by).map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Windows1252,
}

impl Encoding {
    /// Folding may cut a character in two, so only whole lines tell. A file with good and damaged UTF-8 is damaged UTF-8.
    fn of(bytes: &[u8]) -> Self {
        let any_valid = |line: &[u8]| !line.is_ascii() && std::str::from_utf8(line).is_ok();
        if std::str::from_utf8(bytes).is_ok() || physical_lines(bytes).any(any_valid) || bytes.is_ascii() {
            return Self::Utf8;
        }
        let unfolded: Vec<u8> = physical_lines(bytes)
            .flat_map(|line| match continuation(line) {
                Some(rest) => [&b""[..], rest],
                None => [&b"\n"[..], line],
            })
            .flatten()
            .copied()
            .collect();
        if std::str::from_utf8(&unfolded).is_ok() { Self::Utf8 } else { Self::Windows1252 }
    }

    fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes),
            Self::Windows1252 => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
        }
    }
}

fn parse(text: &str, number: usize) -> Option<Line> {
    let text = text.trim_start();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))?;
    let (name, mut rest) = text.split_at_checked(end)?;
    // Some producers put blanks before ":" and ";".
    rest = rest.trim_start_matches([' ', '\t']);
    let mut params = Vec::new();
    while let Some(after) = rest.strip_prefix(';') {
        let (param, remaining) = parameter(after)?;
        params.push(param);
        rest = remaining;
    }
    let value = rest.strip_prefix(':')?;
    if name.is_empty() {
        return None;
    }
    Some(Line { number, name: name.to_ascii_uppercase(), params, value: value.to_owned() })
}

type Parameter = (String, Vec<String>);

fn parameter(text: &str) -> Option<(Parameter, &str)> {
    let (name, mut rest) = text.split_once('=')?;
    let name = name.trim().to_ascii_uppercase();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        return None;
    }
    let mut values = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let (value, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at_checked(rest.find([',', ';', ':'])?)?,
        };
        values.push(decode_carets(value.trim()));
        let after = after.trim_start_matches([' ', '\t']);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.starts_with([';', ':']) => return Some(((name, values), after)),
            None => return None,
        }
    }
}

/// RFC 6868: ^n is a line break, ^' a quote, ^^ a caret.
fn decode_carets(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        let decoded = match (c, chars.peek()) {
            ('^', Some('n')) => Some(' '),
            ('^', Some('\'')) => Some('"'),
            ('^', Some('^')) => Some('^'),
            _ => None,
        };
        if decoded.is_some() {
            chars.next();
        }
        out.push(decoded.unwrap_or(c));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Vec<Read> {
        let mut all = Vec::new();
        for_each_line(bytes, |line| all.push(line));
        all
    }

    fn line(bytes: &[u8]) -> Line {
        match read(bytes).remove(0) {
            Read::Line(line) => line,
            bad => panic!("{bad:?}"),
        }
    }

    #[test]
    fn names_parameters_and_values() {
        for (text, name, params, value) in [
            ("dtstart:20260310", "DTSTART", vec![], "20260310"),
            ("SUMMARY:a:b;c", "SUMMARY", vec![], "a:b;c"),
            ("DTSTART;TZID=\"(UTC-07:00) X, Y\":1", "DTSTART", vec![("TZID", vec!["(UTC-07:00) X, Y"])], "1"),
            ("A;X=1,\"2:3\";Y=:v", "A", vec![("X", vec!["1", "2:3"]), ("Y", vec![""])], "v"),
            ("DTSTART ; TZID = X : 1", "DTSTART", vec![("TZID", vec!["X"])], " 1"),
            ("A;CN=O^'N^^^n:v", "A", vec![("CN", vec!["O\"N^ "])], "v"),
        ] {
            let line = line(text.as_bytes());
            assert_eq!((line.name.as_str(), line.value.as_str()), (name, value), "{text}");
            let params: Vec<(String, Vec<String>)> =
                params.into_iter().map(|(k, v)| (k.to_owned(), v.into_iter().map(str::to_owned).collect())).collect();
            assert_eq!(line.params, params, "{text}");
        }
        for bad in ["no colon", ":x", "A;B:x", "A;X=\"open:1", "A B:x;", "é:1"] {
            assert!(matches!(read(bad.as_bytes()).remove(0), Read::Bad { number: 1, .. }), "{bad}");
        }
    }

    #[test]
    fn folds_line_ends_and_encodings() {
        assert_eq!(line(b"\nA:b\r\n c\r\n\td").value, "bcd");
        assert_eq!(line(b"A:b\r c\rB:1").value, "bc");
        assert_eq!(line(b"\xEF\xBB\xBFA:b").name, "A");
        assert_eq!(line("A:José".as_bytes()).value, "José");
        assert_eq!(line(b"A:Jos\xE9").value, "José");
        assert_eq!(line(b"A:Jos\xC3\n \xA9").value, "José", "a fold may cut a character in two");
        let utf16: Vec<u8> =
            std::iter::once(0xFEFF).chain("A:é".encode_utf16()).flat_map(|unit: u16| unit.to_le_bytes()).collect();
        assert_eq!(line(&utf16).value, "é");
        let mixed = read(b"A:Jos\xC3\xA9\nB:Jos\xE9");
        assert!(matches!(&mixed[1], Read::Line(line) if line.value == "Jos\u{FFFD}"), "{mixed:?}");
    }

    #[test]
    fn a_line_of_more_than_a_mebibyte_is_bad_and_the_next_one_is_read() {
        let long = format!("ATTACH:{}\nA:1", "x".repeat(LONGEST_LINE));
        let folded = format!("ATTACH:\n {}\nA:1", "x\n ".repeat(LONGEST_LINE));
        for text in [long, folded] {
            let lines = read(text.as_bytes());
            assert!(matches!(&lines[0], Read::Bad { too_long: true, begins, .. } if begins.starts_with("ATTACH")));
            assert!(matches!(&lines[1], Read::Line(line) if line.value == "1"));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let lines = read(&bytes);
            prop_assert!(lines.len() <= bytes.len());
        }
    }
}
