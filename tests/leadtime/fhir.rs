//! Feeds of FHIR resources: files, and a real server with each way to sign in and each way to misbehave.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use chrono::{DateTime, Days, NaiveTime, SecondsFormat, Utc};
use chrono_tz::America::Denver;
use serde_json::{Value, json};

use crate::peers::FhirServer;
use crate::program::{Daemon, Ended, Practice, Sandbox, live_config, now};

const HEAD: &str = "[practice]\nname = \"Maple Dental\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
     timezone = \"America/Denver\"\n[[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"m\"\n\
     [database]\npath = \"test.db\"\n[[feed]]\nname = \"ehr\"\nkind = \"fhir\"\n";

/// 9:00 AM in Denver so many days from now.
fn at(days: u64) -> DateTime<Utc> {
    let day = now().with_timezone(&Denver).date_naive() + Days::new(days);
    let nine = NaiveTime::from_hms_opt(9, 0, 0).unwrap();
    day.and_time(nine).and_local_timezone(Denver).unwrap().to_utc()
}

fn patient(id: &str, given: &str, phone: &str) -> Value {
    json!({ "resourceType": "Patient", "id": id, "name": [{ "use": "official", "family": "Lee", "given": [given] }],
            "telecom": [{ "system": "phone", "use": "mobile", "value": phone }], "birthDate": "1980-03-04" })
}

fn appointment(id: &str, patient: &str, days: u64, status: &str) -> Value {
    let start = at(days).to_rfc3339_opts(SecondsFormat::Secs, true);
    let end = (at(days) + chrono::TimeDelta::minutes(30)).to_rfc3339_opts(SecondsFormat::Secs, true);
    json!({ "resourceType": "Appointment", "id": id, "status": status, "start": start, "end": end,
            "participant": [{ "actor": { "reference": format!("Patient/{patient}") }, "status": "needs-action" }] })
}

/// Three patients, four appointments; one is cancelled and one not fixed yet.
fn book() -> Vec<Value> {
    vec![
        patient("p1", "Ann", "(303) 555-0101"),
        patient("p2", "Ben", "303-555-0102"),
        patient("p3", "Cy", "3035550103"),
        appointment("a1", "p1", 3, "booked"),
        appointment("a2", "p2", 4, "booked"),
        appointment("a3", "p3", 5, "cancelled"),
        appointment("a4", "p3", 6, "proposed"),
    ]
}

fn practice(keys: &str) -> Practice {
    Practice::new(&format!("{HEAD}{keys}\n"))
}

