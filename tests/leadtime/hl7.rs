//! HL7 messages: from files, and from foreign senders over the network.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::peers;
use crate::program::{Daemon, Practice, Sandbox, live_config, now};

const FEED: &str = "[[feed]]\nname = \"engine\"\nkind = \"hl7\"\ntimezone = \"America/Denver\"\n";

fn head() -> String {
    "[practice]\nname = \"Maple Dental\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
     timezone = \"America/Denver\"\n[[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"m\"\n\
     [database]\npath = \"test.db\"\n"
        .to_owned()
}

/// A message: trigger, MSH-7, control id, SCH-1 and SCH-2, start, status, PID-13.
fn message(trigger: &str, time: &str, control: &str, ids: &str, start: &str, status: &str, phone: &str) -> String {
    format!(
        "MSH|^~\\&|PMS|MAPLE|LEADTIME|MAPLE|{time}||SIU^{trigger}^SIU_S12|{control}|P|2.5.1\r\
         SCH|{ids}|||||Cleaning|ROUTINE|30|MIN|^^30^{start}||||||||||||||{status}\r\
         PID|1||4411^^^MAPLE^MR||Lee^Ann||19800101|F|||||{phone}\r"
    )
}

const PHONE: &str = "^PRN^CP^^1^303^5550123";

/// 9:00 AM so many days from now, as HL7 writes it, and in Unix seconds.
fn at(days: u64) -> (String, i64) {
    let day = now().with_timezone(&chrono_tz::America::Denver).date_naive() + chrono::Days::new(days);
    let nine = day.and_hms_opt(9, 0, 0).unwrap();
    let start = nine.and_local_timezone(chrono_tz::America::Denver).unwrap().timestamp();
    (nine.format("%Y%m%d%H%M%S").to_string(), start)
}

/// Appointments by id: start, status, phone.
fn appointments(practice: &Practice) -> BTreeMap<String, (i64, String, String)> {
    let connection = practice.sql();
    let sql = "SELECT id, starts_unix, status, coalesce(phone, '-') FROM appointments";
    let mut statement = connection.prepare(sql).unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?)));
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}

fn import(practice: &Practice, messages: &[String]) -> crate::program::Ended {
    std::fs::write(practice.path("messages.hl7"), messages.concat()).unwrap();
    let ended = practice.run(&["import", "messages.hl7"]);
    for private in ["5550123", "Lee", "Ann"] {
        assert!(!ended.out.contains(private) && !ended.err.contains(private), "{}{}", ended.out, ended.err);
    }
    ended
}

#[test]
fn files_of_messages_add_change_and_cancel() {
    let practice = Practice::new(&(head() + FEED));
    let ((start, unix), (later, later_unix)) = (at(3), at(5));
    let book = message("S12", "20260301080000", "M1", "P1|F1", &start, "Booked", PHONE);
    let other = message("S12", "20260301080000", "M2", "P2|F2", &start, "Booked", "^PRN^CP^^1^303^5550124");
    import(&practice, &[book.clone(), other]).good();
    let bystander = (unix, "booked".to_owned(), "+1 303 5550124".to_owned());
    assert_eq!(appointments(&practice)["F1"], (unix, "booked".to_owned(), "+1 303 5550123".to_owned()));
    // A dry run changes nothing, not even what is known of the appointment.
    let moved = message("S13", "20260301090000", "M3", "|F1", &later, "Booked", "");
    std::fs::write(practice.path("messages.hl7"), &moved).unwrap();
    let shown = practice.run(&["import", "messages.hl7", "--dry-run"]).good();
    assert!(shown.contains("F1") && appointments(&practice)["F1"].0 == unix, "{shown}");
    // An empty field keeps what is known.
    import(&practice, std::slice::from_ref(&moved)).good();
    assert_eq!(appointments(&practice)["F1"], (later_unix, "booked".to_owned(), "+1 303 5550123".to_owned()));
    // An older message does not undo it, and `""` deletes.
    import(&practice, &[book, message("S14", "20260301100000", "M4", "P1|", &later, "Booked", "\"\"")]).good();
    assert_eq!(appointments(&practice)["F1"], (later_unix, "booked".to_owned(), "-".to_owned()));
    import(&practice, &[message("S15", "20260301110000", "M5", "|F1", "", "", "")]).good();
    assert_eq!(appointments(&practice)["F1"].1, "cancelled");
    // A change of details that arrives later does not revive it.
    import(&practice, &[message("S14", "20260301120000", "M6", "|F1", &later, "", PHONE)]).good();
    assert_eq!(appointments(&practice)["F1"].1, "cancelled");
    assert_eq!(appointments(&practice)["F2"], bystander);
}

