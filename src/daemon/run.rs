//! The daemon's run: lock, store, first pass, ready; then a pass for every tick, nudge, and signal until it is told to
//! stop.

use std::future::pending;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, sleep_until};
use tracing::{error, info, warn};

use crate::alerts::rules::Kind;
use crate::alerts::task::Alerts;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::daemon::config_hold::{self, Reload};
use crate::daemon::daily::Daily;
use crate::daemon::error::RunError;
use crate::daemon::pulls::Pulls;
use crate::daemon::receivers::Receivers;
use crate::daemon::reload::reload;
use crate::daemon::service;
use crate::daemon::setup::{compare_zones, gateways_of};
use crate::daemon::status_line::{StatusLine, mode, rules};
use crate::daemon::task_upkeep::TaskUpkeep;
use crate::daemon::ticker::Ticker;
use crate::daemon::watchdog::Watchdog;
use crate::desk::task::DeskPage;
use crate::domain::announcer::{Announcer, left_out};
use crate::engine::maintenance::housekeeping::Housekeeping;
use crate::engine::report::PassReport;
use crate::engine::run::{Engine, File};
use crate::metrics::task::Metrics;
use crate::outbox::task::Outbox;
use crate::store::connection::{integrity, lock, open};
use crate::store::planning::daemon_state as standing_store;
use crate::store::{Store, StoreError};

/// How often the scheduler is checked.
const LOOK_AFTER: Duration = Duration::from_secs(30);
/// How long a stop tries to record the texts in progress (of the 35 s it may take; a text takes at most 30 of them).
const LAST_WORDS: Duration = Duration::from_secs(33);
/// After this long without a heartbeat, texts that were due may not have gone out.
const AWAY: TimeDelta = TimeDelta::minutes(30);
/// The pause between two tries.
const RETRY: Duration = Duration::from_millis(200);
/// The state of a store that works.
const WELL: &str = "";

