//! Which problems raise an alert, when, and when they are over. Pure: from what is found and what was sent before.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::Config;
use crate::domain::ids::ApiKeyName;
use crate::planner::input::Mode;
use crate::planner::kept::CATCH_UP_WITHIN;
use crate::store::controls::alert_state::{self, Entry, Several, Shown};
use crate::store::{Connection, StoreError};

/// This many rejections in a row are a problem; from then on sending slows down, too.
const REFUSALS: u64 = 3;
/// A pass that fails for a reason other than the disk is a problem after this long.
const FAILING_FOR: TimeDelta = TimeDelta::minutes(5);

/// A kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Annie refuses the key.
    Circuit,
    /// Annie rejects one text after another.
    Refusals,
    /// Texts need a person's decision.
    Held,
    /// Texts were not sent in time.
    Missed,
    /// The appointment data is too old.
    StaleFeed,
    /// An export was refused or is held, or an import broke off.
    Feed,
    /// The database cannot be written, or is damaged.
    Disk,
    /// The database's files were replaced, moved, or deleted while the daemon ran, and it has stopped.
    DatabaseReplaced,
    /// This machine's clock is wrong.
    Clock,
    /// There is no new backup.
    BackupFailed,
    /// A changed configuration is not in effect.
    ConfigRejected,
    /// The daily limit of texts is reached.
    DailyLimit,
    /// Texts have been due for a long time and have no outcome.
    Unresolved,
    /// Annie's list cannot be read, so it is unknown what went out while Leadtime was not checking.
    CatchingUp,
    /// Replies of patients have waited for a person longer than their appointments allow.
    Unanswered,
}

impl Kind {
    /// Every kind with its code, for the store and for programs.
    pub const ALL: [(Kind, &'static str); 15] = [
        (Kind::Circuit, "circuit"),
        (Kind::Refusals, "refusals"),
        (Kind::Held, "held"),
        (Kind::Missed, "missed"),
        (Kind::StaleFeed, "stale-feed"),
        (Kind::Feed, "feed"),
        (Kind::Disk, "disk"),
        (Kind::DatabaseReplaced, "database-replaced"),
        (Kind::Clock, "clock"),
        (Kind::BackupFailed, "backup-failed"),
        (Kind::ConfigRejected, "config-rejected"),
        (Kind::DailyLimit, "daily-limit"),
        (Kind::Unresolved, "unresolved"),
        (Kind::CatchingUp, "catching-up"),
        (Kind::Unanswered, "unanswered"),
    ];

    /// Its code.
    pub(crate) fn code(self) -> &'static str {
        Kind::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, code)| code)
    }

    /// How long a problem must last before it is reported: the first start after a night off sends late texts first.
    fn holds_for(self) -> TimeDelta {
        match self {
            Kind::Unresolved => TimeDelta::minutes(3),
            Kind::CatchingUp => CATCH_UP_WITHIN,
            _ => TimeDelta::zero(),
        }
    }

    /// How long a problem must be gone before that is reported: a key that is tried again may be refused again.
    fn gone_for(self) -> TimeDelta {
        match self {
            Kind::Circuit | Kind::Unresolved => TimeDelta::minutes(10),
            Kind::Clock | Kind::Disk => TimeDelta::minutes(1),
            _ => TimeDelta::zero(),
        }
    }

    /// Whether it is reported again only when the count grows: what was missed stays missed until the appointment.
    fn is_done(self) -> bool {
        self == Kind::Missed
    }
}

/// Since when something is so, and why.
pub(crate) type Since = (DateTime<Utc>, String);

/// What only the running daemon has, in addition to the database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Live {
    /// The code of what due texts wait for.
    pub waits: Option<&'static str>,
    /// Since when Annie refuses reads, and with which status.
    pub refused: Option<(DateTime<Utc>, u16)>,
    /// Since when passes fail, why, and whether the disk or the file is at fault.
    pub failing: Option<(DateTime<Utc>, String, bool)>,
    /// Since when the configuration file is not in effect, and why; empty if it has a mistake.
    pub refused_config: Option<Since>,
    /// How the last backup since the start went, if there was one: when it was made, or since when it fails and why.
    pub backup: Option<Result<DateTime<Utc>, Since>>,
}

/// Everything that is known when problems are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// What the database shows; none if it cannot be read.
    pub shown: Option<Shown>,
    /// What the daemon reports.
    pub live: Live,
    /// The last midnight in the practice's time zone.
    pub midnight: DateTime<Utc>,
}

/// A problem that exists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertCause {
    /// Since when, if known.
    pub since: Option<DateTime<Utc>>,
    /// How many texts or reminders it is about; 0 if it is not about any.
    pub count: u64,
    /// What is known about its cause, in words without names, numbers, or message texts.
    pub detail: String,
}

