//! Takes segments, fields and components apart, and undoes escapes.

use encoding_rs::{Encoding, UTF_8};

use crate::feeds::formats::hl7::patch::Patch;

/// The longest text taken from a message, in characters. The rest is left out.
const MAX_TEXT: usize = 8192;

/// The characters that separate the parts of a message. A message may leave out those it does not use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiters {
    pub field: char,
    pub component: char,
    pub repetition: Option<char>,
    pub escape: Option<char>,
    pub sub: Option<char>,
}

impl Default for Delimiters {
    fn default() -> Delimiters {
        Delimiters { field: '|', component: '^', repetition: Some('~'), escape: Some('\\'), sub: Some('&') }
    }
}

impl Delimiters {
    /// Reads MSH-1 and MSH-2.
    pub(crate) fn read(msh: &[u8]) -> Result<Delimiters, String> {
        let field = *msh.get(3).ok_or("MSH has no field separator (MSH-1)")?;
        let rest = msh.get(4..).unwrap_or_default();
        let encoding: &[u8] = rest.split(|b| *b == field).next().unwrap_or_default();
        let [component, ..] = encoding else {
            return Err("MSH-2 is empty; it must name the delimiters, as in ^~\\&".to_owned());
        };
        if encoding.len() > 5 {
            return Err("MSH-2 is longer than five characters; it must name the delimiters, as in ^~\\&".to_owned());
        }
        let all: Vec<u8> = std::iter::once(field).chain(encoding.iter().copied()).collect();
        if !all.iter().all(|b| b.is_ascii_punctuation() && *b != b'"') {
            return Err("a delimiter in MSH-1 or MSH-2 is a letter, a digit, a quote or not printable".to_owned());
        }
        if all.iter().enumerate().any(|(at, b)| all.iter().take(at).any(|other| other == b)) {
            return Err("two delimiters in MSH-1 and MSH-2 are the same".to_owned());
        }
        let part = |at: usize| encoding.get(at).copied().map(char::from);
        let (field, component) = (char::from(field), char::from(*component));
        Ok(Delimiters { field, component, repetition: part(1), escape: part(2), sub: part(3) })
    }

    /// Text with the delimiters escaped. Without an escape character they become blanks.
    pub(crate) fn escape(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
            let name = match c {
                c if c == self.field => 'F',
                c if c == self.component => 'S',
                c if Some(c) == self.repetition => 'R',
                c if Some(c) == self.escape => 'E',
                c if Some(c) == self.sub => 'T',
                c => {
                    out.push(c);
                    continue;
                }
            };
            match self.escape {
                Some(escape) => out.extend([escape, name, escape]),
                None => out.push(' '),
            }
        }
        out
    }
}

/// How to read the text of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Syntax {
    pub(crate) delimiters: Delimiters,
    pub(crate) encoding: &'static Encoding,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment<'a> {
    pub(crate) name: &'a str,
    line: &'a str,
    syntax: Syntax,
}

impl<'a> Segment<'a> {
    /// Reads a line; `None`: it does not start with a segment name.
    pub(crate) fn read(line: &'a str, syntax: Syntax) -> Option<Segment<'a>> {
        let (name, rest) = line.split_at_checked(3)?;
        let mut bytes = name.bytes();
        let named = bytes.next()?.is_ascii_uppercase() && bytes.all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        let ends = rest.trim_end().is_empty() || rest.starts_with(syntax.delimiters.field);
        (named && ends).then_some(Segment { name, line, syntax })
    }

    /// A field, from 1. MSH-1 is the separator itself, and cannot be read with this.
    pub(crate) fn field(&self, number: usize) -> Field<'a> {
        let skip = if self.name == "MSH" { number.saturating_sub(1) } else { number };
        let raw = self.line.split(self.syntax.delimiters.field).nth(skip).unwrap_or_default();
        Field { raw, syntax: self.syntax }
    }
}

/// A field, or one repetition of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) raw: &'a str,
    syntax: Syntax,
}

