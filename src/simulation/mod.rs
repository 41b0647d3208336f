//! The simulation: weeks of a practice in seconds, on a virtual clock. Annie loses responses, the machine crashes between
//! any two steps, backups are restored, clocks are changed, and an auditor sees every text.

mod answers;
mod auditor;
mod crash;
mod events;
pub mod offices;
mod others;
mod practice;
mod setting;
mod stand_in;
mod untold;
mod verdict;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use tempfile::TempDir;

use tracing::info;

use crate::annie::gateway::Gateway;
use crate::annie::model::faults::Faults;
use crate::annie::model::{Model, Rules};
use crate::clock::{Clock, ManualClock};
use crate::config::{Config, KEY_NAME};
use crate::engine::Gateways;
use crate::engine::report::PassReport;
use crate::engine::run::Engine;
use crate::reports::day;
use crate::simulation::auditor::{Auditor, Delivered};
use crate::simulation::crash::{Files, Fuse};
use crate::simulation::practice::{Practice, config_text, spares_the_confirmed};
pub use crate::simulation::setting::SimulationError;
use crate::simulation::setting::{configured, folder, patients};
use crate::simulation::stand_in::{Annie, Shared, lock};
use crate::store::connection::open;
use crate::store::{Connection, Store, StoreError};

/// A Monday at 6 AM in Denver, shortly before the clocks change in spring.
const BEGINS: &str = "2026-03-02T13:00:00Z";
/// The probability of a crash at each step on days with crashes.
const CRASH: f64 = 1.0 / 1500.0;
/// Days at the end on which nothing goes wrong anymore.
const CALM_DAYS: i64 = 2;

/// The outcome of a simulation.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Outcome {
    /// The seed. The same seed gives the same story.
    pub seed: u64,
    /// Simulated days.
    pub days: u32,
    /// Texts that reached patients.
    pub texts: u64,
    /// `POST /sms` requests that reached Annie.
    pub posts: u64,
    /// GET requests that reached Annie.
    pub gets: u64,
    /// Passes of the engine.
    pub passes: u64,
    /// Exports imported.
    pub imports: u64,
    /// Faults on Annie's side.
    pub faults: u64,
    /// Crashes of the machine.
    pub crashes: u64,
    /// Crashes during a commit.
    pub torn_commits: u64,
    /// Databases restored from an older copy.
    pub restores: u64,
    /// How often the clock was set.
    pub clock_steps: u64,
    /// How the reminders ended.
    pub states: BTreeMap<String, u64>,
    /// Requests refused under a documented rule, by rule. `excused`: retries, and cases where another sender's text
    /// could not be known.
    pub refused: BTreeMap<String, u64>,
    /// Promises that were broken.
    pub breaks: Vec<String>,
}

/// Simulates this many days from a seed. The error is a failure of the disk or the database that was not simulated.
pub fn run(seed: u64, days: u32) -> Result<Outcome, SimulationError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut simulation = Simulation::new(seed, days)?;
    runtime.block_on(simulation.live(days))?;
    simulation.end()
}

/// An older copy of the database, with what had been imported and marked by then.
struct Copy {
    files: Files,
    known: Delivered,
    known_since: DateTime<Utc>,
    desk: HashMap<String, DateTime<Utc>>,
    numbers: auditor::Numbers,
    wrong: auditor::WrongNumbers,
    told: usize,
}

/// The machine while it is up.
struct Machine {
    engine: Engine<ManualClock>,
    /// The connection of the front desk's commands, which run alongside the daemon.
    desk: Connection,
    fuse: Fuse,
}

struct Simulation {
    rng: fastrand::Rng,
    folder: TempDir,
    config: Arc<Config>,
    /// Each life has its own files, so that a crashed one cannot touch them anymore.
    life: u64,
    truth: Arc<ManualClock>,
    clock: Arc<ManualClock>,
    practice: Practice,
    shared: Arc<Mutex<Shared>>,
    copies: Vec<Copy>,
    last_import: DateTime<Utc>,
    next_due: Option<DateTime<Utc>>,
    wild: bool,
    out: Outcome,
}

