//! Unreadable rows in Annie's list: they stop no texts to other numbers, and while there are any, no text counts as
//! proven absent.

use chrono::{DateTime, TimeDelta, Utc};
use leadtime::clock::Clock;
use leadtime::domain::outcome::Outcome;
use serde_json::{Value, json};

use crate::world::{DAY_BEFORE, World, appointment};

const A: &str = "303-555-0101";
const A_E164: &str = "+13035550101";
const B: &str = "303-555-0102";
const B_E164: &str = "+13035550102";
const OURS: &str = "+13035550199";
/// When the texts for appointments on Tuesday at 3 PM are due.
const DUE: &str = "2026-11-09T22:00:00Z";
const TUESDAY: &str = "2026-11-10T15:00:00-07:00";

fn odd(to: Option<&str>) -> Value {
    json!({"conversationId": null, "toNumber": to, "fromNumber": OURS, "startTime": "2026-11-09T16:00:00Z"})
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[tokio::test]
async fn an_unreadable_row_holds_only_its_own_number_until_staff_decide_or_the_row_is_gone() {
    for ends_by in ["go-on", "gone"] {
        let mut world = World::new().await;
        world.book(&[appointment("a", A, TUESDAY), appointment("b", B, TUESDAY)]);
        world.annie.shows(&[odd(Some(A_E164)), json!(7)]);
        world = world.restart().await;
        world.go_to(DUE).await;
        assert_eq!(
            (world.state("a", "day-before").as_str(), world.state("b", "day-before").as_str()),
            ("planned", "sent")
        );
        let doctor = world.says(&["doctor", "--offline"]);
        assert!(
            doctor.contains("2 conversations in Annie's list have no id; it may be one of our texts or a patient's reply, so texts to …01 wait"),
            "{doctor}"
        );
        match ends_by {
            "go-on" => {
                assert!(world.says(&["resolve", A, "--go-on", "--who", "Kim"]).contains("gets its texts again"));
                let history = world.says(&["history", "--number", A]);
                assert!(history.contains("no longer held, number …01 (odd-row), by Kim"), "{history}");
            }
            _ => world.annie.shows(&[]),
        }
        // While something is due, the list is read again within the hour.
        world.go_to("2026-11-09T22:40:00Z").await;
        assert_eq!((world.sent_to(A_E164), world.sent_to(B_E164)), (1, 1), "{ends_by}");
        let left = world.number("SELECT count(*) FROM odd_rows WHERE settled_at IS NULL");
        assert_eq!(left, if ends_by == "gone" { 0 } else { 1 });
    }
}

#[tokio::test]
async fn with_an_unreadable_row_no_text_counts_as_absent() {
    let mut world = World::new().await;
    world.book(&[appointment("a", A, TUESDAY), appointment("bystander", B, "2026-11-12T15:00:00-07:00")]);
    world.script([Outcome::Unknown { status: None, detail: "the connection broke".into() }]);
    world.annie.shows(&[odd(None)]);
    world.go_to(DUE).await;
    for at in ["2026-11-09T22:05:00Z", "2026-11-09T22:20:00Z", "2026-11-09T22:40:00Z"] {
        world.go_to(at).await;
    }
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("unknown", 1));
    world.annie.shows(&[]);
    for at in ["2026-11-09T23:00:00Z", "2026-11-09T23:20:00Z"] {
        world.go_to(at).await;
    }
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 2));
    assert_eq!(world.state("bystander", "day-before"), "planned");
}

#[tokio::test]
async fn a_list_with_many_unreadable_rows_counts_as_incomplete() {
    let mut world = World::new().await;
    world.book(&[appointment("a", A, TUESDAY)]);
    world.annie.shows(&[odd(None), json!({"id": "x"}), json!(null)]);
    world = world.restart().await;
    world.go_to(DUE).await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("planned", 0));
}

#[tokio::test]
async fn a_start_in_the_future_counts_as_now() {
    let future = |to: &str| json!({"conversationId": "far", "toNumber": to, "fromNumber": OURS, "startTime": "2099-01-01T00:00:00Z"});
    // A conversation of another number stops no texts.
    let mut world = World::new().await;
    world.book(&[appointment("a", A, TUESDAY)]);
    world.annie.shows(&[future(B_E164)]);
    world = world.restart().await;
    world.go_to(DUE).await;
    assert_eq!((world.state("a", "day-before").as_str(), world.sent_to(A_E164)), ("sent", 1));
    // A conversation of the same number may be the uncertain text, which is therefore not sent again.
    world = World::new().await;
    world.book(&[appointment("a", A, TUESDAY)]);
    world.script([Outcome::Unknown { status: None, detail: "the connection broke".into() }]);
    world.go_to(DUE).await;
    world.annie.shows(&[future(A_E164)]);
    for at in ["2026-11-09T22:05:00Z", "2026-11-09T22:20:00Z", "2026-11-09T22:40:00Z", "2026-11-09T23:40:00Z"] {
        world.go_to(at).await;
    }
    assert_eq!(world.sent_to(A_E164), 1);
}

/// A list that was cut off before its last row, as happens after a thousand pages, stays incomplete while
/// conversations are compared.
#[tokio::test]
async fn an_incomplete_list_stays_incomplete_while_texts_are_compared() {
    let mut world = World::with_all("", "mode = \"live\"", DAY_BEFORE).await;
    world.book(&[appointment("a", A, TUESDAY), appointment("b", B, TUESDAY)]);
    let unknown = || Outcome::Unknown { status: None, detail: "the connection broke".into() };
    world.script([unknown(), unknown()]);
    world.go_to(DUE).await;
    assert_eq!(world.number("SELECT count(*) FROM attempts WHERE outcome = 'unknown'"), 2);
    let conversation = world.annie.begin(OURS, A_E164, &world.annie.sent()[0].message, instant(DUE));
    world.clock.advance(TimeDelta::minutes(2));
    let now = world.clock.now().timestamp();
    world
        .sql()
        .execute_batch(&format!(
            "UPDATE listings SET began_at = {now}, whole = 1, reach_back = 0, total = 200000, pages = 1000, verdict = 'incomplete';
             INSERT INTO listing_rows (api_key, conversation_id, started_at, to_phone, from_phone)
             VALUES ('default', '{}', {now}, '{A_E164}', '{OURS}');",
            conversation.0
        ))
        .unwrap();
    world.settle().await;
    assert_eq!(
        world.number("SELECT count(*) FROM attempts WHERE absent_at IS NOT NULL"),
        0,
        "an incomplete list proves nothing absent"
    );
    assert_eq!(
        world.number("SELECT count(*) FROM attempts WHERE outcome = 'sent'"),
        1,
        "the text that was found counts as sent"
    );
}
