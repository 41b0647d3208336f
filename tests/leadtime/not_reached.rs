//! Patients whom no text reaches: on demand, and as files on each open day.

use leadtime::clock::Clock;
use leadtime::reports::not_reached::{coming_days, list};
use leadtime::store::connection::open;

use crate::program::{Daemon, Practice, live_config};
use crate::world::{DAY_BEFORE, Visit, World, appointment};

/// Monday at 10 AM; Tuesday is the next open day.
const NOW: &str = "2026-11-09T17:00:00Z";

fn in_denver() -> Practice {
    let config = live_config("http://127.0.0.1:9/v1");
    let zone = config.lines().find(|line| line.starts_with("timezone")).unwrap().to_owned();
    Practice::new(&config.replace(&zone, "timezone = \"America/Denver\""))
}

fn practice() -> Practice {
    let practice = in_denver();
    let appointment = |id: &str, name: &str, phone: &str, start: &str, status: &str| {
        format!("{id},P{id},{name},<Smith>,{phone},{start},{status},2026-01-01T00:00:00Z,Dr. \"Lee\"\n")
    };
    let csv = String::from("id,patient_id,first_name,last_name,phone,starts_at,status,booked_at,provider\n")
        + &appointment("a", "Ann", "303-555-1001", "2026-11-10T15:00:00-07:00", "booked")
        + &appointment("b", "=Bob", "", "2026-11-10T09:00:00-07:00", "booked")
        + &appointment("c", "Cid", "not a phone", "2026-11-10T10:00:00-07:00", "booked")
        + &appointment("d", "Dan", "", "2026-11-10T11:00:00-07:00", "cancelled")
        + &appointment("e", "Eve", "", "2026-11-10T11:30:00-07:00", "confirmed")
        + &appointment("f", "Fay", "", "2026-11-12T11:00:00-07:00", "booked");
    practice.import(&csv.replace(",Dr. \"Lee\"", ",Dr. Lee"), &[]).good();
    practice
}

#[test]
fn the_list_shows_whom_to_call_and_why() {
    let practice = practice();
    let out = practice.run(&["not-reached", "--now", NOW]).good();
    assert!(
        out.contains("Tue Nov 10\n   9:00 AM  =Bob <Smith>") && out.contains("the appointment has no phone number"),
        "{out}"
    );
    assert!(out.contains("Cid") && out.contains("not a phone") && out.contains("2 patients to call"), "{out}");
    for nobody in ["Ann", "Dan", "Eve", "Fay"] {
        assert!(!out.contains(nobody), "{nobody}: {out}");
    }
    let thursday = practice.run(&["not-reached", "--now", NOW, "--date", "2026-11-12"]).good();
    assert!(
        thursday.contains("Fay") && thursday.contains("1 patient to call") && !thursday.contains("Cid"),
        "{thursday}"
    );
    let friday = practice.run(&["not-reached", "--now", NOW, "--date", "2026-11-13"]).good();
    assert!(friday == "No appointments on Fri, Nov 13.\n", "{friday}");
    let tomorrow = practice.run(&["not-reached", "--now", "2026-11-11T17:00:00Z"]).good();
    assert!(tomorrow.contains("Fay"), "{tomorrow}");
    let empty = practice.run(&["not-reached", "--now", "2026-12-24T17:00:00Z"]).good();
    assert_eq!(empty, "No appointments from now until the end of Fri, Dec 25.\n");
    let page = practice.run(&["not-reached", "--now", "2026-12-24T17:00:00Z", "--html"]).good();
    assert!(page.contains("<p>No appointments from now until the end of Fri, Dec 25.</p>"), "{page}");
    let past = practice.run(&["not-reached", "--now", NOW, "--date", "2026-11-02"]).good();
    assert_eq!(past, "That day is over.\n");
    let american = practice.run(&["not-reached", "--now", NOW, "--date", "12/19/2026"]);
    assert!(american.code == 2 && american.err.contains("write the date as 2026-12-19"), "{}", american.err);
    let csv = practice.run(&["not-reached", "--now", NOW, "--csv"]).good();
    let rows: Vec<Vec<String>> = csv::Reader::from_reader(csv.as_bytes())
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0][2], "'=Bob <Smith>", "a spreadsheet must not read it as a formula");
    assert_eq!(rows[1][6], "invalid-phone");
    let page = practice.run(&["not-reached", "--now", NOW, "--html"]).good();
    assert!(page.contains("&lt;Smith&gt;") && !page.contains("<Smith>"), "{page}");
    assert!(page.contains("Maple Dental: patients not reached by text"), "{page}");
}

