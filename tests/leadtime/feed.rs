//! The guard against sending from an out-of-date list, and what an import does with appointments its file omits.

use leadtime::alerts::rules::Kind;
use leadtime::domain::reminder::Wait;
use leadtime::reports::plan_view;
use leadtime::store::connection::open;

use crate::alert_rules::Desk;
use crate::program::Practice;
use crate::world::{DAY_BEFORE, World, appointment};

const A: &str = "+13035550101";

/// A practice that stops sending when its list is older than 26 open hours.
async fn guarded() -> World {
    let rules = format!(
        "{DAY_BEFORE}[[feed]]\nname = \"csv\"\nkind = \"file\"\npreset = \"leadtime\"\nstale_after = \"26 hours\"\n"
    );
    World::with("mode = \"live\"", &rules).await
}

fn imported(world: &World, at: &str, finished: bool, good: u32) {
    let (at, sql) = (at.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp(), world.sql());
    let end = finished.then_some(at + 5);
    let row = "INSERT INTO imports (feed, started_at, finished_at, complete, rows_good) VALUES ('csv', ?1, ?2, 0, ?3)";
    sql.execute(row, (at, end, good)).unwrap();
}

fn shown(world: &World) -> Option<Wait> {
    let connection = open::read_only(&world.database()).unwrap();
    let now = leadtime::clock::Clock::now(world.clock.as_ref());
    plan_view::overview(&connection, world.engine.config(), now).unwrap().waits
}

#[tokio::test]
async fn sending_stops_while_the_list_is_out_of_date_and_resumes_after_the_next_import() {
    let mut world = guarded().await;
    world.book(&[
        appointment("a", "303-555-0101", "2026-11-10T15:00:00-07:00"),
        appointment("bystander", "303-555-0109", "2026-11-12T15:00:00-07:00"),
    ]);
    // Imported on Friday at 10 PM. Only hours of open days count: 12 by Monday at 10 AM, 26 by Tuesday at 00:00:05.
    imported(&world, "2026-11-07T05:00:00Z", true, 10);
    let report = world.go_to("2026-11-09T21:59:00Z").await;
    assert_eq!((report.waits, shown(&world)), (None, None));
    world.execute("UPDATE imports SET finished_at = finished_at - 2 * 86400");
    let report = world.go_to("2026-11-09T22:01:00Z").await;
    assert_eq!((report.waits, shown(&world)), (Some(Wait::StaleFeed), Some(Wait::StaleFeed)));
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A)), ("planned", 0));
    // An unfinished import and one without a readable row do not count.
    imported(&world, "2026-11-09T22:01:00Z", false, 10);
    imported(&world, "2026-11-09T22:01:00Z", true, 0);
    world.go_to("2026-11-09T22:02:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A)), ("planned", 0));
    imported(&world, "2026-11-09T22:02:30Z", true, 10);
    let report = world.go_to("2026-11-09T22:03:00Z").await;
    assert_eq!((report.waits, shown(&world)), (None, None));
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A)), ("sent", 1));
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn with_stale_after_nothing_is_sent_before_the_first_import() {
    for (feed, sent) in
        [("", 1), ("[[feed]]\nname = \"csv\"\nkind = \"file\"\npreset = \"leadtime\"\nstale_after = \"26 hours\"\n", 0)]
    {
        let mut world = World::with("mode = \"live\"", &format!("{DAY_BEFORE}{feed}")).await;
        world.book(&[appointment("a", "303-555-0101", "2026-11-10T15:00:00-07:00")]);
        world.go_to("2026-11-09T22:01:00Z").await;
        assert_eq!(world.sent_to(A), sent, "{feed}");
    }
}

const HEADER: &str = "id,patient_id,first_name,phone,starts_at,status\n";

fn practice(feed: &str) -> Practice {
    Practice::new(&format!(
        "[practice]\nname = \"Maple Dental\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
         timezone = \"America/Denver\"\n[[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"m\"\n\
         [database]\npath = \"test.db\"\n{feed}"
    ))
}