fn with_secret(practice: &Practice, secret: &str) {
    std::fs::write(practice.path("secret"), secret).unwrap();
    std::fs::set_permissions(practice.path("secret"), std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn pull(practice: &Practice) -> Ended {
    let ended = practice.run(&["feed", "pull", "ehr"]);
    for private in ["s3cret", "5550101", "555-0101", "Ann"] {
        assert!(!ended.out.contains(private) && !ended.err.contains(private), "{}{}", ended.out, ended.err);
    }
    ended
}

/// Appointments by id: start, status, first name, phone.
fn appointments(practice: &Practice) -> BTreeMap<String, String> {
    let connection = practice.sql();
    let sql =
        "SELECT id, starts_unix || ' ' || status || ' ' || coalesce(first_name, '-') || ' ' || coalesce(phone, '-')
               FROM appointments";
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

fn row(days: u64, status: &str, name: &str, phone: &str) -> String {
    format!("{} {status} {name} {phone}", at(days).timestamp())
}

#[test]
fn a_servers_appointments_come_in_page_by_page_and_follow_the_book() {
    let Some(server) = FhirServer::start(&book(), &["--token", "s3cret", "--page", "2"], &[]) else { return };
    let practice = practice(&format!("url = \"{}\"\nauth = \"bearer\"\npassword_file = \"secret\"", server.url()));
    with_secret(&practice, "s3cret\n");
    pull(&practice).good();
    let all: Vec<(String, String)> = appointments(&practice).into_iter().collect();
    let expected = [
        ("a1".to_owned(), row(3, "booked", "Ann", "(303) 555-0101")),
        ("a2".to_owned(), row(4, "booked", "Ben", "303-555-0102")),
    ];
    let live: Vec<_> = all.iter().filter(|(_, row)| row.contains("booked")).cloned().collect();
    assert_eq!(live, expected, "{all:?}");
    let searches = server.requests().iter().filter(|r| r["url"].as_str().unwrap().contains("/Appointment?")).count();
    assert!(searches >= 2, "{:?}", server.requests());
    assert!(server.requests().iter().all(|request| request["authorized"] == true));
    // One is moved, one gets another phone number, one is cancelled, one becomes fixed.
    let header = "Authorization: Bearer s3cret\r\n";
    server.put(&appointment("a1", "p1", 7, "booked"), header);
    server.put(&patient("p1", "Ann", "(303) 555-0109"), header);
    server.put(&appointment("a2", "p2", 4, "cancelled"), header);
    server.put(&appointment("a4", "p3", 6, "booked"), header);
    assert_eq!(server.get("Appointment/a2", header)["status"], "cancelled");
    pull(&practice).good();
    let found = appointments(&practice);
    assert_eq!(found["a1"], row(7, "booked", "Ann", "(303) 555-0109"));
    assert_eq!(found["a2"], row(4, "cancelled", "Ben", "303-555-0102"));
    assert_eq!(found["a4"], row(6, "booked", "Cy", "3035550103"));
}

#[test]
fn the_book_is_the_complete_list_of_its_days() {
    let Some(server) = FhirServer::start(&book(), &[], &[]) else { return };
    let practice = practice(&format!("url = \"{}\"\nmax_missing = \"100%\"", server.url()));
    pull(&practice).good();
    // It is moved beyond the days that are read.
    server.put(&appointment("a2", "p2", 200, "booked"), "");
    pull(&practice).good();
    let found = appointments(&practice);
    assert_eq!(found["a1"], row(3, "booked", "Ann", "(303) 555-0101"));
    assert_eq!(found["a2"], row(4, "cancelled", "Ben", "303-555-0102"));
}

#[test]
fn other_statuses_count_as_booked_only_if_the_practice_says_so() {
    let Some(server) = FhirServer::start(&book(), &[], &[]) else { return };
    let practice = practice(&format!("url = \"{}\"\nstatuses = [\"proposed\"]", server.url()));
    pull(&practice).good();
    assert_eq!(appointments(&practice)["a4"], row(6, "booked", "Cy", "3035550103"));
}

#[test]
fn each_way_to_sign_in_works_and_a_wrong_secret_is_explained() {
    let user = ["--basic", "leadtime:s3cret"];
    let Some(server) = FhirServer::start(&book(), &user, &[]) else { return };
    let keys = format!("url = \"{}\"\nauth = \"basic\"\nuser = \"leadtime\"\npassword_file = \"secret\"", server.url());
    let desk = practice(&keys);
    with_secret(&desk, "wrong\n");
    let refused = pull(&desk);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("does not let Leadtime in (status 401"), "{}", refused.err);
    with_secret(&desk, "s3cret\n");
    pull(&desk).good();
    assert_eq!(appointments(&desk).values().filter(|row| row.contains("booked")).count(), 2);
}

#[test]
fn smart_backend_services_gives_tokens_that_end() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let point = key.public_key_raw();
    let encoded = |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes);
    let jwk = json!({ "kty": "EC", "crv": "P-384", "x": encoded(&point[1..49]), "y": encoded(&point[49..]),
                      "kid": "k1", "alg": "ES384", "use": "sig" });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwk.json");
    std::fs::write(&file, jwk.to_string()).unwrap();
    let options = ["--smart", file.to_str().unwrap(), "leadtime", "--short-tokens", "--page", "1"];
    let Some(server) = FhirServer::start(&book(), &options, &[]) else { return };
    let keys = "auth = \"smart\"\nclient_id = \"leadtime\"\nkey_id = \"k1\"\npassword_file = \"secret\"";
    let desk = practice(&format!("url = \"{}\"\n{keys}", server.url()));
    with_secret(&desk, &key.serialize_pem());
    pull(&desk).good();
    assert_eq!(appointments(&desk).values().filter(|row| row.contains("booked")).count(), 2);
    let tokens =
        server.requests().iter().filter(|request| request["url"].as_str().unwrap().ends_with("/token")).count();
    assert!(tokens >= 1, "{:?}", server.requests());
    let other = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    with_secret(&desk, &other.serialize_pem());
    let refused = pull(&desk);
    assert!(refused.err.contains("gives no token (status 400"), "{}", refused.err);
}

