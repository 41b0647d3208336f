//! What patients answer: outcomes of appointments, holds, tasks, and the commands that show them.

use leadtime::alerts::rules::Kind;
use leadtime::annie::verdict::ReadError;
use leadtime::clock::Clock;
use leadtime::domain::ids::ConversationId;

use crate::alert_rules::Desk;
use crate::world::{World, appointment};

const A: &str = "303-555-0101";
const A_E164: &str = "+13035550101";
const B: &str = "303-555-0109";
const OURS: &str = "+13035550199";

/// Three days before, and one day before unless the patient has confirmed.
const RULES: &str = "[[rule]]\nname = \"first\"\nlead = \"3 days\"\nmessage = \"You have a visit {{ appointment.when }}. Can you make it? Reply C to confirm.\"\n\
    [[rule]]\nname = \"second\"\nlead = \"1 day\"\nskip_if_confirmed = true\nmessage = \"See you {{ appointment.when }}\"\n";

/// Appointments on Friday; texts on Tuesday and Thursday.
const FRIDAY: &str = "2026-11-13T15:00:00-07:00";
const FIRST: &str = "2026-11-10T22:00:00Z";
const SECOND: &str = "2026-11-12T22:00:00Z";

fn at(text: &str) -> chrono::DateTime<chrono::Utc> {
    text.parse().unwrap()
}

/// A practice that has texted about `a` on Tuesday; `bystander` has another number and never answers.
async fn texted(more: &str) -> (World, ConversationId) {
    let mut world = World::with("mode = \"live\"", &format!("{RULES}{more}")).await;
    world.book(&[appointment("a", A, FRIDAY), appointment("bystander", B, FRIDAY)]);
    world.go_to(FIRST).await;
    let conversation = world.text("SELECT conversation_id FROM attempts WHERE phone = '+13035550101'");
    (world, ConversationId(conversation))
}

/// The patient writes, and Leadtime reads it within two hours.
async fn says(world: &mut World, conversation: &ConversationId, words: &str) {
    let now = world.clock.now();
    world.annie.say(conversation, "user", words, now);
    let later = now + chrono::TimeDelta::hours(2);
    world.go_to(&later.to_rfc3339()).await;
}

fn outcome(world: &World, appointment: &str) -> String {
    let sql = format!(
        "SELECT coalesce((SELECT outcome FROM outcomes WHERE appointment_id = '{appointment}' AND ended_at IS NULL), 'nothing')"
    );
    world.text(&sql)
}

/// The open tasks, as `kind code`.
fn tasks(world: &World) -> String {
    world.text("SELECT coalesce(group_concat(kind || ' ' || code, ', '), 'none') FROM (SELECT * FROM tasks WHERE closed_at IS NULL ORDER BY id)")
}

#[tokio::test]
async fn a_yes_confirms_and_the_second_rule_is_silent() {
    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "Yes").await;
    assert_eq!((outcome(&world, "a").as_str(), tasks(&world).as_str()), ("confirmed", "none"));
    world.go_to(SECOND).await;
    assert_eq!(world.state("a", "second"), "skipped (confirmed)");
    assert_eq!((world.sent_to(A_E164), world.state("bystander", "second").as_str()), (1, "sent"));
    assert_eq!(world.number("SELECT count(*) FROM appointments WHERE status = 'booked'"), 2, "the book is not written");
    let explained = world.explain("a");
    assert!(explained.contains("Confirmed by reply, Tue Nov 10, 3:00 PM"), "{explained}");
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE act = 'outcome-read' AND code = 'confirmed'"), 1);
}

