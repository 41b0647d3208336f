//! What happens when Annie refuses a request, asks for a pause or cannot be reached.

use leadtime::domain::outcome::{NotSent, Outcome};
use leadtime::domain::reminder::Wait;

use crate::world::{World, appointment};

const PHONES: [&str; 4] = ["+13035550101", "+13035550102", "+13035550103", "+13035550104"];

fn refused(status: u16) -> Outcome {
    Outcome::NotSent(NotSent::Refused { status })
}

/// Four numbers: three texts due at 22:00Z in this order, and a bystander's a week later.
async fn world() -> World {
    let world = World::one_at_a_time().await;
    world.book(&[
        appointment("v1", PHONES[0], "2026-11-10T15:00:00-07:00"),
        appointment("v2", PHONES[1], "2026-11-10T15:00:01-07:00"),
        appointment("v3", PHONES[2], "2026-11-10T15:00:02-07:00"),
        appointment("bystander", PHONES[3], "2026-11-17T15:00:00-07:00"),
    ]);
    world
}

fn states(world: &World) -> [String; 3] {
    ["v1", "v2", "v3"].map(|id| world.state(id, "day-before"))
}

fn circuit_is_open(world: &World) -> bool {
    world.number("SELECT count(*) FROM circuits WHERE open_since IS NOT NULL") == 1
}

#[tokio::test]
async fn a_refusal_concerns_only_its_number_if_the_next_number_is_accepted() {
    for status in [401, 403, 404, 302] {
        let mut world = world().await;
        world.script([refused(status)]);
        world.go_to("2026-11-09T22:00:00Z").await;
        assert_eq!(world.state("v1", "day-before"), "planned", "the cause is not known yet: {status}");
        assert!(circuit_is_open(&world), "no other number is due that would show the cause");
        // The probe succeeds and the next texts are due: the number that was not refused goes first.
        world.go_to("2026-11-09T22:05:10Z").await;
        assert!(!circuit_is_open(&world));
        assert_eq!(world.sent_to(PHONES[0]), 2, "after the probe it must be tried again and accepted");
        assert_eq!(states(&world), ["sent", "sent", "sent"]);
        assert_eq!(world.state("bystander", "day-before"), "planned");
    }
}

