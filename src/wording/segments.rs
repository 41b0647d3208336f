//! What a text costs: its SMS segments (3GPP TS 23.038 and 23.040), and the characters that make it cost more.

/// How a text is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Seven bits per character: 160 in one segment, 153 in each of several.
    Gsm7,
    /// Sixteen bits per unit, because of a character outside the GSM alphabet: 70 in one segment, 67 in each of
    /// several.
    Ucs2,
}

/// What a text costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// How it is encoded.
    pub encoding: Encoding,
    /// How many segments the practice pays for.
    pub segments: usize,
    /// The characters outside the GSM alphabet, each once, in order.
    pub foreign: Vec<char>,
}

/// The GSM 7-bit default alphabet (3GPP TS 23.038 section 6.2.1), besides letters without marks, digits and the space.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// Its extension table (section 6.2.1.1): each of these takes an escape and itself.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// What a text costs.
pub fn cost(text: &str) -> Cost {
    let foreign = foreign_characters(text);
    let encoding = if foreign.is_empty() { Encoding::Gsm7 } else { Encoding::Ucs2 };
    let segments = match encoding {
        Encoding::Gsm7 => segments(text.chars().map(|c| septets(c).unwrap_or(1)), 160, 153),
        Encoding::Ucs2 => segments(text.chars().map(char::len_utf16), 70, 67),
    };
    Cost { encoding, segments, foreign }
}

/// The segments for characters of these lengths: all in one, or several, each of which loses room to the header that puts
/// them together (3GPP TS 23.040 section 9.2.3.24.1). No character is split.
fn segments(lengths: impl Iterator<Item = usize> + Clone, alone: usize, of_several: usize) -> usize {
    let whole: usize = lengths.clone().sum();
    if whole <= alone {
        return usize::from(whole > 0);
    }
    let (mut segments, mut used) = (1, 0);
    for length in lengths {
        if used + length > of_several {
            segments += 1;
            used = 0;
        }
        used += length;
    }
    segments
}

/// How many septets a character takes; `None`: it is not in the GSM alphabet.
fn septets(c: char) -> Option<usize> {
    match c {
        _ if c.is_ascii_alphanumeric() || c == ' ' || BASIC.contains(c) => Some(1),
        _ if EXTENDED.contains(c) => Some(2),
        _ => None,
    }
}

/// What a text costs now, and what it would cost with plain letters and marks instead of those outside the GSM
/// alphabet, if that is less.
pub(crate) fn plainer(text: &str) -> Option<(Cost, Cost)> {
    let now = cost(text);
    let plain: String = text.chars().map(|c| if is_gsm(c) { c } else { plain_form(c).unwrap_or(c) }).collect();
    let then = cost(&plain);
    (then.segments < now.segments).then_some((now, then))
}

fn foreign_characters(text: &str) -> Vec<char> {
    let mut foreign = Vec::new();
    for c in text.chars().filter(|c| !is_gsm(*c)) {
        if !foreign.contains(&c) {
            foreign.push(c);
        }
    }
    foreign
}

fn is_gsm(c: char) -> bool {
    septets(c).is_some()
}

/// The plain mark or letter that people read as the same.
fn plain_form(c: char) -> Option<char> {
    Some(match c {
        '\u{2018}' | '\u{2019}' | '\u{02bc}' | '`' | '\u{00b4}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{00ab}' | '\u{00bb}' => '"',
        '\u{2010}'..='\u{2015}' => '-',
        '\u{00a0}' | '\u{202f}' | '\u{2009}' => ' ',
        'á' | 'â' | 'ã' => 'a',
        'Á' | 'Â' | 'À' | 'Ã' => 'A',
        'ê' | 'ë' => 'e',
        'Ê' | 'È' | 'Ë' => 'E',
        'í' | 'î' | 'ï' => 'i',
        'Í' | 'Î' | 'Ï' => 'I',
        'ó' | 'ô' | 'õ' => 'o',
        'Ó' | 'Ô' | 'Õ' => 'O',
        'ú' | 'û' => 'u',
        'Ú' | 'Û' => 'U',
        'ç' => 'c',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_counted_correctly_at_their_limits() {
        for (text, encoding, segments) in [
            ("x".repeat(160), Encoding::Gsm7, 1),
            ("x".repeat(161), Encoding::Gsm7, 2),
            ("x".repeat(306), Encoding::Gsm7, 2),
            ("x".repeat(307), Encoding::Gsm7, 3),
            (format!("{}€", "x".repeat(158)), Encoding::Gsm7, 1),
            (format!("{}€", "x".repeat(159)), Encoding::Gsm7, 2),
            (format!("{}’", "x".repeat(69)), Encoding::Ucs2, 1),
            (format!("{}’", "x".repeat(70)), Encoding::Ucs2, 2),
            (String::new(), Encoding::Gsm7, 0),
        ] {
            let cost = cost(&text);
            assert_eq!((cost.encoding, cost.segments), (encoding, segments), "{} characters", text.chars().count());
        }
    }

    #[test]
    fn one_curly_quote_doubles_the_number_of_segments() {
        let text = format!("It’s time. {}", "x".repeat(100));
        let (now, then) = plainer(&text).unwrap();
        assert_eq!((now.segments, then.segments, now.foreign.as_slice()), (2, 1, ['’'].as_slice()));
        assert_eq!(plainer("It's time."), None);
        assert_eq!(plainer(&format!("Ζωή {}", "x".repeat(100))), None, "Greek has no plainer form");
    }
}
