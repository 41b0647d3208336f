//! The schema against hostile writers, and every guarded statement with a bystander that must not change.

use std::collections::BTreeSet;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use leadtime::domain::outcome::{NotSent, Outcome};
use leadtime::domain::phone::{Country, Phone};
use leadtime::domain::private::Private;
use leadtime::domain::reminder::{PlanDecision, State, all_states};
use leadtime::domain::reminder_key::ReminderKey;
use leadtime::domain::zone::Zone;
use leadtime::planner::plan::Item;
use leadtime::store::StoreError;
use leadtime::store::connection::open;
use leadtime::store::conversations::circuits;
use leadtime::store::ledger::{messages, reminders, resolution};
use leadtime::store::planning::directory::Directory;
use leadtime::store::planning::unit::PlanningUnit;
use leadtime::store::planning::{daemon_state, replan_queue};
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

fn database() -> (TempDir, PathBuf, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let connection = open::read_write(&path).unwrap();
    (folder, path, connection)
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Writes an appointment as another program would. The error names the constraint that refused it.
fn write_appointment(connection: &Connection, column: &str, value: Option<&str>) -> Result<(), String> {
    let mut columns = vec!["id", "patient_id", "starts_at", "status"];
    let mut values: Vec<Option<&str>> = vec![Some("a"), Some("p"), Some("2026-11-10T15:00:00-07:00"), Some("booked")];
    match columns.iter().position(|c| *c == column) {
        Some(position) => values[position] = value,
        None => {
            columns.push(column);
            values.push(value);
        }
    }
    let holes: Vec<String> = (1..=values.len()).map(|n| format!("?{n}")).collect();
    let sql = format!("INSERT OR REPLACE INTO appointments ({}) VALUES ({})", columns.join(", "), holes.join(", "));
    connection.execute(&sql, rusqlite::params_from_iter(values)).map(|_| ()).map_err(|e| e.to_string())
}

#[test]
fn the_appointments_table_refuses_invalid_rows() {
    let (_folder, _, connection) = database();
    let bad = [
        ("id", Some(" "), "id_not_blank"),
        ("id", None, "NOT NULL"),
        ("patient_id", Some(""), "patient_id_not_blank"),
        ("starts_at", None, "NOT NULL"),
        ("starts_at", Some(""), "starts_at_is_an_instant"),
        ("starts_at", Some("2026-11-10T15:00:00"), "starts_at_is_an_instant"),
        ("starts_at", Some("2026-11-10 15:00:00Z"), "starts_at_is_an_instant"),
        ("starts_at", Some("2026-11-10T15:00Z"), "starts_at_is_an_instant"),
        ("starts_at", Some("2026-02-30T15:00:00Z"), "starts_at_is_an_instant"),
        ("starts_at", Some("2026-02-29T15:00:00-07:00"), "starts_at_is_an_instant"),
        ("starts_at", Some("2026-11-31T15:00:00Z"), "starts_at_is_an_instant"),
        ("starts_at", Some("2026-11-10T24:00:00Z"), "starts_at_is_an_instant"),
        ("starts_at", Some("2026-11-10T15:60:00Z"), "starts_at_is_an_instant"),
        ("starts_at", Some("2026-11-10T15:00:60Z"), "starts_at_is_an_instant"),
        ("starts_at", Some("2026-11-10T15:00:00+15:00"), "starts_at_is_an_instant"),
        ("starts_at", Some("2026-11-10T15:00:00+05:60"), "starts_at_is_an_instant"),
        ("starts_at", Some("2026-11-10T15:00:00z"), "starts_at_is_an_instant"),
        ("starts_at", Some("2026-11-10T15:00:00Z\0junk"), "starts_at_is_an_instant"),
        ("starts_at", Some("2026-11-10T15:00:00Zjunk"), "starts_at_is_an_instant"),
        ("starts_at", Some("now"), "starts_at_is_an_instant"),
        ("starts_at", Some("1794434400"), "starts_at_is_an_instant"),
        ("ends_at", Some("2026-11-10T16:00:00"), "ends_at_is_an_instant"),
        ("ends_at", Some("2026-11-10T15:30:00+00:00"), "ends_after_it_starts"),
        ("booked_at", Some("yesterday"), "booked_at_is_an_instant"),
        ("date_of_birth", Some("1988-02-30"), "date_of_birth_is_a_date"),
        ("date_of_birth", Some("22.3.1988"), "date_of_birth_is_a_date"),
        ("status", Some("pending"), "status_known"),
        ("status", None, "NOT NULL"),
        ("consent", Some("perhaps"), "consent_known"),
    ];
    for (column, value, constraint) in bad {
        let refused = write_appointment(&connection, column, value);
        assert!(refused.as_ref().is_err_and(|e| e.contains(constraint)), "{column} = {value:?}: {refused:?}");
    }
    let count: i64 = connection.query_row("SELECT count(*) FROM appointments", [], |r| r.get(0)).unwrap();
    assert_eq!(count, 0);
    for good in
        ["2026-11-10T15:00:00Z", "2026-11-10T15:00:00-07:00", "2024-02-29T23:59:59+14:00", "2026-11-10T15:00:00+05:45"]
    {
        write_appointment(&connection, "starts_at", Some(good)).unwrap();
        let unix: i64 = connection.query_row("SELECT starts_unix FROM appointments", [], |r| r.get(0)).unwrap();
        assert_eq!(unix, DateTime::parse_from_rfc3339(good).unwrap().timestamp());
    }
}

proptest! {
    /// Every start that the schema accepts, the program reads as the same instant.
    #[test]
    fn a_start_that_the_schema_accepts_is_the_same_instant_for_the_program(
        text in "20[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](Z|[+-][01][0-9]:[0-6][0-9]|)"
    ) {
        let (_folder, _, connection) = database();
        let taken = write_appointment(&connection, "starts_at", Some(&text)).is_ok();
        let read = DateTime::parse_from_rfc3339(&text).ok();
        if taken {
            let unix: i64 = connection.query_row("SELECT starts_unix FROM appointments", [], |r| r.get(0)).unwrap();
            prop_assert_eq!(Some(unix), read.map(|r| r.timestamp()));
        } else {
            let odd = text.contains(' ') || text.ends_with(":60Z") || text[17..19] == *"60" || read.is_some_and(|r| r.offset().local_minus_utc().abs() >= 15 * 3600);
            prop_assert!(read.is_none() || odd, "{} was refused", text);
        }
    }
}

fn marks(connection: &Connection) -> BTreeSet<(String, String)> {
    let mut statement = connection.prepare("SELECT phone, appointment_id FROM replan_queue").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let found = rows.map(Result::unwrap).collect();
    connection.execute("DELETE FROM replan_queue", []).unwrap();
    found
}

/// Every way to change an appointment marks its old and its new number, with any conflict clause.
#[test]
fn every_change_marks_the_old_and_the_new_number() {
    let insert = "INTO appointments (id, patient_id, phone, starts_at, status) VALUES ('a', 'p', '2', '2026-11-10T15:00:00Z', 'booked')";
    let changes = [
        format!("INSERT OR REPLACE {insert}"),
        format!("REPLACE {insert}"),
        format!("INSERT {insert} ON CONFLICT (id) DO UPDATE SET phone = excluded.phone"),
        "UPDATE appointments SET phone = '2' WHERE id = 'a'".to_owned(),
        "UPDATE OR REPLACE appointments SET phone = '2' WHERE id = 'a'".to_owned(),
        "UPDATE OR IGNORE appointments SET phone = '2' WHERE id = 'a'".to_owned(),
    ];
    for change in &changes {
        let (_folder, _, connection) = database();
        connection
            .execute_batch(
                "INSERT INTO appointments (id, patient_id, phone, starts_at, status) VALUES
                 ('a', 'p', '1', '2026-11-10T15:00:00Z', 'booked'), ('bystander', 'p', '9', '2026-11-10T15:00:00Z', 'booked');
                 DELETE FROM replan_queue;",
            )
            .unwrap();
        connection.execute_batch(change).unwrap();
        let want = [("1".to_owned(), "a".to_owned()), ("2".to_owned(), "a".to_owned())];
        assert_eq!(marks(&connection), BTreeSet::from(want), "{change}");
        connection
            .execute_batch(
                "UPDATE appointments SET phone = phone, starts_at = '2026-11-10T08:00:00-07:00' WHERE id = 'a'",
            )
            .unwrap();
        assert_eq!(marks(&connection), BTreeSet::new(), "the same instant written differently changes nothing");
        connection.execute_batch("UPDATE OR REPLACE appointments SET id = 'bystander' WHERE id = 'a'").unwrap();
        let both = marks(&connection);
        assert!(
            both.contains(&("9".into(), "bystander".into())) && both.contains(&("2".into(), "a".into())),
            "{both:?}"
        );
        connection.execute_batch("DELETE FROM appointments").unwrap();
        assert_eq!(marks(&connection), BTreeSet::from([("2".into(), "bystander".into())]));
    }
}

#[test]
fn first_seen_survives_replacing_and_reloading_and_follows_a_move() {
    let (_folder, _, connection) = database();
    let seen = || -> (i64, i64, i64) {
        connection
            .query_row("SELECT first_start, start, taken_at FROM first_seen WHERE appointment_id = 'a'", [], |r| {
                Ok((r.get(0)?, r.get(1)?, r.get(2)?))
            })
            .unwrap()
    };
    let at_time = |time: i64, sql: &str| {
        connection
            .execute_batch(&format!("INSERT INTO write_time VALUES (1, {time}); {sql}; DELETE FROM write_time;"))
            .unwrap();
    };
    let row = |start: &str| {
        format!("INTO appointments (id, patient_id, starts_at, status) VALUES ('a', 'p', '{start}', 'booked')")
    };
    let (three, four) = ("2026-11-10T15:00:00Z", "2026-11-10T16:00:00Z");
    at_time(
        50,
        "INSERT INTO appointments (id, patient_id, starts_at, status) VALUES ('bystander', 'p', '2026-11-10T15:00:00Z', 'booked')",
    );
    let bystander = || -> i64 {
        let sql = "SELECT taken_at FROM first_seen WHERE appointment_id = 'bystander'";
        connection.query_row(sql, [], |r| r.get(0)).unwrap()
    };
    at_time(100, &format!("INSERT {}", row(three)));
    let first = (at(three).timestamp(), at(three).timestamp(), 100);
    assert_eq!(seen(), first);
    for same in ["INSERT OR REPLACE", "DELETE FROM appointments WHERE id = 'a'; INSERT"] {
        at_time(200, &format!("{same} {}", row("2026-11-10T08:00:00-07:00")));
        assert_eq!(seen(), first, "{same}: the same instant");
    }
    at_time(300, &format!("INSERT OR REPLACE {}", row(four)));
    assert_eq!(seen(), (at(three).timestamp(), at(four).timestamp(), 300));
    at_time(400, &format!("UPDATE OR IGNORE appointments SET starts_at = '{three}' WHERE id = 'a'"));
    assert_eq!(seen(), (at(three).timestamp(), at(three).timestamp(), 400));
    assert_eq!(bystander(), 50);
}

const KEY_TIME: &str = "2026-11-10T22:00:00Z";

fn key(appointment: &str) -> ReminderKey {
    ReminderKey { appointment_id: appointment.into(), rule: "r".into(), start: at(KEY_TIME), round: 0 }
}

fn phone(last: u8) -> Phone {
    Phone::from_e164(&format!("+1303555010{last}")).unwrap()
}

fn zone() -> Zone {
    Zone::embedded(chrono_tz::America::Denver)
}

/// Stores a planned reminder of its own patient.
fn store_planned(connection: &mut Connection, appointment: &str, to: &Phone) {
    let now = at("2026-11-09T22:00:00Z");
    let item = Item {
        key: key(appointment),
        person: None,
        api_key: Some("default".into()),
        patient_id: leadtime::domain::ids::PatientId(appointment.to_owned()),
        phone: Some(to.clone()),
        state: State::Unclaimed(PlanDecision::Planned),
        waits: None,
        nominal_at: Some(now),
        adjusted_at: Some(now),
        adjusted_by: None,
        due_at: Some(now),
        due_by: None,
        expires_at: Some(at("2026-11-10T20:00:00Z")),
        expires_by: None,
        blocker: None,
        current: true,
        adopted_by: None,
    };
    let tx = connection.transaction().unwrap();
    assert_eq!(reminders::write(&tx, &zone(), &[item], &[], at("2026-11-09T17:00:00Z")).unwrap(), 1);
    tx.commit().unwrap();
}

fn claim(connection: &mut Connection, appointment: &str, to: &Phone) -> Result<i64, StoreError> {
    let tx = connection.transaction().unwrap();
    let claim = messages::Claim {
        keys: &[key(appointment)],
        phone: to,
        api_key: &"default".into(),
        body: Private("{}"),
        now: at("2026-11-09T22:00:00Z"),
        zone: &zone(),
        retry_of: None,
        is_alone: false,
        first_line: leadtime::domain::first_line::FirstLine::NotDue,
    };
    let attempt = messages::claim(&tx, &claim)?;
    tx.commit().unwrap();
    Ok(attempt)
}

fn settle(connection: &mut Connection, attempt: i64, outcome: &Outcome) -> Result<(), StoreError> {
    let tx = connection.transaction().unwrap();
    messages::settle(&tx, attempt, outcome, at("2026-11-09T22:00:01Z"))?;
    tx.commit().unwrap();
    Ok(())
}

/// Everything stored about one appointment's reminder, for comparison.
fn row(connection: &Connection, appointment: &str) -> String {
    connection
        .query_row(
            "SELECT state || ' ' || coalesce(message_id, '-') || ' ' || due_at || ' ' || phone FROM reminders WHERE appointment_id = ?1",
            [appointment],
            |r| r.get(0),
        )
        .unwrap()
}

fn state(connection: &Connection, appointment: &str) -> String {
    row(connection, appointment).split(' ').next().unwrap().to_owned()
}

fn claimed() -> (TempDir, Connection, i64) {
    let (folder, _, mut connection) = database();
    store_planned(&mut connection, "a", &phone(1));
    store_planned(&mut connection, "bystander", &phone(2));
    let attempt = claim(&mut connection, "a", &phone(1)).unwrap();
    (folder, connection, attempt)
}

#[test]
fn claiming_and_settling_are_guarded_and_change_no_other_reminder() {
    for (outcome, want) in [
        (Outcome::Sent("c1".into()), "sent"),
        (Outcome::Rejected { status: 422 }, "rejected"),
        (Outcome::Unknown { status: None, detail: "reset".into() }, "unknown"),
        (Outcome::NotSent(NotSent::TooOld), "planned"),
        (Outcome::NotSent(NotSent::Refused { status: 401 }), "planned"),
    ] {
        let (_folder, mut connection, attempt) = claimed();
        let bystander = row(&connection, "bystander");
        assert_eq!(state(&connection, "a"), "sending");
        assert!(
            matches!(claim(&mut connection, "a", &phone(1)), Err(StoreError::Sql(_) | StoreError::Stale(_))),
            "a claimed reminder cannot be claimed again"
        );
        settle(&mut connection, attempt, &outcome).unwrap();
        assert_eq!(state(&connection, "a"), want);
        let again = settle(&mut connection, attempt, &Outcome::Sent("c2".into()));
        assert!(matches!(again, Err(StoreError::Stale(_))), "a settled attempt cannot be settled again: {again:?}");
        assert_eq!(state(&connection, "a"), want);
        assert_eq!(row(&connection, "bystander"), bystander);
        let conversations: i64 = connection.query_row("SELECT count(*) FROM conversations", [], |r| r.get(0)).unwrap();
        assert_eq!(conversations, i64::from(want == "sent"));
    }
}

#[test]
fn a_text_accepted_into_the_conversation_of_an_earlier_text_is_held_and_never_sent_again() {
    let (_folder, mut connection, attempt) = claimed();
    settle(&mut connection, attempt, &Outcome::Sent("c1".into())).unwrap();
    let second = claim(&mut connection, "bystander", &phone(2)).unwrap();
    settle(&mut connection, second, &Outcome::Sent("c1".into())).unwrap();
    assert_eq!((state(&connection, "a").as_str(), state(&connection, "bystander").as_str()), ("sent", "held"));
}

#[test]
fn recovery_and_giving_up_change_only_unconfirmed_texts() {
    let (_folder, mut connection, _) = claimed();
    let bystander = row(&connection, "bystander");
    let tx = connection.transaction().unwrap();
    assert_eq!(messages::recover(&tx, chrono::TimeDelta::seconds(30)).unwrap(), 1);
    assert_eq!(messages::recover(&tx, chrono::TimeDelta::seconds(30)).unwrap(), 0);
    assert_eq!(resolution::give_up_unconfirmed(&tx, at("2026-11-10T21:59:59Z")).unwrap(), 0);
    tx.commit().unwrap();
    assert_eq!(state(&connection, "a"), "unknown");
    let tx = connection.transaction().unwrap();
    assert_eq!(resolution::give_up_unconfirmed(&tx, at(KEY_TIME)).unwrap(), 1);
    tx.commit().unwrap();
    assert_eq!(state(&connection, "a"), "missed");
    assert_eq!(row(&connection, "bystander"), bystander);
}

/// A hostile program with the sqlite3 shell.
#[test]
fn hostile_sql_is_refused() {
    let (_folder, mut connection, attempt) = claimed();
    settle(&mut connection, attempt, &Outcome::Sent("c1".into())).unwrap();
    let second = claim(&mut connection, "bystander", &phone(2)).unwrap();
    let before: Vec<String> = ["a", "bystander"].map(|id| row(&connection, id)).to_vec();
    let columns = "appointment_id, rule, starts_at, round, patient_id, phone, state, message_id, adjusted_at, due_at, expires_at, starts_local";
    let copy = |changes: &[(&str, &str)]| {
        let value =
            |c: &str| changes.iter().find(|(name, _)| *name == c).map_or(c.to_owned(), |(_, v)| (*v).to_owned());
        columns.split(", ").map(value).collect::<Vec<_>>().join(", ")
    };
    let hostile = [
        "DELETE FROM reminders".to_owned(),
        "DELETE FROM attempts".to_owned(),
        "DELETE FROM conversations".to_owned(),
        "UPDATE reminders SET state = 'planned', message_id = NULL WHERE state = 'sent'".to_owned(),
        "UPDATE reminders SET starts_at = 0".to_owned(),
        "UPDATE reminders SET patient_id = 'x'".to_owned(),
        "UPDATE reminders SET state = 'skipped', reason = 'no-phone' WHERE state = 'sending'".to_owned(),
        "UPDATE OR REPLACE reminders SET appointment_id = 'a'".to_owned(),
        // The same text once more: under the same id, under another id, and around the unique index with REPLACE.
        format!("INSERT INTO reminders ({columns}) SELECT {columns} FROM reminders"),
        format!("INSERT OR REPLACE INTO reminders ({columns}) SELECT {columns} FROM reminders"),
        format!("INSERT OR REPLACE INTO reminders ({columns}) SELECT {} FROM reminders WHERE state = 'sent'", copy(&[("appointment_id", "'b'")])),
        format!("REPLACE INTO reminders (id, {columns}) SELECT id, {} FROM reminders WHERE state = 'sent'", copy(&[("appointment_id", "'b'"), ("rule", "'x'")])),
        "UPDATE attempts SET outcome = 'not-sent', kind = 'too-old', conversation_id = NULL WHERE outcome = 'sent'".to_owned(),
        "UPDATE attempts SET phone = '+13035550109'".to_owned(),
        format!("UPDATE attempts SET outcome = 'sent', ended_ms = 1, conversation_id = 'c1' WHERE id = {second}"),
        "INSERT INTO messages VALUES (9, '+13035550102', '{}', 0, '');
         INSERT OR REPLACE INTO attempts (message_id, api_key, phone, started_ms) VALUES (9, 'k', '+13035550102', 0)".to_owned(),
        "INSERT OR REPLACE INTO attempts (message_id, api_key, phone, started_ms) SELECT message_id, api_key, phone, 0 FROM attempts".to_owned(),
        "INSERT OR REPLACE INTO conversations VALUES ('c1', NULL, '+13035550109', 0, NULL)".to_owned(),
        "UPDATE conversations SET conversation_id = 'c2'".to_owned(),
        "UPDATE messages SET body = '{\"message\": \"something else\"}'".to_owned(),
        "PRAGMA foreign_keys = OFF; DELETE FROM messages".to_owned(),
        "INSERT OR REPLACE INTO messages SELECT id, '+13035550109', '', 0, '' FROM messages".to_owned(),
        "UPDATE reminders SET phone = '+13035550109' WHERE state = 'sending'".to_owned(),
        "UPDATE reminders SET state = 'sent' WHERE false; INSERT INTO reminders (appointment_id, rule, starts_at, patient_id, api_key, state, starts_local) VALUES ('x', 'r', 0, 'p', 'default', 'sent', '')".to_owned(),
        "INSERT INTO reminders (appointment_id, rule, starts_at, patient_id, api_key, state, starts_local) VALUES ('x', 'r', 0, 'p', 'default', 'skipped', '')".to_owned(),
        "INSERT INTO reminders (appointment_id, rule, starts_at, patient_id, api_key, state, reason, starts_local) VALUES ('x', 'r', 0, 'p', 'default', 'skipped', 'expired', '')".to_owned(),
        "INSERT INTO reminders (appointment_id, rule, starts_at, patient_id, api_key, state, starts_local) VALUES ('x', 'r', 0, 'p', 'default', 'planned', '')".to_owned(),
    ];
    for sql in &hostile {
        let refused = connection.execute_batch(&format!("SAVEPOINT hostile; {sql};"));
        connection.execute_batch("ROLLBACK TO hostile; RELEASE hostile").unwrap();
        assert!(refused.is_err(), "must be refused: {sql}");
        assert_eq!(["a", "bystander"].map(|id| row(&connection, id)).to_vec(), before, "{sql}");
    }
}

/// The trigger and the function allow the same moves, for every pair of states.
#[test]
fn legal_moves_are_the_same_in_the_schema_and_in_the_code() {
    let (_folder, connection, _) = claimed();
    connection.execute_batch("DROP TRIGGER reminders_delete_guard").unwrap();
    for from in all_states() {
        for to in all_states() {
            connection.execute_batch("SAVEPOINT pair; DELETE FROM message_reminders; DELETE FROM reminders").unwrap();
            let message = |state: State| if state.is_spent() { "1" } else { "NULL" };
            let quoted = |reason: Option<&str>| reason.map_or("NULL".to_owned(), |r| format!("'{r}'"));
            connection
                .execute_batch(&format!(
                    "INSERT INTO reminders (appointment_id, rule, starts_at, patient_id, phone, api_key, state, reason, adjusted_at,
                         due_at, expires_at, message_id, starts_local)
                     VALUES ('x', 'r', 0, 'p', '+13035550101', 'default', '{}', {}, 0, 0, 1, {}, '')",
                    from.name(),
                    quoted(from.reason()),
                    message(from)
                ))
                .unwrap();
            let moved = connection.execute_batch(&format!(
                "UPDATE reminders SET state = '{}', reason = {}, message_id = {}",
                to.name(),
                quoted(to.reason()),
                message(to)
            ));
            connection.execute_batch("ROLLBACK TO pair; RELEASE pair").unwrap();
            // The trigger checks only states. Which reasons a move may end in is decided by the code.
            let by_name = all_states().into_iter().any(|s| s.name() == to.name() && from.may_become(s));
            let same_state = from.name() == to.name();
            assert_eq!(moved.is_ok(), by_name || same_state, "{from} -> {to}: {moved:?}");
        }
    }
}

