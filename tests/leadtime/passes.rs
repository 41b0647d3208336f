//! Passes on a real database: what is sent, what is not and why, and nothing twice.

use chrono::TimeDelta;
use leadtime::annie::verdict::ReadError;
use leadtime::domain::outcome::{NotSent, Outcome};

use crate::world::{DAY_BEFORE, Visit, World, appointment};

const A: &str = "303-555-0101";
const A_E164: &str = "+13035550101";
const B: &str = "303-555-0102";
const B_E164: &str = "+13035550102";

fn unknown() -> Outcome {
    Outcome::Unknown { status: Some(500), detail: "Annie failed".into() }
}

/// An appointment on Tuesday at 3 PM, whose text is due on Monday at 3 PM (22:00Z), and a bystander's a week later.
fn two_appointments() -> [Visit; 2] {
    [appointment("a", A, "2026-11-10T15:00:00-07:00"), appointment("bystander", B, "2026-11-17T15:00:00-07:00")]
}

#[tokio::test]
async fn a_due_text_is_sent_once_and_its_conversation_is_stored() {
    let mut world = World::new().await;
    world.book(&two_appointments());
    world.settle().await;
    assert_eq!(world.state("a", "day-before"), "planned");
    world.go_to("2026-11-09T21:59:59Z").await;
    assert_eq!(world.sent_to(A_E164), 0, "the text must not go out even a second early");
    world.go_to("2026-11-09T22:00:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 1));
    let kept = world.text("SELECT conversation_id FROM conversations");
    assert_eq!(kept, "conversation-1");
    assert_eq!(world.annie.sent()[0].message, "See you tomorrow at 3:00 PM");

    let mut world = world.restart().await;
    world.go_to("2026-11-10T20:00:00Z").await;
    assert_eq!(world.sent_to(A_E164), 1);
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn the_answer_from_annie_decides_the_state_of_the_reminder() {
    let rejected = Outcome::Rejected { status: 422 };
    let too_old = Outcome::NotSent(NotSent::TooOld);
    let cases = [
        (Outcome::Sent("c".into()), "sent", "sent", 1),
        (rejected, "rejected", "rejected", 1),
        (unknown(), "unknown", "unknown", 1),
        (too_old, "sent", "not-sent", 2),
        (Outcome::NotSent(NotSent::Unreachable { detail: "no route".into() }), "planned", "not-sent", 1),
    ];
    for (outcome, state, recorded, posts) in cases {
        let mut world = World::new().await;
        world.book(&two_appointments());
        world.script([outcome.clone()]);
        world.go_to("2026-11-09T22:00:00Z").await;
        assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), (state, posts), "{outcome:?}");
        assert_eq!(world.text("SELECT outcome FROM attempts ORDER BY id"), recorded, "{outcome:?}");
        assert_eq!(world.state("bystander", "day-before"), "planned");
        assert_eq!(world.number("SELECT count(*) FROM attempts WHERE ended_ms IS NULL"), 0);
    }
}