fn days(range: std::ops::Range<usize>) -> String {
    range.map(|n| format!("A{n},P{n},Ann,303-555-{},2027-01-{:02}T12:00:00-07:00,booked\n", 1000 + n, 1 + n)).collect()
}

fn live(practice: &Practice) -> i64 {
    practice.number("SELECT count(*) FROM appointments WHERE status = 'booked'")
}

#[test]
fn missing_cancel_treats_every_file_as_the_complete_list() {
    let gone = format!("{HEADER}{}{}", days(0..1), days(2..5));
    for (feed, options, left) in [
        ("", &[][..], 5),
        ("[[feed]]\nname = \"csv\"\nkind = \"file\"\npreset = \"leadtime\"\nmissing = \"keep\"\n", &[], 5),
        ("[[feed]]\nname = \"csv\"\nkind = \"file\"\npreset = \"leadtime\"\nmissing = \"keep\"\n", &["--complete"], 4),
        ("[[feed]]\nname = \"csv\"\nkind = \"file\"\npreset = \"leadtime\"\nmissing = \"cancel\"\n", &[], 4),
        ("[[feed]]\nname = \"csv\"\nkind = \"file\"\npreset = \"leadtime\"\nmissing = \"cancel\"\n", &["--partial"], 5),
    ] {
        let practice = practice(feed);
        practice.import(&format!("{HEADER}{}", days(0..5)), &[]).good();
        practice.import(&gone, options).good();
        assert_eq!(live(&practice), left, "{feed} {options:?}");
    }
}

#[test]
fn max_missing_limits_how_many_appointments_may_be_missing_at_once() {
    // 12 of 30 are missing: 40%.
    let gone = format!("{HEADER}{}{}", days(0..1), days(13..30));
    for (share, code, left) in [("39%", 1, 30), ("40%", 0, 18)] {
        let practice = practice(&format!(
            "[[feed]]\nname = \"csv\"\nkind = \"file\"\npreset = \"leadtime\"\nmissing = \"cancel\"\nmax_missing = \"{share}\"\n"
        ));
        practice.import(&format!("{HEADER}{}", days(0..30)), &[]).good();
        let ended = practice.import(&gone, &[]);
        assert_eq!((ended.code, live(&practice)), (code, left), "{share}: {}", ended.err);
        if code == 1 {
            assert!(ended.err.contains("12 of 30") && ended.err.contains("max_missing (39%)"), "{}", ended.err);
            practice.import(&gone, &["--force"]).good();
            assert_eq!(live(&practice), 18);
        }
    }
}

#[test]
fn a_length_of_time_can_be_in_days_but_not_in_months() {
    for (length, code) in
        [("1 day", 0), ("2days 3h", 0), ("30d", 0), ("1 month", 2), ("2M", 2), ("1year", 2), ("1y", 2)]
    {
        let ended = practice(&format!(
            "[[feed]]\nname = \"csv\"\nkind = \"file\"\npreset = \"leadtime\"\nstale_after = \"{length}\"\n"
        ))
        .run(&["check"]);
        assert_eq!(ended.code, code, "{length}: {}", ended.err);
    }
}

#[test]
fn check_reports_each_error_with_its_line_and_column() {
    let practice = practice(
        "[[feed]]\nname = \"csv\"\nkind = \"file\"\npreset = \"leadtime\"\nstale_after = \"20 minutes\"\nmissing = \"delete\"\nmax_missing = \"0%\"\nstale = 1\n\
         [backup]\nat = \"2 h\"\nkeep = 0\n[retention]\nafter_appointment = \"30 days\"\n",
    );
    let ended = practice.run(&["check"]);
    assert_eq!(ended.code, 2);
    for words in [
        "config.toml:16:15",
        "out of range; write a length of time from 1h to 30 days",
        "config.toml:17:11",
        "\"delete\" is not a valid value; write \"keep\" or \"cancel\"",
        "config.toml:18:15",
        "is not a percentage; write a value from \"1%\" to \"100%\"",
        "[[feed]] has no key `stale`; did you mean `stale_after`?",
        "[backup] has no `folder`",
        "is not a time of day",
        "a whole number from 1 to 1000",
        "config.toml:24:21",
        "write a length of time from 31 days (Annie's limits",
        "8 errors",
    ] {
        assert!(ended.err.contains(words), "{words}: {}", ended.err);
    }
}

