//! Uncertainty: texts without a clear answer, texts the database does not know about, replies, and a wrong clock.

use chrono::TimeDelta;
use leadtime::annie::verdict::ReadError;
use leadtime::domain::operator::Operator;
use leadtime::domain::outcome::Outcome;
use leadtime::domain::reminder::Wait;
use leadtime::store::ledger::resolution::{self, Decision, NotResolved};

use crate::world::{DAY_BEFORE, MONDAY_TEN, Visit, World, appointment};

const A: &str = "303-555-0101";
const A_E164: &str = "+13035550101";
const OURS: &str = "+13035550199";
/// When the text for an appointment on Tuesday at 3 PM is due.
const DUE: &str = "2026-11-09T22:00:00Z";

fn unknown() -> Outcome {
    Outcome::Unknown { status: None, detail: "the connection broke".into() }
}

fn appointments() -> [Visit; 2] {
    [
        appointment("a", A, "2026-11-10T15:00:00-07:00"),
        appointment("bystander", "303-555-0109", "2026-11-12T15:00:00-07:00"),
    ]
}

/// A practice whose only due text gets no clear answer.
async fn in_doubt(annie: &str) -> World {
    let mut world = World::with_all(annie, "mode = \"live\"", DAY_BEFORE).await;
    world.book(&appointments());
    world.script([unknown()]);
    world.go_to(DUE).await;
    assert_eq!(world.state("a", "day-before"), "unknown");
    world
}

fn text(world: &World) -> String {
    world.annie.sent()[0].message.clone()
}

fn instant(text: &str) -> chrono::DateTime<chrono::Utc> {
    text.parse().unwrap()
}

/// Kim decides about the held reminder of appointment `a`.
fn resolve(world: &World, decision: &Decision) -> Result<(), NotResolved> {
    let mut connection = world.sql();
    let id = world.number("SELECT id FROM reminders WHERE appointment_id = 'a'");
    let tx = connection.transaction().unwrap();
    let person = Operator { who: Some("Kim"), why: Some("looked it up") };
    let now = instant("2026-11-09T23:00:00Z");
    let resolved = resolution::resolve(&tx, id, decision, person, now).unwrap();
    tx.commit().unwrap();
    resolved.map(|_| ())
}

