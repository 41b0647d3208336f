//! Real appointment data, imported and planned by the real binary: every appointment and rule has exactly one state.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::program::Practice;
use crate::shared;

/// A small generator with a fixed seed (splitmix64), for the same times and numbers on every machine.
struct Seed(u64);

impl Seed {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

fn practice(zone: &str, days: &str) -> Practice {
    Practice::new(&format!(
        "[practice]\nname = \"Clinic\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\ntimezone = \"{zone}\"\n\
         [sending]\nmode = \"live\"\ndays = [{days}]\n\
         [[rule]]\nname = \"first\"\nlead = \"3 business days\"\nat = \"10:00\"\nmessage = \"You have a visit {{{{ appointment.when }}}}\"\n\
         [[rule]]\nname = \"last\"\nlead = \"1 business day\"\nat = \"10:30\"\nmessage = \"See you {{{{ appointment.when }}}}\"\n\
         [database]\npath = \"test.db\"\n"
    ))
}

/// The 110,527 appointments of noshows/ as our CSV. Each gets a plausible time of day, and each patient a number.
pub(crate) fn noshows() -> Option<String> {
    let source = shared::text(&shared::data("noshows/KaggleV2-May-2016.csv.gz")?);
    let mut seed = Seed(2016);
    let mut numbers: BTreeMap<&str, u64> = BTreeMap::new();
    let mut csv = String::from("id,patient_id,first_name,phone,starts_at,status,booked_at\n");
    for line in source.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (patient, id, booked, day) = (cells[0], cells[1], &cells[3][..19], &cells[4][..10]);
        // The range reserved for fiction in North America has too few numbers, so these are made up from another range.
        let number = *numbers.entry(patient).or_insert_with(|| 3_032_000_000 + seed.next(7_999_999));
        let quarter = 32 + seed.next(40);
        writeln!(
            csv,
            "{id},{patient},Ana,+1{number},{day}T{:02}:{:02}:00-03:00,booked,{booked}-03:00",
            quarter / 4,
            quarter % 4 * 15
        )
        .unwrap();
    }
    Some(csv)
}

/// The state by appointment and rule. Each pair must occur exactly once.
fn one_state_each(items: &[Value]) -> BTreeMap<(String, String), String> {
    let mut states = BTreeMap::new();
    for item in items {
        let text = |key: &str| item[key].as_str().unwrap().to_owned();
        let before = states.insert((text("appointment_id"), text("rule")), text("state"));
        assert!(before.is_none(), "listed twice: {item}");
        assert_eq!(item["request"].is_object(), item["state"] == "planned", "{item}");
        assert_eq!(item["reason"].is_string(), item["state"] != "planned", "{item}");
    }
    states
}

#[test]
fn the_noshows_data_are_imported_and_planned() {
    let Some(csv) = noshows() else { return };
    let practice = practice("America/Sao_Paulo", "\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\"");
    let out = practice.import(&csv, &[]).good();
    assert!(out.contains("110527 rows read: 110527 new appointments"), "{out}");

    // As of a day in the middle, for all following days.
    let now: DateTime<Utc> = "2016-05-17T15:00:00Z".parse().unwrap();
    let items = practice.plan(&["--now", "2016-05-17T15:00:00Z", "--days", "60"]);
    let states = one_state_each(&items);
    let ahead: BTreeSet<&str> = csv
        .lines()
        .skip(1)
        .filter(|line| DateTime::parse_from_rfc3339(line.split(',').nth(4).unwrap()).unwrap() >= now)
        .map(|line| line.split(',').next().unwrap())
        .collect();
    assert_eq!(states.len(), 2 * ahead.len());
    assert!(states.keys().all(|(id, _)| ahead.contains(id.as_str())));
    let count = |state: &str| states.values().filter(|s| *s == state).count();
    assert_eq!(count("planned") + count("skipped") + count("cancelled") + count("missed"), states.len());
    assert!(
        count("planned") > 10_000 && count("skipped") > 10_000,
        "{} planned, {} skipped",
        count("planned"),
        count("skipped")
    );
    for item in items.iter().filter(|item| item["state"] == "planned") {
        let due: DateTime<Utc> = item["due_at"].as_str().unwrap().parse().unwrap();
        let local = due - TimeDelta::hours(3);
        assert!(due >= now && ("09:02".."18:00").contains(&local.format("%H:%M").to_string().as_str()), "{item}");
    }
    // No number gets more texts than Annie allows, and appointments on one day share a text.
    let mut texts: BTreeMap<&str, BTreeSet<DateTime<Utc>>> = BTreeMap::new();
    for item in items.iter().filter(|item| item["state"] == "planned") {
        let due = item["due_at"].as_str().unwrap().parse().unwrap();
        texts.entry(item["request"]["toNumber"].as_str().unwrap()).or_default().insert(due);
    }
    let within = |times: &[DateTime<Utc>], days: i64, most: usize| {
        times.windows(most + 1).all(|run| run[most] - run[0] >= TimeDelta::days(days) + TimeDelta::minutes(5))
    };
    for (number, times) in &texts {
        let times: Vec<_> = times.iter().copied().collect();
        assert!(within(&times, 1, 1) && within(&times, 7, 3) && within(&times, 30, 6), "{number}: {times:?}");
    }
    let together = items.iter().filter(|item| item["together_with"].as_array().is_some_and(|a| !a.is_empty())).count();
    assert!(together > 1_000, "{together} reminders share a text with others");
    // The plan of a single day, and another import of the same data.
    let day = practice.plan(&["--now", "2016-05-17T15:00:00Z", "--days", "1"]);
    assert!(day.len() > 4_000 && day.len() < states.len());
    let again = practice.import(&csv, &["--complete"]).good();
    assert!(again.contains("0 new appointments, 0 changed."), "{again}");
}

