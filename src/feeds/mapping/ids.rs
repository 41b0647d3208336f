//! Derived ids: for a patient without an id, and for an appointment identified by its patient and start.

use chrono::NaiveDateTime;
use uuid::Uuid;

use crate::domain::fold::fold;

/// Namespace of patient ids derived from a name and a birth date (RFC 9562, version 5). It must never change.
const PATIENTS: Uuid = Uuid::from_u128(0x6c65_6164_7469_6d65_8000_7061_7469_656e);
/// Namespace of appointment ids derived from a patient and a start. It must never change.
const APPOINTMENTS: Uuid = Uuid::from_u128(0x6c65_6164_7469_6d65_8000_6170_7074_6964);

/// The id of a patient without one: the same for the same name and birth date, and revealing neither.
pub(super) fn patient(first: &str, last: &str, born: &str) -> String {
    let who = format!("{}\n{}\n{}", first.to_lowercase(), last.to_lowercase(), born.to_lowercase());
    Uuid::new_v5(&PATIENTS, who.as_bytes()).to_string()
}

/// The id of an appointment without one, derived from the feed, the patient and the local start. A patient id may be a
/// family's account, so the name is included.
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
    fn derived_ids_distinguish_patients_and_reveal_nothing() {
        let at = |text: &str| text.parse().unwrap();
        let id = |first, start| appointment("desk", Some("ACC-7"), first, "Lee", "", at(start));
        assert_eq!(id("Ana", "2026-03-10T15:00:00"), id("ANA ", "2026-03-10T15:00:00"));
        assert_ne!(id("Ana", "2026-03-10T15:00:00"), id("Ben", "2026-03-10T15:00:00"));
        assert_ne!(id("Ana", "2026-03-10T15:00:00"), id("Ana", "2026-03-10T15:30:00"));
        assert!(id("Ana", "2026-03-10T15:00:00").starts_with("desk:"));
        assert_eq!(patient("Sarah", "Johnson", "1988-03-22"), patient("SARAH", "johnson", "1988-03-22"));
    }
}
