//! What an import accepts, holds and refuses, with the real binary.

use crate::program::{Ended, Practice, now};

const PRACTICE: &str = "[practice]\nname = \"Maple Dental\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
     timezone = \"America/Denver\"\n[[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"m\"\n\
     [database]\npath = \"test.db\"\n";

const COLUMNS: &str = "[feed.columns]\nid = \"Appt\"\nstarts_at = [\"Date\", \"Time\"]\nname = \"Patient\"\nphone = \"Cell\"\nstatus = \"Status\"\n";
const HEADER: &str = "Appt,Date,Time,Patient,Cell,Status\n";

fn feed(name: &str, keys: &str) -> String {
    format!("[[feed]]\nname = \"{name}\"\nkind = \"file\"\n{keys}\n{COLUMNS}[feed.status]\nignored = [\"planned\"]\n")
}

fn practice(feeds: &str) -> Practice {
    Practice::new(&format!("{PRACTICE}{feeds}"))
}

fn configure(practice: &Practice, feeds: &str) {
    std::fs::write(practice.path("config.toml"), format!("{PRACTICE}{feeds}")).unwrap();
}

/// A row for appointment `number`, on this day of January 2027.
fn row(number: u32, day: u32, status: &str) -> String {
    let (id, minute) = (number + 70_000, number % 60);
    format!("{id},01/{day:02}/2027,10:{minute:02} AM,\"Lee, Ana{number}\",303-555-{:04},{status}\n", 1000 + number)
}

fn rows(numbers: std::ops::Range<u32>) -> String {
    numbers.map(|number| row(number, 13 + number % 15, "Scheduled")).collect()
}

fn import(practice: &Practice, text: &str, options: &[&str]) -> Ended {
    practice.import(&format!("{HEADER}{text}"), options)
}

fn live(practice: &Practice) -> i64 {
    practice.number("SELECT count(*) FROM appointments WHERE status IN ('booked', 'confirmed')")
}

fn reason(practice: &Practice, id: &str) -> String {
    practice.run(&["plan", "--days", "400"]).good();
    let rows = practice.plan(&["--days", "400"]);
    let row = rows.iter().find(|row| row["appointment_id"] == id).unwrap_or_else(|| panic!("{id}"));
    format!("{} {}", row["state"].as_str().unwrap(), row["reason"].as_str().unwrap_or_default()).trim().to_owned()
}

#[test]
fn a_feed_changes_only_its_own_appointments() {
    let practice = practice(&(feed("desk", "files = \"desk*\"") + &feed("list", "files = \"list*\"")));
    import(&practice, &rows(0..3), &["--feed", "desk"]).good();
    practice.sql().execute("INSERT INTO appointments (id, patient_id, starts_at, status) VALUES ('70009', 'x', '2027-01-20T12:00:00-07:00', 'booked')", []).unwrap();
    // Another feed lists one of desk's appointments, one written by a program, and one of its own.
    let other = row(1, 20, "Cancelled") + &row(9, 20, "Scheduled") + &row(11, 20, "Scheduled");
    let ended = import(&practice, &other, &["--feed", "list", "--complete"]);
    assert_eq!(ended.code, 1);
    for words in ["is an appointment of the feed desk", "is an appointment of a program", "leadtime feed rename"] {
        assert!(ended.err.contains(words), "{words}: {}", ended.err);
    }
    assert!(ended.out.contains("1 new appointment"), "{}", ended.out);
    assert_eq!(live(&practice), 5);
    assert_eq!(practice.number("SELECT count(*) FROM appointments WHERE feed = 'desk' AND status = 'booked'"), 3);
    // A complete file of that feed cancels none of the others' appointments.
    import(&practice, &row(12, 20, "Scheduled"), &["--feed", "list", "--complete"]).good();
    assert_eq!(practice.number("SELECT count(*) FROM appointments WHERE feed = 'list' AND status = 'cancelled'"), 1);
    assert_eq!(live(&practice), 5);
    // The file name tells which feed a file belongs to. A file that matches no feed is refused.
    std::fs::write(practice.path("desk-1.csv"), format!("{HEADER}{}", rows(0..3))).unwrap();
    practice.run(&["import", "desk-1.csv"]).good();
    let ended = import(&practice, &rows(0..3), &[]);
    assert!(ended.code == 2 && ended.err.contains("does not match the `files` of any feed"), "{}", ended.err);
}