#[tokio::test]
async fn a_wish_stops_the_texts_until_the_book_changes_or_a_person_notes_another_outcome() {
    for (words, code) in [("I can't come", "wants_cancel"), ("can we do Monday instead?", "wants_change")] {
        let (mut world, conversation) = texted("").await;
        says(&mut world, &conversation, words).await;
        assert_eq!(outcome(&world, "a"), code);
        assert_eq!(tasks(&world), format!("reply {code}"));
        // A later yes, to us or to Annie, changes nothing.
        world.annie.say(&conversation, "assistant", "Shall I cancel it?", world.clock.now());
        says(&mut world, &conversation, "Yes").await;
        assert_eq!(outcome(&world, "a"), code);
        world.go_to(SECOND).await;
        assert_eq!(world.state("a", "second"), "skipped (asked-to-change)");
        assert_eq!((world.sent_to(A_E164), world.state("bystander", "second").as_str()), (1, "sent"));
        assert!(
            world.not_reached().iter().any(|line| line.starts_with("a the patient asked")),
            "{:?}",
            world.not_reached()
        );
        // Closing the task alone resumes nothing.
        let id = world.number("SELECT id FROM tasks");
        let done = world.says(&["task", "done", &id.to_string(), "--note", "called", "--who", "Kim"]);
        assert!(done.contains("still wait"), "{done}");
        world.settle().await;
        assert_eq!(world.state("a", "second"), "skipped (asked-to-change)");
        // Another outcome does.
        // The command itself runs on the machine's clock; `desk.rs` tests it.
        world.execute(
            "UPDATE outcomes SET outcome = 'none', source = 'desk', since = 1794500000 WHERE appointment_id = 'a'",
        );
        world.settle().await;
        assert_eq!((world.state("a", "second").as_str(), world.sent_to(A_E164)), ("sent", 2));
    }
}

#[tokio::test]
async fn a_changed_appointment_starts_anew_and_closes_its_task() {
    for change in ["starts_at = '2026-11-16T15:00:00-07:00'", "status = 'cancelled'", "status = 'confirmed'"] {
        let (mut world, conversation) = texted("").await;
        says(&mut world, &conversation, "I can't come").await;
        assert_eq!(tasks(&world), "reply wants_cancel");
        world.execute(&format!("UPDATE appointments SET {change} WHERE id = 'a'"));
        world.settle().await;
        assert_eq!((outcome(&world, "a").as_str(), tasks(&world).as_str()), ("nothing", "none"), "{change}");
        assert_eq!(world.text("SELECT closed_how FROM tasks"), "gone");
        world.go_to("2026-11-12T22:30:00Z").await;
        // Reading the conversation again does not bring the wish back.
        assert_eq!((outcome(&world, "a").as_str(), tasks(&world).as_str()), ("nothing", "none"), "{change}");
    }
}

#[tokio::test]
async fn a_task_lapses_when_its_appointment_begins() {
    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "I can't come").await;
    world.go_to("2026-11-13T22:00:01Z").await;
    assert_eq!(world.text("SELECT closed_how FROM tasks"), "lapsed");
}

#[tokio::test]
async fn a_household_reply_concerns_everybody_or_the_one_it_names() {
    for (words, ana, tom) in [
        ("Yes", "confirmed", "confirmed"),
        ("Ana can't come", "wants_cancel", "nothing"),
        ("we can't come", "wants_cancel", "wants_cancel"),
    ] {
        let mut world = World::with("mode = \"live\"", RULES).await;
        world.book(&[appointment("a", A, FRIDAY), appointment("t", A, "2026-11-13T15:30:00-07:00")]);
        world.execute("UPDATE appointments SET first_name = 'Ana' WHERE id = 'a'; UPDATE appointments SET first_name = 'Tom' WHERE id = 't'");
        world.go_to("2026-11-10T23:00:00Z").await;
        assert_eq!(world.sent_to(A_E164), 1);
        let conversation = ConversationId(world.text("SELECT conversation_id FROM attempts"));
        says(&mut world, &conversation, words).await;
        assert_eq!((outcome(&world, "a").as_str(), outcome(&world, "t").as_str()), (ana, tom), "{words}");
        if ana == "wants_cancel" {
            assert_eq!(world.number("SELECT count(*) FROM task_appointments"), 2, "the task names the whole family");
        }
        world.go_to("2026-11-12T23:00:00Z").await;
        let reached = usize::from(tom == "nothing");
        assert_eq!(world.sent_to(A_E164), 1 + reached, "{words}");
    }
}