/// Whether a problem exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It does.
    There(AlertCause),
    /// It does not.
    Gone,
    /// It cannot be determined now: the earlier finding stands.
    Unclear,
}

/// What was found and sent before, by kind.
pub(crate) type Book = BTreeMap<Kind, Entry>;

/// What there is to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It has begun.
    Raised,
    /// It still lasts.
    Still,
    /// It is over.
    Over,
    /// Nothing: a test of whether the channel works.
    Test,
}

impl Event {
    /// The word for programs.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Event::Raised => "raised",
            Event::Still => "still",
            Event::Over => "recovered",
            Event::Test => "test",
        }
    }
}

/// An alert to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What it is about.
    pub kind: Kind,
    /// What happened.
    pub event: Event,
    /// When the problem began.
    pub since: DateTime<Utc>,
    /// What is known about it.
    pub cause: AlertCause,
}

/// Reads what the database shows about problems.
pub fn shown(connection: &Connection, config: &Config, now: DateTime<Utc>) -> Result<Shown, StoreError> {
    let keys: Vec<ApiKeyName> = match config.rulebook.mode {
        // Nothing asks Annie in observe mode: what it refused earlier is not a problem now.
        Mode::Observe => Vec::new(),
        Mode::Live => config.key_names().collect(),
    };
    let shown = alert_state::shown(connection, &keys, now - config.alerts.unresolved_after, now)?;
    Ok(Shown { makes_no_backups: config.backup.is_none(), ..shown })
}

/// Which problems exist and which do not.
pub fn findings(facts: &Facts, book: &Book, now: DateTime<Utc>) -> BTreeMap<Kind, Finding> {
    Kind::ALL.iter().map(|(kind, _)| (*kind, finding(*kind, facts, book.get(kind), now))).collect()
}

fn finding(kind: Kind, facts: &Facts, before: Option<&Entry>, now: DateTime<Utc>) -> Finding {
    let Facts { shown, live, midnight } = facts;
    let there = |found: Option<AlertCause>| found.map_or(Finding::Gone, Finding::There);
    let cause = |since: DateTime<Utc>, detail: &str| AlertCause { since: Some(since), count: 0, detail: detail.into() };
    let from_live = match kind {
        Kind::Disk => {
            let lasting = |since: DateTime<Utc>, disk: bool| disk || (now - since).abs() >= FAILING_FOR;
            let failing = live.failing.as_ref().filter(|(since, _, disk)| lasting(*since, *disk));
            there(failing.map(|(since, why, _)| cause(*since, why)))
        }
        Kind::ConfigRejected => there(live.refused_config.as_ref().map(|(since, why)| cause(*since, why))),
        Kind::BackupFailed => match &live.backup {
            _ if shown.as_ref().is_some_and(|shown| shown.makes_no_backups) => Finding::Gone,
            Some(Err((since, why))) => Finding::There(cause(*since, why)),
            Some(Ok(_)) => Finding::Gone,
            None => Finding::Unclear,
        },
        _ => Finding::Unclear,
    };
    let Some(shown) = shown else { return from_live };
    // A wait shows only while texts are due. That nothing waits any more does not prove that the problem is over.
    let waits = |codes: &[&str], is_over: bool, detail: String| match live.waits {
        Some(waits) if codes.contains(&waits) => Finding::There(AlertCause { since: None, count: 0, detail }),
        _ if before.is_none() || is_over => Finding::Gone,
        _ => Finding::Unclear,
    };
    let after = |at: Option<DateTime<Utc>>| before.is_some_and(|entry| at.is_some_and(|at| at > entry.since));
    let some = |several: Several, least: u64| {
        let enough = Some(several).filter(|several| several.count >= least);
        there(enough.map(|Several { count, since }| AlertCause { since, count, detail: String::new() }))
    };
    match kind {
        Kind::Circuit => {
            let reading = live.refused.map(|(since, status)| {
                let why = format!("Annie refused to list sent texts (status {status})");
                let likely = if status == 401 { "the API key is not valid" } else { "the API key lacks permission" };
                cause(since, &format!("{why}: probably {likely}"))
            });
            let stopped = shown.open.as_ref().map(|(since, why)| {
                let names: Vec<&str> = shown.stopped.iter().map(ApiKeyName::as_str).collect();
                match names.len() < shown.keys {
                    // Other keys work: their texts go out.
                    true => AlertCause {
                        count: names.len() as u64,
                        ..cause(*since, &format!("Only the API key for {} is refused: {why}", names.join(", ")))
                    },
                    false => cause(*since, why),
                }
            });
            there(stopped.or(reading))
        }
        Kind::Refusals => some(shown.rejected, REFUSALS),
        Kind::Held => some(shown.held, 1),
        Kind::Missed => some(shown.missed, 1),
        // If Annie refuses reads or the clock is wrong, another alert says so.
        Kind::CatchingUp if live.refused.is_some() || shown.clock.is_some() => Finding::Unclear,
        Kind::CatchingUp => there(shown.is_catching_up.then(AlertCause::default)),
        Kind::Clock => there(shown.clock.as_ref().map(|(since, why)| cause(*since, why))),
        Kind::Unresolved => some(shown.unresolved, 1),
        Kind::Unanswered => {
            let urgent = match shown.urgent {
                0 => String::new(),
                1 => "1 of them may be an emergency".to_owned(),
                n => format!("{n} of them may be emergencies"),
            };
            let waiting = Some(shown.unanswered).filter(|several| several.count > 0);
            there(waiting.map(|Several { count, since }| AlertCause { since, count, detail: urgent }))
        }
        Kind::Feed => there(shown.feed.as_ref().map(|(since, which)| cause(*since, which))),
        Kind::StaleFeed => {
            let is_over = after(shown.last_import) || after(shown.last_attempt);
            waits(&["stale-feed"], is_over, age(shown.last_import, now))
        }
        Kind::DailyLimit => {
            let is_over = after(shown.last_attempt) || after(Some(*midnight));
            waits(&["daily-limit", "first-day-limit"], is_over, String::new())
        }
        // Reported once, by the daemon that stops for it; a running daemon has the file that it opened.
        Kind::DatabaseReplaced => Finding::Gone,
        Kind::Disk | Kind::ConfigRejected | Kind::BackupFailed => from_live,
    }
}

