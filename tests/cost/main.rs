//! What the engine's work costs, counted instead of timed: SQL statements and allocations of a burst, of a plan and of
//! an idle minute. `counts.toml` says how many there were; a change of more than a tenth fails until the file is
//! changed on purpose: `LEADTIME_COST=write cargo test --test cost`. With `LEADTIME_COST=show`, the test lists the
//! statements by time.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue has failed")]

mod accepts;

use std::alloc::System;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use leadtime::annie::gateway::Gateway;
use leadtime::clock::ManualClock;
use leadtime::config::Config;
use leadtime::engine::planning::plan_some;
use leadtime::engine::run::Engine;
use leadtime::store::connection::open;
use leadtime::store::{Connection, Store, in_transaction};
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use crate::accepts::Accepts;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

static STATEMENTS: AtomicU64 = AtomicU64::new(0);
static BY_STATEMENT: Mutex<BTreeMap<String, (u64, Duration)>> = Mutex::new(BTreeMap::new());

/// More passes than anything here needs.
const PASSES: usize = 2_000;

/// How far a count may differ.
const TOLERANCE: f64 = 0.1;

/// Read once: reading it for each statement would be counted too.
static ASKED: LazyLock<String> = LazyLock::new(|| std::env::var("LEADTIME_COST").unwrap_or_default());

fn asked(what: &str) -> bool {
    *ASKED == what
}

fn ended(event: TraceEvent<'_>) {
    let TraceEvent::Profile(statement, took) = event else { return };
    STATEMENTS.fetch_add(1, Ordering::SeqCst);
    if asked("show") {
        let mut all = BY_STATEMENT.lock().unwrap_or_else(PoisonError::into_inner);
        let words: Vec<String> = statement.sql().split_whitespace().map(str::to_owned).collect();
        let one = all.entry(words.join(" ")).or_default();
        *one = (one.0 + 1, one.1 + took);
    }
}