#[tokio::test]
async fn a_question_that_annie_answered_is_listed_and_an_emergency_is_urgent() {
    let (mut world, conversation) = texted("").await;
    let now = world.clock.now();
    world.annie.say(&conversation, "user", "Is there parking?", now);
    world.annie.say(&conversation, "assistant", "Yes, behind the building.", now);
    world.go_to("2026-11-10T23:00:00Z").await;
    assert_eq!(tasks(&world), "none");
    assert_eq!(world.text("SELECT closed_how || ' ' || said FROM tasks"), "answered Is there parking?");
    says(&mut world, &conversation, "How much is it?").await;
    assert_eq!(tasks(&world), "reply question");
    world.annie.say(&conversation, "assistant", "About $100.", world.clock.now());
    world.go_to("2026-11-11T18:00:00Z").await;
    assert_eq!(tasks(&world), "none");
    says(&mut world, &conversation, "my gum is bleeding badly").await;
    assert_eq!(world.number("SELECT count(*) FROM tasks WHERE urgent = 1 AND closed_at IS NULL"), 1);
    assert!(world.says(&["tasks", "--open"]).contains("URGENT"), "{}", world.says(&["tasks"]));
}

#[tokio::test]
async fn tags_and_actions_follow_the_practices_mapping_and_never_override_words() {
    let mapping =
        "[outcomes]\nconfirmed = { tags = [\"confirmed\"] }\nwants_change = { actions = [\"reschedule_requested\"] }\n";
    let (mut world, conversation) = texted(mapping).await;
    world.annie.marks(&conversation, &["Confirmed", "spanish"], &[], "CLOSED");
    world.go_to("2026-11-11T01:00:00Z").await;
    assert_eq!((outcome(&world, "a").as_str(), tasks(&world).as_str()), ("confirmed", "none"));
    let listed = world.says(&["outcomes", "--tags"]);
    assert!(
        listed.contains("Confirmed: 1 conversation; confirmed")
            && listed.contains("spanish: 1 conversation; not mapped"),
        "{listed}"
    );
    // An action that is not mapped is for a person; one that is mapped is a wish.
    world.annie.marks(&conversation, &["Confirmed"], &["call_back"], "CLOSED");
    world.go_to("2026-11-11T18:00:00Z").await;
    assert_eq!((outcome(&world, "a").as_str(), tasks(&world).as_str()), ("confirmed", "reply needs_a_look"));
    world.annie.marks(&conversation, &["Confirmed"], &["reschedule_requested"], "CLOSED");
    world.go_to("2026-11-12T18:00:00Z").await;
    assert_eq!(outcome(&world, "a"), "wants_change");
    assert_eq!(outcome(&world, "bystander"), "nothing");

    let (mut world, conversation) = texted(mapping).await;
    says(&mut world, &conversation, "I can't come").await;
    world.annie.marks(&conversation, &["confirmed"], &[], "CLOSED");
    world.go_to("2026-11-12T18:00:00Z").await;
    assert_eq!(outcome(&world, "a"), "wants_cancel");
    assert_eq!(tasks(&world), "reply wants_cancel, reply needs_a_look");
    assert_eq!(world.text("SELECT detail FROM tasks WHERE code = 'needs_a_look'"), "tag: confirmed");
}