#[test]
fn a_row_that_names_another_feed_does_not_affect_that_feed() {
    let own = "[[feed]]\nname = \"program\"\nkind = \"file\"\npreset = \"leadtime\"\nfiles = \"program*\"\n";
    let practice = practice(&(feed("desk", "files = \"desk*\"") + own));
    import(&practice, &rows(0..3), &["--feed", "desk"]).good();
    // One row of a file in Leadtime's own format claims to belong to desk, and the file is imported as complete.
    let header = "id,patient_id,phone,starts_at,feed\n";
    let text =
        |feed: &str, id: &str, day: u32| format!("{id},P,+13035550{day}11,2027-01-{day}T12:00:00-07:00,{feed}\n");
    let file = [header, &text("", "p1", 12), &text("desk", "p2", 20), &text("hygiene", "p3", 28)].concat();
    let ended = practice.import(&file, &["--feed", "program", "--complete"]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("is an appointment of the feed desk"), "{}", ended.err);
    let of = |feed: &str| {
        practice.number(&format!("SELECT count(*) FROM appointments WHERE feed = '{feed}' AND status = 'booked'"))
    };
    assert_eq!(
        [of("desk"), of("program"), of("hygiene")],
        [3, 1, 1],
        "a row that names an unknown feed belongs to the feed of its file"
    );
}

#[test]
fn renaming_a_feed_moves_its_appointments() {
    let practice = practice(&feed("desk", ""));
    import(&practice, &rows(0..3), &[]).good();
    configure(&practice, &feed("front", ""));
    let check = practice.run(&["check"]).good();
    assert!(check.contains("3 upcoming appointments belong to the feed desk"), "{check}");
    assert_eq!(import(&practice, &rows(0..3), &[]).code, 1);
    practice.sql().execute("DELETE FROM imports WHERE feed = 'front'", []).unwrap();
    assert!(practice.run(&["feed", "rename", "desk", "front", "--who", "Kim"]).good().contains("3 appointments"));
    let history = practice.run(&["history"]).good();
    assert!(history.contains("a feed was renamed (desk to front), by Kim"), "{history}");
    let out = import(&practice, &rows(0..3), &["--complete"]).good();
    assert!(out.contains("0 new appointments, 0 changed"), "{out}");
    assert_eq!(practice.run(&["feed", "rename", "front", "front"]).code, 1);
}

#[test]
fn missing_appointments_are_held_and_the_rest_is_applied() {
    let practice = practice(&feed("desk", "missing = \"cancel\""));
    import(&practice, &rows(0..30), &[]).good();
    // 20 of 30 are missing, 1 is cancelled, 1 is new.
    let few: String = row(0, 13, "Scheduled")
        + &(21..29).map(|n| row(n, 13 + n % 15, "Scheduled")).collect::<String>()
        + &row(29, 27, "Cancelled")
        + &row(40, 20, "Scheduled");
    let ended = import(&practice, &few, &[]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("20 of 30 upcoming appointments are missing from the file"), "{}", ended.err);
    assert!(ended.err.contains("leadtime feed accept desk"), "{}", ended.err);
    assert_eq!(live(&practice), 30, "one new, one cancelled");
    let status = practice.status();
    assert_eq!(status["feeds"]["troubles"][0]["feed"], "desk");
    assert!(practice.run(&["feed", "list"]).good().contains("HELD"));
    let doctor = practice.run(&["doctor", "--offline"]);
    assert!(doctor.code == 1 && doctor.out.contains("an import is waiting for your decision"), "{}", doctor.out);
    // One of the missing appointments was rebooked in the meantime, so it is not cancelled.
    practice
        .sql()
        .execute("UPDATE appointments SET starts_at = '2027-02-01T10:00:00-07:00' WHERE id = '70005'", [])
        .unwrap();
    let out = practice.run(&["feed", "accept", "desk", "--who", "Kim", "--why", "moved offices"]).good();
    assert!(out.contains("19 cancelled"), "{out}");
    let history = practice.run(&["history"]).good();
    assert!(
        history.contains("the held import was accepted (desk), by Kim (uid ") && history.contains("): moved offices"),
        "{history}"
    );
    assert!(history.contains("appointments were imported (desk)"), "{history}");
    assert_eq!((live(&practice), reason(&practice, "70003")), (11, "cancelled not-listed".to_owned()));
    assert_eq!(practice.run(&["feed", "accept", "desk"]).code, 1, "nothing is held any more");
}

