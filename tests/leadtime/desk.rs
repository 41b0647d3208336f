//! The front desk's commands, run with the real binary: what `check` finds, what a rule change moves, who may not be
//! texted, and the plan as people read it.

use serde_json::Value;

use crate::program::Practice;

const HEAD: &str = "[practice]
name = \"Maple Dental\"
phone = \"+13035550100\"
from_number = \"+13035550199\"
timezone = \"America/Denver\"
[annie]
[sending]
mode = \"live\"
first_text_line = \"Reply STOP to opt out.\"
[database]
path = \"test.db\"
";

const GOOD: &str = "[[rule]]
name = \"first\"
lead = \"3 business days\"
at = \"10:00\"
message = \"{{ practice.name }}: see you {{ appointment.when }}. Reply or call {{ practice.phone }}.\"
[[rule]]
name = \"last\"
lead = \"1 business day\"
at = \"10:30\"
message = \"{{ practice.name }}: see you {{ appointment.when }}. Reply or call {{ practice.phone }}.\"
";

const MESSAGE: &str = "message = \"{{ practice.name }}: see you {{ appointment.when }}.\"\n";

/// A rule with this lead and these further keys.
fn rule(name: &str, lead: &str, more: &str) -> String {
    format!("[[rule]]\nname = \"{name}\"\nlead = \"{lead}\"\n{more}\n{MESSAGE}")
}

fn check(config: &str) -> (i32, String) {
    let ended = Practice::new(config).run(&["check"]);
    (ended.code, format!("{}{}", ended.out, ended.err))
}

#[test]
fn the_shipped_rules_pass_check_without_warnings() {
    let (code, said) = check(&format!("{HEAD}{GOOD}"));
    assert_eq!((code, said.contains("warning"), said.contains("is valid")), (0, false, true), "{said}");
    let shipped = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config.toml")).unwrap();
    let (code, said) = check(&shipped);
    assert_eq!((code, said.contains("warning")), (0, false), "{said}");
}