#[tokio::test]
async fn an_import_dated_in_the_future_does_not_make_an_old_list_current() {
    let mut world = guarded().await;
    world.book(&[
        appointment("a", "303-555-0101", "2026-11-10T15:00:00-07:00"),
        appointment("bystander", "303-555-0109", "2026-11-12T15:00:00-07:00"),
    ]);
    imported(&world, "2026-11-01T05:00:00Z", true, 10);
    imported(&world, "2027-11-07T05:00:00Z", true, 10);
    world.go_to("2026-11-09T22:01:00Z").await;
    assert_eq!((shown(&world), world.sent_to(A)), (Some(Wait::StaleFeed), 0));
    // It is fine if this clock is a minute behind the clock of the import.
    imported(&world, "2026-11-09T22:02:00Z", true, 10);
    world.go_to("2026-11-09T22:01:30Z").await;
    assert_eq!((shown(&world), world.sent_to(A)), (None, 1));
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn texts_wait_while_their_feed_is_being_imported() {
    let mut world = World::with("mode = \"live\"", DAY_BEFORE).await;
    world.book(&[
        appointment("a", "303-555-0101", "2026-11-10T15:00:00-07:00"),
        appointment("bystander", "303-555-0109", "2026-11-10T15:00:00-07:00"),
    ]);
    imported(&world, "2026-11-09T21:00:00Z", false, 0);
    world.execute("UPDATE appointments SET feed = 'csv' WHERE id = 'a'");
    world.execute("UPDATE appointments SET feed = 'other' WHERE id = 'bystander'");
    let beat = "2026-11-09T22:01:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp();
    world.execute(&format!(
        "INSERT INTO importing (feed, import_id, since, beat_at) SELECT 'csv', max(id), {beat}, {beat} FROM imports"
    ));
    world.go_to("2026-11-09T22:01:30Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A)), ("planned", 0));
    assert_eq!(world.sent_to("+13035550109"), 1, "another feed does not wait");
    // The import died: no texts go out from half a list until an import finishes.
    world.go_to("2026-11-09T22:10:00Z").await;
    assert_eq!(world.sent_to(A), 0);
    world.execute("DELETE FROM importing");
    world.go_to("2026-11-09T22:11:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A)), ("sent", 1));
}

#[tokio::test]
async fn a_text_that_expires_while_waiting_for_a_dead_import_is_missed_with_an_alert() {
    let mut world = World::with("mode = \"live\"", DAY_BEFORE).await;
    world.book(&[
        appointment("a", "303-555-0101", "2026-11-10T15:00:00-07:00"),
        appointment("bystander", "303-555-0109", "2026-11-12T15:00:00-07:00"),
    ]);
    imported(&world, "2026-11-09T21:00:00Z", false, 0);
    world.execute("UPDATE appointments SET feed = 'csv'");
    let beat = "2026-11-09T21:30:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp();
    world.execute(&format!(
        "INSERT INTO importing (feed, import_id, since, beat_at) SELECT 'csv', max(id), {beat}, {beat} FROM imports"
    ));
    let (missed, stuck) = (Desk::new(Kind::Missed), Desk::new(Kind::Feed));
    world.go_to("2026-11-09T22:01:30Z").await;
    assert_eq!(
        (stuck.look(&world).len(), missed.look(&world).len()),
        (1, 0),
        "the interrupted import raises an alert at once"
    );
    assert_eq!(world.not_reached().len(), 0, "there is still time to send");
    world.go_to("2026-11-10T21:30:00Z").await;
    assert_eq!(world.state("a", "day-before"), "missed (expired)");
    assert_eq!(missed.look(&world).len(), 1);
    assert_eq!(world.state("bystander", "day-before"), "planned");
    assert_eq!(world.sent_to(A), 0);
}