#[tokio::test]
async fn an_uncertain_text_in_annies_list_counts_as_sent() {
    let mut world = in_doubt("").await;
    let conversation = world.annie.begin(OURS, A_E164, &text(&world), instant(DUE));
    world.go_to("2026-11-09T22:02:00Z").await;
    assert_eq!(world.state("a", "day-before"), "sent");
    assert_eq!(world.text("SELECT conversation_id FROM attempts"), conversation.0);
    assert_eq!(world.number("SELECT count(*) FROM conversations WHERE attempt_id = 1"), 1);
    world.go_to("2026-11-10T22:30:00Z").await;
    assert_eq!(world.sent_to(A_E164), 1);
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn a_text_missing_from_two_complete_lists_is_sent_once_more() {
    let mut world = in_doubt("").await;
    world.go_to("2026-11-09T22:05:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("unknown", 1));
    world.go_to("2026-11-09T22:10:00Z").await;
    assert_eq!(
        (world.state("a", "day-before").as_str(), world.sent_to(A_E164)),
        ("unknown", 1),
        "the lists are not yet ten minutes apart"
    );
    world.go_to("2026-11-09T22:16:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 2));
    assert_eq!(world.text("SELECT group_concat(outcome) FROM attempts"), "not-found,sent");
    assert_eq!(world.number("SELECT retry_of FROM attempts WHERE id = 2"), 1);
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn a_retry_that_is_rejected_or_uncertain_is_held_for_a_person() {
    for second in [Outcome::Rejected { status: 400 }, Outcome::Rejected { status: 422 }, unknown()] {
        let mut world = in_doubt("").await;
        world.script([second.clone()]);
        world.go_to("2026-11-09T22:05:00Z").await;
        world.go_to("2026-11-09T22:16:00Z").await;
        world.go_to("2026-11-09T22:40:00Z").await;
        world.go_to("2026-11-09T22:55:00Z").await;
        assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("held", 2), "{second:?}");
        world.go_to("2026-11-10T21:59:00Z").await;
        assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("held", 2), "{second:?}");
        assert_eq!(world.state("bystander", "day-before"), "planned");
    }
}

#[tokio::test]
async fn with_on_unknown_hold_an_uncertain_text_is_not_sent_again() {
    let mut world = in_doubt("on_unknown = \"hold\"").await;
    world.go_to("2026-11-09T22:05:00Z").await;
    world.go_to("2026-11-09T22:16:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("held", 1));
}

#[tokio::test]
async fn an_uncertain_text_is_held_when_another_text_went_out_at_the_same_time() {
    let mut world = in_doubt("").await;
    let other = world.annie.begin(OURS, A_E164, "Something else", instant(DUE));
    world.go_to("2026-11-09T22:02:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("held", 1));
    // The conversation is now recorded as someone else's. A person may still say that it was this text.
    assert_eq!(world.number("SELECT count(*) FROM conversations WHERE attempt_id IS NULL"), 1);
    resolve(&world, &Decision::Sent(other)).unwrap();
    assert_eq!(world.state("a", "day-before"), "sent");
    assert_eq!(world.number("SELECT count(*) FROM conversations WHERE attempt_id = 1"), 1);
}

/// A conversation may be listed before its messages can be read.
#[tokio::test]
async fn a_conversation_that_cannot_be_read_yet_is_read_again_later() {
    let mut world = in_doubt("").await;
    let conversation = world.annie.begin(OURS, A_E164, &text(&world), instant(DUE));
    world.annie.messages_fail(Some(ReadError::Refused { status: 403 }));
    world.go_to("2026-11-09T22:02:00Z").await;
    assert_eq!(world.state("a", "day-before"), "unknown");
    assert_eq!(world.engine.refused_reading(), None, "one unreadable conversation says nothing about the key");
    let listings = world.annie.read().iter().filter(|read| *read == "list 0").count();
    world.go_to("2026-11-09T22:05:00Z").await;
    assert_eq!(world.annie.read().iter().filter(|read| *read == "list 0").count(), listings, "not again at once");
    world.annie.messages_fail(None);
    world.go_to("2026-11-09T22:15:00Z").await;
    assert_eq!(world.text("SELECT conversation_id FROM attempts"), conversation.0);
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 1));
}

#[tokio::test]
async fn an_uncertain_text_is_held_when_its_conversation_stays_unreadable() {
    let mut world = in_doubt("").await;
    world.annie.begin(OURS, A_E164, &text(&world), instant(DUE));
    world.annie.messages_fail(Some(ReadError::Refused { status: 403 }));
    for at in ["2026-11-09T22:02:00Z", "2026-11-09T22:30:00Z", "2026-11-09T23:05:00Z"] {
        world.go_to(at).await;
    }
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("held", 1));
}

#[tokio::test]
async fn a_held_text_counts_as_sent_when_annies_list_shows_it_late() {
    let mut world = in_doubt("on_unknown = \"hold\"").await;
    world.go_to("2026-11-09T22:05:00Z").await;
    world.go_to("2026-11-09T22:16:00Z").await;
    assert_eq!(world.state("a", "day-before"), "held");
    world.annie.begin(OURS, A_E164, &text(&world), instant(DUE));
    world.go_to("2026-11-09T23:30:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 1));
}

#[tokio::test]
async fn a_retry_can_wait_for_sending_hours_within_annies_gap() {
    // Due at 5:50 PM. The sending hours end before the second list is read.
    let mut world = World::new().await;
    world.book(&[appointment("a", A, "2026-11-13T17:50:00-07:00"), appointments()[1].clone()]);
    world.script([unknown()]);
    world.go_to("2026-11-13T00:50:00Z").await;
    assert_eq!(world.state("a", "day-before"), "unknown");
    world.go_to("2026-11-13T01:05:00Z").await;
    world.go_to("2026-11-13T01:20:00Z").await;
    assert_eq!(
        (world.state("a", "day-before").as_str(), world.sent_to(A_E164)),
        ("planned", 1),
        "outside the sending hours"
    );
    // The next morning is still within the 24 hours of Annie's gap.
    world.go_to("2026-11-13T17:00:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 2));
}

#[tokio::test]
async fn a_retry_with_no_sending_hours_left_is_held() {
    let mut world = World::with(
        "mode = \"live\"",
        "[[rule]]\nname = \"early\"\nlead = \"5 days\"\nmessage = \"See you {{ appointment.when }}\"\n",
    )
    .await;
    // The text goes out on Friday evening. The weekend that follows has no sending hours for more than 23 hours.
    world.book(&[appointment("a", A, "2026-11-18T17:50:00-07:00"), appointments()[1].clone()]);
    world.script([unknown()]);
    world.go_to("2026-11-14T00:50:00Z").await;
    assert_eq!(world.state("a", "early"), "unknown");
    world.go_to("2026-11-14T01:05:00Z").await;
    world.go_to("2026-11-14T01:20:00Z").await;
    assert_eq!((world.state("a", "early").as_str(), world.sent_to(A_E164)), ("held", 1));
    world.go_to("2026-11-17T17:00:00Z").await;
    assert_eq!((world.state("a", "early").as_str(), world.sent_to(A_E164)), ("held", 1));
}

#[tokio::test]
async fn a_person_decides_about_a_held_text() {
    for (decision, state, texts) in [
        (Decision::Sent("their-own".into()), "sent", 1),
        (Decision::Drop, "skipped (by-hand)", 1),
        (Decision::Retry, "sent", 2),
    ] {
        let mut world = in_doubt("on_unknown = \"hold\"").await;
        assert_eq!(resolve(&world, &decision), Err(NotResolved::NotHeld(1)), "it cannot be decided before it is held");
        world.go_to("2026-11-09T22:05:00Z").await;
        world.go_to("2026-11-09T22:16:00Z").await;
        resolve(&world, &decision).unwrap();
        world.go_to("2026-11-09T23:10:00Z").await;
        world.go_to("2026-11-10T18:00:00Z").await;
        assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), (state, texts), "{decision:?}");
        assert_eq!(world.text("SELECT who || why FROM audit WHERE who IS NOT NULL"), "Kimlooked it up");
        assert_eq!(world.state("bystander", "day-before"), "planned");
    }
}

#[tokio::test]
async fn a_conversation_of_another_text_does_not_prove_a_held_text_was_sent() {
    let mut world = in_doubt("on_unknown = \"hold\"").await;
    world.book(&[appointment("b", "303-555-0102", "2026-11-10T15:01:00-07:00")]);
    world.go_to("2026-11-09T22:05:00Z").await;
    world.go_to("2026-11-09T22:16:00Z").await;
    let theirs = world.text("SELECT conversation_id FROM attempts WHERE phone = '+13035550102'");
    assert_eq!(resolve(&world, &Decision::Sent(theirs.as_str().into())), Err(NotResolved::Anothers));
    assert_eq!(world.state("a", "day-before"), "held");
}

/// The database is restored as of 10 AM. Only Annie knows about the text sent at 3 PM.
async fn restored(changes: &str) -> World {
    let mut world = World::new().await;
    world.book(&appointments());
    world.settle().await;
    let copy = world.folder.path().join("copy.db");
    world.sql().execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    world.go_to(DUE).await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 1));
    world.clock.advance(TimeDelta::minutes(10));
    let world = world.restore(&copy).await;
    if !changes.is_empty() {
        world.execute(changes);
    }
    world
}

