//! What is deleted of old appointments, what stays, and that nobody is texted twice because of a deletion.

use chrono::{DateTime, Utc};
use leadtime::clock::Clock;
use leadtime::engine::maintenance::housekeeping::Housekeeping;
use leadtime::store::Store;
use leadtime::store::connection::{integrity, open};
use leadtime::store::ledger::audit;

use crate::world::{DAY_BEFORE, Visit, World, appointment};

const A: &str = "+13035550101";

async fn world() -> World {
    World::with("mode = \"live\"", &format!("{DAY_BEFORE}[retention]\nafter_appointment = \"31 days\"\n")).await
}

/// Sweeps at the world's time until nothing is left to delete.
async fn sweep(world: &World) {
    let mut house = Housekeeping::new(Store::new(open::read_write(&world.database()).unwrap()));
    for step in 0..20 {
        let now = world.clock.now() + chrono::TimeDelta::seconds(5 * step);
        house.run(world.engine.config(), now, true).await.unwrap();
    }
}

/// Fills in everything in an appointment that could identify the patient.
fn name(world: &World, id: &str, first_name: &str) {
    world.execute(&format!(
        "UPDATE appointments SET first_name = '{first_name}', last_name = 'Quxley', date_of_birth = '1979-04-05',
             description = 'Quxley comes by bus', provider = 'Dr. Quxley' WHERE id = '{id}'"
    ));
}

/// The bytes of every file of the database.
fn bytes(world: &World) -> Vec<u8> {
    ["", "-wal"]
        .iter()
        .flat_map(|end| std::fs::read(world.folder.path().join(format!("test.db{end}"))).unwrap_or_default())
        .collect()
}