#[test]
fn due_reminders_come_by_expiry_one_per_number_and_never_for_a_number_in_doubt() {
    let (_folder, _, mut connection) = database();
    for (id, last) in [("a", 1), ("a2", 1), ("b", 2), ("c", 3)] {
        store_planned(&mut connection, id, &phone(last));
    }
    connection.execute("UPDATE reminders SET expires_at = expires_at - 60 WHERE appointment_id = 'c'", []).unwrap();
    connection.execute("UPDATE reminders SET due_at = due_at + 1 WHERE appointment_id = 'b'", []).unwrap();
    let now = at("2026-11-09T22:00:00Z");
    let due = |connection: &Connection, limit| -> Vec<String> {
        let found = reminders::due(connection, now, &"default".into(), limit).unwrap();
        found.into_iter().map(|d| d.key.appointment_id.0).collect()
    };
    assert_eq!(due(&connection, 9), ["c", "a"]);
    assert_eq!(due(&connection, 1), ["c"]);
    claim(&mut connection, "c", &phone(3)).unwrap();
    assert_eq!(due(&connection, 9), ["a"]);
    claim(&mut connection, "a", &phone(1)).unwrap();
    assert_eq!(due(&connection, 9), Vec::<String>::new(), "a2 has the number of a");
}

#[test]
fn a_rule_goes_live_once_and_again_when_its_lead_changes() {
    let (_folder, _, mut connection) = database();
    let rule = |name: &str, lead: &str| leadtime::domain::rule::Rule {
        name: name.into(),
        lead: lead.parse().unwrap(),
        only_types: vec![],
        except_types: vec![],
        priority: 0,
        skip_if_confirmed: false,
        expires_after: None,
        outside_hours: leadtime::domain::rule::OutsideHours::SameDay,
        booked_late: leadtime::domain::rule::BookedLate::Skip,
        no_text_within: chrono::TimeDelta::hours(2),
    };
    let mut go_live = |rules: &[leadtime::domain::rule::Rule], time: i64| {
        let tx = connection.transaction().unwrap();
        daemon_state::go_live(&tx, rules, DateTime::from_timestamp(time, 0).unwrap()).unwrap();
        tx.commit().unwrap();
        let live = daemon_state::live_since(&connection, rules).unwrap();
        let mut since: Vec<(String, i64)> = live.into_iter().map(|(name, at)| (name.0, at.timestamp())).collect();
        since.sort();
        since
    };
    let (a, b) = (rule("a", "1 day"), rule("b", "2 days"));
    let pair = |x: (&str, i64), y: (&str, i64)| vec![(x.0.to_owned(), x.1), (y.0.to_owned(), y.1)];
    assert_eq!(go_live(&[a.clone(), b.clone()], 100), pair(("a", 100), ("b", 100)));
    assert_eq!(go_live(&[a.clone(), b.clone()], 200), pair(("a", 100), ("b", 100)));
    assert_eq!(go_live(&[a.clone(), rule("b", "3 days")], 300), pair(("a", 100), ("b", 300)));
    assert_eq!(go_live(&[a.clone(), b.clone()], 400), pair(("a", 100), ("b", 400)), "an earlier lead comes back");
    assert_eq!(go_live(std::slice::from_ref(&b), 500).len(), 1);
    assert_eq!(go_live(&[a, b], 600), pair(("a", 600), ("b", 400)), "a rule that was removed goes live again");
}

