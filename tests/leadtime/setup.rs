//! The first hour: a configuration from a few answers, and the look at everything that can be wrong.

use serde_json::Value;

use crate::program::{Daemon, Practice, Sandbox, live_config, visits_due_in};

const ANSWERS: [&str; 9] = [
    "init",
    "--name",
    "O'Neill \"Smile\" Dental",
    "--phone",
    "+13035550100",
    "--from-number",
    "+13035550199",
    "--timezone",
    "America/Denver",
];

#[test]
fn init_writes_a_file_that_is_in_order_and_never_over_another() {
    let practice = Practice::new("");
    let init = |more: &[&str]| practice.run(&[&ANSWERS[..], &["--config", "new.toml"], more].concat());
    let out = init(&["--database", "new.db"]).good();
    assert!(out.contains("observe mode"), "{out}");
    let out = practice.run(&["check", "--config", "new.toml"]).good();
    assert!(out.contains("new.toml is in order"), "{out}");
    let text = std::fs::read_to_string(practice.path("new.toml")).unwrap();
    assert!(text.contains("name = \"O'Neill \\\"Smile\\\" Dental\"        # as patients"), "{text}");
    assert!(text.contains("path = \"new.db\"") && text.contains("organization_timezone = \"America/Denver\""));
    let again = init(&[]);
    assert!(again.code == 2 && again.err.contains("--force"), "{}", again.err);
    assert_eq!(std::fs::read_to_string(practice.path("new.toml")).unwrap(), text, "untouched");
    init(&["--force"]).good();
    assert_eq!(std::fs::read_to_string(practice.path("new.toml.old")).unwrap(), text, "the former one is kept");
}

#[test]
fn init_writes_nothing_that_is_wrong() {
    let practice = Practice::new("");
    let wrong: Vec<&str> =
        ANSWERS.iter().map(|word| if *word == "America/Denver" { "Denver" } else { *word }).collect();
    let ended = practice.run(&[&wrong[..], &["--config", "new.toml"]].concat());
    assert!(ended.code == 2 && ended.err.contains("nothing was written"), "{}", ended.err);
    assert!(!practice.path("new.toml").exists());
    let missing = practice.run(&["init", "--config", "new.toml", "--timezone", "America/Denver"]);
    assert!(missing.code == 2 && missing.err.contains("--name is missing"), "{}", missing.err);
    assert_eq!(std::fs::read_dir(practice.folder.path()).unwrap().count(), 1, "only what was there");
}

fn findings(practice: &Practice, options: &[&str]) -> (i32, Vec<Value>) {
    let ended = practice.run(&[&["doctor", "--json"], options].concat());
    (ended.code, serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}{}", ended.out, ended.err)))
}

fn result<'a>(findings: &'a [Value], check: &str, words: &str) -> &'a str {
    let found = findings.iter().find(|f| f["check"] == check && f["found"].as_str().unwrap().contains(words));
    found.unwrap_or_else(|| panic!("{check} {words}: {findings:#?}"))["result"].as_str().unwrap()
}

#[test]
fn doctor_finds_a_healthy_practice_healthy() {
    let practice = Practice::new(&live_config("http://127.0.0.1:9/v1"));
    let sandbox = Sandbox::start(&practice, &["--key", "k", "--config", "config.toml"]);
    std::fs::write(practice.path("key"), "k").unwrap();
    let config = live_config(&sandbox.base_url).replace("[annie]\n", "[annie]\napi_key_file = \"key\"\n");
    std::fs::write(practice.path("config.toml"), config).unwrap();
    practice.import(&visits_due_in(3600, 3), &[]).good();
    let daemon = Daemon::start(&practice, "k");
    let (_, all) = findings(&practice, &[]);
    for (check, words) in [
        ("mode", "live"),
        ("database", "is whole"),
        ("permissions", "only user"),
        ("daemon", "it runs"),
        ("feed", "the last import"),
        ("key", "accepts it"),
        ("key", "may read conversations"),
        ("clock", "agrees"),
        ("from_number", "may send"),
    ] {
        assert_eq!(result(&all, check, words), "ok", "{check}");
    }
    assert!(all.iter().all(|finding| finding["result"] != "WRONG"), "{all:#?}");
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn doctor_names_what_is_wrong_and_the_remedy() {
    let practice = Practice::new("");
    let sandbox = Sandbox::start(&practice, &["--key", "another"]);
    std::fs::write(practice.path("key"), "k").unwrap();
    let config = live_config(&sandbox.base_url).replace("[annie]\n", "[annie]\napi_key_file = \"key\"\n");
    std::fs::write(practice.path("config.toml"), &config).unwrap();
    practice.import(&visits_due_in(3600, 3), &[]).good();
    let mut permissions = std::fs::metadata(practice.path("test.db")).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
    std::fs::set_permissions(practice.path("test.db"), permissions).unwrap();
    let (code, all) = findings(&practice, &[]);
    assert_eq!(code, 1);
    for (check, words) in [("key", "does not accept it"), ("daemon", "never ran"), ("permissions", "others can read")] {
        assert_eq!(result(&all, check, words), "WRONG", "{check}");
    }
    assert!(all.iter().all(|f| f["result"] == "ok" || f["remedy"].is_string()), "{all:#?}");
    // One screen for a person, and nothing is asked of Annie without leave.
    let screen = practice.run(&["doctor", "--offline"]);
    assert!(
        screen.out.lines().count() < 40
            && screen.out.contains("WRONG  daemon")
            && !screen.out.contains("Annie accepts"),
        "{}",
        screen.out
    );
    std::fs::write(practice.path("config.toml"), config.replace("24 hours", "24 horus")).unwrap();
    let (code, all) = findings(&practice, &[]);
    assert_eq!((code, result(&all, "configuration", "1 error")), (1, "WRONG"));
}
