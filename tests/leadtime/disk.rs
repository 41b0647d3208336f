//! Disk faults under the real program: full, read-only, failing, locked by another process, damaged.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::Signal;

use crate::program::{Daemon, Practice, Sandbox, live_config, record, visits_due_in};

/// More texts than can go out before the disk fault takes effect.
const TEXTS: usize = 250;

/// Builds the library that makes the disk fail on demand.
fn build_fault_library(practice: &Practice) -> PathBuf {
    let (source, library) =
        (concat!(env!("CARGO_MANIFEST_DIR"), "/tests/leadtime/broken_disk.c"), practice.path("breaker.so"));
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl").status();
    assert!(built.unwrap().success(), "the C compiler could not build the library");
    library
}

/// Texts that go out before the disk fails.
const FIRST: usize = 8;

struct Broken {
    practice: Practice,
    sandbox: Sandbox,
    daemon: Daemon,
}

impl Broken {
    /// A practice with texts due at once, two at a time. Waits until the first have gone out.
    fn start() -> Broken {
        let practice = Practice::new("");
        let mut sandbox = Sandbox::start(&practice, &[]);
        let config = live_config(&sandbox.base_url).replace("concurrency = 8", "concurrency = 2");
        std::fs::write(practice.path("config.toml"), config).unwrap();
        let library = build_fault_library(&practice);
        // The rules must be live before the texts are due.
        practice.import(&visits_due_in(6, TEXTS), &[]).good();
        let order = practice.path("order");
        let daemon = Daemon::start_with(
            &practice,
            &[
                ("LD_PRELOAD", library.as_os_str()),
                ("BROKEN_DISK", order.as_os_str()),
                ("BROKEN_DISK_FILES", "test.db".as_ref()),
            ],
        );
        for _ in 0..FIRST {
            sandbox.post();
        }
        Broken { practice, sandbox, daemon }
    }

    fn set_fault(&self, order: &str) {
        // Replaced in one step, because the program may read it at any moment.
        std::fs::File::create(self.practice.path("order.new")).unwrap().write_all(order.as_bytes()).unwrap();
        std::fs::rename(self.practice.path("order.new"), self.practice.path("order")).unwrap();
    }

    /// Lets some passes run in the disk's current state.
    fn some_passes(&mut self) {
        for _ in 0..3 {
            self.daemon.signal(Signal::HUP);
            self.daemon.until("onfiguration");
        }
    }

    /// The disk works again: the remaining texts go out without help, and none goes out twice.
    fn finish_after_repair(mut self) {
        std::fs::remove_file(self.practice.path("order")).unwrap();
        // Includes the texts that were under way when the disk failed.
        for _ in FIRST..TEXTS {
            self.sandbox.post();
        }
        let (code, log) = self.daemon.stop();
        assert_eq!(code, 0, "{log}");
        assert_eq!(record(&self.practice).len(), TEXTS);
        assert_eq!(
            self.practice.number("SELECT count(DISTINCT phone) FROM attempts WHERE outcome = 'sent'"),
            TEXTS as i64
        );
        assert_eq!(self.practice.number("SELECT count(*) FROM reminders WHERE state = 'sent'"), TEXTS as i64);
        self.practice.run(&["audit", "verify"]).good();
    }
}

/// Sending stops before the next POST, no reminder gets a wrong state, and sending resumes by itself.
fn stops_and_resumes(order: &str, says: &str) {
    let mut broken = Broken::start();
    broken.set_fault(order);
    broken.daemon.until(&format!("sending is interrupted, but nothing is lost: {says}"));
    broken.some_passes();
    // Some texts may have been under way. None has started since, and each has its claim on disk.
    let posts = record(&broken.practice).len();
    assert!((FIRST..TEXTS).contains(&posts), "{posts}");
    broken.some_passes();
    assert_eq!(record(&broken.practice).len(), posts, "no text goes out while nothing can be written");
    let connection = broken.practice.sql();
    let claims: i64 = connection.query_row("SELECT count(*) FROM attempts", [], |row| row.get(0)).unwrap();
    assert!(claims as usize >= posts, "each text has its claim");
    let wrong = "SELECT count(*) FROM reminders WHERE state NOT IN ('planned', 'sending', 'sent')";
    assert_eq!(broken.practice.number(wrong), 0, "no reminder has a wrong state");
    drop(connection);
    broken.finish_after_repair();
}

#[test]
fn a_full_disk_stops_sending_until_there_is_room() {
    stops_and_resumes("write 28", "the disk is full");
}

#[test]
fn a_read_only_disk_stops_sending_until_it_is_writable() {
    stops_and_resumes("write 30", "the disk reported an error");
}

#[test]
fn failing_writes_stop_sending_until_the_disk_works() {
    stops_and_resumes("write 5", "the disk reported an error");
}

#[test]
fn failing_syncs_stop_sending_until_the_disk_works() {
    stops_and_resumes("sync 5", "the disk reported an error");
}

#[test]
fn a_locked_database_stops_sending_until_the_lock_is_released() {
    let mut broken = Broken::start();
    let other = broken.practice.sql();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    broken.daemon.until("locked by another process");
    assert_eq!(
        broken.practice.number("SELECT count(*) FROM reminders WHERE state NOT IN ('planned', 'sending', 'sent')"),
        0
    );
    other.execute_batch("COMMIT").unwrap();
    broken.set_fault("none");
    broken.finish_after_repair();
}

#[test]
fn with_a_damaged_database_nothing_is_sent_and_the_log_says_so() {
    let practice = Practice::new("");
    let sandbox = Sandbox::start(&practice, &[]);
    std::fs::write(practice.path("config.toml"), live_config(&sandbox.base_url)).unwrap();
    practice.import(&visits_due_in(1, 500), &[]).good();
    let connection = practice.sql();
    // Damage an index that sending does not use, so that only the integrity check notices.
    let page: i64 = connection
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'phone_spellings_of_refusals'", [], |row| {
            row.get(0)
        })
        .unwrap();
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(connection);
    let mut bytes = std::fs::read(practice.path("test.db")).unwrap();
    let begin = (page as usize - 1) * 4096;
    bytes[begin..begin + 4096].fill(0x5A);
    std::fs::write(practice.path("test.db"), bytes).unwrap();
    let mut daemon = Daemon::start(&practice, "k");
    daemon.until("the database is damaged, so nothing is sent");
    daemon.until("texts are due but waiting: the database is damaged");
    daemon.signal(Signal::HUP);
    daemon.until("configuration reloaded");
    let (code, log) = daemon.stop();
    assert_eq!((code, record(&practice).len()), (0, 0), "{log}");
    drop(sandbox);
}
