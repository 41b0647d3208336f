//! No output contains anything private: the whole program at its most verbose, with marked data, through sends,
//! refusals, faults of Annie, replies, reloads and a panic.

use std::process::{Command, Stdio};

use crate::program::{Daemon, Practice, Sandbox, live_config, record};
use rustix::process::Signal;

/// Private data that must not appear in any output, in any spelling.
const MARKS: [&str; 12] = [
    "zebulonmark",
    "quixotemark",
    "1961-07-23",
    "rootcanalmark",
    "see you",
    "confirming upcoming",
    "verysecretmark",
    "303555",
    "303-555",
    "(303)",
    "+1303",
    "5551",
];

fn nothing_private(what: &str, output: &str) {
    // The time of a log line may contain any digits, so it is not searched.
    let lines = output.lines().map(|line| match line.split_once(' ') {
        Some((time, rest)) if time.starts_with("20") && time.ends_with('Z') => rest,
        _ => line,
    });
    let lower = lines.collect::<Vec<_>>().join("\n").to_lowercase();
    for mark in MARKS {
        if let Some(at) = lower.find(mark) {
            let around = lower.get(at.saturating_sub(150)..(at + 80).min(lower.len())).unwrap_or(&lower);
            panic!("{what} contains {mark:?}: ...{around}...");
        }
    }
}

/// Appointments of marked patients, due immediately.
fn appointments(count: usize) -> String {
    let plain = crate::program::visits_due_in(4, count);
    let mut csv =
        String::from("id,patient_id,first_name,last_name,date_of_birth,description,phone,starts_at,status,booked_at\n");
    for line in plain.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        csv.push_str(&format!(
            "{},{},Zebulonmark,Quixotemark,1961-07-23,rootcanalmark,{},{},{},{}\n",
            cells[0], cells[1], cells[3], cells[4], cells[5], cells[6]
        ));
    }
    csv
}

#[test]
fn no_output_contains_a_name_a_number_a_birth_date_a_text_or_the_key() {
    let practice = Practice::new("");
    let mut sandbox =
        Sandbox::start(&practice, &["--key", "annie-sk-verysecretmark", "--faults", "all=0.4", "--seed", "3"]);
    let config = live_config(&sandbox.base_url)
        .replace("[annie]\n", "[annie]\nsend_patient = [\"first_name\", \"last_name\", \"date_of_birth\", \"patient_id\"]\nsend_appointment = [\"start_time\", \"id\", \"description\"]\ntimeout = \"2 seconds\"\n")
        .replace("See you {{", "{{ patient.first_name }} {{ patient.last_name }}, see you for {{ appointment.description }} {{");
    std::fs::write(practice.path("config.toml"), &config).unwrap();
    let imported = practice.import(&appointments(60), &[]);
    nothing_private("import", &format!("{}{}", imported.out, imported.err));
    // Bad rows are reported by line and column, without their contents.
    let wrong = appointments(1).replace("A0,", "W0,").replace("booked,", "zebulonmark,");
    let reported = practice.import(&wrong, &[]);
    assert_eq!(reported.code, 1, "{}{}", reported.out, reported.err);
    let mut daemon = Daemon::start_with(
        &practice,
        &[
            ("ANNIE_API_KEY", "annie-sk-verysecretmark".as_ref()),
            ("LEADTIME_LOG", "trace".as_ref()),
            ("RUST_BACKTRACE", "1".as_ref()),
        ],
    );
    let mut heard = String::new();
    for _ in 0..30 {
        heard.push_str(&sandbox.request());
    }
    // A wrong configuration, with private data in the wrong places.
    let broken = config.replace("lead = \"24 hours\"", "lead = \"24 horus\"\napi_key = \"annie-sk-verysecretmark\"");
    std::fs::write(practice.path("config.toml"), broken).unwrap();
    daemon.signal(Signal::HUP);
    daemon.until("the previous rules stay in effect");
    let (_, log) = daemon.stop();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log is verbose: {log}");
    assert!(log.contains("it is unknown whether") && log.contains("sent `day-before`"), "{log}");
    nothing_private("the log", &without_config_excerpts(&log));
    nothing_private("the sandbox", &heard);
    assert!(record(&practice).len() > 10);
}

/// The log without excerpts of the configuration: a wrong line is shown to the person who wrote it, unless it looks
/// like a key.
fn without_config_excerpts(log: &str) -> String {
    log.lines()
        .filter(|line| !line.contains("message = ") && !line.contains("phone = ") && !line.contains("from_number = "))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_panic_is_logged_with_its_place_and_without_its_message() {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["privacy::the_child_panics", "--exact", "--nocapture"]).env("LEADTIME_TEST_PANIC", "1");
    let output = child.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("a bug in Leadtime") && said.contains("privacy.rs"), "{said}");
    nothing_private("a panic", &said);
}

/// The test above runs this in a separate process.
#[test]
fn the_child_panics() {
    if std::env::var_os("LEADTIME_TEST_PANIC").is_none() {
        return;
    }
    leadtime::daemon::logs::init(None, false);
    let ended = std::thread::spawn(|| panic!("Zebulonmark has the number +13035551000")).join();
    assert!(ended.is_err());
}

#[test]
fn no_command_can_write_a_core_dump() {
    let practice = crate::program::Practice::new("");
    let sandbox = crate::program::Sandbox::start(&practice, &["--key", "k"]);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", sandbox.pid().as_raw_nonzero())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap().to_owned();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
}

#[test]
fn a_key_written_in_place_of_its_file_name_is_not_shown() {
    let config = crate::program::live_config("http://127.0.0.1:9/v1");
    for key in ["annie-sk-v1-secret0", "0123456789012345678901234567890secret0"] {
        let practice = crate::program::Practice::new(
            &config.replace("[annie]\n", &format!("[annie]\napi_key_file = \"{key}\"\n")),
        );
        for command in [&["check"][..], &["run"], &["doctor", "--offline"], &["plan"]] {
            let ended = practice.run(command);
            let said = format!("{}{}", ended.out, ended.err);
            assert!(ended.code != 0 && !said.contains("secret0"), "{said}");
            assert!(said.contains("looks like the key itself") || command[0] == "doctor", "{said}");
        }
    }
}
