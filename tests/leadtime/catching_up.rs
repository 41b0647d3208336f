//! A restart while Annie's list cannot be read: nobody is texted, and no unknown outcome is reported as known.

use chrono::TimeDelta;
use leadtime::annie::verdict::ReadError;
use leadtime::clock::Clock;
use serde_json::Value;

use super::alert_rules::Desk;
use super::world::{World, appointment};
use leadtime::alerts::rules::Kind;

const OURS: &str = "+13035550199";
const PATIENT: &str = "+13035550101";

fn status(world: &World) -> Value {
    let now = world.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    serde_json::from_str(&world.says(&["status", "--json", "--now", &now])).unwrap()
}

/// A text is planned for 10:10, and the daemon restarts at 10:00 while Annie's list cannot be read.
async fn restart_without_the_list() -> World {
    let mut world = World::new().await;
    world.book(&[appointment("visit-1", PATIENT, "2026-11-10T10:10:00-07:00")]);
    world.settle().await;
    world.annie.reads_fail(Some(ReadError::Unreachable));
    let mut world = world.restart().await;
    world.settle().await;
    world
}

#[tokio::test]
async fn a_text_waiting_for_annies_list_is_overdue_until_it_has_an_outcome() {
    let mut world = restart_without_the_list().await;
    let (overdue, catching_up, missed) =
        (Desk::new(Kind::Unresolved), Desk::new(Kind::CatchingUp), Desk::new(Kind::Missed));
    assert_eq!(catching_up.look(&world), [""; 0]);
    world.go_to("2026-11-09T17:16:00Z").await;
    assert_eq!(catching_up.look(&world), ["no texts are going out: Annie's list of sent texts cannot be read"]);
    world.go_to("2026-11-09T18:00:00Z").await;
    overdue.look(&world);
    world.go_to("2026-11-09T18:04:00Z").await;
    assert_eq!(overdue.look(&world), ["1 reminder is overdue"]);
    assert_eq!(world.not_reached().len(), 1);
    let said = world.explain("visit-1");
    assert!(said.contains("Was due Mon Nov 9, 10:10 AM") && said.contains("has not gone out yet"), "{said}");
    // Past its expiry, before the appointment.
    for at in ["2026-11-10T15:30:00Z", "2026-11-10T17:00:00Z"] {
        world.go_to(at).await;
        assert_eq!(world.state("visit-1", "day-before"), "planned");
        let status = status(&world);
        assert_eq!(
            (&status["due_unresolved"], &status["next_due_at"], &status["due_now"]),
            (&1.into(), &Value::Null, &1.into())
        );
        assert!(overdue.look(&world).iter().all(|said| !said.starts_with("over")));
        assert_eq!(world.not_reached().len(), 1, "still listed, because it is unknown whether the text went out");
        assert_eq!(missed.look(&world), [""; 0]);
    }
    // The appointment begins.
    world.go_to("2026-11-10T17:10:00Z").await;
    assert_eq!(world.state("visit-1", "day-before"), "missed (unconfirmed)");
    assert_eq!(missed.look(&world), ["1 reminder was not sent in time or could not be confirmed"]);
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE act = 'missed' AND code = 'unconfirmed'"), 1);
    assert_eq!(world.sent_to(PATIENT), 0);
}

#[tokio::test]
async fn a_later_list_shows_whether_the_text_went_out() {
    for went_out in [true, false] {
        let mut world = restart_without_the_list().await;
        if went_out {
            // Sent before the restart, with a database that has since been lost.
            world.annie.begin(OURS, PATIENT, "See you", "2026-11-09T16:59:50Z".parse().unwrap());
        }
        world.book(&[appointment("bystander", "+13035550102", "2026-11-12T10:10:00-07:00")]);
        world.go_to("2026-11-10T17:20:00Z").await;
        let missed = Desk::new(Kind::Missed);
        assert_eq!(missed.look(&world).len(), 1);
        world.annie.reads_fail(None);
        world.clock.advance(TimeDelta::minutes(10));
        world.settle().await;
        world.clock.advance(TimeDelta::minutes(10));
        world.settle().await;
        let state = if went_out { "sent" } else { "missed (unconfirmed)" };
        assert_eq!(world.state("visit-1", "day-before"), state);
        assert_eq!(missed.look(&world).len(), usize::from(went_out), "the alert ends if the text had gone out");
        assert_eq!(world.state("bystander", "day-before"), "planned");
        assert_eq!(world.sent_to(PATIENT), 0);
    }
}

#[tokio::test]
async fn a_text_sent_before_a_crash_counts_even_after_the_appointment_has_begun() {
    let mut world = World::new().await;
    world.book(&[appointment("visit-1", PATIENT, "2026-11-10T10:10:00-07:00")]);
    world.settle().await;
    world.annie.begin(OURS, PATIENT, "See you", "2026-11-09T17:10:05Z".parse().unwrap());
    // The machine is off during the appointment, and afterwards the list can be read at once.
    world.clock.advance(TimeDelta::days(2));
    let mut world = world.restart().await;
    world.settle().await;
    world.clock.advance(TimeDelta::minutes(2));
    world.settle().await;
    assert_eq!(world.state("visit-1", "day-before"), "sent");
    assert_eq!(Desk::new(Kind::Missed).look(&world), [""; 0]);
}

#[tokio::test]
async fn reminders_missed_while_the_machine_was_off_raise_an_alert() {
    let mut world = World::new().await;
    world.book(&[appointment("visit-1", PATIENT, "2026-11-10T10:10:00-07:00")]);
    world.settle().await;
    world.clock.advance(TimeDelta::hours(30));
    let mut world = world.restart().await;
    world.settle().await;
    world.clock.advance(TimeDelta::minutes(2));
    world.settle().await;
    assert_eq!(world.state("visit-1", "day-before"), "missed (expired)");
    assert_eq!(Desk::new(Kind::Missed).look(&world).len(), 1);
}