#[test]
fn an_import_that_moves_most_appointments_is_held_as_a_whole() {
    let practice = practice(&feed("desk", ""));
    import(&practice, &rows(0..30), &[]).good();
    let moved = rows(0..30).replace("10:", "11:") + &row(40, 20, "Scheduled");
    let ended = import(&practice, &moved, &[]);
    assert!(ended.code == 1 && ended.err.contains("30 of 30 upcoming appointments would be moved"), "{}", ended.err);
    let at_eleven = "SELECT count(*) FROM appointments WHERE starts_at LIKE '%T11:%'";
    assert_eq!((live(&practice), practice.number(at_eleven)), (30, 0));
    assert!(practice.run(&["feed", "accept", "desk", "--who", "Kim"]).good().contains("1 new appointment, 30 changed"));
    assert!(practice.run(&["history"]).good().contains("the held import was accepted (desk), by Kim"));
    assert_eq!((live(&practice), practice.number(at_eleven)), (31, 30));
    assert_eq!(practice.number("SELECT count(*) FROM held_rows"), 0);
    // A good file replaces a held one.
    assert_eq!(import(&practice, &rows(0..30).replace("10:", "9:"), &[]).code, 1);
    import(&practice, &rows(0..30).replace("10:", "11:"), &[]).good();
    assert_eq!(practice.run(&["feed", "accept", "desk"]).code, 1);
    // A few may move, whatever their percentage.
    import(&practice, &(rows(0..5) + &rows(5..30).replace("10:", "11:")), &[]).good();
    assert_eq!(practice.number(at_eleven), 25);
}

#[test]
fn an_import_with_a_changed_mapping_is_held_for_review() {
    let practice = practice(&feed("desk", ""));
    import(&practice, &rows(0..5), &[]).good();
    configure(&practice, &feed("desk", "timezone = \"America/New_York\""));
    let dry = import(&practice, &rows(0..5), &["--dry-run"]);
    assert!(dry.out.contains("5 moved") && dry.out.contains("This import would be held"), "{}", dry.out);
    let ended = import(&practice, &rows(0..5), &[]);
    assert!(ended.code == 1 && ended.err.contains("changed in the configuration"), "{}", ended.err);
    let in_denver = "SELECT count(*) FROM appointments WHERE starts_at LIKE '%-07:00'";
    assert_eq!(practice.number(in_denver), 5);
    practice.run(&["feed", "accept", "desk"]).good();
    assert_eq!(practice.number(in_denver), 0);
    import(&practice, &rows(0..5), &[]).good();
}

