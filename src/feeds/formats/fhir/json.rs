//! Reads fields of JSON objects; a field of the wrong type counts as not given.

use serde_json::{Map, Value};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// The longest id of a resource; FHIR allows 64, some servers write longer ones.
const LONGEST_ID: usize = 128;

/// The text of a field without blanks around it; `None` if it is blank or not a text.
pub(crate) fn text<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// The text of a field in lower case, for codes; "" if not given.
pub(crate) fn code(object: &Object, key: &str) -> String {
    text(object, key).map(|code| code.to_lowercase()).unwrap_or_default()
}

/// The text of a field that is at most this many characters long. A longer one counts as not given: a part of it could
/// be something else.
pub(crate) fn cell(text: &str, longest: usize) -> String {
    if text.chars().nth(longest).is_some() { String::new() } else { text.to_owned() }
}

/// An object in a field.
pub(crate) fn object<'a>(object: &'a Object, key: &str) -> Option<&'a Object> {
    object.get(key).and_then(Value::as_object)
}

/// The values of a field that repeats; a single value counts as a list of one.
pub(crate) fn list<'a>(object: &'a Object, key: &str) -> &'a [Value] {
    match object.get(key) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(values)) => values,
        Some(value) => std::slice::from_ref(value),
    }
}

/// The objects of a field that repeats.
pub(crate) fn objects<'a>(object: &'a Object, key: &str) -> impl Iterator<Item = &'a Object> {
    list(object, key).iter().filter_map(Value::as_object)
}

/// Whether a field holds anything at all, of any type.
pub(crate) fn carries(object: &Object, key: &str) -> bool {
    match object.get(key) {
        None | Some(Value::Null) => false,
        Some(Value::Array(values)) => !values.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(_) => true,
    }
}

/// Whether a yes-or-no field has this value; the words "true" and "false" count too.
pub(crate) fn says(object: &Object, key: &str, wanted: bool) -> bool {
    match object.get(key) {
        Some(Value::Bool(value)) => *value == wanted,
        Some(Value::String(word)) => word.trim().eq_ignore_ascii_case(if wanted { "true" } else { "false" }),
        _ => false,
    }
}

/// A text, or a whole number as text.
pub(crate) fn text_or_number(object: &Object, key: &str) -> Option<String> {
    match object.get(key) {
        Some(Value::Number(number)) => number.as_u64().map(|number| number.to_string()),
        _ => text(object, key).map(str::to_owned),
    }
}

/// The id of a resource, if it is one that may stand in a URL.
pub(crate) fn id(object: &Object) -> Option<String> {
    text_or_number(object, "id").filter(|id| is_id(id))
}

/// Whether a text is an id that may stand in a URL.
pub(crate) fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(allowed) && text.bytes().any(|byte| byte != b'.')
}

/// The first code of a CodeableConcept field (or of the first of several that has one).
pub(crate) fn concept_code<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    objects(object, key).flat_map(|concept| objects(concept, "coding")).find_map(|coding| text(coding, "code"))
}

/// The words of a CodeableConcept field: its text, else the display of its first coding that has one.
pub(crate) fn concept_words<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    objects(object, key).find_map(|concept| {
        text(concept, "text").or_else(|| objects(concept, "coding").find_map(|coding| text(coding, "display")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn wrong_types_count_as_not_given() {
        let value = json!({"a": 5, "b": " x ", "c": ["y", 1], "d": null, "e": {}, "f": "TRUE", "g": false});
        let object = value.as_object().unwrap();
        assert_eq!(text(object, "a"), None);
        assert_eq!(text(object, "b"), Some("x"));
        assert_eq!(list(object, "c").len(), 2);
        assert_eq!(list(object, "b").len(), 1);
        assert!(list(object, "d").is_empty());
        assert!(!carries(object, "e") && !carries(object, "d") && !carries(object, "z"));
        assert!(carries(object, "a") && carries(object, "g"));
        assert!(says(object, "f", true) && says(object, "g", false) && !says(object, "a", true));
        assert_eq!(text_or_number(object, "a").as_deref(), Some("5"));
    }

    #[test]
    fn ids_are_safe_in_a_url() {
        for good in ["1", "a-b.c", "A_1", &"x".repeat(128)] {
            assert!(is_id(good), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a b", "a?b", "%2e", "é", &"x".repeat(129)] {
            assert!(!is_id(bad), "{bad}");
        }
    }

    #[test]
    fn a_long_text_is_left_out_not_cut() {
        assert_eq!(cell("abc", 3), "abc");
        assert_eq!(cell("abcd", 3), "");
    }
}