fn age(last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    match last.map(|last| (now - last).num_hours()) {
        None => "Nothing has been imported yet.".to_owned(),
        Some(hours) if hours < 48 => format!("The last import was {hours} hours ago."),
        Some(hours) => format!("The last import was {} days ago.", hours / 24),
    }
}

/// The alerts to send now, and the book from now on; [`told`] records an alert once it has been delivered.
pub fn decide(
    findings: BTreeMap<Kind, Finding>,
    book: &Book,
    now: DateTime<Utc>,
    repeat_after: TimeDelta,
) -> (Book, Vec<Alert>) {
    let (mut book, mut alerts) = (book.clone(), Vec::new());
    // After the clock was set back, the book holds times in the future: they count by their distance.
    let passed = |since: DateTime<Utc>, least: TimeDelta| (now - since).abs() >= least;
    for (kind, finding) in findings {
        let entry = book.get(&kind).copied();
        match (finding, entry) {
            (Finding::Unclear, _) | (Finding::Gone, None) => {}
            (Finding::There(cause), entry) => {
                let since = cause.since.unwrap_or(now);
                let new = Entry { since, seen_at: now, gone_at: None, told_at: None, told_count: 0 };
                let mut entry = Entry { gone_at: None, ..entry.unwrap_or(new) };
                if kind.is_done() {
                    entry.told_count = entry.told_count.min(cause.count);
                }
                entry.since = cause.since.filter(|at| *at < entry.since).unwrap_or(entry.since);
                let event = match entry.told_at {
                    None if passed(entry.seen_at, kind.holds_for()) => Some(Event::Raised),
                    None => None,
                    Some(_) if kind.is_done() && cause.count <= entry.told_count => None,
                    Some(at) => passed(at, repeat_after).then_some(Event::Still),
                };
                book.insert(kind, entry);
                alerts.extend(event.map(|event| Alert { kind, event, since: entry.since, cause }));
            }
            (Finding::Gone, Some(entry)) if entry.told_at.is_none() => {
                book.remove(&kind);
            }
            (Finding::Gone, Some(entry)) => {
                let gone = entry.gone_at.unwrap_or(now);
                book.insert(kind, Entry { gone_at: Some(gone), ..entry });
                if passed(gone, kind.gone_for()) {
                    let cause = AlertCause { count: entry.told_count, ..AlertCause::default() };
                    alerts.push(Alert { kind, event: Event::Over, since: entry.since, cause });
                }
            }
        }
    }
    (book, alerts)
}

/// Records that an alert was delivered at `at`.
pub fn told(book: &mut Book, alert: &Alert, at: DateTime<Utc>) {
    match alert.event {
        Event::Over => drop(book.remove(&alert.kind)),
        _ => {
            if let Some(entry) = book.get_mut(&alert.kind) {
                (entry.told_at, entry.told_count) = (Some(at), alert.cause.count);
            }
        }
    }
}

/// The book as it is stored.
pub fn to_entries(book: &Book) -> BTreeMap<String, Entry> {
    book.iter().map(|(kind, entry)| (kind.code().to_owned(), *entry)).collect()
}

/// The stored book; kinds from another version are left out.
pub fn from_entries(entries: &BTreeMap<String, Entry>) -> Book {
    let known = |code: &str| Kind::ALL.iter().find(|(_, known)| *known == code).map(|(kind, _)| *kind);
    entries.iter().filter_map(|(code, entry)| Some((known(code)?, *entry))).collect()
}
