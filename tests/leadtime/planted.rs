//! A database whose schema was tampered with: restoring, starting, backing up and doctor all report it, and no command
//! claims to have saved something that was not saved.

use super::program::{Daemon, Practice, live_config, visits_due_in};

const SWALLOWS: &str = "CREATE TRIGGER swallow BEFORE INSERT ON opt_outs BEGIN SELECT RAISE(IGNORE); END";

#[test]
fn a_planted_trigger_is_found_and_an_opt_out_it_swallows_is_reported() {
    let practice = Practice::new(&live_config("http://127.0.0.1:9/v1"));
    practice.import(&visits_due_in(3600, 3), &[]).good();
    practice.run(&["opt-out", "add", "+13035551002"]).good();
    practice.run(&["backup", "good.db"]).good();
    std::fs::copy(practice.path("good.db"), practice.path("planted.db")).unwrap();
    rusqlite::Connection::open(practice.path("planted.db")).unwrap().execute_batch(SWALLOWS).unwrap();

    let refused = practice.run(&["restore", "planted.db"]);
    assert!(refused.code == 1 && refused.err.contains("a trigger swallow was added"), "{}", refused.err);
    assert_eq!(practice.number("SELECT count(*) FROM opt_outs"), 1, "the database is unchanged");

    practice.sql().execute_batch(SWALLOWS).unwrap();
    let ended = practice.run(&["opt-out", "add", "+13035551000"]);
    assert!(ended.code == 1 && ended.err.contains("did not save the opt-out"), "{}{}", ended.out, ended.err);
    let doctor = practice.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.out.contains("a trigger swallow was added"), "{}", doctor.out);
    assert_eq!(
        practice.run(&["backup", "bad.db"]).code,
        1,
        "a backup of a damaged database must not pass verification"
    );
    let mut daemon = Daemon::start(&practice, "k");
    daemon.until("the database is damaged, so nothing is sent");
    daemon.stop();

    // Restoring the good backup brings the correct schema back, and opt-outs are saved again.
    practice.run(&["restore", "good.db"]).good();
    practice.run(&["opt-out", "add", "+13035551000"]).good();
    assert_eq!(practice.number("SELECT count(*) FROM opt_outs"), 2);
}
