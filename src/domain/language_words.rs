//! Words and codes that practice records use for a patient's language.

use super::fold::fold;

/// Each tag with the words that mean it: names in English and in the language itself, and ISO 639 codes.
const LANGUAGES: [(&str, &[&str]); 21] = [
    ("en", &["english", "eng", "engl", "ingles", "inglés", "anglais"]),
    (
        "es",
        &[
            "spanish",
            "spa",
            "esp",
            "span",
            "sp",
            "español",
            "espanol",
            "castellano",
            "castilian",
            "spanish castilian",
            "spanish; castilian",
            "espagnol",
        ],
    ),
    ("fr", &["french", "fra", "fre", "français", "francais", "francés", "frances"]),
    ("pt", &["portuguese", "por", "português", "portugues"]),
    ("zh", &["chinese", "zho", "chi", "mandarin", "mandarin chinese", "chinese mandarin"]),
    ("yue", &["cantonese", "chinese cantonese"]),
    ("vi", &["vietnamese", "vie", "tiếng việt"]),
    ("ko", &["korean", "kor"]),
    ("ja", &["japanese", "jpn"]),
    ("ru", &["russian", "rus"]),
    ("ar", &["arabic", "ara"]),
    ("de", &["german", "deu", "ger", "deutsch"]),
    ("it", &["italian", "ita", "italiano"]),
    ("pl", &["polish", "pol", "polski"]),
    ("tl", &["tagalog", "tgl", "filipino", "fil"]),
    ("ht", &["haitian", "haitian creole", "hat", "creole", "kreyol"]),
    ("hmn", &["hmong"]),
    ("so", &["somali", "som"]),
    ("fa", &["farsi", "persian", "fas", "per"]),
    ("hi", &["hindi", "hin"]),
    ("ase", &["asl", "american sign language", "sign language"]),
];

/// Words that say nothing about the language.
const NOTHING: [&str; 11] = [
    "unknown",
    "declined",
    "declined to specify",
    "decline",
    "refused",
    "not specified",
    "unspecified",
    "n/a",
    "none",
    "other",
    "null",
];

/// What a language cell contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LanguageWord {
    /// A BCP 47 tag.
    Tag(String),
    /// No language: blank, "unknown", "declined".
    Nothing,
    /// A word that is not in the list.
    Unknown,
}

/// Reads a language as practices write it. A tag keeps its region. A single letter is never a language.
pub fn read(cell: &str) -> LanguageWord {
    let word = fold(cell);
    if word.is_empty() || NOTHING.contains(&word.as_str()) {
        return LanguageWord::Nothing;
    }
    let tag = cell.trim().replace('_', "-");
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default().to_ascii_lowercase();
    let known =
        |code: &str| LANGUAGES.iter().find(|(tag, words)| *tag == code || (code.len() == 3 && words.contains(&code)));
    let region: Vec<&str> = parts.collect();
    let regional =
        region.iter().all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if regional
        && !region.is_empty()
        && let Some((code, _)) = known(&primary)
    {
        return LanguageWord::Tag(format!("{code}-{}", region.join("-")));
    }
    let named = LANGUAGES.iter().find(|(tag, words)| *tag == word || words.contains(&word.as_str()));
    // "Spanish (Mexico)", "English - US"
    let first = word.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    let begun = || {
        LANGUAGES.iter().find(|(_, words)| {
            first.len() > 4
                && first != word
                && words.contains(&first)
                && !word.contains('/')
                && !word.contains("and")
                && !word.contains('&')
        })
    };
    match named.or_else(begun) {
        Some((tag, _)) => LanguageWord::Tag((*tag).to_owned()),
        None => LanguageWord::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_and_their_regions_are_recognized() {
        let es = ["es", "ES", "spa", "Spanish", "Español", "esp", "SPANISH", "castellano", "Spanish (Mexico)"];
        for word in es {
            assert_eq!(read(word), LanguageWord::Tag("es".to_owned()), "{word}");
        }
        for (word, tag) in [
            ("es-MX", "es-MX"),
            ("es_MX", "es-MX"),
            ("es-419", "es-419"),
            ("fr-CA", "fr-CA"),
            ("pt-BR", "pt-BR"),
            ("zh", "zh"),
            ("fre", "fr"),
            ("ENG", "en"),
        ] {
            assert_eq!(read(word), LanguageWord::Tag(tag.to_owned()), "{word}");
        }
        for word in ["S", "E", "klingon", "spanish/english", "01"] {
            assert_eq!(read(word), LanguageWord::Unknown, "{word}");
        }
        assert_eq!(read(" "), LanguageWord::Nothing);
        assert_eq!(read("Unknown"), LanguageWord::Nothing);
    }
}
