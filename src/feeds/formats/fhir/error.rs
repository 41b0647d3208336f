//! Why the bytes of a server or a file are not taken.

use crate::feeds::formats::fhir::json::{Object, code, concept_words, objects, text};

/// The longest shown part of a server's explanation, in characters.
const LONGEST: usize = 120;

/// Why a document is refused. Nothing of a refused document is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FhirError {
    /// No bytes, or blanks alone.
    #[error("the document is empty")]
    Empty,
    /// XML or HTML, such as a login page.
    #[error("the document is XML or HTML, not JSON; ask for application/fhir+json")]
    Markup,
    /// The bytes are not JSON, or end too early.
    #[error("the document is not valid JSON at line {line}, column {column}")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// JSON without a `resourceType`.
    #[error("JSON value {number} of the document is not a FHIR resource: it has no resourceType")]
    NotAResource {
        /// The number of the value in the document, from 1.
        number: usize,
    },
    /// An entry of a bundle holds no readable resource.
    #[error("entry {number} of the bundle is not a FHIR resource")]
    BadEntry {
        /// The number of the entry, from 1.
        number: usize,
    },
    /// A bundle of a type that does not say what is true now.
    #[error(
        "a bundle of type \"{0}\" cannot be read; expected searchset, collection, batch-response or transaction-response"
    )]
    BundleType(String),
    /// A bundle in a bundle.
    #[error("entry {number} of the bundle is itself a bundle; send each bundle by itself")]
    NestedBundle {
        /// The number of the entry, from 1.
        number: usize,
    },
    /// The server reports an error. The explanation leaves out whatever could be a name or a number of a person.
    #[error("the server reports the error \"{code}\"{}{diagnostics}", if diagnostics.is_empty() { "" } else { ": " })]
    Outcome {
        /// FHIR's code of the issue, or the HTTP status of the entry.
        code: String,
        /// The shortened explanation; may be empty.
        diagnostics: String,
    },
}

/// A code for an error text: shortened, and without anything but letters, digits and hyphens.
pub(crate) fn plain_code(given: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let kept: String = given.chars().filter(plain).take(60).collect();
    if kept.is_empty() { "unknown".to_owned() } else { kept }
}

/// Codes that say that an answer may lack something, at any severity (FHIR's value set IssueType).
const INCOMPLETE: [&str; 7] =
    ["incomplete", "transient", "lock-error", "no-store", "timeout", "throttled", "too-costly"];

/// The first issue of an OperationOutcome that is an error, or because of which the answer may be incomplete.
pub(crate) fn outcome(resource: &Object) -> Option<FhirError> {
    let counts = |issue: &&Object| {
        matches!(code(issue, "severity").as_str(), "error" | "fatal")
            || INCOMPLETE.contains(&code(issue, "code").as_str())
    };
    let issue = objects(resource, "issue").find(counts)?;
    let words = text(issue, "diagnostics").or_else(|| concept_words(issue, "details")).unwrap_or_default();
    Some(FhirError::Outcome { code: plain_code(&code(issue, "code")), diagnostics: without_names(words) })
}

/// Shortens a server's explanation and replaces each word that may be private by "...".
fn without_names(words: &str) -> String {
    let mut shown = String::new();
    for word in words.split_whitespace().take(60) {
        let word = if is_harmless(word, shown.is_empty()) { word } else { "..." };
        if word == "..." && shown.ends_with("...") {
            continue;
        }
        if shown.len().saturating_add(word.len()) > LONGEST {
            shown.push_str(" ...");
            break;
        }
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.push_str(word);
    }
    if shown.chars().any(char::is_alphabetic) { shown } else { String::new() }
}

/// Whether a word cannot be private: one of the words that servers use in errors, or a number of up to three digits.
/// A capital letter inside the text may begin a name.
fn is_harmless(word: &str, first: bool) -> bool {
    let bare = word.trim_matches(|c: char| c.is_ascii_punctuation());
    let number = bare.len() <= 3 && !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit());
    let clean = word.bytes().all(|b| b.is_ascii_alphanumeric() || b".,:;()[]'\"-_!".contains(&b));
    let named = ["Appointment", "Bundle", "Location", "Patient", "Practitioner", "PractitionerRole"];
    let lower = first || !bare.bytes().any(|b| b.is_ascii_uppercase()) || named.contains(&bare);
    clean && (number || lower && WORDS.contains(&bare.to_ascii_lowercase().as_str()))
}

