//! Collects resources, says which ones must still be fetched, and makes the table.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::feeds::formats::Table;
use crate::feeds::formats::fhir::document::{Page, read};
use crate::feeds::formats::fhir::error::FhirError;
use crate::feeds::formats::fhir::json::{id, objects};
use crate::feeds::formats::fhir::reference::{Kind, Reference};
use crate::feeds::formats::fhir::rows::rows;
use crate::feeds::formats::fhir::store::{Current, Store, Target};
use crate::feeds::formats::fhir::table::COLUMNS;

/// The resources of one server or one set of files.
#[derive(Debug, Default)]
pub struct Found {
    store: Store,
}

impl Found {
    /// Takes one resource, one bundle, or several of them one after the other (NDJSON). Of a document that is refused,
    /// nothing is taken.
    pub fn add(&mut self, json: &[u8]) -> Result<Page, FhirError> {
        let (page, resources) = read(json)?;
        for resource in resources {
            self.store.insert(resource);
        }
        Ok(page)
    }

    /// Takes what the server answered to a request for this reference. If it is not the resource asked for, the
    /// reference counts as absent, so that it is not asked for again.
    pub fn add_fetched(&mut self, reference: &Reference, json: &[u8]) -> Result<Page, FhirError> {
        let (page, mut resources) = read(json)?;
        for resource in &mut resources {
            if resource.full_url.is_none() && id(&resource.fields).as_deref() == Some(&reference.id) {
                resource.full_url.clone_from(&reference.url);
            }
        }
        for resource in resources {
            self.store.insert(resource);
        }
        if !self.store.has(reference) {
            self.absent(reference.clone());
        }
        Ok(page)
    }

    /// Notes that the server does not have this resource.
    pub fn absent(&mut self, reference: Reference) {
        self.store.note_absent(reference);
    }

    /// The patients, practitioners, roles and locations that appointments name and that are neither here nor absent.
    /// An answer may name further ones: ask again after fetching.
    pub fn missing(&self) -> BTreeSet<Reference> {
        let mut missing = BTreeSet::new();
        for appointment in self.store.appointments() {
            for participant in objects(appointment.fields, "participant") {
                if let Some(actor) = participant.get("actor").and_then(serde_json::Value::as_object) {
                    self.note_missing(self.store.follow(appointment, actor), &mut missing);
                }
            }
        }
        // The same resource by its relative and its absolute address is fetched once.
        let relative: BTreeSet<(Kind, String)> =
            missing.iter().filter(|one| one.url.is_none()).map(|one| (one.kind, one.id.clone())).collect();
        missing.retain(|one| {
            let twice = relative.contains(&(one.kind, one.id.clone()));
            !twice || !one.url.as_deref().is_some_and(|url| self.store.is_of_this_server(url, one))
        });
        missing
    }

    fn note_missing(&self, target: Target<'_>, missing: &mut BTreeSet<Reference>) {
        match target {
            Target::Away { reference, absent: false } => {
                missing.insert(reference);
            }
            Target::Here { kind: Kind::Patient, id, place } => {
                if let Current::Gone(Target::Away { reference, absent: false }) = self.store.current(id, place) {
                    missing.insert(reference);
                }
            }
            Target::Here { kind: Kind::PractitionerRole, place, .. } => {
                if let Some(Target::Away { reference, absent: false }) = self.store.practitioner(place) {
                    missing.insert(reference);
                }
            }
            _ => {}
        }
    }