#[test]
fn a_server_that_misbehaves_changes_nothing() {
    for (hostile, why) in [
        ("next-elsewhere", "points to another server"),
        ("endless-next", "have no end"),
        ("next-self", "have no end"),
        ("garbage", "cannot be used"),
        ("oo", "cannot be used"),
        ("429", "asks for a pause"),
        ("huge", "more than 64 MiB"),
        ("slow", "took longer than 1 second"),
    ] {
        let options = ["--token", "s3cret"];
        let Some(server) = FhirServer::start(&book(), &options, &[]) else { return };
        let keys = "auth = \"bearer\"\npassword_file = \"secret\"\ntimeout = \"1 second\"";
        let desk = practice(&format!("url = \"{}\"\n{}", server.url(), keys.replace("1 second", "30 seconds")));
        with_secret(&desk, "s3cret\n");
        pull(&desk).good();
        let before = appointments(&desk);
        let Some(bad) = FhirServer::start(&book()[..3], &options, &[("HOSTILE", hostile)]) else { return };
        let timeout = if hostile == "slow" { "1 second" } else { "30 seconds" };
        let keys = keys.replace("1 second", timeout);
        std::fs::write(desk.path("config.toml"), format!("{HEAD}url = \"{}\"\n{keys}\n", bad.url())).unwrap();
        let ended = pull(&desk);
        assert_eq!(ended.code, 1, "{hostile}: {}{}", ended.out, ended.err);
        assert!(ended.err.contains(why), "{hostile}: {}", ended.err);
        assert_eq!(appointments(&desk), before, "{hostile}");
        assert!(bad.requests().iter().all(|request| request["elsewhere"] != true), "{hostile}");
    }
}

#[test]
fn files_of_resources_come_in_and_cancel_nothing_that_they_do_not_name() {
    let practice = practice("");
    let bundle = |resources: Vec<Value>| {
        let entries: Vec<Value> = resources.iter().map(|one| json!({ "resource": one })).collect();
        json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string()
    };
    std::fs::write(practice.path("book.json"), bundle(book())).unwrap();
    practice.run(&["import", "book.json"]).good();
    assert_eq!(appointments(&practice)["a1"], row(3, "booked", "Ann", "(303) 555-0101"));
    // One resource on each line.
    let lines =
        [patient("p2", "Ben", "303-555-0102"), appointment("a2", "p2", 4, "cancelled")].map(|one| one.to_string());
    std::fs::write(practice.path("more.ndjson"), lines.join("\n")).unwrap();
    practice.run(&["import", "more.ndjson"]).good();
    let found = appointments(&practice);
    assert_eq!(found["a1"], row(3, "booked", "Ann", "(303) 555-0101"));
    assert_eq!(found["a2"], row(4, "cancelled", "Ben", "303-555-0102"));
    // A file without the patient brings in nothing that could be texted.
    std::fs::write(practice.path("alone.json"), appointment("a9", "p9", 4, "booked").to_string()).unwrap();
    let ended = practice.run(&["import", "alone.json"]);
    assert_eq!(ended.code, 1);
    assert!(!appointments(&practice).contains_key("a9") && ended.err.contains("patient"), "{}", ended.err);
}

/// Notes that a patient confirmed by reply.
fn confirms(practice: &Practice, id: &str, source: &str) {
    let sql = "INSERT INTO outcomes (appointment_id, starts_at, patient_id, outcome, source, since, status, recorded_at)
        SELECT id, starts_unix, patient_id, 'confirmed', ?2, 1795000000, status, 1795000000 FROM appointments WHERE id = ?1";
    assert_eq!(practice.sql().execute(sql, [id, source]).unwrap(), 1);
}

