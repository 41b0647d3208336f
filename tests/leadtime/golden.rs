//! `leadtime explain` for representative cases, compared with tests/golden/explain.txt.
//!
//! After an intended change: run `LEADTIME_GOLDEN=write cargo test --test leadtime golden` and review the difference.

use std::fmt::Write;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use serde_json::Value;

use crate::program::Practice;

/// A practice in Denver with the leads of the shipped configuration.
const DENVER: &str = "[practice]
name = \"Maple Dental\"
phone = \"+13035550100\"
from_number = \"+13035550199\"
timezone = \"America/Denver\"
[sending]
mode = \"live\"
holidays = [\"thanksgiving\", \"day-after-thanksgiving\", \"christmas-day\"]
";

const SHIPPED: &str = "
[[rule]]
name = \"first\"
lead = \"3 business days\"
at = \"10:00\"
skip_if_confirmed = true
message = \"{{ practice.name }}: {{ patient.first_name }}, you have a visit {{ appointment.when }}. Can you make it?\"
[[rule]]
name = \"last\"
lead = \"1 business day\"
at = \"10:30\"
message = \"{{ practice.name }}: {{ patient.first_name }}, see you {{ appointment.when }}.\"
[database]
path = \"test.db\"
";

/// One rule with this lead and these further keys.
fn one(lead: &str, more: &str) -> String {
    format!(
        "[[rule]]\nname = \"reminder\"\nlead = \"{lead}\"\n{more}\n\
         message = \"{{{{ practice.name }}}}: see you {{{{ appointment.when }}}}.\"\n[database]\npath = \"test.db\"\n"
    )
}

struct Case {
    title: &'static str,
    config: String,
    /// Statements that create the appointments and their history.
    sql: Vec<String>,
    now: &'static str,
    who: &'static str,
}

/// An appointment of Ann's, first seen well in advance.
fn ann(starts: &str) -> Entry {
    Entry {
        id: "A1",
        patient: "P1",
        name: "Ann",
        phone: Some("303-555-0101"),
        starts: starts.to_owned(),
        ..Entry::default()
    }
}

/// An appointment of Ben's, who has the same phone.
fn ben(starts: &str) -> Entry {
    Entry { id: "B1", patient: "P2", name: "Ben", ..ann(starts) }
}

#[derive(Clone)]
struct Entry {
    id: &'static str,
    patient: &'static str,
    name: &'static str,
    phone: Option<&'static str>,
    starts: String,
    status: &'static str,
    seen: &'static str,
    taken: Option<&'static str>,
    booked: Option<&'static str>,
    consent: Option<&'static str>,
    language: Option<&'static str>,
    location: Option<&'static str>,
    kind: Option<&'static str>,
    feed: Option<&'static str>,
    first_start: Option<&'static str>,
}

impl Default for Entry {
    fn default() -> Entry {
        Entry {
            id: "",
            patient: "",
            name: "",
            phone: None,
            starts: String::new(),
            status: "booked",
            seen: "2026-09-01T18:00:00Z",
            taken: None,
            booked: None,
            consent: None,
            language: None,
            location: None,
            kind: None,
            feed: None,
            first_start: None,
        }
    }
}

impl Entry {
    fn sql(&self) -> String {
        let text = |value: Option<&str>| value.map_or("NULL".to_owned(), |v| format!("'{}'", v.replace('\'', "''")));
        let name = Some(self.name).filter(|name| !name.is_empty());
        let taken = self.taken.unwrap_or(self.seen);
        format!(
            "INSERT INTO write_time VALUES (1, unixepoch('{}'));
             INSERT INTO appointments (id, patient_id, first_name, phone, starts_at, status, booked_at, consent, language, location, type_id, feed)
             VALUES ('{}', '{}', {}, {}, '{}', '{}', {}, {}, {}, {}, {}, {});
             UPDATE first_seen SET taken_at = unixepoch('{taken}'), first_start = unixepoch('{}') WHERE appointment_id = '{}';
             DELETE FROM write_time;",
            self.seen, self.id, self.patient, text(name), text(self.phone), self.starts, self.status,
            text(self.booked), text(self.consent), text(self.language), text(self.location), text(self.kind), text(self.feed),
            self.first_start.unwrap_or(&self.starts), self.id
        )
    }
}

/// A text for a reminder, with this outcome: sent, rejected or unknown.
fn texted(id: &str, patient: &str, rule: &str, start: &str, at: &str, outcome: &str) -> String {
    let (conversation, state) = match outcome {
        "sent" => (format!("'conversation-{id}-{rule}-{at}'"), "sent"),
        other => ("NULL".to_owned(), other),
    };
    format!(
        "INSERT INTO messages (phone, body, made_at, made_local) VALUES ('+13035550101', '{{\"message\": \"as it was sent\"}}', unixepoch('{at}'), '-');
         INSERT INTO attempts (message_id, api_key, phone, started_ms, ended_ms, outcome, http_status, conversation_id)
             SELECT max(id), 'default', '+13035550101', unixepoch('{at}') * 1000, unixepoch('{at}') * 1000 + 800, '{outcome}',
                 iif('{outcome}' = 'rejected', 400, NULL), {conversation} FROM messages;
         INSERT INTO reminders (appointment_id, rule, starts_at, patient_id, phone, api_key, state, message_id, starts_local,
                 nominal_at, adjusted_at, due_at, expires_at)
             SELECT '{id}', '{rule}', unixepoch('{start}'), '{patient}', '+13035550101', 'default', '{state}', max(id), '-',
                 unixepoch('{at}'), unixepoch('{at}'), unixepoch('{at}'), unixepoch('{start}') FROM messages;
         INSERT INTO message_reminders SELECT message_id, id FROM reminders WHERE message_id = (SELECT max(id) FROM messages);"
    )
}

/// These rules, with these leads, went live at this time.
fn live(rules: &[(&str, &str)], at: &str) -> String {
    let row =
        |(name, lead): &(&str, &str)| format!("INSERT INTO rules VALUES ('{name}', '{lead}', unixepoch('{at}'));");
    rules.iter().map(row).collect()
}

const LIVE: [(&str, &str); 2] = [("first", "3 business days at 10:00"), ("last", "1 business day at 10:30")];

fn shipped(title: &'static str, now: &'static str, entries: &[Entry], more: &[String]) -> Case {
    let mut sql = vec![live(&LIVE, "2026-08-01T00:00:00Z")];
    sql.extend(entries.iter().map(Entry::sql));
    sql.extend(more.iter().cloned());
    Case { title, config: format!("{DENVER}{SHIPPED}"), sql, now, who: "A1" }
}

fn single(title: &'static str, now: &'static str, lead: &str, more: &str, entries: &[Entry]) -> Case {
    let at = more.lines().find_map(|line| line.strip_prefix("at = ")).map(|at| format!(" at {}", at.trim_matches('"')));
    let fingerprint = format!("{lead}{}", at.unwrap_or_default());
    let mut sql = vec![live(&[("reminder", &fingerprint)], "2026-01-01T00:00:00Z")];
    sql.extend(entries.iter().map(Entry::sql));
    Case { title, config: format!("{DENVER}{}", one(lead, more)), sql, now, who: "A1" }
}

impl Case {
    fn with_config(self, old: &str, new: &str) -> Case {
        assert!(self.config.contains(old), "{}", self.title);
        Case { config: self.config.replace(old, new), ..self }
    }

    fn with_sending(self, line: &str) -> Case {
        self.with_config("mode = \"live\"\n", &format!("mode = \"live\"\n{line}\n"))
    }

    fn asking(self, who: &'static str) -> Case {
        Case { who, ..self }
    }
}

const MONDAY: &str = "2026-11-09T18:00:00Z"; // 11:00 AM in Denver

fn cases() -> Vec<Case> {
    let thursday = "2026-11-12T15:00:00-07:00";
    let mut all = ordinary(thursday);
    all.extend(times());
    all.extend(families(thursday));
    all.extend(history(thursday));
    all.extend(not_texted(thursday));
    all
}

fn ordinary(thursday: &'static str) -> Vec<Case> {
    vec![
        shipped("an ordinary appointment", "2026-11-06T18:00:00Z", &[ann(thursday)], &[]),
        shipped("asked by name", "2026-11-06T18:00:00Z", &[ann(thursday)], &[]).asking("ann"),
        shipped("asked by number", "2026-11-06T18:00:00Z", &[ann(thursday)], &[]).asking("(303) 555 0101"),
        shipped("in observe mode", "2026-11-06T18:00:00Z", &[ann(thursday)], &[])
            .with_config("mode = \"live\"", "mode = \"observe\""),
        shipped("confirmed already", "2026-11-06T18:00:00Z", &[Entry { status: "confirmed", ..ann(thursday) }], &[]),
        shipped("cancelled", "2026-11-06T18:00:00Z", &[Entry { status: "cancelled", ..ann(thursday) }], &[]),
        shipped(
            "booked after the first text was due",
            "2026-11-09T18:30:00Z",
            &[Entry { seen: "2026-11-09T18:00:00Z", booked: Some("2026-11-09T17:45:00Z"), ..ann(thursday) }],
            &[],
        ),
        single(
            "booked late and texted soon after",
            "2026-11-11T23:30:00Z",
            "24 hours",
            "booked_late = \"send\"",
            &[Entry { seen: "2026-11-11T23:29:00Z", ..ann(thursday) }],
        ),
        shipped("a text in Spanish that asks the patient to come early", "2026-11-06T18:00:00Z", &[Entry { language: Some("es"), kind: Some("crown"), ..ann(thursday) }], &[])
            .with_config("[database]", "[appointment_types]\ncrown = { name = { en = \"crown\", es = \"corona\" }, arrive_early = \"15 minutes\" }\n[database]")
            .with_config("message = \"{{ practice.name }}: {{ patient.first_name }}, see you {{ appointment.when }}.\"", "message.en = \"{{ practice.name }}: see you {{ appointment.when }}.\"\nmessage.es = \"{{ practice.name }}: su cita es {{ appointment.when }}.\""),
    ]
}

fn times() -> Vec<Case> {
    let tuesday_early = "2026-11-10T08:00:00-07:00";
    vec![
        single("an early appointment, a day before", "2026-11-06T18:00:00Z", "24 hours", "", &[ann(tuesday_early)]),
        single("an evening appointment", "2026-11-06T18:00:00Z", "24 hours", "", &[ann("2026-11-10T19:15:00-07:00")]),
        single("at the very edge of the sending hours", "2026-11-06T18:00:00Z", "24 hours", "", &[ann("2026-11-10T09:00:00-07:00")]),
        single("a few hours before an early appointment", "2026-11-06T18:00:00Z", "3 hours", "", &[ann(tuesday_early)]),
        single("24 hours across the clock change in spring", "2026-03-04T18:00:00Z", "24 hours", "outside_hours = \"later\"", &[Entry { seen: "2026-02-01T18:00:00Z", ..ann("2026-03-09T10:00:00-06:00") }])
            .with_sending("days = [\"sun\", \"mon\", \"tue\"]"),
        single("48 hours across the clock change in spring", "2026-03-04T18:00:00Z", "48 hours", "", &[Entry { seen: "2026-02-01T18:00:00Z", ..ann("2026-03-09T10:00:00-06:00") }])
            .with_sending("text_days = [\"sat\", \"sun\", \"mon\"]"),
        single("two days across the clock change in spring", "2026-03-04T18:00:00Z", "2 days", "", &[Entry { seen: "2026-02-01T18:00:00Z", ..ann("2026-03-09T10:00:00-06:00") }])
            .with_sending("text_days = [\"sat\", \"sun\", \"mon\"]"),
        single("48 hours across the clock change in fall", "2026-10-28T18:00:00Z", "48 hours", "", &[ann("2026-11-02T10:00:00-07:00")])
            .with_sending("text_days = [\"sat\", \"sun\", \"mon\"]"),
        single("two days across the clock change in fall", "2026-10-28T18:00:00Z", "2 days", "", &[ann("2026-11-02T10:00:00-07:00")])
            .with_sending("text_days = [\"sat\", \"sun\", \"mon\"]"),
        shipped("three business days across Thanksgiving", "2026-11-20T16:00:00Z", &[ann("2026-11-30T14:00:00-07:00")], &[]),
        single("a three-day rule whose text falls on the holiday weekend", "2026-11-20T16:00:00Z", "3 days", "at = \"11:00\"", &[ann("2026-11-30T14:00:00-07:00")]),
        single("outside the sending hours, sent earlier", "2026-11-06T18:00:00Z", "1 day", "outside_hours = \"earlier\"", &[ann(tuesday_early)]),
        single("outside the sending hours, sent later", "2026-11-06T18:00:00Z", "1 day", "outside_hours = \"later\"", &[ann("2026-11-10T12:30:00-07:00")])
            .with_sending("hours = { mon = \"13:00-18:00\", tue = \"09:00-12:00\" }"),
        single("outside the sending hours, skipped", "2026-11-06T18:00:00Z", "1 day", "outside_hours = \"skip\"", &[ann(tuesday_early)]),
        single("expires after two hours", "2026-11-09T20:30:00Z", "1 day", "at = \"11:00\"\nexpires_after = \"2 hours\"", &[ann(tuesday_early)]),
        single("a practice in Honolulu, an organization in Los Angeles", "2026-11-06T18:00:00Z", "24 hours", "", &[ann("2026-11-11T18:30:00-10:00")])
            .with_config("America/Denver", "Pacific/Honolulu")
            .with_config("[sending]", "[annie]\norganization_timezone = \"America/Los_Angeles\"\n[sending]\nhours = \"07:00-19:00\""),
        single("two rules due at nearly the same time", "2026-11-06T18:00:00Z", "1 day", "at = \"10:00\"", &[ann("2026-11-10T12:00:00-07:00")])
            .with_config("[database]", "[[rule]]\nname = \"nearer\"\npriority = 1\nlead = \"26 hours\"\nmessage = \"{{ practice.name }}: soon\"\n[database]"),
        shipped("an appointment on a day the practice is closed", "2026-11-20T16:00:00Z", &[ann("2026-11-26T10:00:00-07:00")], &[]),
        shipped("the appointment is over", "2026-11-13T18:00:00Z", &[ann("2026-11-12T15:00:00-07:00")], &[]),
    ]
}

fn families(thursday: &'static str) -> Vec<Case> {
    let friday = "2026-11-13T09:00:00-07:00";
    vec![
        shipped(
            "two children on one day",
            "2026-11-06T18:00:00Z",
            &[ann(thursday), ben("2026-11-12T15:30:00-07:00")],
            &[],
        ),
        shipped(
            "a household with appointments on two dates",
            "2026-11-06T18:00:00Z",
            &[ann(thursday), ben("2026-11-17T09:00:00-07:00")],
            &[],
        ),
        shipped(
            "a household with appointments on two consecutive days",
            "2026-11-06T18:00:00Z",
            &[ann(thursday), ben(friday)],
            &[],
        ),
        shipped(
            "one of two is confirmed",
            "2026-11-06T18:00:00Z",
            &[ann(thursday), Entry { status: "confirmed", ..ben("2026-11-12T15:30:00-07:00") }],
            &[],
        ),
        shipped(
            "one of two is cancelled",
            "2026-11-06T18:00:00Z",
            &[ann(thursday), Entry { status: "cancelled", ..ben("2026-11-12T15:30:00-07:00") }],
            &[],
        ),
        shipped(
            "a child booked after the family's text",
            "2026-11-11T18:00:00Z",
            &[ann(thursday), Entry { seen: "2026-11-11T17:45:00Z", ..ben("2026-11-12T15:30:00-07:00") }],
            &[texted("A1", "P1", "last", thursday, "2026-11-11T17:30:00Z", "sent")],
        )
        .asking("303-555-0101"),
        shipped(
            "separate texts for one household",
            "2026-11-06T18:00:00Z",
            &[ann(thursday), ben("2026-11-12T15:30:00-07:00")],
            &[],
        )
        .with_sending("household = \"separate\"")
        .asking("B1"),
        shipped(
            "three texts in the week before",
            "2026-11-06T18:00:00Z",
            &[ann(thursday)],
            &[
                texted("X", "P1", "first", "2026-11-06T12:00:00-07:00", "2026-11-03T17:00:00Z", "sent"),
                texted("X", "P1", "last", "2026-11-06T12:00:00-07:00", "2026-11-05T17:30:00Z", "sent"),
                texted("Y", "P1", "last", "2026-11-09T12:00:00-07:00", "2026-11-06T17:31:00Z", "sent"),
            ],
        ),
        shipped(
            "three refusals in a row",
            "2026-11-06T18:00:00Z",
            &[ann(thursday)],
            &[
                texted("X", "P1", "first", "2026-10-16T12:00:00-06:00", "2026-10-13T16:00:00Z", "rejected"),
                texted("X", "P1", "last", "2026-10-16T12:00:00-06:00", "2026-10-15T16:30:00Z", "rejected"),
                texted("Y", "P1", "last", "2026-10-30T12:00:00-06:00", "2026-10-29T16:30:00Z", "rejected"),
            ],
        ),
        shipped("too many patients for one phone", "2026-11-06T18:00:00Z", &[ann(thursday), ben(thursday)], &[])
            .with_sending("max_household = 1"),
    ]
}

fn history(thursday: &'static str) -> Vec<Case> {
    let sent = |rule: &str, start: &str, at: &str| texted("A1", "P1", rule, start, at, "sent");
    let friday = "2026-11-13T15:00:00-07:00";
    vec![
        shipped("after both texts", "2026-11-11T18:00:00Z", &[ann(thursday)], &[sent("first", thursday, "2026-11-09T17:00:00Z"), sent("last", thursday, "2026-11-11T17:30:00Z")]),
        shipped("moved before any text", MONDAY, &[Entry { taken: Some("2026-11-05T18:00:00Z"), first_start: Some("2026-11-20T22:00:00Z"), ..ann(thursday) }], &[]),
        shipped("moved after the first text", "2026-11-09T20:00:00Z", &[Entry { taken: Some("2026-11-09T19:00:00Z"), first_start: Some(thursday), starts: friday.to_owned(), ..ann(thursday) }], &[sent("first", thursday, "2026-11-09T17:00:00Z")]),
        shipped("moved, texted, and moved back", "2026-11-10T20:00:00Z", &[Entry { taken: Some("2026-11-10T19:30:00Z"), ..ann(thursday) }], &[sent("first", thursday, "2026-11-09T16:00:00Z"), sent("first", friday, "2026-11-10T17:00:00Z")]),
        shipped("exported again under another id, with a corrected number", MONDAY, &[Entry { id: "A2", phone: Some("303-555-0102"), ..ann(thursday) }], &[sent("first", thursday, "2026-11-09T17:00:00Z")]).asking("A2"),
        shipped("entered twice", "2026-11-06T18:00:00Z", &[ann(thursday), Entry { id: "A2", ..ann(thursday) }], &[]).asking("A2"),
        shipped("entered twice, and the first cancelled", "2026-11-06T18:00:00Z", &[Entry { status: "cancelled", ..ann(thursday) }, Entry { id: "A2", ..ann(thursday) }], &[]).asking("A2"),
        shipped("off over the weekend", "2026-11-09T15:00:00Z", &[Entry { feed: Some("csv"), ..ann("2026-11-11T11:00:00-07:00") }], &[
            "INSERT INTO runs (started_at, beat_at) VALUES (unixepoch('2026-08-01T00:00:00Z'), unixepoch('2026-11-05T23:00:00Z')), (unixepoch('2026-11-09T14:30:00Z'), unixepoch('2026-11-09T15:00:00Z'));
             INSERT INTO imports (feed, started_at, finished_at, complete) VALUES ('csv', unixepoch('2026-11-05T09:00:00Z'), unixepoch('2026-11-05T09:00:01Z'), 1), ('csv', unixepoch('2026-11-09T09:00:00Z'), unixepoch('2026-11-09T09:00:01Z'), 1);".to_owned(),
        ]),
        shipped("off until it was too late", "2026-11-12T21:00:00Z", &[ann(thursday)], &[
            "INSERT INTO runs (started_at, beat_at) VALUES (unixepoch('2026-08-01T00:00:00Z'), unixepoch('2026-11-06T23:00:00Z')), (unixepoch('2026-11-12T20:30:00Z'), unixepoch('2026-11-12T21:00:00Z'));".to_owned(),
        ]),
        shipped("the rule is new", "2026-11-11T18:00:00Z", &[ann(thursday)], &["UPDATE rules SET live_since = unixepoch('2026-11-10T12:00:00Z') WHERE name = 'first'".to_owned()]),
        shipped("rejected by Annie", "2026-11-09T18:00:00Z", &[ann(thursday)], &[texted("A1", "P1", "first", thursday, "2026-11-09T17:00:00Z", "rejected")]),
        shipped("unknown whether it went out", "2026-11-10T18:00:00Z", &[ann(thursday)], &[texted("A1", "P1", "first", thursday, "2026-11-09T17:00:00Z", "unknown")]),
    ]
}

fn not_texted(thursday: &'static str) -> Vec<Case> {
    let now = "2026-11-06T18:00:00Z";
    let of = |title, entry: Entry| shipped(title, now, &[entry], &[]);
    vec![
        of("no phone", Entry { phone: None, ..ann(thursday) }),
        of("a cell without a number", Entry { phone: Some("see notes"), ..ann(thursday) }),
        of("the cell refuses texts", Entry { phone: Some("do not text 303-555-0101"), ..ann(thursday) }),
        shipped("a sibling's cell refuses texts", now, &[ann(thursday), Entry { phone: Some("do not text 303-555-0101"), ..ben(thursday) }], &[]),
        of("the practice's own number", Entry { phone: Some("303-555-0100"), ..ann(thursday) }),
        shipped("opted out", now, &[ann(thursday)], &["INSERT INTO opt_outs VALUES ('+13035550101', 1762300000, 'desk', 'Kim')".to_owned()]),
        shipped("a wrong number", now, &[ann(thursday), ben(thursday)], &["INSERT INTO wrong_numbers VALUES ('+13035550101', 'P1', 1762300000, 'Kim')".to_owned()]),
        of("declined", Entry { consent: Some("no"), ..ann(thursday) }),
        of("unknown consent where consent is required", ann(thursday)).with_sending("unknown_consent = \"skip\""),
        of("a location that is not configured", Entry { location: Some("uptown"), ..ann(thursday) })
            .with_config("[database]", "[[location]]\nid = \"downtown\"\n[database]"),
        of("a location in another time zone", Entry { location: Some("reno"), ..ann(thursday) })
            .with_config("[database]", "[[location]]\nid = \"reno\"\nname = \"Maple Dental Reno\"\nphone = \"+17755550100\"\ntimezone = \"America/Los_Angeles\"\n[database]"),
        of("a rule for other appointment types", Entry { kind: Some("cleaning"), ..ann(thursday) })
            .with_config("lead = \"3 business days\"", "only_types = [\"surgery\"]\nlead = \"3 business days\""),
        of("not in only_to", ann(thursday)).with_sending("only_to = [\"+13035550177\"]"),
        of("without the first name that the text needs", Entry { name: "", ..ann(thursday) }),
    ]
}

fn practice(case: &Case) -> Practice {
    let practice = Practice::new(&case.config);
    drop(leadtime::store::connection::open::read_write(&practice.path("test.db")).unwrap());
    let connection = Connection::open(practice.path("test.db")).unwrap();
    for sql in &case.sql {
        connection.execute_batch(sql).unwrap_or_else(|error| panic!("{}: {error}: {sql}", case.title));
    }
    // Unless the case says otherwise, Leadtime has been running all along.
    connection
        .execute(
            "INSERT INTO runs (started_at, beat_at) SELECT unixepoch('2026-01-01T00:00:00Z'), unixepoch(?1)
             WHERE NOT EXISTS (SELECT 1 FROM runs)",
            [case.now],
        )
        .unwrap();
    practice
}

#[test]
fn explain_matches_the_golden_file() {
    let mut explanations =
        String::from("What `leadtime explain` says. Written by the test `golden::explain_matches_the_golden_file`.\n");
    for case in cases() {
        let practice = practice(&case);
        let output = practice.run(&["explain", case.who, "--now", case.now]).good();
        let local: DateTime<Utc> = case.now.parse().unwrap();
        writeln!(
            explanations,
            "\n=== {} (explain {:?}, now {})\n\n{output}",
            case.title,
            case.who,
            local.format("%a %Y-%m-%d %H:%MZ")
        )
        .unwrap();
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/explain.txt");
    if std::env::var("LEADTIME_GOLDEN").is_ok_and(|v| v == "write") {
        std::fs::write(&path, &explanations).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    for (line, (is, was)) in explanations.lines().zip(golden.lines()).enumerate() {
        assert_eq!(is, was, "line {} of tests/golden/explain.txt", line + 1);
    }
    assert_eq!(explanations.lines().count(), golden.lines().count());
}

/// `explain` and `plan` show what the planning pass stores, which is what the sender does.
#[test]
fn explain_and_plan_agree_with_the_stored_plan() {
    for case in cases() {
        let practice = practice(&case);
        let now: DateTime<Utc> = case.now.parse().unwrap();
        let explained: Value =
            serde_json::from_str(&practice.run(&["explain", case.who, "--json", "--now", case.now]).good()).unwrap();
        let planned = practice.plan(&["--now", case.now, "--days", "60"]);
        let (config, _) = leadtime::config::load(&practice.path("config.toml")).unwrap();
        let mut connection = leadtime::store::connection::open::read_write(&practice.path("test.db")).unwrap();
        leadtime::store::in_transaction(&mut connection, |tx| {
            leadtime::store::planning::replan_queue::mark_all(tx)?;
            leadtime::engine::planning::plan_some(tx, &config, now)
        })
        .unwrap();
        for appointment in explained.as_array().unwrap() {
            for reminder in appointment["reminders"].as_array().unwrap() {
                let about = (appointment["appointment_id"].as_str().unwrap(), reminder["rule"].as_str().unwrap());
                let stored: (String, Option<String>, Option<i64>) = connection
                    .query_row(
                        "SELECT state, reason, due_at FROM reminders WHERE appointment_id = ?1 AND rule = ?2
                         ORDER BY starts_at = (SELECT starts_unix FROM appointments WHERE id = ?1) DESC, round DESC, id DESC",
                        about,
                        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
                    )
                    .unwrap();
                let due = reminder["due_at"].as_str().map(|at| at.parse::<DateTime<Utc>>().unwrap().timestamp());
                let waits = reminder["state"] == "planned";
                assert_eq!(reminder["state"].as_str(), Some(stored.0.as_str()), "{}: {about:?}", case.title);
                assert!(waits || reminder["reason"].as_str() == stored.1.as_deref(), "{}: {about:?}", case.title);
                assert_eq!(due, stored.2, "{}: {about:?}", case.title);
                let in_plan = planned
                    .iter()
                    .find(|p| (p["appointment_id"].as_str(), p["rule"].as_str()) == (Some(about.0), Some(about.1)));
                for key in ["state", "reason", "due_at", "message"] {
                    assert!(in_plan.is_none_or(|row| row[key] == reminder[key]), "{}: {about:?} {key}", case.title);
                }
            }
        }
    }
}
