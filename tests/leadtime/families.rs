//! Households, limits, opt-outs and locations on a real database: what one phone gets, and what recovers by itself.

use leadtime::domain::outcome::Outcome;

use crate::world::{DAY_BEFORE, Visit, World, appointment};

const A: &str = "303-555-0101";
const A_E164: &str = "+13035550101";
const B: &str = "303-555-0102";

/// The first text to the number is due on Monday, November 9, at 3 PM in Denver.
const DUE: &str = "2026-11-09T22:00:00Z";

fn child(id: &'static str, starts_at: &str) -> Visit {
    appointment(id, "(303) 555-0101", starts_at)
}

fn bystander() -> Visit {
    appointment("bystander", B, "2026-11-17T15:00:00-07:00")
}

/// A mother's phone with two appointments on Tuesday afternoon, and an unrelated patient.
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
async fn a_family_gets_one_text_for_all_its_appointments() {
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
async fn a_family_text_omits_cancelled_appointments_and_includes_late_ones() {
    let mut world = mother_of_two().await;
    world.settle().await;
    world.execute("UPDATE appointments SET status = 'cancelled' WHERE id = 'ann'");
    world.book(&[child("cy", "2026-11-10T16:00:00-07:00")]);
    world.go_to("2026-11-09T22:30:00Z").await;
    assert_eq!(states(&world, &["ann", "ben", "cy"]), ["cancelled (cancelled)", "sent", "sent"]);
    let sent = world.annie.sent();
    assert_eq!(sent.len(), 1);
    assert!(!sent[0].message.contains("3:00") && sent[0].message.contains("3:30") && sent[0].message.contains("4:00"));
    // Cancelled after the text went out: nobody is texted again.
    world.execute("UPDATE appointments SET status = 'cancelled' WHERE id = 'ben'");
    world.go_to("2026-11-10T20:00:00Z").await;
    assert_eq!((states(&world, &["ben", "cy"]), world.sent_to(A_E164)), (vec!["sent".into(), "sent".into()], 1));
}

#[tokio::test]
async fn separate_texts_to_one_phone_wait_for_annies_gap() {
    let mut world = World::with("mode = \"live\"\nhousehold = \"separate\"", DAY_BEFORE).await;
    world.book(&[
        appointment("ann", A, "2026-11-11T15:00:00-07:00"),
        child("ben", "2026-11-11T16:30:00-07:00"),
        bystander(),
    ]);
    world.go_to("2026-11-10T22:00:00Z").await;
    assert_eq!(
        states(&world, &["ann", "ben"]),
        ["sent", "skipped (contact-limit)"],
        "Ben's text would be due after his appointment starts"
    );
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

/// If the limit is off by one second, Annie refuses the text.
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
    // The gap of 24 hours and the margin of five minutes count from the first full second after the attempt ended.
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
async fn a_cancelled_appointment_frees_the_limit_for_another() {
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
async fn three_rejections_in_a_row_pause_a_number_and_a_success_resets_the_count() {
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
async fn an_opt_out_after_planning_stops_the_text_and_lifting_it_sends_it() {
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
async fn do_not_text_in_a_phone_cell_opts_the_number_out_for_good() {
    let mut world = mother_of_two().await;
    world.book(&[Visit { phone: Some("do not text 303-555-0101"), ..child("cy", "2026-11-10T16:00:00-07:00") }]);
    world.settle().await;
    assert_eq!(
        states(&world, &["ann", "ben", "cy"]),
        ["skipped (opted-out)", "skipped (opted-out)", "skipped (no-consent)"]
    );
    assert_eq!(world.text("SELECT phone || ' ' || source FROM opt_outs"), format!("{A_E164} feed"));
    // The next export has a plain number in the cell, which does not lift the opt-out.
    world.execute("UPDATE appointments SET phone = '303-555-0101' WHERE id = 'cy'");
    world.go_to(DUE).await;
    assert_eq!(states(&world, &["ann", "ben", "cy"]), ["skipped (opted-out)"; 3]);
    assert_eq!((world.sent_to(A_E164), world.state("bystander", "day-before").as_str()), (0, "planned"));
}

#[tokio::test]
async fn a_corrected_number_ends_the_wrong_number_mark() {
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
async fn a_number_shared_by_too_many_patients_gets_no_text() {
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
async fn a_duplicate_entry_gets_the_text_once_the_first_entry_is_cancelled() {
    let mut world = World::with("mode = \"live\"\nunknown_consent = \"send\"", DAY_BEFORE).await;
    let twice = |id| Visit { patient: "ann", ..appointment(id, A, "2026-11-10T15:00:00-07:00") };
    world.book(&[twice("first"), twice("second"), bystander()]);
    world.settle().await;
    assert_eq!(states(&world, &["first", "second"]), ["planned", "skipped (duplicate)"]);
    world.execute("UPDATE appointments SET consent = 'no' WHERE id = 'first'");
    world.settle().await;
    let declined = ["skipped (no-consent)", "skipped (no-consent)"];
    assert_eq!(states(&world, &["first", "second"]), declined, "a refusal in one entry applies to the person");
    world.execute("UPDATE appointments SET consent = NULL, status = 'cancelled' WHERE id = 'first'");
    world.go_to(DUE).await;
    assert_eq!(states(&world, &["first", "second", "bystander"]), ["cancelled (cancelled)", "sent", "planned"]);
}

#[tokio::test]
async fn the_first_text_line_is_added_once() {
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
async fn each_location_uses_its_own_number_time_zone_and_key() {
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

/// November 11 begins in Guam when it is still November 10 in Denver.
#[tokio::test]
async fn a_combined_text_goes_out_on_no_earlier_day_of_either_location() {
    let rules = DAY_BEFORE.replace("24 hours", "2 days");
    let rules = format!("{rules}\n[[location]]\nid = \"guam\"\ntimezone = \"Pacific/Guam\"\n");
    let mut world = World::with("mode = \"live\"", &rules).await;
    world.book(&[
        appointment("ann", A, "2026-11-13T10:00:00-07:00"),
        child("ben", "2026-11-13T09:30:00+10:00"),
        appointment("bystander", B, "2026-11-13T10:00:00-07:00"),
    ]);
    world.execute("UPDATE appointments SET location = 'guam' WHERE id = 'ben'");
    world.go_to("2026-11-11T06:59:00Z").await;
    assert_eq!(states(&world, &["ann", "ben", "bystander"]), ["planned", "planned", "planned"]);
    world.go_to("2026-11-11T17:30:00Z").await;
    assert_eq!(states(&world, &["ann", "ben", "bystander"]), ["planned", "planned", "sent"]);
    // 4 PM in Denver, 9 AM in Guam.
    world.go_to("2026-11-11T23:05:00Z").await;
    assert_eq!((states(&world, &["ann", "ben"]), world.sent_to(A_E164)), (vec!["sent".into(), "sent".into()], 1));
}

/// One number with appointments at two locations on one day gets no combined text, and not two texts within Annie's gap.
#[tokio::test]
async fn one_number_at_two_locations_gets_one_text_within_the_gap() {
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

/// Found by the property tests: a household text that observe mode has shown stays as shown when it is planned again,
/// even if one of its reminders would be due later that day on its own.
#[tokio::test]
async fn observe_mode_does_not_change_a_text_it_has_shown() {
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
        assert_eq!(due, 1, "one shared due time, as for one text: {at}");
    }
    // Texts shown in observe mode are not sent when the practice goes live.
    world.reload("mode = \"live\"", DAY_BEFORE).await;
    world.settle().await;
    assert_eq!((world.sent_to(A_E164), world.state("bystander", "day-before").as_str()), (0, "planned"));
}

/// 800 and 900 numbers do not belong to a patient's phone.
#[tokio::test]
async fn service_numbers_are_not_texted() {
    let mut world = World::new().await;
    world.book(&[appointment("ann", "800-555-1212", "2026-11-10T15:00:00-07:00"), bystander()]);
    world.settle().await;
    assert_eq!(states(&world, &["ann", "bystander"]), ["skipped (invalid-phone)", "planned"]);
}
