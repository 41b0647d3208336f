//! Output that people read, word for word, so that changes of wording show up in review.
//! `INSTA_UPDATE=always cargo test snapshots` rewrites the files under `snapshots/`.
//!
//! Everything happens at one fixed time, so that the output is the same every day. What differs between machines is
//! filtered out.

use super::program::{Ended, Practice};

/// Monday at 10 AM in Denver.
const NOW: &str = "2030-11-11T10:00:00-07:00";

const CONFIG: &str = r#"[practice]
name = "Bright Smiles Dental"
phone = "+13035550100"
from_number = "+15551234567"
timezone = "America/Denver"

[sending]
mode = "live"
hours = "09:00-18:00"
days = ["mon", "tue", "wed", "thu", "fri"]
first_text_line = "Reply STOP to opt out."

[[rule]]
name = "day-before"
lead = "1 business day"
at = "10:30"
message = "{{ practice.name }}: {{ patient.first_name }}, see you {{ appointment.when }}. Need to change it? Call {{ practice.phone }}."

[database]
path = "test.db"

[[feed]]
name = "desk"
kind = "file"
[feed.columns]
id = "Appt"
starts_at = ["Date", "Time"]
name = "Patient"
phone = "Cell"
status = "Status"
consent = "Text OK"
"#;

const EXPORT: &str = "Appt,Date,Time,Patient,Cell,Status,Text OK\n\
    1001,11/13/2030,10:00 AM,\"Lopez, Maria\",303-555-0111,Scheduled,Yes\n\
    1002,11/13/2030,10:30 AM,\"Lopez, Lucia\",303-555-0111,Scheduled,\n\
    1003,11/13/2030,11:00 AM,\"O'Neil, James\",(303) 555-0112,Confirmed,\n\
    1004,11/14/2030,9:00 AM,\"Khan, Aisha\",,Scheduled,\n\
    1005,11/14/2030,9:30 AM,\"Brown, Noah\",555-0100,Scheduled,\n\
    1006,11/15/2030,9:30 AM,\"Miller, Grace\",303-555-0118,Scheduled,No\n\
    1007,11/15/2030,9:30 AM,\"Chen, Wei\",303-555-0115,Cancelled,\n";

fn practice() -> Practice {
    let practice = Practice::new(CONFIG);
    std::fs::write(practice.path("export.csv"), EXPORT).unwrap();
    practice.run(&["import", "export.csv"]).good();
    practice
}

/// Both output streams and the exit code, without what differs between runs.
fn printed(practice: &Practice, ended: Ended) -> String {
    let folder = practice.folder.path().display().to_string();
    let text = format!("{}{}[exit code {}]\n", ended.out, ended.err, ended.code);
    text.replace(&format!("{folder}/"), "").replace(&folder, "FOLDER")
}

fn with_filters(test: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let day = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{1,2}";
    // Values that depend on the machine's clock and disk, and the version.
    settings.add_filter(r"0\.1\.0(?:\S*)", "VERSION");
    settings.add_filter(r"\d+(?:\.\d+)? (?:GiB|MiB|KiB|GB|MB)", "SIZE");
    settings.add_filter(&format!(r"(imported|import|on|since|at|Last import) +(?:{day}), \d+:\d\d [AP]M"), "$1 TODAY");
    settings.add_filter(&format!(r"last read (?:{day}), \d+:\d\d [AP]M \([^)]*\)"), "last read TODAY");
    settings.bind(test);
}

#[test]
fn plan_explain_and_not_reached_read_as_recorded() {
    let practice = practice();
    let see = |arguments: &[&str]| printed(&practice, practice.run(arguments));
    with_filters(|| {
        insta::assert_snapshot!("plan", see(&["plan", "--now", NOW]));
        insta::assert_snapshot!("explain", see(&["explain", "Lucia", "Lopez", "--now", NOW]));
        insta::assert_snapshot!("explain-no-text", see(&["explain", "1005", "--now", NOW]));
        insta::assert_snapshot!("explain-nobody", see(&["explain", "Zed", "--now", NOW]));
        insta::assert_snapshot!("not-reached", see(&["not-reached", "--now", NOW, "--date", "2030-11-14"]));
        insta::assert_snapshot!("not-reached-nobody", see(&["not-reached", "--now", NOW, "--date", "2030-12-25"]));
        insta::assert_snapshot!("resolve-nothing", see(&["resolve"]));
    });
}

