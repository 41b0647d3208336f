//! Small newtypes over text, so that an appointment id cannot be mistaken for a patient id.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&crate::domain::shown::shown(&self.0))
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $name(text.to_owned())
            }
        }
    };
}

id_type!(
    /// The practice software's id of an appointment; sent as `appointmentInfo.appointmentId`.
    AppointmentId
);
id_type!(
    /// The practice software's id of a patient; sent as `patientInfo.patientId`.
    PatientId
);
id_type!(
    /// The name of a `[[rule]]`. Identifies which reminders were already sent.
    RuleName
);
id_type!(
    /// The name of an API key in the ledger: `default` for the practice's own key, or else the id of its location.
    /// Never the key itself.
    ApiKeyName
);
id_type!(
    /// Annie's id of a conversation.
    ConversationId
);

impl ApiKeyName {
    /// The name as stored.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The known name that the writer of `name` probably meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Jaro-Winkler similarity (0 to 1) from which one name counts as a typo of the other.
    const NEAR: f64 = 0.85;
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Whether `name` is probably `known` with a typo of one or two letters.
pub(crate) fn is_a_slip_of(name: &str, known: &str) -> bool {
    name != known && known.len() >= 5 && strsim::damerau_levenshtein(name, known) <= 2
}

/// One line of plain text. Control characters, line ends and the unusual spaces of locale data become single spaces,
/// and invisible characters (zero-width, direction marks) are removed. Letters are composed (NFC), which takes fewer
/// SMS segments.
pub(crate) fn one_line(text: &str) -> String {
    if text.is_ascii() {
        // ASCII has nothing to compose, and nothing invisible but control characters.
        let words = text.split(|c: char| c == ' ' || c.is_ascii_control()).filter(|word| !word.is_empty());
        return words.fold(String::with_capacity(text.len()), |mut line, word| {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            line
        });
    }
    let seen = text.nfc().filter(|c| !is_invisible(*c));
    let plain: String = seen.map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c }).collect();
    plain.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Characters of Unicode's category Cf that a name or a text does not need: soft hyphen, zero-width characters,
/// direction and ordering marks. This includes the joiners that emoji and some scripts use (U+200C, U+200D), because
/// SMS phones show them as boxes.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether this is a placeholder that exports write for an empty first name. Last names are not checked, because words
/// such as Null and True are real last names.
pub(crate) fn is_mark_for_nothing(text: &str) -> bool {
    let folded = text.trim().to_lowercase();
    ["null", "(null)", "<null>", "n/a", "#n/a", "na", "nan", "none", "nil", "\\n", "-", "--", "?", ".", "unknown"]
        .contains(&folded.as_str())
}

/// Length as the Annie API may count it: in UTF-16 code units, which is never less than the number of characters.
pub(crate) fn utf16_len(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_suggests_the_nearest_name() {
        assert_eq!(nearest("timout", ["timeout", "tick"]), Some("timeout"));
        assert_eq!(nearest("colour", ["timeout", "tick"]), None);
    }

    #[test]
    fn text_is_reduced_to_one_plain_line() {
        assert_eq!(one_line(" 3:00\u{202f}PM\r\n\ttoday\u{a0}! \u{7}"), "3:00 PM today !");
    }
}