#[test]
fn check_finds_errors_and_warnings_in_the_rules() {
    let two = |first: &str, second: &str| format!("{HEAD}{first}{second}");
    let sending = |line: &str| format!("{}{GOOD}", HEAD.replace("[sending]\n", &format!("[sending]\n{line}\n")));
    let message = |text: &str| format!("{HEAD}[[rule]]\nname = \"r\"\nlead = \"1 day\"\n{text}\n");
    let error = 2;
    for (config, code, words) in [
        // Pairs that Annie's limits make impossible: an error with equal priorities, a warning when a priority decides.
        (two(&rule("one-day", "24 hours", ""), &rule("soon", "3 hours", "")), error, "`soon` and `one-day` conflict"),
        (
            two(&rule("one-day", "24 hours", ""), &rule("soon", "3 hours", "")),
            error,
            "21 hours apart, and a number may get only one text in 24 hours",
        ),
        (two(&rule("one-day", "24 hours", ""), &rule("soon", "3 hours", "")), error, "`one-day` would not be sent"),
        (
            two(&rule("one-day", "24 hours", "priority = 5"), &rule("soon", "3 hours", "")),
            0,
            "`soon` would not be sent",
        ),
        (
            two(&rule("a", "3 days", "at = \"10:00\""), &rule("b", "1 day", "at = \"10:30\"")),
            0,
            "10 of 50 ordinary appointments cannot get both, such as one on Monday",
        ),
        (two(&rule("a", "2 days", ""), &rule("b", "2 days", "")), 0, "the same lead as `a`"),
        (
            format!("{}{}", HEAD.replace("[annie]\n", "[annie.limits]\nper_7_days = 1\n"), GOOD),
            error,
            "a number may get only 1 text in 7 days",
        ),
        // A rule that can never apply, and one that is always moved.
        (
            two(&rule("night", "1 day", "at = \"05:00\"\noutside_hours = \"skip\""), ""),
            error,
            "`night` could never be sent",
        ),
        (two(&rule("night", "1 day", "at = \"05:00\""), ""), 0, "05:00 is outside the sending hours"),
        (two(&rule("late", "14 hours", ""), ""), 0, "`late` always falls outside the sending hours"),
        (sending("hours = \"06:00-08:00\""), error, "no text could ever be sent"),
        (
            format!("{HEAD}{GOOD}[[location]]\nid = \"x\"\nhours = \"06:00-08:00\"\n"),
            error,
            "no text for location `x` could ever be sent",
        ),
        // Rules that no appointment type matches.
        (
            two(&rule("r", "1 day", "only_types = [\"crwn\"]"), "[appointment_types]\ncrown = \"crown\"\n"),
            0,
            "did you mean `crown`?",
        ),
        (
            two(&rule("r", "1 day", "only_types = [\"x\"]\nexcept_types = [\"x\"]"), ""),
            error,
            "would never apply to it",
        ),
        // Message texts.
        (message("message = \"See you {{ appointment.when }}.\""), 0, "does not say who sent it"),
        (
            message(
                "message = \"{{ practice.name }}: it\u{2019}s soon, see you {{ appointment.when }}, and bring your card.\"",
            ),
            0,
            "with plain letters instead of \u{2019} it would cost 1",
        ),
        (message("message = \"{{ practice.name }}: Reply CANCEL to cancel.\""), 0, "asks for the reply CANCEL"),
        (
            message(
                "message.en = \"{{ practice.name }}\"\nmessage.es = \"{{ practice.name }}\"\n[[rule]]\nname = \"s\"\nlead = \"5 days\"\nmessage = \"{{ practice.name }}\"",
            ),
            0,
            "`s` has no message.es",
        ),
        (message("message.es = \"{{ practice.name }}\""), error, "add message.en"),
        (message("message.xx = \"?\""), error, "`xx` is not a supported language"),
        (
            message(
                "message = \"{{ practice.name }} {{ appointment.date }}\"\n[appointment_types]\nx = { name = \"x\", arrive_early = \"10 minutes\" }",
            ),
            0,
            "does not tell patients with an appointment of type `x` to arrive early",
        ),
        (
            format!("{HEAD}{GOOD}[household]\nmessage = \"{{{{ appointments[0].first_name }}}}\"\n"),
            error,
            "must work for every family",
        ),
        (
            HEAD.replace("first_text_line = \"Reply STOP to opt out.\"\n", "") + GOOD,
            0,
            "no text tells patients how to opt out",
        ),
        (sending("household = \"separate\""), 0, "within 24 hours gets a text"),
        // Limits can only be made stricter. Holidays and days must be known names.
        (
            HEAD.replace("[annie]\n", "[annie.limits]\nmin_gap = \"12 hours\"\n") + GOOD,
            error,
            "the gap can only be longer",
        ),
        (HEAD.replace("[annie]\n", "[annie.limits]\nper_30_days = 7\n") + GOOD, error, "from 1 to 6"),
        (sending("holidays = [\"thanksgivin\"]"), error, "did you mean \"thanksgiving\"?"),
        (sending("hours = { mon = \"09:00-18:00\", mun = \"09:00-18:00\" }"), error, "`mun` is not a day"),
        (sending("outside_hours = \"sooner\""), error, "write \"same-day\" or \"earlier\" or \"later\" or \"skip\""),
    ] {
        let (ended, said) = check(&config);
        assert!(said.contains(words), "{words}\n{config}\n{said}");
        assert_eq!(ended, code, "{config}\n{said}");
    }
}

fn practice(config: &str, csv: &str) -> Practice {
    let practice = Practice::new(config);
    practice.import(csv, &[]).good();
    practice
}

/// Far enough in the future to be booked in time, whenever the test runs.
const BOOK: &str = "id,patient_id,first_name,last_name,phone,starts_at,status,booked_at
A1,P1,Ann,Lee,303-555-0101,2031-11-13T15:00:00-07:00,booked,2026-01-01T00:00:00Z
B1,P2,Ben,Lee,(303) 555-0101,2031-11-13T15:30:00-07:00,booked,2026-01-01T00:00:00Z
C1,P3,Cy,Wu,303-555-0103,2031-11-14T09:00:00-07:00,booked,2026-01-01T00:00:00Z
D1,P4,Dee,Poe,,2031-11-14T10:00:00-07:00,booked,2026-01-01T00:00:00Z
";

