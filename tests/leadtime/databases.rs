//! Feeds that read another system's database, with the real program and real servers.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use chrono::{Datelike, Days, NaiveDate};
use serde_json::Value;

use crate::program::{Daemon, Ended, Practice, Sandbox, live_config, now, visits_due_in};
use crate::servers::{PASSWORD, Server, mariadb, postgres};

const HEAD: &str = "[practice]\nname = \"Maple Dental\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
     timezone = \"America/Denver\"\n[[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"m\"\n\
     [database]\npath = \"test.db\"\n";

/// The practice's today.
fn today() -> NaiveDate {
    now().with_timezone(&chrono_tz::America::Denver).date_naive()
}

fn day(ahead: u64) -> NaiveDate {
    today() + Days::new(ahead)
}

/// A feed that reads `database` on a server on this machine.
fn feed(name: &str, scheme: &str, server: &Server, database: &str, keys: &str) -> String {
    format!(
        "[[feed]]\nname = \"{name}\"\nkind = \"database\"\nurl = \"{scheme}://leadtime@localhost:{}/{database}\"\n\
         password_file = \"password\"\n{keys}\n",
        server.port
    )
}

fn practice(feeds: &str) -> Practice {
    let practice = Practice::new(&format!("{HEAD}{feeds}"));
    write_password(&practice, PASSWORD);
    practice
}

