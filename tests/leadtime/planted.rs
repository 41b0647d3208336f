//! A database whose schema somebody changed: it is refused where it is restored, started, backed up and looked at, and no
//! command says that something was noted that was not.

use super::program::{Daemon, Practice, live_config, visits_due_in};

const SWALLOWS: &str = "CREATE TRIGGER swallow BEFORE INSERT ON opt_outs BEGIN SELECT RAISE(IGNORE); END";

#[test]
fn a_planted_trigger_is_found_by_restore_start_and_doctor_and_swallows_no_opt_out() {
    let practice = Practice::new(&live_config("http://127.0.0.1:9/v1"));
    practice.import(&visits_due_in(3600, 3), &[]).good();
    practice.run(&["opt-out", "add", "+13035551002"]).good();
    practice.run(&["backup", "good.db"]).good();
    std::fs::copy(practice.path("good.db"), practice.path("planted.db")).unwrap();
    rusqlite::Connection::open(practice.path("planted.db")).unwrap().execute_batch(SWALLOWS).unwrap();

    let refused = practice.run(&["restore", "planted.db"]);
    assert!(refused.code == 1 && refused.err.contains("a trigger swallow was added"), "{}", refused.err);
    assert_eq!(practice.number("SELECT count(*) FROM opt_outs"), 1, "nothing was changed");

    practice.sql().execute_batch(SWALLOWS).unwrap();
    let ended = practice.run(&["opt-out", "add", "+13035551000"]);
    assert!(ended.code == 1 && ended.err.contains("did not save the opt-out"), "{}{}", ended.out, ended.err);
    let doctor = practice.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.out.contains("a trigger swallow was added"), "{}", doctor.out);
    assert_eq!(practice.run(&["backup", "bad.db"]).code, 1, "no copy of it is called good");
    let mut daemon = Daemon::start(&practice, "k");
    daemon.until("the database is damaged, so nothing is sent");
    daemon.stop();

    // The good copy brings the right schema back, and opt-outs are kept again.
    practice.run(&["restore", "good.db"]).good();
    practice.run(&["opt-out", "add", "+13035551000"]).good();
    assert_eq!(practice.number("SELECT count(*) FROM opt_outs"), 2);
}