/// Words of servers' errors that are nobody's name.
#[rustfmt::skip]
const WORDS: [&str; 136] = [
    "a", "access", "allowed", "an", "and", "appointment", "appointments", "are", "argument", "at", "authentication",
    "authorization", "authorized", "bad", "be", "bearer", "because", "bundle", "by", "cannot", "code", "conflict",
    "connection", "content", "could", "count", "credentials", "database", "date", "datetime", "denied", "does",
    "element", "end", "endpoint", "entry", "error", "exceeded", "exception", "exist", "expected", "expired", "failed",
    "failure", "feature", "for", "forbidden", "format", "found", "from", "has", "header", "id", "identifier", "in",
    "insufficient", "internal", "invalid", "is", "json", "later", "limit", "location", "locked", "login", "many",
    "maximum", "minimum", "missing", "must", "no", "not", "of", "on", "only", "operation", "or", "parameter",
    "parameters", "parse", "participant", "patient", "patients", "permission", "permitted", "please", "practitioner",
    "practitionerrole", "privileges", "query", "rate", "request", "requests", "required", "requires", "resource",
    "retry", "scope", "scopes", "search", "seconds", "security", "server", "service", "slot", "start", "status",
    "supported", "system", "temporarily", "than", "that", "the", "this", "throttled", "time", "timed", "timeout",
    "to", "token", "too", "type", "unable", "unauthorized", "unavailable", "unexpected", "unknown", "unprocessable",
    "unsupported", "url", "user", "valid", "value", "was", "with", "you",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn explanations_keep_no_names() {
        for (given, expected) in [
            ("Invalid date parameter", "Invalid date parameter"),
            ("Patient John Smith not found", "Patient ... not found"),
            ("Resource Patient/123 is not known", "Resource ... is not ..."),
            ("Token expired.", "Token expired."),
            ("rate limit exceeded (429)", "rate limit exceeded (429)"),
            ("phone 303-555-0101", ""),
            ("Smith", ""),
            ("name=smith is invalid", "... is invalid"),
        ] {
            assert_eq!(without_names(given), expected, "{given}");
        }
        assert!(without_names(&"the token ".repeat(100)).len() <= LONGEST + 4);
    }

    #[test]
    fn an_outcome_is_an_error_only_if_it_says_so() {
        let read = |value: serde_json::Value| outcome(value.as_object().unwrap()).map(|error| error.to_string());
        assert_eq!(read(json!({"issue": [{"severity": "warning", "code": "not-found"}]})), None);
        assert_eq!(read(json!({"issue": 5})), None);
        let warning = read(json!({"issue": [{"severity": "warning", "code": "incomplete"}]}));
        assert_eq!(warning, Some("the server reports the error \"incomplete\"".to_owned()));
        assert_eq!(
            read(
                json!({"issue": [{"severity": "information"}, {"severity": "error", "code": "login", "details": {"text": "Token expired"}}]})
            ),
            Some("the server reports the error \"login\": Token expired".to_owned())
        );
        assert_eq!(
            read(json!({"issue": {"severity": "fatal"}})),
            Some("the server reports the error \"unknown\"".to_owned())
        );
    }

    proptest! {
        #[test]
        fn no_word_of_a_name_is_shown(name in "[A-Z][a-z]{1,9} [A-Z][a-z]{1,9}", number in "[0-9]{4,12}") {
            let shown = without_names(&format!("Patient {name} ({number}) not found"));
            let kinds = ["Appointment", "Bundle", "Location", "Patient", "Practitioner"];
            for part in name.split(' ').filter(|part| !kinds.contains(part)) {
                prop_assert!(!shown.split([' ', '(', ')']).any(|word| word == part), "{shown}");
            }
            prop_assert!(!shown.contains(&number));
        }
    }
}
