//! The real binary as its users see it: commands, exit codes, and the daemon over real HTTP against the sandbox.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_leadtime");

/// A folder with a configuration, and the program run in it.
pub(crate) struct Practice {
    pub(crate) folder: TempDir,
}

/// What a command printed and how it ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn good(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Practice {
    pub(crate) fn new(config: &str) -> Practice {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        Practice { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command
            .env_remove("ANNIE_API_KEY")
            .env_remove("CREDENTIALS_DIRECTORY")
            .env_remove("JOURNAL_STREAM")
            .env_remove("NOTIFY_SOCKET");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    pub(crate) fn import(&self, csv: &str, options: &[&str]) -> Ended {
        std::fs::write(self.path("appointments.csv"), csv).unwrap();
        self.run(&[&["import", "appointments.csv"], options].concat())
    }

    pub(crate) fn plan(&self, options: &[&str]) -> Vec<Value> {
        serde_json::from_str(&self.run(&[&["plan", "--json"], options].concat()).good()).unwrap()
    }

    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.run(&["status", "--json"]).good()).unwrap()
    }

    pub(crate) fn sql(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path("test.db")).unwrap()
    }

    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.sql().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// The sandbox as a process. It prints a line for each request.
pub(crate) struct Sandbox {
    process: Child,
    lines: BufReader<ChildStdout>,
    pub(crate) base_url: String,
}

impl Sandbox {
    pub(crate) fn start(practice: &Practice, options: &[&str]) -> Sandbox {
        let all = ["sandbox", "--port", "0", "--record", "record.jsonl", "--enforce", "none"];
        let enforces = options.contains(&"--enforce");
        let arguments = [if enforces { &all[..5] } else { &all[..] }, options].concat();
        let mut process = practice.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        let base_url = first.split('"').nth(1).unwrap().to_owned();
        Sandbox { process, lines, base_url }
    }

    /// Waits for the next text it is asked to send.
    pub(crate) fn post(&mut self) -> String {
        loop {
            let request = self.request();
            if request.starts_with("POST") {
                return request;
            }
        }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }

    /// Reads the next line. Returns whether there was one.
    pub(crate) fn read_line(&mut self, line: &mut String) -> bool {
        self.lines.read_line(line).is_ok_and(|read| read > 0)
    }