/// Runs until SIGTERM or SIGINT.
pub(crate) async fn run(path: &Path, config: Config) -> Result<(), RunError> {
    let clock = Arc::new(SystemClock);
    let setup = |error: &dyn std::fmt::Display| RunError::Setup(error.to_string());
    let mut terminate = signal(SignalKind::terminate()).map_err(|e| setup(&e))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|e| setup(&e))?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(|e| setup(&e))?;
    let gateways = gateways_of(&config)?;
    let database = config.database.clone();
    // Created, or recognized as ours, before its lock: if there is a lock and no database, the database is gone.
    drop(if database.exists() { open::any_version(&database)? } else { open::read_write(&database)? });
    let lock = lock::take(&database).map_err(|source| RunError::Lock { path: database.clone(), source })?;
    let _lock = lock.ok_or_else(|| RunError::AlreadyRunning(database.clone()))?;
    service::starting("starting: opening and updating the database");
    let store = Store::new(open::read_write_telling(&database, service::still_starting)?);
    compare_zones(&config, clock.as_ref());

    let mut status_line = StatusLine::new(store.clone());
    let held = store.clone();
    let last_sign = held.read(standing_store::last_beat).await?;
    let mut daily = Daily::new(last_sign.is_some_and(|last| clock.now() - last > AWAY));
    let mut house = Housekeeping::new(store.clone());
    let config = Arc::new(config);
    let alerts = Alerts::start(store.clone(), clock.clone(), config.clone());
    let mut metrics = Metrics::start(store.clone(), clock.clone(), config.clone(), alerts.reporter()).await;
    let mut engine = Engine::new(store, clock.clone(), gateways, config);
    engine.set_file(File::Checking);
    let mut check = Some(tokio::task::spawn_blocking(move || integrity::flaws(&database)));
    service::starting("starting: planning what changed");
    engine.start().await?;
    // Someone who edits the file and restarts is there to look; a reboot confirms nothing.
    let waits = config_hold::at_start(&held, engine.config(), clock.now()).await?;
    if let Some(waits) = &waits {
        let why = config_hold::words(waits);
        error!("nothing is sent: the configuration is held, and a restart does not confirm it: {why}");
        engine.hold(true);
        alerts.reporter().reloaded(Reload::Held(waits.clone()).why_not(), clock.now());
    }
    service::still_starting();
    let mut report = engine.pass().await?;
    let (mut ticker, mut ticks) = Ticker::start(&engine.config().tick, clock.clone()).await.map_err(|e| setup(&e))?;
    let nudge = engine.nudge();
    let outbox = Outbox::start(held.clone(), clock.clone(), engine.config().clone());
    let mut upkeep = TaskUpkeep::new();
    let mut pulls = Pulls::start(engine.config().clone(), clock.clone(), nudge.clone());
    let mut receivers = Receivers::start(engine.config().clone(), clock.clone(), nudge.clone()).await;
    let page = DeskPage::start(held.clone(), clock.clone(), engine.config().clone(), nudge.clone());
    status_line.is_held(waits.is_some());
    status_line.ready(engine.config(), clock.now(), &report).await;
    let mut watchdog = Watchdog::start();
    let (mode, rules) = (mode(engine.config()), rules(engine.config()));
    info!(version = env!("CARGO_PKG_VERSION"), "leadtime is ready: {mode}; {rules}");

    let mut look_after = tokio::time::interval(LOOK_AFTER);
    let (mut store_fault, mut upkeep_fault) = (StoreFault::of_passes(), StoreFault::of_upkeep());
    // A change that could not take effect automatically is left to the person who fixes the file and reloads.
    let mut by_itself = true;
    let mut displaced = None;
    let mut again = report.wait().map(|wait| Instant::now() + wait);
    loop {
        let mut reloads = false;
        tokio::select! {
            biased;
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => (reloads, by_itself) = (true, true),
            () = watchdog.next() => {
                watchdog.between_passes(ticker.patience(clock.now()));
                continue;
            }
            _ = look_after.tick() => {
                if let Err(error) = ticker.watch(clock.now()).await {
                    error!(%error, "the scheduler cannot be restarted ({error}), so nothing is planned or sent. Run `systemctl restart leadtime`");
                }
                continue;
            }
            flaws = ended(&mut check) => {
                let file = judge(flaws);
                alerts.reporter().file_is(file, clock.now());
                engine.set_file(file);
                status_line.file_is(file);
            }
            // A held change may be ready: a person confirmed it, or the next day has come.
            _ = ticks.recv() => if by_itself {
                reloads = config_hold::is_ripe(&held, path, engine.config(), clock.now()).await.unwrap_or(false);
                by_itself = !reloads;
            },
            () = nudge.notified() => {}
            () = at(again) => {}
        }
        if reloads {
            watchdog.at_work();
            let reload = reload(path, &held, &mut engine, &mut ticker, clock.as_ref()).await;
            by_itself |= reload == Reload::Taken;
            status_line.reloaded(&reload, engine.is_held());
            alerts.reporter().reloaded(reload.why_not(), clock.now());
            alerts.adopt(engine.config().clone());
            metrics.adopt(engine.config().clone()).await;
            pulls.adopt(engine.config().clone());
            receivers.adopt(engine.config().clone()).await;
            page.adopt(engine.config().clone());
            outbox.adopt(engine.config().clone());
            status_line.ready(engine.config(), clock.now(), &report).await;
        }
        let began = Instant::now();
        let pass = engine.pass().await;
        metrics.pass_ended(&pass, began.elapsed());
        alerts.reporter().pass_ended(&pass, &engine, clock.now(), ticker.patience(clock.now()));
        report = match pass {
            Ok(report) => {
                if store_fault.is_over(clock.as_ref()) {
                    status_line.forget();
                }
                status_line.tell(engine.config(), clock.now(), &report).await;
                report
            }
            Err(StoreError::Closed) => return Err(StoreError::Closed.into()),
            Err(error @ StoreError::Displaced(_)) => {
                displaced = Some(error);
                break;
            }
            Err(error) => {
                store_fault.is(&error, clock.as_ref());
                service::status(&format!("nothing is sent for now: {error}"));
                PassReport::default()
            }
        };
        again = report.wait().map(|wait| Instant::now() + wait);
        watchdog.pass_ended();
        daily.look(&held, engine.config(), clock.now(), clock.boot()).await;
        upkeep.look(&held, engine.config(), clock.now(), clock.boot()).await;
        match house.run(engine.config(), clock.now(), engine.trusts_clock()).await {
            Err(error) => upkeep_fault.is(&error, clock.as_ref()),
            Ok(_) => drop(upkeep_fault.is_over(clock.as_ref())),
        }
        match house.take_news().map(|done| (done.fault, done.at)) {
            Some((Some((since, why)), _)) => alerts.reporter().backup_failed(since, &why),
            Some((None, Some(at))) => alerts.reporter().backup_made(at),
            _ => {}
        }
    }
    service::stopping();
    info!(
        under_way = engine.in_flight(),
        "stopping: finishing and recording the texts in progress; no others are started"
    );
    ticker.stop().await;
    page.stop().await;
    receivers.stop().await;
    pulls.stop().await;
    outbox.stop().await;
    let told = Instant::now();
    while let Err(error) = engine.drain().await {
        if told.elapsed() > LAST_WORDS {
            return Err(error.into());
        }
        sleep_until(Instant::now() + RETRY).await;
    }
    if let Some(error) = displaced {
        held.leave_log().await?;
        service::status("nothing is sent: the database was replaced, moved, or deleted");
        alerts.tell_before_stopping(Kind::DatabaseReplaced, &error.to_string(), clock.now()).await;
        return Err(error.into());
    }
    if let Err(error) = held.close().await {
        warn!("the database was not closed cleanly ({error}); nothing is lost");
    }
    info!("leadtime has stopped");
    Ok(())
}