#[tokio::test]
async fn the_next_request_goes_to_another_number_and_shows_which_one_is_at_fault() {
    let mut world = world().await;
    world.settle().await;
    world.script([refused(403)]);
    world.go_to("2026-11-09T22:00:05Z").await; // all three texts are due
    assert_eq!(states(&world), ["rejected", "sent", "sent"]);
    assert_eq!(world.sent_to(PHONES[0]), 1, "there must be no second POST to the refused number");
    assert!(!circuit_is_open(&world));
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn two_refused_numbers_stop_all_sending_and_lose_nothing() {
    let mut world = world().await;
    world.settle().await;
    world.script([refused(401), refused(401)]);
    world.annie.then_probes([Err(leadtime::annie::verdict::ReadError::Refused { status: 401 })]);
    let report = world.go_to("2026-11-09T22:00:05Z").await;
    assert_eq!(report.waits, Some(Wait::Circuit));
    assert!(circuit_is_open(&world));
    assert_eq!((states(&world), world.annie.sent().len()), (["planned", "planned", "planned"].map(String::from), 2));
    // Nothing is posted until a probe succeeds, not even after a restart, which probes immediately.
    world.go_to("2026-11-09T22:04:00Z").await;
    assert_eq!((world.annie.sent().len(), world.annie.probed()), (2, 0));
    let mut world = world.restart().await;
    world.settle().await;
    assert_eq!((world.annie.sent().len(), world.annie.probed()), (2, 1));
    assert!(circuit_is_open(&world), "the probe was answered 401");
    world.go_to("2026-11-09T22:13:59Z").await;
    assert_eq!((world.annie.sent().len(), world.annie.probed()), (2, 1), "the next probe waits longer");
    world.go_to("2026-11-09T22:14:10Z").await;
    assert_eq!(states(&world), ["sent", "sent", "sent"]);
    assert!(!circuit_is_open(&world));
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn a_429_waits_for_the_reset_and_does_not_count_against_the_limits() {
    let mut world = world().await;
    world.settle().await;
    let until = "2026-11-09T22:00:45Z".parse().unwrap();
    world.script([Outcome::NotSent(NotSent::RateLimited { until })]);
    // Requests go out one at a time, so the first answer is known before the second POST.
    world.go_to("2026-11-09T22:00:00Z").await;
    let report = world.go_to("2026-11-09T22:00:40Z").await;
    assert_eq!((report.waits, world.annie.sent().len()), (Some(Wait::Pace), 1));
    let mut world = world.restart().await;
    assert_eq!(world.settle().await.waits, Some(Wait::Pace), "the pause survives a restart");
    world.go_to("2026-11-09T22:00:45Z").await;
    assert_eq!(states(&world), ["sent", "sent", "sent"]);
    assert_eq!(world.number("SELECT count(*) FROM attempts WHERE outcome = 'not-sent' AND kind = 'rate-limited'"), 1);
}

#[tokio::test]
async fn while_annie_is_unreachable_one_text_at_a_time_is_tried_with_growing_delays() {
    let mut world = world().await;
    world.settle().await;
    let down = || Outcome::NotSent(NotSent::Unreachable { detail: "no connection".into() });
    world.script([down(), down()]);
    world.go_to("2026-11-09T22:00:00Z").await;
    assert_eq!(world.annie.sent().len(), 1);
    world.go_to("2026-11-09T22:00:04Z").await;
    assert_eq!(world.annie.sent().len(), 1, "the first delay is 5 s");
    world.go_to("2026-11-09T22:00:06Z").await;
    assert_eq!(world.annie.sent().len(), 2, "only one text is tried although three are due");
    world.go_to("2026-11-09T22:00:14Z").await;
    assert_eq!(world.annie.sent().len(), 2, "the second delay is 10 s");
    world.go_to("2026-11-09T22:00:17Z").await;
    assert_eq!(states(&world), ["sent", "sent", "sent"]);
}

#[tokio::test]
async fn three_rejections_in_a_row_slow_down_sending() {
    let mut world = world().await;
    world.book(&[
        appointment("v4", "303-555-0105", "2026-11-10T15:00:03-07:00"),
        appointment("v5", "303-555-0106", "2026-11-10T15:00:04-07:00"),
    ]);
    world.settle().await;
    let rejected = |status| Outcome::Rejected { status };
    world.script([rejected(422), rejected(400), rejected(410), rejected(422)]);
    for second in 0..5 {
        world.go_to(&format!("2026-11-09T22:00:0{second}Z")).await;
    }
    assert_eq!(states(&world), ["rejected", "rejected", "rejected"]);
    assert_eq!(world.state("v4", "day-before"), "planned");
    world.go_to("2026-11-09T22:04:59Z").await;
    assert_eq!(world.annie.sent().len(), 3);
    world.go_to("2026-11-09T22:05:04Z").await;
    assert_eq!(
        (world.state("v4", "day-before").as_str(), world.annie.sent().len()),
        ("rejected", 4),
        "only one text in five minutes"
    );
    world.go_to("2026-11-09T22:10:10Z").await;
    assert_eq!(world.state("v5", "day-before"), "sent");
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn a_request_that_cannot_be_built_stops_all_sending() {
    let mut world = world().await;
    world.script([Outcome::NotSent(NotSent::Bug { detail: "bad header".into() })]);
    world.go_to("2026-11-09T22:00:05Z").await;
    assert!(circuit_is_open(&world));
    assert!(world.annie.sent().len() <= 3);
    assert_eq!(world.state("v1", "day-before"), "planned");
}

#[tokio::test]
async fn one_refused_number_does_not_keep_the_circuit_open_for_others() {
    let mut world = world().await;
    // The refused number is the only one due when the circuit opens.
    world.script([refused(404)]);
    world.go_to("2026-11-09T22:00:00Z").await;
    assert!(circuit_is_open(&world));
    world.go_to("2026-11-09T22:05:10Z").await;
    assert_eq!(states(&world), ["sent", "sent", "sent"]);
    let order: Vec<String> = world.annie.sent().iter().map(|request| request.to_number.clone()).collect();
    assert_eq!(order, [PHONES[0], PHONES[1], PHONES[2], PHONES[0]], "after the probe the other numbers must go first");
    assert!(!circuit_is_open(&world));
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

/// Refused requests may count against the number at Annie, so a number that keeps being refused is not tried forever.
#[tokio::test]
async fn a_single_number_that_keeps_being_refused_is_no_longer_tried() {
    let mut world = World::one_at_a_time().await;
    world.book(&[
        appointment("v1", PHONES[0], "2026-11-12T15:00:00-07:00"),
        appointment("bystander", PHONES[3], "2026-11-17T15:00:00-07:00"),
    ]);
    world.execute("UPDATE appointments SET booked_at = '2026-11-01T00:00:00Z'");
    world.script((0..20).map(|_| refused(403)));
    for hour in ["11T22:00:05", "11T22:06:00", "11T22:30:00", "11T23:30:00", "12T17:00:00", "12T19:00:00"] {
        world.go_to(&format!("2026-11-{hour}Z")).await;
    }
    assert_eq!(world.sent_to(PHONES[0]), 2, "once, and once more after the probe accepted the key");
    let report = world.go_to("2026-11-12T19:30:00Z").await;
    assert_eq!(report.waits, Some(Wait::Refused));
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

/// A key may have permission to read conversations but not to list phone numbers.
#[tokio::test]
async fn a_key_that_may_read_conversations_counts_as_accepted() {
    let mut world = world().await;
    world.settle().await;
    world.script([refused(403), refused(403)]);
    world.annie.then_probes([Err(leadtime::annie::verdict::ReadError::Refused { status: 403 })]);
    world.go_to("2026-11-09T22:00:05Z").await;
    assert!(circuit_is_open(&world));
    world.go_to("2026-11-09T22:05:10Z").await;
    assert!(!circuit_is_open(&world));
    assert_eq!(states(&world), ["sent", "sent", "sent"]);
}

#[tokio::test]
async fn after_three_rejections_an_unclear_answer_also_waits_five_minutes() {
    let mut world = world().await;
    world.book(&[
        appointment("v4", "303-555-0105", "2026-11-10T15:00:03-07:00"),
        appointment("v5", "303-555-0106", "2026-11-10T15:00:04-07:00"),
    ]);
    world.settle().await;
    let unclear = Outcome::Unknown { status: Some(500), detail: "failed".into() };
    world.script([422, 422, 422].map(|status| Outcome::Rejected { status }).into_iter().chain([unclear]));
    world.go_to("2026-11-09T22:00:05Z").await;
    world.go_to("2026-11-09T22:05:10Z").await;
    assert_eq!(world.annie.sent().len(), 4);
    world.go_to("2026-11-09T22:10:00Z").await;
    assert_eq!(world.annie.sent().len(), 4, "the unclear answer counts as a try too");
    world.go_to("2026-11-09T22:10:15Z").await;
    assert_eq!(world.annie.sent().len(), 5);
}
