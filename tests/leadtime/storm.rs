//! The real program, killed again and again while it sends to a faulty Annie. Annie's own record is the evidence.

use std::collections::BTreeSet;

use crate::program::{Daemon, Practice, Sandbox, live_config, visits_due_in};

const DUE: usize = 2000;
const KILLS: usize = 50;
/// Longer than the minimum time between two reads of Annie's list.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(4);

#[test]
fn killed_fifty_times_during_two_thousand_texts_nobody_is_texted_twice() {
    if std::env::var_os("LEADTIME_STORM").is_none() {
        eprintln!("NOT RUN: it takes several minutes; LEADTIME_STORM=1 cargo test killed_fifty");
        return;
    }
    let practice = Practice::new("");
    // The sandbox does not enforce Annie's limit of 24 hours: a text that is sent twice goes out twice and is counted.
    let mut sandbox = Sandbox::start(&practice, &["--faults", "all=0.1,too-many=0.003", "--seed", "7"]);
    let config = live_config(&sandbox.base_url)
        .replace("concurrency = 8", "concurrency = 16\ntimeout = \"2 seconds\"\nsettle = \"2 seconds\"");
    std::fs::write(practice.path("config.toml"), config).unwrap();
    practice.import(&visits_due_in(4, DUE), &[]).good();
    // Somebody has to read what the sandbox prints, or it blocks.
    let pid = sandbox.pid();
    let (heard, requests) = std::sync::mpsc::channel();
    let listener = std::thread::spawn(move || {
        let mut line = String::new();
        while sandbox.read_line(&mut line) {
            let _ = heard.send(std::mem::take(&mut line));
        }
    });
    let mut rng = fastrand::Rng::with_seed(7);
    let open = "SELECT count(*) FROM reminders WHERE state IN ('planned', 'sending', 'unknown')";
    let mut kills = 0;
    loop {
        let daemon = Daemon::start(&practice, "k");
        // Killed after some requests, or when it pauses: after a restart it checks immediately whether the pause is
        // over.
        for _ in 0..if kills < KILLS { rng.usize(1..80) } else { usize::MAX } {
            if requests.recv_timeout(PAUSE).is_err() {
                break;
            }
        }
        if kills >= KILLS && practice.number(open) == 0 {
            let (code, log) = daemon.stop();
            assert_eq!(code, 0, "{log}");
            break;
        }
        daemon.kill();
        kills += 1;
        assert!(kills < 10 * KILLS, "the texts are never finished");
    }

    let report = practice.run(&["sandbox", "--report", "record.jsonl"]);
    let report: serde_json::Value = serde_json::from_str(&report.out).unwrap();
    assert_eq!(report["duplicates"], 0, "{report:#}");
    assert!(report["texts"].as_u64().unwrap() as usize > DUE * 3 / 4, "{report:#}");
    // Up to a fifth is cut off twice by this many kills. A text is held for the office only after its one retry.
    let without_retry = "SELECT count(*) FROM reminders LEFT JOIN attempts USING (message_id)
        WHERE reminders.state = 'held' AND attempts.retry_of IS NULL";
    assert_eq!(practice.number(without_retry), 0);
    assert!(practice.number("SELECT count(*) FROM reminders WHERE state = 'held'") < DUE as i64 / 4);
    assert!(report["faults"].as_object().unwrap().len() >= 9, "every kind of fault must occur: {report:#}");
    // Every reminder has reached a final state, and every text that went out is recorded.
    assert_eq!(practice.number("SELECT count(*) FROM reminders"), DUE as i64);
    let record = std::fs::read_to_string(practice.path("record.jsonl")).unwrap();
    let theirs: BTreeSet<String> = record
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter_map(|line| line["conversationId"].as_str().map(str::to_owned))
        .collect();
    let connection = practice.sql();
    let mut statement = connection.prepare("SELECT conversation_id FROM conversations").unwrap();
    let ours: BTreeSet<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(theirs.difference(&ours).count(), 0, "conversations are missing from the database");
    practice.run(&["audit", "verify"]).good();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    listener.join().unwrap();
}
