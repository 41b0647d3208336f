//! The first hour: `init` writes a configuration from a few answers, and `doctor` checks everything that can be wrong.

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
fn init_writes_a_valid_file_and_never_overwrites_another() {
    let practice = Practice::new("");
    let init = |more: &[&str]| practice.run(&[&ANSWERS[..], &["--config", "new.toml"], more].concat());
    let out = init(&["--database", "new.db"]).good();
    assert!(out.contains("observe mode"), "{out}");
    let out = practice.run(&["check", "--config", "new.toml"]).good();
    assert!(out.contains("new.toml is valid"), "{out}");
    let text = std::fs::read_to_string(practice.path("new.toml")).unwrap();
    assert!(text.contains("name = \"O'Neill \\\"Smile\\\" Dental\"        # the name patients"), "{text}");
    assert!(text.contains("\nfolder = \"backups\"\n"), "the backup folder is next to the database: {text}");
    assert!(text.contains("path = \"new.db\"") && text.contains("organization_timezone = \"America/Denver\""));
    let again = init(&[]);
    assert!(again.code == 2 && again.err.contains("--force"), "{}", again.err);
    assert_eq!(
        std::fs::read_to_string(practice.path("new.toml")).unwrap(),
        text,
        "the existing file must be unchanged"
    );
    init(&["--force"]).good();
    assert_eq!(std::fs::read_to_string(practice.path("new.toml.old")).unwrap(), text, "the previous file must be kept");
}

#[test]
fn init_writes_nothing_if_an_answer_is_wrong() {
    let practice = Practice::new("");
    let wrong: Vec<&str> =
        ANSWERS.iter().map(|word| if *word == "America/Denver" { "Denver" } else { *word }).collect();
    let ended = practice.run(&[&wrong[..], &["--config", "new.toml"]].concat());
    assert!(ended.code == 2 && ended.err.contains("nothing was written"), "{}", ended.err);
    assert!(!practice.path("new.toml").exists());
    assert!(ended.err.contains("did you mean `America/Denver`?") && !ended.err.contains(".leadtime-"), "{}", ended.err);
    for (option, value) in [("--phone", "555-0100"), ("--language", "de"), ("--export", "nowhere.csv")] {
        let ended = practice.run(&[&ANSWERS[..], &["--config", "new.toml", option, value]].concat());
        // clap refuses an option given twice.
        let twice = ended.err.contains("cannot be used multiple times");
        assert!(ended.code == 2 && (twice || ended.err.contains("nothing was written")), "{option}: {}", ended.err);
        assert!(!practice.path("new.toml").exists());
    }
    let missing = practice.run(&["init", "--config", "new.toml", "--timezone", "America/Denver"]);
    assert!(missing.code == 2 && missing.err.contains("--name is missing"), "{}", missing.err);
    assert_eq!(std::fs::read_dir(practice.folder.path()).unwrap().count(), 1, "no file may be left behind");
}