#[tokio::test]
async fn a_restored_backup_texts_nobody_again() {
    for changes in [
        "",
        "UPDATE appointments SET first_name = 'Anna' WHERE id = 'a'",
        "UPDATE appointments SET phone = '(303) 555 0101' WHERE id = 'a'",
        "DELETE FROM appointments WHERE id = 'a';
         INSERT INTO appointments (id, patient_id, phone, starts_at, status, booked_at)
         VALUES ('new', 'a', '303-555-0101', '2026-11-10T15:00:00-07:00', 'booked', '2026-01-01T00:00:00Z')",
        "UPDATE appointments SET phone = '303-555-0102' WHERE id = 'a'",
    ] {
        let mut world = restored(changes).await;
        world.settle().await;
        for at in ["2026-11-09T23:00:00Z", "2026-11-10T17:00:00Z", "2026-11-10T21:00:00Z"] {
            world.go_to(at).await;
        }
        assert_eq!(world.annie.sent().len(), 1, "{changes}");
        assert_eq!(
            world.number("SELECT count(*) FROM reminders WHERE state = 'sent' AND rule = 'day-before'"),
            1,
            "{changes}"
        );
        assert_eq!(world.number("SELECT count(*) FROM attempts WHERE conversation_id = 'conversation-1'"), 1);
        assert_eq!(world.state("bystander", "day-before"), "planned");
    }
}

