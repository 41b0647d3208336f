//! When a number is planned again after its text, and what a claim writes about an appointment that changed meanwhile.

use chrono::TimeDelta;
use leadtime::domain::outcome::Outcome;

use crate::world::{DAY_BEFORE, World, appointment};

const A: &str = "303-555-0101";
const B: &str = "303-555-0102";
const LIVE: &str = "mode = \"live\"\ndays = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]";
const EARLIER: &str = "[[rule]]\nname = \"earlier\"\nlead = \"3 days\"\nmessage = \"See you {{ appointment.when }}\"\n";

/// The numbers that wait to be planned again.
fn marked(world: &World) -> String {
    world.text("SELECT coalesce(group_concat(phone), 'none') FROM (SELECT phone FROM replan_queue ORDER BY phone)")
}

/// Sends what is due now, and stops before anything is planned again.
async fn send(world: &mut World) {
    world.until_begun().await;
    world.engine.drain().await.unwrap();
}

#[tokio::test]
async fn a_number_is_planned_again_only_if_its_text_may_change_another() {
    let rejected = Outcome::Rejected { status: 422 };
    let accepted = || Outcome::Sent("c".into());
    // Rules, another appointment of the number, Annie's answer, what is planned again.
    let cases = [
        (DAY_BEFORE.to_owned(), false, accepted(), "none"),
        (DAY_BEFORE.to_owned(), false, rejected, "+13035550101"),
        (DAY_BEFORE.to_owned(), true, accepted(), "+13035550101"),
        // The earlier rule has had its text; the later one is still to come.
        (format!("{EARLIER}{DAY_BEFORE}"), false, accepted(), "+13035550101"),
    ];
    for (rules, is_other, outcome, expected) in cases {
        let mut world = World::with(LIVE, &rules).await;
        world.book(&[appointment("a", A, "2026-11-13T15:00:00-07:00")]);
        world.book(&[appointment("bystander", B, "2026-11-20T15:00:00-07:00")]);
        if is_other {
            world.book(&[appointment("a2", A, "2026-11-16T15:00:00-07:00")]);
        }
        world.settle().await;
        let days = if rules.contains("3 days") { 3 } else { 1 };
        let due = "2026-11-13T22:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap() - TimeDelta::days(days);
        world.go_to(&(due - TimeDelta::seconds(5)).to_rfc3339()).await;
        assert_eq!(marked(&world), "none", "{rules}");
        world.script([outcome.clone()]);
        world.clock.advance(TimeDelta::seconds(5));
        send(&mut world).await;
        assert_eq!(marked(&world), expected, "{rules} {is_other} {outcome:?}");
        assert_eq!(world.state("bystander", "day-before"), "planned");
    }
}

/// Another program gives the appointment to another patient while texts go out one after another, so that it is claimed
/// before it is planned again. Its row must say whose text it was: by that, nobody is texted twice.
#[tokio::test]
async fn a_claim_writes_who_has_the_appointment_now() {
    for late in [0, 90] {
        // Otherwise the other patient's late text would not go out.
        let rules = format!("{DAY_BEFORE}booked_late = \"send\"\n");
        let mut world = World::with_all("concurrency = 1", LIVE, &rules).await;
        world.book(&[appointment("a", A, "2026-11-13T15:00:00-07:00")]);
        world.book(&[appointment("b", B, "2026-11-13T15:00:00-07:00")]);
        world.go_to("2026-11-12T21:59:55Z").await;
        world.clock.advance(TimeDelta::seconds(5 + late));
        world.until_begun().await;
        let patients =
            "SELECT group_concat(patient_id) FROM (SELECT patient_id FROM reminders ORDER BY appointment_id)";
        let before = world.text(patients);
        world.execute("UPDATE appointments SET patient_id = 'another', first_name = 'Bea' WHERE id = 'b'");
        // Within a second of the last plan, the pass that claims the second text does not plan.
        world.engine.drain().await.unwrap();
        world.clock.advance(TimeDelta::milliseconds(20));
        let report = world.engine.pass().await.unwrap();
        assert_eq!((report.begun, report.planned), (1, 0), "{late}");
        world.engine.drain().await.unwrap();
        assert_eq!(world.state("b", "day-before"), "sent", "{late}");
        let own = before.split(',').next().unwrap().to_owned();
        assert_eq!(world.text(patients), format!("{own},another"), "{late}");
    }
}
