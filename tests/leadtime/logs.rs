//! The log formats: every line is complete on its own, whichever program collects it.

use std::os::unix::net::UnixDatagram;

use rustix::process::Signal;
use serde_json::Value;

use super::program::{Daemon, Practice, Sandbox, live_config, visits_due_in};

fn json_lines(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect()
}

#[test]
fn the_json_log_has_one_object_per_line_with_level_and_fields() {
    let practice = Practice::new("");
    let mut sandbox = Sandbox::start(&practice, &[]);
    let good = live_config(&sandbox.base_url);
    std::fs::write(practice.path("config.toml"), &good).unwrap();
    practice.import(&visits_due_in(4, 1), &[]).good();
    let mut daemon = Daemon::start_as(&practice, &[], &["run", "--log-format", "json"]);
    sandbox.post();
    daemon.until("sent `");
    std::fs::write(practice.path("config.toml"), format!("{good}[metrics]\nport = 1\n")).unwrap();
    daemon.signal(Signal::HUP);
    daemon.until("not reloaded");
    let (_, log) = daemon.stop();
    let lines = json_lines(&log);
    let one = |words: &str| {
        let found = lines.iter().find(|line| line["message"].as_str().unwrap().contains(words));
        found.unwrap_or_else(|| panic!("no {words} in {log}"))
    };
    let sent = one("sent `");
    assert_eq!((&sent["level"], &sent["rule"]), (&Value::from("INFO"), &Value::from("day-before")));
    for field in ["timestamp", "appointment", "attempt", "phone", "conversation"] {
        assert!(!sent[field].is_null(), "no {field} in {sent}");
    }
    assert!(sent["phone"].as_str().unwrap().contains('*') || !sent["phone"].as_str().unwrap().contains("3035550"));
    let refused = one("was not reloaded");
    assert_eq!(refused["level"], "ERROR");
    assert!(refused["message"].as_str().unwrap().contains("has no key `port`"), "{refused}");
    assert_eq!(one("leadtime is ready")["level"], "INFO");

    // Errors in the configuration at startup are JSON, too.
    let ended = practice.run(&["run", "--log-format", "json"]);
    assert_eq!(ended.code, 2);
    let lines = json_lines(&ended.err);
    assert!(lines.iter().all(|line| line["level"] == "ERROR") && lines.len() == 2, "{}", ended.err);
    assert!(lines[0]["message"].as_str().unwrap().contains("config.toml:"), "{}", ended.err);
}

#[test]
fn the_default_log_is_text_and_journal_stream_alone_does_not_select_the_journal() {
    let practice = Practice::new("");
    let config = live_config("http://127.0.0.1:9/v1").replace("\"live\"", "\"observe\"");
    std::fs::write(practice.path("config.toml"), config).unwrap();
    // The variable is inherited from the service that started this terminal. Standard error is a pipe here.
    let (code, log) = Daemon::start_with(&practice, &[("JOURNAL_STREAM", "8:1234".as_ref())]).stop();
    assert!(code == 0 && !log.contains("the systemd journal cannot be written"), "{log}");
    let ready = log.lines().find(|line| line.contains("leadtime is ready")).unwrap();
    assert!(ready.contains(" INFO leadtime is ready: observe mode") && !ready.contains('\u{1b}'), "{ready}");
    let wrong = practice.run(&["run", "--log-format", "yaml"]);
    assert!(wrong.code == 2 && wrong.err.contains("text, json, journal"), "{}", wrong.err);
    let (_, log) = Daemon::start_with(&practice, &[("LEADTIME_LOG", "loud".as_ref())]).stop();
    assert!(log.contains("WARN LEADTIME_LOG must be error"), "{log}");
}

/// Without a journal, log lines go to standard error and are not lost. Skipped where a journal is running.
#[test]
fn without_a_journal_log_lines_go_to_standard_error() {
    if UnixDatagram::unbound().unwrap().connect("/run/systemd/journal/socket").is_ok() {
        return;
    }
    let practice = Practice::new("");
    let config = live_config("http://127.0.0.1:9/v1").replace("\"live\"", "\"observe\"");
    std::fs::write(practice.path("config.toml"), config).unwrap();
    let (_, log) = Daemon::start_as(&practice, &[], &["run", "--log-format", "journal"]).stop();
    assert!(log.contains("the systemd journal cannot be written") && log.contains("leadtime is ready"), "{log}");
}
