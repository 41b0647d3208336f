//! How fast texts are sent, and what a million appointments or many offices cost: `cargo bench --profile dist --bench
//! sending [-- texts | reads | million | offices]`.
//!
//! `texts`: 5,000 reminders that are due when the real daemon starts, at `concurrency = 16` (claims on disk before their
//! POSTs, outcomes after). In turns with it, against one server on this machine that answers immediately or after 20 ms:
//! the same texts through apalis' SQLite backend (`benches/peer`, a program of its own), and the same number of requests
//! through a bare loop of Leadtime's HTTP client without a database. Times are from the start of the process until the
//! last result is on disk, and from the first POST to the last answer.
//!
//! `reads`: a burst of 5,000 texts alone, alongside a long read on a connection of its own, and alongside the same read
//! on the writer, alternating.
//!
//! `million`: 1,000,000 future appointments stored and planned, nothing due.
//!
//! `offices [SECONDS]`: 1,800 locations with a key each, answered after 20 ms, four at a time for each key: idle; with
//! 18,000 texts due at once; and with 5.5 texts a second (216,000 in eleven hours) for 20 minutes, or as long as it says.

use std::collections::HashMap;
use std::fmt::Write;
use std::io::BufRead;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::{get, post};
use chrono::{TimeDelta, Timelike, Utc};
use leadtime::annie::client::HttpClient;
use leadtime::annie::gateway::Gateway;
use leadtime::annie::wire::SmsRequest;
use leadtime::clock::ManualClock;
use leadtime::engine::run::Engine;
use leadtime::reports::plan_view::plan_of;
use leadtime::store::connection::open;
use leadtime::store::{Connection, Store};
use tokio::sync::Semaphore;

use crate::accepts::Accepts;

#[path = "../tests/cost/accepts.rs"]
mod accepts;

const BINARY: &str = env!("CARGO_BIN_EXE_leadtime");
const TEXTS: usize = 5_000;
const AT_ONCE: usize = 16;
const RUNS: usize = 3;
const MILLION: u32 = 1_000_000;

#[allow(clippy::disallowed_methods, reason = "a benchmark runs in real time")]
fn now() -> chrono::DateTime<Utc> {
    Utc::now()
}

/// A live practice in a time zone without clock changes where it is about noon.
fn config(base_url: &str, mode: &str) -> String {
    let hours = 12 - i64::from(now().hour());
    let zone = if hours == 0 { "Etc/GMT".to_owned() } else { format!("Etc/GMT{:+}", -hours) };
    format!(
        "[practice]\nname = \"Clinic\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\ntimezone = \"{zone}\"\n\
         [annie]\nbase_url = \"{base_url}\"\nrequests_per_minute = 1000000\nconcurrency = {AT_ONCE}\n\
         [sending]\nmode = \"{mode}\"\ndays = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\n\
         [[rule]]\nname = \"first\"\nlead = \"3 days\"\nmessage = \"You have a visit {{{{ appointment.when }}}}\"\n\
         [[rule]]\nname = \"last\"\nlead = \"24 hours\"\nmessage = \"See you {{{{ appointment.when }}}}\"\n\
         [database]\npath = \"bench.db\"\n\
         [[feed]]\nname = \"csv\"\nkind = \"file\"\npreset = \"leadtime\"\nmax_rows = 10_000_000\nmax_file = \"1 GiB\"\n"
    )
}

/// The server: counts texts, and records when the first arrived and the last was answered.
#[derive(Default)]
struct Server {
    answered: AtomicUsize,
    delay_ms: AtomicU64,
    between: Mutex<Option<(Instant, Instant)>>,
    /// The key with which each number's text came, and when.
    came: Mutex<HashMap<String, (String, chrono::DateTime<Utc>)>>,
}

impl Server {
    fn begin(&self, delay: u64) {
        self.answered.store(0, Ordering::SeqCst);
        self.delay_ms.store(delay, Ordering::SeqCst);
        *self.between.lock().unwrap_or_else(|e| e.into_inner()) = None;
        self.came.lock().unwrap_or_else(|e| e.into_inner()).clear();
    }