#[test]
fn many_cancellations_at_once_all_count() {
    let practice = Practice::new(&(head() + FEED));
    let (start, _) = at(3);
    let of = |trigger: &str, time: &str, n: usize| {
        message(trigger, time, &format!("{trigger}{n}"), &format!("|F{n}"), &start, "", PHONE)
    };
    let booked: Vec<String> = (0..40).map(|n| of("S12", "20260301080000", n)).collect();
    import(&practice, &booked).good();
    // An engine that could not send for an hour.
    let cancelled: Vec<String> = (0..39).map(|n| of("S15", "20260301090000", n)).collect();
    import(&practice, &cancelled).good();
    let found = appointments(&practice);
    assert_eq!(found.values().filter(|row| row.1 == "cancelled").count(), 39);
    assert_eq!(found["F39"].1, "booked");
}

#[test]
fn a_message_that_cannot_be_used_is_reported_with_its_line() {
    let practice = Practice::new(&(head() + FEED));
    let (start, unix) = at(3);
    let unknown = message("S99", "20260301080000", "M1", "|F9", &start, "Booked", PHONE);
    let good = message("S12", "20260301080000", "M2", "|F1", &start, "Booked", PHONE);
    let no_time = message("S12", "20260301080000", "M3", "|F2", &start[..8], "Booked", PHONE);
    let ended = import(&practice, &[unknown, good, no_time]);
    assert_eq!(ended.code, 1);
    for words in ["line 1", "trigger S99", "a date with no time of day"] {
        assert!(ended.err.contains(words), "{words}: {}", ended.err);
    }
    assert_eq!(
        appointments(&practice).into_iter().map(|(id, row)| (id, row.0)).collect::<Vec<_>>(),
        [("F1".into(), unix)]
    );
    let explained = practice.run(&["explain", "F2"]);
    assert!(explained.out.contains("date with no time"), "{}{}", explained.out, explained.err);
}

#[test]
fn two_appointments_that_turn_out_to_be_one_get_one_text() {
    let practice = Practice::new(&(head() + FEED));
    let (start, unix) = at(3);
    let by_placer = message("S12", "20260301080000", "M1", "P1^DESK|", &start, "Booked", PHONE);
    let by_filler = message("S14", "20260301090000", "M2", "|F1^BOOK", &start, "Booked", PHONE);
    import(&practice, &[by_placer, by_filler]).good();
    assert_eq!(appointments(&practice).len(), 2);
    let both = message("S14", "20260301100000", "M3", "P1^DESK|F1^BOOK", &start, "Booked", PHONE);
    import(&practice, &[both]).good();
    let found = appointments(&practice);
    assert_eq!(found["P1"], (unix, "booked".to_owned(), "+1 303 5550123".to_owned()));
    assert_eq!(found["F1"].1, "cancelled", "{found:?}");
    // Either id cancels it, also without its namespace.
    import(&practice, &[message("S15", "20260301110000", "M4", "|F1", "", "", "")]).good();
    assert_eq!(appointments(&practice)["P1"].1, "cancelled");
}

/// A daemon that receives messages, and its port.
fn receiver(keys: &str) -> (Practice, Sandbox, Daemon, u16) {
    let practice = Practice::new("");
    let sandbox = Sandbox::start(&practice, &["--key", "k"]);
    let config = format!("{}{FEED}{keys}\n", live_config(&sandbox.base_url));
    std::fs::write(practice.path("config.toml"), config).unwrap();
    let mut daemon = Daemon::start(&practice, "k");
    daemon.until("receives HL7 messages of the feed engine at ");
    let line = daemon.heard().lines().find(|line| line.contains("receives HL7 messages")).unwrap().to_owned();
    let port = line.split("127.0.0.1:").nth(1).unwrap().split(|c: char| !c.is_ascii_digit()).next().unwrap();
    (practice, sandbox, daemon, port.parse().unwrap())
}