#[test]
fn a_moved_appointment_is_recognized_without_ids() {
    let keys = "missing = \"cancel\"\nmax_missing = \"1%\"";
    let practice = practice(&feed("desk", keys).replace("id = \"Appt\"", "id = \"derived\""));
    import(&practice, &rows(0..30), &[]).good();
    let moved = rows(0..5).replace("10:", "11:") + &rows(5..30);
    let out = import(&practice, &moved, &[]).good();
    assert!(
        out.contains("5 new appointments, 0 changed, 5 cancelled")
            && out.contains("5 of them were moved to another time"),
        "{out}"
    );
    assert_eq!(live(&practice), 30);
    // Twelve are more than the guard allows to be missing, but they moved and are not missing.
    let out = import(&practice, &(rows(0..12).replace("10:", "9:") + &rows(12..30)), &["--dry-run"]);
    assert!(out.out.contains("12 moved") && out.out.contains("would be moved"), "{}", out.out);
}

#[test]
fn a_footer_is_not_a_row_and_two_treatments_at_one_time_are_one_appointment() {
    let keys = "missing = \"cancel\"";
    let practice = practice(&feed("desk", keys).replace("id = \"Appt\"", "id = \"derived\"\nprovider = \"Appt\""));
    let footer = "\"Total slots:\",4\n*** END OF REPORT ***  4 APPTS\n";
    // The column Appt holds providers here. Two of them see one patient at the same time.
    let twice = row(3, 14, "Scheduled") + &row(3, 14, "Scheduled").replace("70003", "80003");
    let out = import(&practice, &(row(1, 14, "Scheduled") + &row(2, 14, "Scheduled") + &twice + footer), &[]).good();
    assert!(out.contains("4 rows read: 3 new"), "{out}");
    let moved = row(1, 14, "Scheduled").replace("10:", "11:");
    let out = import(&practice, &(moved + &row(2, 14, "Scheduled") + &twice + footer), &[]).good();
    assert!(out.contains("1 new") && out.contains("1 cancelled"), "the old time does not stay booked: {out}");
    assert_eq!(live(&practice), 3);
    // One of the two is cancelled. The rows contradict each other, so neither is trusted.
    let half = row(3, 14, "Scheduled") + &row(3, 14, "Cancelled").replace("70003", "80003");
    let ended = import(&practice, &(row(2, 14, "Scheduled") + &half + footer), &["--partial"]);
    assert!(ended.code == 1 && ended.err.contains("different details"), "{}", ended.err);
}

#[test]
fn a_planned_row_cancels_its_appointment_until_it_is_scheduled_again() {
    let practice = practice(&feed("desk", ""));
    import(&practice, &rows(0..3), &[]).good();
    // The status is read before the start, so a planned row needs no start.
    let planned = "70001,,,\"Lee, Ana1\",303-555-1001,Planned\n70055,,,\"Lee, New\",303-555-1001,planned\n";
    let out = import(&practice, &(row(0, 13, "Scheduled") + planned), &[]).good();
    assert!(out.contains("1 marked in the file as cancelled or not scheduled"), "{out}");
    assert_eq!((live(&practice), reason(&practice, "70001")), (2, "cancelled off-the-book".to_owned()));
    assert_eq!(practice.number("SELECT count(*) FROM appointments WHERE id = '70055'"), 0);
    import(&practice, &rows(0..3), &[]).good();
    assert_eq!((live(&practice), reason(&practice, "70001")), (3, "skipped observe-mode".to_owned()));
}