/// What became of each confirmation.
fn written(practice: &Practice) -> BTreeMap<String, String> {
    let connection = practice.sql();
    let mut statement = connection.prepare("SELECT appointment_id, state FROM write_backs").unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_confirmation_by_reply_is_written_back_once_and_nothing_else_is() {
    let mut book = book();
    let mut declined = appointment("a5", "p3", 8, "booked");
    declined["participant"][0]["status"] = "declined".into();
    book.extend([declined, appointment("a6", "p3", 9, "booked"), appointment("a7", "p3", 10, "booked")]);
    let Some(server) = FhirServer::start(&book, &[], &[]) else { return };
    let practice = Practice::new("");
    let sandbox = Sandbox::start(&practice, &["--key", "k"]);
    let config = |write_back: bool| {
        let feed = "[[feed]]\nname = \"ehr\"\nkind = \"fhir\"\nid_prefix = \"n-\"\n";
        let text =
            format!("{}{feed}url = \"{}\"\nwrite_back = {write_back}\n", live_config(&sandbox.base_url), server.url());
        std::fs::write(practice.path("config.toml"), text).unwrap();
    };
    config(false);
    practice.run(&["feed", "pull", "ehr"]).good();
    for (id, source) in [("n-a1", "reply"), ("n-a5", "reply"), ("n-a6", "desk"), ("n-a7", "tag")] {
        confirms(&practice, id, source);
    }
    // One is moved at the server after the patient confirmed.
    server.put(&appointment("a7", "p3", 11, "booked"), "");
    let status = |id: &str| server.get(&format!("Appointment/{id}"), "")["participant"][0]["status"].clone();
    // Off by default.
    let mut daemon = Daemon::start(&practice, "k");
    daemon.until("read the source of the feed ehr");
    assert_eq!(daemon.stop().0, 0);
    assert!(written(&practice).is_empty());
    config(true);
    practice.sql().execute("UPDATE appointments SET status = 'confirmed' WHERE id = 'n-a2'", []).unwrap();
    let mut daemon = Daemon::start(&practice, "k");
    daemon.until("confirmations written to the source of the feed ehr");
    assert_eq!(daemon.stop().0, 0);
    let all = ["a1", "a2", "a5", "a6", "a7"].map(|id| status(id).as_str().unwrap().to_owned());
    assert_eq!(all, ["accepted", "needs-action", "declined", "needs-action", "needs-action"]);
    assert_eq!(written(&practice), [("n-a1".into(), "sent".into())].into());
    // It counts as written when the server shows it.
    let patches = || server.requests().iter().filter(|request| request["method"] == "PATCH").count();
    assert_eq!(patches(), 1);
    practice.sql().execute("UPDATE appointments SET provider = 'Dr. Who' WHERE id = 'n-a2'", []).unwrap();
    let mut daemon = Daemon::start(&practice, "k");
    daemon.until("read the source of the feed ehr");
    assert_eq!(daemon.stop().0, 0);
    assert_eq!((written(&practice)["n-a1"].as_str(), patches()), ("written", 1));
}

#[test]
fn a_patient_is_fetched_from_this_server_and_never_taken_for_one_of_another() {
    let mut book = book();
    // Absolute references are not included in the answer of a search.
    book[3]["participant"][0]["actor"]["reference"] = "{BASE}/Patient/p1".into();
    book[4]["participant"][0]["actor"]["reference"] = "https://other.example.com/fhir/Patient/p2".into();
    book.push(appointment("a8", "p9", 8, "booked"));
    let Some(server) = FhirServer::start(&book, &[], &[]) else { return };
    let practice = practice(&format!("url = \"{}\"\nstatuses = [\"proposed\"]", server.url()));
    let ended = pull(&practice);
    assert_eq!(ended.code, 1);
    let found = appointments(&practice);
    assert_eq!(found["a1"], row(3, "booked", "Ann", "(303) 555-0101"));
    assert_eq!(found["a4"], row(6, "booked", "Cy", "3035550103"));
    assert!(!found.contains_key("a2") && !found.contains_key("a8"), "{found:?}");
    let read =
        |id: &str| server.requests().iter().any(|r| r["url"].as_str().unwrap().ends_with(&format!("/Patient/{id}")));
    assert_eq!((read("p1"), read("p2"), read("p9")), (true, false, true), "{:?}", server.requests());
}

/// A server that gives the same answer to every request. Returns its address.
fn always(body: String) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/fhir", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") && std::io::Read::read(&mut stream, &mut byte).unwrap_or(0) > 0 {
                request.push(byte[0]);
            }
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = std::io::Write::write_all(&mut stream, format!("{head}{body}").as_bytes());
        }
    });
    url
}