    async fn text(&self, key: String, body: &[u8]) -> axum::Json<serde_json::Value> {
        let came = Instant::now();
        let delay = self.delay_ms.load(Ordering::SeqCst);
        if delay > 0 {
            let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
            let number = body["toNumber"].as_str().unwrap_or_default().to_owned();
            self.came.lock().unwrap_or_else(|e| e.into_inner()).insert(number, (key, now()));
        }
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        let number = self.answered.fetch_add(1, Ordering::SeqCst);
        let mut between = self.between.lock().unwrap_or_else(|e| e.into_inner());
        *between = Some((between.map_or(came, |(first, _)| first), Instant::now()));
        drop(between);
        let id = format!("{:08x}-0000-4000-8000-{:012x}", number, came.elapsed().as_nanos() as u64);
        axum::Json(serde_json::json!({ "success": true, "data": { "conversationId": id } }))
    }

    /// When the first text came, and when the last was answered.
    fn between(&self) -> Option<(Instant, Instant)> {
        *self.between.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Texts per second, from the first POST to the last answer.
    fn rate(&self) -> f64 {
        let took = self.between().map_or(Duration::MAX, |(first, last)| last - first);
        self.answered.load(Ordering::SeqCst) as f64 / took.as_secs_f64()
    }
}

/// Starts the server on a thread of its own and returns its address.
fn serve(server: Arc<Server>) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a listener");
    let address = format!("http://{}/v1", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let nothing = || async {
                axum::Json(serde_json::json!({ "success": true, "data": { "phoneNumbers": [], "conversations": [],
                    "pagination": { "offset": 0, "limit": 100, "totalCount": 0 } } }))
            };
            let text = {
                let server = server.clone();
                move |headers: axum::http::HeaderMap, body: axum::body::Bytes| {
                    let server = server.clone();
                    let key = headers.get("authorization").and_then(|key| key.to_str().ok()).unwrap_or_default();
                    let key = key.to_owned();
                    async move { server.text(key, &body).await }
                }
            };
            let said = || async { axum::Json(serde_json::json!({ "success": true, "data": [] })) };
            let router = Router::new()
                .route("/v1/sms", post(text))
                .route("/v1/phone-numbers", get(nothing))
                .route("/v1/conversations", get(nothing))
                .route("/v1/conversations/{id}/messages", get(said));
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router).await.expect("a server");
        });
    });
    address
}

/// The bare loop, run in a process of its own.
fn bare(url: &str) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let annie = HttpClient::new(Duration::from_secs(30)).expect("a client").with_key(url, "k".into());
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..TEXTS {
            let slot = slots.clone().acquire_owned().await.expect("a slot");
            let annie = annie.clone();
            tasks.spawn(async move {
                let request = SmsRequest {
                    from_number: "+13035550199".into(),
                    to_number: format!("+1303{:07}", 2_000_000 + n),
                    message: "See you tomorrow at 12:00 PM".into(),
                    patient_info: None,
                    appointment_info: None,
                    context: Some("Confirming upcoming appointment scheduled for March 10th at 3:00 PM".into()),
                };
                let outcome = annie.send(&request, now, || true).await.answer;
                assert_eq!(outcome.name(), "sent");
                drop(slot);
            });
        }
        tasks.join_all().await;
    });
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("ANNIE_API_KEY", "k").spawn().unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

/// A line of a process's kernel status, in MiB.
fn resident(child: &Child, line: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let kib = status.lines().find_map(|l| l.strip_prefix(line)).unwrap_or("0 kB");
    kib.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1024.0
}