fn holds(world: &World, words: &str) -> bool {
    world.sql().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    bytes(world).windows(words.len()).any(|bytes| bytes == words.as_bytes())
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[tokio::test]
async fn names_and_message_texts_are_deleted_and_the_record_of_sent_texts_stays() {
    let mut world = world().await;
    world.book(&[
        appointment("a", "(303) 555-0101", "2026-11-10T15:00:00-07:00"),
        appointment("bystander", "303-555-0109", "2026-12-10T15:00:00-07:00"),
    ]);
    name(&world, "a", "Zebulon");
    world.execute("UPDATE appointments SET first_name = 'Wilhelmina' WHERE id = 'bystander'");
    world.go_to("2026-11-09T22:00:30Z").await;
    world.go_to("2026-12-09T22:00:30Z").await;
    assert_eq!((world.sent_to(A), world.state("bystander", "day-before").as_str()), (1, "sent"));
    let before = world.text(
        "SELECT group_concat(state || ':' || coalesce(reason, '') || ':' || coalesce(phone, ''), ';') FROM reminders",
    );
    let rows = |world: &World| {
        ["attempts", "conversations", "messages", "reminders", "first_seen", "audit", "message_reminders"]
            .map(|table| world.number(&format!("SELECT count(*) FROM {table}")))
    };
    let kept = rows(&world);
    assert!(holds(&world, "Quxley") && holds(&world, "Zebulon") && holds(&world, "(303) 555-0101"));
    // Nothing is deleted a moment too early.
    world.go_to("2026-12-11T21:59:00Z").await;
    sweep(&world).await;
    assert_eq!(world.number("SELECT count(*) FROM appointments"), 2);
    assert_eq!(world.number("SELECT count(*) FROM messages WHERE body IS NOT NULL"), 2);

    world.go_to("2026-12-11T22:00:05Z").await;
    sweep(&world).await;
    world.settle().await;
    for private in ["Quxley", "Zebulon", "1979-04-05", "(303) 555-0101"] {
        assert!(!holds(&world, private), "{private}");
    }
    assert_eq!(world.text("SELECT group_concat(id) FROM appointments"), "bystander");
    assert_eq!(world.text("SELECT first_name || phone FROM appointments"), "Wilhelmina303-555-0109");
    assert_eq!(world.number("SELECT count(*) FROM messages WHERE body IS NULL AND phone = '+13035550101'"), 1);
    assert_eq!(world.number("SELECT count(*) FROM messages WHERE body IS NOT NULL AND phone = '+13035550109'"), 1);
    assert_eq!(
        world.text("SELECT group_concat(spelling) FROM phone_spellings WHERE spelling NOT LIKE '+%'"),
        "303-555-0109"
    );
    let after = world.text(
        "SELECT group_concat(state || ':' || coalesce(reason, '') || ':' || coalesce(phone, ''), ';') FROM reminders",
    );
    assert_eq!((after, rows(&world)), (before, kept), "the record of texts is unchanged");
    assert!(audit::verify(&world.sql()).unwrap().is_ok());
    assert_eq!(integrity::flaws(&world.database()).unwrap(), Vec::<String>::new());
    // Another sweep changes nothing.
    sweep(&world).await;
    assert_eq!((world.number("SELECT count(*) FROM appointments"), rows(&world)), (1, kept));
}

#[tokio::test]
async fn a_deleted_appointment_that_comes_back_is_not_texted_again_and_is_deleted_again() {
    let mut world = world().await;
    let a = appointment("a", "303-555-0101", "2026-11-10T15:00:00-07:00");
    world.book(&[a.clone(), appointment("bystander", "303-555-0109", "2027-03-10T15:00:00-07:00")]);
    world.go_to("2026-11-09T22:00:30Z").await;
    world.go_to("2026-12-20T22:00:00Z").await;
    sweep(&world).await;
    assert_eq!((world.number("SELECT count(*) FROM appointments"), world.sent_to(A)), (1, 1));
    // It comes back through the feed or a restored backup, also under another id.
    world.book(&[a.clone(), Visit { id: "a2", ..a }]);
    world.settle().await;
    world.go_to("2026-12-20T23:00:00Z").await;
    assert_eq!(world.sent_to(A), 1);
    assert_eq!(world.states("a", "day-before"), ["sent"]);
    sweep(&world).await;
    assert_eq!(world.text("SELECT group_concat(id) FROM appointments"), "bystander");
    // The same patient's next appointment is texted as usual.
    world.book(&[Visit { id: "next", ..appointment("a", "303-555-0101", "2026-12-22T15:00:00-07:00") }]);
    world.go_to("2026-12-21T22:00:30Z").await;
    assert_eq!((world.sent_to(A), world.state("bystander", "day-before").as_str()), (2, "planned"));
}

#[tokio::test]
async fn appointments_with_an_unknown_text_or_no_plan_yet_are_kept() {
    let mut world = world().await;
    world.book(&[
        appointment("a", "303-555-0101", "2026-11-10T15:00:00-07:00"),
        appointment("b", "303-555-0102", "2026-11-10T15:00:00-07:00"),
    ]);
    world.script([leadtime::domain::outcome::Outcome::Unknown { status: None, detail: "the connection broke".into() }]);
    world.go_to("2026-11-09T22:00:30Z").await;
    let doubtful = world.number("SELECT count(*) FROM attempts WHERE outcome = 'unknown'");
    assert_eq!(doubtful, 1);
    // The daemon was off for months, so no unknown text was given up yet.
    world.clock.set(at("2027-02-01T18:00:00Z"));
    let unsettled = world.text("SELECT appointment_id FROM reminders WHERE state = 'unknown'");
    world.execute("INSERT INTO appointments (id, patient_id, starts_at, status) VALUES ('fresh', 'f', '2026-01-05T10:00:00Z', 'booked')");
    sweep(&world).await;
    let left = world.text("SELECT group_concat(id) FROM (SELECT id FROM appointments ORDER BY id)");
    assert_eq!(left, format!("{unsettled},fresh"));
    assert_eq!(world.number("SELECT count(*) FROM messages WHERE body IS NOT NULL"), 1);
}

#[tokio::test]
async fn a_number_shared_by_too_many_patients_is_planned_again_after_deletion() {
    let rules = format!("{DAY_BEFORE}[retention]\nafter_appointment = \"31 days\"\n");
    let mut world = World::with("mode = \"live\"\nmax_household = 1", &rules).await;
    world.book(&[
        appointment("old", "303-555-0101", "2026-11-05T15:00:00-07:00"),
        appointment("new", "303-555-0101", "2027-03-10T15:00:00-07:00"),
    ]);
    world.settle().await;
    assert_eq!(world.state("new", "day-before"), "skipped (shared-number)");
    world.go_to("2026-12-20T22:00:00Z").await;
    sweep(&world).await;
    world.settle().await;
    assert_eq!(world.state("new", "day-before"), "planned");
}

#[tokio::test]
async fn a_household_text_is_kept_until_its_last_appointment_is_deleted() {
    let mut world = world().await;
    let family = |id, starts: &str| Visit { id, patient: id, ..appointment("x", "303-555-0101", starts) };
    world.book(&[family("a", "2026-11-10T15:00:00-07:00"), family("b", "2026-11-10T16:00:00-07:00")]);
    world.go_to("2026-11-09T22:00:30Z").await;
    assert_eq!((world.sent_to(A), world.number("SELECT count(*) FROM message_reminders")), (1, 2));
    let kept = |world: &World| {
        (
            world.number("SELECT count(*) FROM messages WHERE body IS NOT NULL"),
            world.number("SELECT count(*) FROM appointments"),
        )
    };
    world.go_to("2026-12-11T22:30:00Z").await;
    sweep(&world).await;
    assert_eq!(kept(&world), (1, 1), "the first appointment is deleted, but the text is also about the second");
    world.go_to("2026-12-11T23:00:05Z").await;
    sweep(&world).await;
    assert_eq!(kept(&world), (0, 0));
}

#[tokio::test]
async fn opt_outs_are_kept_forever_and_nothing_is_deleted_while_the_clock_is_in_doubt() {
    let mut world = world().await;
    world.book(&[appointment("a", "no texts 303-555-0101", "2026-11-10T15:00:00-07:00")]);
    world.settle().await;
    assert_eq!(world.number("SELECT count(*) FROM opt_outs"), 1);
    let mut house = Housekeeping::new(Store::new(open::read_write(&world.database()).unwrap()));
    house.run(world.engine.config(), at("2036-01-01T12:00:00Z"), false).await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM appointments"), 1);
    world.go_to("2026-12-20T22:00:00Z").await;
    sweep(&world).await;
    assert_eq!(
        (
            world.number("SELECT count(*) FROM appointments"),
            world.number("SELECT count(*) FROM phone_spellings WHERE spelling NOT LIKE '+%'")
        ),
        (0, 0)
    );
    world.book(&[appointment("b", "303-555-0101", "2026-12-23T15:00:00-07:00")]);
    world.settle().await;
    assert_eq!(world.state("b", "day-before"), "skipped (opted-out)");
}

/// Many rows are deleted in many short transactions, so that none takes long.
#[tokio::test]
async fn many_appointments_are_deleted_in_small_steps() {
    let mut world = world().await;
    world.execute(
        "INSERT INTO appointments (id, patient_id, first_name, phone, starts_at, status)
         WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1800)
         SELECT 'v' || i, 'p' || i, 'Ann', '303-555-' || (1000 + i), '2026-01-05T10:00:00Z', 'completed' FROM n",
    );
    world.book(&[appointment("bystander", "303-555-0109", "2027-03-10T15:00:00-07:00")]);
    world.settle().await;
    let mut house = Housekeeping::new(Store::new(open::read_write(&world.database()).unwrap()));
    let mut left = Vec::new();
    for step in 0..6 {
        let now = world.clock.now() + chrono::TimeDelta::seconds(5 * step);
        house.run(world.engine.config(), now, true).await.unwrap();
        left.push(world.number("SELECT count(*) FROM appointments"));
    }
    assert_eq!(left, [1301, 801, 301, 1, 1, 1]);
}