/// Sends messages with node-hl7-client: the code and text of each acknowledgment.
fn send_with_node(folder: &Path, port: u16, options: &[&str], files: &[PathBuf]) -> Vec<(String, String)> {
    let mut command = Command::new("node");
    command.arg(folder.join("send-hl7.mjs")).arg(port.to_string()).args(options).args(files);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let part = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| (part(&line, "code"), part(&line, "text") + &part(&line, "error"))).collect()
}

#[test]
fn foreign_senders_get_an_acknowledgment_after_the_commit() {
    let Some(folder) = peers::folder() else { return };
    let (practice, _sandbox, daemon, port) = receiver("listen = \"127.0.0.1:0\"");
    let (start, unix) = at(3);
    let write = |name: &str, text: &str| {
        std::fs::write(practice.path(name), text).unwrap();
        practice.path(name)
    };
    let book = write("book.hl7", &message("S12", "20260301080000", "M1", "P1|F1", &start, "Booked", PHONE));
    let unknown = write("unknown.hl7", &message("S99", "20260301080000", "M2", "|F9", &start, "Booked", PHONE));
    let answers = send_with_node(&folder, port, &[], &[book.clone(), unknown, book]);
    let codes: Vec<&str> = answers.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes, ["AA", "AR", "AA"], "{answers:?}");
    assert!(answers[1].1.contains("S99"), "{answers:?}");
    let booked = (unix, "booked".to_owned(), "+1 303 5550123".to_owned());
    assert_eq!(appointments(&practice), [("F1".to_owned(), booked)].into());
    // Another sender cancels it.
    let cancel = write("cancel.hl7", &message("S15", "20260301090000", "M3", "|F1", "", "", ""));
    let sent = Command::new(folder.join("venv/bin/mllp_send"))
        .args(["--loose", "-p", &port.to_string(), "--file"])
        .arg(cancel)
        .arg("127.0.0.1")
        .output()
        .unwrap();
    let answer = String::from_utf8_lossy(&sent.stdout).into_owned();
    assert!(answer.contains("MSA|AA|M3"), "{answer}");
    assert_eq!(appointments(&practice)["F1"].1, "cancelled");
    let (code, log) = daemon.stop();
    assert_eq!(code, 0, "{log}");
    assert!(log.contains("was rejected: trigger S99") && !log.contains("5550123") && !log.contains("Lee"), "{log}");
}

#[test]
fn every_message_of_the_samples_gets_an_answer() {
    let Some(folder) = peers::folder() else { return };
    let Some(data) = crate::shared::data("hl7v2") else { return };
    let (practice, _sandbox, daemon, port) = receiver("listen = \"127.0.0.1:0\"");
    let mut files: Vec<PathBuf> = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ext| ext == "hl7"));
    files.sort();
    let answers = send_with_node(&folder, port, &[], &files);
    assert!(answers.len() >= files.len(), "{answers:?}");
    let answered = answers.iter().filter(|(code, _)| ["AA", "AR"].contains(&code.as_str())).count();
    // Text without a header is not sent by this sender.
    assert!(answered + 2 >= answers.len() && answers.iter().all(|(code, _)| code != "AE"), "{answers:?}");
    assert!(answers.iter().filter(|(code, _)| code == "AA").count() >= 10, "{answers:?}");
    assert!(!appointments(&practice).is_empty());
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn messages_arrive_over_tls() {
    let Some(folder) = peers::folder() else { return };
    let issued = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let files = tempfile::tempdir().unwrap();
    let (certificate, key) = (files.path().join("mllp.pem"), files.path().join("mllp.key"));
    std::fs::write(&certificate, issued.cert.pem()).unwrap();
    std::fs::write(&key, issued.signing_key.serialize_pem()).unwrap();
    let keys = format!("certificate = \"{}\"\nkey = \"{}\"", certificate.display(), key.display());
    let (practice, _sandbox, _daemon, port) = receiver(&format!("listen = \"127.0.0.1:0\"\n{keys}"));
    let (start, unix) = at(3);
    let book = practice.path("book.hl7");
    std::fs::write(&book, message("S12", "20260301080000", "M1", "P1|F1", &start, "Booked", PHONE)).unwrap();
    let answers = send_with_node(&folder, port, &["--tls", certificate.to_str().unwrap()], &[book]);
    assert_eq!(answers.first().map(|(code, _)| code.as_str()), Some("AA"), "{answers:?}");
    assert_eq!(appointments(&practice)["F1"].0, unix);
    // Without TLS, nothing is understood.
    let mut plain = TcpStream::connect(("127.0.0.1", port)).unwrap();
    plain.write_all(b"\x0bMSH|^~\\&|\x1c\r").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"\x0b"), "{answer:?}");
}