/// A process's user and system time so far, in seconds.
fn cpu(child: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    let after = stat.rsplit(") ").next().unwrap_or_default();
    after.split(' ').skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn csv(appointments: u32, start: impl Fn(u32) -> String) -> String {
    let mut csv = String::from("id,patient_id,first_name,phone,starts_at,status,booked_at\n");
    for n in 0..appointments {
        let _ = writeln!(csv, "V{n},P{n},Ann,+1303{:07},{},booked,2026-01-01T00:00:00Z", 2_000_000 + n, start(n));
    }
    csv
}

/// What sending 5,000 texts took.
#[derive(Clone, Copy, Default)]
struct Took {
    /// From the start of the process to the first POST, in milliseconds.
    first_ms: f64,
    /// From the start of the process until the last result is on disk, in seconds.
    on_disk: f64,
    /// Texts per second, from the first POST to the last answer.
    rate: f64,
    /// Processor time of the process for each text, in microseconds.
    cpu_us: f64,
    /// Peak resident memory in MiB.
    peak: f64,
}

impl Took {
    fn of(server: &Server, began: Instant, on_disk: Duration, child: &Child) -> Took {
        let first = server.between().map_or(began, |(first, _)| first);
        Took {
            first_ms: (first - began).as_secs_f64() * 1e3,
            on_disk: on_disk.as_secs_f64(),
            rate: server.rate(),
            cpu_us: cpu(child) / TEXTS as f64 * 1e6,
            peak: resident(child, "VmHWM:"),
        }
    }
}

/// The texts that Annie has accepted according to the database.
fn on_disk(database: &Connection) -> usize {
    let sql = "SELECT count(*) FROM attempts WHERE outcome = 'sent'";
    database.query_row(sql, [], |row| row.get::<_, i64>(0)).map_or(0, |count| count.unsigned_abs() as usize)
}

/// Sends 5,000 texts through a daemon that starts once they are due.
fn durable(server: &Server, url: &str, delay: u64) -> Took {
    let folder = tempfile::tempdir_in(".").expect("a folder");
    std::fs::write(folder.path().join("config.toml"), config(url, "live")).expect("a file");
    let due = now() + TimeDelta::seconds(8);
    let at = (due + TimeDelta::hours(24)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    // Planned by an earlier run, which ends before they are due. Its rules are live before that.
    server.begin(delay);
    let mut planning = start(folder.path(), &["run"]);
    std::thread::sleep(Duration::from_secs(1));
    std::fs::write(folder.path().join("book.csv"), csv(TEXTS as u32, |_| at.clone())).expect("a file");
    assert!(start(folder.path(), &["import", "book.csv"]).wait().is_ok_and(|status| status.success()));
    while !is_planned(folder.path()) {
        std::thread::sleep(Duration::from_millis(200));
    }
    end(&mut planning);
    assert!(now() < due, "planning took too long");
    std::thread::sleep((due - now()).to_std().unwrap_or_default() + Duration::from_secs(1));
    let database = open::read_only(&folder.path().join("bench.db")).expect("a database");
    let began = Instant::now();
    let mut daemon = start(folder.path(), &["run"]);
    while on_disk(&database) < TEXTS {
        std::thread::sleep(Duration::from_millis(4));
    }
    let took = Took::of(server, began, began.elapsed(), &daemon);
    end(&mut daemon);
    took
}

fn is_planned(folder: &Path) -> bool {
    let status = Command::new(BINARY).args(["status", "--json"]).current_dir(folder).output();
    status.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("\"not_yet_planned\": 0"))
}

/// SIGTERM, as systemd does it.
fn end(daemon: &mut Child) {
    let pid = daemon.id().to_string();
    let _ = Command::new("kill").args(["-TERM", &pid]).status();
    let _ = daemon.wait();
}

/// Builds apalis' program; none if its crates are not available.
fn peer() -> Option<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = folder.join("target/peer");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--release", "--locked", "--quiet", "--target-dir"]).arg(&target);
    build.arg("--manifest-path").arg(folder.join("benches/peer/Cargo.toml"));
    let is_built = build.status().is_ok_and(|status| status.success());
    is_built.then(|| target.join("release/leadtime-bench-peer"))
}

