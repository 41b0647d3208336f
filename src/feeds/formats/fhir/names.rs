//! Chooses among the names of a person, and puts their parts together.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::feeds::formats::fhir::json::{Object, cell, code, list, objects, text};
use crate::feeds::formats::fhir::time::is_current;

/// The longest name, in characters.
const LONGEST: usize = 100;
/// How many parts of one name are looked at.
const PARTS: usize = 20;

/// First and last name of a patient. Each part comes from the best name that has it.
pub(crate) fn first_and_last(person: &Object, now: DateTime<Utc>) -> (String, String) {
    let (mut first, mut last) = (String::new(), String::new());
    for name in in_order(person, now) {
        let (given, family) = (parts(name, "given").next().map(str::to_owned), family(name));
        let (given, family) = match (given, family) {
            (None, None) => text(name, "text").map(split).unwrap_or_default(),
            (given, family) => (given.unwrap_or_default(), family.unwrap_or_default()),
        };
        if first.is_empty() {
            first = cell(&given, LONGEST);
        }
        if last.is_empty() {
            last = cell(&family, LONGEST);
        }
    }
    (first, last)
}

/// The whole name as it is shown: its text, or prefix, given names and family name.
pub(crate) fn whole(person: &Object, now: DateTime<Utc>) -> String {
    let shown = in_order(person, now).into_iter().map(|name| {
        let joined = || {
            let family = family(name);
            let words = parts(name, "prefix").chain(parts(name, "given")).chain(family.as_deref());
            words.collect::<Vec<_>>().join(" ")
        };
        cell(&text(name, "text").map_or_else(joined, str::to_owned), LONGEST)
    });
    shown.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
}

/// The names in use, the best first: usual, official, without a use, others.
fn in_order(person: &Object, now: DateTime<Utc>) -> Vec<&Object> {
    let rank = |name: &&Object| match code(name, "use").as_str() {
        "usual" => Some(0),
        "official" => Some(1),
        "" => Some(2),
        "old" | "maiden" | "anonymous" => None,
        _ => Some(3),
    };
    let mut names: Vec<(u8, &Object)> = objects(person, "name")
        .filter(|name| is_current(name, now))
        .filter_map(|name| rank(&name).map(|rank| (rank, name)))
        .collect();
    names.sort_by_key(|(rank, _)| *rank);
    names.into_iter().map(|(_, name)| name).collect()
}

fn parts<'a>(name: &'a Object, key: &str) -> impl Iterator<Item = &'a str> {
    let words = list(name, key).iter().take(PARTS).filter_map(Value::as_str);
    words.map(str::trim).filter(|part| !part.is_empty())
}

/// The family name; versions before STU3 have a list of them.
fn family(name: &Object) -> Option<String> {
    let words = parts(name, "family").collect::<Vec<_>>().join(" ");
    (!words.is_empty()).then_some(words)
}

/// First and last name from a name given as one text: one word is a first name, "Last, First" is clear. Nothing else
/// is: "Ann Lee" and "Lee Ann" are both in use.
fn split(name: &str) -> (String, String) {
    let nothing = (String::new(), String::new());
    let Some((last, given)) = name.split_once(',') else {
        let one = name.split_whitespace().count() == 1;
        return if one { (name.to_owned(), String::new()) } else { nothing };
    };
    let (last, first) = (last.trim(), given.split_whitespace().next().unwrap_or_default());
    let clear = !last.is_empty() && !given.contains(',') && is_given_name(first);
    if clear { (first.to_owned(), last.to_owned()) } else { nothing }
}

/// Whether a word behind the comma is a given name, not an initial, a title or a suffix.
fn is_given_name(word: &str) -> bool {
    let suffixes = [
        "jr", "sr", "ii", "iii", "iv", "md", "dds", "dmd", "do", "rn", "np", "pa", "phd", "esq", "mr", "mrs", "ms",
        "dr",
    ];
    word.chars().filter(|c| c.is_alphabetic()).count() > 1
        && !word.contains(['.', '(', '"'])
        && !suffixes.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> DateTime<Utc> {
        "2026-11-27T12:00:00Z".parse().unwrap()
    }

    fn read(names: Value) -> (String, String) {
        first_and_last(json!({"name": names}).as_object().unwrap(), now())
    }

    #[test]
    fn the_best_current_name_wins() {
        for (names, first, last) in [
            (
                json!([{"use": "official", "given": ["Robert", "J"], "family": "Lee"}, {"use": "usual", "given": ["Bob"]}]),
                "Bob",
                "Lee",
            ),
            (
                json!([{"given": ["A"], "family": "None"}, {"use": "official", "given": ["B"], "family": "Off"}]),
                "B",
                "Off",
            ),
            (json!([{"use": "nickname", "given": ["Nick"]}, {"given": ["Plain"], "family": "X"}]), "Plain", "X"),
            (
                json!([{"use": "maiden", "given": ["M"], "family": "M"}, {"use": "old", "family": "O"}, {"use": "anonymous", "text": "anon"}]),
                "",
                "",
            ),
            (
                json!([{"use": "usual", "given": ["Past"], "period": {"end": "2020"}}, {"given": ["Now"], "family": "F"}]),
                "Now",
                "F",
            ),
            (
                json!([{"use": "usual", "given": ["Later"], "period": {"start": "2027-01-01"}}, {"given": ["Now"]}]),
                "Now",
                "",
            ),
            (json!([{"given": [null, "James"], "family": ["van", "Berg"]}]), "James", "van Berg"),
            (json!({"given": "Ann", "family": "Lee"}), "Ann", "Lee"),
            (json!([{"given": [" "], "family": 5, "text": "Lee, Ann"}]), "Ann", "Lee"),
            (json!([5, "x", null]), "", ""),
            (json!("Ann Lee"), "", ""),
            (json!([{"family": "x".repeat(101), "given": ["Ann"]}]), "Ann", ""),
        ] {
            assert_eq!(read(names.clone()), (first.to_owned(), last.to_owned()), "{names}");
        }
    }

    #[test]
    fn a_name_in_one_text_is_split_only_if_it_is_clear() {
        for (name, first, last) in [
            ("Cher", "Cher", ""),
            ("张无忌", "张无忌", ""),
            ("Lee, Ann", "Ann", "Lee"),
            ("van Berg, Mary Kate", "Mary", "van Berg"),
            ("Ann Lee", "", ""),
            ("Ann Lee, MD", "", ""),
            ("Lee, Ann, Jr", "", ""),
            ("Lee, A.", "", ""),
            ("Lee, Dr. Ann", "", ""),
            ("Lee,", "", ""),
            (", Ann", "", ""),
        ] {
            assert_eq!(read(json!([{"text": name}])), (first.to_owned(), last.to_owned()), "{name}");
        }
    }

    #[test]
    fn a_whole_name_has_prefix_given_and_family() {
        let read = |names: Value| whole(json!({"name": names}).as_object().unwrap(), now());
        assert_eq!(read(json!([{"prefix": ["Dr"], "given": ["Adam", "B"], "family": "Careful"}])), "Dr Adam B Careful");
        assert_eq!(read(json!([{"text": "Dr. Careful", "family": "Other"}])), "Dr. Careful");
        assert_eq!(read(json!([{"use": "old", "family": "Old"}, {"use": "usual"}, {"family": "New"}])), "New");
        assert_eq!(read(json!(null)), "");
    }
}
