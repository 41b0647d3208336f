//! Exports of practice software through the real binary: suggest, configure, import, and check the database.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use leadtime::domain::phone::{self, Country};
use serde_json::Value;

use crate::program::Practice;
use crate::shared::data;

const PRACTICE: &str = "[practice]\nname = \"Maple Dental\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
     timezone = \"America/Denver\"\n[[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"m\"\n\
     [database]\npath = \"test.db\"\n";

/// An appointment, as expected or as stored: local start, name, number that can be texted.
type Facts = (String, String, Option<String>);

fn truths(folder: &Path) -> BTreeMap<String, Vec<Value>> {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in std::fs::read_to_string(folder.join("expected.jsonl")).unwrap().lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        found.entry(value["file"].as_str().unwrap().to_owned()).or_default().push(value);
    }
    found
}

/// The row is valid, and the appointment gets reminders.
fn should_be_imported(truth: &Value) -> bool {
    truth["ok"] == true && matches!(truth["status"].as_str(), None | Some("scheduled" | "confirmed"))
}

fn facts(truth: &Value) -> Facts {
    let part = |key: &str| truth[key].as_str().unwrap_or_default();
    let name = format!("{} {}", part("first"), part("last")).trim().to_owned();
    (part("appt_local").to_owned(), name, truth["mobile"].as_str().map(str::to_owned))
}

/// Booked and confirmed appointments in the database, with their ids.
fn stored(practice: &Practice) -> Vec<(String, Facts)> {
    let sql = practice.sql();
    let mut statement = sql
        .prepare(
            "SELECT id, substr(starts_at, 1, 16), trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), phone
             FROM appointments WHERE status IN ('booked', 'confirmed')",
        )
        .unwrap();
    let rows = statement.query_map([], |row| {
        let number = row.get::<_, Option<String>>(3)?.map(|cell| phone::read(&cell, Country::US));
        let number =
            number.filter(|found| found.valid && found.textable && !found.refusal).and_then(|found| found.phone);
        Ok((row.get(0)?, (row.get(1)?, row.get(2)?, number.map(|number| number.dial().to_owned()))))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn exports() -> PathBuf {
    data("csv/exports").unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/practice-exports").into())
}

#[test]
fn every_export_is_imported_with_only_the_suggested_block() {
    let folder = exports();
    let (mut required, mut imported) = (0, 0);
    for (file, truths) in truths(&folder) {
        let practice = Practice::new(PRACTICE);
        let path = folder.join(&file);
        let path = path.to_str().unwrap();
        let block = practice.run(&["feed", "suggest", path, "--name", "desk"]).good();
        assert!(practice.path("config.toml").exists() && !practice.path("test.db").exists());
        std::fs::write(practice.path("config.toml"), format!("{PRACTICE}{block}")).unwrap();
        practice.run(&["check"]).good();
        let ended = practice.run(&["import", path]);
        assert!(ended.code < 2 && practice.path("test.db").exists(), "{file}: {}", ended.err);
        let stored = stored(&practice);
        // In these exports the number is an account or patient number, not an appointment id.
        let own_ids = !stored.iter().any(|(id, _)| id.starts_with("desk:"))
            && !matches!(file.as_str(), "pam2000.csv" | "sortable-report.csv");
        let (mut correct, mut expected) = (0, 0);
        for truth in truths.iter().filter(|truth| should_be_imported(truth)) {
            expected += 1;
            let id = truth["external_id"].as_str().unwrap_or_default();
            let found = stored.iter().any(|(own, found)| *found == facts(truth) && (!own_ids || own == id));
            correct += usize::from(found);
            assert!(found, "{file}: row {} is missing: {:?}\n{}", truth["row"], facts(truth), ended.err);
        }
        // Nothing else is stored: every row is an expected one, or one whose digits a spreadsheet destroyed.
        for (id, found) in &stored {
            let lost = |truth: &Value| truth["why"].as_str().is_some_and(|why| why.contains("digits"));
            let known = truths.iter().any(|truth| facts(truth) == *found && (truth["ok"] == true || lost(truth)));
            assert!(known, "{file}: {id} {found:?} is not an expected row");
        }
        (required, imported) = (required + expected, imported + correct);
        println!("{file}: {correct} of {expected}");
    }
    println!("{imported} of {required} rows of {}", folder.display());
    assert!(required > 250 && imported == required);
}

#[test]
fn suggest_asks_what_the_data_does_not_decide() {
    let practice = Practice::new(PRACTICE);
    std::fs::write(
        practice.path("list.csv"),
        "Appt ID,Patient,Date,Time,Cell,Status\n71001,\"Lee, Ana\",03/04/2027,9:00 AM,303-555-0101,FIRM\n\
         71002,\"Lee, Bo\",05/06/2027,1:30 PM,303-555-0102,Scheduled\n",
    )
    .unwrap();
    let ended = practice.run(&["feed", "suggest", "list.csv"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.out.contains("dates = \"?\"") && ended.out.contains("# status \"FIRM\" (1 row): booked, cancelled, ...?"),
        "{}",
        ended.out
    );
    assert!(ended.err.contains("2 questions are open"), "{}", ended.err);
    assert!(!ended.err.contains("Lee") && !ended.err.contains("555"), "names or numbers are not masked: {}", ended.err);
    // The unanswered block is rejected, with advice on what to write.
    std::fs::write(practice.path("config.toml"), format!("{PRACTICE}{}", ended.out)).unwrap();
    let check = practice.run(&["check"]);
    assert!(check.code == 2 && check.err.contains("the order of day and month is still undecided"), "{}", check.err);
    let answered = ended.out.replace("dates = \"?\"", "dates = \"day-first\"");
    std::fs::write(practice.path("config.toml"), format!("{PRACTICE}{answered}")).unwrap();
    let import = practice.run(&["import", "list.csv"]);
    assert!(import.code == 1 && import.err.contains("\"FIRM\" is not a known status"), "{}", import.err);
    assert_eq!(practice.number("SELECT count(*) FROM appointments WHERE starts_at LIKE '2027-06-05T13:30%'"), 1);
    assert_eq!(practice.run(&["feed", "suggest", "list.csv", "--ask"]).code, 2, "there is no terminal");
}
