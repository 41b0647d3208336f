//! The languages that texts can be written in.

use crate::domain::plain_text::{fold, has};

/// A language of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Language {
    /// English as written in the United States.
    #[default]
    English,
    /// Spanish as written in the United States.
    Spanish,
    /// French as written in Canada and France.
    French,
}

impl Language {
    /// All languages, with their codes in the configuration.
    pub(crate) const CODES: [(&'static str, Language); 3] =
        [("en", Language::English), ("es", Language::Spanish), ("fr", Language::French)];

    /// The language's code.
    pub(crate) fn code(self) -> &'static str {
        Language::CODES.iter().find(|(_, l)| *l == self).map_or("en", |(code, _)| code)
    }

    /// The language's name in English, as sent to Annie.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Spanish => "Spanish",
            Language::French => "French",
        }
    }

    /// The language of a cell, if texts can be written in it. Same as [`Language::of_word`].
    pub(crate) fn of_tag(tag: &str) -> Option<Language> {
        Language::of_word(tag)
    }

    /// The language that a tag or words name: `es-MX` (RFC 5646: the first subtag decides), `spa` (ISO 639-2),
    /// `Español`, `Spanish (Mexico)`, `S`. `None` for every other language, for two languages at once, and for
    /// uncertain words such as `no English`. The caller reports this instead of defaulting to English.
    pub(crate) fn of_word(text: &str) -> Option<Language> {
        let folded = fold(text);
        let folded = folded.trim_matches(|c: char| !c.is_alphanumeric());
        letter(folded).or_else(|| of_subtags(folded)).or_else(|| of_words(folded))
    }
}

/// Codes and names of each language, folded: ISO 639-1 and 639-2, abbreviations that front desks use, and its name in
/// the languages that patients and staff speak.
const NAMES: [(Language, &str); 3] = [
    (
        Language::English,
        "en eng engl english ing ingles inglesa anglais anglaise englisch inglese anglophone angloparlante",
    ),
    (
        Language::Spanish,
        "es esp spa sp spn span spanish espanol espanola castellano castellana castilian castillan espagnol espagnole
         espanhol spanisch spagnolo hispanophone hispanohablante hispanoparlante",
    ),
    (
        Language::French,
        "fr fra fre fren frn french francais francaise frances francesa francese franzosisch francophone francofono",
    ),
];

/// Words around a language that do not change it: where it is spoken, and how a front desk describes it.
const BESIDE: &str = "
    language lang speaking speaker speaks speak only preferred prefers prefer primary pref is the
    latin latam america american americas mexico mexican mexicano mexicana spain espana canada canadian canadien
    canadienne quebec quebecois france us usa uk united states kingdom british puerto rico rican international
    latinoamerica latinoamericano latinoamericana estados unidos unis colombia cuba peru argentina chile
    habla hablo hablante solo solamente idioma prefiere lengua parle langue seulement uniquement prefere
";

/// Words saying that a patient does not speak, or hardly speaks, the language after them.
const NOT: &str = "no non not limited little poco poca broken some never pas peu without sin sans";

/// `S`, `E` and `F`, as practice software stores the language.
fn letter(text: &str) -> Option<Language> {
    match text {
        "e" => Some(Language::English),
        "s" => Some(Language::Spanish),
        "f" => Some(Language::French),
        _ => None,
    }
}

/// The language of a tag, from its first subtag.
fn of_subtags(text: &str) -> Option<Language> {
    let mut subtags = text.split(['-', '_']);
    let first = subtags.next()?;
    // Subtags have at most eight characters (RFC 5646, 2.1), and those after the first must not name another language.
    let language = name(first)?;
    let tag = subtags
        .all(|tag| (1..=8).contains(&tag.len()) && name(tag).is_none_or(|named| named == language) && !has(NOT, tag));
    tag.then_some(language)
}

