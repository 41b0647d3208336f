//! Hostile data does nothing to a terminal, a log or a spreadsheet.

use super::program::{Daemon, Ended, Practice, Sandbox, live_config};

const EVIL: &str = "\u{1b}[2J\u{7}\nFORGED line\r\u{202e}x\u{9b}1m";

fn is_harmless(text: &str, about: &str) {
    let acts = |c: char| (c.is_control() && c != '\n' && c != '\t') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!text.chars().any(acts), "{about}: {text:?}");
    assert!(!text.lines().any(|line| line.trim_start().starts_with("FORGED")), "{about}: {text}");
}

#[test]
fn hostile_names_ids_and_operators_are_printed_as_plain_text() {
    let practice = Practice::new("");
    let mut sandbox = Sandbox::start(&practice, &["--key", "annie-sk-v1-test"]);
    std::fs::write(practice.path("config.toml"), live_config(&sandbox.base_url)).unwrap();
    practice.import("id,patient_id,first_name,phone,starts_at,status\n", &[]).good();
    let soon = super::program::now() + chrono::TimeDelta::hours(24) + chrono::TimeDelta::seconds(5);
    let starts = soon.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    for (n, phone) in ["+13035551000", "none", "+1+cmd|' /C calc'!A0"].iter().enumerate() {
        practice
            .sql()
            .execute(
                "INSERT INTO appointments (id, patient_id, first_name, last_name, phone, starts_at, status, provider, booked_at)
                 VALUES (?1, ?2, ?3, ?3, ?4, ?5, 'booked', '=1+1', '2026-01-01T00:00:00Z')",
                (format!("V{n}{EVIL}"), format!("P{n}{EVIL}"), format!("=cmd{EVIL}"), phone, &starts),
            )
            .unwrap();
    }
    let daemon = Daemon::start(&practice, "annie-sk-v1-test");
    sandbox.post();
    practice.run(&["opt-out", "add", "+13035551007", "--who", EVIL]).good();
    practice.run(&["pause", "--who", EVIL]).good();
    for command in [
        &["plan"][..],
        &["plan", "--days", "3"],
        &["status"],
        &["not-reached"],
        &["not-reached", "--csv"],
        &["history"],
        &["opt-out", "list"],
        &["explain", &format!("V0{EVIL}")],
        &["explain", "303-555-1000"],
        &["audit", "verify"],
        &["doctor"],
    ] {
        let Ended { out, err, .. } = practice.run(command);
        is_harmless(&out, &format!("{command:?}"));
        is_harmless(&err, &format!("{command:?}"));
    }
    let csv = practice.run(&["not-reached", "--csv"]).good();
    assert!(csv.contains("'=cmd") && csv.contains("'+1+cmd") && csv.contains("'=1+1"), "{csv}");
    // A file with a hostile name.
    let name = "export\u{1b}[2J\nFORGED.csv";
    std::fs::write(practice.path(name), "not,an\nexport,x\n").unwrap();
    let Ended { out, err, .. } = practice.run(&["import", name]);
    is_harmless(&format!("{out}{err}"), "import");
    let (_, log) = daemon.stop();
    is_harmless(&log, "the daemon's log");
}
