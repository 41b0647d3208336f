//! Many API keys: they share commits and take turns.

use chrono::TimeDelta;

use crate::world::{DAY_BEFORE, World};

/// One commit serves several keys, and the key that had to wait goes first the next time.
#[tokio::test]
async fn keys_take_turns() {
    let location = |n| {
        format!(
            "[[location]]\nid = \"l{n}\"\nname = \"Office {n}\"\nphone = \"+1775555010{n}\"\n\
             from_number = \"+1775555019{n}\"\napi_key_file = \"l{n}.key\"\n"
        )
    };
    let rules = format!("{DAY_BEFORE}\n{}", (1..5).map(location).collect::<String>());
    let mut world = World::with_all("concurrency = 64", "mode = \"live\"", &rules).await;
    let rows: String = (0..1000)
        .map(|n| {
            let location = if n % 5 == 0 { "NULL".to_owned() } else { format!("'l{}'", n % 5) };
            format!(
                "INSERT INTO appointments (id, patient_id, first_name, phone, starts_at, status, location)
                 VALUES ('v{n}', 'p{n}', 'Ann', '+1303{:07}', '2026-11-10T15:00:00-07:00', 'booked', {location});",
                2_000_000 + n
            )
        })
        .collect();
    world.execute(&rows);
    world.settle().await;
    world.clock.set("2026-11-09T22:00:00Z".parse().unwrap());
    assert_eq!(world.until_begun().await.begun, 256, "as many as one commit takes");
    assert_eq!(world.number("SELECT count(DISTINCT api_key) FROM attempts"), 4);
    // All of them have free slots and permits again.
    world.engine.drain().await.unwrap();
    world.clock.advance(TimeDelta::seconds(1));
    world.engine.pass().await.unwrap();
    let of_the_fifth = "SELECT count(*) FROM attempts GROUP BY api_key ORDER BY min(id) DESC LIMIT 1";
    assert_eq!(world.number("SELECT count(DISTINCT api_key) FROM attempts"), 5);
    assert_eq!(world.number(of_the_fifth), 64, "it had its turn before the others had another");
    world.settle().await;
    assert_eq!(world.number("SELECT count(*) FROM reminders WHERE state = 'sent'"), 1000);
    assert_eq!(world.number("SELECT count(*) FROM attempts WHERE outcome = 'sent'"), 1000, "each once");
}

/// A pass says how long it is until the next text is due.
#[tokio::test]
async fn the_next_due_text_is_known() {
    let mut world = World::with_all("", "mode = \"live\"", DAY_BEFORE).await;
    world.execute(
        "INSERT INTO appointments (id, patient_id, first_name, phone, starts_at, status) VALUES
             ('a', 'p', 'Ann', '+13035550101', '2026-11-10T15:00:00-07:00', 'booked'),
             ('b', 'q', 'Bo', '+13035550102', '2026-11-10T15:00:40-07:00', 'booked')",
    );
    assert_eq!(world.go_to("2026-11-09T20:00:00Z").await.next_due, None, "it is hours away");
    let seconds = |report: leadtime::engine::report::PassReport| report.next_due.map(|wait| wait.as_secs_f64().round());
    assert_eq!(seconds(world.go_to("2026-11-09T21:59:30Z").await), Some(30.0));
    assert_eq!(seconds(world.go_to("2026-11-09T22:00:00Z").await), Some(40.0));
    assert_eq!(world.number("SELECT count(*) FROM reminders WHERE state = 'sent'"), 1);
}
