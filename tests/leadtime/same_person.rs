//! The same person or a different one: appointments given to another patient, merged charts, corrected names and
//! numbers, families on one account. Each test has a bystander whose text must not change.

use crate::world::{Visit, World, appointment};

const A: &str = "303-555-0101";
const A_E164: &str = "+13035550101";
const B: &str = "303-555-0102";
const B_E164: &str = "+13035550102";

/// The text for an appointment on Tuesday at 3 PM goes out on Monday, November 9 at 3 PM.
const DUE: &str = "2026-11-09T22:00:00Z";
const TUESDAY: &str = "2026-11-10T15:00:00-07:00";

fn bystander() -> Visit {
    appointment("bystander", "303-555-0109", "2026-11-17T15:00:00-07:00")
}

/// An appointment of Ann's on Tuesday that was texted on Monday, and a bystander.
async fn texted() -> World {
    let mut world = World::new().await;
    world.book(&[appointment("a", A, TUESDAY), bystander()]);
    world.execute("UPDATE appointments SET first_name = 'Ann', last_name = 'Lee' WHERE id = 'a'");
    world.go_to(DUE).await;
    assert_eq!((world.sent_to(A_E164), world.state("a", "day-before").as_str()), (1, "sent"));
    world.clock.set("2026-11-09T22:10:00Z".parse().unwrap());
    world
}

