//! Heartbeats for a monitor outside this machine, which alerts when they stop: a dead server cannot alert.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::alerts::channels::http;
use crate::alerts::reporter::Seen;
use crate::annie::client::words;
use crate::config::Config;
use crate::config::alerts::{Address, Heartbeat};

/// Sends heartbeats as each configuration asks, as long as passes run and the clock is trusted.
pub(crate) async fn beat(mut config: watch::Receiver<Arc<Config>>, seen: watch::Receiver<Seen>) {
    loop {
        let heartbeat = config.borrow_and_update().alerts.heartbeat.clone();
        tokio::select! {
            () = beat_as(heartbeat, seen.clone()) => {}
            changed = config.changed() => if changed.is_err() {
                return;
            }
        }
    }
}

async fn beat_as(heartbeat: Option<Heartbeat>, mut seen: watch::Receiver<Seen>) {
    let Some(Heartbeat { url, every }) = heartbeat else { return pending().await };
    // The first heartbeat is sent as soon as all is well, not before.
    if seen.wait_for(Seen::is_well).await.is_err() {
        return pending().await;
    }
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut works = true;
    loop {
        ticks.tick().await;
        if !seen.borrow().is_well() {
            continue;
        }
        let signed = sign(&url, every).await;
        match &signed {
            Ok(()) if !works => info!("the heartbeat_url in [alerts] can be reached again"),
            Err(why) if works => warn!(
                "the heartbeat_url in [alerts] cannot be reached: {why}. Leadtime tries again every {} s; until then your outside monitor may report that Leadtime is down. Check the network and the address",
                every.as_secs()
            ),
            _ => {}
        }
        works = signed.is_ok();
    }
}

async fn sign(address: &Address, within: Duration) -> Result<(), String> {
    let url = address.find()?;
    let client = http().map_err(|error| error.to_string())?;
    let answer = client.get(url.expose_secret()).timeout(within.min(Duration::from_secs(30))).send().await;
    match answer.map(|response| response.status()) {
        Ok(status) if status.is_success() => Ok(()),
        Ok(status) => Err(format!("the address answered with status {}", status.as_u16())),
        Err(error) => Err(words(&error.without_url())),
    }
}
