//! Reads a patient: who may not be texted, name, birth date, phones and language.

use chrono::{DateTime, Utc};

use crate::feeds::formats::fhir::json::{Object, carries, cell, code, object, objects, says, text, text_or_number};
use crate::feeds::formats::fhir::names::first_and_last;
use crate::feeds::formats::fhir::time::{is_current, is_date};

/// The longest phone cell, in characters.
const LONGEST_PHONE: usize = 60;
/// The longest language, in characters.
const LONGEST_LANGUAGE: usize = 40;
/// How many codings of one language are looked at.
const CODINGS: usize = 50;

/// The cells of a row that come from the patient.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) birth_date: String,
    pub(crate) phone: String,
    pub(crate) home_phone: String,
    pub(crate) language: String,
}

/// Reads the cells of a patient.
pub(crate) fn person(patient: &Object, now: DateTime<Utc>) -> Person {
    let (first_name, last_name) = first_and_last(patient, now);
    let birth_date = text(patient, "birthDate").filter(|date| is_date(date)).unwrap_or_default().to_owned();
    let (phone, home_phone) = phones(patient, now);
    Person { first_name, last_name, birth_date, phone, home_phone, language: language(patient) }
}

/// Why this patient must not be texted; `None` if nothing speaks against it. Links to other records are read elsewhere.
pub(crate) fn objection(patient: &Object) -> Option<&'static str> {
    if carries(patient, "modifierExtension") {
        return Some("the patient's record carries a modifier extension, which may change its meaning");
    }
    if carries(patient, "implicitRules") {
        return Some("the patient's record carries implicit rules, which may change its meaning");
    }
    let dead = says(patient, "deceasedBoolean", true) || carries(patient, "deceasedDateTime");
    if dead {
        return Some("the patient has died");
    }
    // A value that was left out: the patient may be dead.
    let unclear = object(patient, "_deceasedDateTime").is_some_and(|field| carries(field, "extension"));
    unclear.then_some("the patient may have died: the record has a death date without a value")
}

/// Whether the record is marked as not in use.
pub(crate) fn is_inactive(patient: &Object) -> bool {
    says(patient, "active", false)
}

/// The number to text and the home number.
fn phones(patient: &Object, now: DateTime<Utc>) -> (String, String) {
    let mut texted: Vec<(u64, String)> = Vec::new();
    let mut home: Vec<(u64, String)> = Vec::new();
    let mut unlabeled: Vec<String> = Vec::new();
    for contact in objects(patient, "telecom").filter(|contact| is_current(contact, now)) {
        let number = text_or_number(contact, "value").map(|value| cell(&value, LONGEST_PHONE)).unwrap_or_default();
        let rank = contact.get("rank").and_then(serde_json::Value::as_u64).filter(|rank| *rank > 0).unwrap_or(u64::MAX);
        if number.is_empty() {
            continue;
        }
        match (code(contact, "system").as_str(), code(contact, "use").as_str()) {
            ("phone" | "sms", "work" | "old") => {}
            ("sms", _) | ("phone", "mobile") => texted.push((rank, number)),
            ("phone", "home") => home.push((rank, number)),
            ("phone", "") if !contact.contains_key("use") => unlabeled.push(number),
            _ => {}
        }
    }
    let digits = |number: &String| number.chars().filter(char::is_ascii_digit).collect::<String>();
    unlabeled.sort_by_cached_key(digits);
    unlabeled.dedup_by_key(|number| digits(number));
    let best = |mut numbers: Vec<(u64, String)>| {
        numbers.sort_by_key(|(rank, _)| *rank);
        numbers.into_iter().next().map(|(_, number)| number)
    };
    // Of several numbers without a use, one may be the home line or another person's.
    let only = if unlabeled.len() == 1 { unlabeled.pop() } else { None };
    (best(texted).or(only).unwrap_or_default(), best(home).unwrap_or_default())
}

/// The preferred language, or the only one.
fn language(patient: &Object) -> String {
    let usable = || objects(patient, "communication").filter(|one| !carries(one, "modifierExtension"));
    let preferred: Vec<&Object> = usable().filter(|one| says(one, "preferred", true)).collect();
    let all: Vec<&Object> = if preferred.is_empty() { usable().collect() } else { preferred };
    let mut languages: Vec<String> = all.into_iter().map(word_for).collect();
    languages.sort();
    languages.dedup();
    let only = if languages.len() == 1 { languages.pop() } else { None };
    only.unwrap_or_default()
}