/// The state of the latest reminder.
fn last(world: &World) -> String {
    let sql = "SELECT state || coalesce(' (' || reason || ')', '') FROM reminders WHERE appointment_id = 'a'
        ORDER BY round DESC, starts_at DESC LIMIT 1";
    world.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

async fn unchanged(mut world: World) {
    world.settle().await;
    assert_eq!(world.state("bystander", "day-before"), "planned");
    world.go_to("2026-11-10T20:00:00Z").await;
    assert_eq!(world.sent_to(A_E164), 1, "nobody must be texted twice");
}

#[tokio::test]
async fn an_appointment_given_to_another_patient_after_its_text_counts_as_booked_late() {
    for (phone, to) in [(B, B_E164), (A, A_E164)] {
        let mut world = texted().await;
        let given =
            format!("UPDATE appointments SET patient_id = 'c', first_name = 'Cy', phone = '{phone}' WHERE id = 'a'");
        world.execute(&given);
        world.settle().await;
        assert_eq!(last(&world), "skipped (booked-late)", "{phone}");
        assert_eq!(world.number("SELECT count(*) FROM reminders WHERE appointment_id = 'a' AND state = 'sent'"), 1);
        let explained = world.explain("a");
        assert!(
            explained.contains("A text to another patient, who had this appointment before, went to …01"),
            "{explained}"
        );
        assert_eq!(world.not_reached(), ["a the appointment was booked or moved after this text was due"], "{to}");
        unchanged(world).await;
    }
}

#[tokio::test]
async fn an_appointment_given_to_another_patient_before_its_text_is_texted_to_that_patient() {
    let mut world = World::new().await;
    world.book(&[appointment("a", A, TUESDAY), bystander()]);
    world.settle().await;
    world.execute("UPDATE appointments SET patient_id = 'c', first_name = 'Cy', phone = '303-555-0102' WHERE id = 'a'");
    world.go_to(DUE).await;
    assert_eq!((world.sent_to(A_E164), world.sent_to(B_E164)), (0, 1));
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn a_canceled_appointment_booked_again_for_another_patient_counts_as_booked_late() {
    let mut world = texted().await;
    world.execute("UPDATE appointments SET status = 'cancelled' WHERE id = 'a'");
    world.settle().await;
    world.execute(
        "UPDATE appointments SET status = 'booked', patient_id = 'c', first_name = 'Cy', phone = '303-555-0102' WHERE id = 'a'",
    );
    world.settle().await;
    assert_eq!(last(&world), "skipped (booked-late)");
    unchanged(world).await;
}

#[tokio::test]
async fn a_merged_chart_a_corrected_name_and_a_corrected_number_are_the_same_person() {
    for change in [
        "patient_id = 'merged'",
        "patient_id = 'merged', first_name = 'Anne'",
        "first_name = 'Anna', last_name = 'Lee-Park'",
        "phone = '303-555-0102'",
        "patient_id = 'merged', phone = '303-555-0102'",
    ] {
        let mut world = texted().await;
        world.execute(&format!("UPDATE appointments SET {change} WHERE id = 'a'"));
        world.settle().await;
        assert_eq!(last(&world), "sent", "{change}");
        assert_eq!(world.sent_to(B_E164), 0, "{change}");
        unchanged(world).await;
    }
}

#[tokio::test]
async fn an_appointment_under_a_new_id_and_a_new_patient_id_is_a_duplicate() {
    let mut world = texted().await;
    world.execute("DELETE FROM appointments WHERE id = 'a'");
    world.book(&[Visit { patient: "new", ..appointment("new", A, TUESDAY) }]);
    world.execute("UPDATE appointments SET first_name = 'Ann', last_name = 'Lee' WHERE id = 'new'");
    world.settle().await;
    assert_eq!(world.state("new", "day-before"), "skipped (duplicate)");
    unchanged(world).await;
}

#[tokio::test]
async fn all_patients_on_one_account_are_named_in_one_text() {
    let mut world = World::new().await;
    let of_account = |id| Visit { patient: "account", ..appointment(id, A, TUESDAY) };
    world.book(&[of_account("a"), of_account("b"), of_account("c"), bystander()]);
    for (id, name) in [("a", "Ana"), ("b", "Ben"), ("c", "Cleo")] {
        world.execute(&format!("UPDATE appointments SET first_name = '{name}' WHERE id = '{id}'"));
    }
    world.go_to(DUE).await;
    for id in ["a", "b", "c"] {
        assert_eq!(world.state(id, "day-before"), "sent", "{id}");
    }
    let sent = world.annie.sent();
    assert_eq!(sent.len(), 1);
    for name in ["Ana", "Ben", "Cleo"] {
        assert!(sent[0].message.contains(name), "{}", sent[0].message);
    }
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn a_wrong_number_corrected_after_its_text_gets_the_text_at_the_correct_number() {
    let mut world = texted().await;
    // Only if the old number was marked as wrong is the corrected number texted too.
    world.execute("INSERT INTO wrong_numbers (phone, patient_id, at) VALUES ('+13035550101', 'a', unixepoch('2026-11-09T22:30:00Z'))");
    world.settle().await;
    assert_eq!(last(&world), "sent");
    world.clock.set("2026-11-09T22:40:00Z".parse().unwrap());
    world.execute("UPDATE appointments SET phone = '303-555-0102' WHERE id = 'a'");
    world.settle().await;
    assert_eq!((world.sent_to(A_E164), world.sent_to(B_E164)), (1, 1));
    assert_eq!(last(&world), "sent");
    world.execute("UPDATE appointments SET phone = '303-555-0101' WHERE id = 'a'");
    unchanged(world).await;
}

#[tokio::test]
async fn a_wrong_number_corrected_too_late_is_skipped_without_an_alert() {
    let mut world = texted().await;
    world.execute("INSERT INTO wrong_numbers (phone, patient_id, at) VALUES ('+13035550101', 'a', unixepoch('2026-11-09T22:30:00Z'))");
    world.go_to("2026-11-10T20:30:00Z").await;
    world.execute("UPDATE appointments SET phone = '303-555-0102' WHERE id = 'a'");
    world.settle().await;
    assert_eq!(last(&world), "skipped (wrong-number)");
    assert_eq!(world.number("SELECT count(*) FROM reminders WHERE state = 'missed'"), 0);
    assert_eq!((world.sent_to(B_E164), world.state("bystander", "day-before").as_str()), (0, "planned"));
}

#[tokio::test]
async fn a_texted_appointment_that_moves_closer_is_listed_but_not_missed() {
    let mut world = texted().await;
    // On Tuesday morning it moves to noon: the text with the new time would have been due on Monday at noon and is too
    // late.
    world.go_to("2026-11-10T17:30:00Z").await;
    world.execute("UPDATE appointments SET starts_at = '2026-11-10T12:00:00-07:00' WHERE id = 'a'");
    world.settle().await;
    assert_eq!(last_start(&world), "skipped (booked-late)");
    assert_eq!(world.number("SELECT count(*) FROM reminders WHERE state = 'missed'"), 0);
    assert_eq!(world.not_reached(), ["a was texted with the old time"]);
    let explained = world.explain("a");
    assert!(explained.contains("A text with the old time, Tue Nov 10, 3:00 PM, went to …01"), "{explained}");
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn history_shows_the_number_that_was_texted_and_can_be_searched_by_it() {
    let mut world = texted().await;
    world.execute("UPDATE appointments SET patient_id = 'c', first_name = 'Cy', phone = '303-555-0102' WHERE id = 'a'");
    world.settle().await;
    let history = world.says(&["history", "--appointment", "a"]);
    assert!(history.contains("sent, to …01") && !history.contains("…02"), "{history}");
    let by_number = world.says(&["history", "--number", A]);
    assert!(by_number.contains("`day-before` of appointment a: sent, to …01"), "{by_number}");
    assert_eq!(world.says(&["history", "--number", B]), "There are no matching records.");
    assert_eq!(world.says(&["history", "--appointment", "bystander"]), "There are no matching records.");
}

#[tokio::test]
async fn an_appointment_that_moves_under_a_new_id_is_texted_with_its_new_time() {
    for (is_known_to_have_moved, state, texts) in [(true, "sent", 2), (false, "skipped (booked-late)", 1)] {
        let mut world = texted().await;
        world.go_to("2026-11-10T17:00:00Z").await;
        // On Tuesday at 10 AM the export has it under another id, now on Wednesday morning: its text was due already.
        let to = if is_known_to_have_moved { "'b'" } else { "NULL" };
        world.execute(&format!(
            "INSERT INTO imports (id, feed, started_at, complete) VALUES (1, 'desk', 0, 1);
             INSERT INTO appointments (id, patient_id, first_name, last_name, phone, starts_at, status)
             VALUES ('b', 'a', 'Ann', 'Lee', '{A}', '2026-11-11T07:00:00-07:00', 'booked');
             INSERT INTO not_listed (appointment_id, import_id, moved_to) VALUES ('a', 1, {to});
             UPDATE appointments SET status = 'cancelled' WHERE id = 'a'"
        ));
        world.settle().await;
        let explained = world.explain("b");
        let is_named = explained.contains("A text with the old time, Tue Nov 10, 3:00 PM, went to …01");
        assert_eq!(is_named, is_known_to_have_moved, "{explained}");
        world.go_to("2026-11-10T22:10:00Z").await;
        assert_eq!((world.state("b", "day-before").as_str(), world.sent_to(A_E164)), (state, texts), "{explained}");
        assert_eq!(world.state("bystander", "day-before"), "planned");
    }
}

/// The state of the reminder for the appointment's current start.
fn last_start(world: &World) -> String {
    let sql = "SELECT state || coalesce(' (' || reason || ')', '') FROM reminders AS r
        JOIN appointments AS a ON a.id = r.appointment_id AND a.starts_unix = r.starts_at WHERE a.id = 'a'";
    world.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_texted_appointment_that_moves_the_same_day_is_limited_and_listed() {
    let mut world = texted().await;
    world.execute("UPDATE appointments SET starts_at = '2026-11-10T17:00:00-07:00' WHERE id = 'a'");
    world.settle().await;
    // Annie allows one text per number and day: by the time another text is allowed, the new time is too near.
    assert_eq!(last_start(&world), "skipped (contact-limit)");
    assert_eq!(world.not_reached(), ["a was texted with the old time"]);
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn an_unclear_reply_or_a_wrong_person_holds_the_number_until_staff_decide() {
    for (words, code) in [("stop texting my husband", "reply-unclear"), ("wrong number", "wrong-person")] {
        let mut world = World::new().await;
        world.book(&[appointment("a", A, TUESDAY), appointment("later", A, "2026-11-12T15:00:00-07:00"), bystander()]);
        world.go_to(DUE).await;
        let conversation = leadtime::domain::ids::ConversationId("conversation-1".to_owned());
        world.annie.say(&conversation, "user", words, "2026-11-09T22:05:00Z".parse().unwrap());
        world.go_to("2026-11-11T22:30:00Z").await;
        assert_eq!(world.sent_to(A_E164), 1, "{words}");
        assert_eq!(world.number("SELECT count(*) FROM number_holds WHERE settled_at IS NULL"), 1, "{words}");
        assert_eq!(world.number("SELECT count(*) FROM opt_outs"), 0, "{words}");
        let held = world.text(&format!("SELECT cause FROM number_holds WHERE cause = '{code}'"));
        assert_eq!(held, code);
        world.execute("UPDATE number_holds SET settled_at = 1, who = 'Kim'");
        world.settle().await;
        assert_eq!(world.sent_to(A_E164), 2, "{words}: the next text goes out after the decision");
        assert_eq!(world.state("bystander", "day-before"), "planned");
    }
}
