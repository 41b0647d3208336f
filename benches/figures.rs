//! The figures in docs/performance.md: `cargo bench`. Runs the real binary on generated appointments.
//!
//! Times are medians of three runs. Memory is the process's peak resident set according to the kernel.

use std::fmt::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_leadtime");
const RUNS: usize = 3;

/// A practice in observe mode.
const CONFIG: &str = r#"
[practice]
name = "Clinic"
phone = "+13035550100"
from_number = "+13035550199"
timezone = "America/Denver"
[[rule]]
name = "first"
lead = "3 business days"
at = "10:00"
message = "You have a visit {{ appointment.when }}"
[[rule]]
name = "last"
lead = "1 business day"
at = "10:30"
message = "See you {{ appointment.when }}"
[database]
path = "bench.db"
"#;

/// 100 appointments on each working day from January 2030, for patients who come four times.
fn book(appointments: u32) -> String {
    let mut csv = String::from("id,patient_id,first_name,phone,starts_at,status,booked_at\n");
    let monday = chrono::NaiveDate::from_ymd_opt(2030, 1, 7).unwrap_or_default();
    for n in 0..appointments {
        let (day, of_day, patient) = (n / 100, n % 100, n * 7 % (appointments / 4).max(1));
        let date = monday + chrono::TimeDelta::days(i64::from(day / 5 * 7 + day % 5));
        let (hour, minute) = (8 + of_day / 12, of_day % 12 * 5);
        let _ = writeln!(
            csv,
            "V{n},P{patient},Ann,+1303{:07},{date}T{hour:02}:{minute:02}:00-07:00,booked,2026-01-01T00:00:00Z",
            2_000_000 + patient
        );
    }
    csv
}

/// Runs to completion. Returns the time it took and its peak memory in MiB.
fn run(folder: &Path, arguments: &[&str]) -> (Duration, f64) {
    let began = Instant::now();
    let mut child = start(folder, arguments);
    let mut peak = 0.0;
    while child.try_wait().ok().flatten().is_none() {
        peak = resident(&child, "VmHWM:").unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = began.elapsed();
    assert!(child.wait().is_ok_and(|status| status.success()), "{arguments:?}");
    (took, peak)
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

/// A line of a process's kernel status, in MiB.
fn resident(child: &Child, line: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let kib: f64 = status.lines().find_map(|l| l.strip_prefix(line))?.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib / 1024.0)
}

/// A process's user and system time so far, in seconds.
fn cpu(child: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    let after = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: f64 = after.split(' ').skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// Prints the median time and largest memory of several runs.
fn measure(name: &str, mut once: impl FnMut() -> (Duration, f64)) {
    let mut runs: Vec<(Duration, f64)> = (0..RUNS).map(|_| once()).collect();
    runs.sort_by_key(|(took, _)| *took);
    let peak = runs.iter().map(|(_, peak)| *peak).fold(0.0, f64::max);
    println!("{name:<58} {:>8.2} s {peak:>6.0} MiB", runs[RUNS / 2].0.as_secs_f64());
}

fn main() -> std::io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path();
    std::fs::write(path.join("config.toml"), CONFIG)?;
    for appointments in [25_000, 50_000, 100_000] {
        std::fs::write(path.join("book.csv"), book(appointments))?;
        measure(&format!("import of {appointments} new rows"), || {
            for file in ["bench.db", "bench.db-wal", "bench.db-shm"] {
                let _ = std::fs::remove_file(path.join(file));
            }
            run(path, &["import", "book.csv"])
        });
    }
    measure("import of the same 100000 rows again", || run(path, &["import", "book.csv", "--complete"]));
    measure("plan of one day of 100 appointments, 100000 stored", || {
        run(path, &["plan", "--json", "--days", "1", "--now", "2030-03-05T00:00:00-07:00"])
    });
    measure("plan of a year of 26000 appointments, 100000 stored", || {
        run(path, &["plan", "--json", "--days", "364", "--now", "2030-03-05T00:00:00-07:00"])
    });
    let began = Instant::now();
    let mut daemon = start(path, &["run"]);
    let planned = || {
        let output = Command::new(BINARY).args(["status", "--json"]).current_dir(path).output();
        output.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains("\"not_yet_planned\": 0"))
    };
    std::thread::sleep(Duration::from_millis(500));
    while !planned() {
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("{:<58} {:>8.2} s", "daemon: 200000 reminders planned and stored", began.elapsed().as_secs_f64());
    let (before, seconds) = (cpu(&daemon), 20.0);
    std::thread::sleep(Duration::from_secs_f64(seconds));
    let load = (cpu(&daemon) - before) / seconds * 100.0;
    let memory = resident(&daemon, "VmRSS:").unwrap_or_default();
    println!("{:<58} {load:>8.2} % {memory:>6.0} MiB", "daemon: idle, share of one core, 100000 future appointments");
    let killed = daemon.kill();
    daemon.wait().and(killed)
}