#[test]
fn the_dental_data_are_imported_and_planned() {
    let Some(file) = shared::data("csv/dental-synthetic-appointments.csv.gz") else { return };
    let source = shared::text(&file);
    let mut csv = String::from("id,patient_id,first_name,phone,type_id,starts_at,status,booked_at\n");
    for line in source.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let status = match cells[8] {
            "completed" => "completed",
            "no_show" => "no-show",
            "cancelled" | "rescheduled" => "cancelled",
            _ => "booked",
        };
        // Iran has been at +03:30 since 2022. The file has no time zone.
        let instant = |text: &str| text.replace(' ', "T") + "+03:30";
        writeln!(
            csv,
            "{},{},Sara,+1303{:07},{},{},{status},{}",
            cells[0],
            cells[1],
            2_000_000 + cells[1].parse::<u32>().unwrap(),
            cells[6],
            instant(cells[4]),
            instant(cells[3])
        )
        .unwrap();
    }
    let practice = practice("Asia/Tehran", "\"sat\", \"sun\", \"mon\", \"tue\", \"wed\", \"thu\"");
    let out = practice.import(&csv, &[]).good();
    assert!(out.contains("8000 rows read: 8000 new appointments"), "{out}");
    let now = "2025-01-01T10:00:00+03:30";
    let states = one_state_each(&practice.plan(&["--now", now, "--days", "400"]));
    let ahead = csv.lines().skip(1).filter(|line| {
        DateTime::parse_from_rfc3339(line.split(',').nth(5).unwrap()).unwrap()
            >= DateTime::parse_from_rfc3339(now).unwrap()
    });
    assert_eq!(states.len(), 2 * ahead.count());
    assert!(states.values().any(|s| s == "cancelled"));
}

/// The daemon stores the same states that `plan` shows.
#[test]
fn the_stored_plan_and_the_shown_plan_are_the_same() {
    let Some(csv) = noshows() else { return };
    let practice = practice("America/Sao_Paulo", "\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\"");
    let some: String = csv.lines().take(2_001).fold(String::new(), |text, line| text + line + "\n");
    practice.import(&some, &[]).good();
    let mut connection = leadtime::store::connection::open::read_write(&practice.path("test.db")).unwrap();
    let (config, _) = leadtime::config::load(&practice.path("config.toml")).unwrap();
    let now: DateTime<Utc> = "2016-04-29T13:00:00Z".parse().unwrap();
    connection.execute("UPDATE first_seen SET seen_at = ?1, taken_at = ?1", [now.timestamp()]).unwrap();
    let tx = connection.transaction().unwrap();
    leadtime::store::planning::daemon_state::go_live(&tx, &config.rulebook.rules, now).unwrap();
    while leadtime::engine::planning::plan_some(&tx, &config, now).unwrap().units > 0 {}
    tx.commit().unwrap();
    let mut stored: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut statement = connection.prepare("SELECT appointment_id, rule, state FROM reminders").unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        stored.insert((row.get(0).unwrap(), row.get(1).unwrap()), row.get(2).unwrap());
    }
    assert_eq!(stored.len(), 4_000, "past appointments are stored too");
    let shown = one_state_each(&practice.plan(&["--now", "2016-04-29T13:00:00Z", "--days", "90"]));
    assert!(shown.len() > 1_000);
    for (key, state) in &shown {
        assert_eq!(stored.get(key), Some(state), "{key:?}");
    }
}