#[test]
fn refused_rows_are_listed_until_they_can_be_read() {
    let practice = practice(&feed("desk", ""));
    let bad: String = (50..80).map(|n| row(n, 20, "FIRM")).collect();
    let ended = import(&practice, &(rows(0..3) + &bad), &[]);
    assert_eq!(ended.code, 1);
    let counted = "Status: \"FIRM\" is not a known status; add it to [feed.status] (30 rows, first in line 5)";
    assert!(ended.err.contains(counted) && ended.err.lines().count() == 1, "{}", ended.err);
    let list = practice.run(&["not-reached"]).good();
    assert!(
        list.contains("30 new rows could not be read") && list.contains("70050") && list.contains("line 5"),
        "{list}"
    );
    let other_day = practice.run(&["not-reached", "--date", "2030-01-01"]).good();
    assert!(other_day == "No appointments on Tue, Jan 1.\n", "{other_day}");
    let csv = practice.run(&["not-reached", "--csv"]).good();
    let unread = csv.lines().filter(|line| line.contains(",row-unreadable,")).collect::<Vec<_>>();
    assert!(unread.len() == 30 && unread[0].contains("70050") && unread[0].contains("line 5: Status"), "{csv}");
    let page = practice.run(&["not-reached", "--html"]).good();
    assert!(page.contains("70050") && page.contains("could not be read") && !page.contains("reach everyone with"));
    let explained = practice.run(&["explain", "70051"]).good();
    assert!(
        explained.contains("70051: line 6: Status")
            && explained.contains("could not be read")
            && explained.contains("nobody is texted"),
        "{explained}"
    );
    let items: serde_json::Value = serde_json::from_str(&practice.run(&["explain", "70051", "--json"]).good()).unwrap();
    assert_eq!((&items[0]["unreadable_row"]["line"], &items[0]["appointment_id"]), (&6.into(), &"70051".into()));
    assert_eq!(practice.status()["feeds"]["rows_not_read"], 30);
    assert!(practice.run(&["doctor", "--offline"]).out.contains("30 new rows could not be read"));
    // A row that is read now is removed from the list of refused rows. The others stay.
    import(&practice, &row(50, 20, "Scheduled"), &[]).good();
    assert_eq!(practice.number("SELECT count(*) FROM refused_rows"), 29);
    practice.run(&["explain", "70050"]).good();
    // A complete file replaces the whole list of refused rows.
    import(&practice, &(rows(0..3) + &row(50, 20, "Scheduled")), &["--complete"]).good();
    assert_eq!(practice.number("SELECT count(*) FROM refused_rows"), 0);
}

#[test]
fn a_refused_export_shows_in_status_feed_list_and_doctor() {
    let practice = practice(&feed("desk", ""));
    import(&practice, &rows(0..3), &[]).good();
    let ended = practice.import("Appt,Datum,Time,Patient,Cell,Status\n1,2,3,4,5,6\n", &[]);
    assert!(ended.code == 1 && ended.err.contains("no column `Date`"), "{}", ended.err);
    assert!(practice.run(&["status"]).good().contains("the last export was refused"));
    assert!(practice.run(&["feed", "list"]).good().contains("REFUSED"));
    let doctor = practice.run(&["doctor", "--offline", "--json"]);
    assert!(doctor.out.contains("the last export was refused"), "{}", doctor.out);
    import(&practice, &rows(0..3), &[]).good();
    assert!(!practice.run(&["status"]).good().contains("refused"));
}

#[test]
fn unusual_start_times_are_reported() {
    let practice = Practice::new(PRACTICE);
    let csv = "id,patient_id,first_name,starts_at,status\nA0,P0,Ann,2027-01-10T00:00:00-07:00,booked\n\
        A1,P1,Ann,2027-01-11T15:00:00-06:00,booked\nA2,P2,Ann,2027-01-12T15:00:00-06:00,booked\n\
        A3,P3,Ann,2027-01-12T22:00:00Z,booked\nA4,P4,Ann,2027-01-13T12:00:00-07:00,booked\n";
    let ended = practice.import(csv, &[]);
    assert_eq!((ended.code, live(&practice)), (0, 5), "reported, not refused: {}", ended.err);
    assert!(
        ended.err.contains(
            "the UTC offset is -06:00, but America/Denver has -07:00 on that day; is it 2:00 PM or 3:00 PM? (2 rows, first in line 3)"
        ),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("line 2: starts_at: the start is at midnight"), "{}", ended.err);
    assert_eq!(ended.err.lines().count(), 2, "{}", ended.err);
    let plan = practice.run(&["plan", "--days", "400"]).good();
    assert!(
        plan.contains("1 appointment starts at midnight") && plan.contains("2 appointments have a UTC offset"),
        "{plan}"
    );
}

