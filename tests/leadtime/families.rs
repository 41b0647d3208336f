//! Households, limits, opt-outs and offices on a real database: what one phone gets, and what heals.

use leadtime::domain::outcome::Outcome;

use crate::world::{DAY_BEFORE, Visit, World, appointment};

const A: &str = "303-555-0101";
const A_E164: &str = "+13035550101";
const B: &str = "303-555-0102";

/// The first text of the number leaves on Monday, November 9th at 3 PM: 22:00Z.
const DUE: &str = "2026-11-09T22:00:00Z";

fn child(id: &'static str, starts_at: &str) -> Visit {
    appointment(id, "(303) 555-0101", starts_at)
}

fn bystander() -> Visit {
    appointment("bystander", B, "2026-11-17T15:00:00-07:00")
}

/// A mother's phone with two children's appointments on Tuesday afternoon, and a stranger.
async fn mother_of_two() -> World {
    let world = World::new().await;
    world.book(&[
        appointment("ann", A, "2026-11-10T15:00:00-07:00"),
        child("ben", "2026-11-10T15:30:00-07:00"),
        bystander(),
    ]);
    world
}

fn states(world: &World, ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| world.state(id, "day-before")).collect()
}

#[tokio::test]
async fn a_family_gets_one_text_that_settles_all() {
    let mut world = mother_of_two().await;
    world.go_to(DUE).await;
    assert_eq!(states(&world, &["ann", "ben", "bystander"]), ["sent", "sent", "planned"]);
    let sent = world.annie.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(
        sent[0].message,
        "Maple Dental: we expect Ann tomorrow at 3:00 PM and Ann tomorrow at 3:30 PM. Need a change? Reply or call 303-555-0100."
    );
    let about = serde_json::to_value(&sent[0]).unwrap();
    assert_eq!(
        (&about["patientInfo"]["patientId"], &about["appointmentInfo"]["appointmentId"]),
        (&"ann".into(), &"ann".into())
    );
    assert_eq!(world.number("SELECT count(*) FROM message_reminders"), 2);
    assert_eq!(world.number("SELECT count(*) FROM conversations"), 1);
    world.go_to("2026-11-10T21:00:00Z").await;
    assert_eq!(world.sent_to(A_E164), 1);
}

#[tokio::test]
async fn who_drops_out_is_not_named_and_who_comes_late_is() {
    let mut world = mother_of_two().await;
    world.settle().await;
    world.execute("UPDATE appointments SET status = 'cancelled' WHERE id = 'ann'");
    world.book(&[child("cy", "2026-11-10T16:00:00-07:00")]);
    world.go_to("2026-11-09T22:30:00Z").await;
    assert_eq!(states(&world, &["ann", "ben", "cy"]), ["cancelled (cancelled)", "sent", "sent"]);
    let sent = world.annie.sent();
    assert_eq!(sent.len(), 1);
    assert!(!sent[0].message.contains("3:00") && sent[0].message.contains("3:30") && sent[0].message.contains("4:00"));
    // Cancelled after the text: nothing more is said, and nobody is texted again.
    world.execute("UPDATE appointments SET status = 'cancelled' WHERE id = 'ben'");
    world.go_to("2026-11-10T20:00:00Z").await;
    assert_eq!((states(&world, &["ben", "cy"]), world.sent_to(A_E164)), (vec!["sent".into(), "sent".into()], 1));
}