#[tokio::test]
async fn an_unconfirmed_text_blocks_its_number_until_it_expires_and_is_never_sent_again() {
    let mut world = World::new().await;
    world.annie.reads_fail(Some(ReadError::Failed { detail: "down".into() }));
    world.book(&two_appointments());
    // The same number has another appointment a day later.
    world.book(&[appointment("a2", A, "2026-11-11T15:00:00-07:00")]);
    world.script([unknown()]);
    world.go_to("2026-11-09T22:00:00Z").await;
    assert_eq!(world.state("a", "day-before"), "unknown");
    world.go_to("2026-11-10T19:59:59Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("unknown", 1));
    // Once it is too late to send it, staff have to decide. When the appointment starts, it is given up and the number
    // is free: the text for the other appointment goes out as soon as the gap after the one that may have arrived is
    // over.
    world.go_to("2026-11-10T20:00:00Z").await;
    assert_eq!(world.state("a", "day-before"), "held");
    world.go_to("2026-11-10T22:00:00Z").await;
    assert_eq!(world.state("a", "day-before"), "missed (unconfirmed)");
    world.annie.reads_fail(None);
    assert_eq!((world.state("a2", "day-before").as_str(), world.sent_to(A_E164)), ("planned", 1));
    world.go_to("2026-11-10T22:05:05Z").await;
    assert_eq!((world.state("a2", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 2));
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn a_crash_between_claim_and_answer_leaves_the_text_unknown_and_sends_no_second_one() {
    let mut world = World::new().await;
    world.book(&two_appointments());
    world.clock.advance(TimeDelta::hours(5));
    let report = world.until_begun().await;
    assert_eq!((report.begun, world.state("a", "day-before").as_str()), (1, "sending"));
    let mut world = world.restart().await;
    world.settle().await;
    assert_eq!(world.state("a", "day-before"), "unknown");
    assert!(world.sent_to(A_E164) <= 1);
    assert_eq!(world.number("SELECT count(*) FROM attempts"), 1);
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn a_claim_older_than_five_seconds_is_dropped_and_made_again() {
    let mut world = World::new().await;
    world.book(&two_appointments());
    world.clock.advance(TimeDelta::hours(5));
    assert_eq!(world.until_begun().await.begun, 1);
    // The machine slept before the first byte was sent: nothing has run on this thread since the claim.
    world.clock.advance(TimeDelta::seconds(6));
    world.engine.drain().await.unwrap();
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("planned", 0));
    assert_eq!(world.text("SELECT kind FROM attempts"), "too-old");
    world.settle().await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 1));
}

#[tokio::test]
async fn a_change_after_planning_is_respected_before_the_text_is_sent() {
    let changes = [
        ("UPDATE appointments SET status = 'cancelled' WHERE id = 'a'", "cancelled (cancelled)"),
        ("DELETE FROM appointments WHERE id = 'a'", "cancelled (cancelled)"),
        ("UPDATE appointments SET status = 'completed' WHERE id = 'a'", "cancelled (appointment-over)"),
        ("UPDATE appointments SET consent = 'no' WHERE id = 'a'", "skipped (no-consent)"),
        ("UPDATE appointments SET phone = NULL WHERE id = 'a'", "skipped (no-phone)"),
        ("UPDATE appointments SET phone = 'none' WHERE id = 'a'", "skipped (invalid-phone)"),
        ("UPDATE appointments SET phone = '303-555-0100' WHERE id = 'a'", "skipped (invalid-phone)"),
        ("INSERT INTO opt_outs VALUES ('+13035550101', 0, 'desk', NULL)", "skipped (opted-out)"),
        (
            "INSERT INTO imports VALUES (1, 'csv', 0, 0, 0, 0, 1, 0, 0, 0);
          INSERT INTO bad_rows VALUES ('a', 1, 7, 'starts_at', 'no offset')",
            "skipped (bad-row)",
        ),
    ];
    for (change, state) in changes {
        let mut world = World::new().await;
        world.book(&two_appointments());
        world.settle().await;
        world.execute(change);
        world.go_to("2026-11-09T22:00:00Z").await;
        assert_eq!((world.state("a", "day-before").as_str(), world.annie.sent().len()), (state, 0), "{change}");
        assert_eq!(world.state("bystander", "day-before"), "planned", "{change}");
    }
}

#[tokio::test]
async fn a_claim_checks_the_appointment_even_without_a_replan_mark() {
    let mut world = World::new().await;
    world.book(&two_appointments());
    world.settle().await;
    world.execute("UPDATE appointments SET status = 'cancelled' WHERE id = 'a'; DELETE FROM replan_queue");
    world.go_to("2026-11-09T22:00:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.annie.sent().len()), ("cancelled (cancelled)", 0));
}

#[tokio::test]
async fn an_appointment_that_moves_and_moves_back_is_texted_again_only_when_needed() {
    let mut world = World::new().await;
    world.book(&two_appointments());
    world.settle().await;
    // Moved before its text: the reminder for the old start is closed, and one for the new start is planned.
    world.execute("UPDATE appointments SET starts_at = '2026-11-12T15:00:00-07:00' WHERE id = 'a'");
    world.settle().await;
    assert_eq!(world.states("a", "day-before"), ["cancelled (rescheduled)", "planned"]);
    // Moved back: the same reminder is planned again and sent once.
    world.execute("UPDATE appointments SET starts_at = '2026-11-10T22:00:00Z' WHERE id = 'a'");
    world.go_to("2026-11-09T22:00:00Z").await;
    assert_eq!(world.states("a", "day-before"), ["sent", "cancelled (rescheduled)"]);
    // Moved after its text, but moved back before the new time was texted: nothing is sent.
    world.execute("UPDATE appointments SET starts_at = '2026-11-13T15:00:00-07:00' WHERE id = 'a'");
    world.settle().await;
    world.execute("UPDATE appointments SET starts_at = '2026-11-10T15:00:00-07:00' WHERE id = 'a'");
    world.go_to("2026-11-10T17:00:00Z").await;
    assert_eq!(world.sent_to(A_E164), 1);
    // Moved, texted and moved back: texted again, although late for this rule, because the last text named another
    // start.
    world.execute("UPDATE appointments SET starts_at = '2026-11-11T15:00:00-07:00' WHERE id = 'a'");
    world.go_to("2026-11-10T22:05:05Z").await;
    assert_eq!(world.sent_to(A_E164), 2);
    world.execute("UPDATE appointments SET starts_at = '2026-11-13T15:00:00-07:00' WHERE id = 'a'");
    world.go_to("2026-11-12T22:00:00Z").await;
    assert_eq!(world.sent_to(A_E164), 3);
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn a_start_is_texted_again_if_another_start_was_texted_in_between() {
    let mut world = World::new().await;
    world.book(&[
        appointment("a", A, "2026-11-12T15:00:00-07:00"),
        appointment("bystander", B, "2026-11-17T15:00:00-07:00"),
    ]);
    world.reload("mode = \"live\"", "[[rule]]\nname = \"day-before\"\nlead = \"72 hours\"\nmessage = \"m\"").await;
    world.go_to("2026-11-09T22:00:00Z").await;
    world.execute("UPDATE appointments SET starts_at = '2026-11-13T15:00:00-07:00' WHERE id = 'a'");
    world.go_to("2026-11-10T22:06:00Z").await;
    assert_eq!(world.sent_to(A_E164), 2);
    world.execute("UPDATE appointments SET starts_at = '2026-11-12T15:00:00-07:00' WHERE id = 'a'");
    world.go_to("2026-11-11T22:12:00Z").await;
    assert_eq!(world.sent_to(A_E164), 3, "the patient was texted the 13th in between");
    assert_eq!(world.number("SELECT max(round) FROM reminders WHERE state = 'sent'"), 1);
    world.go_to("2026-11-12T18:00:00Z").await;
    assert_eq!(world.sent_to(A_E164), 3);
}

#[tokio::test]
async fn the_same_appointment_under_a_new_id_or_number_is_not_texted_again() {
    let mut world = World::new().await;
    world.book(&two_appointments());
    world.go_to("2026-11-09T22:00:00Z").await;
    let copy = Visit { patient: "a", ..appointment("a-again", B, "2026-11-10T15:00:00-07:00") };
    world.execute("UPDATE appointments SET status = 'cancelled' WHERE id = 'a'");
    world.book(&[copy]);
    world.execute("UPDATE appointments SET booked_at = '2026-11-01T15:00:00Z' WHERE id = 'a-again'");
    world.settle().await;
    assert_eq!(world.state("a-again", "day-before"), "skipped (duplicate)");
    // The number of the appointment that was texted is corrected.
    world.execute("UPDATE appointments SET status = 'booked', phone = '303-555-0109' WHERE id = 'a'");
    world.settle().await;
    assert_eq!(world.state("a", "day-before"), "sent");
    assert_eq!(world.annie.sent().len(), 1);
}

#[tokio::test]
async fn one_of_two_duplicate_entries_is_texted_and_the_other_if_the_first_is_canceled() {
    let mut world = World::new().await;
    let copy = Visit { patient: "a", ..appointment("a2", B, "2026-11-10T15:00:00-07:00") };
    world.book(&[two_appointments()[0].clone(), copy]);
    world.settle().await;
    assert_eq!(
        (world.state("a", "day-before"), world.state("a2", "day-before")),
        ("planned".into(), "skipped (duplicate)".into())
    );
    world.execute("UPDATE appointments SET status = 'cancelled' WHERE id = 'a'");
    world.settle().await;
    assert_eq!(world.state("a2", "day-before"), "planned", "it is no longer a duplicate");
    world.go_to("2026-11-09T22:00:00Z").await;
    assert_eq!((world.sent_to(A_E164), world.sent_to(B_E164)), (0, 1));
}

#[tokio::test]
async fn no_text_is_sent_outside_sending_hours() {
    let mut world = World::new().await;
    // Wednesday at 7:30 AM: 24 hours before is outside sending hours, so the text goes out when they begin on Tuesday.
    world.book(&[appointment("a", A, "2026-11-11T07:30:00-07:00")]);
    world.go_to("2026-11-10T16:01:59Z").await;
    assert_eq!(world.sent_to(A_E164), 0, "09:01:59 is still within the margin");
    world.go_to("2026-11-10T16:02:00Z").await;
    assert_eq!(world.sent_to(A_E164), 1);

    // Leadtime was off when a text was due. At night the text waits for the morning; if that is too late, it is not
    // sent.
    let mut world = World::new().await;
    world.book(&[appointment("a", A, "2026-11-10T15:00:00-07:00"), appointment("b", B, "2026-11-10T10:30:00-07:00")]);
    world.settle().await;
    world.clock.advance(TimeDelta::hours(9));
    let mut world = world.restart().await;
    world.settle().await;
    assert_eq!(world.annie.sent().len(), 0, "7 PM is outside sending hours");
    world.go_to("2026-11-10T16:03:00Z").await;
    assert_eq!((world.sent_to(A_E164), world.sent_to(B_E164)), (1, 0));
    assert_eq!(
        world.state("b", "day-before"),
        "skipped (outside-hours)",
        "its last moment is 8:30 AM, outside sending hours"
    );
}

#[tokio::test]
async fn a_text_due_at_the_last_moment_of_the_day_leaves_within_a_minute_or_the_next_morning() {
    for (at, sent) in [("2026-11-10T00:58:00Z", 1), ("2026-11-10T00:59:00Z", 1), ("2026-11-10T00:59:01Z", 0)] {
        let mut world = World::new().await;
        world.book(&[appointment("a", A, "2026-11-10T17:59:00-07:00")]);
        world.settle().await;
        assert_eq!(world.number("SELECT due_at FROM reminders"), 1_794_272_280, "due at 5:58 PM the day before");
        world.go_to("2026-11-10T00:50:00Z").await;
        world.go_to(at).await;
        assert_eq!(world.sent_to(A_E164), sent, "{at}");
        world.go_to("2026-11-10T17:00:00Z").await;
        assert_eq!(world.sent_to(A_E164), 1, "the next morning is still in time");
    }
}

#[tokio::test]
async fn a_text_that_is_too_late_is_missed_and_stays_missed() {
    let mut world = World::new().await;
    world.book(&two_appointments());
    world.settle().await;
    world.clock.advance(TimeDelta::hours(28)); // 2 PM on the day, an hour before the appointment
    let mut world = world.restart().await;
    world.settle().await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("missed (expired)", 0));
    world.execute("UPDATE appointments SET phone = '303-555-0103' WHERE id = 'a'");
    world.settle().await;
    assert_eq!(world.state("a", "day-before"), "missed (expired)", "a missed reminder is final");
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn an_appointment_booked_late_gets_a_text_only_if_the_rule_says_so() {
    for (policy, state, sent) in [("skip", "skipped (booked-late)", 0), ("send", "sent", 1)] {
        let rule = format!("{DAY_BEFORE}booked_late = \"{policy}\"\n");
        let mut world = World::with("mode = \"live\"", &rule).await;
        world.settle().await;
        world.go_to("2026-11-10T17:00:00Z").await;
        world.book(&[
            appointment("a", A, "2026-11-10T15:00:00-07:00"),
            appointment("bystander", B, "2026-11-17T15:00:00-07:00"),
        ]);
        world.settle().await;
        assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), (state, sent));
        // The result is the same when the whole table is loaded again with REPLACE.
        world.execute(
            "INSERT OR REPLACE INTO appointments (id, patient_id, first_name, phone, starts_at, status)
                       SELECT id, patient_id, first_name, phone, starts_at, status FROM appointments",
        );
        world.settle().await;
        assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), (state, sent));
        assert_eq!(world.state("bystander", "day-before"), "planned");
    }
}