#[tokio::test]
async fn a_closed_conversation_and_one_that_others_began_are_read_until_the_appointment() {
    let (mut world, conversation) = texted("").await;
    world.annie.marks(&conversation, &[], &[], "CLOSED");
    let others = world.annie.begin(OURS, A_E164, "Time for a cleaning?", at("2026-11-11T17:00:00Z"));
    world.go_to("2026-11-11T19:00:00Z").await;
    says(&mut world, &others, "please cancel my appointment on Friday").await;
    world.go_to("2026-11-11T23:30:00Z").await;
    assert_eq!((outcome(&world, "a").as_str(), tasks(&world).as_str()), ("wants_cancel", "reply wants_cancel"));
    says(&mut world, &conversation, "STOP").await;
    world.go_to("2026-11-12T03:00:00Z").await;
    assert_eq!(world.number("SELECT count(*) FROM opt_outs WHERE phone = '+13035550101'"), 1);
    // The wish still needs a person, although the number gets no more texts.
    assert_eq!((outcome(&world, "a").as_str(), tasks(&world).as_str()), ("wants_cancel", "reply wants_cancel"));
}

#[tokio::test]
async fn after_the_appointment_nothing_is_read_any_more() {
    let (mut world, _) = texted("").await;
    world.go_to("2026-11-13T22:10:00Z").await;
    world.go_to("2026-11-14T05:00:00Z").await;
    world.annie.forget_reads();
    world.go_to("2026-11-15T05:00:00Z").await;
    assert_eq!(world.annie.read().iter().filter(|read| read.starts_with("messages")).count(), 0);
    assert_eq!(world.number("SELECT count(*) FROM conversations WHERE follows IS NOT NULL"), 0);
}

#[tokio::test]
async fn a_wrong_number_and_an_unclear_opt_out_hold_the_number_and_stand_on_the_call_list() {
    for (words, code) in [("wrong number", "wrong_person"), ("stop texting my husband", "unclear_opt_out")] {
        let (mut world, conversation) = texted("").await;
        says(&mut world, &conversation, words).await;
        assert_eq!(tasks(&world), format!("reply {code}"), "{words}");
        world.go_to("2026-11-12T18:00:00Z").await;
        assert!(world.not_reached().iter().any(|line| line.starts_with("a ")), "{:?}", world.not_reached());
        world.says(&["resolve", A, "--go-on", "--who", "Kim"]);
        world.settle().await;
        assert_eq!(tasks(&world), "none", "the person decided");
        if code == "wrong_person" {
            assert_eq!(
                world.number("SELECT count(*) FROM tasks WHERE said IS NOT NULL"),
                0,
                "a stranger's words are deleted"
            );
        }
    }
}

#[tokio::test]
async fn the_word_cancel_opts_out_and_asks_whether_the_visit_is_meant() {
    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "Cancel").await;
    assert_eq!(world.number("SELECT count(*) FROM opt_outs"), 1);
    assert_eq!((outcome(&world, "a").as_str(), tasks(&world).as_str()), ("opted_out", "reply opted_out"));
    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "STOP").await;
    assert_eq!((outcome(&world, "a").as_str(), tasks(&world).as_str()), ("opted_out", "none"));
    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "HELP").await;
    assert_eq!(tasks(&world), "reply question");
}

#[tokio::test]
async fn a_question_takes_back_nothing_and_is_a_task_of_its_own() {
    let (mut world, conversation) = texted("").await;
    world.execute(
        "INSERT INTO outcomes (appointment_id, starts_at, patient_id, first_name, outcome, source, since, status)
         SELECT id, starts_unix, patient_id, first_name, 'wants_cancel', 'desk', 1794348000, status FROM appointments WHERE id = 'a'",
    );
    says(&mut world, &conversation, "Do you have my insurance card?").await;
    assert_eq!((outcome(&world, "a").as_str(), tasks(&world).as_str()), ("wants_cancel", "reply question"));
    world.go_to(SECOND).await;
    assert_eq!(world.state("a", "second"), "skipped (asked-to-change)");

    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "I can't come").await;
    says(&mut world, &conversation, "Where do I pay my bill?").await;
    world.execute("UPDATE appointments SET status = 'cancelled' WHERE id = 'a'");
    world.settle().await;
    assert_eq!(
        world.text("SELECT group_concat(code || ' ' || coalesce(closed_how, 'open'), ', ') FROM tasks"),
        "wants_cancel gone, question gone"
    );
}

