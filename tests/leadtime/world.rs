//! A practice for tests: a real database file, a clock that moves only when told to, and a scripted Annie.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::script::Script;
use chrono::{DateTime, TimeDelta, Utc};
use leadtime::annie::gateway::Gateway;
use leadtime::clock::{Clock, ManualClock};
use leadtime::config::{self, Config};
use leadtime::domain::outcome::Outcome;
use leadtime::engine::report::PassReport;
use leadtime::engine::run::Engine;
use leadtime::store::Store;
use leadtime::store::connection::open;
use rusqlite::Connection;
use tempfile::TempDir;

/// A Monday at 10 AM in Denver, with no holiday nearby.
pub(crate) const MONDAY_TEN: &str = "2026-11-09T17:00:00Z";

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) annie: Script,
    pub(crate) engine: Engine<ManualClock>,
}

/// An appointment to write.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) id: &'static str,
    pub(crate) patient: &'static str,
    pub(crate) phone: Option<&'static str>,
    pub(crate) starts_at: String,
    pub(crate) status: &'static str,
    pub(crate) type_id: Option<&'static str>,
    pub(crate) booked_at: Option<&'static str>,
    pub(crate) feed: Option<&'static str>,
}

/// A booked appointment of its own patient, at a local time with offset.
pub(crate) fn appointment(id: &'static str, phone: &'static str, starts_at: &str) -> Visit {
    Visit {
        id,
        patient: id,
        phone: Some(phone),
        starts_at: starts_at.to_owned(),
        status: "booked",
        type_id: None,
        booked_at: None,
        feed: None,
    }
}

pub(crate) const DAY_BEFORE: &str =
    "[[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"See you {{ appointment.when }}\"\n";

/// A configuration with these lines in `[annie]` and `[sending]`, and these rules.
fn config_text(annie: &str, sending: &str, rules: &str) -> String {
    let pace = if annie.contains("requests_per_minute") { "" } else { "requests_per_minute = 6000" };
    format!(
        "[practice]\nname = \"Maple Dental\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
         timezone = \"America/Denver\"\n[annie]\n{pace}\n{annie}\n[sending]\n{sending}\n{rules}\n\
         [database]\npath = \"test.db\"\n"
    )
}

impl World {
    /// A live practice with one rule (24 hours before), on Monday at 10 AM.
    pub(crate) async fn new() -> World {
        World::with("mode = \"live\"", DAY_BEFORE).await
    }

    /// The same, with one POST at a time.
    pub(crate) async fn one_at_a_time() -> World {
        World::with_all("concurrency = 1", "mode = \"live\"", DAY_BEFORE).await
    }

    pub(crate) async fn with(sending: &str, rules: &str) -> World {
        World::with_all("", sending, rules).await
    }

