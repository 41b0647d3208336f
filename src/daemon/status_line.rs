//! The line in `systemctl status`: how things stand, in words.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveTime, Utc};
use tokio::time::Instant;

use crate::alerts::rules;
use crate::config::Config;
use crate::daemon::config_hold::Reload;
use crate::daemon::service;
use crate::domain::count::counted;
use crate::domain::reminder::Wait;
use crate::domain::zone::Zone;
use crate::engine::report::PassReport;
use crate::engine::run::File;
use crate::engine::send::daily_limits::{Left, left_today};
use crate::planner::input::Mode;
use crate::store::controls::pauses::pauses;
use crate::store::reports::today::{self, Today};
use crate::store::{Connection, Store, StoreError};

/// How old the counts get while nothing happens.
const REFRESH: Duration = Duration::from_secs(30);
/// The same while much happens: counting must not hold up sending.
const AT_WORK: Duration = Duration::from_secs(2);

/// Keeps the line up to date.
pub(crate) struct StatusLine {
    store: Store,
    snapshot: Today,
    counted: Option<Instant>,
    /// Something has happened since the last count.
    stale: bool,
    said: String,
    /// Why the last reload did not take effect, if it did not.
    refused: Option<&'static str>,
    attention: Attention,
}

/// What keeps all texts from going out, now or soon: the time of the next text does not show this.
#[derive(Debug, Clone, Default)]
struct Attention {
    damaged: bool,
    /// The current configuration is held.
    held: bool,
    doubted: bool,
    circuit: bool,
    /// Annie refuses some of several keys.
    circuit_in_part: bool,
    /// Sending is paused everywhere.
    paused: bool,
    /// The daily limit is reached.
    limit: bool,
    /// Overdue reminders.
    unresolved: u64,
}

impl Attention {
    fn read(tx: &Connection, config: &Config, now: DateTime<Utc>) -> Result<Attention, StoreError> {
        let shown = rules::shown(tx, config, now)?;
        Ok(Attention {
            doubted: shown.clock.is_some(),
            circuit: shown.open.is_some() && shown.stopped.len() == shown.keys,
            circuit_in_part: shown.stopped.len() < shown.keys && !shown.stopped.is_empty(),
            paused: pauses(tx, now)?.iter().any(|paused| paused.location.is_none()),
            limit: matches!(left_today(tx, config, now)?, Left::Nothing(..)),
            unresolved: shown.unresolved.count,
            ..Attention::default()
        })
    }

    fn words(&self) -> Vec<String> {
        let all = [
            (self.damaged, "NOTHING IS SENT: the database is damaged (restore the last backup)"),
            (self.held, "NOTHING IS SENT: the configuration is held (leadtime confirm-change)"),
            (self.doubted, "NOTHING IS SENT: this server's clock is in doubt (timedatectl)"),
            (self.circuit, "STOPPED: Annie refuses the API key (leadtime status)"),
            (self.circuit_in_part, "STOPPED in part: Annie refuses an API key (leadtime status)"),
            (self.paused, "PAUSED (leadtime resume, or wait until the pause ends)"),
            (self.limit, "the daily limit is reached"),
        ];
        let mut words: Vec<String> = all.iter().filter(|(is, _)| *is).map(|(_, what)| (*what).to_owned()).collect();
        if self.unresolved > 0 {
            words.push(format!("{} OVERDUE (leadtime status)", self.unresolved));
        }
        words
    }
}

impl StatusLine {
    /// Nothing has been counted yet.
    pub(crate) fn new(store: Store) -> StatusLine {
        StatusLine {
            store,
            snapshot: Today::default(),
            counted: None,
            stale: false,
            said: String::new(),
            refused: None,
            attention: Attention::default(),
        }
    }

    /// The line as of now; counted again if something happened. If the database cannot be read, the last counts stay.
    async fn line(&mut self, config: &Arc<Config>, now: DateTime<Utc>, report: &PassReport) -> String {
        self.stale |= report.settled + report.planned + report.begun + report.read > 0;
        let patience = if self.stale { AT_WORK } else { REFRESH };
        if self.counted.is_none_or(|at| at.elapsed() >= patience) {
            let midnight = config.practice.zone.at(config.practice.zone.local(now).date_naive(), NaiveTime::MIN);
            let of = config.clone();
            let read = self.store.read(move |tx| Ok((today::since(tx, midnight)?, Attention::read(tx, &of, now)?)));
            if let Ok((snapshot, attention)) = read.await {
                self.snapshot = snapshot;
                self.attention = Attention { damaged: self.attention.damaged, held: self.attention.held, ..attention };
                (self.counted, self.stale) = (Some(Instant::now()), false);
            }
        }
        let mut line = words(config, &self.snapshot, &self.attention, report.waits, now);
        line.extend(self.refused.iter().flat_map(|why| ["; ", why]));
        line
    }

    /// Sends systemd the line, and that the start or reload is over.
    pub(crate) async fn ready(&mut self, config: &Arc<Config>, now: DateTime<Utc>, report: &PassReport) {
        self.said = self.line(config, now, report).await;
        service::ready(&self.said);
    }