#[test]
fn appointments_that_a_server_counts_and_does_not_give_are_not_cancelled() {
    let bundle = |total: u64, resources: &[Value]| {
        let entries: Vec<Value> = resources.iter().map(|one| json!({ "resource": one })).collect();
        json!({ "resourceType": "Bundle", "type": "searchset", "total": total, "entry": entries }).to_string()
    };
    let book = book();
    let practice = Practice::new("");
    let reads = |url: &str| {
        let config = format!("{HEAD}url = \"{url}\"\nmax_missing = \"100%\"\n");
        std::fs::write(practice.path("config.toml"), config).unwrap();
    };
    reads(&always(bundle(4, &book)));
    pull(&practice).good();
    let before = appointments(&practice);
    // The last pages are held back, and there is no link to them.
    reads(&always(bundle(4, &book[..4])));
    let ended = pull(&practice);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("it counts 4 appointments and gives only 1"), "{}", ended.err);
    assert_eq!(appointments(&practice), before);
}

#[test]
fn an_answer_that_may_be_incomplete_or_is_none_changes_nothing() {
    let bundle = |resources: &[Value]| {
        let entries: Vec<Value> = resources.iter().map(|one| json!({ "resource": one })).collect();
        json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries }).to_string()
    };
    let book = book();
    let practice = Practice::new("");
    let reads = |url: &str| {
        std::fs::write(practice.path("config.toml"), format!("{HEAD}url = \"{url}\"\nmax_missing = \"100%\"\n"))
            .unwrap();
    };
    reads(&always(bundle(&book)));
    pull(&practice).good();
    let before = appointments(&practice);
    let warning =
        json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "warning", "code": "incomplete" }] });
    for (answer, why) in [
        (bundle(&[&book[..4], &[warning]].concat()), "incomplete"),
        (
            json!({ "resourceType": "CapabilityStatement", "status": "active" }).to_string(),
            "not the answer to a search",
        ),
    ] {
        reads(&always(answer));
        let ended = pull(&practice);
        assert!(ended.code == 1 && ended.err.contains(why), "{}{}", ended.out, ended.err);
        assert_eq!(appointments(&practice), before);
    }
}

#[test]
fn a_patient_who_declined_gets_no_text() {
    let practice = practice("");
    let mut declined = appointment("a1", "p1", 3, "booked");
    declined["participant"][0]["status"] = "declined".into();
    let resources = [patient("p1", "Ann", "(303) 555-0101"), declined, appointment("a2", "p1", 4, "booked")];
    let lines = resources.map(|one| one.to_string()).join("\n");
    std::fs::write(practice.path("book.ndjson"), lines).unwrap();
    practice.run(&["import", "book.ndjson"]).good();
    let booked: Vec<String> =
        appointments(&practice).into_iter().filter(|(_, row)| row.contains("booked")).map(|(id, _)| id).collect();
    assert_eq!(booked, ["a2"]);
}

#[test]
fn a_confirmation_that_is_not_written_before_the_visit_becomes_a_task() {
    let Some(server) = FhirServer::start(&book(), &[], &[]) else { return };
    let practice = Practice::new("");
    let sandbox = Sandbox::start(&practice, &["--key", "k"]);
    let feed = format!("[[feed]]\nname = \"ehr\"\nkind = \"fhir\"\nurl = \"{}\"\nwrite_back = true\n", server.url());
    std::fs::write(practice.path("config.toml"), live_config(&sandbox.base_url) + &feed).unwrap();
    practice.run(&["feed", "pull", "ehr"]).good();
    // It was tried before the visit, which began an hour ago: longer ago, the daemon might delete the record first.
    let sql = "INSERT INTO write_backs (appointment_id, starts_at, since, state, tries, why, began_at, changed_at)
        VALUES ('a1', ?1, ?1 - 9000, 'waiting', 2, 'refused', ?1 - 8000, ?1 - 7000)";
    practice.sql().execute(sql, [now().timestamp() - 3600]).unwrap();
    let open = "SELECT count(*) FROM tasks WHERE kind = 'undelivered' AND closed_at IS NULL";
    let daemon = Daemon::start(&practice, "k");
    while practice.number(open) == 0 {
        std::thread::yield_now();
    }
    assert_eq!(daemon.stop().0, 0);
    assert_eq!(written(&practice)["a1"], "given-up");
}