#[tokio::test]
async fn a_strangers_words_are_deleted_when_the_number_is_marked_as_wrong() {
    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "Wrong number").await;
    says(&mut world, &conversation, "Please cancel my appointment").await;
    assert_eq!(tasks(&world), "reply wrong_person, reply wants_cancel");
    world.says(&["wrong-number", "add", A, "--who", "Kim"]);
    assert_eq!(world.number("SELECT count(*) FROM tasks WHERE said IS NOT NULL"), 0);
}

#[tokio::test]
async fn a_lifted_opt_out_ends_its_outcome_and_a_later_yes_confirms() {
    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "STOP").await;
    assert_eq!(outcome(&world, "a"), "opted_out");
    world.execute("DELETE FROM opt_outs; UPDATE outcomes SET ended_at = 1 WHERE outcome = 'opted_out'");
    says(&mut world, &conversation, "Yes").await;
    assert_eq!(outcome(&world, "a"), "confirmed");
}

#[tokio::test]
async fn a_mapping_that_is_added_later_applies_to_tags_already_seen() {
    let (mut world, conversation) = texted("").await;
    world.annie.marks(&conversation, &["patient-confirmed"], &[], "OPEN");
    world.go_to("2026-11-11T01:00:00Z").await;
    assert_eq!(outcome(&world, "a"), "nothing");
    let mapping = format!("{RULES}[outcomes]\nconfirmed = {{ tags = [\"patient-confirmed\"] }}\n");
    world.reload("mode = \"live\"", &mapping).await;
    world.go_to("2026-11-11T03:00:00Z").await;
    assert_eq!(outcome(&world, "a"), "confirmed");
    assert_eq!(world.number("SELECT conversations FROM annie_marks"), 1);
}

#[tokio::test]
async fn a_merged_chart_and_a_corrected_name_are_the_same_person_and_another_person_starts_anew() {
    for (change, held) in [
        ("patient_id = 'merged'", true),
        ("first_name = 'Anne'", true),
        ("patient_id = 'other', first_name = 'Zoe'", false),
    ] {
        let (mut world, conversation) = texted("").await;
        says(&mut world, &conversation, "I can't come").await;
        world.execute(&format!("UPDATE appointments SET {change} WHERE id = 'a'"));
        world.go_to(SECOND).await;
        let want = if held { "skipped (asked-to-change)" } else { "sent" };
        assert_eq!(world.state("a", "second"), want, "{change}");
    }
}

#[tokio::test]
async fn replies_that_wait_too_long_raise_an_alert_and_an_emergency_does_at_once() {
    let (mut world, conversation) = texted("").await;
    let desk = Desk::new(Kind::Unanswered);
    says(&mut world, &conversation, "I can't come").await;
    assert_eq!(desk.look(&world), [""; 0], "there are three days");
    world.go_to("2026-11-11T18:00:00Z").await;
    assert_eq!(desk.look(&world), ["1 reply is waiting for someone to act"]);
    let id = world.number("SELECT id FROM tasks");
    world.says(&["task", "done", &id.to_string()]);
    assert_eq!(desk.look(&world), ["resolved: no reply is waiting for someone to act any more"]);
    says(&mut world, &conversation, "my gum is bleeding badly").await;
    assert_eq!(desk.look(&world), ["1 reply is waiting for someone to act"]);
}

#[tokio::test]
async fn a_restart_neither_forgets_nor_repeats_an_answer() {
    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "I can't come").await;
    let id = world.number("SELECT id FROM tasks");
    world.says(&["task", "done", &id.to_string(), "--who", "Kim"]);
    let mut world = world.restart().await;
    world.go_to("2026-11-11T18:00:00Z").await;
    assert_eq!((outcome(&world, "a").as_str(), tasks(&world).as_str()), ("wants_cancel", "none"));
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE act = 'outcome-read'"), 1);
}