/// Sends 5,000 texts through apalis.
fn apalis(program: &Path, server: &Server, url: &str, delay: u64) -> Took {
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let (texts, at_once) = (TEXTS.to_string(), AT_ONCE.to_string());
    let mut store = Command::new(program);
    store.args(["store", "peer.db", &texts]).current_dir(folder.path());
    assert!(store.status().is_ok_and(|status| status.success()));
    server.begin(delay);
    let mut run = Command::new(program);
    run.args(["run", url, "peer.db", &texts, &at_once]).current_dir(folder.path()).stdout(Stdio::piped());
    let began = Instant::now();
    let mut run = run.stdin(Stdio::piped()).spawn().expect("apalis");
    let mut line = String::new();
    // It says when everything is done, and ends when its input does.
    let said = run.stdout.take().map(|out| std::io::BufReader::new(out).read_line(&mut line));
    assert!(said.is_some_and(|read| read.is_ok()) && line == "done\n", "apalis ended early");
    let took = Took::of(server, began, began.elapsed(), &run);
    drop(run.stdin.take());
    let _ = run.wait();
    took
}

fn bare_rate(server: &Server, url: &str, delay: u64) -> f64 {
    server.begin(delay);
    let this = std::env::current_exe().expect("this program");
    assert!(Command::new(this).args(["bare", url]).status().is_ok_and(|status| status.success()));
    server.rate()
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn texts() {
    let server = Arc::new(Server::default());
    let url = serve(server.clone());
    let peer = peer();
    if peer.is_none() {
        println!("apalis is left out: its program cannot be built here");
    }
    for delay in [0, 20] {
        let (mut bares, mut durables, mut peers) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            bares.push(bare_rate(&server, &url, delay));
            durables.push(durable(&server, &url, delay));
            peers.extend(peer.as_ref().map(|program| apalis(program, &server, &url, delay)));
        }
        println!("{TEXTS} texts, answered after {delay} ms");
        println!("  a plain loop without a database: {:.0}/s", median(bares.clone()));
        let of = |all: &[Took], number: fn(&Took) -> f64| median(all.iter().map(number).collect());
        let say = |name: &str, all: &[Took]| {
            println!(
                "  {name}: {:.0}/s from the start until the last result is on disk ({:.2} s); {:.0}/s from the first \
                 POST ({:.0} ms after the start) to the last answer; {:.0} us of processor time a text; peak {:.0} MiB",
                TEXTS as f64 / of(all, |took| took.on_disk),
                of(all, |took| took.on_disk),
                of(all, |took| took.rate),
                of(all, |took| took.first_ms),
                of(all, |took| took.cpu_us),
                of(all, |took| took.peak)
            );
        };
        say("Leadtime", &durables);
        let to_bare = |(took, bare): (&Took, &f64)| took.rate / bare;
        println!("  Leadtime to the plain loop: {:.2}", median(durables.iter().zip(&bares).map(to_bare).collect()));
        if !peers.is_empty() {
            say("apalis", &peers);
            let ratio = |of: fn(&Took) -> f64| {
                median(durables.iter().zip(&peers).map(|(ours, theirs)| of(ours) / of(theirs)).collect())
            };
            println!(
                "  Leadtime to apalis: {:.2} until on disk, {:.2} to the last answer, {:.2} of the processor time",
                1.0 / ratio(|took| took.on_disk),
                ratio(|took| took.rate),
                ratio(|took| took.cpu_us)
            );
        }
    }
}

/// Where the long read of [`burst`] runs.
#[derive(Clone, Copy, PartialEq)]
enum LongRead {
    None,
    Reader,
    Writer,
}