#[test]
fn a_message_that_cannot_be_stored_now_is_asked_for_again() {
    let (practice, _sandbox, mut daemon, port) = receiver("listen = \"127.0.0.1:0\"");
    let (start, unix) = at(3);
    let book = message("S12", "20260301080000", "M1", "P1|F1", &start, "Booked", PHONE);
    let send = |stream: &mut TcpStream| {
        stream.write_all(format!("\x0b{book}\x1c\r").as_bytes()).unwrap();
        let mut answer = Vec::new();
        let mut byte = [0];
        while !answer.ends_with(b"\x1c\r") {
            stream.read_exact(&mut byte).unwrap();
            answer.push(byte[0]);
        }
        String::from_utf8(answer).unwrap()
    };
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    // Another program holds the database.
    let holder = practice.sql();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = send(&mut stream);
    assert!(answer.contains("MSA|AE|M1"), "{answer}");
    daemon.until("cannot be stored");
    holder.execute_batch("COMMIT").unwrap();
    let answer = send(&mut stream);
    assert!(answer.contains("MSA|AA|M1") && answer.contains("|LEADTIME|MAPLE|PMS|MAPLE|"), "{answer}");
    assert_eq!(appointments(&practice)["F1"].0, unix);
}

#[test]
fn what_was_stored_and_not_imported_before_a_crash_is_imported_at_the_next_start() {
    let (practice, _sandbox, daemon, _) = receiver("listen = \"127.0.0.1:0\"");
    let ((start, _), (later, unix)) = (at(3), at(4));
    import(&practice, &[message("S12", "20260301080000", "M1", "|F1", &start, "Booked", PHONE)]).good();
    import(&practice, &[message("S13", "20260301090000", "M2", "|F1", &later, "Booked", PHONE)]).good();
    assert_eq!(daemon.stop().0, 0);
    // As after a crash between the two commits.
    let sql = "UPDATE hl7_appointments SET waits = 1; UPDATE appointments SET starts_at = '2026-12-24T16:00:00Z', ends_at = NULL";
    practice.sql().execute_batch(sql).unwrap();
    let daemon = Daemon::start(&practice, "k");
    let waits = "SELECT count(*) FROM hl7_appointments WHERE waits = 1";
    while practice.number(waits) > 0 {
        std::thread::yield_now();
    }
    assert_eq!(appointments(&practice)["F1"].0, unix);
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn only_named_machines_may_connect() {
    let (_practice, _sandbox, _daemon, port) = receiver("listen = \"127.0.0.1:0\"\nallow_from = \"127.0.0.9\"");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let _ = stream.write_all(b"\x0bMSH|^~\\&|A|B|C|D|2026||SIU^S12|1|P|2.5\r\x1c\r");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.is_empty(), "{answer:?}");
}

#[test]
fn a_cancellation_counts_whatever_its_control_id_and_its_offset() {
    let practice = Practice::new(&(head() + FEED));
    let (start, _) = at(3);
    let book = |time: &str, control: &str| message("S12", time, control, "|F1", &start, "Booked", PHONE);
    let cancel = |time: &str| message("S15", time, "1", "|F1", "", "", "");
    // The sender counts anew each day.
    import(&practice, &[book("20260301080000", "9"), cancel("20260301090000"), book("20260301100000", "2")]).good();
    assert_eq!(appointments(&practice)["F1"].1, "booked");
    import(&practice, &[cancel("20260301110000")]).good();
    assert_eq!(appointments(&practice)["F1"].1, "cancelled");
    // 10:00 PM in Greenwich is 3:00 PM in Denver, half an hour before the cancellation.
    import(&practice, &[book("20260301220000+0000", "3"), cancel("20260301153000")]).good();
    assert_eq!(appointments(&practice)["F1"].1, "cancelled");
}

