//! The languages texts can be written in.

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
    /// All of them with their codes in the configuration.
    pub(crate) const CODES: [(&'static str, Language); 3] =
        [("en", Language::English), ("es", Language::Spanish), ("fr", Language::French)];

    /// Its code.
    pub(crate) fn code(self) -> &'static str {
        Language::CODES.iter().find(|(_, l)| *l == self).map_or("en", |(code, _)| code)
    }

    /// Its name in English, as Annie is told.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Spanish => "Spanish",
            Language::French => "French",
        }
    }

    /// The language of a BCP 47 tag (RFC 5646: the first subtag, in any case; ISO 639-2 codes too), if texts can be
    /// written in it.
    pub(crate) fn of_tag(tag: &str) -> Option<Language> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        match primary.as_str() {
            "en" | "eng" => Some(Language::English),
            "es" | "spa" => Some(Language::Spanish),
            "fr" | "fra" | "fre" => Some(Language::French),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        for (tag, want) in [
            ("es", Some(Language::Spanish)),
            ("es-MX", Some(Language::Spanish)),
            ("FR_ca", Some(Language::French)),
            ("de", None),
            ("", None),
            ("english", None),
        ] {
            assert_eq!(Language::of_tag(tag), want, "{tag}");
        }
        assert!(Language::CODES.iter().all(|(code, language)| Language::of_tag(code) == Some(*language)));
    }
}
