//! Answers end to end, with the real program, and the practice's own program that gets each outcome: also when the
//! daemon is killed between any two steps.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;

use chrono::TimeDelta;
use serde_json::Value;

use crate::program::{Daemon, Practice, Sandbox, live_config, now, visits_due_in};

/// The first rule's text goes out three days before the appointment, the second rule's text one day before.
const TWO_DAYS: i64 = 48 * 3600;

/// Writes the practice's program.
fn hook(practice: &Practice, script: &str) {
    let path = practice.path("hook");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The configuration with the program, and a second rule that spares patients who have confirmed.
fn config(practice: &Practice, base_url: &str, more: &str) -> String {
    let second = "[[rule]]\nname = \"soon\"\nlead = \"24 hours\"\nskip_if_confirmed = true\nmessage = \"{{ practice.name }}: soon, {{ appointment.when }}\"\n[schedule]";
    let command = practice.path("hook").display().to_string();
    live_config(base_url).replace("24 hours", "72 hours").replace("[schedule]", second)
        + &format!("[outcomes]\npoll_every = \"5 seconds\"\ncommand = [\"{command}\"]\n{more}")
}

/// A named pipe that the program writes to: reading it waits for the program.
fn pipe(practice: &Practice) -> BufReader<std::fs::File> {
    let path = practice.path("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    // Open for writing too, so that it does not end between two runs of the program.
    BufReader::new(std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap())
}

fn line(pipe: &mut BufReader<std::fs::File>) -> Value {
    let mut line = String::new();
    pipe.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn an_answer_goes_from_the_patient_to_the_people_and_the_program_who_must_know() {
    let practice = Practice::new("");
    let sandbox = Sandbox::start(&practice, &["--replies", "confirm=0.5,cancel=0.5,delay=1", "--seed", "3"]);
    let mut pipe = pipe(&practice);
    hook(&practice, &format!("cat > {}", practice.path("pipe").display()));
    std::fs::write(practice.path("config.toml"), config(&practice, &sandbox.base_url, "send_words = true\n")).unwrap();
    let daemon = Daemon::start(&practice, "k");
    practice.import(&visits_due_in(TWO_DAYS + 1, 8), &[]).good();
    // Every text is answered; each answer reaches the program.
    let told: Vec<Value> = (0..8).map(|_| line(&mut pipe)).collect();
    let of = |code: &str| -> BTreeSet<&str> {
        told.iter().filter(|one| one["outcome"] == code).map(|one| one["appointment_id"].as_str().unwrap()).collect()
    };
    let (confirmed, cancelled) = (of("confirmed"), of("wants_cancel"));
    assert!(!confirmed.is_empty() && !cancelled.is_empty() && confirmed.len() + cancelled.len() == 8, "{told:#?}");
    assert!(told.iter().all(|one| one["source"] == "reply" && one["words"].is_string() && one["id"].is_u64()));

    // The commands show the same; a confirmed patient gets no second text, and neither does one who wants to cancel.
    let outcomes: Vec<Value> = serde_json::from_str(&practice.run(&["outcomes", "--json"]).good()).unwrap();
    assert_eq!(outcomes.len(), 8);
    for row in practice.plan(&[]).iter().filter(|row| row["rule"] == "soon") {
        let id = row["appointment_id"].as_str().unwrap();
        let want = if confirmed.contains(id) { "confirmed" } else { "asked-to-change" };
        assert_eq!((row["state"].as_str(), row["reason"].as_str()), (Some("skipped"), Some(want)), "{row:#}");
    }
    let csv = practice.run(&["outcomes", "--csv"]).good();
    assert!(csv.lines().count() == 9 && csv.starts_with("appointment_id,name,starts_at,outcome"), "{csv}");

    // A task for each wish; a person decides, and the other rule's text is planned again.
    let tasks: Vec<Value> = serde_json::from_str(&practice.run(&["tasks", "--open", "--json"]).good()).unwrap();
    assert_eq!(tasks.len(), cancelled.len());
    let (task, id) = (tasks[0]["id"].to_string(), tasks[0]["appointments"][0]["appointment_id"].as_str().unwrap());
    practice.run(&["note-outcome", id, "none", "--who", "Kim", "--why", "called"]).good();
    let noted = line(&mut pipe);
    assert_eq!((noted["source"].as_str(), noted["before"].as_str()), (Some("desk"), Some("wants_cancel")));
    let soon = |id: &str| {
        let plan = practice.plan(&[]);
        let row = plan.iter().find(|row| row["rule"] == "soon" && row["appointment_id"] == id).unwrap();
        row["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(soon(id), "planned");
    let again = practice.run(&["task", "done", &task]);
    assert!(again.code == 1 && again.err.contains("its cause is gone"), "{}", again.err);
    let other = tasks[1]["id"].to_string();
    let done = practice.run(&["task", "done", &other, "--note", "moved by phone", "--who", "Kim"]).good();
    assert!(done.contains("still wait"), "{done}");
    assert_eq!(soon(tasks[1]["appointments"][0]["appointment_id"].as_str().unwrap()), "skipped");

    // The report, once the appointments are over.
    let later = (now() + TimeDelta::hours(80)).to_rfc3339();
    let report = practice.run(&["report", "--days", "5", "--json", "--now", &later]).good();
    let report: Value = serde_json::from_str(&report).unwrap();
    let all = &report["all"];
    assert_eq!((all["appointments"].as_u64(), all["sent"].as_u64()), (Some(8), Some(8)));
    assert_eq!(all["confirmed"].as_u64(), Some(confirmed.len() as u64));
    assert_eq!(all["asked_to_cancel"].as_u64(), Some(cancelled.len() as u64 - 1), "one was taken back");
    let words = practice.run(&["report", "--days", "5", "--now", &later]).good();
    assert!(words.contains("patients reached            8 (100%)"), "{words}");
    let (code, log) = daemon.stop();
    assert_eq!(code, 0, "{log}");
    for private in ["Zebulon", "can't make it", "I'll be there"] {
        assert!(!log.contains(private), "the log contains {private:?}");
    }
    practice.run(&["audit", "verify"]).good();
}

/// The steps: the entry is read, the program starts, it records the outcome, it ends, and its end is written. The
/// program itself kills the daemon before or after it records.
#[test]
fn killed_between_any_two_steps_every_outcome_arrives_and_in_order() {
    let practice = Practice::new("");
    let sandbox = Sandbox::start(&practice, &[]);
    let file = practice.path("record").display().to_string();
    // What to do next, one word a line: the program takes the first line each time.
    let steps = practice.path("steps").display().to_string();
    hook(
        &practice,
        &format!(
            "input=$(cat)\nstep=$(head -1 {steps})\nsed -i 1d {steps}\n\
             case $step in before) kill -9 $PPID; exit 0;; fail) exit 3;; esac\n\
             printf '%s\\n' \"$input\" >> {file}\n\
             case $step in after) kill -9 $PPID;; done) echo > {}; esac",
            practice.path("pipe").display()
        ),
    );
    let mut pipe = pipe(&practice);
    std::fs::write(practice.path("config.toml"), config(&practice, &sandbox.base_url, "")).unwrap();
    practice.import(&visits_due_in(TWO_DAYS + 3600, 3), &[]).good();
    for outcome in ["confirmed", "wants_change", "confirmed"] {
        for id in ["A0", "A1"] {
            practice.run(&["note-outcome", id, outcome, "--who", "Kim"]).good();
        }
    }
    std::fs::write(practice.path("steps"), "before\nafter\nok\nbefore\nafter\nafter\nbefore\n").unwrap();
    let mut kills = 0;
    while practice.number("SELECT count(*) FROM outbox WHERE ended_at IS NULL") > 0 {
        let left = std::fs::read_to_string(practice.path("steps")).unwrap();
        if !left.contains("before") && !left.contains("after") {
            std::fs::write(practice.path("steps"), "done\n".repeat(6)).unwrap();
            let daemon = Daemon::start(&practice, "k");
            let open = practice.number("SELECT count(*) FROM outbox WHERE ended_at IS NULL");
            for _ in 0..open {
                let mut line = String::new();
                pipe.read_line(&mut line).unwrap();
            }
            // A stop waits for nothing; what was recorded and not written yet comes once more after the next start.
            assert_eq!(daemon.stop().0, 0);
        } else {
            let (_, log) = Daemon::spawn(&practice, &[], &["run"]).wait();
            assert!(!log.contains("stopping"), "it was killed: {log}");
            kills += 1;
        }
        assert!(kills <= 6, "the program is called again and again");
    }
    assert_eq!(kills, 6);
    let record = std::fs::read_to_string(practice.path("record")).unwrap();
    let mut arrived: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for line in record.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        let entry = (value["id"].as_u64().unwrap(), value["outcome"].as_str().unwrap().to_owned());
        let all = arrived.entry(value["appointment_id"].as_str().unwrap().to_owned()).or_default();
        // An entry that comes again is recognized by its number.
        if all.last() != Some(&entry) {
            all.push(entry);
        }
    }
    for id in ["A0", "A1"] {
        let outcomes: Vec<&str> = arrived[id].iter().map(|(_, outcome)| outcome.as_str()).collect();
        assert_eq!(outcomes, ["confirmed", "wants_change", "confirmed"], "{id}");
        assert!(arrived[id].is_sorted(), "{:?}", arrived[id]);
    }
    assert!(!arrived.contains_key("A2"), "the bystander has no outcome");
    assert_eq!(practice.number("SELECT count(*) FROM outbox WHERE ended_how = 'delivered'"), 6);
}

#[test]
fn a_program_that_fails_holds_up_only_its_own_appointment() {
    let practice = Practice::new("");
    let sandbox = Sandbox::start(&practice, &[]);
    let mut pipe = pipe(&practice);
    let path = practice.path("pipe").display().to_string();
    hook(&practice, &format!("input=$(cat)\ncase $input in *A0*) exit 1;; esac\nprintf '%s\\n' \"$input\" > {path}"));
    std::fs::write(practice.path("config.toml"), config(&practice, &sandbox.base_url, "")).unwrap();
    practice.import(&visits_due_in(TWO_DAYS + 3600, 2), &[]).good();
    for id in ["A0", "A1"] {
        practice.run(&["note-outcome", id, "confirmed"]).good();
    }
    let mut daemon = Daemon::start(&practice, "k");
    daemon.until("does not take outcomes");
    assert_eq!(line(&mut pipe)["appointment_id"], "A1");
    assert_eq!(daemon.stop().0, 0);
    assert_eq!(practice.number("SELECT tries FROM outbox WHERE appointment_id = 'A0' AND ended_at IS NULL"), 1);
    // After a day it is given up, with a task; one more adds to the task.
    practice.run(&["note-outcome", "A0", "wants_change"]).good();
    practice
        .sql()
        .execute("UPDATE outbox SET made_at = made_at - 90000, next_try_at = 0 WHERE appointment_id = 'A0'", [])
        .unwrap();
    let mut daemon = Daemon::start(&practice, "k");
    daemon.until("does not take outcomes");
    while practice.number("SELECT count(*) FROM outbox WHERE ended_how = 'given-up'") < 2 {
        std::thread::yield_now();
    }
    assert_eq!(practice.number("SELECT count(*) FROM tasks WHERE kind = 'undelivered' AND closed_at IS NULL"), 1);
    assert_eq!(practice.number("SELECT size FROM tasks WHERE kind = 'undelivered'"), 2);
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn after_a_restore_no_outcome_gets_a_number_that_the_program_knows() {
    for is_empty in [true, false] {
        let practice = Practice::new("");
        hook(&practice, "cat > /dev/null");
        std::fs::write(practice.path("config.toml"), config(&practice, "http://127.0.0.1:9", "")).unwrap();
        practice.import(&visits_due_in(TWO_DAYS + 3600, 2), &[]).good();
        let note = |id: &str, outcome: &str| practice.run(&["note-outcome", id, outcome]).good();
        if !is_empty {
            note("A0", "confirmed");
        }
        practice.run(&["backup", "copy.db"]).good();
        note("A1", "confirmed");
        let given = practice.number("SELECT max(id) FROM outbox");
        practice.run(&["restore", "copy.db"]).good();
        note("A0", "wants_change");
        let next = practice.number("SELECT max(id) FROM outbox");
        assert!(next > given, "{next} after {given}");
        // The bystander: what waited in the backup keeps its number.
        assert_eq!(practice.number("SELECT count(*) FROM outbox WHERE id = 1"), i64::from(!is_empty));
    }
}