/// Someone careful starts a restored backup in observe mode first.
#[tokio::test]
async fn a_backup_restored_in_observe_mode_texts_nobody_again_when_it_goes_live() {
    let mut world = World::new().await;
    world.book(&appointments());
    world.settle().await;
    let copy = world.folder.path().join("copy.db");
    world.sql().execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    world.go_to(DUE).await;
    assert_eq!(world.sent_to(A_E164), 1);
    let file = world.folder.path().join("config.toml");
    let live = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, live.replace("\"live\"", "\"observe\"")).unwrap();
    world.clock.advance(TimeDelta::minutes(10));
    let mut world = world.restore(&copy).await;
    for at in ["2026-11-09T22:30:00Z", "2026-11-10T17:00:00Z"] {
        world.go_to(at).await;
    }
    world.reload("mode = \"live\"", DAY_BEFORE).await;
    world.settle().await;
    world.go_to("2026-11-10T18:30:00Z").await;
    world.go_to("2026-11-11T22:00:10Z").await;
    assert_eq!(world.sent_to(A_E164), 1);
    assert_eq!(world.state("bystander", "day-before"), "sent");
}

/// Annie's API reference says that every field of an answer is optional.
#[tokio::test]
async fn a_list_with_missing_fields_leads_to_no_second_text() {
    for (omitted, sent) in [(&["from"][..], "sent"), (&["start"], "sent"), (&["to"], "planned")] {
        let mut world = World::new().await;
        world.book(&appointments());
        world.settle().await;
        let copy = world.folder.path().join("copy.db");
        world.sql().execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
        world.go_to(DUE).await;
        world.annie.omits(omitted);
        world.clock.advance(TimeDelta::minutes(10));
        let mut world = world.restore(&copy).await;
        for at in ["2026-11-09T22:30:00Z", "2026-11-10T17:00:00Z", "2026-11-10T19:00:00Z"] {
            world.go_to(at).await;
        }
        assert_eq!((world.state("a", "day-before").as_str(), world.annie.sent().len()), (sent, 1), "{omitted:?}");
        // An uncertain text is found without these fields, too, or left alone.
        let mut world = in_doubt("").await;
        world.annie.omits(omitted);
        world.annie.begin(OURS, A_E164, &text(&world), instant(DUE));
        for at in ["2026-11-09T22:05:00Z", "2026-11-09T22:20:00Z", "2026-11-09T22:40:00Z"] {
            world.go_to(at).await;
        }
        assert_eq!(world.sent_to(A_E164), 1, "{omitted:?}");
    }
}

