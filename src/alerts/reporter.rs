//! What the daemon's parts report to the alerts: how passes go, whether the file is intact, reloads, backups. Never
//! waits.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::alerts::rules::Live;
use crate::clock::Clock;
use crate::engine::report::PassReport;
use crate::engine::run::{Engine, File};
use crate::store::StoreError;
use crate::store::controls::alert_state::is_about_disk;

/// What is known about the daemon's own state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// For the alerts.
    pub(crate) live: Live,
    /// When the last pass ended successfully.
    pub(crate) last_pass: Option<Instant>,
    /// How long no pass may end before passes count as stuck.
    pub(crate) patience: Duration,
    /// Whether this machine's clock is trusted.
    pub(crate) clock_is_believed: bool,
    /// Since when the file is damaged, and in which words. Passes may still succeed.
    damaged: Option<(DateTime<Utc>, String)>,
}

impl Seen {
    /// Whether passes run and the clock is correct, so that a heartbeat is justified.
    pub(crate) fn is_well(&self) -> bool {
        self.clock_is_believed && self.last_pass.is_some_and(|at| at.elapsed() <= self.patience)
    }
}

/// How an engine looks from outside.
#[derive(Debug, Clone, Copy)]
struct Looks {
    believes: bool,
    refused: Option<u16>,
}

/// Reports the daemon's state to the alerts.
#[derive(Debug, Clone)]
pub(crate) struct AlertReporter(Arc<watch::Sender<Seen>>);

impl Default for AlertReporter {
    fn default() -> AlertReporter {
        AlertReporter(Arc::new(watch::Sender::new(Seen::default())))
    }
}

impl AlertReporter {
    /// A receiver of what is known, as it changes.
    pub(crate) fn watch(&self) -> watch::Receiver<Seen> {
        self.0.subscribe()
    }

    /// A pass of this engine has ended. `patience`: how long no pass may end before passes count as stuck.
    pub(crate) fn pass_ended<C: Clock + 'static>(
        &self,
        pass: &Result<PassReport, StoreError>,
        engine: &Engine<C>,
        now: DateTime<Utc>,
        patience: Duration,
    ) {
        self.note_pass(pass, now, Looks { believes: engine.may_plan(), refused: engine.refused_reading() }, patience);
    }

    fn note_pass(&self, pass: &Result<PassReport, StoreError>, now: DateTime<Utc>, engine: Looks, patience: Duration) {
        self.0.send_if_modified(|seen| {
            let before = (seen.live.clone(), seen.is_well());
            (seen.patience, seen.clock_is_believed) = (patience, engine.believes);
            let since = seen.live.refused.map_or(now, |(since, _)| since);
            seen.live.refused = engine.refused.map(|status| (since, status));
            match pass {
                Ok(report) => {
                    seen.last_pass = Some(Instant::now());
                    seen.live.waits = report.waits.map(|wait| wait.code());
                    seen.live.failing = seen.damaged.clone().map(|(since, why)| (since, why, true));
                }
                Err(error) => {
                    let since = seen.live.failing.as_ref().map_or(now, |(since, ..)| *since);
                    seen.live.failing = Some((since, error.to_string(), is_about_disk(error)));
                }
            }
            (seen.live.clone(), seen.is_well()) != before
        });
    }

    /// The database file was checked.
    pub(crate) fn file_is(&self, file: File, now: DateTime<Utc>) {
        self.0.send_if_modified(|seen| {
            let damaged = file == File::Damaged;
            seen.damaged = damaged.then(|| (now, StoreError::Damaged.to_string()));
            if let Some((since, why)) = seen.damaged.clone() {
                seen.live.failing = Some((since, why, true));
            }
            damaged
        });
    }

    /// A configuration was adopted (none), or is not in effect, with the reason in words; empty if it has a mistake.
    pub(crate) fn reloaded(&self, why_not: Option<String>, now: DateTime<Utc>) {
        self.0.send_modify(|seen| {
            let since = seen.live.refused_config.as_ref().map_or(now, |(since, _)| *since);
            seen.live.refused_config = why_not.map(|why| (since, why));
        });
    }

    /// A backup was made at this moment; also called at the start for the last backup there is.
    pub(crate) fn backup_made(&self, at: DateTime<Utc>) {
        self.0.send_modify(|seen| seen.live.backup = Some(Ok(at)));
    }

    /// No backup could be made. `why` is in words without names, numbers, or message texts.
    pub(crate) fn backup_failed(&self, now: DateTime<Utc>, why: &str) {
        self.0.send_modify(|seen| {
            let since = match &seen.live.backup {
                Some(Err((since, _))) => *since,
                _ => now,
            };
            seen.live.backup = Some(Err((since, why.to_owned())));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reminder::Wait;

    #[tokio::test]
    async fn passes_report_their_state() {
        let reporter = AlertReporter::default();
        let mut heard = reporter.watch();
        let now: DateTime<Utc> = "2026-11-24T17:00:00Z".parse().unwrap();
        let later = now + chrono::TimeDelta::minutes(1);
        let minute = Duration::from_secs(60);
        assert!(!heard.borrow().is_well());
        let note = |pass: &Result<PassReport, StoreError>, at, believes| {
            let patience = if pass.is_ok() { minute } else { Duration::ZERO };
            reporter.note_pass(pass, at, Looks { believes, refused: None }, patience);
        };
        note(&Ok(PassReport { waits: Some(Wait::Circuit), ..PassReport::default() }), now, true);
        assert!(heard.has_changed().unwrap(), "all is well, and texts wait");
        assert_eq!(heard.borrow_and_update().live.waits, Some("circuit"));
        note(&Ok(PassReport { waits: Some(Wait::Circuit), ..PassReport::default() }), now, true);
        assert!(!heard.has_changed().unwrap(), "nothing is new");
        assert!(heard.borrow().is_well());
        note(&Ok(PassReport::default()), now, false);
        assert!(!heard.borrow().is_well(), "the clock is wrong");
        for at in [now, later] {
            note(&Err(StoreError::DiskFull), at, true);
        }
        let (since, _, disk) = heard.borrow().live.failing.clone().unwrap();
        assert_eq!((since, disk), (now, true));
        assert!(!heard.borrow().is_well(), "passes fail");
        note(&Ok(PassReport::default()), later, true);
        assert_eq!(heard.borrow().live.failing, None);
        // A damaged file stays damaged, however passes go.
        reporter.file_is(File::Damaged, later);
        note(&Ok(PassReport::default()), later, true);
        assert!(heard.borrow().live.failing.is_some());
        reporter.reloaded(Some(String::new()), now);
        reporter.reloaded(Some("held".to_owned()), later);
        assert_eq!(heard.borrow().live.refused_config, Some((now, "held".to_owned())));
        reporter.reloaded(None, later);
        assert_eq!(heard.borrow().live.refused_config, None);
        reporter.backup_failed(now, "full");
        reporter.backup_failed(later, "full");
        assert_eq!(heard.borrow().live.backup, Some(Err((now, "full".to_owned()))));
        reporter.backup_made(later);
        assert_eq!(heard.borrow().live.backup, Some(Ok(later)));
    }
}