/// The code or else the words for one language; "" if the codes contradict each other.
fn word_for(communication: &Object) -> String {
    let Some(language) = object(communication, "language") else { return String::new() };
    let is_tag = |coding: &&Object| {
        let system = code(coding, "system");
        system.is_empty() || system.contains("bcp:47") || system.contains("bcp47") || system.contains("iso:639")
    };
    let mut tags = objects(language, "coding").take(CODINGS).filter(is_tag).filter_map(|coding| text(coding, "code"));
    let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_lowercase();
    if let Some(first) = tags.next() {
        // ISO 639 codes of two and three letters may stand side by side for one language.
        let same = |tag: &str| primary(tag) == primary(first) || primary(tag).len() != primary(first).len();
        return if tags.all(same) { cell(first, LONGEST_LANGUAGE) } else { String::new() };
    }
    let display = || objects(language, "coding").take(CODINGS).find_map(|coding| text(coding, "display"));
    cell(text(language, "text").or_else(display).unwrap_or_default(), LONGEST_LANGUAGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn now() -> DateTime<Utc> {
        "2026-11-27T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn phones_by_use_rank_and_period() {
        let mobile = |value: &str, rank: u64| json!({"system": "phone", "use": "mobile", "value": value, "rank": rank});
        for (telecom, phone, home) in [
            (json!([mobile("1", 2), mobile("2", 1)]), "2", ""),
            (json!([mobile("1", 1), mobile("2", 1)]), "1", ""),
            (json!([{"system": "phone", "use": "mobile", "value": "1"}, mobile("2", 9)]), "2", ""),
            (json!([mobile("1", 0), mobile("2", 9)]), "2", ""),
            (json!([{"system": "phone", "use": "home", "value": "5"}, mobile("1", 1)]), "1", "5"),
            (json!([{"system": "phone", "use": "home", "value": "5"}]), "", "5"),
            (
                json!([{"system": "phone", "use": "work", "value": "5"}, {"system": "sms", "use": "work", "value": "6"}]),
                "",
                "",
            ),
            (json!([{"system": "sms", "value": "6"}]), "6", ""),
            (json!([{"system": "phone", "value": "7"}]), "7", ""),
            (json!([{"system": "phone", "value": "7"}, {"system": "phone", "value": "8"}]), "", ""),
            (json!([{"system": "phone", "value": "303 555"}, {"system": "phone", "value": "303-555"}]), "303 555", ""),
            (json!([{"system": "phone", "value": "7"}, {"system": "phone", "use": "home", "value": "8"}]), "7", "8"),
            (json!([{"system": "phone", "value": "7"}, mobile("1", 5)]), "1", ""),
            (
                json!([{"system": "phone", "use": "old", "value": "7"}, {"system": "phone", "use": "temp", "value": "8"}]),
                "",
                "",
            ),
            (json!([{"system": "phone", "use": 5, "value": "7"}]), "", ""),
            (json!([{"use": "mobile", "value": "7"}, {"system": "email", "use": "mobile", "value": "a@b"}]), "", ""),
            (json!([{"system": "phone", "use": "mobile"}, {"system": "phone", "use": "mobile", "value": " "}]), "", ""),
            (json!([{"system": "phone", "use": "mobile", "value": 3035550101u64}]), "3035550101", ""),
            (json!([{"system": "phone", "use": "mobile", "value": "1", "period": {"end": "2020"}}]), "", ""),
            (json!([{"system": "phone", "use": "mobile", "value": "303-555-0101 x12"}]), "303-555-0101 x12", ""),
            (json!({"system": "PHONE", "use": "Mobile", "value": "1"}), "1", ""),
            (json!("303"), "", ""),
        ] {
            let patient = json!({"telecom": telecom});
            let read = phones(patient.as_object().unwrap(), now());
            assert_eq!(read, (phone.to_owned(), home.to_owned()), "{patient}");
        }
    }

    #[test]
    fn the_language_is_the_preferred_or_the_only_one() {
        let tag = |code: &str| json!({"coding": [{"system": "urn:ietf:bcp:47", "code": code}], "text": "x"});
        for (communication, expected) in [
            (json!([{"language": tag("es")}]), "es"),
            (json!([{"language": tag("es")}, {"language": tag("en"), "preferred": true}]), "en"),
            (json!([{"language": tag("es")}, {"language": tag("en")}]), ""),
            (json!([{"language": tag("es"), "preferred": true}, {"language": tag("en"), "preferred": true}]), ""),
            (json!([{"language": {"text": "Spanish"}}]), "Spanish"),
            (json!([{"language": {"coding": [{"system": "http://local", "code": "7", "display": "Hmong"}]}}]), "Hmong"),
            (json!([{"language": {"coding": [{"code": "ar"}, {"code": "en"}], "text": "English"}}]), ""),
            (
                json!([{"language": {"coding": [{"code": "es"}, {"system": "urn:iso:std:iso:639-2", "code": "spa"}]}}]),
                "es",
            ),
            (json!([{"language": {"coding": [{"code": "es-MX"}, {"code": "es"}]}}]), "es-MX"),
            (json!([{"language": tag("es"), "modifierExtension": [{"url": "x"}]}]), ""),
            (json!("es"), ""),
        ] {
            let patient = json!({"communication": communication});
            assert_eq!(language(patient.as_object().unwrap()), expected, "{patient}");
        }
    }

    #[test]
    fn who_must_not_be_texted() {
        let objection = |value: Value| objection(value.as_object().unwrap()).unwrap_or_default();
        for dead in [
            json!({"deceasedBoolean": true}),
            json!({"deceasedDateTime": "2015"}),
            json!({"deceasedBoolean": "true"}),
            json!({"deceasedDateTime": 2015}),
        ] {
            assert_eq!(objection(dead), "the patient has died");
        }
        for alive in [
            json!({}),
            json!({"deceasedBoolean": false, "active": true, "modifierExtension": []}),
            json!({"deceasedDateTime": ""}),
        ] {
            assert_eq!(objection(alive), "");
        }
        assert!(objection(json!({"_deceasedDateTime": {"extension": [{"url": "x"}]}})).contains("may have died"));
        assert!(objection(json!({"modifierExtension": [{"url": "x"}]})).contains("modifier extension"));
        assert!(objection(json!({"implicitRules": "http://x"})).contains("implicit rules"));
        assert!(is_inactive(json!({"active": false}).as_object().unwrap()));
        assert!(!is_inactive(json!({"active": 0}).as_object().unwrap()));
    }

    #[test]
    fn a_birth_date_is_a_whole_date() {
        for (given, expected) in
            [("1974-12-25", "1974-12-25"), ("1974", ""), ("1974-12", ""), ("1974-02-30", ""), ("12/25/1974", "")]
        {
            let patient = json!({"birthDate": given});
            assert_eq!(person(patient.as_object().unwrap(), now()).birth_date, expected, "{given}");
        }
    }
}
