//! The folder that exports are dropped into, with the real binary: only complete files are read, and none is lost.

use std::collections::BTreeSet;

use crate::program::{Ended, Practice};

const HEADER: &str = "id,patient_id,first_name,phone,starts_at,status\n";

fn practice() -> Practice {
    let practice = Practice::new(
        "[practice]\nname = \"Maple Dental\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
         timezone = \"America/Denver\"\n[[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"m\"\n\
         [database]\npath = \"test.db\"\n",
    );
    std::fs::create_dir_all(practice.path("spool/inbox")).unwrap();
    practice
}

fn row(id: &str, name: &str) -> String {
    format!("{id},P{id},{name},303-555-0101,2027-01-11T12:00:00-07:00,booked\n")
}

fn drop_in(practice: &Practice, name: &str, text: &str) {
    std::fs::write(practice.path("spool/inbox").join(name), text).unwrap();
}

fn import(practice: &Practice) -> Ended {
    practice.run(&["import-folder", "spool", "--at-rest-for", "0s"])
}

/// The files in this folder of the spool, without the time at the start of their names.
fn names(practice: &Practice, folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(practice.path("spool").join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_good_file_goes_to_done_and_a_bad_one_to_failed_with_a_report() {
    let practice = practice();
    drop_in(&practice, "good.csv", &format!("{HEADER}{}", row("A", "Ann")));
    drop_in(&practice, "some.CSV", &format!("{HEADER}{}{}", row("B", "Bo"), row("C", "Zebulon").replace("T12", "T99")));
    drop_in(&practice, "bad.csv", "Appointment List\nprinted today\n");
    drop_in(&practice, "none.csv", &format!("{HEADER}{}", row("D", "Zebulon").replace("T12", "T99")));
    // Files that are incomplete or not exports.
    for name in ["next.csv.part", ".hidden.csv", "notes.txt"] {
        drop_in(&practice, name, "x");
    }
    let ended = import(&practice);
    assert_eq!(ended.code, 1, "because of the refused files: {}{}", ended.out, ended.err);
    assert_eq!(names(&practice, "done"), set(&["good.csv", "some.CSV", "some.CSV.report.txt"]));
    let failed = set(&["bad.csv", "bad.csv.report.txt", "none.csv", "none.csv.report.txt"]);
    assert_eq!(names(&practice, "failed"), failed);
    assert_eq!(names(&practice, "inbox"), set(&["next.csv.part", ".hidden.csv", "notes.txt"]));
    assert_eq!(names(&practice, "reading"), set(&[]));
    assert_eq!(practice.number("SELECT count(*) FROM appointments"), 2);
    assert!(ended.err.contains("notes.txt was left in place"), "{}", ended.err);
    let reports: Vec<String> = std::fs::read_dir(practice.path("spool/failed"))
        .unwrap()
        .chain(std::fs::read_dir(practice.path("spool/done")).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with("report.txt"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    assert!(reports.iter().any(|report| report.contains("no column id")), "{reports:?}");
    assert!(reports.iter().any(|report| report.contains("line 3: starts_at")), "{reports:?}");
    assert!(!reports.concat().contains("Zebulon") && !ended.err.contains("Zebulon"), "{reports:?}");
    // An empty inbox is not an error.
    assert_eq!(import(&practice).code, 0);
}

#[test]
fn the_newest_export_is_imported_last_and_files_with_the_same_name_are_all_kept() {
    let practice = practice();
    let file = practice.path("spool/inbox/z-old.csv");
    std::fs::write(&file, format!("{HEADER}{}", row("A", "Old"))).unwrap();
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(long_ago).unwrap();
    drop_in(&practice, "a-new.csv", &format!("{HEADER}{}", row("A", "New")));
    import(&practice).good();
    assert_eq!(practice.number("SELECT count(*) FROM appointments WHERE first_name = 'New'"), 1);
    for name in ["Ann", "Bea", "Cem"] {
        drop_in(&practice, "a-new.csv", &format!("{HEADER}{}", row("A", name)));
        import(&practice).good();
    }
    let kept = std::fs::read_dir(practice.path("spool/done")).unwrap().count();
    assert_eq!(kept, 5, "all are kept, even within one second");
    assert_eq!(practice.number("SELECT count(*) FROM appointments WHERE first_name = 'Cem'"), 1);
}

#[test]
fn a_file_left_by_an_unusable_database_is_imported_by_the_next_run() {
    let practice = practice();
    drop_in(&practice, "first.csv", &format!("{HEADER}{}", row("A", "Ann")));
    // The database cannot be used right now, so the file is neither imported nor failed.
    practice.import(&format!("{HEADER}{}", row("X", "X")), &[]).good();
    practice.sql().pragma_update(None, "user_version", 99).unwrap();
    let ended = import(&practice);
    assert!(ended.code == 1 && ended.err.contains("the next run tries again"), "{}", ended.err);
    assert_eq!((names(&practice, "reading"), names(&practice, "failed")), (set(&["first.csv"]), set(&[])));
    let version: i64 = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap().count() as i64;
    practice.sql().pragma_update(None, "user_version", version).unwrap();
    drop_in(&practice, "second.csv", &format!("{HEADER}{}", row("B", "Bo")));
    import(&practice).good();
    assert_eq!(names(&practice, "done"), set(&["first.csv", "second.csv"]));
    assert_eq!(practice.number("SELECT count(*) FROM appointments"), 3);
}

#[test]
fn a_link_is_not_followed_and_a_missing_folder_is_reported() {
    let practice = practice();
    std::fs::write(practice.path("elsewhere.csv"), format!("{HEADER}{}", row("A", "Ann"))).unwrap();
    std::os::unix::fs::symlink(practice.path("elsewhere.csv"), practice.path("spool/inbox/link.csv")).unwrap();
    import(&practice).good();
    assert!(practice.path("elsewhere.csv").exists() && !practice.path("test.db").exists());
    let ended = practice.run(&["import-folder", "nowhere"]);
    assert!(ended.code == 1 && ended.err.contains("must contain a folder `inbox`"), "{}", ended.err);
}

#[test]
fn an_export_that_has_to_wait_makes_newer_ones_wait() {
    let practice = practice();
    // The first run creates the folders and the database.
    drop_in(&practice, "first.csv", &format!("{HEADER}{}", row("A", "First")));
    assert_eq!(import(&practice).code, 0);
    practice.sql().pragma_update(None, "user_version", 99).unwrap();
    for (name, first_name) in [("1-old.csv", "Old"), ("2-new.csv", "New")] {
        drop_in(&practice, name, &format!("{HEADER}{}", row("A", first_name)));
    }
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    std::fs::File::options()
        .write(true)
        .open(practice.path("spool/inbox/1-old.csv"))
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    for _ in 0..2 {
        assert_eq!(import(&practice).code, 1);
        assert_eq!((names(&practice, "reading").len(), names(&practice, "inbox").len()), (1, 1));
    }
    drop_in(&practice, "3-bystander.csv", &format!("{HEADER}{}", row("B", "Bo")));
    practice.sql().pragma_update(None, "user_version", 1).unwrap();
    assert_eq!(import(&practice).code, 0);
    assert_eq!(practice.number("SELECT count(*) FROM appointments WHERE first_name IN ('New', 'Bo')"), 2);
}

fn feeds() -> String {
    let feed = |name: &str, files: &str| {
        format!(
            "[[feed]]\nname = \"{name}\"\nkind = \"file\"\n{files}\nid_prefix = \"{name}-\"\n[feed.columns]\nid = \"Appt\"\n\
             starts_at = \"Start\"\nname = \"Patient\"\n"
        )
    };
    feed("north", "files = \"north*.txt\"") + &feed("south", "files = [\"south*\", \"s-?.csv\"]")
}

fn list(id: u32) -> String {
    format!("Appt,Start,Patient\n{id},2027-01-11 10:00 AM,\"Lee, Ana\"\n{},2027-01-12 10:00 AM,\"Lee, Bo\"\n", id + 1)
}

#[test]
fn each_file_goes_to_its_feed() {
    let practice = practice();
    let config = std::fs::read_to_string(practice.path("config.toml")).unwrap();
    std::fs::write(practice.path("config.toml"), config + &feeds()).unwrap();
    std::fs::create_dir(practice.path("spool/inbox/north")).unwrap();
    for (name, id) in
        [("north-1.txt", 71), ("s-1.csv", 71), ("north/any name.csv", 73), ("other.csv", 75), ("x.txt", 77)]
    {
        drop_in(&practice, name, &list(id));
    }
    let ended = import(&practice);
    assert_eq!(ended.code, 1, "because of other.csv: {}", ended.err);
    assert!(ended.err.contains("other.csv does not match the `files` of any feed"), "{}", ended.err);
    assert_eq!(names(&practice, "done"), set(&["north-1.txt", "s-1.csv", "any name.csv"]));
    assert_eq!(names(&practice, "failed"), set(&["other.csv", "other.csv.report.txt"]));
    assert_eq!(names(&practice, "inbox"), set(&["north", "x.txt"]));
    let of = |feed: &str| practice.number(&format!("SELECT count(*) FROM appointments WHERE feed = '{feed}'"));
    assert_eq!((of("north"), of("south")), (4, 2));
}

#[test]
fn a_file_that_keeps_failing_does_not_block_the_others() {
    let practice = practice();
    let long = format!("{}.csv", "n".repeat(236));
    drop_in(&practice, &long, &format!("{HEADER}{}", row("A", "Ann")));
    import(&practice).good();
    let done = names(&practice, "done");
    assert!(done.len() == 1 && done.iter().all(|name| name.ends_with("nn.csv") && name.len() < 200), "{done:?}");
    // Three runs were killed while reading this file, as if by running out of memory.
    std::fs::write(practice.path("spool/reading/evil.csv"), format!("{HEADER}{}", row("E", "Eve"))).unwrap();
    std::fs::write(practice.path("spool/reading/.evil.csv.tries"), "3\n").unwrap();
    drop_in(&practice, "next.csv", &format!("{HEADER}{}", row("B", "Bo")));
    let ended = import(&practice);
    assert!(ended.code == 1 && ended.err.contains("evil.csv: gave up after 3 tries"), "{}", ended.err);
    assert_eq!(names(&practice, "failed"), set(&["evil.csv", "evil.csv.report.txt"]));
    assert_eq!(practice.number("SELECT count(*) FROM appointments WHERE id IN ('A', 'B')"), 2);
    assert_eq!(practice.number("SELECT count(*) FROM appointments WHERE id = 'E'"), 0);
    assert_eq!(std::fs::read_dir(practice.path("spool/reading")).unwrap().count(), 0);
}

#[test]
fn a_pipe_or_link_in_place_of_a_file_is_not_read() {
    let practice = practice();
    drop_in(&practice, "good.csv", &format!("{HEADER}{}", row("A", "Ann")));
    import(&practice).good();
    std::fs::write(practice.path("secret.csv"), format!("{HEADER}{}", row("S", "Sue"))).unwrap();
    // Someone has replaced files in `reading` by a pipe, which would hang the import, and by a link.
    let pipe = practice.path("spool/reading/pipe.csv");
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    std::os::unix::fs::symlink(practice.path("secret.csv"), practice.path("spool/reading/link.csv")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, practice.path("spool/inbox/pipe.csv"), fifo, rustix::fs::Mode::RWXU, 0)
        .unwrap();
    drop_in(&practice, "next.csv", &format!("{HEADER}{}", row("B", "Bo")));
    import(&practice).good();
    assert_eq!(practice.number("SELECT count(*) FROM appointments WHERE id IN ('A', 'B')"), 2);
    assert_eq!(practice.number("SELECT count(*) FROM appointments WHERE id = 'S'"), 0);
    assert!(practice.path("secret.csv").exists());
}
