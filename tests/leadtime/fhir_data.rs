//! Reads the shared FHIR examples and compares every appointment and patient with what was found by hand.

use std::fs;
use std::path::{Path, PathBuf};

use leadtime::feeds::formats::fhir::{FhirError, Found};

fn folder(name: &str) -> Option<PathBuf> {
    crate::shared::data(name)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "json") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn cells(found: &Found, columns: &[&str]) -> Vec<String> {
    let table = found.table("2026-11-27T12:00:00Z".parse().unwrap());
    let at = |name: &str| table.columns.iter().position(|column| *column == name).unwrap();
    table
        .rows
        .iter()
        .map(|row| columns.iter().map(|name| row[at(name)].as_str()).collect::<Vec<_>>().join("|"))
        .collect()
}

fn read(folder: &Path, files: &[&str]) -> Found {
    let mut found = Found::default();
    for file in files {
        found.add(&fs::read(folder.join(file)).unwrap()).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
    found
}

const VISIT: [&str; 13] = [
    "Id",
    "Patient Id",
    "Type",
    "Description",
    "Provider",
    "Start",
    "End",
    "Minutes",
    "Status",
    "Participant",
    "Location",
    "Location Name",
    "Created",
];

#[test]
fn every_file_is_read_or_refused_with_a_reason() {
    let Some(folder) = folder("fhir") else { return };
    let (mut all, mut refused) = (Found::default(), Vec::new());
    let files = files(&folder);
    for file in &files {
        let bytes = fs::read(file).unwrap();
        if let Err(error) = all.add(&bytes) {
            refused.push((file.file_name().unwrap().to_str().unwrap().to_owned(), error));
        }
        // Cut and damaged copies.
        for at in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let mut found = Found::default();
            assert!(found.add(&bytes[..at]).is_err());
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x15;
            let _ = found.add(&damaged);
            let _ = (found.missing(), cells(&found, &["Id"]));
        }
    }
    assert_eq!(files.len(), 41);
    assert_eq!(
        refused,
        [
            ("bundle-response.json".to_owned(), FhirError::NestedBundle { number: 9 }),
            ("bundle-transaction.json".to_owned(), FhirError::BundleType("transaction".to_owned())),
        ]
    );
    // Three of R4, five of Argonaut; the one of STU3 has the id of one of R4.
    assert_eq!(cells(&all, &["Id"]).len(), 8);
}

#[test]
fn appointments_of_r4() {
    let Some(folder) = folder("fhir/r4") else { return };
    let people = ["patient-example.json", "practitioner-example.json", "location-example.json"];
    let visits = ["appointment-example.json", "appointment-example-request.json", "appointment-example2doctors.json"];
    let found = read(&folder, &[&visits[..], &people[..]].concat());
    let mri = "Discussion on the results of your recent MRI";
    assert_eq!(
        cells(&found, &VISIT),
        [
            format!("example|example|FOLLOWUP|{mri}|Dr Adam Careful|2013-12-10T09:00:00Z|2013-12-10T11:00:00Z||booked|accepted|1|South Wing, second floor|2013-10-10"),
            format!("examplereq|example|WALKIN|{mri}||||15|proposed|needs-action|1|South Wing, second floor|2015-12-02"),
            "2docs|example|WALKIN|Discussion about Peter Chalmers MRI results|Dr Adam Careful|2013-12-09T09:00:00Z|2013-12-09T11:00:00Z||booked|accepted|||".to_owned(),
        ]
    );
    assert_eq!(cells(&found, &["Problem"]), ["", "it has no start", ""]);
    let person = "Jim|Chalmers|1974-12-25|(03) 3410 5613|";
    assert_eq!(cells(&found, &["First Name", "Last Name", "Birth Date", "Phone", "Home Phone"]), [person; 3]);
    let missing: Vec<String> = found.missing().iter().map(ToString::to_string).collect();
    assert_eq!(missing, ["Practitioner/f202"]);

    let alone = read(&folder, &visits);
    let missing: Vec<String> = alone.missing().iter().map(ToString::to_string).collect();
    assert_eq!(missing, ["Patient/example", "Practitioner/example", "Practitioner/f202", "Location/1"]);
    assert_eq!(cells(&alone, &["Provider"]), ["Dr Adam Careful", "", "Dr Adam Careful"]);
    let lost = "its patient Patient/example was not found";
    assert_eq!(cells(&alone, &["Problem"]), [lost, "it has no start", lost]);
}

#[test]
fn appointments_of_stu3() {
    let Some(folder) = folder("fhir") else { return };
    let found = read(&folder, &["stu3/Appointment.json", "r4/patient-example.json"]);
    assert_eq!(
        cells(&found, &VISIT),
        [
            "example|example|follow|Discussion on the results of your recent MRI|Dr Adam Careful|2013-12-10T09:00:00Z|2013-12-10T11:00:00Z||booked|accepted|1|South Wing, second floor|2013-10-10"
        ]
    );
    assert_eq!(cells(&found, &["Problem"]), [""]);

    // The appointments stand in single files and in a search result, which holds an outcome that is no error.
    let mut found = Found::default();
    let page = found.add(&fs::read(folder.join("argonaut-stu3/Bundle-hal-dr-y-appts.json")).unwrap()).unwrap();
    assert_eq!((page.appointments, page.total, page.next), (3, Some(3), None));
    for name in ["1", "1a-1", "1a-2", "1a-3", "2"] {
        let page =
            found.add(&fs::read(folder.join(format!("argonaut-stu3/Appointment-proposed-appt{name}.json"))).unwrap());
        assert_eq!(page.unwrap().appointments, 1);
    }
    let row = |id: &str, start: &str, end: &str| {
        format!("proposed-appt{id}||ROUTINE|Office Call|Dr Y|2017-07-17T{start}:00Z|2017-07-17T{end}:00Z||proposed||||")
    };
    assert_eq!(
        cells(&found, &VISIT),
        [
            row("1a-1", "00:45", "01:00"),
            row("1a-2", "01:00", "01:15"),
            row("1a-3", "02:00", "02:15"),
            row("1", "00:45", "01:00"),
            row("2", "01:00", "01:15"),
        ]
    );
    assert_eq!(cells(&found, &["Problem"]), ["no patient takes part in it"; 5]);
}

