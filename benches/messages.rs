//! How fast HL7 messages are stored and planned, with the real daemon and its sandbox: `cargo bench --bench messages`. 100
//! messages a second over four connections for 20 seconds, each about a new appointment; the times from the first byte to
//! the acknowledgment, and to the committed plan. `LEADTIME_MESSAGES` sets another number of messages a second.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_leadtime");
const SECONDS: usize = 20;
const CONNECTIONS: usize = 4;

/// Ends a process with the benchmark.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[allow(clippy::disallowed_methods, reason = "a benchmark runs in real time")]
fn start_of(number: usize) -> String {
    let day = chrono::Utc::now().date_naive() + chrono::Days::new(4 + (number % 50) as u64);
    format!("{}{:02}{:02}00", day.format("%Y%m%d"), 16 + number % 8, number / 8 % 4 * 15)
}

fn message(number: usize) -> Vec<u8> {
    format!(
        "\x0bMSH|^~\\&|PMS|A|LEADTIME|A|20260301{:06}||SIU^S12|M{number}|P|2.5\rSCH|P{number}|F{number}|||||Visit|ROUTINE|30|MIN|\
         ^^30^{}||||||||||||||Booked\rPID|1||{number}^^^A^MR||Lee^Ann{number}||19800101|F|||||^PRN^CP^^1^303^555{:04}\r\x1c\r",
        number % 1_000_000,
        start_of(number),
        number % 10_000
    )
    .into_bytes()
}

fn main() {
    let rate: usize = std::env::var("LEADTIME_MESSAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(100);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let mut sandbox = Command::new(BINARY);
    sandbox.args(["sandbox", "--port", "0", "--key", "k"]).current_dir(path).stdout(Stdio::piped());
    let mut sandbox = Process(sandbox.spawn().expect("a sandbox"));
    let mut first = String::new();
    BufReader::new(sandbox.0.stdout.take().expect("its output")).read_line(&mut first).expect("a line");
    let base_url = first.split('"').nth(1).expect("an address");
    let config = format!(
        "[practice]\nname = \"Clinic\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\ntimezone = \"America/Denver\"\n\
         [annie]\nbase_url = \"{base_url}\"\n[[rule]]\nname = \"last\"\nlead = \"24 hours\"\n\
         message = \"See you {{{{ appointment.when }}}}\"\n[database]\npath = \"bench.db\"\n\
         [[feed]]\nname = \"engine\"\nkind = \"hl7\"\nlisten = \"127.0.0.1:0\"\ntimezone = \"UTC\"\n"
    );
    std::fs::write(path.join("config.toml"), config).expect("a file");
    let mut daemon = Command::new(BINARY);
    daemon.arg("run").current_dir(path).env("ANNIE_API_KEY", "k").stderr(Stdio::piped()).stdout(Stdio::null());
    let mut daemon = Process(daemon.spawn().expect("a daemon"));
    let mut log = BufReader::new(daemon.0.stderr.take().expect("its log"));
    let (mut port, mut line) = (None, String::new());
    while !line.contains("leadtime is ready") {
        line.clear();
        assert!(log.read_line(&mut line).expect("a line") > 0, "the daemon ended");
        if let Some(rest) = line.split("at 127.0.0.1:").nth(1) {
            port = rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|port| port.parse::<u16>().ok());
        }
    }
    std::thread::spawn(move || log.lines().for_each(drop));
    let port = port.expect("a port");
    let total = rate * SECONDS;
    let sent: Arc<Mutex<HashMap<String, Instant>>> = Arc::default();
    let began = Instant::now();
    let senders: Vec<_> = (0..CONNECTIONS)
        .map(|sender| {
            let sent = sent.clone();
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
                stream.set_nodelay(true).expect("an option");
                let mut times = Vec::new();
                for number in (sender..total).step_by(CONNECTIONS) {
                    let due = began + Duration::from_secs_f64(number as f64 / rate as f64);
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    sent.lock().expect("a lock").insert(format!("F{number}"), Instant::now());
                    let at = Instant::now();
                    stream.write_all(&message(number)).expect("a write");
                    let mut answer = [0; 1024];
                    let mut text = Vec::new();
                    while !text.ends_with(b"\x1c\r") {
                        let read = stream.read(&mut answer).expect("an answer");
                        assert!(read > 0, "the connection ended");
                        text.extend_from_slice(&answer[..read]);
                    }
                    times.push(at.elapsed());
                    assert!(String::from_utf8_lossy(&text).contains("MSA|AA|"), "{}", String::from_utf8_lossy(&text));
                }
                times
            })
        })
        .collect();
    let planned = watch(path, &sent, total);
    let acknowledged: Vec<Duration> = senders.into_iter().flat_map(|sender| sender.join().expect("a sender")).collect();
    show(&format!("{rate} messages a second, to the acknowledgment"), acknowledged);
    show(&format!("{rate} messages a second, to the committed plan"), planned);
}

/// Waits until every appointment has its reminder, and returns the time that each took.
fn watch(path: &std::path::Path, sent: &Mutex<HashMap<String, Instant>>, total: usize) -> Vec<Duration> {
    let connection = rusqlite::Connection::open(path.join("bench.db")).expect("a database");
    let sql = "SELECT id, appointment_id FROM reminders WHERE id > ?1 ORDER BY id";
    let mut statement = connection.prepare(sql).expect("a statement");
    let (mut last, mut times) = (0_i64, Vec::new());
    while times.len() < total {
        let rows = statement.query_map([last], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        let found: Vec<(i64, String)> = rows.map(|row| row.expect("a row")).collect();
        let now = Instant::now();
        for (id, appointment) in found {
            last = id;
            times.push(now - sent.lock().expect("a lock")[&appointment]);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    times
}

fn show(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!("{what}: median {:.1} ms, p99 {:.1} ms, most {:.1} ms ({})", at(0.5), at(0.99), at(1.0), times.len());
}