#[test]
fn a_slot_that_goes_to_another_patient_does_not_keep_the_number() {
    let practice = Practice::new(&(head() + FEED));
    let (start, _) = at(3);
    let book = message("S12", "20260301080000", "1", "|F1", &start, "Booked", PHONE).replace("4411^^^MAPLE^MR", "");
    let other = message("S14", "20260301090000", "2", "|F1", &start, "Booked", "").replace("4411^^^MAPLE^MR", "");
    import(&practice, &[book, other.replace("Lee^Ann||19800101", "Smith^Bob||19700202")]).good();
    assert_eq!(appointments(&practice)["F1"].2, "-");
}

#[test]
fn no_file_of_messages_is_a_complete_list_and_a_corrected_setting_applies_to_what_is_sent_again() {
    let practice = Practice::new(&(head() + FEED));
    let (start, unix) = at(3);
    let one = message("S12", "20260301080000", "1", "|F1", &start, "Booked", PHONE);
    let pending = message("S12", "20260301080000", "2", "|F2", &start, "Pending", PHONE);
    import(&practice, std::slice::from_ref(&one)).good();
    assert_eq!(import(&practice, std::slice::from_ref(&pending)).code, 1);
    assert_eq!(practice.run(&["import", "messages.hl7", "--complete"]).code, 2);
    let config = head() + FEED + "[feed.status]\nbooked = [\"pending\"]\n";
    std::fs::write(practice.path("config.toml"), config).unwrap();
    import(&practice, std::slice::from_ref(&pending)).good();
    let found = appointments(&practice);
    assert_eq!((found["F1"].0, found["F1"].1.as_str()), (unix, "booked"));
    assert_eq!((found["F2"].0, found["F2"].1.as_str()), (unix, "booked"));
}

#[test]
fn an_id_that_names_several_appointments_is_rejected_and_never_joins_two_patients() {
    let practice = Practice::new(&(head() + FEED));
    let ((start, unix), (later, later_unix)) = (at(3), at(4));
    let jane = |text: String| text.replace("4411^^^MAPLE^MR", "9^^^MAPLE^MR").replace("Lee^Ann", "Roe^Jane");
    let ann = message("S12", "20260301080000", "1", "1|", &start, "Booked", PHONE);
    let other = jane(message("S12", "20260301090000", "2", "1^B|", &later, "Booked", "^PRN^CP^^1^303^5550124"));
    import(&practice, &[ann, other]).good();
    let starts: Vec<i64> = appointments(&practice).into_values().map(|row| row.0).collect();
    assert_eq!(starts, [unix, later_unix]);
    // With two namespaces, the bare number is neither.
    let practice = Practice::new(&(head() + FEED));
    let ann = message("S12", "20260301080000", "1", "1^A|", &start, "Booked", PHONE);
    let other = jane(message("S12", "20260301090000", "2", "1^B|", &later, "Booked", "^PRN^CP^^1^303^5550124"));
    import(&practice, &[ann, other]).good();
    let ended = import(&practice, &[message("S15", "20260301100000", "3", "1|", "", "", "")]);
    assert!(ended.code == 1 && ended.err.contains("SCH-1 names several appointments"), "{}", ended.err);
    assert!(appointments(&practice).into_values().all(|row| row.1 == "booked"));
}

#[test]
fn free_text_in_a_status_is_not_shown() {
    let practice = Practice::new(&(head() + FEED));
    let (start, _) = at(3);
    // `import` looks for the name and the number.
    let ended =
        import(&practice, &[message("S12", "20260301080000", "1", "|F1", &start, "Ann Lee called 3035550123", PHONE)]);
    assert!(ended.code == 1 && ended.err.contains("is not a known status"), "{}", ended.err);
}

#[test]
fn senders_that_cannot_be_understood_are_logged() {
    let (_practice, _sandbox, mut daemon, port) = receiver("listen = \"127.0.0.1:0\"");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n\x0bMSH|").unwrap();
    daemon.until("the port of the feed engine: the connection from 127.0.0.1 was closed");
}

#[test]
fn the_folder_of_a_feed_takes_its_messages() {
    let practice = Practice::new(&(head() + FEED));
    let (start, unix) = at(3);
    let inbox = practice.path("inbox/engine");
    std::fs::create_dir_all(&inbox).unwrap();
    std::fs::write(inbox.join("day.hl7"), message("S12", "20260301080000", "1", "|F1", &start, "Booked", PHONE))
        .unwrap();
    practice.run(&["import-folder", ".", "--at-rest-for", "1ms"]).good();
    assert_eq!(appointments(&practice)["F1"].0, unix);
}
