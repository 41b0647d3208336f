//! Decides whether a patient's confirmation may be written back to an appointment, and prepares the JSON Patch.

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Value, json};

use crate::feeds::formats::fhir::error::plain_code;
use crate::feeds::formats::fhir::json::{Object, carries, id, list, object, text, text_or_number};
use crate::feeds::formats::fhir::reference::{Kind, Named, read};
use crate::feeds::formats::fhir::time::instant;

/// What a patient confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation<'a> {
    /// The id of the row: the appointment's, or "appointment/patient" for a group.
    pub id: &'a str,
    /// The patient's id.
    pub patient_id: &'a str,
    /// The start that the patient was told.
    pub start: DateTime<Utc>,
    /// Statuses that count as booked, besides `booked`.
    pub statuses: &'a [String],
}

/// A change that may be sent to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The position of the patient's participant, from 0.
    pub participant: usize,
    /// The body, of type application/json-patch+json: tests first, then the change.
    pub body: Value,
    /// The version that was read, for the header `If-Match: W/"..."`.
    pub version: Option<String>,
}

/// Why a confirmation is not written back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhyNot {
    /// Nothing to do.
    #[error("the patient has already accepted")]
    AlreadyAccepted,
    /// The practice or the patient decided otherwise.
    #[error("the patient's participation is already decided: \"{0}\"")]
    Decided(String),
    /// The appointment is at another time now.
    #[error("the appointment was moved: its start is not the one that the patient confirmed")]
    Moved,
    /// The appointment cannot be confirmed in this status.
    #[error("the appointment's status is \"{0}\"")]
    Status(String),
    /// The patient is not among the participants.
    #[error("the patient does not take part in the appointment")]
    NotTakingPart,
    /// It is not clear which participant is meant.
    #[error("the patient takes part in the appointment more than once")]
    SeveralTimes,
    /// The meaning may be changed by something that is not understood.
    #[error("the appointment carries a modifier extension or implicit rules, which may change its meaning")]
    Modified,
    /// Another resource was given.
    #[error("this is not the appointment that was confirmed")]
    OtherAppointment,
}

/// The change itself, without tests: the participant at this position accepts.
pub fn patch(participant: usize) -> Value {
    json!([{"op": "replace", "path": format!("/participant/{participant}/status"), "value": "accepted"}])
}

/// Decides whether a confirmation may be written to this appointment, as just read from the server.
pub fn accepted(appointment: &Value, confirmation: &Confirmation<'_>) -> Result<Patch, WhyNot> {
    let fields = appointment.as_object().ok_or(WhyNot::OtherAppointment)?;
    if text(fields, "resourceType") != Some("Appointment") || !is_meant(fields, confirmation) {
        return Err(WhyNot::OtherAppointment);
    }
    if carries(fields, "modifierExtension") || carries(fields, "implicitRules") {
        return Err(WhyNot::Modified);
    }
    let status = text(fields, "status").unwrap_or_default();
    if status != "booked" && !confirmation.statuses.iter().any(|other| other == status) {
        return Err(WhyNot::Status(plain_code(status)));
    }
    let start = text(fields, "start").and_then(instant);
    if start.map(|start| start.to_utc()) != Some(confirmation.start.trunc_subsecs(0)) {
        return Err(WhyNot::Moved);
    }
    let (participant, entry) = only_participant(fields, confirmation.patient_id)?;
    if carries(entry, "modifierExtension") {
        return Err(WhyNot::Modified);
    }
    match text(entry, "status").unwrap_or_default() {
        "needs-action" | "tentative" => {}
        "accepted" => return Err(WhyNot::AlreadyAccepted),
        other => return Err(WhyNot::Decided(plain_code(other))),
    }
    Ok(Patch { participant, body: tested(fields, participant, entry), version: version(fields) })
}

fn is_meant(fields: &Object, confirmation: &Confirmation<'_>) -> bool {
    id(fields).is_some_and(|id| match confirmation.id.split_once('/') {
        Some((appointment, _)) => appointment == id,
        None => confirmation.id == id,
    })
}

/// The one participant that is this patient.
fn only_participant<'a>(fields: &'a Object, patient_id: &str) -> Result<(usize, &'a Object), WhyNot> {
    let is_patient = |entry: &Object| match object(entry, "actor").map(read) {
        Some(Named::Typed { reference, .. }) => reference.kind == Kind::Patient && reference.id == patient_id,
        _ => false,
    };
    // A JSON Patch needs the position in a list.
    let entries =
        if fields.get("participant").is_some_and(Value::is_array) { list(fields, "participant") } else { &[] };
    let mut entries = entries
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| entry.as_object().map(|entry| (at, entry)))
        .filter(|(_, entry)| is_patient(entry));
    match (entries.next(), entries.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(WhyNot::NotTakingPart),
        (Some(_), Some(_)) => Err(WhyNot::SeveralTimes),
    }
}

/// The change behind tests that nothing has changed since it was read.
fn tested(fields: &Object, participant: usize, entry: &Object) -> Value {
    let reference = object(entry, "actor").and_then(|actor| actor.get("reference"));
    let tests = [
        ("/start".to_owned(), fields.get("start")),
        ("/status".to_owned(), fields.get("status")),
        (format!("/participant/{participant}/actor/reference"), reference),
        (format!("/participant/{participant}/status"), entry.get("status")),
    ];
    let mut operations: Vec<Value> = tests
        .into_iter()
        .filter_map(|(path, value)| value.map(|value| json!({"op": "test", "path": path, "value": value})))
        .collect();
    if let Value::Array(change) = patch(participant) {
        operations.extend(change);
    }
    Value::Array(operations)
}

