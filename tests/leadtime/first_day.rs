//! What a new user reads on the first day: no claim without knowledge, and every message names its patient or line.

use crate::program::{Practice, live_config, now, visits_due_in};

const URL: &str = "http://127.0.0.1:9/v1";

fn observing(config: &str) -> Practice {
    Practice::new(&config.replace("mode = \"live\"", "mode = \"observe\""))
}

#[test]
fn status_does_not_guess_before_the_appointments_are_planned() {
    for practice in [Practice::new(&live_config(URL)), observing(&live_config(URL))] {
        practice.import(&visits_due_in(3600, 3), &[]).good();
        let status = practice.run(&["status"]).good();
        assert!(status.contains("Next text   not known yet: 3 appointments have not been planned"), "{status}");
        assert!(!status.contains("would go out either"), "{status}");
        practice.sql().execute("DELETE FROM replan_queue", []).unwrap();
        let status = practice.run(&["status"]).good();
        assert!(status.contains("Next text   no"), "nothing is planned, and status says so: {status}");
        practice.run(&["skip", "A0"]).good();
        let status = practice.run(&["status"]).good();
        assert!(status.contains("not known yet: 1 appointment has not been planned"), "{status}");
    }
}

#[test]
fn an_unreadable_row_of_a_known_appointment_is_counted_and_explained_with_its_line() {
    let practice = Practice::new(&live_config(URL));
    let good = visits_due_in(7200, 2);
    practice.import(&good, &[]).good();
    let bad = good.replacen("+13035551001,20", "+13035551001,noon 20", 1);
    assert_eq!(practice.import(&bad, &[]).code, 1);
    let said = practice.run(&["explain", "A1"]).good().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("Line 3 of the feed") && said.contains("could not be read: starts_at: "), "{said}");
    assert!(!practice.run(&["explain", "A0"]).good().contains("Line "), "only the unread row's appointment shows it");
    let count = "1 known appointment gets no texts because its last row could not be read";
    for command in [&["status"][..], &["feed", "list"], &["doctor", "--offline"]] {
        let said = practice.run(command).out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(count), "{command:?}: {said}");
    }
    assert_eq!(practice.status()["feeds"]["known_rows_not_read"], 1);
    practice.import(&good, &[]).good();
    assert!(!practice.run(&["status"]).good().contains("known appointment"));
}

#[test]
fn a_feed_with_a_time_zone_column_gives_no_warning_about_offsets() {
    let columns = "[feed.columns]\nid = \"Appt\"\nstarts_at = \"Start\"\nname = \"Patient\"\nphone = \"Cell\"\n";
    let feed = |zone: &str| {
        let config = live_config(URL);
        let zone_line = config.lines().find(|line| line.starts_with("timezone")).unwrap();
        let config = config.replace(zone_line, "timezone = \"America/Denver\"");
        format!("{config}[[feed]]\nname = \"desk\"\nkind = \"file\"\n{zone}\n{columns}")
    };
    let practice = Practice::new(&feed("timezone = { column = \"Zone\" }"));
    let rows = "Appt,Start,Patient,Cell,Zone\n1,2027-01-12 14:00,\"Lee, Ana\",303-555-1001,America/New_York\n\
                2,2027-01-12 14:00,\"Lee, Bo\",303-555-1002,America/Denver\n";
    practice.import(rows, &[]).good();
    let plan = |practice: &Practice| practice.run(&["plan", "--now", "2027-01-10T12:00:00-07:00"]).good();
    assert!(
        practice
            .sql()
            .query_row("SELECT starts_at FROM appointments WHERE id = '1'", [], |row| row.get::<_, String>(0))
            .unwrap()
            .ends_with("-05:00")
    );
    let said = plan(&practice);
    assert!(said.contains("Lee") && !said.contains("UTC offset"), "{said}");
    // The same offset, but without a time zone column that explains it.
    std::fs::write(practice.path("config.toml"), feed("")).unwrap();
    let said = plan(&practice);
    assert!(said.contains("1 appointment has a UTC offset that does not match its time zone on that day"), "{said}");
}

#[test]
fn history_names_the_number_by_its_last_digits_and_shows_no_empty_rule() {
    let practice = Practice::new(&live_config(URL));
    practice.import(&visits_due_in(3600, 1), &[]).good();
    practice.run(&["opt-out", "add", "303-555-1077", "--who", "Kim"]).good();
    practice.run(&["skip", "A0", "--who", "Kim"]).good();
    practice.run(&["skip", "A0", "--off", "--rule", "day-before", "--who", "Kim"]);
    practice.run(&["skip", "A0", "--rule", "day-before", "--who", "Kim"]);
    let said = practice.run(&["history"]).good();
    assert!(said.contains("the number opted out, number …77 (desk), by Kim"), "{said}");
    assert!(said.contains("appointment A0: texts for this appointment were turned off"), "{said}");
    assert!(!said.contains("``") && !said.contains("1077"), "{said}");
}

#[test]
fn a_dry_run_shows_upcoming_appointments_first_and_counts_them() {
    let practice = Practice::new(&live_config(URL));
    let at = |days: i64| (now() + chrono::TimeDelta::days(days)).format("%Y-%m-%dT15:00:00Z").to_string();
    let csv =
        [("a", -400), ("b", 9), ("c", -3), ("d", 4)].map(|(id, days)| format!("{id},P{id},{},booked\n", at(days)));
    std::fs::write(practice.path("list.csv"), format!("id,patient_id,starts_at,status\n{}", csv.concat())).unwrap();
    let said = practice.run(&["import", "--dry-run", "list.csv"]).good();
    let place = |id: &str| said.find(&format!("  new          {id}  ")).unwrap_or_else(|| panic!("{id}: {said}"));
    assert!(place("d") < place("b") && place("b") < place("c") && place("c") < place("a"), "{said}");
    assert!(said.contains("In total: 4 new. 2 of them are still to come."), "{said}");
    assert!(said.contains("No texts in the next 14 days, with or without this import."), "{said}");
}

#[test]
fn the_configuration_accepts_usual_time_formats_and_reports_a_mistake_once() {
    let config = live_config(URL).replace("lead = \"24 hours\"", "lead = \"1 day\"\nat = \"10am\"");
    let config = config.replace("[schedule]\n", "[schedule]\nnot_reached = \"8:00 PM\"\n")
        + "[backup]\nfolder = \"copies\"\nat = \"2:30 a.m.\"\n";
    let check = |config: &str| {
        let ended = Practice::new(config).run(&["check"]);
        (ended.code, ended.err)
    };
    assert_eq!(check(&config).0, 0, "{}", check(&config).1);
    let rule = &config[config.find("[[rule]]").unwrap()..config.find("[schedule]").unwrap()];
    let single = rule.replace("[[rule]]", "[rule]");
    let (code, said) = check(&config.replace(rule, &single.repeat(3)));
    assert_eq!((code, said.matches("error:").count()), (2, 1), "{said}");
    assert!(said.contains("write [[rule]] with double brackets"), "{said}");
    // A value without quotes does not hide the other mistakes.
    let (code, said) =
        check(&config.replace("\"live\"", "observe").replace("1 day", "1 dya").replace("2:30 a.m.", "half past"));
    assert_eq!((code, said.matches("error:").count()), (2, 3), "{said}");
    for words in ["string values must be quoted", "`1 dya` is not a lead", "`half past` is not a time of day"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}
