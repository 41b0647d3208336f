//! Small inputs that the program once got wrong: each folder of `tests/data/reported` with its correct result.

use serde_json::Value;

use crate::program::Practice;

/// A practice with the configuration and imported rows of a case.
fn practice(case: &str) -> Practice {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/reported").join(case);
    let config = std::fs::read_to_string(folder.join("config.toml")).unwrap();
    let practice = Practice::new(&config);
    practice.import(&std::fs::read_to_string(folder.join("rows.csv")).unwrap(), &[]);
    practice
}

/// The plan as of a time long before the appointments.
fn plan(practice: &Practice) -> Vec<Value> {
    let ended = practice.run(&["plan", "--json", "--days", "60", "--now", "2026-12-01T09:00:00-07:00"]);
    let plan: Value = serde_json::from_str(&ended.out).unwrap_or_else(|e| panic!("{e}: {} {}", ended.out, ended.err));
    plan.as_array().unwrap().clone()
}

fn of<'p>(plan: &'p [Value], id: &str) -> &'p Value {
    plan.iter().find(|row| row["appointment_id"] == id).unwrap_or_else(|| panic!("{id} is not in the plan"))
}

#[test]
fn a_familys_first_text_omits_appointments_to_make_room_for_the_opt_out_line() {
    let plan = plan(&practice("04-family-first-text-line"));
    let message = of(&plan, "F0")["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with("Responda STOP para no recibir más."), "{message}");
    assert!(message.encode_utf16().count() <= 500 && message.contains(" más"), "{message}");
    assert!(plan.iter().all(|row| row["state"] == "planned"), "{plan:?}");
}

#[test]
fn a_text_with_no_room_for_the_opt_out_line_goes_out_without_it() {
    let practice = practice("22-first-line-single-460");
    let plan = plan(&practice);
    assert!(!plan.is_empty() && plan.iter().all(|row| row["state"] == "planned"), "{plan:?}");
}

#[test]
fn everybody_on_one_account_is_in_one_text() {
    let plan = plan(&practice("05-family-account-id"));
    let message = of(&plan, "D1")["message"].as_str().unwrap();
    for name in ["Ana", "Ben", "Cleo"] {
        assert!(message.contains(name), "{message}");
    }
    assert!(["D1", "D2", "D3"].iter().all(|id| of(&plan, id)["message"] == message));
}

#[test]
fn a_duplicate_entry_is_texted_if_the_first_entry_cannot_be() {
    let plan = plan(&practice("06-double-entry-one-bad"));
    for id in ["A2", "C2", "D2", "F2", "G2"] {
        assert_eq!(of(&plan, id)["state"], "planned", "{id}: {}", of(&plan, id));
    }
    for id in ["B1", "B2"] {
        assert_eq!(of(&plan, id)["reason"], "no-consent", "{id}");
    }
}

#[test]
fn a_family_with_two_languages_or_locations_gets_one_text_about_both() {
    let plan = plan(&practice("21-family-two-languages"));
    for (first, second, begins) in
        [("A0", "A1", "Birch Lane Clinic"), ("B0", "B1", "Birch Lane Clinic"), ("C0", "C1", "Birch Lane Clinic")]
    {
        let message = of(&plan, first)["message"].as_str().unwrap();
        assert!(message.starts_with(begins), "{message}");
        assert_eq!(of(&plan, second)["message"], message, "{first} {second}");
        assert_eq!(of(&plan, second)["state"], "planned");
        assert!(message.contains("3:00") && message.contains("3:30"), "{message}");
    }
    let spanish = of(&plan, "A0")["message"].as_str().unwrap();
    assert!(spanish.contains("a las 3:00"), "the text must be in the language of the earliest appointment: {spanish}");
}

#[test]
fn a_namesake_is_texted_or_listed_as_a_duplicate() {
    let plan = plan(&practice("24-namesakes"));
    let namesake = of(&plan, "A2");
    assert!(namesake["state"] == "planned" || namesake["reason"] == "duplicate", "{namesake}");
    assert_eq!(of(&plan, "A1")["state"], "planned");
    assert_eq!(of(&plan, "A3")["state"], "planned");
}

#[test]
fn placeholders_for_missing_names_never_appear_in_a_text() {
    let plan = plan(&practice("15-odd-names"));
    for row in plan.iter().filter(|row| row["state"] == "planned") {
        let message = row["message"].as_str().unwrap();
        let clean = !message.contains("NULL") && !message.contains("  ,") && !message.contains(": ,");
        assert!(
            clean && !message.chars().any(|c| c.is_control() || "\u{200b}\u{200f}\u{202e}\u{feff}".contains(c)),
            "{message}"
        );
    }
}

#[test]
fn decomposed_and_composed_names_give_the_same_text() {
    let plan = plan(&practice("20-decomposed-names"));
    let text = |id: &str| of(&plan, id)["message"].as_str().unwrap().split(':').next_back().unwrap().to_owned();
    assert_eq!(of(&plan, "A0")["segments"], of(&plan, "A1")["segments"]);
    assert_eq!(text("A0").chars().count(), text("A1").chars().count());
}

#[test]
fn a_refusal_opts_out_only_the_numbers_in_its_cell() {
    let practice = practice("13-refusal-cells");
    for refused in [
        "2001", "2002", "2003", "2005", "2006", "2007", "2008", "2009", "2010", "2011", "2012", "2014", "2015", "2016",
        "2017", "2019", "2020", "2022",
    ] {
        let opted_out = is_opted_out(&practice, refused);
        assert!(opted_out, "{refused}");
    }
    for other in ["2004", "2013", "2018", "2021"] {
        assert!(!is_opted_out(&practice, other), "{other} must not be opted out");
    }
}

/// Whether the number with these last digits counts as opted out because of a refusal in a cell.
fn is_opted_out(practice: &Practice, last: &str) -> bool {
    let cells: Vec<String> = rusqlite::Connection::open(practice.path("lt.db"))
        .unwrap()
        .prepare("SELECT phone FROM appointments WHERE phone IS NOT NULL")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    cells.iter().any(|cell| {
        let reading = leadtime::domain::phone::read(cell, leadtime::domain::phone::Country::US);
        let numbers = reading.phone.iter().chain(&reading.also_refused);
        reading.refusal && numbers.into_iter().any(|phone| phone.dial().ends_with(last))
    })
}