    /// `annie_lines` are added to `[annie]`. If they set no pace, a very high one is used.
    pub(crate) async fn with_all(annie_lines: &str, sending: &str, rules: &str) -> World {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(MONDAY_TEN.parse().unwrap()));
        let annie = Script::default();
        std::fs::write(folder.path().join("config.toml"), config_text(annie_lines, sending, rules)).unwrap();
        let engine = engine(&folder, &clock, &annie).await;
        let mut world = World { folder, clock, annie, engine };
        // After this, the clock is confirmed and the list of conversations has been read.
        world.settle().await;
        world.clock.set(MONDAY_TEN.parse().unwrap());
        world.annie.forget_reads();
        world
    }

    /// Starts the daemon again on the same database. What was under way is lost, as in a crash.
    pub(crate) async fn restart(self) -> World {
        let World { folder, clock, annie, engine } = self;
        drop(engine);
        let engine = self::engine(&folder, &clock, &annie).await;
        World { folder, clock, annie, engine }
    }

    /// Stops the daemon, replaces the database with an older copy, and starts the daemon again.
    pub(crate) async fn restore(self, copy: &std::path::Path) -> World {
        let World { folder, clock, annie, engine } = self;
        drop(engine);
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.path().join(format!("test.db{end}")));
        }
        std::fs::copy(copy, folder.path().join("test.db")).unwrap();
        let engine = self::engine(&folder, &clock, &annie).await;
        World { folder, clock, annie, engine }
    }

    /// Reloads with another configuration.
    pub(crate) async fn reload(&mut self, sending: &str, rules: &str) {
        std::fs::write(self.folder.path().join("config.toml"), config_text("", sending, rules)).unwrap();
        self.engine.adopt(Arc::new(config_of(&self.folder))).await.unwrap();
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    /// A connection as another program would have.
    pub(crate) fn sql(&self) -> Connection {
        Connection::open(self.database()).unwrap()
    }

    pub(crate) fn execute(&self, sql: &str) {
        self.sql().execute_batch(&at_time(self.clock.now(), sql)).unwrap();
    }

    /// Writes appointments, at the world's time.
    pub(crate) fn book(&self, appointments: &[Visit]) {
        let mut connection = self.sql();
        let tx = connection.transaction().unwrap();
        tx.execute("INSERT INTO write_time VALUES (1, ?1)", [self.clock.now().timestamp()]).unwrap();
        for v in appointments {
            tx.execute(
                "INSERT INTO appointments (id, patient_id, first_name, phone, starts_at, status, type_id, booked_at, feed)
                 VALUES (?1, ?2, 'Ann', ?3, ?4, ?5, ?6, ?7, ?8)",
                (v.id, v.patient, v.phone, &v.starts_at, v.status, v.type_id, v.booked_at, v.feed),
            )
            .unwrap();
        }
        tx.execute("DELETE FROM write_time", []).unwrap();
        tx.commit().unwrap();
    }

    /// Runs passes until nothing more happens: everything begun has ended and is recorded.
    pub(crate) async fn settle(&mut self) -> PassReport {
        for _ in 0..1000 {
            let report = self.engine.pass().await.unwrap();
            let soon = report.again_in.is_some_and(|wait| wait < Duration::from_secs(1));
            let ended = self.engine.drain().await.unwrap() + self.engine.finish_readings().await.unwrap();
            let busy =
                report.begun + report.settled + report.planned + report.reading + report.read + ended > 0 || soon;
            if !busy {
                return report;
            }
            // The pace is very high, but the boot clock has to move for the next permit.
            self.clock.advance(TimeDelta::milliseconds(20));
        }
        panic!("the engine does not settle");
    }

    /// Runs passes until POSTs have begun, without waiting for their outcomes.
    pub(crate) async fn until_begun(&mut self) -> PassReport {
        for _ in 0..2000 {
            let report = self.engine.pass().await.unwrap();
            if report.begun > 0 {
                return report;
            }
            self.engine.finish_readings().await.unwrap();
            self.clock.advance(TimeDelta::milliseconds(20));
        }
        panic!("no POST has begun");
    }

    /// Moves the clock forward to an instant and runs passes until nothing more happens.
    pub(crate) async fn go_to(&mut self, at: &str) -> PassReport {
        let at: DateTime<Utc> = at.parse().unwrap();
        let ahead = at - self.clock.now();
        assert!(ahead > TimeDelta::seconds(-1), "the test's clock must not go back");
        self.clock.advance(ahead.max(TimeDelta::zero()));
        self.settle().await
    }

    /// `state` or `state (reason)` of an appointment's reminder; the newest one if there are several.
    pub(crate) fn state(&self, appointment: &str, rule: &str) -> String {
        self.states(appointment, rule).last().cloned().unwrap_or_else(|| "none".to_owned())
    }

    /// The same for every start and round, in the order they were created.
    pub(crate) fn states(&self, appointment: &str, rule: &str) -> Vec<String> {
        let connection = self.sql();
        let mut statement = connection
            .prepare("SELECT state, reason FROM reminders WHERE appointment_id = ?1 AND rule = ?2 ORDER BY id")
            .unwrap();
        let rows = statement.query_map((appointment, rule), |row| {
            let (state, reason): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            Ok(reason.map_or(state.clone(), |reason| format!("{state} ({reason})")))
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.sql().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    pub(crate) fn text(&self, sql: &str) -> String {
        self.sql().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// How many texts to a number Annie was asked to send.
    pub(crate) fn sent_to(&self, phone: &str) -> usize {
        self.annie.sent().iter().filter(|request| request.to_number == phone).count()
    }

    /// The output of `leadtime explain` at the world's time.
    pub(crate) fn explain(&self, who: &str) -> String {
        let now = self.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        self.says(&["explain", who, "--now", &now])
    }

    /// The output of a command, with every run of whitespace as one space.
    pub(crate) fn says(&self, arguments: &[&str]) -> String {
        let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_leadtime"));
        run.args(arguments).current_dir(&self.folder);
        String::from_utf8(run.output().unwrap().stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The patients whom no text reaches in the next two days, with the reason in words.
    pub(crate) fn not_reached(&self) -> Vec<String> {
        let connection = open::read_only(&self.database()).unwrap();
        let (now, config) = (self.clock.now(), self.engine.config());
        let days = (now, now + TimeDelta::days(2));
        let list = leadtime::reports::not_reached::list(&connection, config, days, now).unwrap().patients;
        list.into_iter().map(|one| format!("{} {}", one.appointment.id, one.why)).collect()
    }

    pub(crate) fn script(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        self.annie.then(outcomes);
    }
}

/// A statement of another program, at the world's time instead of SQLite's.
fn at_time(now: DateTime<Utc>, sql: &str) -> String {
    format!("BEGIN; INSERT INTO write_time VALUES (1, {}); {sql}; DELETE FROM write_time; COMMIT;", now.timestamp())
}

fn config_of(folder: &TempDir) -> Config {
    match config::load(&folder.path().join("config.toml")) {
        Ok((config, _)) => config,
        Err(config::ConfigError::Wrong(report)) => panic!("{}", report.render(false)),
        Err(error) => panic!("{error}"),
    }
}

async fn engine(folder: &TempDir, clock: &Arc<ManualClock>, annie: &Script) -> Engine<ManualClock> {
    let config = config_of(folder);
    let store = Store::new(open::read_write(&config.database).unwrap());
    annie.keep_time_by(clock.clone());
    let gateway = |name| (name, Gateway::new(annie.clone()));
    let gateways = config.key_names().map(gateway).collect();
    let mut engine = Engine::new(store, clock.clone(), gateways, Arc::new(config));
    engine.start().await.unwrap();
    engine
}