/// Sends 5,000 due texts through the engine, in this process. Returns texts per second.
async fn burst(read: LongRead) -> f64 {
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let file = folder.path().join("config.toml");
    std::fs::write(&file, config("http://127.0.0.1:1/v1", "live")).expect("a file");
    let (config, _) = leadtime::config::load(&file).expect("a configuration");
    let config = Arc::new(config);
    let begin = now();
    let clock = Arc::new(ManualClock::new(begin));
    let start = begin + TimeDelta::hours(24) + TimeDelta::minutes(10);
    let connection = open::read_write(&folder.path().join("bench.db")).expect("a database");
    insert(&connection, 0..TEXTS, start);
    // What the long read covers: a busy month after next.
    insert(&connection, TEXTS..TEXTS + 3_000, start + TimeDelta::days(60));
    let store = Store::new(connection);
    let gateways = [("default".into(), Gateway::new(Accepts::by(clock.clone())))].into();
    let mut engine = Engine::new(store.clone(), clock.clone(), gateways, config.clone());
    engine.start().await.expect("a start");
    let nudge = engine.nudge();
    let mut settled = 0;
    // Wait until everything is planned and Annie's list has been read.
    for _ in 0..200 {
        engine.pass().await.expect("a pass");
        let _ = tokio::time::timeout(Duration::from_millis(5), nudge.notified()).await;
    }
    let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let reader = tokio::spawn({
        let (done, store) = (done.clone(), store.clone());
        async move {
            let mut reads = 0;
            while read != LongRead::None && !done.load(Ordering::SeqCst) {
                let config = config.clone();
                let (from, to) = (start + TimeDelta::days(59), start + TimeDelta::days(61));
                let work = move |c: &Connection| plan_of(c, &config, from, to).map(|rows| rows.len());
                let rows = match read {
                    LongRead::Writer => store.write(move |tx| work(tx)).await,
                    _ => store.read(work).await,
                };
                assert!(rows.expect("a read") >= 3_000);
                reads += 1;
            }
            reads
        }
    });
    clock.advance(TimeDelta::minutes(11));
    let began = Instant::now();
    let mut last = began;
    // With the read on the writer this takes minutes: a few seconds are enough to show the rate.
    while settled < TEXTS && began.elapsed() < Duration::from_secs(10) {
        // Pacing uses the engine's clock, which has to advance with real time.
        clock.advance(TimeDelta::from_std(last.elapsed()).unwrap_or_default());
        last = Instant::now();
        settled += engine.pass().await.expect("a pass").settled;
        if settled < TEXTS {
            let _ = tokio::time::timeout(Duration::from_millis(5), nudge.notified()).await;
        }
    }
    let took = began.elapsed();
    done.store(true, Ordering::SeqCst);
    let _ = reader.await;
    settled as f64 / took.as_secs_f64()
}

fn insert(connection: &Connection, numbers: std::ops::Range<usize>, start: chrono::DateTime<Utc>) {
    let start = start.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    connection.execute_batch("BEGIN").expect("a transaction");
    for n in numbers {
        let row = "INSERT INTO appointments (id, patient_id, first_name, phone, starts_at, status, booked_at)
            VALUES (?1, ?1, 'Ann', ?2, ?3, 'booked', '2026-01-01T00:00:00Z')";
        let phone = format!("+1303{:07}", 2_000_000 + n);
        connection.prepare_cached(row).and_then(|mut s| s.execute((format!("V{n}"), phone, &start))).expect("a row");
    }
    connection.execute_batch("COMMIT").expect("a commit");
}

fn reads() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let (mut alone, mut beside, mut queued) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        alone.push(runtime.block_on(burst(LongRead::None)));
        beside.push(runtime.block_on(burst(LongRead::Reader)));
        queued.push(runtime.block_on(burst(LongRead::Writer)));
    }
    let ratios = |other: &[f64]| median(alone.iter().zip(other).map(|(alone, other)| other / alone).collect());
    println!(
        "{TEXTS} texts: alone {:.0}/s; alongside a long read {:.0}/s, ratio {:.2}; with the read on the writer {:.0}/s, ratio {:.2}",
        median(alone.clone()),
        median(beside.clone()),
        ratios(&beside),
        median(queued.clone()),
        ratios(&queued)
    );
}