const NOW: &str = "2031-11-07T12:00:00-07:00";

#[test]
fn the_plan_reads_as_people_expect() {
    let practice = practice(&format!("{HEAD}{GOOD}"), BOOK);
    let plan = practice.run(&["plan", "--now", NOW]).good();
    assert_eq!(
        plan,
        "Monday, November 10, 2031
  10:00 AM  one text to …01 for 2 appointments
            - first  Ann Lee, appointment Thu Nov 13, 3:00 PM (A1)
            - first  Ben Lee, appointment Thu Nov 13, 3:30 PM (B1)
            Maple Dental: we expect Ann on Thursday, November 13th at 3:00 PM and Ben on Thursday, November 13th at 3:30 PM. Need a change? Reply or call 303-555-0100. Reply STOP to opt out.
            [2 SMS segments]

Tuesday, November 11, 2031
  10:00 AM  first to …03  Cy Wu, appointment Fri Nov 14, 9:00 AM (C1)
            Maple Dental: see you on Friday, November 14th at 9:00 AM. Reply or call 303-555-0100. Reply STOP to opt out.

Wednesday, November 12, 2031
  10:30 AM  one text to …01 for 2 appointments
            - last  Ann Lee, appointment Thu Nov 13, 3:00 PM (A1)
            - last  Ben Lee, appointment Thu Nov 13, 3:30 PM (B1)
            Maple Dental: we expect Ann tomorrow at 3:00 PM and Ben tomorrow at 3:30 PM. Need a change? Reply or call 303-555-0100.

Thursday, November 13, 2031
  10:30 AM  last to …03  Cy Wu, appointment Fri Nov 14, 9:00 AM (C1)
            Maple Dental: see you tomorrow at 9:00 AM. Reply or call 303-555-0100.

No text at all
  Dee Poe, appointment Fri Nov 14, 10:00 AM (D1): the appointment has no phone number
"
    );
    let rows = practice.plan(&["--now", NOW]);
    let ann = rows.iter().find(|row| row["appointment_id"] == "A1" && row["rule"] == "first").unwrap();
    assert_eq!(ann["segments"], 2);
    assert_eq!(ann["together_with"], serde_json::json!([{"appointment_id": "B1", "rule": "first"}]));
}

#[test]
fn check_diff_shows_which_texts_a_rule_change_moves() {
    let practice = practice(&format!("{HEAD}{GOOD}"), BOOK);
    // The rules have been in force for a long time.
    let sql = practice.sql();
    sql.execute_batch(
        "INSERT INTO rules VALUES ('first', '3 business days at 10:00', 0), ('last', '1 business day at 10:30', 0)",
    )
    .unwrap();
    std::fs::copy(practice.path("config.toml"), practice.path("old.toml")).unwrap();
    let change = |from: &str, to: &str| {
        let config = format!("{HEAD}{GOOD}").replace(from, to);
        std::fs::write(practice.path("config.toml"), config).unwrap();
        practice.run(&["check", "--diff", "old.toml", "--now", NOW]).good()
    };
    let same = change("Reply or call", "Call");
    assert!(same.contains("Nothing changes for appointments in the next 14 days: 6 texts stay the same."), "{same}");
    let moved = change("at = \"10:30\"", "at = \"11:30\"");
    assert!(moved.contains("Wed Nov 12  last: 2 moved") && moved.contains("Thu Nov 13  last: 1 moved"), "{moved}");
    let renamed = change("name = \"last\"", "name = \"eve\"");
    assert!(
        renamed.contains("Wed Nov 12  eve: 2 added") && renamed.contains("Wed Nov 12  last: 2 dropped"),
        "{renamed}"
    );
    assert!(renamed.contains("3 other texts for appointments in the next 14 days stay the same."), "{renamed}");
    let ended = practice.run(&["check", "--diff", "nowhere.toml"]);
    assert_eq!((ended.code, ended.err.contains("nowhere.toml")), (2, true), "{}", ended.err);
}

