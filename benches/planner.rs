//! The planner's figures in docs/performance.md: `cargo bench --bench planner`. In one process and on one thread.
//!
//! Times are medians. The replanning figure uses a real database file, with its triggers.

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use leadtime::config::{self, Config};
use leadtime::domain::appointment::{Appointment, Status};
use leadtime::domain::phone::Phone;
use leadtime::domain::private::Private;
use leadtime::engine::planning::{plan_facts, plan_some};
use leadtime::planner::input::{AppointmentInput, FeedImports, LiveSince, Number, PlannerInput};
use leadtime::store::Connection;
use leadtime::store::connection::open;
use leadtime::store::connection::store::in_transaction;
use leadtime::store::planning::replan_queue;

/// The shipped rules, live.
const CONFIG: &str = include_str!("../config.toml");

fn configuration(folder: &Path) -> Config {
    let text = CONFIG.replace("mode = \"observe\"", "mode = \"live\"");
    let text = text.replace("/var/lib/leadtime/leadtime.db", "bench.db");
    let path = folder.join("config.toml");
    std::fs::write(&path, text).unwrap_or_else(|e| panic!("{e}"));
    config::load(&path).unwrap_or_else(|e| panic!("{e}")).0
}

fn now() -> DateTime<Utc> {
    "2030-01-01T17:00:00Z".parse().unwrap_or_default()
}

/// The start of the n-th appointment of a practice with 100 patients on each working day.
fn start(n: u32) -> DateTime<Utc> {
    let (day, of_day) = (n / 100, n % 100);
    let monday: DateTime<Utc> = "2030-01-07T15:00:00Z".parse().unwrap_or_default();
    monday + TimeDelta::days(i64::from(day / 5 * 7 + day % 5)) + TimeDelta::minutes(i64::from(of_day) * 5)
}

fn number(n: u32) -> String {
    format!("+1303{:07}", 2_000_000 + n)
}

fn appointment(n: u32, patient: u32, starts_at: DateTime<Utc>) -> AppointmentInput {
    let seen = now() - TimeDelta::days(100);
    AppointmentInput {
        sender: leadtime::domain::sender::Sender {
            api_key: "default".into(),
            from_number: Phone::from_e164("+13035550199").expect("a number"),
        },
        holder: None,
        holder_start: None,
        moved_from: vec![],
        changed_at: None,
        row: Appointment {
            id: format!("V{n}").as_str().into(),
            patient_id: format!("P{patient}").as_str().into(),
            first_name: Private(Some("Ann".to_owned())),
            last_name: Private(Some("Lee".to_owned())),
            date_of_birth: Private(None),
            phone: Private(Some(number(patient))),
            language: None,
            type_id: None,
            description: Private(None),
            provider: Private(None),
            starts_at,
            ends_at: None,
            status: Status::Booked,
            location: None,
            feed: None,
            booked_at: None,
            consent: None,
        },
        first_start: starts_at,
        seen_at: seen,
        taken_at: seen,
        imports: FeedImports::None,
        bad_row: false,
        not_listed: false,
        off_the_book: false,
        importing: false,
        skipped: vec![],
        paused: None,
        outcome: None,
        twins: Vec::new(),
    }
}

fn facts(patient: u32, appointments: Vec<AppointmentInput>) -> PlannerInput {
    PlannerInput::new(Phone::from_e164(&number(patient)).map_or(Number::Missing, Number::Usable), appointments)
}

fn median(runs: usize, mut once: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..runs).map(|_| once()).collect();
    times.sort();
    times[runs / 2]
}

fn show(name: &str, time: Duration) {
    println!("{name:<66} {:>9.2} ms", time.as_secs_f64() * 1000.0);
}

fn main() {
    let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let config = configuration(folder.path());
    let live: LiveSince =
        config.rulebook.rules.iter().map(|rule| (rule.name.clone(), now() - TimeDelta::days(200))).collect();

    // 26,000 appointments for 6,500 patients who come four times a year.
    let year: Vec<PlannerInput> = (0..6_500)
        .map(|patient| {
            facts(
                patient,
                (0..4).map(|k| appointment(patient + k * 6_500, patient, start(patient + k * 6_500))).collect(),
            )
        })
        .collect();
    let mut texts = 0;
    let time = median(5, || {
        let began = Instant::now();
        texts = year.iter().map(|facts| plan_facts(&config, &live, facts, now()).messages.len()).sum();
        began.elapsed()
    });
    show(&format!("a year of 100 appointments a day planned, {texts} texts placed"), time);

    // One number for 200 appointments in half a year, such as an employer's or a nursing home's.
    let many = (0..200).map(|n| appointment(n, n % 5, start(n * 60) + TimeDelta::minutes(i64::from(n)))).collect();
    let many = facts(0, many);
    show(
        "placing for a number with 200 appointments",
        median(21, || {
            let began = Instant::now();
            let plan = plan_facts(&config, &live, &many, now());
            assert!(!plan.messages.is_empty());
            began.elapsed()
        }),
    );

    let mut costs = Vec::new();
    for stored in [1_000, 1_000_000] {
        let mut connection = database(&folder.path().join(format!("{stored}.db")), stored);
        let time = replanning(&mut connection, &config);
        show(&format!("replanning after one changed appointment, {stored} stored"), time);
        costs.push(time.as_secs_f64());
    }
    println!("{:<66} {:>9.2}", "ratio of the second to the first", costs[1] / costs[0]);
}

fn database(path: &Path, appointments: u32) -> Connection {
    let mut connection = open::read_write(path).unwrap_or_else(|e| panic!("{e}"));
    let fill = |connection: &mut Connection| -> Result<(), leadtime::store::StoreError> {
        in_transaction(connection, |tx| {
            let sql = "INSERT INTO appointments (id, patient_id, first_name, phone, starts_at, status, booked_at)
                       VALUES (?1, ?2, 'Ann', ?3, ?4, 'booked', '2026-01-01T00:00:00Z')";
            let mut insert = tx.prepare(sql)?;
            for n in 0..appointments {
                let patient = n % (appointments / 4);
                let at = start(n % 100_000).format("%Y-%m-%dT%H:%M:%SZ").to_string();
                insert.execute((format!("V{n}"), format!("P{patient}"), number(patient), at))?;
            }
            tx.execute("DELETE FROM replan_queue", [])?;
            Ok(())
        })
    };
    fill(&mut connection).unwrap_or_else(|e| panic!("{e}"));
    connection
}

/// Moves one appointment by an hour and replans its number, as the daemon does; without the commit to disk.
fn replanning(connection: &mut Connection, config: &Config) -> Duration {
    let mut n = 0;
    median(31, || {
        n += 7;
        let done = in_transaction(connection, |tx| {
            let moved =
                "UPDATE appointments SET starts_at = strftime('%Y-%m-%dT%H:%M:%SZ', starts_unix + 3600, 'unixepoch')
                         WHERE id = ?1";
            let began = Instant::now();
            tx.execute(moved, [format!("V{n}")])?;
            let step = plan_some(tx, config, now())?;
            assert_eq!((step.units, step.failed, replan_queue::count(tx)?), (1, 0, 0));
            Ok(began.elapsed())
        });
        done.unwrap_or_else(|e| panic!("{e}"))
    })
}
