//! Cleans patients' names, and splits a cell that holds the whole name.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use crate::domain::fold::{fold, is_invisible};

/// The longest name Annie accepts.
const LONGEST: usize = 100;

/// What systems write when they have no name.
const NOTHING: [&str; 16] = [
    "null",
    "(null)",
    "[null]",
    "<null>",
    "n/a",
    "na/",
    "\\n",
    "none",
    "nil",
    "undefined",
    "nan",
    "#n/a",
    "unknown",
    "tbd",
    "not provided",
    "no name",
];

/// The result of cleaning a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cleaned {
    /// The name; `None`: the cell does not hold one.
    pub name: Option<String>,
    /// How many invisible or control characters were dropped.
    pub dropped: usize,
    /// Whether the cell holds something that is not a name, so that it was left out.
    pub unreadable: bool,
}

/// Which part of the name a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Null is not a first name; programs write it for an empty value.
    First,
    /// Null and None are real family names.
    Last,
}

/// Cleans a first or last name: NFC, no invisible or control characters, single spaces, no words that mean "empty".
pub(super) fn clean(cell: &str, part: Part) -> Cleaned {
    let mut dropped = 0;
    let repaired = repaired(cell);
    let cell = repaired.as_ref();
    // Letters of another encoding that became control characters are lost.
    let lost = cell.chars().any(|c| ('\u{80}'..='\u{9f}').contains(&c));
    let beside = cell.contains(['(', '[', '"', '“', '\'']) && !NOTHING.contains(&fold(cell).as_str());
    let cell = if beside { Cow::Owned(without_nicknames(cell)) } else { Cow::Borrowed(cell) };
    let kept: String = cell
        .nfc()
        .filter_map(|c| match c {
            c if c.is_whitespace() => Some(' '),
            c if c.is_control() || is_invisible(c) => {
                dropped += 1;
                None
            }
            c => Some(c),
        })
        .collect();
    let text = kept.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let text = text.strip_prefix('\'').filter(|rest| !rest.contains('\'')).unwrap_or(&text).trim();
    // "Dr. Ana" in a column of first names.
    let text = match (part, text.split_once(' ')) {
        (Part::First, Some((title, rest))) if title.ends_with('.') && is_title(title) => rest.trim(),
        _ => text,
    };
    let folded = fold(text);
    let stands_for_nothing = match part {
        Part::First => NOTHING.contains(&folded.as_str()),
        Part::Last => NOTHING.contains(&folded.as_str()) && !matches!(folded.as_str(), "null" | "none" | "nil"),
    };
    if !text.chars().any(char::is_alphabetic) || stands_for_nothing {
        return Cleaned { name: None, dropped, unreadable: false };
    }
    if lost || is_garbled(text) || text.encode_utf16().count() > LONGEST {
        return Cleaned { name: None, dropped, unreadable: true };
    }
    Cleaned { name: Some(text.to_owned()), dropped, unreadable: false }
}

/// A text that was UTF-8 and was then read as Windows-1252, as it was: "JosÃ©" is José.
///
/// Only a text that is valid UTF-8 as a whole is repaired. No name is written that way on purpose.
pub(super) fn repaired(text: &str) -> Cow<'_, str> {
    let encoded = match text.is_ascii() {
        true => return Cow::Borrowed(text),
        false => encoding_rs::WINDOWS_1252.encode(text),
    };
    let (bytes, _, lossy) = encoded;
    match String::from_utf8(bytes.into_owned()) {
        Ok(repaired) if !lossy => Cow::Owned(repaired),
        _ => Cow::Borrowed(text),
    }
}

/// Whether a text is damaged (letters lost, or decoded with the wrong encoding) or is code.
pub(super) fn is_garbled(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let lost = chars.iter().enumerate().any(|(at, c)| {
        let beside = |index: Option<usize>| index.and_then(|i| chars.get(i)).is_some_and(|c| c.is_alphabetic());
        *c == '\u{fffd}' || (*c == '?' && (beside(at.checked_sub(1)) || beside(Some(at + 1))))
    });
    // UTF-8 decoded as Windows-1252: "JosÃ©", "Oâ€™Brien", "Nguyá»…n".
    let twice = chars.windows(2).any(|pair| {
        let continued = |c: char| matches!(c, '\u{80}'..='\u{bf}' | 'Œ' | 'œ' | 'Š' | 'š' | 'Ž' | 'ž' | 'Ÿ' | 'ƒ' | 'ˆ' | '˜' | '–' | '—' | '‘' | '’' | '‚' | '“' | '”' | '„' | '†' | '‡' | '•' | '…' | '‰' | '‹' | '›' | '€' | '™');
        matches!(pair, ['Ã' | 'Â' | 'Å' | 'Ä' | 'á' | 'â', second] if continued(*second) && !matches!(*second, '’' | '‘' | '–' | '—' | '”'))
    });
    let code = text.contains(['{', '}', '<', '>', '|', '=', '%', '^', '~', '"']) || text.contains("://");
    lost || twice || code
}