#[test]
fn the_daemon_writes_the_list_once_on_each_open_day() {
    let practice = practice();
    let config = std::fs::read_to_string(practice.path("config.toml")).unwrap();
    let config =
        config.replace("[schedule]\n", "[schedule]\nnot_reached = \"00:00\"\n").replace("\"live\"", "\"observe\"");
    std::fs::write(practice.path("config.toml"), config).unwrap();
    let mut daemon = Daemon::start(&practice, "k");
    daemon.until("patients with appointments in the coming days get no text");
    let files = |practice: &Practice| {
        let mut names: Vec<String> = std::fs::read_dir(practice.path("not-reached"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let made = files(&practice);
    assert_eq!(made.len(), 2, "{made:?}");
    assert_eq!(daemon.stop().0, 0);
    let page = practice.path("not-reached").join(&made[1]);
    std::fs::write(&page, "notes of the desk").unwrap();
    let mut again = Daemon::start(&practice, "k");
    for _ in 0..2 {
        again.signal(rustix::process::Signal::HUP);
        again.until("configuration reloaded");
    }
    assert_eq!(again.stop().0, 0);
    assert_eq!(std::fs::read_to_string(&page).unwrap(), "notes of the desk", "the list is written only once a day");
    // A clock that was once ahead does not stop the list forever.
    practice.sql().execute("UPDATE daily_work SET done_for = '2099-01-01'", []).unwrap();
    let mut resumed = Daemon::start(&practice, "k");
    resumed.until("patients with appointments in the coming days get no text");
    assert_eq!(resumed.stop().0, 0);
}

fn listed(world: &World) -> Vec<String> {
    let (connection, config) = (open::read_only(&world.database()).unwrap(), world.engine.config());
    let now = world.clock.now();
    let found = list(&connection, config, coming_days(config, now), now).unwrap().patients;
    found.iter().map(|one| format!("{} {}", one.appointment.id, one.code)).collect()
}

#[tokio::test]
async fn the_list_includes_patients_whose_texts_wait_too_long_for_an_import() {
    let rules = format!(
        "{DAY_BEFORE}[[feed]]\nname = \"csv\"\nkind = \"file\"\npreset = \"leadtime\"\nstale_after = \"1 hour\"\n"
    );
    let mut world = World::with("mode = \"live\"", &rules).await;
    world.book(&[
        appointment("a", "303-555-0101", "2026-11-10T11:00:00-07:00"),
        appointment("bystander", "303-555-0109", "2026-11-10T16:00:00-07:00"),
    ]);
    world.go_to("2026-11-09T17:30:00Z").await;
    // A short wait is no reason to call.
    world.go_to("2026-11-09T18:29:00Z").await;
    assert_eq!(listed(&world), [""; 0]);
    world.go_to("2026-11-09T18:30:00Z").await;
    assert_eq!(listed(&world), ["a stale-feed"]);
    // Changing another field plans the reminder again; it stays on the list.
    world.execute("UPDATE appointments SET provider = 'Dr. Lee' WHERE id = 'a'");
    assert_eq!(listed(&world), ["a stale-feed"]);
}

#[tokio::test]
async fn a_duplicate_entry_is_not_listed_if_the_other_entry_is_texted_at_the_same_number() {
    let mut world = World::new().await;
    let twin = |id, phone| Visit { patient: "p", ..appointment(id, phone, "2026-11-10T15:00:00-07:00") };
    world.book(&[twin("a", "303-555-0101"), twin("b", "(303) 555 0101"), twin("c", "")]);
    world.book(&[appointment("bystander", "12", "2026-11-10T16:00:00-07:00")]);
    world.settle().await;
    assert_eq!(world.state("b", "day-before"), "skipped (duplicate)");
    assert_eq!(listed(&world), ["c no-phone", "bystander invalid-phone"]);
    world.go_to("2026-11-09T22:01:00Z").await;
    assert_eq!((world.state("a", "day-before").as_str(), listed(&world).len()), ("sent", 2));
}

#[test]
fn namesakes_with_no_birth_dates_are_listed() {
    let practice = in_denver();
    let row = |id: &str, born: &str, at: &str| {
        format!("{id},Ann,Smith,{born},303-555-1001,{at},booked,2026-01-01T00:00:00Z\n")
    };
    let csv = String::from("id,first_name,last_name,date_of_birth,phone,starts_at,status,booked_at\n")
        + &row("a", "", "2026-11-10T15:00:00Z")
        + &row("b", "", "2026-11-10T15:00:00Z")
        + &row("c", "1980-01-01", "2026-11-10T16:00:00Z")
        + &row("d", "1980-01-01", "2026-11-10T16:00:00Z");
    practice.import(&csv, &[]).good();
    let out = practice.run(&["not-reached", "--now", "2026-11-08T17:00:00Z", "--date", "2026-11-10"]).good();
    assert!(out.contains("1 patient to call") && out.contains("another entry"), "{out}");
}