/// Waits for a task to end; after that, waits forever.
async fn ended<T>(task: &mut Option<JoinHandle<T>>) -> Result<T, JoinError> {
    match task {
        Some(running) => {
            let end = running.await;
            *task = None;
            end
        }
        None => pending().await,
    }
}

/// Logs what the check of the database found. A check that could not be made is no reason to stop sending: damage is
/// noticed when it is read.
fn judge(flaws: Result<Result<Vec<String>, StoreError>, JoinError>) -> File {
    match flaws {
        Ok(Ok(flaws)) if flaws.is_empty() => return File::Whole,
        Ok(Ok(flaws)) => {
            let all = flaws.join("; ");
            error!("the database is damaged, so nothing is sent: {all}. Stop the service and restore the last backup");
            service::status("nothing is sent: the database is damaged; restore the last backup");
            return File::Damaged;
        }
        Ok(Err(error)) => warn!(
            "the database could not be checked ({error}); texts still go out. If this happens again, check the disk (`dmesg`)"
        ),
        Err(error) => warn!(
            "the database could not be checked ({error}); texts still go out. If this happens again, check the disk (`dmesg`)"
        ),
    }
    File::Whole
}

async fn at(again: Option<Instant>) {
    match again {
        Some(instant) => sleep_until(instant).await,
        None => pending().await,
    }
}

/// A problem with the store, logged when it begins and when it is over.
struct StoreFault {
    announcer: Announcer,
    /// What it interrupts.
    what: &'static str,
    over: &'static str,
    is_there: bool,
}

impl StoreFault {
    fn of_passes() -> StoreFault {
        let over = "the database works again; sending resumes";
        StoreFault {
            announcer: Announcer::starts_as(WELL),
            what: "sending is interrupted, but nothing is lost",
            over,
            is_there: false,
        }
    }

    fn of_upkeep() -> StoreFault {
        let what = "texts still go out, but old data cannot be deleted or the daily backup cannot be made";
        StoreFault {
            announcer: Announcer::starts_as(WELL),
            what,
            over: "database maintenance works again",
            is_there: false,
        }
    }

    /// It failed.
    fn is(&mut self, error: &StoreError, clock: &dyn Clock) {
        self.is_there = true;
        let text = error.to_string();
        if let Some(changes) = self.announcer.is(&text, clock.boot()) {
            error!("{}: {text}{}", self.what, left_out(changes));
        }
    }

    /// It works; returns whether it failed before.
    fn is_over(&mut self, clock: &dyn Clock) -> bool {
        if let Some(changes) = self.announcer.is(WELL, clock.boot()) {
            info!("{}{}", self.over, left_out(changes));
        }
        std::mem::take(&mut self.is_there)
    }
}