#[tokio::test]
async fn words_are_deleted_seven_days_after_their_task_and_kept_for_no_other_reply() {
    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "Absolutely, count me in").await;
    assert_eq!(outcome(&world, "a"), "confirmed");
    says(&mut world, &conversation, "do I need to fast?").await;
    assert_eq!(world.text("SELECT said FROM tasks"), "do I need to fast?");
    let stored = std::fs::read(world.database()).unwrap();
    let log = std::fs::read(world.folder.path().join("test.db-wal")).unwrap_or_default();
    let holds = |bytes: &[u8], words: &str| bytes.windows(words.len()).any(|part| part == words.as_bytes());
    assert!(!holds(&stored, "Absolutely, count me in") && !holds(&log, "Absolutely, count me in"));
    assert!(holds(&stored, "do I need to fast?") || holds(&log, "do I need to fast?"));
}

#[tokio::test]
async fn an_export_that_drops_the_appointment_for_an_hour_or_gives_it_another_id_drops_no_wish() {
    const DROPPED: &str = "INSERT INTO imports (id, feed, started_at, complete) VALUES (7, 'book', 1794348000, 1);
        INSERT INTO not_listed (appointment_id, import_id) VALUES ('a', 7);
        UPDATE appointments SET status = 'cancelled' WHERE id = 'a'";
    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "I can't come").await;
    world.execute(DROPPED);
    world.go_to("2026-11-11T18:00:00Z").await;
    world.execute("UPDATE appointments SET status = 'booked' WHERE id = 'a'");
    world.go_to("2026-11-11T20:00:00Z").await;
    assert_eq!((outcome(&world, "a").as_str(), tasks(&world).as_str()), ("wants_cancel", "reply wants_cancel"));
    world.go_to(SECOND).await;
    assert_eq!(world.state("a", "second"), "skipped (asked-to-change)");

    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "I can't come").await;
    world.book(&[appointment("new", A, FRIDAY)]);
    world.execute(
        "UPDATE appointments SET patient_id = (SELECT patient_id FROM appointments WHERE id = 'a') WHERE id = 'new'",
    );
    world.execute(&DROPPED.replace("import_id)", "import_id, moved_to)").replace("('a', 7)", "('a', 7, 'new')"));
    world.go_to(SECOND).await;
    assert_eq!(
        (world.state("new", "second").as_str(), tasks(&world).as_str()),
        ("skipped (asked-to-change)", "reply wants_cancel")
    );
    assert_eq!(world.state("bystander", "second"), "sent");
}

#[tokio::test]
async fn a_wish_written_before_the_appointment_was_booked_is_not_about_it() {
    let (mut world, _) = texted("").await;
    let others = world.annie.begin(OURS, "+13035550150", "Time for a cleaning?", at("2026-11-10T22:05:00Z"));
    world.annie.say(&others, "user", "please cancel my appointment", at("2026-11-10T22:06:00Z"));
    world.go_to("2026-11-10T23:00:00Z").await;
    world.book(&[appointment("later", "303-555-0150", FRIDAY)]);
    world.go_to("2026-11-11T20:00:00Z").await;
    assert_eq!((outcome(&world, "later").as_str(), tasks(&world).as_str()), ("nothing", "none"));
    world.go_to(SECOND).await;
    assert_eq!(world.state("later", "second"), "sent");
}