fn write_password(practice: &Practice, password: &str) {
    std::fs::write(practice.path("password"), format!("{password}\n")).unwrap();
    std::fs::set_permissions(practice.path("password"), std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Creates a database that the user `leadtime` may only read.
fn create(server: &Server, name: &str, tables: &str) {
    server.sql("mysql", &format!("CREATE DATABASE {name}; GRANT SELECT ON {name}.* TO leadtime@'%'"));
    server.sql(name, tables);
}

fn pull(practice: &Practice, feed: &str, options: &[&str]) -> Ended {
    let ended = practice.run(&[&["feed", "pull", feed], options].concat());
    for private in [PASSWORD, "3035550", "303-555", "Abigail"] {
        assert!(!ended.out.contains(private) && !ended.err.contains(private), "{}{}", ended.out, ended.err);
    }
    ended
}

/// Appointments by id: start, status, first name, phone, consent.
fn appointments(practice: &Practice) -> BTreeMap<String, String> {
    let connection = practice.sql();
    let sql = "SELECT id, starts_at || ' ' || status || ' ' || coalesce(first_name, '-') || ' ' || coalesce(phone, '-')
                   || ' ' || coalesce(consent, '-') FROM appointments";
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

fn is(found: &BTreeMap<String, String>, id: &str, words: &[&str]) {
    let row = found.get(id).unwrap_or_else(|| panic!("{id} is not there: {found:#?}"));
    for word in words {
        assert!(row.contains(word), "{id}: {word} is not in {row}");
    }
}

/// The Open Dental tables of one office, with a patient for each case.
fn open_dental(server: &Server, name: &str) {
    create(server, name, include_str!("../data/databases/open-dental.sql"));
    let child = today().year() - 9;
    server.sql(
        name,
        &format!(
            "INSERT INTO patient (PatNum, LName, FName, Preferred, WirelessPhone, Guarantor, TxtMsgOk, PatStatus, Birthdate,
                 PreferContactMethod, Language) VALUES
             (1, 'Lee', 'Abigail', 'Abby', '(303)555-0101', 1, 1, 0, '1980-03-04', 0, 'spa'),
             (2, 'Lee', 'Ben', '', '', 1, 0, 0, '{child}-03-04', 0, ''),
             (3, 'Lee', 'Carl', '', '', 1, 0, 0, '1970-03-04', 0, ''),
             (4, 'Diaz', 'Dora', '', '303-555-0104', 4, 2, 0, '0001-01-01', 0, ''),
             (5, 'Eng', 'Eve', '', '303-555-0105', 5, 1, 0, '1980-03-04', 1, ''),
             (6, 'Fox', 'Finn', '', '303-555-0106', 6, 1, 0, '1980-03-04', 0, ''),
             (7, 'Gone', 'Gus', '', '303-555-0107', 7, 1, 5, '1980-03-04', 0, ''),
             (8, 'Hill', 'Hal', '', '303-555-0108', 8, 1, 0, '1980-03-04', 0, '');
             INSERT INTO commoptout (PatNum, OptOutSms) VALUES (6, 4), (8, 8);
             INSERT INTO appointment (AptNum, PatNum, AptStatus, AptDateTime, Confirmed, AppointmentTypeNum) VALUES
             (101, 1, 1, '{0} 14:10:00', 20, 7), (102, 2, 4, '{0} 14:10:00', 22, 0), (103, 3, 1, '{0} 15:00:00', 21, 0),
             (104, 4, 1, '{0} 09:00:00', 0, 0), (105, 5, 1, '{1} 09:00:00', 0, 0), (106, 6, 1, '{1} 10:00:00', 0, 0),
             (107, 7, 1, '{1} 11:00:00', 0, 0), (108, 8, 5, '{1} 12:00:00', 22, 0), (109, 8, 6, '{1} 13:00:00', 0, 0),
             (110, 8, 3, '0001-01-01 00:00:00', 0, 0), (111, 8, 1, '{1} 15:30:00', 0, 0), (112, 1, 2, '{2} 08:00:00', 0, 0),
             (113, 1, 1, '{3} 08:00:00', 0, 0);",
            day(3),
            day(4),
            today(),
            day(60)
        ),
    );
}

#[test]
fn open_dental_appointments_come_in_and_follow_the_book() {
    let Some(server) = mariadb() else { return };
    open_dental(server, "od");
    let practice = practice(&feed("open-dental", "mysql", server, "od", "preset = \"open-dental\""));
    pull(&practice, "open-dental", &[]).good();
    let found = appointments(&practice);
    let (three, four) = (day(3).to_string(), day(4).to_string());
    is(&found, "101", &[&format!("{three}T14:10:00-0"), "booked", "Abby", "(303)555-0101", "yes"]);
    is(&found, "102", &["confirmed", "Ben", "(303)555-0101"]);
    is(&found, "103", &["confirmed", "Carl - -"]);
    is(&found, "104", &["booked", "303-555-0104 no"]);
    is(&found, "105", &[&four, "303-555-0105 no"]);
    is(&found, "106", &["303-555-0106 no"]);
    is(&found, "108", &["cancelled"]);
    is(&found, "111", &["booked", "303-555-0108 yes"]);
    is(&found, "112", &["completed"]);
    for absent in ["107", "109", "110", "113"] {
        assert!(!found.contains_key(absent), "{absent}: {found:#?}");
    }
    let ends =
        "SELECT count(*) FROM appointments WHERE id = '101' AND unixepoch(ends_at) - unixepoch(starts_at) = 40 * 60
                AND language = 'es' AND type_id = '7' AND provider = 'Dr. Lee' AND description = 'Cleaning'";
    assert_eq!(practice.number(ends), 1);

    // One is moved, one deleted, one unscheduled, one patient dies, one status is the office's own word.
    server.sql(
        "od",
        &format!(
            "UPDATE appointment SET AptDateTime = '{} 16:00:00' WHERE AptNum = 101;
             DELETE FROM appointment WHERE AptNum = 103;
             UPDATE appointment SET AptStatus = 3, AptDateTime = '0001-01-01' WHERE AptNum = 104;
             UPDATE patient SET PatStatus = 5 WHERE PatNum = 5;
             UPDATE appointment SET AptStatus = 6 WHERE AptNum = 106;
             UPDATE appointment SET Confirmed = 23 WHERE AptNum = 111;",
            day(5)
        ),
    );
    let preview = pull(&practice, "open-dental", &["--dry-run"]).good();
    assert!(
        preview.contains("moved") && preview.contains("missing") && preview.contains("Nothing was written"),
        "{preview}"
    );
    is(&appointments(&practice), "103", &["confirmed"]);
    let own = "preset = \"open-dental\"\n[feed.status]\nconfirmed = [{ column = \"Confirmed\", words = [\"LM w/ spouse\"] }]\n";
    std::fs::write(practice.path("config.toml"), format!("{HEAD}{}", feed("open-dental", "mysql", server, "od", own)))
        .unwrap();
    let out = pull(&practice, "open-dental", &[]).good();
    assert!(out.contains("3 cancelled because"), "{out}");
    let found = appointments(&practice);
    is(&found, "101", &[&format!("{}T16:00:00", day(5)), "booked"]);
    is(&found, "102", &["confirmed"]);
    for gone in ["103", "104", "105", "106"] {
        is(&found, gone, &["cancelled"]);
    }
    is(&found, "111", &["confirmed"]);
    // A pull that finds nothing new leaves no line in the audit; the pulls before it did.
    let audit = "SELECT count(*) FROM audit WHERE act = 'imported'";
    let before = practice.number(audit);
    pull(&practice, "open-dental", &[]).good();
    assert_eq!((before, practice.number(audit)), (2, 2));
}

#[test]
fn two_offices_with_the_same_ids_stay_apart_by_prefix() {
    let Some(server) = mariadb() else { return };
    open_dental(server, "od_north");
    open_dental(server, "od_south");
    server.sql("od_south", "UPDATE patient SET FName = 'Sue', Preferred = '' WHERE PatNum = 1");
    let feeds = ["north", "south"].map(|office| {
        feed(
            office,
            "mariadb",
            server,
            &format!("od_{office}"),
            &format!("preset = \"open-dental\"\nid_prefix = \"{office}-\""),
        )
    });
    let practice = practice(&feeds.concat());
    pull(&practice, "north", &[]).good();
    pull(&practice, "south", &[]).good();
    server.sql("od_south", "DELETE FROM appointment WHERE AptNum = 101");
    pull(&practice, "south", &[]).good();
    let found = appointments(&practice);
    is(&found, "north-101", &["booked", "Abby"]);
    is(&found, "south-101", &["cancelled", "Sue"]);
}

/// OpenEMR writes the rule of a series as serialized PHP.
fn series(frequency: &str, kind: &str, exdate: &str) -> String {
    format!(
        r#"a:5:{{s:17:"event_repeat_freq";s:1:"{frequency}";s:22:"event_repeat_freq_type";s:1:"{kind}";s:19:"event_repeat_on_num";s:1:"1";s:19:"event_repeat_on_day";s:1:"0";s:6:"exdate";s:8:"{exdate}";}}"#
    )
}

#[test]
fn openemr_series_are_expanded_and_what_cannot_be_is_reported() {
    let Some(server) = mariadb() else { return };
    create(server, "emr", include_str!("../data/databases/openemr.sql"));
    let skipped = day(9).format("%Y%m%d").to_string();
    let last_of_month = NaiveDate::from_ymd_opt(today().year(), 1, 31).unwrap();
    server.sql(
        "emr",
        &format!(
            "SET sql_mode = '';
             INSERT INTO patient_data (pid, fname, lname, DOB, language, phone_cell, hipaa_allowsms, deceased_date) VALUES
             (1, 'Abigail', 'Lee', '1980-03-04', 'Spanish', '303-555-0101', 'YES', '0000-00-00 00:00:00'),
             (2, 'Ben', 'Ray', '0000-00-00', '', '303-555-0102', 'NO', NULL),
             (3, 'Gus', 'Gone', NULL, '', '303-555-0103', 'YES', '2026-01-01 00:00:00');
             INSERT INTO openemr_postcalendar_events (pc_eid, pc_pid, pc_eventDate, pc_startTime, pc_apptstatus, pc_recurrtype, pc_recurrspec, pc_endDate) VALUES
             (1, '1', '{0}', '14:10:00', '-', 0, '', '0000-00-00'),
             (2, '2', '{0}', '15:00:00', 'x', 0, '', '0000-00-00'),
             (3, '1', '{0}', '128:00:00', '-', 0, '', '0000-00-00'),
             (4, '', '{0}', '12:00:00', '-', 0, '', '0000-00-00'),
             (5, '3', '{0}', '12:00:00', '-', 0, '', '0000-00-00'),
             (6, '2', '{0}', '16:00:00', '^', 0, '', '0000-00-00'),
             (7, '1', '{1}', '09:30:00', 'SMS', 1, '{weekly}', '{2}'),
             (8, '2', '{3}', '10:00:00', '+', 1, '{monthly}', '{2}'),
             (9, '2', '{0}', '17:00:00', '?', 0, '', '0000-00-00');",
            day(3),
            day(2),
            day(30),
            last_of_month,
            weekly = series("1", "1", &skipped),
            monthly = series("1", "2", ""),
        ),
    );
    let practice = practice(&feed("openemr", "mysql", server, "emr", "preset = \"openemr\"\nahead = \"20 days\""));
    let ended = pull(&practice, "openemr", &[]);
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    for words in ["\"^\" is not a known status", " 128:00:00\" is not", "8@"] {
        let listed = practice.run(&["not-reached"]).out + &ended.err;
        assert!(listed.contains(words), "{words}: {listed}");
    }
    let found = appointments(&practice);
    is(&found, "1", &[&format!("{}T14:10:00", day(3)), "booked", "303-555-0101 yes"]);
    is(&found, "2", &["cancelled", "no"]);
    is(&found, "9", &["no-show"]);
    let weeks: Vec<&String> = found.keys().filter(|id| id.starts_with("7@")).collect();
    assert_eq!(weeks, [&format!("7@{}", day(2)), &format!("7@{}", day(16))]);
    is(&found, &format!("7@{}", day(2)), &[&format!("{}T09:30:00", day(2)), "confirmed"]);
    for absent in ["3", "4", "5", "6"] {
        assert!(!found.contains_key(absent), "{absent}");
    }
    // With the office's own word for "pending", that appointment is in too.
    let keys = "preset = \"openemr\"\nahead = \"20 days\"\n[feed.status]\nbooked = [\"^\"]\n";
    std::fs::write(practice.path("config.toml"), format!("{HEAD}{}", feed("openemr", "mysql", server, "emr", keys)))
        .unwrap();
    pull(&practice, "openemr", &[]);
    is(&appointments(&practice), "6", &["booked"]);
    let out = practice.run(&["feed", "test", "openemr"]).out;
    assert!(out.contains("Consent to texts: 3 no, 3 yes"), "{out}");
}

/// A database with one table of appointments, for statements of the practice's own.
fn simple(server: &Server, name: &str) {
    create(
        server,
        name,
        "CREATE TABLE visit (id INT PRIMARY KEY, at DATETIME NOT NULL, who VARCHAR(50), cell VARCHAR(30))",
    );
    server.sql(
        name,
        &format!(
            "INSERT INTO visit VALUES (1, '{0} 10:00', 'Lee, Abigail', '303-555-0101'), (2, '{0} 11:00', 'Ray, Ben', '303-555-0102')",
            day(3)
        ),
    );
}

const COLUMNS: &str = "[feed.columns]\nid = \"id\"\nstarts_at = \"at\"\nname = \"who\"\nphone = \"cell\"\n";

fn with_query(server: &Server, database: &str, query: &str, keys: &str) -> Practice {
    let keys = format!("query_file = \"query.sql\"\nmissing = \"cancel\"\n{keys}\n{COLUMNS}");
    let practice = practice(&feed("desk", "mysql", server, database, &keys));
    std::fs::write(practice.path("query.sql"), query).unwrap();
    practice
}

const QUERY: &str = "SELECT id, at, who, cell FROM visit WHERE at >= :today AND at < :until";

#[test]
fn a_database_that_fails_in_any_way_changes_nothing() {
    let Some(server) = mariadb() else { return };
    simple(server, "failing");
    let practice = with_query(server, "failing", QUERY, "timeout = \"1 second\"");
    pull(&practice, "desk", &[]).good();
    let before = appointments(&practice);
    assert_eq!(before.len(), 2);
    let config = std::fs::read_to_string(practice.path("config.toml")).unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let port = format!(":{}/", server.port);
    for (query, config, password, words) in [
        (QUERY, config.replace(&port, &format!(":{closed}/")), PASSWORD, "cannot reach failing on localhost"),
        (QUERY, config.clone(), "wrong", "refuses the user"),
        (QUERY, config.replace("/failing", "/elsewhere"), PASSWORD, "refuses the user"),
        ("SELECT id, start FROM visit", config.clone(), PASSWORD, "Unknown column 'start'"),
        ("SELECT id, at, who, SLEEP(60) AS cell FROM visit", config.clone(), PASSWORD, "took longer than 1 second"),
        ("SELECT id, at, who FROM visit", config.clone(), PASSWORD, "no column `cell`"),
        (
            "SELECT id, at, who, cell FROM visit WHERE id = 1 INTO OUTFILE '/tmp/x'",
            config.clone(),
            PASSWORD,
            "cannot run the statement",
        ),
    ] {
        std::fs::write(practice.path("query.sql"), query).unwrap();
        std::fs::write(practice.path("config.toml"), config).unwrap();
        write_password(&practice, password);
        let ended = pull(&practice, "desk", &[]);
        assert!(
            ended.code == 1 && ended.err.contains(words) && ended.err.contains("nothing was changed"),
            "{words}: {}",
            ended.err
        );
        assert_eq!(appointments(&practice), before, "{words}");
    }
    let listed = practice.run(&["feed", "list"]).good();
    assert!(listed.contains("REFUSED") || listed.contains("NOT READ since"), "{listed}");
    // An empty answer is held, because a table that was just emptied is more likely than an empty book.
    server.sql("failing", "DELETE FROM visit");
    std::fs::write(practice.path("query.sql"), QUERY).unwrap();
    std::fs::write(practice.path("config.toml"), &config).unwrap();
    write_password(&practice, PASSWORD);
    let ended = pull(&practice, "desk", &[]);
    assert!(ended.code == 1 && ended.err.contains("feed accept desk"), "{}", ended.err);
    assert_eq!(appointments(&practice), before);
    let listed = practice.run(&["feed", "list"]).good();
    assert!(listed.contains("HELD") && !listed.contains("NOT READ"), "{listed}");
    // Held again by the next pull, and since the same moment.
    practice.sql().execute("UPDATE feed_state SET held_at = held_at - 600", []).unwrap();
    let since = practice.number("SELECT held_at FROM feed_state");
    pull(&practice, "desk", &[]);
    assert_eq!(practice.number("SELECT held_at FROM feed_state"), since);
    practice.run(&["feed", "accept", "desk"]).good();
    assert!(appointments(&practice).values().all(|row| row.contains("cancelled")));
}

#[test]
fn a_connection_that_breaks_in_the_middle_of_an_answer_changes_nothing() {
    let Some(server) = mariadb() else { return };
    simple(server, "broken");
    let practice = with_query(server, "broken", QUERY, "");
    pull(&practice, "desk", &[]).good();
    let before = appointments(&practice);
    // Each row takes a while and fills the server's buffer, so rows are on their way when the connection is killed.
    let slow = "SELECT id, at, who, CONCAT('303-555-0109', SLEEP(0.2), REPEAT(' ', 20000)) AS cell FROM visit
                UNION ALL SELECT seq, NOW(), 'x', CONCAT(SLEEP(0.2), REPEAT(' ', 20000)) FROM seq_10_to_200";
    std::fs::write(practice.path("query.sql"), slow).unwrap();
    let child = practice.command(&["feed", "pull", "desk"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let running = "SELECT id FROM information_schema.processlist WHERE user = 'leadtime' AND db = 'broken' AND info LIKE '%SLEEP%'";
    let id = loop {
        let id = server.sql("broken", running);
        if !id.trim().is_empty() {
            break id;
        }
    };
    server.sql("broken", &format!("KILL {}", id.trim()));
    let ended: Ended = child.wait_with_output().unwrap().into();
    assert!(ended.code == 1 && ended.err.contains("nothing was changed"), "{}", ended.err);
    assert_eq!(appointments(&practice), before);
}

#[test]
fn tls_is_verified_for_other_machines_and_with_a_certificate_file() {
    let Some(server) = mariadb() else { return };
    simple(server, "secure");
    let ca = |name: &str| format!("ca_file = \"{}\"", server.folder.join(name).display());
    pull(&with_query(server, "secure", QUERY, &ca("ca.pem")), "desk", &[]).good();
    let ended = pull(&with_query(server, "secure", QUERY, &ca("other.pem")), "desk", &[]);
    assert!(ended.code == 1 && ended.err.contains("cannot be verified"), "{}", ended.err);
    // The certificate is for `localhost`, not for this address, and this address counts as another machine.
    let output = std::process::Command::new("hostname").arg("-I").output().unwrap();
    let address =
        String::from_utf8(output.stdout).unwrap().split_whitespace().find(|a| a.contains('.')).map(str::to_owned);
    let Some(address) = address else { return };
    for keys in [String::new(), ca("ca.pem")] {
        let practice = with_query(server, "secure", QUERY, &keys);
        let config = std::fs::read_to_string(practice.path("config.toml")).unwrap();
        std::fs::write(practice.path("config.toml"), config.replace("localhost", &address)).unwrap();
        let ended = pull(&practice, "desk", &[]);
        assert!(ended.code == 1 && ended.err.contains("cannot be verified"), "{}", ended.err);
    }
}

#[test]
fn the_service_reads_the_database_by_itself_and_logs_a_failure_once() {
    let Some(server) = mariadb() else { return };
    simple(server, "daily");
    let practice = with_query(server, "daily", QUERY, "every = \"1 minute\"");
    let mut daemon = Daemon::start(&practice, "annie-sk-v1-test");
    daemon.until("read the source of the feed desk: 2 new");
    is(&appointments(&practice), "1", &["booked"]);
    // Its second connection has not cost the service its locks: without them, any other program that closes the database
    // deletes the log in use.
    let file = std::fs::File::options().read(true).write(true).open(practice.path("test.db")).unwrap();
    let locked = rustix::fs::fcntl_lock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive);
    assert!(locked.is_err(), "the service has lost its locks");
    drop(file);
    // After a change of the configuration it reads again at once.
    server.sql("daily", "DELETE FROM visit WHERE id = 1");
    daemon.signal(rustix::process::Signal::HUP);
    daemon.until("read the source of the feed desk: 0 new, 0 changed, 1 cancelled");
    is(&appointments(&practice), "1", &["cancelled"]);
    is(&appointments(&practice), "2", &["booked"]);
    write_password(&practice, "wrong");
    daemon.signal(rustix::process::Signal::HUP);
    daemon.until("the source of the feed desk cannot be read");
    daemon.signal(rustix::process::Signal::HUP);
    write_password(&practice, PASSWORD);
    daemon.signal(rustix::process::Signal::HUP);
    daemon.until("the source of the feed desk is read again");
    let (code, log) = daemon.stop();
    assert_eq!((code, log.matches("cannot be read").count()), (0, 1), "{log}");
    assert!(!log.contains(PASSWORD) && !log.contains("Abigail") && !log.contains("303-555"), "{log}");
}

#[test]
fn a_database_that_never_answers_delays_no_text_and_no_stop() {
    let practice = Practice::new("");
    let mut sandbox = Sandbox::start(&practice, &["--key", "annie-sk-v1-test"]);
    // The system accepts connections for this listener, and nobody ever answers them.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let feeds = format!(
        "[[feed]]\nname = \"csv\"\nkind = \"file\"\npreset = \"leadtime\"\n[[feed]]\nname = \"silent\"\nkind = \"database\"\n\
         preset = \"open-dental\"\nurl = \"mysql://leadtime@127.0.0.1:{}/od\"\n",
        silent.local_addr().unwrap().port()
    );
    std::fs::write(practice.path("config.toml"), live_config(&sandbox.base_url) + &feeds).unwrap();
    let daemon = Daemon::start(&practice, "annie-sk-v1-test");
    let _unanswered = silent.accept().unwrap();
    practice.import(&visits_due_in(5, 3), &[]).good();
    for _ in 0..3 {
        assert_eq!(sandbox.post(), "POST /v1/sms -> 200");
    }
    // The database has not failed yet: the connection may still take some seconds.
    let (code, log) = daemon.stop();
    assert!(code == 0 && !log.contains("cannot be read"), "{log}");
}

#[test]
fn postgres_is_read_in_a_read_only_session_with_the_practices_zone() {
    let Some(server) = postgres() else { return };
    server.sql("postgres", "CREATE DATABASE clinic");
    server.sql(
        "clinic",
        &format!(
            "CREATE TABLE visit (id int PRIMARY KEY, at timestamptz NOT NULL, local_at timestamp, who text, cell text, ok bool);
             INSERT INTO visit VALUES (1, '{0} 17:00:00+00', '{0} 10:00', 'Lee, Abigail', '303-555-0101', true),
                 (2, '{0} 19:30:00+00', '{0} 12:30', 'Ray, Ben', '303-555-0102', false);
             CREATE FUNCTION spoil() RETURNS int LANGUAGE sql AS 'DELETE FROM visit; SELECT 1';
             GRANT ALL ON visit TO leadtime;",
            day(3)
        ),
    );
    let columns = |start: &str| {
        format!(
            "query_file = \"query.sql\"\nmissing = \"cancel\"\n[feed.columns]\nid = \"id\"\nstarts_at = \"{start}\"\nname = \"who\"\n\
             phone = \"cell\"\nconsent = \"ok\"\n[feed.consent]\nyes = [\"t\"]\nno = [\"f\"]\n"
        )
    };
    let query =
        "SELECT id, at, local_at, who, cell, ok FROM visit WHERE local_at >= :today AND local_at::date < :until::date";
    for start in ["at", "local_at"] {
        let practice = practice(&feed("clinic", "postgres", server, "clinic", &columns(start)));
        std::fs::write(practice.path("query.sql"), query).unwrap();
        pull(&practice, "clinic", &[]).good();
        let found = appointments(&practice);
        let local = day(3).and_hms_opt(10, 0, 0).unwrap().and_local_timezone(chrono_tz::America::Denver).unwrap();
        let start = if start == "at" {
            day(3).and_hms_opt(17, 0, 0).unwrap().and_utc().with_timezone(&chrono_tz::America::Denver)
        } else {
            local
        };
        is(&found, "1", &[&start.to_rfc3339(), "booked", "yes"]);
        is(&found, "2", &["303-555-0102 no"]);
        // A statement that writes is refused by the server, whatever the grants say.
        for writes in [
            "SELECT spoil() AS id, now() AS at, now() AS local_at, '' AS who, '' AS cell, true AS ok",
            "WITH gone AS (DELETE FROM visit RETURNING *) SELECT * FROM gone",
        ] {
            std::fs::write(practice.path("query.sql"), writes).unwrap();
            let ended = pull(&practice, "clinic", &[]);
            assert!(ended.code == 1 && ended.err.contains("read-only transaction"), "{}", ended.err);
        }
        assert_eq!(server.sql("clinic", "SELECT count(*) FROM visit").trim(), "2");
    }
    let practice =
        practice(&feed("clinic", "postgres", server, "clinic", &format!("timeout = \"1 second\"\n{}", columns("at"))));
    std::fs::write(practice.path("query.sql"), "SELECT pg_sleep(60)").unwrap();
    let ended = pull(&practice, "clinic", &[]);
    assert!(ended.err.contains("took longer than 1 second"), "{}", ended.err);
    // The server quotes the value that it cannot convert; `pull` checks that no name is shown.
    std::fs::write(practice.path("query.sql"), "SELECT who::int AS id, at, who, cell, ok FROM visit").unwrap();
    let ended = pull(&practice, "clinic", &[]);
    assert!(ended.err.contains("invalid input syntax for type integer: \"...\""), "{}", ended.err);
    write_password(&practice, "wrong");
    let ended = pull(&practice, "clinic", &[]);
    assert!(ended.err.contains("refuses the user"), "{}", ended.err);
}

#[test]
fn an_sqlite_file_of_another_program_is_read_and_never_written() {
    let keys = format!("query_file = \"query.sql\"\nmissing = \"cancel\"\n{COLUMNS}");
    let practice =
        practice(&format!("[[feed]]\nname = \"desk\"\nkind = \"database\"\nurl = \"sqlite:book.db\"\n{keys}"));
    let query = "SELECT id, at, who, cell FROM visit WHERE at >= :today AND at < :until";
    std::fs::write(practice.path("query.sql"), query).unwrap();
    let ended = pull(&practice, "desk", &[]);
    assert!(ended.code == 1 && ended.err.contains("cannot reach"), "{}", ended.err);
    assert!(!practice.path("book.db").exists());
    let book = rusqlite::Connection::open(practice.path("book.db")).unwrap();
    book.execute_batch(&format!(
        "CREATE TABLE visit (id INTEGER, at TEXT, who TEXT, cell TEXT);
         INSERT INTO visit VALUES (1, '{0} 10:00', 'Lee, Abigail', '303-555-0101'), (NULL, '{0} 11:00', NULL, NULL),
             (3, '{0} 12:00', 'total', ''), (4, '{1} 12:00', 'Ray, Ben', '')",
        day(3),
        day(60)
    ))
    .unwrap();
    let ended = pull(&practice, "desk", &[]);
    let found = appointments(&practice);
    is(&found, "1", &["booked", "303-555-0101"]);
    // No row is taken for a title or a total, and the window ends before day 60.
    assert!(ended.code == 1 && found.contains_key("3") && found.len() == 2, "{} {found:?}", ended.err);
    assert!(ended.err.contains("the id is empty"), "{}", ended.err);
}

#[test]
fn check_explains_what_is_wrong_with_a_database_feed() {
    let address = "url = \"mysql://leadtime@localhost/od\"\n";
    let check = |keys: &str| {
        let practice = practice(&format!("[[feed]]\nname = \"desk\"\nkind = \"database\"\n{keys}\n"));
        let ended = practice.run(&["check"]);
        (ended.code, ended.err + &ended.out)
    };
    assert_eq!(check(&format!("{address}preset = \"open-dental\"")).0, 0);
    for (keys, words) in [
        ("preset = \"open-dental\"".to_owned(), "has no `url`"),
        ("url = \"mysql://leadtime:hunter2@h/od\"\npreset = \"open-dental\"".to_owned(), "contains a password"),
        (format!("{address}{COLUMNS}"), "needs a statement"),
        (format!("{address}query_file = \"none.sql\"\n{COLUMNS}"), "cannot read"),
        (format!("{address}preset = \"open-dental\"\nfiles = \"*.csv\""), "`files` is for files"),
        (format!("{address}preset = \"open-dental\"\nevery = \"1 second\""), "`every`"),
        (format!("{address}preset = \"openemr\"\nahead = \"2 years\""), "`ahead`"),
    ] {
        let (code, said) = check(&keys);
        assert!(code == 2 && said.contains(words) && !said.contains("hunter2"), "{words}: {said}");
    }
    let practice =
        practice(&format!("[[feed]]\nname = \"desk\"\nkind = \"database\"\n{address}preset = \"open-dental\"\n"));
    std::fs::write(practice.path("a.csv"), "a,b\n1,2\n").unwrap();
    let ended = practice.run(&["import", "a.csv", "--feed", "desk"]);
    assert!(ended.code == 2 && ended.err.contains("feed pull desk"), "{}", ended.err);
    let listed: Vec<Value> = serde_json::from_str(&practice.run(&["feed", "list", "--json"]).good()).unwrap();
    assert_eq!(listed[0]["feed"], "desk");
}