#[test]
fn a_number_is_opted_out_however_it_is_written() {
    let practice = practice(&format!("{HEAD}{GOOD}"), BOOK);
    let said = practice.run(&["opt-out", "add", "(303) 555.0101", "--who", "Kim"]).good();
    assert!(said.contains("Ann Lee and Ben Lee (303-555-0101) will get no more texts."), "{said}");
    let again = practice.run(&["opt-out", "add", "+1 303 555 0101"]).good();
    assert!(again.contains("already opted out"), "{again}");
    let reasons = |practice: &Practice| -> Vec<String> {
        practice.plan(&["--now", NOW]).iter().map(|row| row["reason"].as_str().unwrap_or("-").to_owned()).collect()
    };
    assert_eq!(reasons(&practice)[..6], ["opted-out", "opted-out", "opted-out", "opted-out", "-", "-"]);
    let list: Value = serde_json::from_str(&practice.run(&["opt-out", "list", "--json"]).good()).unwrap();
    assert_eq!(
        (&list[0]["phone"], &list[0]["source"], &list[0]["who"]),
        (&"+13035550101".into(), &"desk".into(), &"Kim".into())
    );
    let list = practice.run(&["opt-out", "list"]).good();
    assert!(list.contains("303-555-0101  since ") && list.contains("recorded at the front desk by Kim"), "{list}");
    // An import never lifts an opt-out.
    practice.import(BOOK, &[]).good();
    assert_eq!(reasons(&practice)[0], "opted-out");
    let lifted = practice.run(&["opt-out", "remove", "303 555 0101"]).good();
    assert!(lifted.contains("may be texted again") && lifted.contains("by Kim"), "{lifted}");
    assert_eq!(reasons(&practice)[..2], ["-", "-"]);
    let nobody = practice.run(&["opt-out", "remove", "303 555 0101"]);
    assert_eq!((nobody.code, nobody.err.contains("is not opted out")), (1, true));
    let word = practice.run(&["opt-out", "add", "nobody's words"]);
    assert_eq!((word.code, word.err.contains("not a phone number")), (2, true), "{}", word.err);
}

#[test]
fn a_wrong_number_is_marked_for_one_patient_or_for_all() {
    let practice = practice(&format!("{HEAD}{GOOD}"), BOOK);
    let said = practice.run(&["wrong-number", "add", "303-555-0101", "--patient", "P1"]).good();
    assert!(said.contains("303-555-0101 is not the number of Ann Lee. "), "{said}");
    let rows = practice.plan(&["--now", NOW]);
    let reason = |id: &str| rows.iter().find(|row| row["appointment_id"] == id).unwrap()["reason"].clone();
    assert_eq!((reason("A1"), reason("B1")), ("wrong-number".into(), Value::Null));
    let said = practice.run(&["wrong-number", "add", "303-555-0101"]).good();
    assert!(said.contains("not the number of Ann Lee and Ben Lee. "), "{said}");
    assert!(practice.run(&["wrong-number", "list"]).good().contains("303-555-0101  not Ann Lee's number"));
    practice.run(&["wrong-number", "remove", "3035550101"]).good();
    assert!(practice.run(&["wrong-number", "list"]).good().contains("No number is marked"));
    let nobody = practice.run(&["wrong-number", "add", "303-555-0188"]);
    assert_eq!((nobody.code, nobody.err.contains("no appointment has the number")), (1, true));
}

