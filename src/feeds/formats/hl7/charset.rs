//! Decides which character set the bytes of a message are in, and decodes them.

use std::borrow::Cow;

use encoding_rs::{BIG5, EUC_KR, Encoding, GB18030, UTF_8, WINDOWS_1252};

enum Claim {
    /// MSH-18 is empty or names ASCII. Bytes beyond ASCII are a fact all the same.
    None,
    Known(&'static Encoding),
    Unknown,
    /// A set that cannot be read here.
    Refused,
}

/// The text of a message, and its encoding. Valid UTF-8 wins over any other claim: no single-byte text looks like it by
/// accident.
pub(crate) fn decode<'a>(bytes: &'a [u8], msh_18: &str) -> Result<(Cow<'a, str>, &'static Encoding), String> {
    let claim = claim(msh_18);
    let name =
        || msh_18.chars().filter(|c| c.is_ascii_alphanumeric() || " -/._".contains(*c)).take(60).collect::<String>();
    if let Claim::Refused = claim {
        return Err(format!("MSH-18 names character set {}, which is not supported; send UTF-8", name()));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let encoding = match claim {
            Claim::Known(encoding) if text.is_ascii() => encoding,
            Claim::None if text.is_ascii() => WINDOWS_1252,
            _ => UTF_8,
        };
        return Ok((Cow::Borrowed(text), encoding));
    }
    let encoding = match claim {
        Claim::Known(encoding) if encoding == UTF_8 => {
            return Err("MSH-18 names UTF-8, but the message is not valid UTF-8".to_owned());
        }
        Claim::Known(encoding) => encoding,
        Claim::None => WINDOWS_1252,
        Claim::Refused | Claim::Unknown => {
            return Err(format!("MSH-18 names character set {}, which is not known; send UTF-8", name()));
        }
    };
    match encoding.decode_without_bom_handling(bytes) {
        (text, false) => Ok((text, encoding)),
        (_, true) => Err(format!("the message has bytes that are not in character set {} (MSH-18)", name())),
    }
}

fn claim(msh_18: &str) -> Claim {
    let plain = |c: char| if matches!(c, '_' | '-' | '/') { ' ' } else { c.to_ascii_lowercase() };
    let spaced: String = msh_18.chars().take(60).map(plain).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let name = words.join(" ");
    match name.as_str() {
        "" | "ascii" | "us ascii" | "iso ir6" | "iso ir 6" => Claim::None,
        "unicode utf 8" | "unicode utf8" | "utf 8" | "utf8" | "unicode" => Claim::Known(UTF_8),
        "gb 18030 2000" | "gb 18030" | "gb18030" => Claim::Known(GB18030),
        "big 5" | "big5" => Claim::Known(BIG5),
        "ks x 1001" => Claim::Known(EUC_KR),
        name if name.contains("utf 16") || name.contains("utf 32") || name.starts_with("iso ir") => Claim::Refused,
        name => {
            let part = ["8859 ", "iso 8859 ", "iso8859 "].iter().find_map(|start| name.strip_prefix(start));
            let label = part.map_or_else(|| words.join("-"), |part| format!("iso-8859-{part}"));
            match Encoding::for_label(label.as_bytes()) {
                Some(encoding) if encoding.is_ascii_compatible() => Claim::Known(encoding),
                Some(_) => Claim::Refused,
                None => Claim::Unknown,
            }
        }
    }
}

/// Text as bytes of an encoding; `?` for all that is not ASCII if a part cannot be written in it.
pub(crate) fn encode(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    match encoding.encode(text) {
        (bytes, _, false) => bytes.into_owned(),
        (_, _, true) => text.chars().map(|c| u8::try_from(c).ok().filter(u8::is_ascii).unwrap_or(b'?')).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decides_the_character_set() {
        let table: [(&[u8], &str, Result<&str, &str>); 22] = [
            (b"Nu\xf1ez", "8859/1", Ok("Nuñez")),
            (b"Nu\xf1ez", "ISO-8859-1", Ok("Nuñez")),
            (b"Nu\xf1ez", "ISO 8859/1", Ok("Nuñez")),
            (b"Nu\xf1ez", "", Ok("Nuñez")),
            (b"Nu\xf1ez", "ASCII", Ok("Nuñez")),
            (b"Nu\xf1ez", "windows-1252", Ok("Nuñez")),
            (b"\xb3", "8859/2", Ok("ł")),
            (b"\xb3", "WINDOWS-1250", Ok("ł")),
            (b"\xa4", "8859/15", Ok("€")),
            (b"\xd0", "8859/9", Ok("Ğ")),
            ("Nuñez".as_bytes(), "8859/1", Ok("Nuñez")),
            ("Nuñez".as_bytes(), "UNICODE UTF-8", Ok("Nuñez")),
            ("Nuñez".as_bytes(), "", Ok("Nuñez")),
            ("Nuñez".as_bytes(), "KLINGON", Ok("Nuñez")),
            (b"\xb0\xa1", "KS X 1001", Ok("가")),
            (b"\x81\x30\x81\x30", "GB 18030-2000", Ok("\u{80}")),
            (b"Nu\xf1ez", "UNICODE UTF-8", Err("MSH-18 names UTF-8, but the message is not valid UTF-8")),
            (b"Nu\xf1ez", "KLINGON", Err("KLINGON, which is not known")),
            (b"Nu", "UNICODE UTF-16", Err("not supported")),
            (b"Nu", "ISO IR87", Err("not supported")),
            (b"Nu", "utf-16", Err("not supported")),
            (b"\xa5", "8859/3", Err("bytes that are not in character set")),
        ];
        for (bytes, claim, want) in table {
            match (decode(bytes, claim), want) {
                (Ok((text, _)), Ok(want)) => assert_eq!(text, want, "{claim}"),
                (Err(reason), Err(part)) => assert!(reason.contains(part), "{claim}: {reason}"),
                (got, want) => panic!("{bytes:?} {claim}: {got:?}, not {want:?}"),
            }
        }
        for part in (1..=16).filter(|part| *part != 12 && *part != 9 && *part != 11) {
            assert!(
                decode(b"\xff\xc0", &format!("8859/{part}")).is_ok() || part == 6 || part == 7 || part == 8,
                "{part}"
            );
        }
    }

    #[test]
    fn encodes_what_it_can() {
        assert_eq!(encode("ñ", WINDOWS_1252), b"\xf1");
        assert_eq!(encode("ñł", WINDOWS_1252), b"??");
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_have_a_reason(bytes in prop::collection::vec(any::<u8>(), 0..60), name in ".{0,20}") {
            if let Err(reason) = decode(&bytes, &name) {
                prop_assert!(!reason.is_empty() && reason.chars().count() < 200);
            }
        }
    }
}