#[test]
fn offsets_that_do_not_match_the_time_zone_are_held_until_someone_decides() {
    let columns = "[feed.columns]\nid = \"Appt\"\nstarts_at = \"Start\"\nname = \"Patient\"\n";
    let feed = |keys: &str| format!("[[feed]]\nname = \"desk\"\nkind = \"file\"\n{keys}\n{columns}");
    let csv =
        "Appt,Start,Patient\n71,2027-01-11T15:00:00-06:00,\"Lee, Ana\"\n72,2027-01-12T16:00:00-06:00,\"Lee, Bo\"\n";
    for (keys, in_utc) in [("", None), ("offsets = \"trust\"", Some("21")), ("offsets = \"ignore\"", Some("22"))] {
        let practice = practice(&feed(keys));
        let ended = practice.import(csv, &[]);
        match in_utc {
            None => assert!(ended.code == 1 && ended.err.contains("set offsets = \"trust\""), "{}", ended.err),
            Some(hour) => {
                ended.good();
                let sql = format!(
                    "SELECT count(*) FROM appointments WHERE id = '71' AND strftime('%H', starts_unix, 'unixepoch') = '{hour}'"
                );
                assert_eq!(practice.number(&sql), 1, "{keys}");
                let plan = practice.run(&["plan", "--days", "400"]).good();
                assert!(!plan.contains("UTC offset"), "the configuration says which is correct: {plan}");
            }
        }
    }
}

/// With the files reported by users, each appointment keeps its own date, or its row is reported.
#[test]
fn stray_quotes_never_give_an_appointment_another_ones_date() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/reported");
    let read = |file: &str| std::fs::read_to_string(format!("{data}/{file}")).unwrap();
    for (good, bad) in [
        ("17-quotes-complete/good.csv", "17-quotes-complete/rows.csv"),
        ("17-quotes-complete/good.csv", "17-quotes-one-stray/rows.csv"),
    ] {
        let practice = Practice::new(PRACTICE);
        let later = |text: String| text.replace("2026-12-", "2027-01-");
        practice.import(&later(read(good)), &[]).good();
        let before = practice.number("SELECT sum(starts_unix) FROM appointments WHERE status = 'booked'");
        let ended = practice.import(&later(read(bad)), &["--complete"]);
        assert_eq!(ended.code, 1, "{}", ended.err);
        let after = practice.number("SELECT sum(starts_unix) FROM appointments WHERE status = 'booked'");
        assert_eq!((before, live(&practice)), (after, 2), "{bad}: {}", ended.err);
        assert!(ended.err.contains("quotation mark") || ended.err.contains("quoted"), "{}", ended.err);
    }
}

#[test]
fn feed_test_shows_masked_rows_and_writes_nothing() {
    let practice = practice(&feed("desk", ""));
    std::fs::write(practice.path("list.csv"), format!("{HEADER}{}", rows(0..20))).unwrap();
    let out = practice.run(&["feed", "test", "desk", "list.csv"]).good();
    assert!(out.contains("20 appointments") && out.lines().count() == 11, "{out}");
    assert!(!out.contains("Ana") && !out.contains("555"), "{out}");
    assert!(!practice.path("test.db").exists());
    let old = self::practice("[feed]\nstale_after = \"26 hours\"\n");
    let ended = old.run(&["check"]);
    assert!(
        ended.code == 2 && ended.err.contains("[feed] is now [[feed]]") && ended.err.contains("preset = \"leadtime\"")
    );
}