#[test]
fn an_open_circuit_is_stored_and_closing_it_clears_the_refusals() {
    let (_folder, mut connection, attempt) = claimed();
    settle(&mut connection, attempt, &Outcome::NotSent(NotSent::Refused { status: 403 })).unwrap();
    let health = circuits::health(&connection, &"default".into()).unwrap();
    assert_eq!((health.refused, health.refused_status, health.open), (vec![phone(1)], Some(403), None));
    let now = at("2026-11-09T22:00:00Z");
    let open = circuits::Open { since: now, reason: "r".into(), next_probe: now, probes: 3 };
    let tx = connection.transaction().unwrap();
    circuits::set_open(&tx, &"default".into(), &open).unwrap();
    assert_eq!(circuits::health(&tx, &"default".into()).unwrap().open, Some(open));
    assert_eq!(circuits::health(&tx, &"another".into()).unwrap(), circuits::Health::default());
    circuits::set_closed(&tx, &"default".into()).unwrap();
    let health = circuits::health(&tx, &"default".into()).unwrap();
    assert_eq!(
        health.refused_before.iter().map(|r| r.phone.clone()).collect::<Vec<_>>(),
        [phone(1)],
        "numbers that were not refused still go first"
    );
    assert_eq!((health.refused, health.open, circuits::probes(&tx, &"default".into()).unwrap()), (vec![], None, 3));
    circuits::forget_probes(&tx, &"default".into()).unwrap();
    assert_eq!(circuits::probes(&tx, &"default".into()).unwrap(), 0);
}

