//! Backups of the database, by command and daily, and restoring them: nobody is texted twice.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use leadtime::engine::maintenance::housekeeping::Housekeeping;
use leadtime::store::Store;
use leadtime::store::connection::{integrity, open};
use leadtime::store::controls::daily_work::{self, Work};
use rusqlite::Connection;

use crate::program::{Daemon, Practice, Sandbox, live_config, record, visits_due_in};
use crate::world::{DAY_BEFORE, World, appointment};

fn observe() -> Practice {
    Practice::new(&live_config("http://127.0.0.1:9/v1").replace("\"live\"", "\"observe\""))
}

fn count(path: &Path, table: &str) -> i64 {
    Connection::open(path).unwrap().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_backup_is_complete_and_private_and_overwrites_nothing_without_force() {
    let practice = observe();
    practice.import(&visits_due_in(3600, 5), &[]).good();
    let out = practice.run(&["backup", "copy.db"]).good();
    assert!(out.contains("5 appointments, 0 attempts"), "{out}");
    let copy = practice.path("copy.db");
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!((count(&copy, "appointments"), integrity::flaws(&copy).unwrap()), (5, vec![]));
    // With a separate log file next to it, the backup would be incomplete on its own.
    let others = files(practice.folder.path()).into_iter().filter(|name| !name.starts_with("test.db"));
    assert_eq!(others.collect::<Vec<_>>(), ["appointments.csv", "config.toml", "copy.db"]);
    std::fs::write(practice.path("mine.txt"), "mine").unwrap();
    for (file, words) in [("mine.txt", "already exists and was left unchanged"), ("test.db", "is the database itself")]
    {
        let ended = practice.run(&["backup", file]);
        assert!(ended.code == 1 && ended.err.contains(words), "{file}: {}", ended.err);
    }
    let ended = practice.run(&["backup", "test.db", "--force"]);
    assert!(ended.code == 1 && ended.err.contains("is the database itself"), "{}", ended.err);
    assert_eq!(std::fs::read_to_string(practice.path("mine.txt")).unwrap(), "mine");
    practice.run(&["backup", "mine.txt", "--force"]).good();
    assert_eq!(
        (count(&practice.path("mine.txt"), "appointments"), practice.number("SELECT count(*) FROM appointments")),
        (5, 5)
    );
    let ended = practice.run(&["backup", "no/such/folder.db"]);
    assert!(ended.code == 1 && ended.err.contains("cannot write no/such/folder.db"), "{}", ended.err);
}

#[test]
fn deleted_data_is_not_in_the_backup() {
    let practice = observe();
    practice.import(&visits_due_in(3600, 50), &[]).good();
    practice.sql().execute_batch("PRAGMA secure_delete = off; DELETE FROM appointments WHERE id <> 'A0'; UPDATE appointments SET first_name = 'Ann'").unwrap();
    practice.run(&["backup", "copy.db"]).good();
    let contains_name =
        |name: &str| std::fs::read(practice.path(name)).unwrap().windows(7).any(|bytes| bytes == b"Zebulon");
    assert!(contains_name("test.db"), "SQLite is expected to leave deleted rows in the file");
    assert!(!contains_name("copy.db"));
}

/// A practice with daily backups, and the housekeeping that makes them.
async fn daily(lines: &str) -> (World, Housekeeping, PathBuf) {
    let rules = format!("{DAY_BEFORE}[backup]\nfolder = \"copies\"\n{lines}\n");
    let world = World::with("mode = \"live\"", &rules).await;
    world.book(&[appointment("bystander", "303-555-0109", "2026-11-20T15:00:00-07:00")]);
    let housekeeping = Housekeeping::new(Store::new(open::read_write(&world.database()).unwrap()));
    let folder = world.folder.path().join("copies");
    (world, housekeeping, folder)
}

async fn run(world: &World, housekeeping: &mut Housekeeping, at: &str) {
    let now: DateTime<Utc> = at.parse().unwrap();
    housekeeping.run(world.engine.config(), now, true).await.unwrap();
    housekeeping.finish_backup(now).await.unwrap();
}

#[tokio::test]
async fn a_backup_is_made_daily_at_its_local_time_and_once_after_downtime() {
    let (world, mut housekeeping, folder) = daily("").await;
    let seen = |housekeeping: Housekeeping| (housekeeping, files(&folder).len());
    // The first is made at once, the next at 2:30 AM in Denver. Two days of downtime lead to one backup, not two.
    run(&world, &mut housekeeping, "2026-11-09T17:00:00Z").await;
    for (at, copies) in [
        ("2026-11-09T23:00:00Z", 1),
        ("2026-11-10T09:29:55Z", 1),
        ("2026-11-10T09:30:00Z", 2),
        ("2026-11-10T09:30:05Z", 2),
        ("2026-11-13T05:00:00Z", 3),
        ("2026-11-13T05:00:05Z", 3),
        ("2026-11-13T09:30:00Z", 4),
    ] {
        run(&world, &mut housekeeping, at).await;
        let (again, found) = seen(housekeeping);
        housekeeping = again;
        assert_eq!(found, copies, "{at}");
    }
    assert_eq!(files(&folder)[0], "test-20261109-100000.db");
    assert_eq!(count(&folder.join("test-20261113-023000.db"), "appointments"), 1);
    // A restarted daemon knows that today's backup was made.
    let mut housekeeping = Housekeeping::new(Store::new(open::read_write(&world.database()).unwrap()));
    run(&world, &mut housekeeping, "2026-11-13T20:00:00Z").await;
    assert_eq!(files(&folder).len(), 4);
}

#[tokio::test]
async fn a_doubtful_clock_neither_stops_backups_nor_deletes_good_ones() {
    let (world, mut housekeeping, folder) = daily("keep = 2").await;
    for day in ["09", "10"] {
        run(&world, &mut housekeeping, &format!("2026-11-{day}T17:00:00Z")).await;
    }
    for day in 1..4 {
        let now = format!("2027-11-0{day}T20:00:00Z").parse().unwrap();
        housekeeping.run(world.engine.config(), now, false).await.unwrap();
        housekeeping.finish_backup(now).await.unwrap();
    }
    assert_eq!(
        files(&folder),
        ["test-20261110-100000.db", "test-20271101-140000.db", "test-20271102-140000.db", "test-20271103-140000.db"]
    );
    // The clock is correct again.
    run(&world, &mut housekeeping, "2026-11-11T17:00:00Z").await;
    assert_eq!(files(&folder), ["test-20261110-100000.db", "test-20261111-100000.db"]);
    assert_eq!(count(&folder.join("test-20261111-100000.db"), "appointments"), 1, "the bystander");
}

#[tokio::test]
async fn only_the_oldest_backups_of_this_database_are_deleted() {
    let (world, mut housekeeping, folder) = daily("keep = 2").await;
    std::fs::create_dir_all(folder.join("test-20200101-000000.db")).unwrap();
    let unrelated =
        ["a.txt", "test-2020.db", "test-20200101-000000.db.txt", "other-20200101-000000.db", "test-20209999-000000.db"];
    for name in unrelated {
        std::fs::write(folder.join(name), "mine").unwrap();
    }
    // The leftover of an interrupted backup is deleted after a day. A newer one may belong to a running process.
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    let cut_off = std::fs::File::create(folder.join(".leadtime-abc123.part")).unwrap();
    cut_off.set_modified(long_ago).unwrap();
    std::fs::File::create(folder.join(".leadtime-def456.part"))
        .unwrap()
        .set_modified("2026-11-14T16:00:00Z".parse::<DateTime<Utc>>().unwrap().into())
        .unwrap();
    for day in 10..15 {
        run(&world, &mut housekeeping, &format!("2026-11-{day}T17:00:00Z")).await;
    }
    let mut expected = unrelated.to_vec();
    expected.push(".leadtime-def456.part");
    expected.extend(["test-20200101-000000.db", "test-20261113-100000.db", "test-20261114-100000.db"]);
    expected.sort();
    assert_eq!(files(&folder), expected);
}

#[tokio::test]
async fn a_failed_backup_is_recorded_deletes_nothing_and_is_tried_again() {
    let (world, mut housekeeping, folder) = daily("keep = 1").await;
    run(&world, &mut housekeeping, "2026-11-09T17:00:00Z").await;
    let kept = files(&folder);
    std::fs::rename(&folder, folder.with_extension("away")).unwrap();
    std::fs::write(&folder, "a file where the folder should be").unwrap();
    run(&world, &mut housekeeping, "2026-11-10T09:30:00Z").await;
    let last = || daily_work::last(&world.sql(), Work::Backup).unwrap().unwrap();
    let fault = last().fault.unwrap();
    assert!(fault.1.contains("cannot write") && last().date.unwrap().to_string() == "2026-11-09", "{fault:?}");
    assert!(last().at.is_some());
    std::fs::remove_file(&folder).unwrap();
    std::fs::rename(folder.with_extension("away"), &folder).unwrap();
    // It is not tried again at once, but 15 minutes later.
    run(&world, &mut housekeeping, "2026-11-10T09:44:00Z").await;
    assert_eq!(files(&folder), kept);
    run(&world, &mut housekeeping, "2026-11-10T09:45:00Z").await;
    assert_eq!(files(&folder), ["test-20261110-024500.db"]);
    assert_eq!((last().fault, last().date.unwrap().to_string()), (None, "2026-11-10".to_owned()));
}

#[test]
fn restore_refuses_a_running_daemon_and_files_that_are_not_backups() {
    let practice = Practice::new(&live_config("http://127.0.0.1:9/v1"));
    practice.import(&visits_due_in(3600, 3), &[]).good();
    practice.run(&["backup", "copy.db"]).good();
    let before = practice.number("SELECT count(*) FROM appointments");
    let refused = |file: &str, words: &str| {
        let ended = practice.run(&["restore", file]);
        assert!(ended.code == 1 && ended.err.contains(words), "{file}: {}{}", ended.out, ended.err);
        assert_eq!(practice.number("SELECT count(*) FROM appointments"), before);
        assert!(
            !files(practice.folder.path()).iter().any(|name| name.contains("before-restore") || name.contains(".part"))
        );
    };
    // As root, a refused restore must not leave a lock file behind.
    let lock = practice.path("test.db.lock");
    let service = Some(12345);
    let is_root = std::os::unix::fs::chown(practice.path("test.db"), service, service).is_ok();
    refused("none.db", "is not a backup of a Leadtime database");
    if is_root {
        assert!(!lock.exists(), "a lock file was left behind");
        std::os::unix::fs::chown(practice.path("test.db"), Some(0), Some(0)).unwrap();
    }
    let daemon = Daemon::start(&practice, "k");
    refused("copy.db", "stop it first");
    daemon.stop();
    std::fs::write(practice.path("text.db"), "appointments for tomorrow: none, as far as anybody knows here").unwrap();
    std::fs::write(practice.path("empty.db"), "").unwrap();
    Connection::open(practice.path("other.db")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    for file in ["text.db", "empty.db", "other.db", "none.db"] {
        refused(file, "is not a backup of a Leadtime database");
    }
    refused("test.db", "is the database itself");
    let whole = std::fs::read(practice.path("copy.db")).unwrap();
    std::fs::write(practice.path("half.db"), &whole[..whole.len() / 2]).unwrap();
    refused("half.db", "or it is damaged");
    // Damage one page in the middle.
    let mut torn = whole.clone();
    let middle = whole.len() / 2 / 4096 * 4096;
    torn[middle..middle + 4096].fill(0x5A);
    std::fs::write(practice.path("torn.db"), torn).unwrap();
    refused("torn.db", "is damaged");
    std::fs::copy(practice.path("copy.db"), practice.path("newer.db")).unwrap();
    Connection::open(practice.path("newer.db")).unwrap().pragma_update(None, "user_version", 99).unwrap();
    refused("newer.db", "newer version");
    let mut other = Connection::open(practice.path("test.db")).unwrap();
    let writing = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let ended = practice.run(&["restore", "copy.db"]);
    assert!(ended.code == 1 && ended.err.contains("another program is writing"), "{}", ended.err);
    drop(writing);
}

#[test]
fn after_a_restore_nobody_is_texted_twice() {
    let practice = Practice::new("");
    let mut sandbox = Sandbox::start(&practice, &["--key", "k"]);
    std::fs::write(practice.path("config.toml"), live_config(&sandbox.base_url)).unwrap();
    let daemon = Daemon::start(&practice, "k");
    practice.import(&visits_due_in(4, 10), &[]).good();
    for _ in 0..10 {
        sandbox.post();
    }
    practice.run(&["backup", "copy.db"]).good();
    // Thirty more texts go out after the backup.
    let all = visits_due_in(2, 40);
    std::fs::write(
        practice.path("more.csv"),
        all.lines()
            .enumerate()
            .filter(|(n, _)| *n == 0 || *n > 10)
            .map(|(_, line)| format!("{line}\n"))
            .collect::<String>(),
    )
    .unwrap();
    practice.run(&["import", "more.csv"]).good();
    for _ in 0..30 {
        sandbox.post();
    }
    daemon.kill();
    // The database is destroyed, but its WAL file remains. It must not be applied to the restored backup.
    let wal = practice.path("test.db-wal");
    assert!(wal.exists());
    let database = std::fs::read(practice.path("test.db")).unwrap();
    std::fs::write(practice.path("test.db"), vec![0x5A; database.len()]).unwrap();
    let out = practice.run(&["restore", "copy.db", "--who", "Kim"]).good();
    assert!(out.contains("10 appointments, 10 attempts") && out.contains("is kept as"), "{out}");
    let kept: Vec<String> =
        files(practice.folder.path()).into_iter().filter(|name| name.contains("before-restore")).collect();
    assert!(kept.iter().any(|name| name.ends_with("-wal")) && kept.len() >= 2, "{kept:?}");
    assert!(!wal.exists());
    practice.run(&["import", "more.csv"]).good();
    let mut daemon = Daemon::start(&practice, "k");
    // One more text is due after the others. Once it is sent, the others would have been sent, too.
    std::fs::write(
        practice.path("last.csv"),
        visits_due_in(1, 1).replace("A0,P0", "Z,Z").replace("+13035551000", "+13035552000"),
    )
    .unwrap();
    practice.run(&["import", "last.csv"]).good();
    daemon.until("sent `day-before` for appointment Z");
    let (code, log) = daemon.stop();
    assert_eq!(code, 0, "{log}");
    let mut to: Vec<String> =
        record(&practice).iter().map(|r| r["request"]["toNumber"].as_str().unwrap().to_owned()).collect();
    to.sort();
    let texts = to.len();
    to.dedup();
    assert_eq!((texts, to.len()), (41, 41), "{log}");
    assert!(practice.run(&["audit", "verify"]).good().contains("is intact"));
    let history = practice.run(&["history"]).good();
    assert!(history.contains("the database was restored from a backup, by Kim"), "{history}");
    assert_eq!(practice.number("SELECT count(*) FROM reminders WHERE state = 'sent'"), 41);
}

#[test]
fn changes_since_the_backup_are_carried_over_by_a_restore() {
    let practice = observe();
    practice.import(&visits_due_in(3600, 4), &[]).good();
    practice.run(&["opt-out", "add", "303-555-1001"]).good();
    practice.run(&["opt-out", "add", "303-555-1009", "--who", "Bystander"]).good();
    practice.run(&["wrong-number", "add", "303-555-1002"]).good();
    practice.run(&["skip", "A0"]).good();
    practice.run(&["pause", "--who", "Kim"]).good();
    practice.run(&["note-outcome", "A1", "wants_cancel"]).good();
    practice.run(&["backup", "copy.db"]).good();
    for noted in [
        &["opt-out", "remove", "303-555-1001"][..],
        &["opt-out", "add", "303-555-1002", "--who", "Lee"],
        &["wrong-number", "remove", "303-555-1002"],
        &["wrong-number", "add", "303-555-1003"],
        &["skip", "A0", "--off"],
        &["skip", "A3"],
        &["note-outcome", "A2", "confirmed", "--who", "Lee"],
        &["resume"],
    ] {
        practice.run(noted).good();
    }
    let noted = |practice: &Practice| {
        [
            "SELECT group_concat(phone || coalesce(who, '')) FROM opt_outs",
            "SELECT group_concat(phone) FROM wrong_numbers",
            "SELECT group_concat(appointment_id) FROM skips",
            "SELECT 'pauses: ' || count(*) FROM pauses",
            "SELECT group_concat(phone) FROM opt_outs_lifted",
            "SELECT group_concat(appointment_id || outcome || since) FROM outcomes",
        ]
        .map(|sql| practice.sql().query_row(sql, [], |row| row.get::<_, Option<String>>(0)).unwrap())
    };
    let before = noted(&practice);
    // Two restores within one second would use the same file name.
    let restore = |file: &str| {
        for name in files(practice.folder.path()).iter().filter(|name| name.contains("before-restore")) {
            std::fs::remove_file(practice.path(name)).unwrap();
        }
        practice.run(&["restore", file]).good()
    };
    let out = restore("copy.db");
    assert!(out.contains("changes to 2 opt-outs, 2 wrong numbers, 1 pause, 2 skips; 1 noted outcome"), "{out}");
    assert!(!out.contains("enter them again"), "{out}");
    assert_eq!(noted(&practice), before);
    practice.run(&["audit", "verify"]).good();
    // A new, empty database does not show what was removed or undone.
    practice.run(&["pause"]).good();
    practice.run(&["backup", "later.db"]).good();
    let before = noted(&practice);
    for end in ["", "-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(practice.path(&format!("test.db{end}")));
    }
    practice.import(&visits_due_in(3600, 4), &[]).good();
    practice.run(&["opt-out", "add", "303-555-1000"]).good();
    let out = restore("later.db");
    assert!(out.contains("changes to 1 opt-out, 0 wrong") && out.contains("enter them again: opt-outs"), "{out}");
    practice.run(&["opt-out", "remove", "303-555-1000"]).good();
    assert_eq!(noted(&practice)[..4], before[..4]);
    // The old database cannot be read: every kind of record is listed.
    std::fs::write(practice.path("test.db"), vec![0x5A; 8192]).unwrap();
    let out = restore("later.db");
    for kind in ["opt-outs", "lifted", "wrong numbers", "pauses", "skipped"] {
        assert!(out.contains(kind), "{kind}: {out}");
    }
}