#[test]
fn explain_finds_appointments_by_id_number_or_name() {
    let practice = practice(&format!("{HEAD}{GOOD}"), BOOK);
    let who = |text: &str| -> Vec<String> {
        let told: Value =
            serde_json::from_str(&practice.run(&["explain", text, "--json", "--now", NOW]).good()).unwrap();
        told.as_array().unwrap().iter().map(|v| v["appointment_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(who("C1"), ["C1"]);
    assert_eq!(who("303.555.0101"), ["A1", "B1"]);
    assert_eq!(
        (who("lee"), who("LEE, Ben"), who("Cy Wu")),
        (vec!["A1".into(), "B1".into()], vec!["B1".into()], vec!["C1".into()])
    );
    let nobody = practice.run(&["explain", "Zed"]);
    assert_eq!((nobody.code, nobody.err.contains("no appointment has this id")), (1, true));
}

#[test]
fn a_number_without_an_area_code_is_refused_and_numbers_on_file_are_suggested() {
    let practice = practice(&format!("{HEAD}{GOOD}"), BOOK);
    for typed in ["5550101", "555-0101", "555 0101"] {
        for command in ["opt-out", "wrong-number"] {
            let ended = practice.run(&[command, "add", typed]);
            assert_eq!(ended.code, 1, "{command} {typed}: {}{}", ended.out, ended.err);
            assert!(ended.err.contains(&format!("{typed} has no area code")), "{}", ended.err);
            assert!(ended.err.contains("Ann Lee") && ended.err.contains("303-555-0101"), "{}", ended.err);
        }
        assert!(
            practice.run(&["explain", typed, "--now", NOW]).good().contains("Ann Lee"),
            "one number on file ends in these digits"
        );
    }
    for typed in ["555-9999", "303-555-010", "303-555-01011"] {
        let ended = practice.run(&["opt-out", "add", typed]);
        assert!(ended.code == 2 && ended.err.contains("303-555-0142"), "{typed}: {}{}", ended.out, ended.err);
    }
    for command in [&["history", "--number", "5550101"][..], &["resolve", "5550101", "--go-on"]] {
        let ended = practice.run(command);
        assert!(ended.code != 0 && ended.err.contains("has no area code"), "{command:?}: {}{}", ended.out, ended.err);
    }
    assert_eq!(practice.number("SELECT count(*) FROM opt_outs"), 0);
    let typo = practice.run(&["opt-out", "add", "303-555-9999"]).good();
    assert_eq!(typo, "303-555-9999 will get no more texts. No patient has this number; saved anyway.\n");
}

const BROWNS: &str = "id,patient_id,first_name,last_name,phone,starts_at,status,booked_at
W1,P1,Wei,Brown,303-555-0174,2031-03-04T15:00:00-07:00,booked,2026-01-01T00:00:00Z
W2,P2,Wei,Brown Jr.,720-555-0174,2031-12-13T09:00:00-07:00,booked,2026-01-01T00:00:00Z
X1,P3,Al,Browne,303-555-0103,2031-02-14T09:00:00-07:00,booked,2026-01-01T00:00:00Z
X2,P3,Al,Browne,303-555-0103,2031-12-14T09:00:00-07:00,booked,2026-01-01T00:00:00Z
";

#[test]
fn a_name_without_its_suffix_finds_everyone_and_upcoming_appointments_come_first() {
    let practice = practice(&format!("{HEAD}{GOOD}"), BROWNS);
    let explain = |who: &str| practice.run(&["explain", who, "--now", NOW]);
    for who in ["Wei Brown", "brown"] {
        let said = explain(who).good();
        assert!(said.contains("(W1)") && said.contains("(W2)"), "{who}: {said}");
    }
    assert!(!explain("Wei Brown Jr.").good().contains("(W1)"));
    let offered = explain("brwone").err;
    let at = |words: &str| offered.find(words).unwrap_or_else(|| panic!("{words}: {offered}"));
    assert!(at("(W2)") < at("(W1)") && at("(X2)") < at("(W1)") && !offered.contains("(X1)"), "{offered}");
    let digits = explain("0174");
    assert!(digits.err.contains("2 appointments match 0174:\n  Wei Brown Jr."), "{}", digits.err);
}

#[test]
fn skip_replies_with_the_patient_and_the_appointment() {
    let practice = practice(&format!("{HEAD}{GOOD}"), BOOK);
    let skip = |more: &[&str]| practice.run(&[&["skip"], more].concat()).good();
    let said = skip(&["Cy", "Wu"]);
    assert!(said.starts_with("Skipped: Cy Wu, Fri Nov 14, 9:00 AM (C1). No text goes out from now on."), "{said}");
    assert!(skip(&["C1"]).starts_with("Already skipped: Cy Wu, Fri Nov 14, 9:00 AM (C1)."));
    assert!(skip(&["C1", "--off"]).starts_with("Texts go out again for Cy Wu, Fri Nov 14, 9:00 AM (C1), except"));
    assert!(skip(&["C1", "--rule", "last"]).starts_with("Skipped: `last` for Cy Wu, Fri Nov 14, 9:00 AM (C1)."));
}