impl<'a> Field<'a> {
    /// `Keep` if there is nothing in the field, `Delete` if it is `""`, else the field.
    pub(crate) fn patch(self) -> Patch<Field<'a>> {
        let Delimiters { component, repetition, sub, .. } = self.syntax.delimiters;
        let separates = |c: char| c == component || Some(c) == repetition || Some(c) == sub || c.is_whitespace();
        let mut parts = self.raw.split(separates).filter(|part| !part.is_empty()).peekable();
        if parts.peek().is_none() {
            return Patch::Keep;
        }
        if parts.all(|part| part == "\"\"") { Patch::Delete } else { Patch::Set(self) }
    }

    pub(crate) fn repetitions(self) -> impl Iterator<Item = Field<'a>> {
        let separator = self.syntax.delimiters.repetition;
        let parts = self.raw.split(move |c| Some(c) == separator);
        parts.map(move |raw| Field { raw, syntax: self.syntax })
    }

    fn part(self, number: usize) -> &'a str {
        let Delimiters { component, repetition, .. } = self.syntax.delimiters;
        let first = self.raw.split(|c| Some(c) == repetition).next().unwrap_or_default();
        first.split(component).nth(number.saturating_sub(1)).unwrap_or_default()
    }

    /// A component of the first repetition, from 1: its first subcomponent, on one line. Empty if not given.
    pub(crate) fn text(self, number: usize) -> String {
        let sub = self.syntax.delimiters.sub;
        let raw = self.part(number).split(|c| Some(c) == sub).next().unwrap_or_default();
        let words = unescape(raw, &self.syntax);
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Like `text`, with all subcomponents: of an id, no part may be lost.
    pub(crate) fn whole(self, number: usize) -> String {
        unescape(self.part(number), &self.syntax).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Like `text`, with line breaks kept and subcomponents as they are.
    pub(crate) fn lines(self, number: usize) -> String {
        let text = unescape(self.part(number), &self.syntax);
        text.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_owned()
    }
}

/// Undoes escapes and drops control characters. A `""` is nothing.
fn unescape(raw: &str, syntax: &Syntax) -> String {
    if raw.trim() == "\"\"" {
        return String::new();
    }
    let mut out = String::new();
    let mut rest = raw;
    let mut left = MAX_TEXT;
    let escape = syntax.delimiters.escape;
    while let Some(c) = rest.chars().next().filter(|_| left > 0) {
        left = left.saturating_sub(1);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        let sequence = (Some(c) == escape).then(|| rest.split_once(c)).flatten();
        match sequence.filter(|(name, _)| is_sequence(name)) {
            Some((name, after)) => {
                meaning(name, syntax, &mut out);
                rest = after;
            }
            None => push(&mut out, c),
        }
    }
    out
}

/// An escape sequence has no blanks in it; a lone backslash in a text is just that.
fn is_sequence(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-'))
}

fn push(out: &mut String, c: char) {
    match c {
        '\t' => out.push(' '),
        c if c.is_control() || c == '\u{feff}' => {}
        c => out.push(c),
    }
}

fn meaning(name: &str, syntax: &Syntax, out: &mut String) {
    let Delimiters { field, component, repetition, escape, sub } = syntax.delimiters;
    match name {
        "F" => out.push(field),
        "S" => out.push(component),
        "T" => out.push(sub.unwrap_or('&')),
        "R" => out.push(repetition.unwrap_or('~')),
        "E" => out.extend(escape),
        "P" => out.push('#'),
        _ if name.starts_with(".br") || name.starts_with(".sp") => out.push('\n'),
        _ => {
            if let Some(bytes) = name.strip_prefix('X').and_then(hex) {
                decoded(&bytes, syntax.encoding, out);
            }
        }
    }
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|p| p.len() == 2)?, 16).ok()).collect()
}