#[test]
fn status_and_feed_commands_read_as_recorded() {
    let practice = practice();
    let see = |arguments: &[&str]| printed(&practice, practice.run(arguments));
    with_filters(|| {
        insta::assert_snapshot!("status", see(&["status", "--now", NOW]));
        insta::assert_snapshot!("feed-list", see(&["feed", "list"]));
        insta::assert_snapshot!("feed-test", see(&["feed", "test", "desk", "export.csv"]));
    });
}

#[test]
fn actions_of_the_front_desk_read_as_recorded() {
    let practice = practice();
    let see = |arguments: &[&str]| printed(&practice, practice.run(arguments));
    with_filters(|| {
        insta::assert_snapshot!("opt-out-add", see(&["opt-out", "add", "Grace Miller", "--who", "Kim"]));
        insta::assert_snapshot!("opt-out-short", see(&["opt-out", "add", "555-0112"]));
        insta::assert_snapshot!("skip", see(&["skip", "1003", "--who", "Kim"]));
        insta::assert_snapshot!("wrong-number", see(&["wrong-number", "add", "303-555-0111", "--who", "Kim"]));
        insta::assert_snapshot!("pause", see(&["pause", "--until", "2031-01-02 09:00", "--who", "Kim"]));
        insta::assert_snapshot!("status-paused", see(&["status", "--now", NOW]));
    });
}

#[test]
fn configuration_errors_read_as_recorded() {
    let practice = practice();
    let see = |config: &str| {
        std::fs::write(practice.path("config.toml"), config).unwrap();
        printed(&practice, practice.run(&["check"]))
    };
    with_filters(|| {
        insta::assert_snapshot!("check", see(CONFIG));
        let wrong = CONFIG
            .replace("lead = \"1 business day\"", "led = \"1 bussiness day\"")
            .replace("09:00-18:00", "9 to 6")
            .replace("America/Denver", "Denver");
        insta::assert_snapshot!("check-errors", see(&wrong));
        insta::assert_snapshot!("check-one-bracket", see(&CONFIG.replace("[[rule]]", "[rule]")));
        insta::assert_snapshot!("check-unclosed", see(&CONFIG.replace("\"fri\"]", "\"fri\"")));
        insta::assert_snapshot!("check-open-question", see(&CONFIG.replace("phone = \"Cell\"", "phone = \"?\"")));
    });
}

#[test]
fn import_reports_read_as_recorded() {
    let practice = practice();
    let import = |text: &str, options: &[&str]| {
        std::fs::write(practice.path("export.csv"), text).unwrap();
        printed(&practice, practice.run(&[&["import", "export.csv"], options].concat()))
    };
    let torn = EXPORT.replace("1004,11/14/2030,9:00 AM", "1004,11/14/2030").replace("Confirmed", "FIRM");
    with_filters(|| {
        insta::assert_snapshot!("import-again", import(EXPORT, &[]));
        insta::assert_snapshot!("import-dry-run", import(&EXPORT.replace("10:30 AM", "10:45 AM"), &["--dry-run"]));
        insta::assert_snapshot!("import-bad-rows", import(&torn, &[]));
        insta::assert_snapshot!("import-renamed-column", import(&EXPORT.replace("Cell", "Mobile"), &[]));
        insta::assert_snapshot!(
            "import-stray-quote",
            import(&EXPORT.replace("\"Khan, Aisha\"", "\"Khan\", Aisha"), &[])
        );
    });
}

#[test]
fn feed_suggestions_read_as_recorded() {
    let practice = Practice::new(CONFIG.split("[[feed]]").next().unwrap());
    let suggest = |text: &str| {
        std::fs::write(practice.path("export.csv"), text).unwrap();
        printed(&practice, practice.run(&["feed", "suggest", "export.csv"]))
    };
    with_filters(|| {
        insta::assert_snapshot!("suggest", suggest(EXPORT));
        let open = EXPORT.replace("11/1", "11/0").replace("Confirmed", "FIRM").replace("Text OK", "No Txt");
        insta::assert_snapshot!("suggest-open", suggest(&open));
    });
}

#[test]
fn help_texts_read_as_recorded() {
    let practice = practice();
    with_filters(|| {
        insta::assert_snapshot!("help", printed(&practice, practice.run(&["--help"])));
        for command in ["plan", "explain", "import", "opt-out", "resolve", "pause", "feed", "init"] {
            let name = format!("help-{command}");
            insta::assert_snapshot!(name, printed(&practice, practice.run(&[command, "--help"])));
        }
    });
}