/// Whether a cell holds the word that databases write for an empty value.
pub(super) fn is_null(cell: &str) -> bool {
    matches!(fold(cell).as_str(), "null" | "(null)" | "[null]" | "<null>" | "\\n" | "none" | "nil")
}

/// Whether any part of a whole name is damaged, so that no part of it is trusted.
pub(super) fn is_damaged(cell: &str) -> bool {
    let cell = without_nicknames(&repaired(cell));
    cell.chars().any(|c| ('\u{80}'..='\u{9f}').contains(&c)) || is_garbled(&cell)
}

/// The rest of a name cell that says that the visit is off: `CANCELLED: Ana Lee`, `CXL - Lee, Ana`, `*NO SHOW* Lee`.
pub(super) fn called_off(cell: &str) -> Option<&str> {
    const OFF: [&str; 9] =
        ["cancelled", "canceled", "cxl", "cxld", "cancelado", "cancelada", "annulé", "abgesagt", "no show"];
    let marks = ['*', '[', '(', '#', ' '];
    let text = cell.trim_start_matches(marks);
    let word = OFF.iter().find(|word| text.get(..word.len()).is_some_and(|begin| begin.to_lowercase() == **word))?;
    let rest = text.get(word.len()..)?;
    // "Cancellara" is a name; "Cxl Lee" is not written.
    let ends = rest.trim_start().starts_with([':', '-', '–', '—', ')', ']', '*', '/']);
    ends.then(|| rest.trim_start_matches([':', '-', '–', '—', ')', ']', '*', '/', ' ']))
}

/// A first name without the last name behind it.
pub(super) fn without_last<'n>(given: &'n str, last: Option<&str>) -> &'n str {
    let Some((first, end)) = last.and_then(|last| given.split_at_checked(given.len().checked_sub(last.len())?)) else {
        return given;
    };
    let is_last = first.ends_with(' ') && !first.trim().is_empty() && last.is_some_and(|last| fold(last) == fold(end));
    if is_last { first.trim() } else { given }
}

/// Which name comes first in a cell without a comma.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// `Maria Rossi`.
    #[default]
    FirstLast,
    /// `Rossi Maria`.
    LastFirst,
    /// The last name is the one in capitals: `MARTIN Hélène`.
    Capitals,
}

/// Whether a name without a comma begins with a word in capitals, and does not end with one; `None` if it has one word or
/// a comma.
pub(crate) fn begins_in_capitals(cell: &str) -> Option<bool> {
    let mut words = cell.split_whitespace();
    (!cell.contains(',') && words.next().is_some() && words.next().is_some()).then(|| capitals(cell).is_some())
}

/// The words in capitals at the beginning of a name whose last word is not in capitals.
fn capitals(name: &str) -> Option<&str> {
    let in_capitals = |word: &str| {
        let letters = || word.chars().filter(|c| c.is_alphabetic());
        letters().count() > 1 && letters().all(char::is_uppercase)
    };
    let ends_small = name.split_whitespace().next_back().is_some_and(|word| word.chars().any(char::is_lowercase));
    let mut end = 0;
    for word in name.split_whitespace().take_while(|word| in_capitals(word)) {
        end = word.as_ptr() as usize - name.as_ptr() as usize + word.len();
    }
    (end > 0 && ends_small).then(|| &name[..end])
}