/// The version, if it may stand in a header.
fn version(fields: &Object) -> Option<String> {
    let version = text_or_number(object(fields, "meta")?, "versionId")?;
    (version.len() <= 64 && version == plain_code(&version)).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn visit() -> Value {
        json!({
            "resourceType": "Appointment", "id": "a1", "meta": {"versionId": "7"}, "status": "booked",
            "start": "2026-12-01T09:00:00.000-07:00",
            "participant": [
                {"actor": {"reference": "Practitioner/1"}, "status": "accepted"},
                {"actor": {"reference": "https://ehr.example/fhir/Patient/1"}, "status": "needs-action"},
            ],
        })
    }

    fn confirmation() -> Confirmation<'static> {
        let start = "2026-12-01T16:00:00Z".parse().unwrap();
        Confirmation { id: "a1", patient_id: "1", start, statuses: &[] }
    }

    #[test]
    fn the_patch_tests_what_was_read_and_changes_one_status() {
        let patch = accepted(&visit(), &confirmation()).unwrap();
        assert_eq!((patch.participant, patch.version.as_deref()), (1, Some("7")));
        assert_eq!(
            patch.body,
            json!([
                {"op": "test", "path": "/start", "value": "2026-12-01T09:00:00.000-07:00"},
                {"op": "test", "path": "/status", "value": "booked"},
                {"op": "test", "path": "/participant/1/actor/reference", "value": "https://ehr.example/fhir/Patient/1"},
                {"op": "test", "path": "/participant/1/status", "value": "needs-action"},
                {"op": "replace", "path": "/participant/1/status", "value": "accepted"},
            ])
        );
    }

    #[test]
    fn what_may_not_be_confirmed_says_why() {
        let moved = Confirmation { start: "2026-12-01T16:00:01Z".parse().unwrap(), ..confirmation() };
        let other = Confirmation { patient_id: "2", ..confirmation() };
        assert_eq!(accepted(&visit(), &moved), Err(WhyNot::Moved));
        assert_eq!(accepted(&visit(), &other), Err(WhyNot::NotTakingPart));
        assert_eq!(accepted(&visit(), &Confirmation { id: "a2", ..confirmation() }), Err(WhyNot::OtherAppointment));
        assert!(accepted(&visit(), &Confirmation { id: "a1/1", ..confirmation() }).is_ok());
        assert_eq!(accepted(&json!([]), &confirmation()), Err(WhyNot::OtherAppointment));
        let twice = json!({"actor": {"reference": "Patient/1"}, "status": "accepted"});
        for (pointer, value, expected) in [
            ("/resourceType", json!("Slot"), WhyNot::OtherAppointment),
            ("/status", json!("cancelled"), WhyNot::Status("cancelled".to_owned())),
            ("/status", json!("pending"), WhyNot::Status("pending".to_owned())),
            ("/status", json!(null), WhyNot::Status("unknown".to_owned())),
            ("/start", json!("2026-12-01T09:00:00"), WhyNot::Moved),
            ("/start", json!(5), WhyNot::Moved),
            ("/participant/1/status", json!("accepted"), WhyNot::AlreadyAccepted),
            ("/participant/1/status", json!("declined"), WhyNot::Decided("declined".to_owned())),
            ("/participant/1/status", json!(null), WhyNot::Decided("unknown".to_owned())),
            ("/participant/0", twice, WhyNot::SeveralTimes),
            ("/participant", json!({}), WhyNot::NotTakingPart),
            ("/participant/1/actor/reference", json!("#p1"), WhyNot::NotTakingPart),
        ] {
            let mut visit = visit();
            *visit.pointer_mut(pointer).unwrap() = value;
            assert_eq!(accepted(&visit, &confirmation()), Err(expected), "{visit}");
        }
        let mut modified = visit();
        modified["participant"][1]["modifierExtension"] = json!([{"url": "x"}]);
        assert_eq!(accepted(&modified, &confirmation()), Err(WhyNot::Modified));
        let mut modified = visit();
        modified["implicitRules"] = json!("http://x");
        assert_eq!(accepted(&modified, &confirmation()), Err(WhyNot::Modified));
    }

    #[test]
    fn a_pending_visit_may_be_confirmed_where_that_is_allowed() {
        let mut visit = visit();
        visit["status"] = json!("pending");
        visit["meta"]["versionId"] = json!("7\"\r\nX: y");
        let patch = accepted(&visit, &Confirmation { statuses: &["pending".to_owned()], ..confirmation() }).unwrap();
        assert_eq!(patch.version, None);
        assert_eq!(patch.body[1]["value"], "pending");
    }

    proptest! {
        #[test]
        fn a_patch_is_only_made_for_the_told_start(minutes in -600i64..600) {
            let start = confirmation().start + chrono::TimeDelta::minutes(minutes);
            let result = accepted(&visit(), &Confirmation { start, ..confirmation() });
            prop_assert_eq!(result.is_ok(), minutes == 0);
        }
    }
}