/// The one language that the words name.
fn of_words(text: &str) -> Option<Language> {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty() && !word.contains(|c: char| c.is_ascii_digit()))
        .collect();
    let mut named = None;
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| words[before]).unwrap_or_default();
        let next = words.get(at + 1).filter(|next| next.len() >= 5).and_then(|next| name(next));
        match name(word) {
            _ if has(BESIDE, word) || has(NOT, word) => {}
            // `en español`: a preposition.
            Some(_) if *word == "en" && next.is_some() => {}
            Some(_) if has(NOT, before) => {}
            Some(language) if named.is_none_or(|named| named == language) => named = Some(language),
            _ => return None,
        }
    }
    named
}

/// The language of a code or a name. Accepts a name with one wrong letter.
fn name(word: &str) -> Option<Language> {
    let word = word.replace('\'', "");
    let near = |known: &str| known.len() >= 6 && strsim::damerau_levenshtein(&word, known) <= 1;
    let of = |is: &dyn Fn(&str) -> bool| {
        NAMES.iter().find(|(_, names)| names.split_ascii_whitespace().any(is)).map(|(language, _)| *language)
    };
    of(&|known| known == word).or_else(|| of(&near))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_tags_are_read() {
        for (tag, want) in [
            ("es", Some(Language::Spanish)),
            ("es-MX", Some(Language::Spanish)),
            ("FR_ca", Some(Language::French)),
            ("de", None),
            ("", None),
            ("english", Some(Language::English)),
        ] {
            assert_eq!(Language::of_tag(tag), want, "{tag}");
        }
        assert!(Language::CODES.iter().all(|(code, language)| Language::of_tag(code) == Some(*language)));
    }

    fn each(cells: &str, want: Option<Language>) {
        for cell in cells.split('|').map(|cell| cell.strip_prefix("\n            ").unwrap_or(cell)) {
            assert_eq!(Language::of_word(cell), want, "{cell:?}");
        }
    }

    #[test]
    fn spanish_is_recognized_however_it_is_written() {
        each(
            "es|ES|es-MX|es-419|es_MX|es_US|ES-mx|es-ES|es-ES-tradnl|spa|SPA|esp|Esp.|sp|SPN|span|S|s| S |'es'|\"Spanish\"|
            Spanish|SPANISH|spanish |Español|ESPAÑOL|Espan\u{303}ol|espanol|Espa\u{fffd}ol|Espa?ol|EspaÃ±ol|castellano|
            Castilian|Spanish; Castilian|espagnol|Spansih|Spanis|Spanish (Mexico)|Spanish - Latin America|
            Mexican Spanish|Spanish-speaking|Spanish only|prefers Spanish|habla español|en español|solo español|
            es^Spanish^ISO639|Spanish, no English|Spanish (limited English)",
            Some(Language::Spanish),
        );
    }

    #[test]
    fn french_is_recognized_however_it_is_written() {
        each(
            "fr|FR|fr-CA|fr_ca|fr-FR|fra|fre|Fre|F|French|FRENCH|français|Français|FRANÇAIS|francais|Franc\u{327}ais|
            francés|Frances|French (Canada)|Canadian French|francophone|Frnech|en français",
            Some(Language::French),
        );
    }

    #[test]
    fn english_is_recognized_however_it_is_written() {
        each(
            "en|EN|en-US|en_US|eng|ENG|E|English|ENGLISH|english.|Inglés|ingles|anglais|Englsh|English (US)|
            American English|English only",
            Some(Language::English),
        );
    }

    /// Other languages, none, two at once, and words saying that a patient does not speak one.
    #[test]
    fn an_unknown_language_is_never_english() {
        each(
            "| |-|?|pt-BR|pt|zh|zh-Hans|de|deu|Portuguese|Vietnamese|Danish|Polish|Irish|Finnish|русский|1|X|M|U|
            Creole|Haitian Creole|French Creole|ht|ASL|American Sign Language|other|unknown|N/A|none|null|esl|
            no English|non-English|not English|limited English|English/Spanish|es/en|es, en|en-ES|Sp/Eng|S/E|
            bilingual English and Spanish|English (Vietnamese)|español e inglés",
            None,
        );
    }
}
