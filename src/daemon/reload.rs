//! Bringing a changed configuration into force: read, compared, weighed, then adopted.

use std::path::Path;
use std::sync::Arc;

use tracing::{error, info, warn};

use crate::clock::{Clock, SystemClock};
use crate::config::{self, ConfigError};
use crate::daemon::config_hold::{self, Reload};
use crate::daemon::service;
use crate::daemon::setup::{compare_zones, gateways_of};
use crate::daemon::ticker::Ticker;
use crate::engine::run::Engine;
use crate::reports::config_difference::{self, Change, Difference};
use crate::store::controls::config_hold::ConfigHold;
use crate::store::{Store, StoreError};

/// A good file replaces the rules in force; a bad one, and one that waits, changes nothing and says so.
pub(crate) async fn reload(
    path: &Path,
    held: &Store,
    engine: &mut Engine<SystemClock>,
    ticker: &mut Ticker,
    clock: &SystemClock,
) -> Reload {
    service::reloading();
    match try_reload(path, held, engine, ticker, clock).await {
        Ok(None) => {
            info!("configuration reloaded from {}", path.display());
            Reload::Taken
        }
        Ok(Some(waits)) => {
            let why = config_hold::words(&waits);
            error!("the changed configuration is good and is held, and the one in force before stays in force: {why}");
            Reload::Held(waits)
        }
        Err(why) => {
            error!(
                "the configuration was not reloaded, and the rules in force before stay in force until it is mended (`leadtime check`, then `systemctl reload leadtime`): {why}"
            );
            Reload::Refused
        }
    }
}

async fn try_reload(
    path: &Path,
    held: &Store,
    engine: &mut Engine<SystemClock>,
    ticker: &mut Ticker,
    clock: &SystemClock,
) -> Result<Option<ConfigHold>, String> {
    let (config, report) = config::load(path).map_err(|error| match &error {
        ConfigError::Wrong(report) => format!("{error}\n{}", report.render(false)),
        _ => error.to_string(),
    })?;
    if !report.diagnostics.is_empty() {
        warn!("{}\n{}", report.summary(), report.render(false));
    }
    if config.database != engine.config().database {
        return Err("[database] path has changed; that takes a restart".to_owned());
    }
    let gateways = gateways_of(&config).map_err(|error| error.to_string())?;
    compare_zones(&config, clock);
    let (tick, former) = (config.tick.clone(), engine.config().tick.clone());
    let config = Arc::new(config);
    let unknown = |error: StoreError| format!("what it changes cannot be told ({error}); reload it again");
    let (now, old, new) = (clock.now(), engine.config().clone(), config.clone());
    let difference =
        held.read(move |connection| config_difference::between(connection, &old, &new, now)).await.map_err(unknown)?;
    report_difference(&difference);
    let at_once = config_hold::at_once(&difference, engine.is_held());
    let waits = config_hold::weigh(held, &config, at_once, clock.now()).await.map_err(unknown)?;
    if waits.is_some() {
        return Ok(waits);
    }
    // What can fail comes first: from the adoption on, the new rules are in force.
    ticker.set_cron(&tick).await.map_err(|error| error.to_string())?;
    if let Err(error) = engine.adopt(config).await {
        ticker.set_cron(&former).await.map_err(|also| format!("{error}; {also}"))?;
        return Err(error.to_string());
    }
    engine.set_gateways(gateways);
    engine.hold(false);
    // It is in force: a row that stays costs one more reload of the same file.
    if let Err(error) = config_hold::forget(held).await {
        info!("the change that waited is in force, and is noted as waiting a little longer ({error})");
    }
    Ok(None)
}

/// What a reload adds, moves and drops, by day and rule.
fn report_difference(difference: &Difference) {
    let Change { added, moved, dropped } = difference.sums();
    info!(
        added,
        moved,
        dropped,
        "the new configuration, for visits of the next {} days: {added} texts added, {moved} moved, {dropped} dropped",
        config_difference::DAYS
    );
    if difference.unreadable > 0 {
        warn!(
            count = difference.unreadable,
            "the visits of {} numbers cannot be planned and are left out of what the new configuration changes; each is named where it is planned",
            difference.unreadable
        );
    }
    for line in difference.lines() {
        info!("the new configuration: {line}");
    }
}
