//! What the program gets, and when a failed entry is tried again. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::store::outcomes::outbox::{Entry, GIVEN_UP_AFTER};

/// The pause after the first failure; it doubles with each further one.
const FIRST: TimeDelta = TimeDelta::seconds(30);
/// The longest pause.
const LONGEST: TimeDelta = TimeDelta::hours(1);

/// The JSON object for the program, on one line. The patient's words are in it only if the entry has them.
pub(crate) fn input(entry: &Entry) -> String {
    let mut value: Value = serde_json::from_str(&entry.body).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        object.insert("id".to_owned(), entry.id.into());
        if let Some(said) = &entry.said.0 {
            object.insert("words".to_owned(), said.as_str().into());
        }
    }
    format!("{value}\n")
}

/// When an entry is tried again after it failed `tries` times; none: it is given up.
pub(crate) fn next_try(tries: u32, made_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let pause = (FIRST * 2_i32.pow(tries.saturating_sub(1).min(10))).min(LONGEST);
    (now - made_at < GIVEN_UP_AFTER).then_some(now + pause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::private::Private;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn pauses_grow_to_an_hour_and_a_day_is_the_end() {
        let pause = |tries| (next_try(tries, at(0), at(100)).unwrap() - at(100)).num_seconds();
        assert_eq!([pause(1), pause(2), pause(3), pause(8), pause(40)], [30, 60, 120, 3600, 3600]);
        assert_eq!(next_try(1, at(0), at(86_400)), None);
    }

    #[test]
    fn the_program_gets_the_number_and_only_the_words_it_may_have() {
        let mut entry = Entry {
            id: 7,
            body: r#"{"appointment_id":"A1","outcome":"confirmed"}"#.to_owned(),
            said: Private(None),
            made_at: at(0),
            tries: 0,
        };
        let value: Value = serde_json::from_str(&input(&entry)).unwrap();
        assert_eq!(
            (value["id"].as_i64(), value["outcome"].as_str(), value.get("words")),
            (Some(7), Some("confirmed"), None)
        );
        entry.said = Private(Some("Yes".to_owned()));
        assert_eq!(serde_json::from_str::<Value>(&input(&entry)).unwrap()["words"], "Yes");
    }
}