#[tokio::test]
async fn a_question_stays_when_the_appointment_moves_and_an_emergency_when_it_is_cancelled() {
    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "How much is it?").await;
    world.execute("UPDATE appointments SET starts_at = '2026-11-16T15:00:00-07:00' WHERE id = 'a'");
    world.go_to("2026-11-11T18:00:00Z").await;
    assert_eq!(tasks(&world), "reply question", "somebody still has to answer");
    world.execute("UPDATE appointments SET status = 'cancelled' WHERE id = 'a'");
    world.go_to("2026-11-11T18:10:00Z").await;
    assert_eq!(tasks(&world), "none");

    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "my gum is bleeding badly").await;
    world.execute("UPDATE appointments SET status = 'cancelled' WHERE id = 'a'");
    world.go_to("2026-11-11T18:10:00Z").await;
    assert_eq!(world.number("SELECT count(*) FROM tasks WHERE urgent = 1 AND closed_at IS NULL"), 1);
}

#[tokio::test]
async fn another_persons_slot_does_not_list_the_first_persons_answer() {
    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "Yes").await;
    let listed = |world: &World| {
        world.says(&["outcomes", "--since", "2026-11-01T00:00:00Z", "--json"]).replace("\"ended_at\": null", "stands")
    };
    assert!(listed(&world).contains("stands"), "{}", listed(&world));
    world.execute("UPDATE appointments SET patient_id = 'other', first_name = 'Zoe' WHERE id = 'a'");
    world.settle().await;
    assert_eq!(outcome(&world, "a"), "nothing");
    assert!(listed(&world).contains("ended_at") && !listed(&world).contains("stands"), "{}", listed(&world));
}

#[tokio::test]
async fn after_a_person_clears_a_number_a_yes_confirms() {
    let (mut world, conversation) = texted("").await;
    says(&mut world, &conversation, "wrong number").await;
    assert_eq!(outcome(&world, "a"), "wrong_person");
    // The command itself runs on the machine's clock.
    world.execute("UPDATE number_holds SET settled_at = 1794358800; UPDATE outcomes SET ended_at = 1794358800");
    says(&mut world, &conversation, "Yes").await;
    assert_eq!((outcome(&world, "a").as_str(), outcome(&world, "bystander").as_str()), ("confirmed", "nothing"));
}

#[tokio::test]
async fn a_mapped_wish_against_what_a_person_noted_is_for_a_person() {
    let mapping = "[outcomes]\nwants_change = { tags = [\"reschedule\"] }\n";
    let (mut world, conversation) = texted(mapping).await;
    world.execute(
        "INSERT INTO outcomes (appointment_id, starts_at, patient_id, first_name, outcome, source, since, status)
         SELECT id, starts_unix, patient_id, first_name, 'confirmed', 'desk', 1794352000, status FROM appointments WHERE id = 'a'",
    );
    world.annie.marks(&conversation, &["reschedule"], &[], "CLOSED");
    world.go_to("2026-11-11T18:00:00Z").await;
    assert_eq!((outcome(&world, "a").as_str(), tasks(&world).as_str()), ("confirmed", "reply needs_a_look"));
}

#[tokio::test]
async fn a_conversation_that_annie_refuses_is_put_off_and_read_once_it_works_again() {
    let (mut world, conversation) = texted("").await;
    world.annie.messages_fail(Some(ReadError::Refused { status: 403 }));
    world.annie.say(&conversation, "user", "I can't come", world.clock.now());
    world.annie.forget_reads();
    for minutes in (10..=600).step_by(10) {
        world.go_to(&(at(FIRST) + chrono::TimeDelta::minutes(minutes)).to_rfc3339()).await;
    }
    let tried = world.annie.read().iter().filter(|read| read.starts_with("messages")).count();
    assert!((2..=48).contains(&tried), "{tried} reads of two conversations in ten hours");
    assert_eq!((outcome(&world, "a").as_str(), world.number("SELECT count(*) FROM circuits")), ("nothing", 0));
    world.annie.messages_fail(None);
    world.go_to("2026-11-12T18:00:00Z").await;
    assert_eq!((outcome(&world, "a").as_str(), tasks(&world).as_str()), ("wants_cancel", "reply wants_cancel"));
    assert_eq!(outcome(&world, "bystander"), "nothing");
}