/// Patient, first name, last name, birth date, phone, home phone, language, problem.
#[rustfmt::skip]
const PATIENTS: [(&str, &str, &str); 28] = [
    ("argonaut-stu3/Patient-argo-sch-patient-1.json", "argo-sch-patient-1", "First|LastName|1964-06-19||555-555-5555||"),
    ("r4/patient-example-a.json", "pat1", "Duck|Donald|||||"),
    ("r4/patient-example-b.json", "pat2", "Duck|Donald|||||"),
    ("r4/patient-example-c.json", "pat3", "Simon|Notsowell|1982-01-23||||the patient has died"),
    ("r4/patient-example-chinese.json", "ch-example", "张无忌||1974-12-25||||"),
    ("r4/patient-example-d.json", "pat4", "Sandy|Notsowell|1982-08-02||||the patient has died"),
    ("r4/patient-example-dicom.json", "dicom", "|MINT_TEST|||||"),
    ("r4/patient-example-f001-pieter.json", "f001", "Pieter|van de Heuvel|1944-11-17|0648352638||nl|"),
    ("r4/patient-example-infant-mom.json", "infant-mom", "Leia|Solo|1995-10-12||||"),
    ("r4/patient-example-newborn.json", "newborn", "||2017-09-05||||"),
    ("r4/patient-example-proband.json", "proband", "||1966-04-04||||"),
    ("r4/patient-example.json", "example", "Jim|Chalmers|1974-12-25|(03) 3410 5613|||"),
    ("r4/patient-examples-general.json", "1", "Eve|Everywoman|1973-05-31||||"),
    ("r4/patient-examples-general.json", "2", "Adam|Everyman|||||"),
    ("r4/patient-examples-general.json", "3", "Kari|Kidd|||||"),
    ("r4/patient-examples-general.json", "4", "Nancy|Nuclear|||||"),
    ("r4/patient-examples-general.json", "5", "Neville|Nuclear|||||"),
    ("r4/patient-examples-general.json", "6", "Ned|Nuclear|||||"),
    ("r4/patient-examples-general.json", "7", "Nelda|Nuclear|||||"),
    ("r4/patient-examples-general.json", "8", "Martha|Mum|||||"),
    ("r4/patient-examples-general.json", "9", "Stuart|Sons|||||the patient has died"),
    ("r4/patient-examples-general.json", "10", "Boris|Betterhalf|||||"),
    ("r4/patient-examples-general.json", "11", "Ralph|Relative|||||"),
    ("r4/patient-examples-general.json", "12", "Carrie|Contact|||||"),
    ("uscore/patient-child-example.json", "child-example", "Child|Example|2016-01-15||555-555-5555||"),
    ("uscore/patient-example.json", "example", "Amy|Baxter|1987-02-20||555-555-5555|es|"),
    ("r4/bundle-example.json", "347", "||||||its patient Patient/347 was not found"),
    ("r4/slot-example.json", "x", "||||||its patient Patient/x was not found"),
];

#[test]
fn patients() {
    let Some(folder) = folder("fhir") else { return };
    for (file, id, expected) in PATIENTS {
        let mut found = read(&folder, &[file]);
        let visit = format!(
            r#"{{"resourceType": "Appointment", "id": "a", "status": "booked", "start": "2026-12-01T09:00:00Z",
            "participant": [{{"actor": {{"reference": "Patient/{id}"}}}}]}}"#
        );
        found.add(visit.as_bytes()).unwrap();
        let read =
            cells(&found, &["First Name", "Last Name", "Birth Date", "Phone", "Home Phone", "Language", "Problem"]);
        assert_eq!(read, [expected], "{file} {id}");
    }
}

#[test]
fn appointments_made_from_hl7() {
    let Some(folder) = folder("hl7v2/expected") else { return };
    for file in files(&folder) {
        let bytes = fs::read(&file).unwrap();
        assert_eq!(Found::default().add(&bytes), Err(FhirError::NotAResource { number: 1 }));
        let resources: Vec<serde_json::Value> = serde_json::from_slice(&bytes).unwrap();
        let lines: Vec<String> = resources.iter().map(ToString::to_string).collect();
        let mut found = Found::default();
        assert_eq!(found.add(lines.join("\n").as_bytes()).unwrap().appointments, 1);
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let (status, problem) = match name.get(..7) {
            Some("SIU-S15" | "SIU-S16") => ("cancelled", ""),
            Some("SIU-S26") => ("noshow", ""),
            Some("SIU-S17") => ("entered-in-error", ""),
            _ => ("booked", "the patient has died"),
        };
        let read = cells(
            &found,
            &["First Name", "Last Name", "Birth Date", "Phone", "Home Phone", "Start", "Status", "Problem"],
        );
        assert_eq!(
            read,
            [format!("ADAM|EVERYMAN|1988-08-18||12121212|2021-09-24T12:45:00+05:30|{status}|{problem}")],
            "{name}"
        );
    }
}