fn million() {
    let server = Arc::new(Server::default());
    let url = serve(server);
    let folder = tempfile::tempdir_in(".").expect("a folder");
    std::fs::write(folder.path().join("config.toml"), config(&url, "live")).expect("a file");
    let begin = now() + TimeDelta::days(30);
    let start_of =
        |n: u32| (begin + TimeDelta::minutes(i64::from(n / 2))).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    std::fs::write(folder.path().join("book.csv"), csv(MILLION, start_of)).expect("a file");
    let began = Instant::now();
    assert!(start(folder.path(), &["import", "book.csv"]).wait().is_ok_and(|status| status.success()));
    println!("{MILLION} appointments imported in {:.0} s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    let mut daemon = start(folder.path(), &["run"]);
    let status = || Command::new(BINARY).args(["status", "--json"]).current_dir(folder.path()).output();
    while !status().is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains("\"not_yet_planned\": 0")) {
        std::thread::sleep(Duration::from_secs(2));
    }
    let peak = resident(&daemon, "VmHWM:");
    println!("planned and stored in {:.0} s, peak {peak:.0} MiB", began.elapsed().as_secs_f64());
    let _ = daemon.kill();
    let _ = daemon.wait();
    let socket = std::os::unix::net::UnixDatagram::bind(folder.path().join("notify")).expect("a socket");
    let began = Instant::now();
    let mut command = Command::new(BINARY);
    command.arg("run").current_dir(folder.path()).env("ANNIE_API_KEY", "k");
    command.env("NOTIFY_SOCKET", folder.path().join("notify")).stderr(Stdio::null());
    let mut daemon = command.spawn().expect("a daemon");
    let mut buffer = [0; 4096];
    while !socket.recv(&mut buffer).is_ok_and(|n| String::from_utf8_lossy(&buffer[..n]).contains("READY=1")) {}
    println!("ready {:.2} s after start", began.elapsed().as_secs_f64());
    std::thread::sleep(Duration::from_secs(20));
    let (before, seconds) = (cpu(&daemon), 60.0);
    std::thread::sleep(Duration::from_secs_f64(seconds));
    let load = (cpu(&daemon) - before) / seconds * 100.0;
    println!(
        "idle: {load:.2} % of a core, {:.0} MiB, peak {:.0} MiB",
        resident(&daemon, "VmRSS:"),
        resident(&daemon, "VmHWM:")
    );
    let _ = daemon.kill();
    let _ = daemon.wait();
}

const OFFICES: usize = 1_800;

/// A practice with many offices, each with a key of its own, in a new folder.
fn practice_of_offices(url: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir_in(".").expect("a folder");
    std::fs::create_dir(folder.path().join("keys")).expect("a folder");
    let mut text = config(url, "live").replace(&format!("concurrency = {AT_ONCE}"), "concurrency = 4");
    for office in 1..OFFICES {
        let key = folder.path().join(format!("keys/{office}"));
        std::fs::write(&key, format!("key{office}")).expect("a key");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("a key of our own");
        let _ = write!(
            text,
            "[[location]]\nid = \"l{office}\"\nname = \"Office {office}\"\nphone = \"+1303556{office:04}\"\n\
             from_number = \"+1303557{office:04}\"\napi_key_file = \"keys/{office}\"\n"
        );
    }
    std::fs::write(folder.path().join("config.toml"), text).expect("a file");
    folder
}