    /// Sends systemd the line if it has changed.
    pub(crate) async fn tell(&mut self, config: &Arc<Config>, now: DateTime<Utc>, report: &PassReport) {
        let line = self.line(config, now, report).await;
        if line != self.said {
            service::status(&line);
            self.said = line;
        }
    }

    /// Counts and sends the line again next time: after a reload, and after a problem.
    pub(crate) fn forget(&mut self) {
        self.counted = None;
        self.said.clear();
    }

    /// How the last reload ended, and whether the current configuration is held.
    pub(crate) fn reloaded(&mut self, reload: &Reload, is_held: bool) {
        self.refused = match reload {
            Reload::Taken => None,
            Reload::Refused => {
                Some("the last reload was REFUSED and the previous rules stay in effect (journalctl -u leadtime)")
            }
            Reload::Held(_) => Some("the changed configuration is HELD until tomorrow (or leadtime confirm-change)"),
        };
        self.is_held(is_held);
    }

    /// Whether the current configuration is held.
    pub(crate) fn is_held(&mut self, is_held: bool) {
        self.attention.held = is_held;
        self.forget();
    }

    /// Whether the database file is intact.
    pub(crate) fn file_is(&mut self, file: File) {
        self.attention.damaged = file == File::Damaged;
        self.forget();
    }
}

/// The mode, in words.
pub(crate) fn mode(config: &Config) -> String {
    match (config.rulebook.mode, &config.rulebook.only_to) {
        (Mode::Observe, _) => "observe mode, nobody is texted".to_owned(),
        (Mode::Live, Some(only)) => {
            format!("live, only for the {} in only_to", counted(only.len(), "number", "numbers"))
        }
        (Mode::Live, None) => "live".to_owned(),
    }
}

/// How many rules there are, in words.
pub(crate) fn rules(config: &Config) -> String {
    match config.rulebook.rules.len() {
        1 => "1 rule".to_owned(),
        n => format!("{n} rules"),
    }
}

fn words(config: &Config, today: &Today, attention: &Attention, waits: Option<Wait>, now: DateTime<Utc>) -> String {
    let mut line = mode(config);
    if config.rulebook.mode == Mode::Live {
        for what in attention.words() {
            line.push_str(&format!("; {what}"));
        }
        line.push_str(&format!("; {}", snapshot(today, waits, &config.practice.zone, now)));
    } else {
        line.push_str(&format!("; {}", rules(config)));
    }
    for (count, what) in [(today.held, "held (leadtime resolve)"), (today.in_doubt, "in doubt")] {
        if count > 0 {
            line.push_str(&format!("; {count} {what}"));
        }
    }
    line
}

fn snapshot(today: &Today, waits: Option<Wait>, zone: &Zone, now: DateTime<Utc>) -> String {
    let texts = match today.sent {
        1 => "1 text today".to_owned(),
        n => format!("{n} texts today"),
    };
    let next = match (today.next_due, waits) {
        (Some(due), Some(wait)) if due <= now => format!("due texts wait: {}", wait.label()),
        (Some(due), _) if due <= now => "sending".to_owned(),
        (Some(due), _) if zone.local(due).date_naive() == zone.local(now).date_naive() => {
            format!("next {}", zone.local(due).format("%-I:%M %p"))
        }
        (Some(due), _) => format!("next {}", zone.describe(due)),
        (None, _) => "none planned".to_owned(),
    };
    format!("{texts}, {next}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(today: &Today, waits: Option<Wait>) -> String {
        let zone = Zone::embedded(chrono_tz::America::Denver);
        snapshot(today, waits, &zone, "2026-11-24T16:00:00Z".parse().unwrap())
    }

    #[test]
    fn problems_come_first() {
        assert_eq!(Attention::default().words(), [""; 0]);
        let all = Attention {
            damaged: true,
            held: true,
            doubted: true,
            circuit: true,
            circuit_in_part: true,
            paused: true,
            limit: true,
            unresolved: 2,
        };
        assert_eq!(all.words().len(), 8);
        assert!(all.words()[0].contains("damaged") && all.words()[7].starts_with("2 OVERDUE"));
    }

    #[test]
    fn times_are_in_the_practices_time_zone() {
        let due = |text: &str| Today { sent: 14, next_due: Some(text.parse().unwrap()), ..Today::default() };
        assert_eq!(said(&due("2026-11-24T17:00:00Z"), None), "14 texts today, next 10:00 AM");
        assert_eq!(said(&due("2026-11-25T06:59:00Z"), None), "14 texts today, next 11:59 PM");
        assert_eq!(said(&due("2026-11-25T07:00:00Z"), None), "14 texts today, next Wed Nov 25, 12:00 AM");
        assert_eq!(said(&due("2026-11-24T16:00:00Z"), None), "14 texts today, sending");
        assert_eq!(
            said(&due("2026-11-24T15:59:00Z"), Some(Wait::Offline)),
            "14 texts today, due texts wait: Annie cannot be reached or is failing"
        );
        assert_eq!(said(&Today { sent: 1, ..Today::default() }, None), "1 text today, none planned");
    }
}