#[test]
fn a_number_is_one_planning_unit_however_it_is_written() {
    let (_folder, _, mut connection) = database();
    connection
        .execute_batch(
            "INSERT INTO appointments (id, patient_id, phone, starts_at, status)
             SELECT value ->> 0, 'p' || (value ->> 0), value ->> 1, '2026-11-10T15:00:00Z', 'booked'
             FROM json_each('[[\"a\", \"303-555-0101\"], [\"b\", \"(303) 555 0101\"], [\"c\", \"none\"], [\"d\", null]]')",
        )
        .unwrap();
    let directory = Directory {
        country: Country::US,
        as_written: BTreeSet::new(),
        own: BTreeSet::new(),
        senders: std::collections::BTreeMap::new(),
        sender: leadtime::domain::sender::Sender { api_key: "default".into(), from_number: phone(99) },
    };
    let tx = connection.transaction().unwrap();
    let units: Vec<PlanningUnit> =
        replan_queue::take(&tx, &directory, 100, at("2026-11-09T22:00:00Z")).unwrap().into_keys().collect();
    let appointment = |id: &str| PlanningUnit::Appointment(id.into());
    assert_eq!(units, [PlanningUnit::Number(phone(1)), appointment("c"), appointment("d")]);
    assert_eq!(replan_queue::count(&tx).unwrap(), 0);
}