    /// Waits for the next request.
    pub(crate) fn request(&mut self) -> String {
        let mut line = String::new();
        assert!(self.lines.read_line(&mut line).unwrap() > 0, "the sandbox ended");
        line.trim().to_owned()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The daemon as a process, with its log line by line.
pub(crate) struct Daemon {
    process: Child,
    log: BufReader<std::process::ChildStderr>,
    heard: String,
    /// How much of it `until` has searched.
    searched: usize,
}

impl Daemon {
    pub(crate) fn start(practice: &Practice, key: &str) -> Daemon {
        Daemon::start_with(practice, &[("ANNIE_API_KEY", key.as_ref())])
    }

    /// Starts with these environment variables.
    pub(crate) fn start_with(practice: &Practice, environment: &[(&str, &OsStr)]) -> Daemon {
        Daemon::start_as(practice, environment, &["run"])
    }

    /// Starts with these environment variables and these arguments.
    pub(crate) fn start_as(practice: &Practice, environment: &[(&str, &OsStr)], arguments: &[&str]) -> Daemon {
        let mut daemon = Daemon::spawn(practice, environment, arguments);
        daemon.until("leadtime is ready");
        // What the test waits for may have been logged just before that line.
        daemon.searched = 0;
        daemon
    }

    /// Starts without waiting until it is ready: it may be killed before.
    pub(crate) fn spawn(practice: &Practice, environment: &[(&str, &OsStr)], arguments: &[&str]) -> Daemon {
        let mut command = practice.command(arguments);
        command.env("ANNIE_API_KEY", "k").envs(environment.iter().copied());
        let mut process = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let log = BufReader::new(process.stderr.take().unwrap());
        Daemon { process, log, heard: String::new(), searched: 0 }
    }

    /// Reads the log until a line contains these words, beginning after the line of the last search.
    pub(crate) fn until(&mut self, words: &str) {
        loop {
            if self.searched == self.heard.len() {
                let read = self.log.read_line(&mut self.heard).unwrap();
                assert!(read > 0, "the daemon ended: {}", self.heard);
            }
            let line = self.heard[self.searched..].split_inclusive('\n').next().unwrap_or_default();
            self.searched += line.len();
            if line.contains(words) {
                return;
            }
        }
    }

    /// What it has logged so far.
    pub(crate) fn heard(&self) -> &str {
        &self.heard
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// Kills it immediately, whatever it is doing.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Stops it as systemd would. Returns its exit code and log.
    pub(crate) fn stop(self) -> (i32, String) {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Waits until it ends by itself. Returns its exit code and log.
    pub(crate) fn wait(mut self) -> (i32, String) {
        let code = self.process.wait().unwrap().code().unwrap_or(-1);
        std::io::Read::read_to_string(&mut self.log, &mut self.heard).unwrap();
        (code, std::mem::take(&mut self.heard))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[allow(clippy::disallowed_methods, reason = "real processes run in real time")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// A time zone without clock changes where it is about noon, so that texts may be sent whenever the test runs.
fn working_zone() -> String {
    let hours = 12 - i64::from(now().hour());
    // These names use the inverted signs of POSIX: Etc/GMT-5 is five hours ahead.
    if hours == 0 { "Etc/GMT".to_owned() } else { format!("Etc/GMT{:+}", -hours) }
}

pub(crate) fn live_config(base_url: &str) -> String {
    format!(
        "[practice]\nname = \"Maple Dental\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\ntimezone = \"{}\"\n\
         [annie]\nbase_url = \"{base_url}\"\nrequests_per_minute = 60000\nconcurrency = 8\n[sending]\nmode = \"live\"\n\
         days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\n\
         [[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"{{{{ practice.name }}}}: See you {{{{ appointment.when }}}}\"\n\
         [schedule]\ntick = \"* * * * * *\"\n[database]\npath = \"test.db\"\n",
        working_zone()
    )
}

/// Appointments whose texts are due `seconds` from now, booked long ago, each with its own number. A text that is due
/// before the daemon first starts is never sent, so tests leave it a few seconds.
pub(crate) fn visits_due_in(seconds: i64, count: usize) -> String {
    let start =
        (now() + TimeDelta::hours(24) + TimeDelta::seconds(seconds)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let mut csv = String::from("id,patient_id,first_name,phone,starts_at,status,booked_at\n");
    for n in 0..count {
        csv.push_str(&format!("A{n},P{n},Zebulon,+1303555{:04},{start},booked,2026-01-01T00:00:00Z\n", 1000 + n));
    }
    csv
}

/// The texts the sandbox was asked to send.
pub(crate) fn record(practice: &Practice) -> Vec<Value> {
    let text = std::fs::read_to_string(practice.path("record.jsonl")).unwrap();
    let all = text.lines().map(|line| serde_json::from_str(line).unwrap());
    all.filter(|line: &Value| line["method"] == "POST").collect()
}

#[test]
fn two_hundred_due_reminders_give_two_hundred_texts_and_a_restart_sends_none_again() {
    let practice = Practice::new("");
    let mut sandbox = Sandbox::start(&practice, &["--key", "annie-sk-v1-test"]);
    std::fs::write(practice.path("config.toml"), live_config(&sandbox.base_url)).unwrap();
    let daemon = Daemon::start(&practice, "annie-sk-v1-test");
    practice.import(&visits_due_in(2, 200), &[]).good();
    for _ in 0..200 {
        assert_eq!(sandbox.post(), "POST /v1/sms -> 200");
    }
    assert_eq!(practice.status()["daemon"]["running"], true);
    let (code, log) = daemon.stop();
    assert_eq!(code, 0, "{log}");
    assert!(!practice.path("test.db-wal").exists(), "after a stop the file alone must be a complete copy");

    let recorded = record(&practice);
    let to: BTreeSet<&str> = recorded.iter().map(|r| r["request"]["toNumber"].as_str().unwrap()).collect();
    assert_eq!((recorded.len(), to.len()), (200, 200));
    let theirs: BTreeSet<String> = recorded.iter().map(|r| r["conversationId"].as_str().unwrap().to_owned()).collect();
    let connection = practice.sql();
    let mut statement = connection.prepare("SELECT conversation_id FROM conversations").unwrap();
    let ours: BTreeSet<String> = statement.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!((ours.len(), ours), (200, theirs));
    let status = practice.status();
    assert_eq!((status["counts"]["sent"].as_u64(), status["daemon"]["running"].as_bool()), (Some(200), Some(false)));

    // After a restart and another import of the same appointments nothing goes out. The daemon stops only after a pass
    // that has seen them.
    practice.run(&["import", "appointments.csv"]).good();
    let daemon = Daemon::start(&practice, "annie-sk-v1-test");
    let (code, log) = daemon.stop();
    assert_eq!((code, record(&practice).len()), (0, 200), "{log}");
    let sent: Vec<Value> = practice.plan(&[]);
    let stored = recorded.iter().find(|r| r["request"]["appointmentInfo"]["appointmentId"] == "A7").unwrap();
    let item = sent.iter().find(|item| item["appointment_id"] == "A7").unwrap();
    assert_eq!(
        (item["state"].as_str(), &item["request"]),
        (Some("sent"), &stored["request"]),
        "the plan shows the request that was stored"
    );
}

/// Between two ticks, a pass comes when the next text is due.
#[test]
fn a_text_leaves_when_it_is_due_and_not_only_at_the_next_tick() {
    let practice = Practice::new("");
    let mut sandbox = Sandbox::start(&practice, &["--key", "annie-sk-v1-test"]);
    let once_a_year = live_config(&sandbox.base_url).replace("tick = \"* * * * * *\"", "tick = \"0 0 0 1 1 *\"");
    std::fs::write(practice.path("config.toml"), once_a_year).unwrap();
    practice.import(&visits_due_in(8, 2), &[]).good();
    let daemon = Daemon::start(&practice, "annie-sk-v1-test");
    for _ in 0..2 {
        assert_eq!(sandbox.post(), "POST /v1/sms -> 200");
    }
    let (code, log) = daemon.stop();
    assert_eq!((code, record(&practice).len()), (0, 2), "{log}");
}

#[test]
fn a_stop_finishes_and_records_the_text_under_way_and_logs_nothing_private() {
    let practice = Practice::new("");
    // A stand-in for Annie that accepts the request and answers only when the test says so.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    let one_at_a_time = live_config(&base_url).replace("concurrency = 8", "concurrency = 1");
    std::fs::write(practice.path("config.toml"), one_at_a_time).unwrap();
    let mut daemon = Daemon::start(&practice, "annie-sk-v1-secret");
    practice.import(&visits_due_in(2, 2), &[]).good();
    let (mut stream, mut request) = loop {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        request.read_line(&mut line).unwrap();
        if line == "POST /v1/sms HTTP/1.1\r\n" {
            break (stream, request);
        }
        // Reads are answered immediately: there is nothing to list.
        assert!(line.starts_with("GET /v1/"), "{line}");
        let nothing =
            "{\"success\":true,\"data\":{\"conversations\":[],\"phoneNumbers\":[],\"pagination\":{\"totalCount\":0}}}";
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{nothing}", nothing.len())
            .unwrap();
        std::io::copy(&mut request, &mut std::io::sink()).unwrap();
    };
    daemon.signal(Signal::TERM);
    daemon.until("stopping:");
    let body = "{\"success\":true,\"data\":{\"conversationId\":\"3c90c3cc-0d44-4b50-8888-8dd25736052a\"}}";
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).unwrap();
    // Everything the daemon sends is read, so that closing does not reset the connection.
    std::io::copy(&mut request, &mut std::io::sink()).unwrap();
    drop(stream);
    let (code, log) = daemon.stop();
    assert_eq!(code, 0, "{log}");
    assert_eq!(practice.number("SELECT count(*) FROM conversations WHERE conversation_id LIKE '3c90c3cc%'"), 1);
    // The other text was due too. It is no longer begun and waits for the next start.
    assert_eq!(practice.number("SELECT count(*) FROM attempts"), 1);
    assert_eq!(practice.number("SELECT count(*) FROM reminders WHERE state = 'planned'"), 1);
    for private in ["Zebulon", "3035551000", "annie-sk-v1-secret", "See you", "2026-01-01"] {
        assert!(!log.contains(private), "{private}: {log}");
    }
    assert!(log.contains("sent `day-before` for appointment A"), "{log}");
}

#[test]
fn a_second_daemon_on_the_same_database_refuses_to_start() {
    let practice = Practice::new("");
    std::fs::write(practice.path("config.toml"), live_config("http://127.0.0.1:9/v1")).unwrap();
    let daemon = Daemon::start(&practice, "k");
    let second = practice.command(&["run"]).env("ANNIE_API_KEY", "k").output().map(Ended::from).unwrap();
    assert_eq!(second.code, 1);
    assert!(second.err.contains("another Leadtime is already running"), "{}", second.err);
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn a_reload_applies_a_valid_configuration_and_rejects_an_invalid_one() {
    let practice = Practice::new("");
    let good = live_config("http://127.0.0.1:9/v1");
    std::fs::write(practice.path("config.toml"), &good).unwrap();
    let mut daemon = Daemon::start(&practice, "k");
    std::fs::write(practice.path("config.toml"), good.replace("24 hours", "24 horus")).unwrap();
    daemon.signal(Signal::HUP);
    daemon.until("the previous rules stay in effect");
    daemon.until("is not a lead");
    std::fs::write(practice.path("config.toml"), good.replace("24 hours", "25 hours")).unwrap();
    daemon.signal(Signal::HUP);
    daemon.until("for appointments in the next 14 days: 0 texts added, 0 moved, 0 dropped");
    daemon.until("configuration reloaded");
    assert_eq!(practice.number("SELECT count(*) FROM rules WHERE fingerprint = '25 hours'"), 1);
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn systemd_is_notified_only_after_the_first_pass() {
    let practice = Practice::new("");
    std::fs::write(practice.path("config.toml"), live_config("http://127.0.0.1:9/v1")).unwrap();
    practice.import(&visits_due_in(3600, 3), &[]).good();
    let socket = std::os::unix::net::UnixDatagram::bind(practice.path("notify")).unwrap();
    let mut command = practice.command(&["run"]);
    command.env("ANNIE_API_KEY", "k").env("NOTIFY_SOCKET", practice.path("notify")).stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    let mut buffer = [0; 4096];
    let mut hear = || {
        let read = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..read]).into_owned()
    };
    let mut heard = hear();
    while heard.contains("STATUS=starting") || heard.starts_with("EXTEND_TIMEOUT_USEC=") {
        heard = hear();
    }
    assert!(heard.contains("READY=1") && heard.contains("STATUS=live; 0 texts today, next "), "{heard}");
    assert_eq!(
        practice.number("SELECT count(*) FROM reminders WHERE state = 'planned'"),
        3,
        "the first pass must have run"
    );
    kill_process(Pid::from_child(&process), Signal::TERM).unwrap();
    while !heard.contains("STOPPING=1") {
        heard = hear();
    }
    assert_eq!(process.wait().unwrap().code(), Some(0));
}

#[test]
fn the_sandbox_answers_every_endpoint() {
    let practice = Practice::new("");
    let mut sandbox = Sandbox::start(&practice, &["--key", "k"]);
    let url = sandbox.base_url.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client =
        leadtime::annie::client::HttpClient::new(std::time::Duration::from_secs(5)).unwrap().with_key(&url, "k".into());
    let request = leadtime::annie::wire::SmsRequest {
        from_number: "+13035550199".into(),
        to_number: "+13035550101".into(),
        message: "Hi".into(),
        patient_info: None,
        appointment_info: None,
        context: None,
    };
    let send = |request: &_| runtime.block_on(client.send(request, now, || true)).answer;
    let leadtime::domain::outcome::Outcome::Sent(id) = send(&request) else { panic!("not sent") };
    assert_eq!(sandbox.request(), "POST /v1/sms -> 200");
    let too_long = leadtime::annie::wire::SmsRequest { message: "x".repeat(501), ..request };
    assert_eq!(send(&too_long).name(), "rejected");
    assert_eq!(sandbox.request(), "POST /v1/sms -> 422");

    let get = |path: &str, key: &str| -> (u16, Value) {
        let address = url.trim_start_matches("http://").trim_end_matches("/v1");
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        write!(stream, "GET /v1{path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n")
            .unwrap();
        let answer = std::io::read_to_string(stream).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap())
    };
    let (status, list) = get("/conversations?limit=100&includeArchived=true", "k");
    assert_eq!((status, &list["data"]["pagination"]["totalCount"]), (200, &1.into()));
    assert_eq!(list["data"]["conversations"][0]["toNumber"], "+13035550101");
    assert_eq!(get(&format!("/conversations/{id}"), "k").1["data"]["conversationId"], id.0);
    assert_eq!(get(&format!("/conversations/{id}/messages"), "k").1["data"][0]["content"], "Hi");
    assert_eq!(get("/phone-numbers", "k").1["data"]["phoneNumbers"][0]["number"], "+13035550199");
    for (path, key, status) in [
        ("/conversations/none", "k", 404),
        ("/conversations?limit=101", "k", 422),
        ("/nope", "k", 404),
        ("/phone-numbers", "x", 401),
    ] {
        assert_eq!(get(path, key).0, status, "{path}");
    }
    let lines = std::fs::read_to_string(practice.path("record.jsonl")).unwrap().lines().count();
    assert_eq!((lines, record(&practice).len()), (10, 2), "the sandbox records one line for each request");
}

#[test]
fn a_sandbox_with_a_configuration_accepts_only_its_from_number() {
    let practice = Practice::new(&live_config("http://127.0.0.1:9/v1"));
    let mut sandbox = Sandbox::start(&practice, &["--config", "config.toml"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = leadtime::annie::client::HttpClient::new(std::time::Duration::from_secs(5))
        .unwrap()
        .with_key(&sandbox.base_url, "k".into());
    for (from_number, status) in [("+13035550199", 200), ("+13035550198", 404)] {
        let request = leadtime::annie::wire::SmsRequest {
            from_number: from_number.into(),
            to_number: "+13035550101".into(),
            message: "Hi".into(),
            patient_info: None,
            appointment_info: None,
            context: None,
        };
        runtime.block_on(client.send(&request, now, || true));
        assert_eq!(sandbox.request(), format!("POST /v1/sms -> {status}"));
    }
}

#[test]
fn bad_input_gets_an_exit_code_and_a_clear_message() {
    let observe = live_config("http://127.0.0.1:9/v1").replace("\"live\"", "\"observe\"");
    let practice = Practice::new(&observe);
    let says = |practice: &Practice, arguments: &[&str], code: i32, words: &str| {
        let ended = practice.run(arguments);
        assert!(
            ended.code == code && ended.err.contains(words),
            "{arguments:?}: {} {}{}",
            ended.code,
            ended.out,
            ended.err
        );
    };
    // No database yet, a file that is not a Leadtime database, one of a newer version, a folder that cannot be written
    // to.
    says(&practice, &["plan"], 1, "there is no database");
    says(&practice, &["status"], 1, "there is no database");
    std::fs::write(practice.path("test.db"), "once upon a time there was a text file of sufficient length").unwrap();
    for command in ["plan", "status", "run"] {
        says(&practice, &[command], 1, "is not a Leadtime database");
    }
    std::fs::remove_file(practice.path("test.db")).unwrap();
    practice.import(&visits_due_in(3600, 1), &[]).good();
    practice.sql().pragma_update(None, "user_version", 99).unwrap();
    says(&practice, &["plan"], 1, "newer version");
    says(&practice, &["run"], 1, "newer version");
    says(&Practice::new(&observe.replace("test.db", "/proc/leadtime.db")), &["run"], 1, "cannot");
    // Usage and configuration.
    says(&practice, &["plan", "--days", "x"], 2, "invalid value");
    says(&practice, &["plan", "--now", "soon"], 2, "write a time");
    says(&practice, &["nonsense"], 2, "unrecognized subcommand");
    says(&practice, &["check", "--config", "none.toml"], 2, "cannot read");
    let several = Practice::new(
        &observe.replace("timezone", "timezon").replace("tick = \"*", "tick = \"x").replace("24 hours", "soon"),
    );
    for words in [
        "no `timezone`",
        "did you mean `timezone`",
        "is not a valid schedule",
        "is not a lead",
        "config.toml:5:1",
        "4 errors",
    ] {
        says(&several, &["check"], 2, words);
    }
    // Live without a key.
    let live = Practice::new(&live_config("http://127.0.0.1:9/v1"));
    says(&live, &["run"], 1, "no API key is set");
    assert!(!live.path("test.db").exists(), "no database must be created");
    let text = "x".repeat(600);
    says(&Practice::new(&observe.replace("See you", &text)), &["check"], 2, "Annie accepts at most 500");
}

#[test]
fn a_database_that_cannot_be_written_to_is_reported_and_loses_nothing() {
    let practice = Practice::new(&live_config("http://127.0.0.1:9/v1"));
    practice.import(&visits_due_in(3600, 2), &[]).good();
    let mut permissions = std::fs::metadata(practice.path("test.db")).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(practice.path("test.db"), permissions).unwrap();
    let ended = practice.run(&["import", "appointments.csv"]);
    // Root can write to any file. For all other users the import says why it cannot.
    if ended.code != 0 {
        assert!(ended.err.contains("cannot write to"), "{}", ended.err);
    }
    assert_eq!(practice.number("SELECT count(*) FROM appointments"), 2);
}

#[test]
fn the_demo_shows_its_steps_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let ended: Ended = Command::new(BINARY).arg("demo").env("TMPDIR", folder.path()).output().unwrap().into();
    let out = ended.good();
    for words in [
        "Who was texted",
        "Who was not texted, and why",
        "recorded 4 POST /sms requests",
        "Maria and Lucia Lopez",
        "leadtime feed suggest schedule.csv",
        "booked or moved after",
        "Nothing is left behind",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the demo leaves no files behind");
    // Everybody is listed once, and output to a file has no color.
    let lists = &out[out.find("Who was texted").unwrap()..];
    for name in ["Lucia Lopez", "James O'Neil", "Aisha Khan", "Tom Baker", "Wei Chen", "Olga Petrova", "Emma Davis"] {
        assert_eq!(lists.matches(name).count(), 1, "{name}: {lists}");
    }
    assert!(!out.contains('\u{1b}'), "{out}");
}

#[test]
fn the_shipped_configuration_is_valid() {
    let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config.toml");
    let ended = Practice::new("").run(&["check", "--config", &shipped.display().to_string()]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{}", ended.out);
}
