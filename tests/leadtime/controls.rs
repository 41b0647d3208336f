//! How the practice holds texts back: pauses, skipped appointments, daily limits, held configuration changes.

use chrono::TimeDelta;
use leadtime::annie::gateway::Gateway;
use leadtime::domain::ids::{AppointmentId, RuleName};
use leadtime::domain::operator::Operator;
use leadtime::domain::reminder::Wait;
use leadtime::engine::send::test_text::clocks_agree;
use leadtime::store::controls::pauses;
use rusqlite::Transaction;

use crate::program::{Daemon, Practice, live_config, visits_due_in};
use crate::world::{DAY_BEFORE, Visit, World, appointment};

const KIM: Operator<'static> = Operator { who: Some("Kim"), why: Some("move") };

fn appointments() -> [Visit; 3] {
    [
        appointment("a", "303-555-0101", "2026-11-10T15:00:00-07:00"),
        appointment("b", "303-555-0102", "2026-11-10T15:00:01-07:00"),
        appointment("bystander", "303-555-0109", "2026-11-12T15:00:00-07:00"),
    ]
}

fn at(text: &str) -> chrono::DateTime<chrono::Utc> {
    text.parse().unwrap()
}

/// Runs in its own transaction, as a command does while the daemon is running.
fn desk<R>(world: &World, work: impl FnOnce(&Transaction<'_>) -> R) -> R {
    let mut connection = world.sql();
    let tx = connection.transaction().unwrap();
    let done = work(&tx);
    tx.commit().unwrap();
    done
}

async fn practice(sending: &str) -> World {
    let mut world = World::with_all("concurrency = 1", sending, DAY_BEFORE).await;
    world.book(&appointments());
    world.settle().await;
    world
}

#[tokio::test]
async fn a_pause_holds_every_text_and_unexpired_texts_go_out_after_it() {
    let mut world = practice("mode = \"live\"").await;
    desk(&world, |tx| pauses::pause(tx, None, None, KIM, at("2026-11-09T18:00:00Z")).unwrap());
    world.go_to("2026-11-09T22:10:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.annie.sent().len()), ("skipped (paused)", 0));
    assert!(desk(&world, |tx| pauses::resume(tx, None, KIM, at("2026-11-09T22:15:00Z")).unwrap()));
    world.go_to("2026-11-09T22:15:05Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.annie.sent().len()), ("sent", 2));
    assert_eq!(world.state("bystander", "day-before"), "planned");
    assert!(
        !desk(&world, |tx| pauses::resume(tx, None, KIM, at("2026-11-09T22:16:00Z")).unwrap()),
        "there is no pause left to end"
    );
    assert_eq!(
        world.text("SELECT group_concat(act || who || why) FROM audit WHERE who IS NOT NULL"),
        "pausedKimmove,resumedKimmove"
    );
}

#[tokio::test]
async fn a_pause_with_an_end_delays_texts_until_then() {
    let mut world = practice("mode = \"live\"").await;
    desk(&world, |tx| {
        pauses::pause(tx, None, Some(at("2026-11-09T23:30:00Z")), KIM, at("2026-11-09T18:00:00Z")).unwrap()
    });
    world.go_to("2026-11-09T23:29:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.annie.sent().len()), ("planned", 0));
    world.go_to("2026-11-09T23:30:05Z").await;
    assert_eq!(world.annie.sent().len(), 2);
    // A pause that ends after the text has expired leaves nothing to send.
    desk(&world, |tx| {
        pauses::pause(tx, None, Some(at("2026-11-12T21:00:00Z")), KIM, at("2026-11-10T18:00:00Z")).unwrap()
    });
    world.go_to("2026-11-10T18:10:00Z").await;
    assert_eq!(world.state("bystander", "day-before"), "skipped (paused)");
}

#[tokio::test]
async fn pausing_one_location_does_not_hold_another() {
    let rules = format!("{DAY_BEFORE}\n[[location]]\nid = \"reno\"\nfrom_number = \"+17755550199\"\n");
    let mut world = World::with_all("", "mode = \"live\"", &rules).await;
    world.book(&appointments());
    world.execute("UPDATE appointments SET location = 'reno' WHERE id = 'b'");
    desk(&world, |tx| pauses::pause(tx, Some("reno"), None, KIM, at("2026-11-09T18:00:00Z")).unwrap());
    world.go_to("2026-11-09T22:10:00Z").await;
    assert_eq!([world.state("a", "day-before"), world.state("b", "day-before")], ["sent", "skipped (paused)"]);
}

#[tokio::test]
async fn a_skipped_appointment_can_get_its_texts_back() {
    let mut world = practice("mode = \"live\"").await;
    let appointment = AppointmentId("a".to_owned());
    let rule = RuleName("day-before".to_owned());
    let now = at("2026-11-09T18:00:00Z");
    assert!(desk(&world, |tx| pauses::skip(tx, &appointment, Some(&rule), KIM, now).unwrap()));
    assert!(
        !desk(&world, |tx| pauses::skip(tx, &appointment, Some(&rule), KIM, now).unwrap()),
        "it is already skipped"
    );
    world.go_to("2026-11-09T22:10:00Z").await;
    assert_eq!([world.state("a", "day-before"), world.state("b", "day-before")], ["skipped (by-hand)", "sent"]);
    assert!(desk(&world, |tx| pauses::unskip(tx, &appointment, None, KIM, now).unwrap()));
    world.go_to("2026-11-09T22:20:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.annie.sent().len()), ("sent", 2));
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn texts_stop_at_the_daily_limit_and_resume_the_next_day() {
    for (limit, wait, next_day) in
        [("max_texts_per_day = 1", Wait::DailyLimit, 2), ("first_day_limit = 1", Wait::FirstDayLimit, 3)]
    {
        let mut world = World::with_all("", &format!("mode = \"live\"\n{limit}"), DAY_BEFORE).await;
        world.book(&appointments());
        // A text for the next day, too: this appointment is on Wednesday afternoon.
        world.book(&[appointment("c", "303-555-0103", "2026-11-11T15:00:00-07:00")]);
        let report = world.go_to("2026-11-09T22:10:00Z").await;
        assert_eq!((report.waits, world.annie.sent().len()), (Some(wait), 1), "{limit}");
        world.go_to("2026-11-10T18:00:00Z").await;
        assert_eq!(world.annie.sent().len(), 2, "a text that can still be sent goes first: {limit}");
        world.go_to("2026-11-10T22:10:00Z").await;
        assert_eq!(world.annie.sent().len(), next_day, "{limit}");
        assert_eq!(world.state("bystander", "day-before"), "planned");
    }
}

/// A trial with one's own phone, test texts and texts sent by others do not start the first day.
#[tokio::test]
async fn the_first_day_is_the_first_day_with_texts_to_patients() {
    let mut world = World::with_all("", "mode = \"live\"\nfirst_day_limit = 5", DAY_BEFORE).await;
    for n in 0..8 {
        // Three texts of a trial begun long ago, and five test texts.
        let (id, trial) = (900 + n, n < 3);
        world.execute(&format!(
            "INSERT INTO messages (id, phone, body, made_at, made_local) VALUES ({id}, '+1303555{id:04}', '{{}}', 0, '');
             INSERT INTO attempts (message_id, api_key, phone, started_ms) VALUES ({id}, 'default', '+1303555{id:04}', 1);
             UPDATE attempts SET outcome = 'sent', ended_ms = 2, conversation_id = 'c{id}' WHERE message_id = {id}"
        ));
        if trial {
            world.execute(&format!(
                "INSERT INTO reminders (id, appointment_id, rule, starts_at, patient_id, phone, api_key, state, message_id, starts_local)
                 VALUES ({id}, 't{id}', 'day-before', 3, 't{id}', '+1303555{id:04}', 'default', 'sending', {id}, '');
                 UPDATE reminders SET state = 'sent' WHERE id = {id};
                 INSERT INTO message_reminders (message_id, reminder_id) VALUES ({id}, {id})"
            ));
        }
    }
    let ids = ["v0", "v1", "v2", "v3", "v4", "v5", "v6"];
    let phones = [
        "303-555-0110",
        "303-555-0111",
        "303-555-0112",
        "303-555-0113",
        "303-555-0114",
        "303-555-0115",
        "303-555-0116",
    ];
    for (id, phone) in ids.into_iter().zip(phones) {
        world.book(&[appointment(id, phone, "2026-11-10T15:00:00-07:00")]);
    }
    world.book(&[appointments()[2].clone()]);
    let report = world.go_to("2026-11-09T22:10:00Z").await;
    assert_eq!((report.waits, world.annie.sent().len()), (Some(Wait::FirstDayLimit), 5));
    world.go_to("2026-11-10T18:00:00Z").await;
    assert_eq!(world.annie.sent().len(), 7, "the second day has no limit");
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[test]
fn pause_works_despite_a_configuration_error() {
    let practice = Practice::new(&live_config("http://127.0.0.1:9/v1"));
    practice.import(&visits_due_in(3600, 1), &[]).good();
    let good = std::fs::read_to_string(practice.path("config.toml")).unwrap();
    for mistake in [format!("{good}loud = true\n"), good.replace("[practice]", "[practice")] {
        std::fs::write(practice.path("config.toml"), mistake).unwrap();
        let paused = practice.run(&["pause"]);
        assert!(paused.code == 0 && paused.err.contains("used anyway"), "{} {}", paused.out, paused.err);
        assert!(paused.out.contains("The daemon is not running on"), "{}", paused.out);
        assert_eq!(practice.number("SELECT count(*) FROM pauses"), 1);
        practice.run(&["pause", "--until", "2036-03-09T10:00:00-06:00"]).good();
        assert_eq!(practice.run(&["pause", "--until", "2036-03-09 10:00"]).code, 2);
        assert_eq!(practice.run(&["pause", "--location", "x"]).code, 2);
        practice.run(&["resume"]).good();
        assert_eq!(practice.number("SELECT count(*) FROM pauses"), 0);
    }
    // A missing database is not created just to be paused.
    std::fs::write(practice.path("config.toml"), good.replace("test.db", "other.db")).unwrap();
    for command in [&["pause"][..], &["resume"], &["skip", "A0"], &["confirm-change"]] {
        let ended = practice.run(command);
        assert!(ended.code == 1 && ended.err.contains("there is no database"), "{command:?}: {}", ended.err);
    }
    assert!(!practice.path("other.db").exists());
}

#[test]
fn pause_resume_and_skip_report_what_they_do() {
    let practice = Practice::new(&live_config("http://127.0.0.1:9/v1"));
    practice.import(&visits_due_in(3600, 2), &[]).good();
    let out = practice.run(&["pause", "--until", "2036-03-09 10:00", "--who", "Kim"]).good();
    assert!(out.contains("paused until Sun Mar 9"), "{out}");
    let status = practice.run(&["status"]).good();
    assert!(status.contains("PAUSED      everywhere") && status.contains("by Kim"), "{status}");
    assert!(practice.status()["paused"][0]["until"].is_string());
    assert!(practice.run(&["resume"]).good().contains("Sending resumes"));
    assert!(practice.run(&["skip", "A0"]).good().contains("No text goes out"));
    assert!(practice.run(&["skip", "A0", "--off"]).good().contains("again"));
    for (arguments, code, says) in [
        (&["resume"][..], 1, "there is no such pause"),
        (&["pause", "--until", "2020-01-01 10:00"], 2, "is in the past"),
        (&["pause", "--until", "soon"], 2, "--until soon: write a time"),
        (&["pause", "--location", "x"], 2, "no [[location]]"),
        (&["skip", "none"], 1, "there is no appointment"),
        (&["skip", "A0", "--rule", "x"], 2, "the rules are `day-before`"),
        (&["skip", "A1", "--off"], 1, "was not skipped"),
    ] {
        let ended = practice.run(arguments);
        assert!(ended.code == code && ended.err.contains(says), "{arguments:?}: {} {}", ended.code, ended.err);
    }
}

#[tokio::test]
async fn a_test_text_compares_the_clock_with_annies_time() {
    let world = World::new().await;
    let gateway = Gateway::new(world.annie.clone());
    clocks_agree(&gateway, world.clock.as_ref()).await.unwrap();
    for minutes in [-3, 3] {
        world.annie.is_ahead(TimeDelta::minutes(minutes));
        let why = clocks_agree(&gateway, world.clock.as_ref()).await.unwrap_err();
        assert!(why.contains("timedatectl"), "{why}");
    }
}

#[test]
fn a_test_text_is_sent_once_and_counts_toward_the_limits() {
    let practice = Practice::new("");
    let mut sandbox = crate::program::Sandbox::start(&practice, &["--key", "k"]);
    let config =
        live_config(&sandbox.base_url).replace("\"live\"", "\"observe\"") + "[annie.limits]\nmin_gap = \"48 hours\"\n";
    std::fs::write(practice.path("key"), "k").unwrap();
    std::fs::set_permissions(practice.path("key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let config = config.replace("[annie]\n", "[annie]\napi_key_file = \"key\"\n");
    std::fs::write(practice.path("config.toml"), config).unwrap();
    practice.import(&visits_due_in(3600, 1), &[]).good();
    let out = practice.run(&["test-text", "day-before", "303-555-1042", "--who", "Kim"]).good();
    assert!(out.contains("Sending to 303-555-1042: Maple Dental: See you tomorrow at 3:00 PM"), "{out}");
    assert!(sandbox.post().ends_with("200"));
    let again = practice.run(&["test-text", "day-before", "(303) 555 1042"]);
    assert!(again.code == 1 && again.err.contains("Annie's limits allow no further text"), "{}", again.err);
    assert_eq!(practice.number("SELECT count(*) FROM attempts WHERE outcome = 'sent'"), 1);
    assert_eq!(
        practice.number("SELECT count(*) FROM reminders WHERE state = 'sent'"),
        0,
        "it is not a reminder of any appointment"
    );
    practice.run(&["opt-out", "add", "303-555-1043"]).good();
    for (arguments, code, says) in [
        (["test-text", "none", "303-555-1044"], 2, "the rules are `day-before`"),
        (["test-text", "day-before", "12"], 2, "no text can be sent"),
        (["test-text", "day-before", "303-555-0100"], 2, "no text can be sent"),
        (["test-text", "day-before", "303-555-1043"], 1, "opted out of texts"),
    ] {
        let ended = practice.run(&arguments);
        assert!(ended.code == code && ended.err.contains(says), "{arguments:?}: {} {}", ended.code, ended.err);
    }
    let refused = |says: &str| {
        let ended = practice.run(&["test-text", "day-before", "303-555-1044"]);
        assert!(ended.code == 1 && ended.err.contains(says), "{says}: {}", ended.err);
    };
    practice.run(&["pause"]).good();
    refused("sending is paused");
    practice.run(&["resume"]).good();
    practice.sql().execute("INSERT INTO clock_doubt (only_row, since, why) VALUES (1, 0, 'a year ahead')", []).unwrap();
    refused("clock is wrong");
    practice.sql().execute("DELETE FROM clock_doubt", []).unwrap();
    let config = std::fs::read_to_string(practice.path("config.toml")).unwrap();
    std::fs::write(practice.path("config.toml"), config.replace("[sending]\n", "[sending]\nmax_texts_per_day = 1\n"))
        .unwrap();
    refused("max_texts_per_day");
    assert_eq!(crate::program::record(&practice).len(), 1);
    practice.run(&["audit", "verify"]).good();
}

#[test]
fn a_change_that_sends_more_than_usual_waits_for_confirmation() {
    let practice = Practice::new("");
    let sandbox = crate::program::Sandbox::start(&practice, &["--key", "k"]);
    let live = live_config(&sandbox.base_url);
    std::fs::write(practice.path("config.toml"), live.replace("24 hours", "30 hours")).unwrap();
    let mut daemon = crate::program::Daemon::start(&practice, "k");
    practice.import(&visits_due_in(90, 25), &[]).good();
    // With the old lead all due times are past, so nothing would go out. With `booked_late`, all texts go out at once.
    let late = live.replace("24 hours\"", "30 hours\"\nbooked_late = \"send\"");
    let late = late.replace("name = \"day-before\"", "name = \"other-rule\"");
    std::fs::write(practice.path("config.toml"), late.replace("30 hours", "24 hours")).unwrap();
    daemon.signal(rustix::process::Signal::HUP);
    daemon.until("it would send 25 texts within one day, and no recent day had more than 0");
    assert_eq!(practice.status()["config_hold"]["texts_within_a_day"], 25);
    assert_eq!(
        practice.number("SELECT count(*) FROM rules WHERE name = 'other-rule'"),
        0,
        "the previous rules stay in force"
    );
    assert!(practice.run(&["confirm-change", "--who", "Kim"]).good().contains("sends 25 texts"));
    daemon.until("configuration reloaded");
    assert_eq!(practice.number("SELECT count(*) FROM rules WHERE name = 'other-rule'"), 1);
    assert!(practice.status()["config_hold"].is_null());
    let none = practice.run(&["confirm-change"]);
    assert!(none.code == 1 && none.err.contains("no change is held"), "{}", none.err);
    assert_eq!(daemon.stop().0, 0);
}

/// Neither a restart nor an edit of the file confirms the change.
#[test]
fn only_a_person_can_confirm_a_held_change() {
    let practice = Practice::new("");
    let mut sandbox = crate::program::Sandbox::start(&practice, &["--key", "k"]);
    let live = live_config(&sandbox.base_url);
    std::fs::write(practice.path("config.toml"), live.replace("24 hours", "30 hours")).unwrap();
    let mut daemon = crate::program::Daemon::start(&practice, "k");
    practice.import(&visits_due_in(15, 25), &[]).good();
    let late = live.replace("24 hours\"", "24 hours\"\nbooked_late = \"send\"");
    let late = late.replace("name = \"day-before\"", "name = \"other-rule\"");
    std::fs::write(practice.path("config.toml"), &late).unwrap();
    daemon.signal(rustix::process::Signal::HUP);
    daemon.until("is valid but held");
    assert_eq!(daemon.stop().0, 0);
    // After a restart the same file sends nothing, and the log says so.
    let mut daemon = crate::program::Daemon::start(&practice, "k");
    assert!(daemon.heard().contains("a restart does not confirm it"), "{}", daemon.heard());
    daemon.until("texts are due but waiting");
    assert!(daemon.heard().contains("unusually large number of texts at once"), "{}", daemon.heard());
    assert_eq!(crate::program::record(&practice).len(), 0);
    // The change was confirmed, but the file has changed since: that version was neither checked nor confirmed.
    std::fs::write(practice.path("config.toml"), format!("{late}loud = true\n")).unwrap();
    practice.sql().execute("UPDATE config_hold SET confirmed = 1", []).unwrap();
    daemon.signal(rustix::process::Signal::HUP);
    daemon.until("the configuration was not reloaded");
    assert_eq!(crate::program::record(&practice).len(), 0);
    std::fs::write(practice.path("config.toml"), &late).unwrap();
    daemon.until("configuration reloaded");
    assert_eq!(practice.number("SELECT count(*) FROM config_hold"), 0);
    assert!(sandbox.post().ends_with("200"));
    let log = daemon.stop().1;
    assert_eq!(log.matches("the configuration was not reloaded").count(), 1, "{log}");
}

/// The desk types names as people say them: without quotes, with a typo, or as the last digits of the number.
#[test]
fn people_are_found_the_way_the_desk_types_them() {
    let practice = Practice::new(&live_config("http://127.0.0.1:9/v1"));
    let start = |hours: i64| (super::program::now() + chrono::TimeDelta::hours(hours)).to_rfc3339();
    let csv = format!(
        "id,patient_id,first_name,last_name,phone,starts_at,status\n\
         A1,P1,Sarah,Johnson,303-555-0142,{0},booked\nA2,P2,Joanna,Hart,303-555-0143,{0},booked\n\
         A3,P3,Tom,Baker,303-555-0144,{0},booked\nA4,P3,Tom,Baker,303-555-0144,{1},booked\n\
         A5,P5,Bystander,Lee,303-556-0142,{0},booked\n",
        start(50),
        start(80)
    );
    practice.import(&csv, &[]).good();
    assert!(practice.run(&["explain", "sarah", "johnson"]).good().contains("(A1)"));
    assert!(practice.run(&["explain", "0143"]).good().contains("(A2)"));
    for (words, offered) in [("sara jonson", "(A1)"), ("jo hart", "(A2)"), ("0142", "(A5)")] {
        let ended = practice.run(&["explain", words]);
        assert!(ended.code == 1 && ended.err.contains(offered), "{words}: {}", ended.err);
    }
    // A near match is only suggested. An exact name is enough, unless it fits several appointments.
    let ended = practice.run(&["skip", "Jo Hart"]);
    assert!(ended.code == 1 && ended.err.contains("Joanna Hart") && ended.err.contains("(A2)"), "{}", ended.err);
    let ended = practice.run(&["skip", "tom", "baker"]);
    assert!(ended.code == 1 && ended.err.contains("(A3)") && ended.err.contains("(A4)"), "{}", ended.err);
    assert_eq!(practice.number("SELECT count(*) FROM skips"), 0);
    practice.run(&["skip", "Joanna Hart"]).good();
    assert_eq!(practice.number("SELECT count(*) FROM skips WHERE appointment_id = 'A2'"), 1);
    assert!(practice.run(&["opt-out", "add", "Tom Baker"]).good().contains("303-555-0144"));
    let ended = practice.run(&["opt-out", "add", "Tom Backer"]);
    assert!(ended.code != 0 && ended.err.contains("Tom Baker"), "{}", ended.err);
    let ended = practice.run(&["opt-out", "add", "nobody at all"]);
    assert!(ended.code == 2 && ended.err.contains("not a phone number"), "{}", ended.err);
    assert_eq!(practice.number("SELECT count(*) FROM opt_outs"), 1);
    // An appointment that was never imported.
    let ended = practice.run(&["skip", "A99"]);
    assert!(ended.code == 1 && ended.err.contains("no appointment A99"), "{}", ended.err);
}

/// The audit names the account that acted as well as the given name. Backups and exported lists leave a row. A seal
/// noted elsewhere proves that the rows up to it are unchanged.
#[test]
fn the_audit_records_the_account_and_its_seal_in_the_log_proves_it() {
    let practice = Practice::new(&live_config("http://127.0.0.1:9/v1"));
    practice.import(&visits_due_in(3600, 1), &[]).good();
    let as_kim = |arguments: &[&str]| {
        let mut command = practice.command(arguments);
        super::program::Ended::from(command.env("SUDO_UID", "1042").output().unwrap()).good()
    };
    as_kim(&["opt-out", "add", "303-555-1042", "--who", "Kim"]);
    let uid = rustix::process::getuid().as_raw();
    assert!(practice.run(&["history"]).good().contains(&format!("by Kim (uid {uid} by sudo of uid 1042)")));
    practice.run(&["backup", "copy.db"]).good();
    practice.run(&["not-reached", "--csv"]).good();
    for act in ["copied-out", "listed-out"] {
        assert_eq!(practice.number(&format!("SELECT count(*) FROM audit WHERE act = '{act}'")), 1, "{act}");
    }
    let mut daemon = Daemon::start(&practice, "k");
    if !daemon.heard().contains("its latest seal is") {
        daemon.until("its latest seal is");
    }
    let (_, log) = daemon.stop();
    let seal = log.split("its latest seal is ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let verify = |seal: &str| practice.run(&["audit", "verify", "--seal", seal]);
    assert!(verify(&seal).good().contains("the rows up to it have not changed"));
    // An older database takes its place: it is intact, but not the one whose seal was noted.
    practice.run(&["restore", "copy.db"]).good();
    practice.sql().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let forged = verify("0000");
    assert!(forged.code == 1 && forged.err.contains("no row of the audit has this seal"), "{}", forged.err);
}
