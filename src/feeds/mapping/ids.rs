//! Ids that no column holds: of a patient without one, and of an appointment known by its patient and start.

use chrono::NaiveDateTime;
use uuid::Uuid;

use crate::domain::fold::fold;

/// Namespace of patient ids made from a name and a birth date (RFC 9562, version 5); fixed for ever.
const PATIENTS: Uuid = Uuid::from_u128(0x6c65_6164_7469_6d65_8000_7061_7469_656e);
/// Namespace of appointment ids made from a patient and a start; fixed for ever.
const APPOINTMENTS: Uuid = Uuid::from_u128(0x6c65_6164_7469_6d65_8000_6170_7074_6964);

/// An id for a patient without one: the same for the same name and birth date, and telling neither.
pub(super) fn patient(first: &str, last: &str, born: &str) -> String {
    let who = format!("{}\n{}\n{}", first.to_lowercase(), last.to_lowercase(), born.to_lowercase());
    Uuid::new_v5(&PATIENTS, who.as_bytes()).to_string()
}

/// An id for an appointment without one, made from the feed, the patient and the local start. A patient id may be a
/// family's account, so the name is part of it.
pub(super) fn appointment(
    feed: &str,
    patient_id: Option<&str>,
    first: &str,
    last: &str,
    born: &str,
    start: NaiveDateTime,
) -> String {
    let known = patient_id.unwrap_or(born);
    let what = format!("{feed}\n{known}\n{}\n{}\n{}", fold(first), fold(last), start.format("%Y-%m-%dT%H:%M"));
    format!("{feed}:{}", Uuid::new_v5(&APPOINTMENTS, what.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_tell_apart_and_tell_nothing() {
        let at = |text: &str| text.parse().unwrap();
        let id = |first, start| appointment("desk", Some("ACC-7"), first, "Lee", "", at(start));
        assert_eq!(id("Ana", "2026-03-10T15:00:00"), id("ANA ", "2026-03-10T15:00:00"));
        assert_ne!(id("Ana", "2026-03-10T15:00:00"), id("Ben", "2026-03-10T15:00:00"));
        assert_ne!(id("Ana", "2026-03-10T15:00:00"), id("Ana", "2026-03-10T15:30:00"));
        assert!(id("Ana", "2026-03-10T15:00:00").starts_with("desk:"));
        assert_eq!(patient("Sarah", "Johnson", "1988-03-22"), patient("SARAH", "johnson", "1988-03-22"));
    }
}