fn show(what: &str, of: usize) {
    let mut all: Vec<_> =
        std::mem::take(&mut *BY_STATEMENT.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect();
    all.sort_by_key(|(_, (_, took))| std::cmp::Reverse(*took));
    println!("\n{what}: statements by time, for each of {of}");
    for (sql, (count, took)) in all.iter().take(60) {
        let each = took.as_secs_f64() * 1e6 / of as f64;
        println!("{each:8.2} us {:6.2} x  {}", *count as f64 / of as f64, &sql[..sql.len().min(170)]);
    }
    let total: Duration = all.iter().map(|(_, (_, took))| *took).sum();
    println!("{:8.2} us in all", total.as_secs_f64() * 1e6 / of as f64);
}

/// Noon in the practice's zone.
fn noon() -> DateTime<Utc> {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

/// A practice with this many keys: its own, and one for each location.
fn practice(folder: &Path, keys: usize) -> Arc<Config> {
    let mut text = String::from(
        "[practice]\nname = \"Clinic\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\ntimezone = \"Etc/UTC\"\n\
         [annie]\nbase_url = \"http://127.0.0.1:1/v1\"\nrequests_per_minute = 1000000\nconcurrency = 16\n\
         [sending]\nmode = \"live\"\ndays = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\n\
         [[rule]]\nname = \"last\"\nlead = \"24 hours\"\nmessage = \"See you {{ appointment.when }}\"\n\
         [database]\npath = \"cost.db\"\n",
    );
    for key in 1..keys {
        let _ = write!(
            text,
            "[[location]]\nid = \"l{key}\"\nname = \"Office {key}\"\nphone = \"+1303556{key:04}\"\n\
             from_number = \"+1303557{key:04}\"\napi_key_file = \"k{key}\"\n"
        );
    }
    let file = folder.join("config.toml");
    std::fs::write(&file, text).unwrap();
    Arc::new(leadtime::config::load(&file).unwrap().0)
}

fn insert(connection: &Connection, count: usize, start: DateTime<Utc>) {
    connection.execute_batch("BEGIN").unwrap();
    for n in 0..count {
        let row = "INSERT INTO appointments (id, patient_id, first_name, phone, starts_at, status, booked_at)
            VALUES (?1, ?1, 'Ann', ?2, ?3, 'booked', '2026-01-01T00:00:00Z')";
        let at = (start + TimeDelta::seconds(i64::try_from(n % 60).unwrap())).to_rfc3339();
        connection.execute(row, (format!("V{n}"), format!("+1303{:07}", 2_000_000 + n), at)).unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
}

fn database(folder: &Path) -> Connection {
    let connection = open::read_write(&folder.join("cost.db")).unwrap();
    connection.trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(ended));
    connection
}

/// What something cost.
type Cost = (u64, u64);

struct Meter {
    statements: u64,
    region: Region<'static, System>,
}

impl Meter {
    fn begin() -> Meter {
        BY_STATEMENT.lock().unwrap_or_else(PoisonError::into_inner).clear();
        LazyLock::force(&ASKED);
        Meter { statements: STATEMENTS.load(Ordering::SeqCst), region: Region::new(ALLOCATOR) }
    }

    fn end(&self) -> Cost {
        let allocations = self.region.change().allocations;
        (STATEMENTS.load(Ordering::SeqCst) - self.statements, allocations as u64)
    }
}

/// An engine whose clock is moved by hand, after it has planned and read Annie's list.
async fn engine(folder: &Path, keys: usize, visits: usize) -> (Engine<ManualClock>, Arc<ManualClock>) {
    let config = practice(folder, keys);
    let clock = Arc::new(ManualClock::new(noon()));
    let connection = database(folder);
    insert(&connection, visits, noon() + TimeDelta::hours(24) + TimeDelta::minutes(30));
    let gateway = || Gateway::new(Accepts::by(clock.clone()));
    let gateways = config.key_names().map(|key| (key, gateway())).collect();
    let mut engine = Engine::new(Store::new(connection), clock.clone(), gateways, config);
    engine.start().await.unwrap();
    for _ in 0..60 {
        pass_until_quiet(&mut engine).await;
        clock.advance(TimeDelta::seconds(1));
    }
    (engine, clock)
}

/// Passes until none has anything to do; returns how many texts were settled.
async fn pass_until_quiet(engine: &mut Engine<ManualClock>) -> usize {
    let (nudge, mut settled) = (engine.nudge(), 0);
    for _ in 0..PASSES {
        let report = engine.pass().await.unwrap();
        settled += report.settled;
        let moved = report.settled + report.begun + report.read + report.reading + report.planned > 0;
        if !moved && tokio::time::timeout(Duration::from_millis(20), nudge.notified()).await.is_err() {
            return settled;
        }
    }
    panic!("the engine does not come to rest: {:?}", engine.pass().await.unwrap());
}

async fn burst() -> Cost {
    const TEXTS: usize = 200;
    let folder = tempfile::tempdir().unwrap();
    let (mut engine, clock) = engine(folder.path(), 1, TEXTS).await;
    clock.advance(TimeDelta::minutes(29));
    pass_until_quiet(&mut engine).await;
    let meter = Meter::begin();
    clock.advance(TimeDelta::minutes(2));
    let mut settled = 0;
    for _ in 0..60 {
        settled += pass_until_quiet(&mut engine).await;
        clock.advance(TimeDelta::seconds(1));
    }
    let cost = meter.end();
    assert_eq!(settled, TEXTS);
    if asked("show") {
        show("a burst", TEXTS);
    }
    cost
}

fn plan() -> Cost {
    const VISITS: usize = 1_000;
    let folder = tempfile::tempdir().unwrap();
    let config = practice(folder.path(), 1);
    let mut connection = database(folder.path());
    insert(&connection, VISITS, noon() + TimeDelta::days(3));
    let meter = Meter::begin();
    let mut units = 0;
    while units < VISITS {
        units += in_transaction(&mut connection, |tx| plan_some(tx, &config, noon())).unwrap().units;
    }
    let cost = meter.end();
    if asked("show") {
        show("a plan", VISITS);
    }
    cost
}

async fn idle() -> Cost {
    let folder = tempfile::tempdir().unwrap();
    let (mut engine, clock) = engine(folder.path(), 200, 200).await;
    for _ in 0..120 {
        clock.advance(TimeDelta::seconds(1));
        pass_until_quiet(&mut engine).await;
    }
    let meter = Meter::begin();
    for _ in 0..60 {
        clock.advance(TimeDelta::seconds(1));
        pass_until_quiet(&mut engine).await;
    }
    let cost = meter.end();
    if asked("show") {
        show("an idle minute", 60);
    }
    cost
}

#[test]
fn work_costs_what_the_file_says() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let found: BTreeMap<&str, Cost> =
        [("burst", runtime.block_on(burst())), ("plan", plan()), ("idle", runtime.block_on(idle()))].into();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cost/counts.toml");
    if asked("write") {
        let mut text = String::from(
            "# What the engine's work costs: a burst of 200 texts, a plan of 1,000 appointments, an idle minute with 200\n\
             # keys. Written by LEADTIME_COST=write cargo test --test cost\n",
        );
        for (name, (statements, allocations)) in &found {
            let _ = write!(text, "\n[{name}]\nstatements = {statements}\nallocations = {allocations}\n");
        }
        std::fs::write(&file, text).unwrap();
    }
    let known: toml::Table = std::fs::read_to_string(&file).unwrap().parse().unwrap();
    let mut wrong = Vec::new();
    for (name, (statements, allocations)) in &found {
        for (what, count) in [("statements", *statements), ("allocations", *allocations)] {
            let expected = known[*name][what].as_integer().unwrap() as f64;
            if (count as f64 / expected - 1.0).abs() > TOLERANCE {
                wrong.push(format!("{name}: {count} {what}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}. If that is intended: LEADTIME_COST=write cargo test --test cost");
}