/// Imports texts, one office after another, each due at its own time. Returns when each number's text is due.
fn book_for_offices(
    folder: &Path,
    texts: usize,
    due: impl Fn(usize) -> chrono::DateTime<Utc>,
) -> HashMap<String, chrono::DateTime<Utc>> {
    let mut book = String::from("id,patient_id,first_name,phone,starts_at,status,booked_at,location\n");
    let mut dues = HashMap::new();
    for n in 0..texts {
        let office = n % OFFICES;
        let location = if office == 0 { String::new() } else { format!("l{office}") };
        let phone = format!("+1303{:07}", 2_000_000 + n);
        let at = (due(n) + TimeDelta::hours(24)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let _ = writeln!(book, "V{n},P{n},Ann,{phone},{at},booked,2026-01-01T00:00:00Z,{location}");
        dues.insert(phone, due(n));
    }
    std::fs::write(folder.join("book.csv"), book).expect("a file");
    assert!(start(folder, &["import", "book.csv"]).wait().is_ok_and(|status| status.success()));
    dues
}

/// The share of a core that a process uses in this many seconds, in percent.
fn load(daemon: &Child, seconds: f64) -> f64 {
    let before = cpu(daemon);
    std::thread::sleep(Duration::from_secs_f64(seconds));
    (cpu(daemon) - before) / seconds * 100.0
}

/// Many offices: idle, all their texts due at once, and a day's rate.
fn offices(steady_seconds: u32) {
    const EACH: usize = 10;
    let server = Arc::new(Server::default());
    let url = serve(server.clone());
    let folder = practice_of_offices(&url);
    server.begin(20);
    let mut daemon = start(folder.path(), &["run"]);
    std::thread::sleep(Duration::from_secs(60));
    let idle = load(&daemon, 60.0);
    println!("{OFFICES} keys, nothing due: {idle:.2} % of a core, {:.0} MiB", resident(&daemon, "VmRSS:"));
    let due = now() + TimeDelta::seconds(60);
    let dues = book_for_offices(folder.path(), OFFICES * EACH, |_| due);
    wait_for(&server, OFFICES * EACH, Duration::from_secs(900));
    say_lateness("18,000 texts due at once", &server, &dues);
    println!("  {:.0} texts per second, peak {:.0} MiB", server.rate(), resident(&daemon, "VmHWM:"));
    end(&mut daemon);
    // 216,000 texts in eleven hours, one key after another.
    let folder = practice_of_offices(&url);
    server.begin(20);
    let mut daemon = start(folder.path(), &["run"]);
    std::thread::sleep(Duration::from_secs(60));
    let (begin, texts) = (now() + TimeDelta::seconds(60), steady_seconds as usize * 11 / 2);
    let dues = book_for_offices(folder.path(), texts, |n| begin + TimeDelta::seconds((n * 2 / 11) as i64));
    std::thread::sleep((begin - now()).to_std().unwrap_or_default());
    let load = load(&daemon, f64::from(steady_seconds));
    wait_for(&server, texts, Duration::from_secs(60));
    say_lateness(&format!("5.5 texts a second for {steady_seconds} s"), &server, &dues);
    println!("  {load:.1} % of a core, peak {:.0} MiB", resident(&daemon, "VmHWM:"));
    end(&mut daemon);
}

fn wait_for(server: &Server, texts: usize, patience: Duration) {
    let began = Instant::now();
    while server.answered.load(Ordering::SeqCst) < texts && began.elapsed() < patience {
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// How late the texts came, over all keys and by key.
fn say_lateness(what: &str, server: &Server, dues: &HashMap<String, chrono::DateTime<Utc>>) {
    let came = server.came.lock().unwrap_or_else(|e| e.into_inner());
    let (mut all, mut by_key): (Vec<f64>, HashMap<&str, f64>) = (Vec::new(), HashMap::new());
    for (number, (key, at)) in came.iter() {
        let Some(due) = dues.get(number) else { continue };
        let late = (*at - *due).num_milliseconds() as f64 / 1e3;
        all.push(late);
        let last = by_key.entry(key).or_default();
        *last = last.max(late);
    }
    let mut last: Vec<f64> = by_key.into_values().collect();
    all.sort_by(f64::total_cmp);
    last.sort_by(f64::total_cmp);
    let at = |numbers: &[f64], part: f64| numbers.get(((numbers.len().max(1) - 1) as f64 * part) as usize).copied();
    let say = |numbers: &[f64]| {
        [0.0, 0.5, 0.9, 0.99, 1.0].map(|part| format!("{:.1}", at(numbers, part).unwrap_or_default())).join(" | ")
    };
    println!("{what}: {} texts over {} keys", all.len(), last.len());
    println!("  seconds late, first | median | 90 % | 99 % | last: {}", say(&all));
    println!("  a key's last text, the same over all keys:         {}", say(&last));
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["bare", url] => bare(url),
        ["texts"] => texts(),
        ["reads"] => reads(),
        ["million"] => million(),
        ["offices"] => offices(1_200),
        ["offices", seconds] => offices(seconds.parse().expect("seconds")),
        _ => {
            texts();
            reads();
            million();
            offices(1_200);
        }
    }
}