#[tokio::test]
async fn an_appointment_booked_in_time_but_seen_late_is_still_texted() {
    let mut world = World::new().await;
    world.go_to("2026-11-10T17:00:00Z").await;
    let seen_late =
        Visit { booked_at: Some("2026-11-01T12:00:00-07:00"), ..appointment("a", A, "2026-11-10T15:00:00-07:00") };
    let booked_late =
        Visit { booked_at: Some("2026-11-10T08:00:00-07:00"), ..appointment("b", B, "2026-11-10T15:00:00-07:00") };
    world.book(&[seen_late, booked_late]);
    world.settle().await;
    assert_eq!(
        (world.state("a", "day-before"), world.state("b", "day-before")),
        ("sent".into(), "skipped (booked-late)".into())
    );
}

#[tokio::test]
async fn without_booked_at_the_imports_show_whether_it_was_booked_late() {
    // The text was due on Monday at 22:00Z. An import after that time which does not have the appointment shows that it
    // was not booked yet.
    for (import, state) in [("2026-11-09T21:00:00Z", "sent"), ("2026-11-10T01:00:00Z", "skipped (booked-late)")] {
        let mut world = World::new().await;
        world.execute(&format!(
            "INSERT INTO imports (feed, started_at, finished_at, complete) VALUES ('csv', unixepoch('{import}'), unixepoch('{import}'), 0)"
        ));
        world.go_to("2026-11-10T17:00:00Z").await;
        world.book(&[Visit { feed: Some("csv"), ..appointment("a", A, "2026-11-10T15:00:00-07:00") }]);
        world.settle().await;
        assert_eq!(world.state("a", "day-before"), state, "import at {import}");
    }
}

