//! Detects a file's encoding: from its first bytes if they show it, otherwise from every line that is not plain ASCII.

use std::borrow::Cow;

use encoding_rs::{MACINTOSH, WINDOWS_1252};

/// The upper half of code page 850, which DOS programs wrote; code page 437 has the same Spanish letters.
const IBM850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// A file's character encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, low byte first: Excel's "Unicode Text".
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Windows code page 1252, and ISO 8859-1 within it.
    Windows1252,
    /// Mac OS Roman: Excel's "CSV (Macintosh)".
    Macintosh,
    /// DOS code page 850.
    Ibm850,
    /// UTF-8 or an 8-bit encoding, not decided yet.
    Undecided,
}

impl Encoding {
    /// The names used in the configuration.
    pub const NAMES: [(&'static str, Encoding); 6] = [
        ("utf-8", Encoding::Utf8),
        ("utf-16le", Encoding::Utf16Le),
        ("utf-16be", Encoding::Utf16Be),
        ("windows-1252", Encoding::Windows1252),
        ("macintosh", Encoding::Macintosh),
        ("ibm850", Encoding::Ibm850),
    ];

    /// The name.
    pub fn name(self) -> &'static str {
        Encoding::NAMES.iter().find(|(_, e)| *e == self).map_or("unknown", |(name, _)| name)
    }

    /// The encoding that the first bytes show, and the length of the byte order mark. Without a mark, UTF-16 is
    /// recognized by its NUL bytes. `None`: the file is binary.
    pub(super) fn from_start(start: &[u8]) -> Option<(Encoding, usize)> {
        match start {
            [0xef, 0xbb, 0xbf, ..] => return Some((Encoding::Utf8, 3)),
            [0xff, 0xfe, ..] => return Some((Encoding::Utf16Le, 2)),
            [0xfe, 0xff, ..] => return Some((Encoding::Utf16Be, 2)),
            _ => {}
        }
        let start = &start[..start.len().min(4096)];
        let nul = |parity: usize| start.iter().skip(parity).step_by(2).filter(|b| **b == 0).count();
        let (even, odd, half) = (nul(0), nul(1), start.len() / 2);
        match () {
            () if even + odd == 0 => Some((Encoding::Undecided, 0)),
            () if half > 0 && odd * 10 >= half * 7 && even * 20 <= half => Some((Encoding::Utf16Le, 0)),
            () if half > 0 && even * 10 >= half * 7 && odd * 20 <= half => Some((Encoding::Utf16Be, 0)),
            // A few NUL bytes are damaged rows; many mean a spreadsheet or an image.
            () if (even + odd) * 50 < start.len() => Some((Encoding::Undecided, 0)),
            () => None,
        }
    }

    /// Decodes one line. Bytes that are not valid in this encoding become U+FFFD.
    pub(super) fn decode<'l>(self, line: &'l [u8], tally: &mut Tally) -> Cow<'l, str> {
        if line.is_ascii() {
            return String::from_utf8_lossy(line);
        }
        match self {
            Encoding::Windows1252 => WINDOWS_1252.decode_without_bom_handling(line).0,
            Encoding::Macintosh => MACINTOSH.decode_without_bom_handling(line).0,
            Encoding::Ibm850 => Cow::Owned(ibm850(line)),
            Encoding::Undecided => match std::str::from_utf8(line) {
                Ok(text) => {
                    tally.utf8 += 1;
                    Cow::Borrowed(text)
                }
                Err(_) => {
                    let text = WINDOWS_1252.decode_without_bom_handling(line).0;
                    tally.other += 1;
                    tally.windows += u64::from(is_plausible(&text));
                    tally.macintosh += u64::from(is_plausible(&MACINTOSH.decode_without_bom_handling(line).0));
                    tally.dos += u64::from(is_plausible(&ibm850(line)));
                    text
                }
            },
            _ => String::from_utf8_lossy(line),
        }
    }
}

fn ibm850(line: &[u8]) -> String {
    let upper: Vec<char> = IBM850.chars().collect();
    line.iter().map(|b| if *b < 128 { char::from(*b) } else { upper[usize::from(*b - 128)] }).collect()
}