    /// One row for each appointment and patient. `now` decides which names and phone numbers are in use.
    pub fn table(&self, now: DateTime<Utc>) -> Table {
        Table { columns: &COLUMNS, rows: rows(&self.store, now) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn now() -> DateTime<Utc> {
        "2026-11-27T12:00:00Z".parse().unwrap()
    }

    fn visit(change: &Value) -> Value {
        let mut visit = json!({
            "resourceType": "Appointment", "id": "a1", "status": "booked", "start": "2026-12-01T09:00:00-07:00",
            "participant": [{"actor": {"reference": "Patient/p1"}, "status": "accepted"}],
        });
        merge(&mut visit, change);
        visit
    }

    fn patient(change: &Value) -> Value {
        let mut patient = json!({
            "resourceType": "Patient", "id": "p1", "name": [{"given": ["Ann"], "family": "Lee"}],
            "telecom": [{"system": "phone", "use": "mobile", "value": "303-555-0101"}],
        });
        merge(&mut patient, change);
        patient
    }

    fn merge(into: &mut Value, change: &Value) {
        for (key, value) in change.as_object().unwrap() {
            into[key] = value.clone();
        }
    }

    fn entry(url: &str, resource: &Value) -> Value {
        json!({"fullUrl": url, "resource": resource})
    }

    fn bundle(entries: &[Value]) -> Value {
        json!({"resourceType": "Bundle", "type": "searchset", "entry": entries})
    }

    fn found(documents: &[Value]) -> Found {
        let mut found = Found::default();
        for document in documents {
            found.add(document.to_string().as_bytes()).unwrap();
        }
        found
    }

    fn cells(found: &Found, columns: &[&str]) -> Vec<Vec<String>> {
        let table = found.table(now());
        let at = |name: &str| table.columns.iter().position(|column| *column == name).unwrap();
        table.rows.iter().map(|row| columns.iter().map(|name| row[at(name)].clone()).collect()).collect()
    }

    /// The only row's cells.
    fn only(documents: &[Value], columns: &[&str]) -> Vec<String> {
        let rows = cells(&found(documents), columns);
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.into_iter().next().unwrap()
    }

    fn problem(documents: &[Value]) -> String {
        only(documents, &["Problem"]).remove(0)
    }

    fn names(found: &Found) -> Vec<String> {
        let shown = |one: &Reference| one.url.clone().unwrap_or_else(|| one.to_string());
        found.missing().iter().map(shown).collect()
    }

    #[test]
    fn a_whole_row() {
        let visit = visit(&json!({
            "meta": {"versionId": "3"}, "end": "2026-12-01T09:30:00-07:00", "minutesDuration": 30, "description": "Cleaning",
            "created": "2026-11-01", "appointmentType": {"coding": [{"display": "x"}, {"code": "CHECKUP"}]},
            "participant": [
                {"actor": {"reference": "PractitionerRole/r1", "display": "Role"}, "status": "accepted"},
                {"actor": {"reference": "Location/l1", "display": "Shown"}, "status": "accepted"},
                {"actor": {"reference": "Patient/p1"}, "status": "needs-action"},
            ],
        }));
        let role =
            json!({"resourceType": "PractitionerRole", "id": "r1", "practitioner": {"reference": "Practitioner/d1"}});
        let doctor = json!({"resourceType": "Practitioner", "id": "d1", "name": [{"prefix": ["Dr"], "family": "May"}]});
        let place = json!({"resourceType": "Location", "id": "l1", "name": "North"});
        let person = patient(&json!({"birthDate": "1980-01-02", "communication": [{"language": {"text": "Spanish"}}]}));
        let found = found(&[visit, role, doctor, place, person]);
        let table = found.table(now());
        assert_eq!(
            table.rows,
            [[
                "a1",
                "p1",
                "Ann",
                "Lee",
                "1980-01-02",
                "303-555-0101",
                "",
                "Spanish",
                "CHECKUP",
                "Cleaning",
                "Dr May",
                "2026-12-01T09:00:00-07:00",
                "2026-12-01T09:30:00-07:00",
                "30",
                "booked",
                "needs-action",
                "l1",
                "North",
                "2026-11-01",
                "3",
                "",
            ]]
        );
        assert!(found.missing().is_empty());
    }

    #[test]
    fn problems_of_appointments() {
        let person = patient(&json!({}));
        for (change, expected) in [
            (json!({}), ""),
            (json!({"id": null}), "it has no id"),
            (json!({"id": "a b"}), "its id is not a FHIR id"),
            (json!({"id": 5}), ""),
            (json!({"status": null}), "it has no status"),
            (
                json!({"modifierExtension": [{"url": "x"}]}),
                "it carries a modifier extension, which may change its meaning",
            ),
            (
                json!({"modifierExtension": [{"url": "x"}], "status": "cancelled"}),
                "it carries a modifier extension, which may change its meaning",
            ),
            (json!({"implicitRules": "http://x"}), "it carries implicit rules, which may change its meaning"),
            (json!({"start": null}), "it has no start"),
            (json!({"start": 5}), "its start is not a text"),
            (json!({"start": "2026-12-01"}), "its start 2026-12-01 has no time or no offset"),
            (json!({"start": "2026-12-01T09:00:00"}), "its start 2026-12-01T09:00:00 has no time or no offset"),
            (
                json!({"start": "2026-12-01T24:00:00Z"}),
                "its start 2026-12-01T24:00:00Z is not a possible date and time with an offset",
            ),
            (json!({"start": "Ann at nine"}), "its start is not a possible date and time with an offset"),
            (json!({"start": null, "status": "cancelled"}), ""),
            (json!({"start": "2026-12-01", "status": "NoShow"}), ""),
            (json!({"start": null, "status": "surprise"}), "it has no start"),
        ] {
            assert_eq!(problem(&[visit(&change), person.clone()]), expected, "{change}");
        }
    }

    #[test]
    fn problems_of_participants() {
        let person = patient(&json!({}));
        for (change, expected) in [
            (json!({"participant": []}), "no patient takes part in it"),
            (json!({"participant": null, "status": "cancelled"}), ""),
            (json!({"participant": [{"actor": {"reference": "Group/1"}}]}), "no patient takes part in it"),
            (json!({"participant": [{"actor": {"reference": "Patient/p2"}}]}), "its patient Patient/p2 was not found"),
            (json!({"participant": [{"actor": {"reference": "Patient/p2"}}], "status": "fulfilled"}), ""),
            (
                json!({"participant": [{"actor": {"reference": "Patient/a b"}}]}),
                "its patient is not in the data, and has no usable id",
            ),
            (
                json!({"participant": [{"actor": {"type": "Patient", "identifier": {"value": "7"}}}]}),
                "its patient is not in the data, and has no usable id",
            ),
            (
                json!({"participant": [{"actor": {"reference": "Patient/p1"}, "modifierExtension": [{"url": "x"}]}]}),
                "its participant carries a modifier extension, which may change its meaning",
            ),
            (
                json!({"participant": vec![json!({"actor": {"reference": "Device/1"}}); 201]}),
                "more than 200 participants take part in it",
            ),
            (
                json!({"end": 5, "minutesDuration": "x", "created": {}, "description": [], "serviceType": 3, "meta": "x"}),
                "",
            ),
        ] {
            assert_eq!(problem(&[visit(&change), person.clone()]), expected, "{change}");
        }
    }

    #[test]
    fn problems_of_patients() {
        let other = json!({"resourceType": "Patient", "id": "p2", "name": [{"given": ["Bea"], "family": "Lee"}]});
        let link = |id: &str| json!({"type": "replaced-by", "other": {"reference": format!("Patient/{id}")}});
        for (change, expected, first) in [
            (json!({"deceasedBoolean": true}), "the patient has died", "Ann"),
            (json!({"active": false}), "the patient's record is marked as not active", "Ann"),
            (json!({"active": false, "link": [link("p2")]}), "", "Bea"),
            (json!({"active": true, "link": [link("p2")]}), "", "Bea"),
            (json!({"deceasedBoolean": true, "link": [link("p2")]}), "the patient has died", "Bea"),
            (json!({"link": [link("p3")]}), "the record that replaced its patient's Patient/p3 was not found", "Ann"),
            (
                json!({"link": [link("p2"), link("p3")]}),
                "the links of the patient's record contradict each other",
                "Ann",
            ),
            (json!({"link": [link("p1")]}), "the links of the patient's record contradict each other", "Ann"),
            (json!({"link": [{"type": "seealso", "other": {"reference": "Patient/p9"}}]}), "", "Ann"),
            (
                json!({"modifierExtension": [{"url": "x"}]}),
                "the patient's record carries a modifier extension, which may change its meaning",
                "Ann",
            ),
        ] {
            let read = only(&[visit(&json!({})), patient(&change), other.clone()], &["Problem", "First Name"]);
            assert_eq!(read, [expected, first], "{change}");
            let cancelled =
                only(&[visit(&json!({"status": "cancelled"})), patient(&change), other.clone()], &["Problem"]);
            assert_eq!(cancelled, [""], "{change}");
        }
        assert_eq!(names(&found(&[visit(&json!({})), patient(&json!({"link": [link("p3")]}))])), ["Patient/p3"]);
    }

    #[test]
    fn a_group_has_a_row_for_each_patient() {
        let actors = |references: &[&str]| {
            let list: Vec<Value> = references
                .iter()
                .map(|reference| json!({"actor": {"reference": reference}, "status": reference}))
                .collect();
            visit(
                &json!({"participant": list, "contained": [{"resourceType": "Patient", "id": "c", "name": [{"text": "Cy"}]}]}),
            )
        };
        let people = [patient(&json!({})), patient(&json!({"id": "p2"}))];
        let read = |references: &[&str]| {
            let documents = [actors(references), people[0].clone(), people[1].clone()];
            cells(&found(&documents), &["Id", "Patient Id", "First Name", "Participant", "Problem"])
        };
        assert_eq!(
            read(&["Patient/p1", "Patient/p2", "#c"]),
            [
                ["a1/p1", "p1", "Ann", "patient/p1", ""],
                ["a1/p2", "p2", "Ann", "patient/p2", ""],
                ["a1/#c", "", "Cy", "#c", ""],
            ]
        );
        assert_eq!(read(&["Patient/p1", "Patient/p1"]), [["a1", "p1", "Ann", "patient/p1", ""]]);
        assert_eq!(read(&["Patient/p1", "Patient/p1/_history/2"]), [["a1", "p1", "Ann", "", ""]]);
        assert_eq!(read(&["#c"]), [["a1", "", "Cy", "#c", ""]]);
    }

    #[test]
    fn references_by_address_and_urn() {
        let home = |id: &str| format!("https://ehr.example/fhir/{id}");
        let at = |reference: &str| visit(&json!({"participant": [{"actor": {"reference": reference}}]}));
        let with = |reference: &str, url: &str, id: &Value| {
            bundle(&[entry(&home("Appointment/a1"), &at(reference)), entry(url, &patient(&json!({"id": id})))])
        };
        let p1 = json!("p1");
        for (document, expected) in [
            (with("Patient/p1", &home("Patient/p1"), &p1), ["p1", ""]),
            (with(&home("Patient/p1"), &home("Patient/p1"), &p1), ["p1", ""]),
            (with("http://EHR.example:80/fhir/Patient/p1", &home("Patient/p1"), &p1), ["p1", ""]),
            (with("https://other.example/Patient/p1", "https://other.example/Patient/p1", &p1), ["p1", ""]),
            (
                with("https://other.example/Patient/p1", &home("Patient/p1"), &p1),
                ["p1", "its patient Patient/p1 was not found"],
            ),
            (
                with("Patient/p1", "https://other.example/Patient/p1", &p1),
                ["p1", "its patient Patient/p1 was not found"],
            ),
            (with("urn:uuid:AB-1", "urn:uuid:ab-1", &json!(null)), ["", ""]),
            (with("urn:uuid:ab-1", "urn:uuid:ab-1", &p1), ["p1", ""]),
            (with("Patient/p1", "Patient/p1", &p1), ["p1", ""]),
        ] {
            assert_eq!(only(std::slice::from_ref(&document), &["Patient Id", "Problem"]), expected, "{document}");
        }
        // Without addresses of their own, an absolute reference means the patient that was fetched for it.
        let absolute = at("https://ehr.example/fhir/Patient/p1");
        assert_eq!(problem(&[absolute.clone(), patient(&json!({}))]), "");
        // Two servers use the same id: nobody is texted by guess.
        let mut elsewhere = at("https://other.example/Patient/p1");
        elsewhere["id"] = json!("a2");
        let rows = cells(&found(&[absolute, elsewhere, patient(&json!({}))]), &["Problem"]).concat();
        assert_eq!(rows, ["its patient Patient/p1 was not found", "its patient Patient/p1 was not found"]);
        // Two people of one file, both with the id p1.
        let people = bundle(&[entry("urn:uuid:1", &patient(&json!({}))), entry("urn:uuid:2", &patient(&json!({})))]);
        assert_eq!(problem(&[at("Patient/p1"), people]), "its patient Patient/p1 was not found");
    }

    #[test]
    fn what_is_missing_is_fetched_once_or_noted_as_absent() {
        let visit = visit(&json!({"participant": [
            {"actor": {"reference": "Patient/p1"}}, {"actor": {"reference": "PractitionerRole/r"}}, {"actor": {"reference": "Device/x"}},
            {"actor": {"reference": "https://other.example/Location/l"}}, {"actor": {"reference": "Patient/../x"}}, {"actor": {"reference": "urn:uuid:1"}},
        ]}));
        let mut found = found(&[visit]);
        assert_eq!(names(&found), ["Patient/p1", "PractitionerRole/r", "https://other.example/Location/l"]);
        let role =
            json!({"resourceType": "PractitionerRole", "id": "r", "practitioner": [{"reference": "Practitioner/d"}]});
        found.add(role.to_string().as_bytes()).unwrap();
        assert_eq!(names(&found), ["Patient/p1", "Practitioner/d", "https://other.example/Location/l"]);
        for reference in found.missing() {
            match reference.kind {
                Kind::Location => {
                    let place = json!({"resourceType": "Location", "id": "l", "name": "Far"});
                    found.add_fetched(&reference, place.to_string().as_bytes()).unwrap();
                }
                Kind::Patient => {
                    let wrong = patient(&json!({"id": "p9"}));
                    found.add_fetched(&reference, wrong.to_string().as_bytes()).unwrap();
                }
                _ => found.absent(reference),
            }
        }
        assert_eq!(names(&found), [""; 0]);
        let read = cells(&found, &["Location", "Location Name", "Problem"]);
        assert_eq!(read, [["l", "Far", "its patient Patient/p1 does not exist on the server"]]);
    }

    #[test]
    fn the_newest_version_wins() {
        let version = |updated: &str, version: &str, status: &str| {
            let meta = json!({"lastUpdated": updated, "versionId": version});
            visit(&json!({"meta": meta, "status": status}))
        };
        let old = version("2026-11-01T10:00:00Z", "9", "booked");
        let new = version("2026-11-01T10:00:00.5Z", "1", "cancelled");
        let by_number = [version("", "9", "booked"), version("", "10", "cancelled")];
        let by_order = [version("", "x", "booked"), version("", "a", "cancelled")];
        for (first, second, expected) in [
            (&old, &new, "cancelled"),
            (&new, &old, "cancelled"),
            (&by_number[0], &by_number[1], "cancelled"),
            (&by_number[1], &by_number[0], "cancelled"),
            (&by_order[0], &by_order[1], "cancelled"),
            (&by_order[1], &by_order[0], "booked"),
        ] {
            assert_eq!(only(&[first.clone(), second.clone()], &["Status"]), [expected]);
            let addressed = bundle(&[entry("https://a.example/Appointment/a1", second)]);
            assert_eq!(only(&[first.clone(), addressed.clone()], &["Status"]), [expected]);
            assert_eq!(only(&[addressed, first.clone()], &["Status"]).len(), 1);
        }
        let servers =
            ["https://a.example", "https://b.example"].map(|server| entry(&format!("{server}/Appointment/a1"), &old));
        let rows = cells(&found(&[bundle(&servers)]), &["Problem"]).concat();
        assert_eq!(rows, ["appointments of two servers have this id"; 2]);
    }

    #[test]
    fn a_patient_with_and_without_an_address_is_one_patient() {
        let home = "https://ehr.example/fhir";
        let actor = |reference: &str| json!({"actor": {"reference": reference}, "status": "accepted"});
        let both = json!([actor("Patient/p1"), actor(&format!("{home}/Patient/p1"))]);
        let visit = entry(&format!("{home}/Appointment/a1"), &visit(&json!({"participant": both})));
        let bundled = found(&[bundle(std::slice::from_ref(&visit))]);
        assert_eq!(names(&bundled), ["Patient/p1"]);
        let dated = |day: u8, name: &str| {
            let meta = json!({"lastUpdated": format!("2026-11-{day:02}T10:00:00Z")});
            patient(&json!({"meta": meta, "name": [{"given": [name], "family": "Lee"}]}))
        };
        for (bundled, fetched) in [(1, 2), (2, 1)] {
            let person = entry(&format!("{home}/Patient/p1"), &dated(bundled, &format!("Day{bundled}")));
            let read = [bundle(&[visit.clone(), person]), dated(fetched, &format!("Day{fetched}"))];
            assert_eq!(only(&read, &["Id", "First Name", "Problem"]), ["a1", "Day2", ""]);
        }
    }

    #[test]
    fn a_refused_document_leaves_nothing() {
        let mut found = Found::default();
        let lines = format!("{}\n{{", visit(&json!({})));
        assert!(found.add(lines.as_bytes()).is_err());
        assert!(found.table(now()).rows.is_empty());
    }

    #[test]
    fn providers_and_places_without_a_record() {
        let visit = visit(&json!({"status": "booked", "serviceType": [{"text": "Exam"}], "participant": [
            {"actor": {"display": "Phone Call"}},
            {"actor": {"reference": "Practitioner/0", "display": "Dr No"}, "status": "declined"},
            {"actor": {"reference": "#d"}}, {"actor": {"type": "Location", "display": "Room 2"}}, {"actor": {"reference": "#p"}},
        ], "contained": [
            {"resourceType": "Practitioner", "id": "d", "name": {"family": "Inside"}},
            {"resourceType": "Patient", "id": "#p", "name": {"family": "Lee"}},
        ]}));
        let read =
            only(&[visit], &["Provider", "Location", "Location Name", "Description", "Type", "Last Name", "Problem"]);
        assert_eq!(read, ["Inside", "", "Room 2", "Exam", "Exam", "Lee", ""]);
    }

    fn sample() -> String {
        let appointment = visit(
            &json!({"meta": {"versionId": "1", "lastUpdated": "2026-11-01T10:00:00Z"}, "minutesDuration": 30,
            "participant": [{"actor": {"reference": "Patient/p1"}}, {"actor": {"reference": "urn:uuid:1"}}, {"actor": {"reference": "#c"}}],
            "contained": [{"resourceType": "Patient", "id": "c", "link": [{"type": "replaced-by", "other": {"reference": "#c"}}]}]}),
        );
        let person =
            patient(&json!({"communication": [{"language": {"coding": [{"code": "es"}]}}], "birthDate": "1980-01-02"}));
        bundle(&[entry("https://a.example/Appointment/a1", &appointment), entry("urn:uuid:1", &person)]).to_string()
    }

    /// Everything that may be done with any documents: it ends, and all rows are as long as the header.
    fn check(documents: &[Vec<u8>]) {
        let mut found = Found::default();
        for document in documents {
            let _ = found.add(document);
        }
        for reference in found.missing() {
            found.absent(reference);
        }
        assert!(found.missing().is_empty());
        let table = found.table(now());
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
        for row in &table.rows {
            let problem = row.last().unwrap();
            assert!(problem.len() <= 160 && !problem.contains("Ann") && !problem.contains("555"), "{problem}");
            assert!(!row[0].is_empty() || !problem.is_empty());
        }
    }

    proptest! {
        #[test]
        fn mangled_documents_never_panic(at in 0usize..2000, length in 0usize..40, byte in any::<u8>(), way in 0u8..4) {
            let mut bytes = sample().into_bytes();
            let at = at % bytes.len();
            let end = (at + length).min(bytes.len());
            match way {
                0 => bytes.truncate(at),
                1 => bytes[at] = byte,
                2 => drop(bytes.drain(at..end)),
                _ => {
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part);
                }
            }
            check(&[bytes, sample().into_bytes()]);
        }

        #[test]
        fn any_value_in_any_field(key in 0usize..400, value in value()) {
            let mut document: Value = serde_json::from_str(&sample()).unwrap();
            let mut left = key;
            replace(&mut document, &mut left, &value);
            check(&[document.to_string().into_bytes()]);
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-zA-Z#:/.0-9 é]{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("given|reference|end|code|x", inner, 0..3)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// Replaces the value at this place of a walk through the document.
    fn replace(document: &mut Value, left: &mut usize, value: &Value) {
        if *left == 0 {
            document.clone_from(value);
            *left = usize::MAX;
            return;
        }
        *left -= 1;
        match document {
            Value::Array(values) => values.iter_mut().for_each(|inner| replace(inner, left, value)),
            Value::Object(fields) => fields.values_mut().for_each(|inner| replace(inner, left, value)),
            _ => {}
        }
    }
}