#[test]
fn a_dry_run_shows_everything_and_writes_nothing() {
    let practice = practice(&feed("desk", ""));
    let soon = |days: i64| (now() + chrono::TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    let row = |id: u32, day: &str, status: &str| {
        format!("{id},{day},1:00 PM,\"Lee, Ana{id}\",303-555-{:04},{status}\n", 1000 + id - 70_000)
    };
    let first = row(70_001, &soon(6), "Scheduled") + &row(70_002, &soon(7), "Scheduled");
    let out = import(&practice, &first, &["--dry-run"]).good();
    assert!(
        out.contains("In total: 2 new. All of them are still to come.") && out.contains("day-before: 1 added"),
        "{out}"
    );
    assert!(!practice.path("test.db").exists());
    import(&practice, &first, &[]).good();
    let before = practice.number("SELECT count(*) FROM imports");
    let next =
        row(70_001, &soon(8), "Scheduled") + &row(70_002, &soon(7), "Cancelled") + &row(70_003, &soon(9), "FIRM");
    let ended = import(&practice, &next, &["--dry-run"]);
    assert_eq!(ended.code, 1, "because of the row with FIRM");
    assert!(ended.out.contains("In total: 1 cancelled, 1 moved."), "{}", ended.out);
    assert!(ended.out.contains("2 rows read, 1 left out") && ended.out.contains("dropped"), "{}", ended.out);
    assert!(!ended.out.contains("Ana"), "names are shown only on a terminal");
    assert_eq!((live(&practice), practice.number("SELECT count(*) FROM imports")), (2, before));
    assert_eq!(practice.number("SELECT count(*) FROM refused_rows"), 0);
    let left =
        std::fs::read_dir(practice.folder.path()).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(left.count(), 0, "the temporary copy was not removed");
}

/// "Y" under "No texts" is a no.
#[test]
fn a_consent_column_whose_name_means_the_opposite_needs_its_words() {
    for (name, is_refused) in [
        ("sms_optout_ind", true),
        ("disable_sms_messages", true),
        ("No texts", true),
        ("Do Not Text", true),
        ("OK to text", false),
        ("SMS consent", false),
    ] {
        let with = |words: &str| {
            let columns = COLUMNS.replace("status =", &format!("consent = \"{name}\"\nstatus ="));
            let feed = format!("[[feed]]\nname = \"desk\"\nkind = \"file\"\n{columns}{words}");
            practice(&feed).run(&["check"])
        };
        let checked = with("");
        assert_eq!(checked.code == 2, is_refused, "{name}: {}", checked.err);
        assert_eq!(checked.err.contains("may say who must NOT be texted"), is_refused, "{name}: {}", checked.err);
        let listed = with("[feed.consent]\nno = [\"Y\"]\nunknown = [\"N\", \"\"]\n");
        assert_ne!(listed.code, 2, "{name}: {}", listed.err);
    }
}

#[test]
fn a_file_without_column_names_needs_its_width_and_the_words_of_consent() {
    let columns = "[feed.columns]\nid = \"column 1\"\nstarts_at = \"column 2\"\nname = \"column 3\"\nphone = \"column 4\"\nconsent = \"column 5\"\n";
    let check = |keys: &str, words: &str| {
        let feed = format!("[[feed]]\nname = \"desk\"\nkind = \"file\"\n{keys}\n{columns}{words}");
        practice(&feed).run(&["check"])
    };
    let words = "[feed.consent]\nyes = [\"IN\"]\nno = [\"OUT\", \"\"]\n";
    let lacking = check("header = 0", words);
    assert!(lacking.code == 2 && lacking.err.contains("needs `width`"), "{}", lacking.err);
    let unexplained = check("header = 0\nwidth = 5", "");
    assert!(
        unexplained.code == 2 && unexplained.err.contains("`column 5` may say who must NOT be texted"),
        "{}",
        unexplained.err
    );
    assert_ne!(check("header = 0\nwidth = 5", words).code, 2);
}

#[test]
fn a_name_that_check_refuses_is_not_suggested() {
    let practice = practice("");
    std::fs::write(practice.path("list.csv"), format!("{HEADER}{}", rows(0..3))).unwrap();
    let ended = practice.run(&["feed", "suggest", "list.csv", "--name", "front_desk"]);
    assert!(ended.code == 2 && ended.err.contains("lowercase letters, digits and hyphens"), "{}", ended.err);
}