/// `Rossi Maria`, `De Luca Giovanni`: a small word at the beginning belongs to the one after it.
fn last_first(name: &str) -> (String, String) {
    const PARTICLES: [&str; 22] = [
        "de", "del", "della", "di", "da", "dos", "das", "do", "la", "le", "lo", "van", "von", "vom", "zu", "der",
        "den", "ten", "ter", "el", "al", "mc",
    ];
    let words: Vec<&str> = name.split_whitespace().collect();
    let small = words.iter().take_while(|word| PARTICLES.contains(&word.to_lowercase().as_str())).count();
    // The last word is the first name, unless it is the only one.
    let last = (small + 1).min(words.len().saturating_sub(1)).max(1);
    let (last, first) = words.split_at_checked(last).unwrap_or((&words, &[]));
    (first.join(" "), last.join(" "))
}

/// Splits a cell that holds the whole name into first and last name.
///
/// `Last, First M. Jr.` is recognized by its comma. Without a comma the first word is the first name: there is no way
/// to know which of several given names a person goes by, and the whole name is the same either way.
pub(super) fn split(cell: &str, order: Order) -> (String, String) {
    let cell = without_nicknames(&repaired(cell));
    let mut parts: Vec<&str> = cell.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    // "Lee, Ann, Jr." and "Lee, Jr., Ann"
    let mut suffix = None;
    if parts.len() > 1
        && let Some(at) = parts.iter().skip(1).position(|part| is_suffix(part))
    {
        suffix = Some(parts.remove(at + 1));
    }
    let (first, last) = match parts.as_slice() {
        [] => (String::new(), String::new()),
        [one] => match (order, capitals(one)) {
            (Order::Capitals | Order::LastFirst, Some(last)) => (one[last.len()..].trim().to_owned(), last.to_owned()),
            (Order::LastFirst, None) => last_first(one),
            _ => by_words(one),
        },
        [last, first @ ..] => (first.join(" "), (*last).to_owned()),
    };
    let (mut given, mut tail): (Vec<&str>, Option<String>) =
        (first.split_whitespace().collect(), suffix.map(str::to_owned));
    // "Lee, Ann M. Jr."
    if parts.len() > 1 && given.len() > 1 && given.last().is_some_and(|word| is_suffix(word)) {
        tail = tail.or_else(|| given.last().map(|word| (*word).to_owned()));
        given.pop();
    }
    while given.len() > 1 && given.first().is_some_and(|word| is_title(word)) {
        given.remove(0);
    }
    if given.len() > 1 && given.first().is_some_and(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1) {
        given.retain_initials();
    }
    let last = match tail {
        Some(tail) if !last.is_empty() => format!("{last} {tail}"),
        _ => last,
    };
    (given.join(" "), last)
}

trait Initials {
    /// Drops initials at the end: "Ann M." goes by Ann.
    fn retain_initials(&mut self);
}

impl Initials for Vec<&str> {
    fn retain_initials(&mut self) {
        while self.len() > 1 && self.last().is_some_and(|word| is_initial(word)) {
            self.pop();
        }
    }
}

fn is_initial(word: &str) -> bool {
    let letters = word.trim_end_matches('.');
    letters.len() == 1 && letters.bytes().all(|b| b.is_ascii_alphabetic())
}

fn by_words(name: &str) -> (String, String) {
    let mut words: Vec<&str> = name.split_whitespace().collect();
    while words.len() > 2 && words.first().is_some_and(|word| is_title(word)) {
        words.remove(0);
    }
    // Nobody goes by a single letter.
    // "Tom & Linda Voisine"
    if words.len() > 3 && words.get(1).is_some_and(|word| matches!(*word, "&" | "and" | "y" | "et" | "und")) {
        let (first, last) = words.split_at(3);
        return (first.join(" "), last.join(" "));
    }
    let is_letter = words.first().is_some_and(|word| word.chars().count() == 1);
    let given = if words.len() > 2 && (is_letter || is_double(&words)) { 2 } else { 1 };
    let (first, mut last) = words.split_at(given.min(words.len()));
    // "Ana M. Lee": the initial is neither.
    while given == 1 && last.len() > 1 && last.first().is_some_and(|word| is_initial(word)) && !is_suffix(last[1]) {
        last = &last[1..];
    }
    (first.join(" "), last.join(" "))
}