#[tokio::test]
async fn a_new_rule_or_lead_sends_no_burst_of_overdue_texts() {
    let mut world = World::new().await;
    world.book(&two_appointments().map(|v| Visit { booked_at: Some("2026-10-01T09:00:00-06:00"), ..v }));
    world.settle().await;
    let second = format!("{DAY_BEFORE}[[rule]]\nname = \"early\"\nlead = \"3 days\"\nmessage = \"m\"\n");
    world.reload("mode = \"live\"", &second).await;
    world.settle().await;
    assert_eq!(world.state("a", "early"), "skipped (new-rule)");
    assert_eq!(world.state("bystander", "early"), "planned");
    // A longer lead that makes the text due in the past.
    world.reload("mode = \"live\"", &DAY_BEFORE.replace("24 hours", "48 hours")).await;
    world.settle().await;
    assert_eq!(world.state("a", "day-before"), "skipped (new-rule)");
    assert_eq!(world.state("bystander", "early"), "cancelled (rule-removed)");
    // Back to the old lead: it counts as live from now on.
    world.reload("mode = \"live\"", DAY_BEFORE).await;
    world.settle().await;
    world.go_to("2026-11-09T22:00:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.annie.sent().len()), ("sent", 1));
}

#[tokio::test]
async fn observe_mode_texts_nobody_and_going_live_sends_no_burst() {
    let mut world = World::with("mode = \"observe\"", DAY_BEFORE).await;
    world.book(&two_appointments());
    world.go_to("2026-11-09T22:10:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.annie.sent().len()), ("skipped (observe-mode)", 0));
    world.reload("mode = \"live\"", DAY_BEFORE).await;
    world.go_to("2026-11-10T17:00:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), world.annie.sent().len()), ("skipped (observe-mode)", 0));
    assert_eq!(world.state("bystander", "day-before"), "planned", "a reminder that is not due yet goes live");
}

#[tokio::test]
async fn only_the_numbers_in_only_to_are_texted() {
    let mut world = World::with("mode = \"live\"\nonly_to = [\"+15559876543\"]", DAY_BEFORE).await;
    world.book(&[
        appointment("a", "+15559876543", "2026-11-10T15:00:00-07:00"),
        appointment("b", B, "2026-11-10T15:00:00-07:00"),
    ]);
    world.go_to("2026-11-09T22:00:00Z").await;
    assert_eq!(
        (world.state("a", "day-before"), world.state("b", "day-before")),
        ("sent".into(), "skipped (not-in-only-to)".into())
    );
    assert_eq!(world.sent_to("+15559876543"), 1);
}

#[tokio::test]
async fn rules_respect_appointment_types_and_closed_days() {
    let rules = "[[rule]]\nname = \"new\"\nlead = \"24 hours\"\nonly_types = [\"N\"]\nmessage = \"m\"\n\
                 [[rule]]\nname = \"others\"\nlead = \"24 hours\"\nexcept_types = [\"N\"]\nmessage = \"m\"\n";
    let mut world = World::with("mode = \"live\"\nholidays = [\"2026-11-11\"]", rules).await;
    let typed = |id, type_id, at: &str| Visit { type_id, ..appointment(id, A, at) };
    world.book(&[
        typed("n", Some("N"), "2026-11-10T15:00:00-07:00"),
        typed("o", Some("O"), "2026-11-10T16:00:00-07:00"),
        typed("none", None, "2026-11-10T17:00:00-07:00"),
        typed("holiday", None, "2026-11-11T15:00:00-07:00"),
        typed("sunday", None, "2026-11-15T15:00:00-07:00"),
    ]);
    world.settle().await;
    let both = |id: &str| format!("{} | {}", world.state(id, "new"), world.state(id, "others"));
    assert_eq!(both("n"), "planned | skipped (other-type)");
    assert_eq!(both("o"), "skipped (other-type) | planned");
    assert_eq!(both("none"), "skipped (other-type) | planned");
    assert_eq!(both("holiday"), "skipped (other-type) | skipped (closed-day)");
    assert_eq!(both("sunday"), "skipped (other-type) | skipped (closed-day)");
}

#[tokio::test]
async fn after_a_long_downtime_an_appointment_gets_only_its_later_text() {
    let rules = "[[rule]]\nname = \"early\"\nlead = \"3 days\"\nmessage = \"m\"\n[[rule]]\nname = \"late\"\nlead = \"1 day\"\nmessage = \"m\"\n";
    let mut world = World::with("mode = \"live\"", rules).await;
    world.book(&[appointment("a", A, "2026-11-13T12:00:00-07:00")]);
    world.settle().await;
    assert_eq!(
        world.number("SELECT expires_at FROM reminders WHERE rule = 'early'"),
        world.number("SELECT adjusted_at FROM reminders WHERE rule = 'late'")
    );
    world.clock.advance(TimeDelta::hours(74)); // Thursday noon: both texts are due
    let mut world = world.restart().await;
    world.settle().await;
    assert_eq!((world.state("a", "early").as_str(), world.state("a", "late").as_str()), ("missed (expired)", "sent"));
    assert_eq!(world.sent_to(A_E164), 1);
}

#[tokio::test]
async fn two_appointments_of_one_number_on_one_day_get_one_text() {
    let mut world = World::new().await;
    world.book(&[
        appointment("a", A, "2026-11-10T15:00:00-07:00"),
        appointment("a2", "(303) 555 0101", "2026-11-10T15:00:00-07:00"),
    ]);
    world.settle().await;
    world.clock.advance(TimeDelta::hours(5));
    assert_eq!(world.until_begun().await.begun, 1);
    world.settle().await;
    assert_eq!(world.sent_to(A_E164), 1);
    assert_eq!([world.state("a", "day-before"), world.state("a2", "day-before")], ["sent", "sent"]);
    assert_eq!(world.number("SELECT count(DISTINCT message_id) FROM reminders WHERE state = 'sent'"), 1);
}

#[tokio::test]
async fn nothing_is_sent_while_the_clock_is_behind_the_last_attempt() {
    let mut world = World::new().await;
    world.book(&two_appointments());
    world.go_to("2026-11-09T22:00:00Z").await;
    world.book(&[appointment("c", "303-555-0103", "2026-11-10T11:00:00-07:00")]);
    world.execute("UPDATE appointments SET booked_at = '2026-11-01T00:00:00Z' WHERE id = 'c'");
    world.clock.set("2026-11-09T19:00:00Z".parse().unwrap());
    let report = world.settle().await;
    assert_eq!(report.waits.map(|w| w.code()), Some("clock"));
    assert_eq!(world.annie.sent().len(), 1);
    world.clock.set("2026-11-09T22:05:00Z".parse().unwrap());
    world.settle().await;
    assert_eq!(world.annie.sent().len(), 2, "sending resumes automatically once the clock is correct");
}

#[tokio::test]
async fn a_reminder_that_cannot_be_planned_claimed_or_settled_delays_no_other() {
    let poisons = [
        ("BEFORE INSERT ON reminders WHEN NEW.appointment_id = 'a'", "none", 0),
        ("BEFORE UPDATE OF state ON reminders WHEN OLD.appointment_id = 'a' AND NEW.state = 'sending'", "planned", 0),
        ("BEFORE UPDATE OF state ON reminders WHEN OLD.appointment_id = 'a' AND NEW.state = 'sent'", "unknown", 1),
    ];
    for (when, state, sent) in poisons {
        let mut world = World::one_at_a_time().await;
        world
            .sql()
            .execute_batch(&format!("CREATE TRIGGER poison {when} BEGIN SELECT RAISE(ABORT, 'poison'); END"))
            .unwrap();
        // Appointment a expires first, so it is always processed first.
        world.book(&[
            appointment("a", A, "2026-11-10T14:59:00-07:00"),
            appointment("b", B, "2026-11-10T15:00:00-07:00"),
        ]);
        world.go_to("2026-11-09T22:00:00Z").await;
        world.go_to("2026-11-09T22:00:05Z").await;
        assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), (state, sent), "{when}");
        assert_eq!((world.state("b", "day-before").as_str(), world.sent_to(B_E164)), ("sent", 1), "{when}");
    }
}

#[tokio::test]
async fn an_entry_that_cannot_be_texted_makes_no_other_entry_a_duplicate() {
    let mut world = World::new().await;
    let copy = |id: &'static str, phone: &'static str| Visit {
        patient: "p",
        ..appointment(id, phone, "2026-11-10T15:00:00-07:00")
    };
    // The first entries have no number, an invalid one, the practice's own number, and an opted-out one.
    world.execute("INSERT INTO opt_outs VALUES ('+13035550104', 0, 'desk', NULL)");
    world.book(&[
        Visit { phone: None, ..copy("a1", A) },
        copy("a2", "none"),
        copy("a3", "303-555-0100"),
        copy("a4", "303-555-0104"),
        copy("a5", A),
        copy("a6", B),
    ]);
    world.settle().await;
    let states: Vec<String> = ["a1", "a2", "a3", "a4", "a5", "a6"].map(|id| world.state(id, "day-before")).to_vec();
    let want = [
        "skipped (no-phone)",
        "skipped (invalid-phone)",
        "skipped (invalid-phone)",
        "skipped (opted-out)",
        "planned",
        "skipped (duplicate)",
    ];
    assert_eq!(states, want);
}

#[tokio::test]
async fn the_configured_concurrency_and_pace_are_respected() {
    let three =
        || [("a", A), ("b", B), ("c", "303-555-0103")].map(|(id, to)| appointment(id, to, "2026-11-10T15:00:00-07:00"));
    for (annie, begun) in [("concurrency = 1", 1), ("concurrency = 2", 2), ("", 3)] {
        let mut world = World::with_all(annie, "mode = \"live\"", DAY_BEFORE).await;
        world.book(&three());
        world.clock.advance(TimeDelta::hours(5));
        assert_eq!(world.until_begun().await.begun, begun, "{annie}");
    }
    let mut world = World::with_all("requests_per_minute = 30", "mode = \"live\"", DAY_BEFORE).await;
    world.book(&three());
    world.clock.advance(TimeDelta::hours(5));
    let mut begun = vec![world.until_begun().await.begun];
    world.engine.drain().await.unwrap();
    world.clock.advance(TimeDelta::seconds(1));
    for _ in 0..5 {
        begun.push(world.engine.pass().await.unwrap().begun);
        world.engine.drain().await.unwrap();
        world.clock.advance(TimeDelta::seconds(1));
    }
    assert_eq!(begun, [1, 0, 1, 0, 1, 0], "30 requests a minute");
}

/// Another program writes Latin-1: SQLite accepts any bytes as text.
#[tokio::test]
async fn cells_that_are_not_utf_8_stop_no_other_texts() {
    let mut world = World::new().await;
    world.book(&[appointment("b", B, "2026-11-10T15:00:00-07:00")]);
    for (id, column) in
        [("x1", "first_name"), ("x2", "phone"), ("x3", "type_id"), ("x4", "patient_id"), ("x5", "description")]
    {
        world.book(&[appointment(id, A, "2026-11-10T15:00:00-07:00")]);
        world.execute(&format!("UPDATE appointments SET {column} = CAST(x'4a6fe9' AS TEXT) WHERE id = '{id}'"));
    }
    world.execute(
        "INSERT INTO appointments (id, patient_id, phone, starts_at, status)
         VALUES (CAST(x'4a6fe9' AS TEXT), 'p', '303-555-0107', '2026-11-10T15:00:00-07:00', 'booked')",
    );
    world.settle().await;
    let mut world = world.restart().await;
    world.go_to("2026-11-09T22:00:00Z").await;
    assert_eq!((world.state("b", "day-before").as_str(), world.sent_to(B_E164)), ("sent", 1));
    assert_eq!(world.state("x2", "day-before"), "skipped (invalid-phone)");
    let connection = leadtime::store::connection::open::read_only(&world.database()).unwrap();
    let (config, _) = leadtime::config::load(&world.folder.path().join("config.toml")).unwrap();
    let now = "2026-11-09T22:00:00Z".parse().unwrap();
    let shown = leadtime::reports::plan_view::plan_of(&connection, &config, now, now + TimeDelta::days(9)).unwrap();
    assert!(shown.iter().any(|row| row.appointment.id.0 == "b"));
}

/// A row that this version cannot read is left out of what people are shown and of what a reload compares.
#[tokio::test]
async fn an_unreadable_row_hides_no_other_row() {
    let mut world = World::new().await;
    world.book(&[appointment("x", A, "2026-11-10T15:00:00-07:00"), appointment("b", B, "2026-11-10T15:00:00-07:00")]);
    world.settle().await;
    let newer = "PRAGMA ignore_check_constraints = ON;
        UPDATE reminders SET state = 'skipped', reason = 'of-a-newer-version' WHERE appointment_id = 'x'";
    world.sql().execute_batch(newer).unwrap();
    let config = world.engine.config().clone();
    let connection = leadtime::store::connection::open::read_only(&world.database()).unwrap();
    let now = leadtime::clock::Clock::now(world.clock.as_ref());
    let difference = leadtime::reports::config_difference::between(&connection, &config, &config, now).unwrap();
    assert_eq!((difference.unreadable, difference.same, difference.at_once), (1, 1, (1, 1)));
    let now = "2026-11-09T17:00:00Z".parse().unwrap();
    let shown = leadtime::reports::plan_view::plan_of(&connection, &config, now, now + TimeDelta::days(9)).unwrap();
    assert_eq!(shown.iter().map(|row| row.appointment.id.0.as_str()).collect::<Vec<_>>(), ["b"]);
}

/// More numbers than fit in one step cannot be planned. Later changes are planned all the same, and those numbers are
/// planned once their data are correct again.
#[tokio::test]
async fn numbers_that_cannot_be_planned_delay_no_other_numbers() {
    let mut world = World::new().await;
    let many: Vec<Visit> = (0..700)
        .map(|n| {
            let (id, phone) = (format!("a{n:03}").leak() as &str, format!("+1303555{:04}", 1000 + n).leak() as &str);
            appointment(id, phone, "2026-11-10T15:00:00-07:00")
        })
        .collect();
    world.book(&many);
    world.settle().await;
    world
        .sql()
        .execute_batch(
            "PRAGMA ignore_check_constraints = ON;
             UPDATE reminders SET state = 'skipped', reason = 'of-a-newer-version' WHERE state = 'planned';
             UPDATE appointments SET type_id = 'x'",
        )
        .unwrap();
    world.settle().await;
    world.book(&[appointment("z", "+13035559999", "2026-11-10T15:00:00-07:00")]);
    world.settle().await;
    assert_eq!(world.state("z", "day-before"), "planned");
    let count = |sql: &str| world.sql().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(DISTINCT phone) FROM unplannable WHERE phone <> ''"), 700);
    // Fixed: all of them are planned within a few minutes.
    world
        .sql()
        .execute_batch(
            "PRAGMA ignore_check_constraints = ON;
             UPDATE reminders SET state = 'planned', reason = NULL WHERE reason = 'of-a-newer-version'",
        )
        .unwrap();
    for _ in 0..3 {
        world.clock.advance(TimeDelta::minutes(1));
        world.settle().await;
    }
    let count = |sql: &str| world.sql().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM unplannable"), 0);
    assert_eq!(count("SELECT count(*) FROM reminders WHERE state = 'planned'"), 701);
}

#[tokio::test]
async fn while_annie_fails_only_a_few_texts_are_tried() {
    let mut world = World::new().await;
    let appointments: Vec<Visit> = ["a", "b", "c", "d", "e", "f", "g", "h"]
        .into_iter()
        .zip(["1", "2", "3", "4", "5", "6", "7", "8"].map(|n| format!("+1303555011{n}").leak() as &'static str))
        .map(|(id, phone)| appointment(id, phone, "2026-11-10T15:00:00-07:00"))
        .collect();
    world.book(&appointments);
    world.script(std::iter::repeat_n(unknown(), 4));
    let report = world.go_to("2026-11-09T22:00:00Z").await;
    assert_eq!(report.waits.map(|w| w.code()), Some("offline"));
    assert_eq!(world.annie.sent().len(), 3, "a text that was claimed and has not begun is let go after each failure");
    world.go_to("2026-11-09T22:00:30Z").await;
    assert_eq!(world.annie.sent().len(), 4, "one at a time");
    world.go_to("2026-11-09T22:02:00Z").await;
    assert_eq!(world.annie.sent().len(), 8, "Annie works again, so the rest goes out");
}
