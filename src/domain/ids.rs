//! Small newtypes over text, so that an appointment's id is never taken for a patient's.

use std::fmt;

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
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
    /// The practice system's id of an appointment; becomes `appointmentInfo.appointmentId`.
    AppointmentId
);
id_type!(
    /// The practice system's id of a patient; becomes `patientInfo.patientId`.
    PatientId
);
id_type!(
    /// The name of a `[[rule]]`: how Leadtime knows what was already sent.
    RuleName
);
id_type!(
    /// The name of an API key in the ledger: `default` for the practice's own, else the id of its location. Never the key.
    ApiKeyName
);
id_type!(
    /// Annie's id of a conversation.
    ConversationId
);

impl ApiKeyName {
    /// As the store has it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The one of the known names that somebody who wrote `name` probably meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Jaro-Winkler similarity (0 to 1) from which two names are taken for the same with a slip of the pen.
    const NEAR: f64 = 0.85;
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Whether somebody who wrote `name` meant `known` and slipped by a letter or two.
pub(crate) fn is_a_slip_of(name: &str, known: &str) -> bool {
    name != known && known.len() >= 5 && strsim::damerau_levenshtein(name, known) <= 2
}

/// One line of plain text: control characters, line ends and the exotic spaces of locale data become single spaces.
pub(crate) fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c }).collect();
    plain.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Length as the Annie API may count it: UTF-16 code units, never fewer than characters.
pub(crate) fn utf16_len(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name() {
        assert_eq!(nearest("timout", ["timeout", "tick"]), Some("timeout"));
        assert_eq!(nearest("colour", ["timeout", "tick"]), None);
    }

    #[test]
    fn one_line_of_plain_text() {
        assert_eq!(one_line(" 3:00\u{202f}PM\r\n\ttoday\u{a0}! \u{7}"), "3:00 PM today !");
    }
}