/// Whether the first two of several words are one usual first name: `Mary Ann Yoder`.
fn is_double(words: &[&str]) -> bool {
    const DOUBLE: [&str; 24] = [
        "mary ann",
        "mary anne",
        "mary beth",
        "mary jo",
        "mary kay",
        "mary lou",
        "mary sue",
        "mary jane",
        "mary ellen",
        "mary kate",
        "mary pat",
        "jo ann",
        "jo anne",
        "jo ellen",
        "betty jo",
        "betty lou",
        "billy joe",
        "billy bob",
        "bobby joe",
        "jim bob",
        "anna marie",
        "ann marie",
        "rose marie",
        "sue ellen",
    ];
    matches!(words, [first, second, ..] if DOUBLE.contains(&fold(&format!("{first} {second}")).as_str()))
}

fn is_suffix(word: &str) -> bool {
    let word = word.trim_end_matches('.').to_lowercase();
    matches!(word.as_str(), "jr" | "sr" | "ii" | "iii" | "iv" | "jnr" | "snr" | "esq" | "md" | "phd")
}

fn is_title(word: &str) -> bool {
    let dotless = word.trim_end_matches('.').to_lowercase();
    matches!(
        dotless.as_str(),
        "mr" | "mrs"
            | "ms"
            | "miss"
            | "dr"
            | "mx"
            | "sra"
            | "srta"
            | "master"
            | "mstr"
            | "prof"
            | "professor"
            | "rev"
            | "reverend"
            | "frau"
            | "herr"
            | "mme"
            | "mlle"
    ) || word.eq_ignore_ascii_case("sr.")
}

