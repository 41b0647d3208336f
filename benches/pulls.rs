//! One pull of a database with 20,000 appointments of which 10 changed, from MariaDB on this machine, with the real
//! binary: `cargo bench --bench pulls`. `LEADTIME_ROWS` sets another number of rows.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[path = "../tests/leadtime/servers.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "shared with the tests")]
mod servers;

mod shared {
    pub(crate) fn not_run(why: &str) {
        println!("NOT RUN: {why}");
    }
}

const BINARY: &str = env!("CARGO_BIN_EXE_leadtime");

fn main() {
    let rows: u64 = std::env::var("LEADTIME_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(20_000);
    let Some(server) = servers::mariadb() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let config = format!(
        "[practice]\nname = \"Clinic\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\ntimezone = \"America/Denver\"\n\
         [[rule]]\nname = \"first\"\nlead = \"3 business days\"\nmessage = \"You have a visit {{{{ appointment.when }}}}\"\n\
         [database]\npath = \"bench.db\"\n[[feed]]\nname = \"desk\"\nkind = \"database\"\nmissing = \"cancel\"\nmax_rows = 10_000_000\n\
         url = \"mysql://root@localhost/bench?socket={}\"\nquery_file = \"query.sql\"\n\
         [feed.columns]\nid = \"id\"\npatient_id = \"patient\"\nfirst_name = \"first\"\nlast_name = \"last\"\ndate_of_birth = \"born\"\n\
         starts_at = \"at\"\nminutes = \"minutes\"\nphone = \"cell\"\nprovider = \"provider\"\nstatus = \"status\"\n",
        server.folder.join("socket").display()
    );
    std::fs::write(path.join("config.toml"), config).expect("a file");
    let query = "SELECT id, patient, first, last, born, at, minutes, cell, provider, status FROM visit
        WHERE at >= :today AND at < :until ORDER BY at, id";
    std::fs::write(path.join("query.sql"), query).expect("a file");
    server.sql("mysql", "CREATE DATABASE bench");
    server.sql(
        "bench",
        &format!(
            "CREATE TABLE visit (id INT PRIMARY KEY, patient INT, first VARCHAR(40), last VARCHAR(40), born DATE, at DATETIME,
                 minutes INT, cell VARCHAR(20), provider VARCHAR(20), status VARCHAR(20), KEY (at));
             INSERT INTO visit SELECT seq, seq DIV 3, 'Zoë', CONCAT('O''Neil ', seq), '1980-03-04',
                 CURDATE() + INTERVAL 1 + seq MOD 58 DAY + INTERVAL 8 + seq MOD 9 HOUR, 30,
                 CONCAT('303-555-', LPAD(seq MOD 10000, 4, '0')), 'Dr. Lee', 'Scheduled' FROM seq_1_to_{rows};"
        ),
    );
    let (took, peak) = pull(path);
    println!("first pull of {rows} rows: {:.2} s, {peak:.0} MiB", took.as_secs_f64());
    // An open connection keeps the write-ahead log, in which commits can be counted.
    let connection = rusqlite::Connection::open(path.join("bench.db")).expect("a database");
    let count = "SELECT count(*) FROM appointments";
    let known: i64 = connection.query_row(count, [], |row| row.get(0)).expect("a count");
    assert_eq!(known.unsigned_abs(), rows);
    let mut times = Vec::new();
    for round in 0..5 {
        server.sql("bench", &format!("UPDATE visit SET minutes = {} WHERE id <= 10", 40 + round));
        let before = commits(&path.join("bench.db-wal"));
        let (took, peak) = pull(path);
        let commits = commits(&path.join("bench.db-wal")) - before;
        times.push(took);
        println!("pull with 10 changes: {:.2} s, {peak:.0} MiB, commits: {commits}", took.as_secs_f64());
    }
    times.sort();
    println!("median: {:.2} s", times[times.len() / 2].as_secs_f64());
}

/// Pulls once. Returns the time it took and the most memory it used, in MiB.
fn pull(folder: &Path) -> (Duration, f64) {
    let began = Instant::now();
    let mut command = Command::new(BINARY);
    command.args(["feed", "pull", "desk"]).current_dir(folder).stdout(Stdio::null());
    let mut child = command.spawn().expect("a process");
    let status = format!("/proc/{}/status", child.id());
    let mut peak: f64 = 0.0;
    let code = loop {
        if let Ok(text) = std::fs::read_to_string(&status) {
            let kib =
                text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
            peak = kib.map_or(peak, |kib: f64| peak.max(kib / 1024.0));
        }
        if let Some(code) = child.try_wait().expect("an end") {
            break code;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(code.success(), "{code}");
    (began.elapsed(), peak)
}

/// Frames of a write-ahead log that end a transaction (https://www.sqlite.org/fileformat2.html#walformat).
fn commits(log: &Path) -> usize {
    let bytes = std::fs::read(log).unwrap_or_default();
    let word =
        |at: usize| bytes.get(at..at + 4).map_or(0, |word| u32::from_be_bytes([word[0], word[1], word[2], word[3]]));
    let frame = 24 + word(8) as usize;
    let salt = word(16);
    (32..bytes.len()).step_by(frame).filter(|at| word(at + 8) == salt && word(at + 4) != 0).count()
}