/// Counts how many lines fit each encoding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    utf8: u64,
    other: u64,
    windows: u64,
    macintosh: u64,
    dos: u64,
}

impl Tally {
    /// The encoding of a file, once all its lines are counted.
    ///
    /// # Errors
    /// Why the encoding is unclear, in words.
    pub fn decide(&self) -> Result<Encoding, String> {
        let all = |fitting: u64| fitting == self.other;
        match () {
            // A few damaged lines in a UTF-8 file, or a few UTF-8 lines in an 8-bit file, cost only those lines.
            () if self.other * 10 <= self.utf8 => Ok(Encoding::Utf8),
            () if self.utf8 * 10 > self.other => {
                Err(format!("{} lines are UTF-8 and {} are not", self.utf8, self.other))
            }
            () if all(self.windows) => Ok(Encoding::Windows1252),
            () if all(self.macintosh) && !all(self.dos) => Ok(Encoding::Macintosh),
            () if all(self.dos) && !all(self.macintosh) => Ok(Encoding::Ibm850),
            () if self.windows * 10 >= self.other * 9 => Ok(Encoding::Windows1252),
            () => Err("the accented letters do not form words in any of these encodings".to_owned()),
        }
    }
}

/// Whether the non-ASCII characters are placed as in names: no symbol inside a word, no capital after a lower-case
/// letter.
fn is_plausible(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    chars.iter().enumerate().filter(|(_, c)| !c.is_ascii()).all(|(at, c)| {
        let before = at.checked_sub(1).and_then(|i| chars.get(i)).copied().unwrap_or(' ');
        let after = chars.get(at + 1).copied().unwrap_or(' ');
        let inside = before.is_alphabetic() && after.is_alphabetic();
        match c {
            '\u{80}'..='\u{9f}' | '\u{fffd}' => false,
            '’' | '‘' => true,
            c if c.is_uppercase() => !before.is_lowercase(),
            c if c.is_alphabetic() => true,
            '\u{a0}' | '–' | '—' => !(before.is_lowercase() && after.is_lowercase()),
            '“' | '”' | '…' | '·' | '«' | '»' | '°' | '®' | '™' | '©' | '´' => !inside,
            '¿' | '¡' => !before.is_alphabetic(),
            _ => !before.is_alphabetic() && !after.is_alphabetic(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(lines: &[&[u8]]) -> Result<Encoding, String> {
        let mut tally = Tally::default();
        for line in lines {
            Encoding::Undecided.decode(line, &mut tally);
        }
        tally.decide()
    }

    #[test]
    fn the_whole_file_decides_the_encoding() {
        assert_eq!(IBM850.chars().count(), 128);
        assert_eq!(decided(&[b"plain"]), Ok(Encoding::Utf8));
        assert_eq!(decided(&["Zoë".as_bytes()]), Ok(Encoding::Utf8));
        assert_eq!(decided(&[b"Zo\xeb, O\x92Brien", b"N\xfa\xf1ez"]), Ok(Encoding::Windows1252));
        assert_eq!(decided(&[b"Ren\x8ee", b"N\x9c\x96ez", b"Zo\x91"]), Ok(Encoding::Macintosh));
        assert_eq!(decided(&[b"Ren\x82e", b"N\xa3\xa4ez", b"Garc\xa1a"]), Ok(Encoding::Ibm850));
        assert!(decided(&[b"Zo\xeb", "Zoë".as_bytes()]).is_err());
    }

    #[test]
    fn the_first_bytes_show_the_encoding() {
        for (start, want) in [
            (&b"\xef\xbb\xbfa"[..], Some((Encoding::Utf8, 3))),
            (b"\xff\xfea\0", Some((Encoding::Utf16Le, 2))),
            (b"\xfe\xff\0a", Some((Encoding::Utf16Be, 2))),
            (b"a\0b\0c\0d\0", Some((Encoding::Utf16Le, 0))),
            (b"\0a\0b\0c\0d", Some((Encoding::Utf16Be, 0))),
            (b"a,b", Some((Encoding::Undecided, 0))),
            (b"PK\x03\x04\0\0\0\0\0\0", None),
            (b"", Some((Encoding::Undecided, 0))),
        ] {
            assert_eq!(Encoding::from_start(start), want, "{start:?}");
        }
    }
}