/// Removes `(Bob)`, `[Bob]` and `"Bob"` between the names. Any other quotation mark is kept and marks the name as damaged.
fn without_nicknames(cell: &str) -> String {
    let chars: Vec<char> = cell.chars().collect();
    let mut kept = String::with_capacity(cell.len());
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        let closing = match c {
            '(' => Some(')'),
            '[' => Some(']'),
            '"' => Some('"'),
            '“' => Some('”'),
            // "Lowe, 'Fran' Frances"; an apostrophe in a name stands after a letter.
            '\'' => Some('\''),
            _ => None,
        };
        let begins = at == 0 || chars.get(at - 1).is_some_and(|c| c.is_whitespace());
        let end = closing.filter(|_| begins).and_then(|closing| chars.iter().skip(at + 1).position(|c| *c == closing));
        let end = end.map(|length| at + 1 + length).filter(|end| {
            let ends = chars.get(end + 1).is_none_or(|c| c.is_whitespace() || *c == ',');
            let inner = chars.get(at + 1..*end).unwrap_or_default();
            ends && !inner.iter().any(|c| matches!(c, ',' | '"' | '(' | '[')) && inner.iter().any(|c| c.is_alphabetic())
        });
        match end {
            Some(end) => at = end + 1,
            None => {
                kept.push(*c);
                at += 1;
            }
        }
    }
    // If there is only a nickname, it is the name.
    if kept.trim().is_empty() { cell.replace(['"', '(', ')', '[', ']', '“', '”'], " ") } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_say_that_the_visit_is_off() {
        for (cell, rest) in [
            ("CANCELLED: Ana Lee", Some("Ana Lee")),
            ("CXL - Lee, Ana", Some("Lee, Ana")),
            ("*No Show* Ana Lee", Some("Ana Lee")),
            ("Cancellara, Ana", None),
            ("Ana Lee", None),
            ("Cancelled", None),
        ] {
            assert_eq!(called_off(cell), rest, "{cell}");
        }
    }

    #[test]
    fn a_name_in_one_cell_is_split_into_first_and_last_name() {
        for (cell, first, last) in [
            ("Lee, Ana", "Ana", "Lee"),
            ("Ana Lee", "Ana", "Lee"),
            ("Van Der Berg, Mary Kate", "Mary Kate", "Van Der Berg"),
            ("Brown Jr., Wei", "Wei", "Brown Jr."),
            ("Lee, Ann M. Jr.", "Ann", "Lee Jr."),
            ("Lee, Ann, Jr.", "Ann", "Lee Jr."),
            ("Lee, Jr., Ann", "Ann", "Lee Jr."),
            ("Lee, X Æ", "X Æ", "Lee"),
            ("X AE Van Der Berg", "X AE", "Van Der Berg"),
            ("Mary Kate Oster", "Mary Kate", "Oster"),
            ("Maria Luisa Gomez", "Maria", "Luisa Gomez"),
            ("MARY ANN YODER", "MARY ANN", "YODER"),
            ("Mary Ann", "Mary", "Ann"),
            ("Ann Brown Jr.", "Ann", "Brown Jr."),
            ("Mr. John Smith", "John", "Smith"),
            ("Tom & Linda Voisine", "Tom & Linda", "Voisine"),
            ("Ana y Garcia", "Ana", "Garcia"),
            ("Smith, Robert \"Bob\"", "Robert", "Smith"),
            ("Lowe, 'Fran' Frances", "Frances", "Lowe"),
            ("Smith, Robert (Bob)", "Robert", "Smith"),
            ("(Bob)", "Bob", ""),
            ("MacAvoy, Elizabeth J. [Liz]", "Elizabeth", "MacAvoy"),
            ("Marisol [Mari] Cruz", "Marisol", "Cruz"),
            ("Cher", "Cher", ""),
            ("", "", ""),
            ("O'Neil, Noah", "Noah", "O'Neil"),
        ] {
            assert_eq!(split(cell, Order::FirstLast), (first.to_owned(), last.to_owned()), "{cell}");
        }
        for (cell, first, last) in [
            ("MARTIN H\u{e9}l\u{e8}ne", "H\u{e9}l\u{e8}ne", "MARTIN"),
            ("DE LA TOUR Jean-Baptiste", "Jean-Baptiste", "DE LA TOUR"),
            ("Jean MARTIN", "Jean", "MARTIN"),
            ("MARTIN", "MARTIN", ""),
        ] {
            assert_eq!(split(cell, Order::Capitals), (first.to_owned(), last.to_owned()), "{cell}");
        }
        for (cell, first, last) in [
            ("Rossi Maria", "Maria", "Rossi"),
            ("De Luca Giovanni", "Giovanni", "De Luca"),
            ("Rossi, Maria", "Maria", "Rossi"),
            ("ROSSI MARIA LUISA", "MARIA LUISA", "ROSSI"),
            ("Di Maria", "Maria", "Di"),
        ] {
            assert_eq!(split(cell, Order::LastFirst), (first.to_owned(), last.to_owned()), "{cell}");
        }
    }

    #[test]
    fn names_are_cleaned_and_damaged_names_are_rejected() {
        let name = |cell, part| clean(cell, part).name;
        assert_eq!(name("Dr. Sieglinde", Part::First).as_deref(), Some("Sieglinde"));
        assert_eq!(name("Dr.", Part::First).as_deref(), Some("Dr."));
        for cell in ["NULL", "N/A", "\\N", "None", "-", "?", " ", "\u{200b}", "."] {
            assert_eq!(name(cell, Part::First), None, "{cell}");
        }
        assert_eq!(name("[null]", Part::Last), None);
        assert_eq!(name("Null", Part::Last).as_deref(), Some("Null"));
        assert_eq!(name("True", Part::Last).as_deref(), Some("True"));
        assert_eq!(name("Zoe\u{301}", Part::First).as_deref(), Some("Zoé"));
        assert_eq!(
            clean("\u{202e}Evil", Part::First),
            Cleaned { name: Some("Evil".to_owned()), dropped: 1, unreadable: false }
        );
        assert_eq!(name("Robert \"Bob\"", Part::First).as_deref(), Some("Robert"));
        for cell in
            ["\"Liam", "Jo\"s\"é", "Ã\u{98}ster", "Jos?", "Jos\u{fffd}", "{{ practice.name }}", "http://x.y", "%s x"]
        {
            assert!(clean(cell, Part::First).unreadable, "{cell}");
        }
        // UTF-8 that was read as Windows-1252.
        for (cell, want) in [("JosÃ©", "José"), ("Oâ€™Brien", "O’Brien"), ("ZoÃ«", "Zoë"), ("Nguyá»…n", "Nguyễn")]
        {
            assert_eq!(name(cell, Part::First).as_deref(), Some(want), "{cell}");
        }
        assert_eq!(split("IbÃ¡Ã±ez, JosÃ©", Order::FirstLast), ("José".to_owned(), "Ibáñez".to_owned()));
        assert!(clean("JosÃ© Nuñez", Part::First).unreadable, "only part of it is garbled");
        for cell in [
            "José",
            "O’Brien",
            "X Æ",
            "Núñez",
            "Ângela",
            "Nguyễn",
            "Øster",
            "D'Andre",
            "Li-Wei",
            "Ana  Maria",
            "ÂNGELA",
        ] {
            assert!(clean(cell, Part::First).name.is_some(), "{cell}");
        }
    }
}