fn key_file(practice: &Practice, name: &str, key: &str, mode: u32) {
    std::fs::write(practice.path(name), key).unwrap();
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
    std::fs::set_permissions(practice.path(name), permissions).unwrap();
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
fn doctor_finds_nothing_wrong_with_a_healthy_practice() {
    let practice = Practice::new(&live_config("http://127.0.0.1:9/v1"));
    let sandbox = Sandbox::start(&practice, &["--key", "k", "--config", "config.toml"]);
    key_file(&practice, "key", "k", 0o600);
    let config = live_config(&sandbox.base_url).replace("[annie]\n", "[annie]\napi_key_file = \"key\"\n");
    std::fs::write(practice.path("config.toml"), config).unwrap();
    practice.import(&visits_due_in(3600, 3), &[]).good();
    let daemon = Daemon::start(&practice, "k");
    let (_, all) = findings(&practice, &[]);
    for (check, words) in [
        ("mode", "live"),
        ("database", "is intact"),
        ("permissions", "only user"),
        ("daemon", "running"),
        ("feed", "the last successful import"),
        ("key", "accepts the key"),
        ("key", "may read conversations"),
        ("clock", "of Annie's clock"),
        ("from_number", "may send"),
    ] {
        assert_eq!(result(&all, check, words), "ok", "{check}");
    }
    assert!(all.iter().all(|finding| finding["result"] != "WRONG"), "{all:#?}");
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn doctor_reports_each_problem_with_a_remedy() {
    let practice = Practice::new("");
    let sandbox = Sandbox::start(&practice, &["--key", "another"]);
    key_file(&practice, "key", "k", 0o600);
    let config = live_config(&sandbox.base_url).replace("[annie]\n", "[annie]\napi_key_file = \"key\"\n");
    std::fs::write(practice.path("config.toml"), &config).unwrap();
    practice.import(&visits_due_in(3600, 3), &[]).good();
    let mut permissions = std::fs::metadata(practice.path("test.db")).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
    std::fs::set_permissions(practice.path("test.db"), permissions).unwrap();
    let (code, all) = findings(&practice, &[]);
    assert_eq!(code, 1);
    for (check, words) in
        [("key", "does not accept the key"), ("daemon", "has never run"), ("permissions", "other users can read")]
    {
        assert_eq!(result(&all, check, words), "WRONG", "{check}");
    }
    assert!(all.iter().all(|f| f["result"] == "ok" || f["remedy"].is_string()), "{all:#?}");
    // The output fits on one screen, and with --offline Annie is not asked.
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

#[test]
fn doctor_and_test_text_use_the_key_of_the_packaged_service() {
    let practice = Practice::new("");
    let mut sandbox = Sandbox::start(&practice, &["--key", "k"]);
    let config = live_config(&sandbox.base_url);
    std::fs::write(practice.path("config.toml"), config).unwrap();
    practice.import(&visits_due_in(3600, 1), &[]).good();
    // A key that could not be checked counts as wrong.
    let (code, all) = findings(&practice, &[]);
    assert_eq!((code, result(&all, "key", "could not be checked")), (1, "WRONG"));
    let remedy = all.iter().find(|f| f["check"] == "key").unwrap()["remedy"].as_str().unwrap().to_owned();
    assert!(remedy.contains("LoadCredential=") && !remedy.contains("ANNIE_API_KEY"), "{remedy}");
    key_file(&practice, "annie-api-key", "k", 0o644);
    let (_, all) = findings(&practice, &[]);
    assert_eq!(result(&all, "key", "every user of this machine can read"), "WRONG");
    assert_eq!(result(&all, "permissions", "other users can read the API key"), "WRONG");
    key_file(&practice, "annie-api-key", "k", 0o600);
    let (_, all) = findings(&practice, &[]);
    assert_eq!(result(&all, "key", "accepts the key"), "ok");
    key_file(&practice, "annie-api-key", "k", 0o640);
    let (_, all) = findings(&practice, &["--offline"]);
    assert_eq!(result(&all, "permissions", "other users can read the API key"), "look");
    practice.run(&["test-text", "day-before", "303-555-1042"]).good();
    assert!(sandbox.post().ends_with("200"));
}

#[test]
fn doctor_checks_each_key_against_its_own_numbers() {
    let practice = Practice::new("");
    let north = "[[location]]\nid = \"north\"\nfrom_number = \"+13035550177\"\n";
    let ours = Practice::new(&live_config("http://127.0.0.1:9/v1"));
    let sandbox = Sandbox::start(&ours, &["--key", "k", "--config", "config.toml"]);
    let config = live_config(&sandbox.base_url).replace("[annie]\n", "[annie]\napi_key_file = \"key\"\n");
    key_file(&practice, "key", "k", 0o600);
    key_file(&practice, "north-key", "another", 0o600);
    let of_its_own = format!("{config}{north}api_key_file = \"north-key\"\n");
    std::fs::write(practice.path("config.toml"), of_its_own).unwrap();
    let (_, all) = findings(&practice, &[]);
    let numbers: Vec<_> = all.iter().filter(|f| f["check"] == "from_number").collect();
    assert!(numbers.len() == 1 && numbers[0]["result"] == "ok", "{numbers:#?}");
    assert_eq!(result(&all, "key", "key of location `north`: Annie does not accept the key"), "WRONG");
    // Without a key of its own, the location's number must be one of the practice's key.
    std::fs::write(practice.path("config.toml"), format!("{config}{north}")).unwrap();
    let (_, all) = findings(&practice, &[]);
    assert_eq!(result(&all, "from_number", "…77 is not one"), "WRONG");
}

#[test]
fn doctor_reports_what_holds_texts_back_and_missing_backups() {
    let config = live_config("http://127.0.0.1:9/v1")
        + "[[feed]]\nname = \"csv\"\nkind = \"file\"\npreset = \"leadtime\"\nstale_after = \"26 hours\"\n[backup]\nfolder = \"copies\"\n";
    let practice = Practice::new(&config);
    practice.import(&visits_due_in(3600, 1), &[]).good();
    let look = || findings(&practice, &["--offline"]).1;
    assert_eq!(result(&look(), "feed", "0 hours ago"), "ok");
    assert_eq!(result(&look(), "backup", "no backup yet"), "look");
    practice.sql().execute("UPDATE imports SET finished_at = finished_at - 30 * 86400", []).unwrap();
    practice
        .sql()
        .execute("INSERT INTO daily_work (work, failed_at, fault) VALUES ('backup', 1, 'the folder is gone')", [])
        .unwrap();
    let all = look();
    assert_eq!(result(&all, "feed", "nothing is sent (stale_after)"), "WRONG");
    assert_eq!(result(&all, "backup", "the folder is gone"), "WRONG");
    assert_eq!(result(&all, "sending", "the last import is too old"), "WRONG");
    practice.sql().execute("DELETE FROM imports", []).unwrap();
    assert_eq!(result(&look(), "feed", "nothing is sent"), "WRONG");
    // A file owned by another user, if this user may change its owner.
    if std::os::unix::fs::chown(practice.path("test.db"), Some(12345), None).is_ok() {
        assert_eq!(result(&look(), "permissions", "who owns its folder"), "WRONG");
    }
}

#[test]
fn init_suggests_the_feed_for_an_export() {
    let practice = Practice::new("");
    std::fs::write(
        practice.path("list.csv"),
        "Appt ID,Patient,Date,Time,Cell,Status\n71001,\"Lee, Ana\",03/24/2027,9:00 AM,303-555-0101,Scheduled\n\
         71002,\"Lee, Bo\",05/26/2027,1:30 PM,303-555-0102,Scheduled\n",
    )
    .unwrap();
    let init = |more: &[&str]| practice.run(&[&ANSWERS[..], &["--database", "new.db", "--config"], more].concat());
    init(&["new.toml", "--export", "list.csv"]).good();
    let text = std::fs::read_to_string(practice.path("new.toml")).unwrap();
    assert!(text.contains("# As read from list.csv.") && text.contains("[feed.columns]") && text.contains("[backup]"));
    assert_eq!(text.matches("[[feed]]").count(), 1, "{text}");
    let out = practice.run(&["import", "--config", "new.toml", "list.csv"]).good();
    assert!(out.contains("2 new appointments"), "{out}");
    // A feed with an open question is not written as if everything were known.
    let open = std::fs::read_to_string(practice.path("list.csv")).unwrap().replace("24/", "04/").replace("26/", "06/");
    std::fs::write(practice.path("list.csv"), open).unwrap();
    let ended = init(&["open.toml", "--export", "list.csv"]);
    assert!(
        ended.code == 0
            && ended.err.contains("1 question about the export is open: run leadtime feed suggest list.csv --ask"),
        "{}",
        ended.err
    );
    assert!(!std::fs::read_to_string(practice.path("open.toml")).unwrap().contains("[[feed]]\n"));
}

#[test]
fn init_accepts_numbers_in_any_format_and_shows_the_next_commands() {
    let practice = Practice::new("");
    std::fs::remove_file(practice.path("config.toml")).unwrap();
    std::fs::write(
        practice.path("my list.csv"),
        "Appt ID,Patient,Date,Time,Cell,Status\n71001,\"Lee, Ana\",03/24/2027,9:00 AM,303-555-0101,Scheduled\n",
    )
    .unwrap();
    let base = ["init", "--name", "Maple Dental", "--timezone", "America/Denver", "--export", "my list.csv"];
    let numbers = ["--phone", "(303) 555-0100", "--from-number", "+1 555 123 4567", "--database", "data/leadtime.db"];
    let out = practice.run(&[&base[..], &numbers[..]].concat()).good();
    assert!(out.contains("leadtime import --dry-run 'my list.csv'") && !out.contains("--config"), "{out}");
    let text = std::fs::read_to_string(practice.path("config.toml")).unwrap();
    for line in ["\nphone = \"+13035550100\"", "\nfrom_number = \"+15551234567\"", "\nfolder = \"data/backups\""] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn a_test_text_without_a_key_says_that_it_needs_one_even_in_observe_mode() {
    let practice = Practice::new(&live_config("http://127.0.0.1:9/v1").replace("\"live\"", "\"observe\""));
    let ended = practice.run(&["test-text", "day-before", "303-555-1042"]);
    assert!(
        ended.code == 2 && ended.err.contains("a test text is a real text, so it needs your API key"),
        "{}",
        ended.err
    );
    assert!(!ended.err.contains("mode is"), "{}", ended.err);
}