#[test]
fn the_views_show_upcoming_and_sent_texts_in_local_time() {
    let (_folder, mut connection, attempt) = claimed();
    settle(&mut connection, attempt, &Outcome::Sent("c1".into())).unwrap();
    let text = |sql: &str| -> String { connection.query_row(sql, [], |r| r.get(0)).unwrap() };
    assert_eq!(
        text("SELECT goes_out || ' ' || appointment_start || ' ' || appointment_id FROM upcoming"),
        "Mon 2026-11-09 15:00 Tue 2026-11-10 15:00 bystander"
    );
    assert_eq!(text("SELECT sent || ' ' || conversation_id FROM sent"), "Mon 2026-11-09 15:00:00 c1");
    assert_eq!(text("SELECT count(*) || '' FROM not_sent"), "0");
}

fn migrations() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn schema(connection: &Connection) -> String {
    let sql = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)";
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// A Leadtime database without the current schema is from an older version. Only a writer brings it up to date.
#[test]
fn a_database_of_an_older_version_cannot_be_read_until_it_is_upgraded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(
        "PRAGMA application_id = 1281712484; CREATE TABLE bystander (n); INSERT INTO bystander VALUES (7)",
    )
    .unwrap();
    drop(old);
    assert!(matches!(open::read_only(&path), Err(StoreError::Older(_))));
    drop(open::read_write(&path).unwrap());
    let now = open::read_only(&path).unwrap();
    assert_eq!(now.query_row("SELECT n FROM bystander", [], |row| row.get(0)), Ok(7));
}

/// Released migrations are final. A second one has to come with a test that upgrades a database with rows in it.
#[test]
fn migrations_are_numbered_and_the_first_is_complete() {
    assert_eq!(migrations(), ["01-initial"]);
    let (_folder, path, connection) = database();
    let version: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0)).unwrap();
    assert_eq!(version, 1);
    drop(connection);
    // Opening again changes nothing.
    let first = schema(&open::read_write(&path).unwrap());
    assert_eq!(schema(&open::read_write(&path).unwrap()), first);
}