impl Simulation {
    fn new(seed: u64, days: u32) -> Result<Simulation, SimulationError> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let folder = folder()?;
        let begins: DateTime<Utc> = BEGINS.parse().unwrap_or_default();
        let config = configured(folder.path(), &config_text(seed))?;
        let zone = config.practice.zone.clone();
        let practice = Practice::new(zone.clone(), begins, &mut rng);
        let rules = Rules { hours_in: Some(zone), limits: true, per_minute: Some(60) };
        let mut annie = Model::new(&config.numbers(), rules, Faults::NONE, rng.u64(..));
        annie.set_patients(Some(patients(seed)));
        let auditor = Auditor::new(practice.clone(), spares_the_confirmed(seed));
        let shared = Shared { annie, auditor, down: false, faults: 0, posts: 0, gets: 0 };
        Ok(Simulation {
            rng,
            folder,
            config: Arc::new(config),
            life: 0,
            truth: Arc::new(ManualClock::new(begins)),
            clock: Arc::new(ManualClock::new(begins)),
            practice,
            shared: Arc::new(Mutex::new(shared)),
            copies: Vec::new(),
            last_import: begins - TimeDelta::days(1),
            next_due: None,
            // Every fifth seed is quiet. In those, every text must go out.
            wild: !seed.is_multiple_of(5),
            out: Outcome { seed, days, ..Outcome::default() },
        })
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join(format!("life-{}.db", self.life))
    }

    async fn live(&mut self, days: u32) -> Result<(), SimulationError> {
        let until = self.truth.now() + TimeDelta::days(i64::from(days));
        let mut machine = self.boot(&Files::default()).await?;
        while self.truth.now() < until {
            self.pass_time();
            machine = self.happens(machine).await?;
            machine = self.work(machine).await?;
        }
        // From here on nothing goes wrong, and everything that is still open must finish.
        self.wild = false;
        self.set_faults(Faults::NONE, false);
        self.clock.set(self.truth.now());
        let left = Files::read(&self.database());
        machine.fuse.disarm();
        machine.engine.drain().await?;
        drop(machine);
        let mut machine = self.boot(&left).await?;
        self.import(&mut machine.desk)?;
        let until = self.truth.now() + TimeDelta::days(CALM_DAYS);
        while self.truth.now() < until {
            self.pass_time();
            machine = self.work(machine).await?;
        }
        Ok(())
    }

    /// Starts the machine on these files.
    async fn boot(&mut self, files: &Files) -> Result<Machine, SimulationError> {
        let mut files = files.clone();
        loop {
            self.life += 1;
            let database = self.database();
            files.write(&database)?;
            let probability = if self.wild { CRASH } else { 0.0 };
            let fuse = Fuse::new(&database, probability, self.rng.u64(..));
            let connection = open::read_write(&database)?;
            open::simulated(&connection, true)?;
            // Sometimes a long log lasts over several lives. If it always did, copying the files would be most of the
            // work.
            if self.rng.u8(0..4) > 0 {
                open::empty_log(&connection)?;
            }
            fuse.watch(&connection)?;
            let store = Store::here(connection);
            let annie = Annie {
                shared: self.shared.clone(),
                truth: self.truth.clone(),
                fuse: fuse.clone(),
                store: store.clone(),
            };
            let gateways = Gateways::from([(KEY_NAME.into(), Gateway::new(annie))]);
            let mut engine = Engine::new(store, self.clock.clone(), gateways, self.config.clone());
            let started = tokio::select! {
                biased;
                () = fuse.blown() => None,
                started = engine.start() => Some(started),
            };
            match (fuse.take(), started) {
                (Some((left, torn)), _) => files = self.crashed(left, torn),
                (None, Some(started)) => {
                    started?;
                    let desk = open::read_write(&database)?;
                    open::simulated(&desk, false)?;
                    return Ok(Machine { engine, desk, fuse });
                }
                (None, None) => return Err(SimulationError::Other("a crash left nothing".to_owned())),
            }
        }
    }

    /// What is on disk when the machine restarts: what the crash left, or an older copy.
    fn crashed(&mut self, left: Files, torn: bool) -> Files {
        self.out.crashes += 1;
        lock(&self.shared).auditor.answers.crashed();
        self.tell(if torn { "crash during a commit" } else { "crash" });
        self.out.torn_commits += u64::from(torn);
        let off = match self.rng.u8(0..10) {
            0..6 => self.rng.i64(5..90),
            6..9 => self.rng.i64(90..7200),
            _ => self.rng.i64(7200..100_000),
        };
        self.advance(TimeDelta::seconds(off));
        if self.copies.is_empty() || self.rng.u8(0..100) >= 15 {
            return left;
        }
        // Restoring a copy takes a few minutes.
        self.advance(TimeDelta::minutes(5));
        self.out.restores += 1;
        self.tell("an older copy is restored");
        let copy = &self.copies[self.rng.usize(0..self.copies.len())];
        let mut shared = lock(&self.shared);
        shared.auditor.known = copy.known.clone();
        shared.auditor.known_since = copy.known_since;
        shared.auditor.desk = copy.desk.clone();
        shared.auditor.numbers = copy.numbers.clone();
        shared.auditor.wrong = copy.wrong.clone();
        shared.auditor.forget_since(copy.told);
        shared.auditor.answers.restored();
        self.last_import = DateTime::UNIX_EPOCH;
        copy.files.clone()
    }

    fn advance(&self, by: TimeDelta) {
        self.truth.advance(by);
        self.clock.advance(by);
    }

    /// Logs a line of the story, for `simulate --story`.
    fn tell(&self, what: &str) {
        let at = self.practice.zone.local(self.truth.now());
        info!("=== {} {what}", at.format("%a %m-%d %H:%M:%S"));
    }

    /// Advances to the next moment when something may happen: often around the hours when texts are due, rarely at
    /// night.
    fn pass_time(&mut self) {
        let hour = self.practice.zone.local(self.truth.now()).hour();
        let minutes = match hour {
            8..11 => self.rng.i64(15..35),
            11..18 => self.rng.i64(60..150),
            _ => self.rng.i64(150..400),
        };
        let some = TimeDelta::milliseconds(self.rng.i64(0..60_000));
        // The daemon ticks every five seconds, so it does not sleep past a due time.
        let due = self.next_due.map(|due| due - self.clock.now());
        let wait = due.filter(|due| *due > TimeDelta::zero()).unwrap_or(TimeDelta::MAX);
        self.advance(wait.min(TimeDelta::minutes(minutes)) + some);
    }

    /// Lets the engine do its current work, and boots it again when it crashes.
    async fn work(&mut self, mut machine: Machine) -> Result<Machine, SimulationError> {
        for _ in 0..400 {
            let worked = tokio::select! {
                biased;
                () = machine.fuse.blown() => None,
                worked = once(&mut machine.engine) => Some(worked),
            };
            self.out.passes += 1;
            if let Some((left, torn)) = machine.fuse.take() {
                drop(machine);
                let files = self.crashed(left, torn);
                machine = self.boot(&files).await?;
                continue;
            }
            let Some(worked) = worked else {
                return Err(SimulationError::Other("a crash left nothing".to_owned()));
            };
            let (report, ended, next_due) = worked?;
            self.next_due = next_due;
            let busy = report.begun + report.settled + report.planned + report.reading + report.read + ended > 0;
            match report.again_in {
                Some(wait) if wait < Duration::from_secs(10) => {
                    self.advance(TimeDelta::from_std(wait).unwrap_or_default() + TimeDelta::milliseconds(1));
                }
                _ if busy => self.advance(TimeDelta::milliseconds(1300)),
                _ => break,
            }
        }
        let now = self.truth.now();
        lock(&self.shared).auditor.processed(now);
        if machine.engine.may_plan() {
            // Planning everything again takes as long as the passes themselves.
            if self.out.passes.is_multiple_of(4) {
                self.compares_the_page(&machine.desk)?;
            }
            lock(&self.shared).auditor.planned();
        }
        Ok(machine)
    }

    /// The front desk's page reads the stored plan; it must show the same as a plan made now.
    fn compares_the_page(&self, desk: &Connection) -> Result<(), StoreError> {
        let now = self.clock.now();
        let span = (now - TimeDelta::days(1), now + TimeDelta::days(3));
        let differences = day::differences(desk, &self.config, span, now)?;
        let mut shared = lock(&self.shared);
        for what in differences {
            shared.auditor.breaks(now, format!("the page shows another plan: {what}"));
        }
        Ok(())
    }
}

/// Runs one pass and finishes everything that it began. Returns the report, how much finished, and when the next text
/// is due.
async fn once(engine: &mut Engine<ManualClock>) -> Result<(PassReport, usize, Option<DateTime<Utc>>), StoreError> {
    let report = engine.pass().await?;
    let ended = engine.drain().await? + engine.finish_readings().await?;
    let busy = report.begun + report.settled + report.planned + report.reading + report.read + ended > 0;
    let next_due = if busy { None } else { engine.next_due().await? };
    Ok((report, ended, next_due))
}