fn decoded(bytes: &[u8], encoding: &'static Encoding, out: &mut String) {
    let utf_8 = std::str::from_utf8(bytes).ok().map(str::to_owned);
    let other = || Some(encoding.decode_without_bom_handling(bytes).0.into_owned()).filter(|_| encoding != UTF_8);
    for c in utf_8.or_else(other).unwrap_or_default().chars() {
        match c {
            '\n' => out.push('\n'),
            c => push(out, c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn syntax() -> Syntax {
        Syntax { delimiters: Delimiters::default(), encoding: encoding_rs::WINDOWS_1252 }
    }

    #[test]
    fn reads_delimiters() {
        let ok = |text: &str| Delimiters::read(text.as_bytes());
        assert_eq!(ok("MSH|^~\\&|A"), Ok(Delimiters::default()));
        assert_eq!(ok("MSH|^~\\&#|A"), Ok(Delimiters::default()));
        let custom =
            Delimiters { field: '#', component: '!', repetition: Some('@'), escape: Some('%'), sub: Some('*') };
        assert_eq!(ok("MSH#!@%*#SENDER"), Ok(custom));
        assert_eq!(ok("MSH|^|A").map(|d| (d.repetition, d.escape, d.sub)), Ok((None, None, None)));
        let bad = [
            "MSH",
            "MSH|",
            "MSH||A",
            "MSH|^^\\&|",
            "MSH|a~\\&|",
            "MSHX^~\\&X",
            "MSH|^~\\&#%|",
            "MSH|^~\\\"|",
            "MSH ^~\\& ",
            "MSH|\u{f1}|",
        ];
        for text in bad {
            assert!(ok(text).is_err(), "{text}");
        }
    }

    #[test]
    fn undoes_escapes() {
        let table = [
            (r"Crown \T\ bridge\.br\bring x\S\ray \F\ notes", "Crown & bridge\nbring x^ray | notes"),
            (r"\R\\E\\T\", r"~\&"),
            (r"a\H\b\N\c\Zx9\d\C2842\", "abcd"),
            (r"Nu\XF1\ez \XC3B1\ \X0D0A\x", "Nuñez ñ \nx"),
            (r"\X1\ \XGG\ \X00\", "  "),
            (r"C:\temp and D:\more \F\", r"C:\temp and D:\more |"),
            (r"end\", r"end\"),
            (r"\\", r"\\"),
            ("a\0b\u{7}c\td\u{85}", "abc d"),
            ("\"\"", ""),
            ("say \"\"", "say \"\""),
        ];
        for (raw, want) in table {
            assert_eq!(unescape(raw, &syntax()), want, "{raw}");
        }
        let none = Syntax { delimiters: Delimiters { escape: None, ..Delimiters::default() }, ..syntax() };
        assert_eq!(unescape(r"a\F\b", &none), r"a\F\b");
    }

    #[test]
    fn takes_segments_apart() {
        let pid = Segment::read("PID|1||42^^^X~43|  A&B ^ C  d|\"\"|^\"\"|^^~&", syntax()).unwrap();
        assert_eq!(
            (pid.field(1).text(1), pid.field(3).text(4), pid.field(3).text(9)),
            ("1".into(), "X".into(), "".into())
        );
        assert_eq!(pid.field(3).repetitions().map(|r| r.text(1)).collect::<Vec<_>>(), ["42", "43"]);
        assert_eq!(
            (pid.field(4).text(1), pid.field(4).text(2), pid.field(4).lines(1)),
            ("A".into(), "C d".into(), "A&B".into())
        );
        let kinds = [(2, "keep"), (3, "set"), (5, "delete"), (6, "delete"), (7, "keep"), (99, "keep")];
        for (number, want) in kinds {
            let kind = match pid.field(number).patch() {
                Patch::Keep => "keep",
                Patch::Delete => "delete",
                Patch::Set(_) => "set",
            };
            assert_eq!(kind, want, "{number}");
        }
        assert_eq!(Segment::read("MSH|^~\\&|APP", syntax()).map(|s| s.field(3).text(1)), Some("APP".into()));
        for bad in ["PIDX|1", "PV|1", "pid|1", "1ID|", "P", "", "Pñ|", "and more", "PID^1"] {
            assert!(Segment::read(bad, syntax()).is_none(), "{bad}");
        }
        assert!(Segment::read("ZZ1", syntax()).is_some());
    }

    proptest! {
        #[test]
        fn what_is_escaped_comes_back(text in "[ -~ñ]{0,40}") {
            let text = text.trim_matches('"').to_owned();
            prop_assert_eq!(unescape(&Delimiters::default().escape(&text), &syntax()), text);
        }

        #[test]
        fn any_text_is_taken_apart(text in r"(PID)?[|^~\\&XF0.a\x00-\x1f\PC]{0,60}") {
            if let Some(segment) = Segment::read(&text, syntax()) {
                for field in 0..4 {
                    segment.field(field).patch();
                    prop_assert!(!segment.field(field).text(1).contains('\n'));
                    prop_assert!(!segment.field(field).lines(2).contains(|c: char| c.is_control() && c != '\n'));
                }
            }
        }
    }
}
