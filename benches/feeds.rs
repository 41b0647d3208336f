//! A million rows of another program's export, imported by the real binary and, for comparison, by a plain reader that
//! inserts the same rows: `cargo bench --bench feeds`. `LEADTIME_ROWS` sets another number of rows.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_leadtime");

const CONFIG: &str = r#"
[practice]
name = "Clinic"
phone = "+13035550100"
from_number = "+13035550199"
timezone = "America/Denver"
[[rule]]
name = "first"
lead = "3 business days"
message = "You have a visit {{ appointment.when }}"
[database]
path = "bench.db"
[[feed]]
name = "desk"
kind = "file"
max_rows = 10_000_000
max_file = "4 GiB"
[feed.columns]
id = "Appt ID"
patient_id = "Patient ID"
first_name = "First Name"
last_name = "Last Name"
date_of_birth = "DOB"
starts_at = ["Date", "Time"]
minutes = "Minutes"
phone = "Mobile"
provider = "Provider"
status = "Status"
"#;

const HEADER: &str = "Appt ID,Patient ID,Last Name,First Name,DOB,Date,Time,Minutes,Mobile,Provider,Status,Notes\r\n";

fn main() {
    let rows = std::env::var("LEADTIME_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    std::fs::write(path.join("config.toml"), CONFIG).expect("a file");
    write_export(&path.join("book.csv"), rows).expect("a file");
    // Importing a list with no live appointments creates the tables; the plain insert uses the same tables, with their
    // triggers.
    std::fs::write(
        path.join("none.csv"),
        format!("{HEADER}1,1,Lee,Ana,1/1/1980,1/13/2030,1:00 PM,30,,,Cancelled,\r\n"),
    )
    .expect("a file");
    run(path, &["import", "none.csv"]);
    std::fs::copy(path.join("bench.db"), path.join("plain.db")).expect("a copy");
    let (took, peak) = run(path, &["import", "book.csv"]);
    println!("import of {rows} rows: {:.1} s, {peak:.0} MiB", took.as_secs_f64());
    let (again, peak) = run(path, &["import", "book.csv"]);
    println!("import of the same rows again: {:.1} s, {peak:.0} MiB", again.as_secs_f64());
    let began = Instant::now();
    plain(&path.join("book.csv"), &path.join("plain.db"));
    let plain = began.elapsed();
    println!("plain reader and insert of the same rows: {:.1} s", plain.as_secs_f64());
    println!("ratio: {:.2}", took.as_secs_f64() / plain.as_secs_f64());
}

fn write_export(path: &Path, rows: u64) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    file.write_all(HEADER.as_bytes())?;
    for n in 0..rows {
        let (month, day) = (n % 12 + 1, n % 28 + 1);
        write!(
            file,
            "{},{},\"O'Neil, {n}\",Zoë,{month}/{day}/1980,{month}/{day}/2030,{}:{:02} PM,30,303-555-{:04},Dr. Lee,Scheduled,\"line \"\"{n}\"\" one\"\r\n",
            n + 1_000_000,
            n / 3,
            n % 11 + 1,
            n % 60,
            n % 10_000
        )?;
    }
    file.flush()
}

/// Runs to completion. Returns the time it took and its peak memory in MiB.
fn run(folder: &Path, arguments: &[&str]) -> (Duration, f64) {
    let began = Instant::now();
    let mut command = Command::new(BINARY);
    let mut child =
        command.args(arguments).current_dir(folder).stdout(Stdio::null()).spawn().expect("the program starts");
    let mut peak = 0.0;
    while child.try_wait().ok().flatten().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        peak = kib.map_or(peak, |kib| kib / 1024.0);
        std::thread::sleep(Duration::from_millis(2));
    }
    (began.elapsed(), peak)
}

/// What a minimal program would do: read, parse the start, insert.
fn plain(export: &Path, database: &Path) {
    let mut connection = rusqlite::Connection::open(database).expect("the database");
    let tx = connection.transaction().expect("a transaction");
    {
        let sql = "INSERT INTO appointments (id, patient_id, first_name, last_name, date_of_birth, phone, provider,
                       starts_at, ends_at, status, feed)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'booked', 'desk')";
        let mut insert = tx.prepare(sql).expect("a statement");
        let mut reader = csv::Reader::from_path(export).expect("the export");
        let mut record = csv::StringRecord::new();
        let mut text = String::new();
        while reader.read_record(&mut record).expect("a row") {
            text.clear();
            let _ = write!(text, "{} {}", &record[5], &record[6]);
            let start = chrono::NaiveDateTime::parse_from_str(&text, "%m/%d/%Y %I:%M %p").expect("a start");
            let start = start.and_local_timezone(chrono_tz::America::Denver).earliest().expect("a time");
            let end = start + chrono::TimeDelta::minutes(record[7].parse().expect("a length"));
            let born = chrono::NaiveDate::parse_from_str(&record[4], "%m/%d/%Y").expect("a date").to_string();
            let instant = |at: chrono::DateTime<chrono_tz::Tz>| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            insert
                .execute((
                    &record[0],
                    &record[1],
                    &record[3],
                    &record[2],
                    born,
                    &record[8],
                    &record[9],
                    instant(start),
                    instant(end),
                ))
                .expect("a row");
        }
    }
    tx.commit().expect("a commit");
}
