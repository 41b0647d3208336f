//! Brings a changed configuration into effect: read, compared, weighed, then adopted.

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

/// A valid file replaces the rules in effect. A file with a mistake, and one that is held, changes nothing and is
/// logged.
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
            error!("the changed configuration is valid but held, and the previous one stays in effect: {why}");
            Reload::Held(waits)
        }
        Err(why) => {
            error!(
                "the configuration was not reloaded, and the previous rules stay in effect until you fix it (`leadtime check`, then `systemctl reload leadtime`): {why}"
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
        return Err("[database] path has changed; restart the service for that".to_owned());
    }
    let gateways = gateways_of(&config).map_err(|error| error.to_string())?;
    compare_zones(&config, clock);
    let (tick, former) = (config.tick.clone(), engine.config().tick.clone());
    let config = Arc::new(config);
    let unknown = |error: StoreError| format!("Leadtime could not work out what it changes ({error}); reload again");
    let (now, old, new) = (clock.now(), engine.config().clone(), config.clone());
    let difference =
        held.read(move |connection| config_difference::between(connection, &old, &new, now)).await.map_err(unknown)?;
    report_difference(&difference);
    let at_once = config_hold::at_once(&difference, engine.is_held());
    let waits = config_hold::weigh(held, &config, at_once, difference.effects(), clock.now()).await.map_err(unknown)?;
    if waits.is_some() {
        return Ok(waits);
    }
    // Steps that can fail come first: once adopted, the new rules are in effect.
    ticker.set_cron(&tick).await.map_err(|error| error.to_string())?;
    if let Err(error) = engine.adopt(config).await {
        ticker.set_cron(&former).await.map_err(|also| format!("{error}; {also}"))?;
        return Err(error.to_string());
    }
    engine.set_gateways(gateways);
    engine.hold(false);
    // It is in effect; a row that remains costs one more reload of the same file.
    if let Err(error) = config_hold::forget(held).await {
        info!(
            "the held change is in effect but still recorded as held for now ({error}); the same file may be reloaded once more"
        );
    }
    Ok(None)
}

/// Logs what a reload adds, moves, and drops, by day and rule.
fn report_difference(difference: &Difference) {
    let Change { added, moved, dropped } = difference.sums();
    info!(
        added,
        moved,
        dropped,
        "the new configuration, for appointments in the next {} days: {added} texts added, {moved} moved, {dropped} dropped",
        config_difference::DAYS
    );
    if difference.unreadable > 0 {
        warn!(
            count = difference.unreadable,
            "the appointments of {} numbers cannot be planned and are left out of this comparison, and no texts go to these numbers. Error lines in this log name each number",
            difference.unreadable
        );
    }
    for line in difference.lines() {
        info!("the new configuration: {line}");
    }
}
