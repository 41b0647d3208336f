//! Database files replaced, moved or deleted under the daemon: no text goes out from a file that commands do not use.

use std::fs;

use super::program::{Daemon, Ended, Practice, Sandbox, live_config, record, visits_due_in};
use super::world::{World, appointment};

fn rename(practice: &Practice, from: &str, to: &str) {
    fs::rename(practice.path(from), practice.path(to)).unwrap();
}

fn run(practice: &Practice, arguments: &[&str]) -> Ended {
    practice.command(arguments).env("ANNIE_API_KEY", "annie-sk-v1-test").output().unwrap().into()
}

/// A practice whose alert command appends each alert to the file `told`.
fn practice_with_alerts(sandbox_url: Option<&str>) -> Practice {
    let practice = Practice::new("");
    let told = practice.path("told").display().to_string();
    let config = live_config(sandbox_url.unwrap_or("http://127.0.0.1:9/v1"));
    let program = format!("[alerts]\ncommand = [\"/bin/sh\", \"-c\", \"cat >> {told}\"]\n");
    fs::write(practice.path("config.toml"), format!("{config}{program}")).unwrap();
    practice
}

#[test]
fn a_daemon_stops_for_good_with_an_alert_when_its_database_files_are_replaced_moved_or_deleted() {
    for change in ["replaced", "moved", "deleted", "log deleted"] {
        let practice = practice_with_alerts(None);
        let mut sandbox = Sandbox::start(&practice, &["--key", "annie-sk-v1-test"]);
        let config = fs::read_to_string(practice.path("config.toml")).unwrap();
        fs::write(practice.path("config.toml"), config.replace("http://127.0.0.1:9/v1", &sandbox.base_url)).unwrap();
        let daemon = Daemon::start(&practice, "annie-sk-v1-test");
        // The clock is confirmed, so from here on texts could go out.
        assert!(sandbox.request().starts_with("GET"));
        practice.import(&visits_due_in(600, 3), &[]).good();
        match change {
            "replaced" => {
                practice.run(&["backup", "copy.db"]).good();
                rename(&practice, "copy.db", "test.db");
                for file in ["test.db-wal", "test.db-shm"] {
                    fs::remove_file(practice.path(file)).unwrap();
                }
                // What the desk's commands write goes into the new file, and stays there.
                practice.run(&["opt-out", "add", "+13035551000"]).good();
            }
            "moved" => rename(&practice, "test.db", "elsewhere.db"),
            "deleted" => fs::remove_file(practice.path("test.db")).unwrap(),
            _ => fs::remove_file(practice.path("test.db-wal")).unwrap(),
        }
        let (code, log) = daemon.wait();
        assert_eq!(code, 2, "{change}: systemd must not restart it: {log}");
        assert!(log.contains("was replaced, moved or deleted while Leadtime was using it"), "{change}: {log}");
        let told = fs::read_to_string(practice.path("told")).unwrap();
        assert!(told.contains("no texts are going out") && told.contains("replaced"), "{change}: {told}");
        assert_eq!(record(&practice).len(), 0, "{change}");
        match change {
            "replaced" => {
                assert_eq!(practice.number("SELECT count(*) FROM opt_outs"), 1, "{change}");
                // A valid file is in place, so a manual start works with it.
                let (code, log) = Daemon::start(&practice, "annie-sk-v1-test").stop();
                assert_eq!(code, 0, "{log}");
            }
            "moved" | "deleted" => {
                for command in [&["run"][..], &["import", "appointments.csv"], &["opt-out", "add", "+13035551000"]] {
                    let ended = run(&practice, command);
                    assert_ne!(ended.code, 0, "{change}, {command:?}");
                    assert!(ended.err.contains("is missing"), "{change}, {command:?}: {}", ended.err);
                    assert!(!practice.path("test.db").exists(), "{change}, {command:?} created an empty database");
                }
                assert_eq!(run(&practice, &["run"]).code, 2, "{change}");
            }
            _ => {}
        }
    }
}

#[test]
fn a_lost_database_is_restored_or_recreated_only_on_purpose() {
    let practice = practice_with_alerts(None);
    practice.import(&visits_due_in(600, 3), &[]).good();
    practice.run(&["opt-out", "add", "+13035551000"]).good();
    practice.run(&["backup", "copy.db"]).good();
    let (code, log) = Daemon::start(&practice, "annie-sk-v1-test").stop();
    assert_eq!(code, 0, "{log}");
    fs::remove_file(practice.path("test.db")).unwrap();
    assert_eq!(run(&practice, &["run"]).code, 2);
    // A leftover WAL file must not be applied to the restored backup.
    let _other = {
        let other = rusqlite::Connection::open(practice.path("other.db")).unwrap();
        other.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
        fs::copy(practice.path("other.db-wal"), practice.path("test.db-wal")).unwrap();
        other
    };
    practice.run(&["restore", "copy.db"]).good();
    assert_eq!(practice.number("SELECT count(*) FROM opt_outs"), 1);
    for file in ["test.db", "test.db-wal", "test.db-shm", "test.db.lock"] {
        let _ = fs::remove_file(practice.path(file));
    }
    practice.import(&visits_due_in(600, 3), &[]).good();
    assert_eq!(practice.number("SELECT count(*) FROM appointments"), 3);
}

#[tokio::test]
async fn a_pass_on_a_replaced_database_file_sends_nothing() {
    let mut world = World::new().await;
    world.book(&[appointment("A1", "+13035550101", "2026-11-10T10:00:00-07:00")]);
    let copy = world.folder.path().join("copy.db");
    fs::copy(world.database(), &copy).unwrap();
    fs::rename(&copy, world.database()).unwrap();
    let error = world.engine.pass().await.unwrap_err();
    assert!(error.to_string().contains("was replaced"), "{error}");
    assert_eq!(world.annie.sent().len(), 0);
}
