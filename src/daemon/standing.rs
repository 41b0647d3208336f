//! The line of `systemctl status`: how the practice stands, in words.

use std::time::Duration;

use chrono::{DateTime, NaiveTime, Utc};
use tokio::time::Instant;

use super::service;
use crate::config::Config;
use crate::domain::reminder::Wait;
use crate::domain::zone::Zone;
use crate::engine::passes::PassReport;
use crate::planner::facts::Mode;
use crate::store::Store;
use crate::store::today::{self, Today};

/// How old the figures get when nothing is done.
const REFRESH: Duration = Duration::from_secs(30);
/// The same while much is done: counting must not hold up sending.
const AT_WORK: Duration = Duration::from_secs(2);

/// Keeps the line.
pub(super) struct Standing {
    store: Store,
    figures: Today,
    counted: Option<Instant>,
    /// Something was done since they were counted.
    stale: bool,
    said: String,
    /// The last reload was refused.
    refused: bool,
}

impl Standing {
    /// Nothing is known yet.
    pub(super) fn new(store: Store) -> Standing {
        Standing { store, figures: Today::default(), counted: None, stale: false, said: String::new(), refused: false }
    }

    /// The line as of now; counted anew where something happened. Without the database the last figures stand.
    async fn line(&mut self, config: &Config, now: DateTime<Utc>, report: &PassReport) -> String {
        self.stale |= report.settled + report.planned + report.begun + report.read > 0;
        let patience = if self.stale { AT_WORK } else { REFRESH };
        if self.counted.is_none_or(|at| at.elapsed() >= patience) {
            let midnight = config.practice.zone.at(config.practice.zone.local(now).date_naive(), NaiveTime::MIN);
            if let Ok(figures) = self.store.write(move |tx| today::since(tx, midnight)).await {
                self.figures = figures;
                (self.counted, self.stale) = (Some(Instant::now()), false);
            }
        }
        let mut line = words(config, &self.figures, report.waits, now);
        if self.refused {
            line.push_str("; the last reload was REFUSED, the rules before it stay in force (journalctl -u leadtime)");
        }
        line
    }

    /// Tells systemd the line, and that start or reload is over.
    pub(super) async fn ready(&mut self, config: &Config, now: DateTime<Utc>, report: &PassReport) {
        self.said = self.line(config, now, report).await;
        service::ready(&self.said);
    }

    /// Tells systemd the line if it has changed.
    pub(super) async fn tell(&mut self, config: &Config, now: DateTime<Utc>, report: &PassReport) {
        let line = self.line(config, now, report).await;
        if line != self.said {
            service::status(&line);
            self.said = line;
        }
    }

    /// The figures are to be counted and said anew: after a reload, and after trouble.
    pub(super) fn forget(&mut self) {
        self.counted = None;
        self.said.clear();
    }

    /// How the last reload ended.
    pub(super) fn reloaded(&mut self, refused: bool) {
        self.refused = refused;
        self.forget();
    }
}

/// The mode, in words.
pub(super) fn mode(config: &Config) -> String {
    match (config.rulebook.mode, &config.rulebook.only_to) {
        (Mode::Observe, _) => "observe mode, nobody is texted".to_owned(),
        (Mode::Live, Some(only)) => format!("live, for {} numbers of only_to", only.len()),
        (Mode::Live, None) => "live".to_owned(),
    }
}

/// How many rules there are, in words.
pub(super) fn rules(config: &Config) -> String {
    match config.rulebook.rules.len() {
        1 => "1 rule".to_owned(),
        n => format!("{n} rules"),
    }
}

fn words(config: &Config, today: &Today, waits: Option<Wait>, now: DateTime<Utc>) -> String {
    let mut line = mode(config);
    if config.rulebook.mode == Mode::Live {
        line.push_str(&format!("; {}", figures(today, waits, &config.practice.zone, now)));
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

fn figures(today: &Today, waits: Option<Wait>, zone: &Zone, now: DateTime<Utc>) -> String {
    let texts = match today.sent {
        1 => "1 text today".to_owned(),
        n => format!("{n} texts today"),
    };
    let next = match (today.next_due, waits) {
        (Some(due), Some(wait)) if due <= now => format!("due ones wait: {}", wait.words()),
        (Some(due), _) if due <= now => "sending".to_owned(),
        (Some(due), _) if zone.local(due).date_naive() == zone.local(now).date_naive() => {
            format!("next {}", zone.local(due).format("%-I:%M %p"))
        }
        (Some(due), _) => format!("next {}", zone.in_words(due)),
        (None, _) => "none planned".to_owned(),
    };
    format!("{texts}, {next}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(today: &Today, waits: Option<Wait>) -> String {
        let zone = Zone::embedded(chrono_tz::America::Denver);
        figures(today, waits, &zone, "2026-11-24T16:00:00Z".parse().unwrap())
    }

    #[test]
    fn on_the_practices_clock() {
        let due = |text: &str| Today { sent: 14, next_due: Some(text.parse().unwrap()), ..Today::default() };
        assert_eq!(said(&due("2026-11-24T17:00:00Z"), None), "14 texts today, next 10:00 AM");
        assert_eq!(said(&due("2026-11-25T06:59:00Z"), None), "14 texts today, next 11:59 PM");
        assert_eq!(said(&due("2026-11-25T07:00:00Z"), None), "14 texts today, next Wed Nov 25, 12:00 AM");
        assert_eq!(said(&due("2026-11-24T16:00:00Z"), None), "14 texts today, sending");
        assert_eq!(
            said(&due("2026-11-24T15:59:00Z"), Some(Wait::Offline)),
            "14 texts today, due ones wait: Annie cannot be reached, or fails"
        );
        assert_eq!(said(&Today { sent: 1, ..Today::default() }, None), "1 text today, none planned");
    }
}