#[tokio::test]
async fn separate_households_wait_for_annies_gap() {
    let mut world = World::with("mode = \"live\"\nhousehold = \"separate\"", DAY_BEFORE).await;
    world.book(&[
        appointment("ann", A, "2026-11-11T15:00:00-07:00"),
        child("ben", "2026-11-11T16:30:00-07:00"),
        bystander(),
    ]);
    world.go_to("2026-11-10T22:00:00Z").await;
    assert_eq!(states(&world, &["ann", "ben"]), ["sent", "skipped (contact-limit)"], "Ben's would be after his visit");
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

/// A budget that is wrong by one second is a refused text.
#[tokio::test]
async fn the_gap_between_two_texts_is_kept_to_the_second() {
    let mut world = World::new().await;
    world.book(&[
        appointment("monday", A, "2026-11-10T15:00:00-07:00"),
        appointment("tuesday", A, "2026-11-11T15:00:00-07:00"),
        bystander(),
    ]);
    world.go_to(DUE).await;
    assert_eq!(world.sent_to(A_E164), 1);
    // What was sent ended within the second after ten; 24 hours and five minutes count from the next full second.
    let ended = world.number("SELECT (ended_ms + 999) / 1000 FROM attempts");
    let due = world.number("SELECT due_at FROM reminders WHERE appointment_id = 'tuesday'");
    assert_eq!(due, ended + 24 * 3600 + 300);
    let at = |unix: i64| chrono::DateTime::from_timestamp(unix, 0).unwrap().to_rfc3339();
    world.go_to(&at(due - 1)).await;
    assert_eq!((world.state("tuesday", "day-before").as_str(), world.sent_to(A_E164)), ("planned", 1));
    world.go_to(&at(due)).await;
    assert_eq!((world.state("tuesday", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 2));
}

#[tokio::test]
async fn a_freed_budget_heals() {
    let rules = "[[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"m\"\n\
                 [[rule]]\nname = \"other\"\nlead = \"27 hours\"\npriority = -1\nmessage = \"n\"\n";
    let mut world = World::with("mode = \"live\"\nhousehold = \"separate\"", rules).await;
    world.book(&[
        appointment("ann", A, "2026-11-12T15:00:00-07:00"),
        child("ben", "2026-11-12T16:00:00-07:00"),
        bystander(),
    ]);
    world.settle().await;
    assert_eq!(world.state("ben", "day-before"), "skipped (contact-limit)");
    world.execute("UPDATE appointments SET status = 'cancelled' WHERE id = 'ann'");
    world.settle().await;
    assert_eq!(world.state("ben", "day-before"), "planned");
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn three_refusals_in_a_row_let_a_number_rest_and_a_success_resets() {
    let mut world = World::new().await;
    let dates = ["2026-11-11", "2026-11-13", "2026-11-17", "2026-11-19"];
    let ids = ["v1", "v2", "v3", "v4"];
    let appointments: Vec<Visit> =
        ids.iter().zip(dates).map(|(id, date)| appointment(id, A, &format!("{date}T15:00:00-07:00"))).collect();
    world.book(&appointments);
    let refused = || Outcome::Rejected { status: 422 };
    world.script([refused(), refused()]);
    world.go_to("2026-11-10T22:00:01Z").await;
    world.go_to("2026-11-12T22:00:01Z").await;
    assert_eq!(states(&world, &["v1", "v2", "v3"]), ["rejected", "rejected", "planned"]);
    world.script([refused()]);
    world.go_to("2026-11-16T22:00:01Z").await;
    assert_eq!(states(&world, &["v3", "v4"]), ["rejected", "skipped (contact-limit)"]);

    let mut world = World::new().await;
    world.book(&appointments);
    world.script([refused(), Outcome::Sent("c-1".into()), refused()]);
    world.go_to("2026-11-10T22:00:01Z").await;
    world.go_to("2026-11-12T22:00:01Z").await;
    world.go_to("2026-11-16T22:00:01Z").await;
    assert_eq!(states(&world, &ids), ["rejected", "sent", "rejected", "planned"]);
}

#[tokio::test]
async fn an_opt_out_between_plan_and_claim_holds_and_a_lifted_one_heals() {
    let mut world = mother_of_two().await;
    world.settle().await;
    world.execute(&format!("INSERT INTO opt_outs VALUES ('{A_E164}', 0, 'desk', 'Kim')"));
    world.go_to(DUE).await;
    assert_eq!(states(&world, &["ann", "ben", "bystander"]), ["skipped (opted-out)", "skipped (opted-out)", "planned"]);
    world.execute("DELETE FROM opt_outs");
    world.go_to("2026-11-09T22:10:00Z").await;
    assert_eq!(states(&world, &["ann", "ben"]), ["sent", "sent"]);
}

#[tokio::test]
async fn words_of_refusal_opt_the_number_out_for_good() {
    let mut world = mother_of_two().await;
    world.book(&[Visit { phone: Some("do not text 303-555-0101"), ..child("cy", "2026-11-10T16:00:00-07:00") }]);
    world.settle().await;
    assert_eq!(
        states(&world, &["ann", "ben", "cy"]),
        ["skipped (opted-out)", "skipped (opted-out)", "skipped (no-consent)"]
    );
    assert_eq!(world.text("SELECT phone || ' ' || source FROM opt_outs"), format!("{A_E164} feed"));
    // The next export has a clean cell: that lifts nothing.
    world.execute("UPDATE appointments SET phone = '303-555-0101' WHERE id = 'cy'");
    world.go_to(DUE).await;
    assert_eq!(states(&world, &["ann", "ben", "cy"]), ["skipped (opted-out)"; 3]);
    assert_eq!((world.sent_to(A_E164), world.state("bystander", "day-before").as_str()), (0, "planned"));
}

#[tokio::test]
async fn a_wrong_number_ends_when_the_practice_corrects_it() {
    let mut world = mother_of_two().await;
    world.settle().await;
    world.execute(&format!("INSERT INTO wrong_numbers VALUES ('{A_E164}', 'ann', 0, NULL)"));
    world.settle().await;
    assert_eq!(states(&world, &["ann", "ben"]), ["skipped (wrong-number)", "planned"]);
    world.execute("UPDATE appointments SET phone = '303-555-0177' WHERE id = 'ann'");
    world.go_to("2026-11-09T22:30:00Z").await;
    assert_eq!(states(&world, &["ann", "ben", "bystander"]), ["sent", "sent", "planned"]);
    assert_eq!((world.sent_to("+13035550177"), world.sent_to(A_E164)), (1, 1));
}

#[tokio::test]
async fn a_number_of_too_many_patients_is_for_the_staff() {
    let mut world = World::with("mode = \"live\"\nmax_household = 2", DAY_BEFORE).await;
    world.book(&[
        appointment("ann", A, "2026-11-10T15:00:00-07:00"),
        child("ben", "2026-11-10T15:30:00-07:00"),
        child("cy", "2026-11-12T15:30:00-07:00"),
        bystander(),
    ]);
    world.settle().await;
    assert_eq!(states(&world, &["ann", "ben", "cy"]), ["skipped (shared-number)"; 3]);
    world.execute("UPDATE appointments SET phone = '303-555-0177' WHERE id = 'cy'");
    world.settle().await;
    assert_eq!(states(&world, &["ann", "ben", "cy", "bystander"]), ["planned"; 4]);
}

#[tokio::test]
async fn a_duplicate_heals_when_the_first_entry_has_no_text_of_its_own() {
    let mut world = World::with("mode = \"live\"\nunknown_consent = \"send\"", DAY_BEFORE).await;
    let twice = |id| Visit { patient: "ann", ..appointment(id, A, "2026-11-10T15:00:00-07:00") };
    world.book(&[twice("first"), twice("second"), bystander()]);
    world.settle().await;
    assert_eq!(states(&world, &["first", "second"]), ["planned", "skipped (duplicate)"]);
    world.execute("UPDATE appointments SET consent = 'no' WHERE id = 'first'");
    world.settle().await;
    let declined = ["skipped (no-consent)", "skipped (no-consent)"];
    assert_eq!(states(&world, &["first", "second"]), declined, "what one entry says holds for the person");
    world.execute("UPDATE appointments SET consent = NULL, status = 'cancelled' WHERE id = 'first'");
    world.go_to(DUE).await;
    assert_eq!(states(&world, &["first", "second", "bystander"]), ["cancelled (cancelled)", "sent", "planned"]);
}

#[tokio::test]
async fn the_first_text_line_comes_once() {
    let sending = "mode = \"live\"\nfirst_text_line = \"Reply STOP to opt out.\"";
    let mut world = World::with(sending, DAY_BEFORE).await;
    world.book(&[
        appointment("ann", A, "2026-11-10T15:00:00-07:00"),
        appointment("next", A, "2026-11-12T15:00:00-07:00"),
        bystander(),
    ]);
    world.go_to(DUE).await;
    world.go_to("2026-11-11T22:00:00Z").await;
    let texts: Vec<String> = world.annie.sent().into_iter().map(|request| request.message).collect();
    assert_eq!(texts, ["See you tomorrow at 3:00 PM Reply STOP to opt out.", "See you tomorrow at 3:00 PM"]);
}

#[tokio::test]
async fn each_office_texts_from_its_own_number_on_its_own_clock_with_its_own_key() {
    let rules = format!(
        "{}\n[[location]]\nid = \"reno\"\nname = \"Maple Reno\"\nphone = \"+17755550100\"\nfrom_number = \"+17755550199\"\n\
         timezone = \"America/Los_Angeles\"\napi_key_file = \"reno.key\"\n",
        DAY_BEFORE.replace("See you", "{{ location.name }} {{ practice.phone }}: see you")
    );
    let mut world = World::with("mode = \"live\"", &rules).await;
    let at = |id: &str, location: &str| {
        format!(
            "INSERT INTO appointments (id, patient_id, first_name, phone, starts_at, status, location)
             VALUES ('{id}', '{id}', 'Ann', '303-555-01{}', '2026-11-10T15:00:00-08:00', 'booked', {location})",
            id.len() + 20
        )
    };
    world.execute(&at("a", "'reno'"));
    world.execute(&at("bb", "NULL"));
    world.execute(&at("ccc", "'elsewhere'"));
    world.go_to("2026-11-09T23:00:00Z").await;
    assert_eq!(states(&world, &["a", "bb", "ccc"]), ["sent", "sent", "skipped (unknown-location)"]);
    let mut sent = world.annie.sent();
    sent.sort_by(|a, b| a.to_number.cmp(&b.to_number));
    let told: Vec<(&str, &str)> = sent.iter().map(|r| (r.from_number.as_str(), r.message.as_str())).collect();
    assert_eq!(
        told,
        [
            ("+17755550199", "Maple Reno 775-555-0100: see you tomorrow at 3:00 PM"),
            ("+13035550199", "Maple Dental 303-555-0100: see you tomorrow at 4:00 PM"),
        ]
    );
    assert_eq!(
        world.text("SELECT group_concat(api_key || ' ' || phone, ', ') FROM (SELECT * FROM attempts ORDER BY phone)"),
        "reno +13035550121, default +13035550122"
    );
    let body: serde_json::Value = serde_json::to_value(&sent[0]).unwrap();
    assert_eq!(body["appointmentInfo"]["startTime"], "2026-11-10T15:00:00-08:00");
}

/// Two locations of one number on one day: never one text for both, and never two within Annie's gap.
#[tokio::test]
async fn one_number_at_two_offices_is_still_one_number() {
    let rules = format!("{DAY_BEFORE}\n[[location]]\nid = \"reno\"\nfrom_number = \"+17755550199\"\n");
    let mut world = World::with("mode = \"live\"", &rules).await;
    world.book(&[
        appointment("ann", A, "2026-11-10T15:00:00-07:00"),
        child("ben", "2026-11-10T15:30:00-07:00"),
        bystander(),
    ]);
    world.execute("UPDATE appointments SET location = 'reno' WHERE id = 'ben'");
    world.go_to("2026-11-09T22:40:00Z").await;
    assert_eq!(states(&world, &["ann", "ben", "bystander"]), ["sent", "skipped (contact-limit)", "planned"]);
    assert_eq!(world.sent_to(A_E164), 1);
}

/// Found by the properties: what observe mode has shown with its household stays shown when it is planned again, also
/// where one of them has its own time only later that day.
#[tokio::test]
async fn observe_mode_keeps_to_what_it_showed() {
    let mut world = World::with("mode = \"observe\"", DAY_BEFORE).await;
    world.book(&[
        appointment("ann", A, "2026-11-10T15:00:00-07:00"),
        child("ben", "2026-11-10T15:30:00-07:00"),
        bystander(),
    ]);
    for at in ["2026-11-09T21:00:00Z", "2026-11-09T22:00:40Z", "2026-11-09T22:20:00Z", "2026-11-09T23:00:00Z"] {
        world.go_to(at).await;
        world.execute("UPDATE appointments SET description = coalesce(description, '') || 'x'");
        world.settle().await;
        assert_eq!(states(&world, &["ann", "ben", "bystander"]), ["skipped (observe-mode)"; 3], "{at}");
        let due = world.number("SELECT count(DISTINCT due_at) FROM reminders WHERE appointment_id IN ('ann', 'ben')");
        assert_eq!(due, 1, "one text, as it would have been: {at}");
    }
    // What it showed is not sent when it goes live.
    world.reload("mode = \"live\"", DAY_BEFORE).await;
    world.settle().await;
    assert_eq!((world.sent_to(A_E164), world.state("bystander", "day-before").as_str()), (0, "planned"));
}

/// 800 and 900 numbers are nobody's own telephone.
#[tokio::test]
async fn service_numbers_are_not_texted() {
    let mut world = World::new().await;
    world.book(&[appointment("ann", "800-555-1212", "2026-11-10T15:00:00-07:00"), bystander()]);
    world.settle().await;
    assert_eq!(states(&world, &["ann", "bystander"]), ["skipped (invalid-phone)", "planned"]);
}