/// A virtual machine restored from a snapshot sees its clock jump forward, and what it sent since is unknown.
#[tokio::test]
async fn a_text_sent_during_a_clock_jump_counts_as_ours() {
    let mut world = World::new().await;
    world.book(&appointments());
    world.settle().await;
    world.annie.begin(OURS, A_E164, "Sent by a life that nobody remembers", instant("2026-11-09T22:00:00Z"));
    world.clock.set(instant("2026-11-09T22:10:00Z"));
    world.settle().await;
    world.go_to("2026-11-10T19:00:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 0));
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

/// The listing of a removed key blocks nothing and is deleted.
#[tokio::test]
async fn a_removed_key_does_not_block_the_others() {
    let mut world = World::new().await;
    world.book(&appointments());
    world.execute("INSERT INTO listings (api_key, unobserved_from, unobserved_until) VALUES ('gone', 1, 2)");
    world.annie.reads_fail(Some(ReadError::Failed { detail: "down".into() }));
    world.go_to("2026-11-10T20:00:01Z").await;
    assert_eq!(world.state("a", "day-before"), "missed (expired)", "its own key does not wait for a listing");
    world.annie.reads_fail(None);
    world.reload("mode = \"live\"", DAY_BEFORE).await;
    assert_eq!(world.text("SELECT group_concat(api_key) FROM listings"), "default");
    world.go_to("2026-11-11T22:00:10Z").await;
    assert_eq!(world.state("bystander", "day-before"), "sent");
}

#[tokio::test]
async fn nothing_is_sent_until_annies_list_covers_the_gap_after_a_restore() {
    let mut world = restored("").await;
    world.annie.reads_fail(Some(ReadError::Failed { detail: "down".into() }));
    world.book(&[appointment("b", "303-555-0102", "2026-11-10T15:20:00-07:00")]);
    let report = world.go_to("2026-11-09T22:30:00Z").await;
    assert_eq!((report.waits, world.annie.sent().len()), (Some(Wait::CatchingUp), 1));
    world.annie.reads_fail(None);
    world.go_to("2026-11-09T22:40:00Z").await;
    assert_eq!((world.sent_to(A_E164), world.annie.sent().len()), (1, 2), "the other text goes out");
}

#[tokio::test]
async fn texts_sent_by_others_count_toward_the_limits() {
    let mut world = World::new().await;
    world.book(&appointments());
    world.annie.begin("+13035550777", A_E164, "Recall", instant("2026-11-09T18:00:00Z"));
    world.go_to("2026-11-09T21:30:00Z").await;
    world.go_to(DUE).await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("planned", 0));
    world.go_to("2026-11-10T18:04:59Z").await;
    assert_eq!(world.sent_to(A_E164), 0);
    world.go_to("2026-11-10T18:05:05Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 1));
}

#[tokio::test]
async fn a_stop_reply_is_read_before_the_next_text() {
    let mut world = World::new().await;
    world.book(&appointments());
    world.book(&[appointment("a2", A, "2026-11-12T15:00:00-07:00")]);
    world.go_to(DUE).await;
    let conversation = world.text("SELECT conversation_id FROM conversations").as_str().into();
    world.annie.say(&conversation, "user", "Please STOP texting me", instant("2026-11-09T22:10:00Z"));
    world.go_to("2026-11-11T22:00:10Z").await;
    assert_eq!((world.state("a2", "day-before").as_str(), world.sent_to(A_E164)), ("skipped (opted-out)", 1));
    assert_eq!(world.text("SELECT source FROM opt_outs"), "reply");
    assert_eq!(world.state("bystander", "day-before"), "sent", "nobody else is opted out");
}

/// The API does not promise that the first message shown is ours.
#[tokio::test]
async fn a_stop_as_the_first_message_opts_out_too() {
    let mut world = World::new().await;
    world.book(&appointments());
    world.book(&[appointment("a2", A, "2026-11-12T15:00:00-07:00")]);
    world.go_to(DUE).await;
    let conversation = world.text("SELECT conversation_id FROM conversations").as_str().into();
    world.annie.said_first(&conversation, "user", "STOP");
    world.go_to("2026-11-11T22:00:10Z").await;
    assert_eq!((world.state("a2", "day-before").as_str(), world.sent_to(A_E164)), ("skipped (opted-out)", 1));
    assert_eq!(world.state("bystander", "day-before"), "sent");
}

#[tokio::test]
async fn unreadable_replies_hold_back_the_next_text() {
    let mut world = World::new().await;
    world.book(&[appointments()[0].clone(), appointment("a2", A, "2026-11-12T15:00:00-07:00")]);
    world.go_to(DUE).await;
    world.go_to("2026-11-11T20:00:00Z").await;
    world.annie.reads_fail(Some(ReadError::Failed { detail: "down".into() }));
    let report = world.go_to("2026-11-11T22:10:00Z").await;
    assert_eq!((world.state("a2", "day-before").as_str(), world.sent_to(A_E164)), ("planned", 1));
    assert_eq!(report.waits, Some(Wait::RepliesUnread));
    world.annie.reads_fail(None);
    world.go_to("2026-11-11T22:20:00Z").await;
    assert_eq!((world.state("a2", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 2));
}

#[tokio::test]
async fn an_opt_out_lifted_by_the_desk_is_not_restored_from_the_same_reply() {
    let mut world = World::new().await;
    world.book(&[appointments()[0].clone(), appointment("a2", A, "2026-11-12T15:00:00-07:00")]);
    world.go_to(DUE).await;
    let conversation = world.text("SELECT conversation_id FROM conversations").as_str().into();
    world.annie.say(&conversation, "user", "stop", instant("2026-11-09T22:10:00Z"));
    world.go_to("2026-11-10T12:00:00Z").await;
    assert_eq!(world.state("a2", "day-before"), "skipped (opted-out)", "replies are read even when no text is due");
    let mut connection = world.sql();
    let tx = connection.transaction().unwrap();
    let phone = leadtime::domain::phone::Phone::from_e164(A_E164).unwrap();
    leadtime::store::appointments::opt_outs::remove(&tx, &phone, Some("Kim"), instant("2026-11-10T13:00:00Z")).unwrap();
    tx.commit().unwrap();
    world.go_to("2026-11-11T22:00:10Z").await;
    assert_eq!((world.state("a2", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 2));
}

#[tokio::test]
async fn after_a_clock_change_nothing_is_sent_until_annies_clock_agrees() {
    let mut world = World::new().await;
    world.book(&appointments());
    world.settle().await;
    // Someone sets the clock six hours ahead. By that clock, the text is due.
    world.clock.set(instant("2026-11-09T23:00:00Z"));
    world.annie.is_ahead(TimeDelta::hours(-6));
    let report = world.settle().await;
    assert_eq!((report.waits, world.annie.sent().len()), (Some(Wait::Clock), 0));
    assert!(world.text("SELECT why FROM clock_doubt").contains("ahead of Annie's"));
    // The clock is a year ahead. Nothing is marked as missed.
    world.clock.set(instant("2027-11-09T23:00:00Z"));
    world.annie.is_ahead(TimeDelta::days(-365));
    world.settle().await;
    assert_eq!(world.state("a", "day-before"), "planned");
    let mut world = world.restart().await;
    world.settle().await;
    assert_eq!(world.state("a", "day-before"), "planned", "a restart does not trust the clock either");
    // The clock is correct again, and everything goes out as planned.
    world.clock.set(instant(MONDAY_TEN));
    world.annie.is_ahead(TimeDelta::zero());
    world.go_to("2026-11-09T17:05:00Z").await;
    assert_eq!(world.number("SELECT count(*) FROM clock_doubt"), 0);
    world.go_to("2026-11-09T22:00:05Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 1));
}

#[tokio::test]
async fn starting_with_a_clock_in_1970_or_next_year_loses_no_text() {
    for wrong in ["1970-01-01T00:00:00Z", "2027-11-09T17:00:00Z"] {
        let mut world = World::new().await;
        world.book(&appointments());
        world.settle().await;
        world.clock.set(instant(wrong));
        world.annie.is_ahead(instant(MONDAY_TEN) - instant(wrong));
        let mut world = world.restart().await;
        world.settle().await;
        assert_eq!(world.state("a", "day-before"), "planned", "{wrong}");
        world.clock.set(instant(MONDAY_TEN));
        world.annie.is_ahead(TimeDelta::zero());
        world.go_to("2026-11-09T17:05:00Z").await;
        world.go_to("2026-11-09T22:00:05Z").await;
        assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 1), "{wrong}");
        assert_eq!(world.state("bystander", "day-before"), "planned");
    }
}

/// The doubt is stored, the service stops, someone corrects the clock, and the service restarts in either mode.
#[tokio::test]
async fn a_clock_corrected_while_the_service_was_off_is_trusted() {
    for observe in [false, true] {
        let mut world = World::new().await;
        world.clock.set(instant("2027-11-09T23:00:00Z"));
        world.annie.is_ahead(TimeDelta::days(-365));
        world.book(&appointments());
        world.settle().await;
        assert_eq!(world.number("SELECT count(*) FROM clock_doubt"), 1);
        world.clock.set(instant(MONDAY_TEN));
        world.annie.is_ahead(TimeDelta::zero());
        if observe {
            let path = world.folder.path().join("config.toml");
            let file = std::fs::read_to_string(&path).unwrap();
            std::fs::write(path, file.replace("\"live\"", "\"observe\"")).unwrap();
        }
        let mut world = world.restart().await;
        if observe {
            world.engine.set_gateways(leadtime::engine::Gateways::new());
        }
        world.settle().await;
        assert_eq!(world.number("SELECT count(*) FROM clock_doubt"), 0, "observe: {observe}");
        let taken = world.number("SELECT max(taken_at) FROM first_seen");
        assert!((taken - instant(MONDAY_TEN).timestamp()).abs() < 60, "observe: {observe}: {taken}");
        let expected = if observe { "skipped (observe-mode)" } else { "planned" };
        assert_eq!(world.state("a", "day-before"), expected);
        assert_eq!(world.state("bystander", "day-before"), expected);
    }
}

#[tokio::test]
async fn a_pause_requested_with_a_successful_answer_is_respected() {
    let mut world = World::one_at_a_time().await;
    world.book(&[appointments()[0].clone(), appointment("b", "303-555-0102", "2026-11-10T15:00:00-07:00")]);
    world.go_to("2026-11-09T21:59:00Z").await;
    world.annie.asks_for_a_pause(instant("2026-11-09T22:01:00Z"));
    world.go_to("2026-11-09T22:00:30Z").await;
    assert_eq!(world.annie.sent().len(), 1);
    world.go_to("2026-11-09T22:01:05Z").await;
    assert_eq!(world.annie.sent().len(), 2);
}

#[tokio::test]
async fn an_appointment_that_got_no_reminder_is_recorded_once() {
    let mut world = World::new().await;
    world.book(&appointments());
    world.book(&[
        appointment("gone", "303-555-0103", "2026-11-10T15:00:00-07:00"),
        appointment("none", "", "2026-11-10T15:00:00-07:00"),
    ]);
    world.execute("UPDATE appointments SET status = 'cancelled' WHERE id = 'gone'");
    world.settle().await;
    let untold = "SELECT group_concat(appointment_id || ' ' || code) FROM
                  (SELECT * FROM audit WHERE act = 'untold' ORDER BY appointment_id)";
    world.go_to("2026-11-10T21:59:59Z").await;
    assert_eq!(
        world.number("SELECT count(*) FROM audit WHERE act = 'untold'"),
        0,
        "the appointment has not started yet"
    );
    for at in ["2026-11-10T22:00:00Z", "2026-11-10T22:00:05Z", "2026-11-11T03:00:00Z"] {
        world.go_to(at).await;
        assert_eq!(world.text(untold), "gone cancelled,none no-phone", "{at}");
    }
    let mut world = world.restart().await;
    world.settle().await;
    assert_eq!(world.text(untold), "gone cancelled,none no-phone", "a restart records nothing twice");
}

/// Annie answers the text for `a` with the id of a conversation that another appointment's text began.
#[tokio::test]
async fn a_text_accepted_into_another_texts_conversation_can_be_resolved_as_sent_but_not_sent_again() {
    let mut world = World::new().await;
    world.book(&[
        appointment("first", A, "2026-11-10T10:10:00-07:00"),
        appointment("a", A, "2026-11-11T15:00:00-07:00"),
        appointment("other", "303-555-0105", "2026-11-10T10:10:00-07:00"),
        appointment("bystander", "303-555-0109", "2026-11-13T15:00:00-07:00"),
    ]);
    let id = || Outcome::Sent("00000000-0000-4000-8000-00000000000a".into());
    world.script([id(), Outcome::Sent("00000000-0000-4000-8000-00000000000b".into())]);
    world.go_to("2026-11-09T17:10:00Z").await;
    assert_eq!(world.state("first", "day-before"), "sent");
    world.script([id()]);
    world.go_to("2026-11-10T22:00:00Z").await;
    assert_eq!(world.state("a", "day-before"), "held");
    let said = world.says(&["resolve"]);
    assert!(said.contains("Annie accepted it") && said.contains("--sent"), "{said}");
    // Sending it again is refused, and so is naming a conversation of another number.
    let sent = world.annie.sent().len();
    assert_eq!(resolve(&world, &Decision::Retry), Err(NotResolved::Accepted));
    let of_another = world.text("SELECT conversation_id FROM conversations WHERE phone = '+13035550105'");
    assert_eq!(resolve(&world, &Decision::Sent(of_another.as_str().into())), Err(NotResolved::Anothers));
    let shared = world.text("SELECT conversation_id FROM conversations WHERE phone = '+13035550101'");
    resolve(&world, &Decision::Sent(shared.as_str().into())).unwrap();
    assert_eq!(world.state("a", "day-before"), "sent");
    world.go_to("2026-11-11T16:00:00Z").await;
    assert_eq!((world.annie.sent().len(), world.state("a", "day-before").as_str()), (sent, "sent"));
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE act = 'resolved-sent' AND who = 'Kim'"), 1);
    assert_eq!(world.state("bystander", "day-before"), "planned");
}
