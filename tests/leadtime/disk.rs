//! Disks that break under the real program: full, read-only, failing, in somebody else's hands, damaged.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::Signal;

use crate::program::{Daemon, Practice, Sandbox, live_config, record, visits_due_in};

/// More than can leave before the order to break takes effect.
const VISITS: usize = 250;

/// The library that makes a disk break on demand.
fn breaker(practice: &Practice) -> PathBuf {
    let (source, library) =
        (concat!(env!("CARGO_MANIFEST_DIR"), "/tests/leadtime/broken_disk.c"), practice.path("breaker.so"));
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl").status();
    assert!(built.unwrap().success(), "a C compiler builds the library");
    library
}

/// Texts that go out before the disk breaks.
const FIRST: usize = 8;

struct Broken {
    practice: Practice,
    sandbox: Sandbox,
    daemon: Daemon,
}

impl Broken {
    /// A practice with appointments due at once, one text at a time; the disk breaks after some of them.
    fn start() -> Broken {
        let practice = Practice::new("");
        let mut sandbox = Sandbox::start(&practice, &[]);
        let config = live_config(&sandbox.base_url).replace("concurrency = 8", "concurrency = 2");
        std::fs::write(practice.path("config.toml"), config).unwrap();
        practice.import(&visits_due_in(1, VISITS), &[]).good();
        let library = breaker(&practice);
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

    fn order(&self, order: &str) {
        // In one step: the program reads it at any moment.
        std::fs::File::create(self.practice.path("order.new")).unwrap().write_all(order.as_bytes()).unwrap();
        std::fs::rename(self.practice.path("order.new"), self.practice.path("order")).unwrap();
    }

    /// Lets some passes go by, which find the disk as it is.
    fn some_passes(&mut self) {
        for _ in 0..3 {
            self.daemon.signal(Signal::HUP);
            self.daemon.until("onfiguration");
        }
    }

    /// The disk works again: everything is sent by itself, nothing twice.
    fn mended(mut self) {
        std::fs::remove_file(self.practice.path("order")).unwrap();
        // Those that were under way when it broke were not waited for yet.
        for _ in FIRST..VISITS {
            self.sandbox.post();
        }
        let (code, log) = self.daemon.stop();
        assert_eq!(code, 0, "{log}");
        assert_eq!(record(&self.practice).len(), VISITS);
        assert_eq!(
            self.practice.number("SELECT count(DISTINCT phone) FROM attempts WHERE outcome = 'sent'"),
            VISITS as i64
        );
        assert_eq!(self.practice.number("SELECT count(*) FROM reminders WHERE state = 'sent'"), VISITS as i64);
        self.practice.run(&["audit", "verify"]).good();
    }
}

/// Sending stops before the next POST, nothing is marked wrongly, and it goes on by itself.
fn breaks_and_mends(order: &str, says: &str) {
    let mut broken = Broken::start();
    broken.order(order);
    broken.daemon.until(&format!("sending is interrupted, but nothing is lost: {says}"));
    broken.some_passes();
    // Some may have been under way; none has begun since, and each has its claim on the disk.
    let posts = record(&broken.practice).len();
    assert!((FIRST..VISITS).contains(&posts), "{posts}");
    broken.some_passes();
    assert_eq!(record(&broken.practice).len(), posts, "nothing leaves while nothing can be written");
    let connection = broken.practice.sql();
    let claims: i64 = connection.query_row("SELECT count(*) FROM attempts", [], |row| row.get(0)).unwrap();
    assert!(claims as usize >= posts, "each text has its claim");
    let wrong = "SELECT count(*) FROM reminders WHERE state NOT IN ('planned', 'sending', 'sent')";
    assert_eq!(broken.practice.number(wrong), 0, "nothing is marked wrongly");
    drop(connection);
    broken.mended();
}

#[test]
fn a_full_disk_stops_sending_until_there_is_room() {
    breaks_and_mends("write 28", "the disk is full");
}

#[test]
fn a_disk_that_turns_read_only_stops_sending_until_it_can_be_written() {
    breaks_and_mends("write 30", "the disk reported an error");
}

#[test]
fn a_disk_that_fails_to_write_stops_sending_until_it_works() {
    breaks_and_mends("write 5", "the disk reported an error");
}

#[test]
fn a_disk_that_fails_to_keep_what_is_written_stops_sending_until_it_works() {
    breaks_and_mends("sync 5", "the disk reported an error");
}

#[test]
fn a_database_in_somebody_elses_hands_stops_sending_until_they_let_go() {
    let mut broken = Broken::start();
    let other = broken.practice.sql();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    broken.daemon.until("locked by another process");
    assert_eq!(
        broken.practice.number("SELECT count(*) FROM reminders WHERE state NOT IN ('planned', 'sending', 'sent')"),
        0
    );
    other.execute_batch("COMMIT").unwrap();
    broken.order("none");
    broken.mended();
}

#[test]
fn a_damaged_database_sends_nothing_and_says_what_to_do() {
    let practice = Practice::new("");
    let sandbox = Sandbox::start(&practice, &[]);
    std::fs::write(practice.path("config.toml"), live_config(&sandbox.base_url)).unwrap();
    practice.import(&visits_due_in(1, 500), &[]).good();
    let connection = practice.sql();
    // An index nobody needs for sending: only the check can see it.
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
