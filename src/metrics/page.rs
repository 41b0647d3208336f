//! The metrics page: counts and times only, never a name, a number, or an id.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::alerts::rules::{self, Book, Facts, Finding};
use crate::alerts::task::Seen;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::ids::ApiKeyName;
use crate::domain::task::TaskKind;
use crate::metrics::passes::Passes;
use crate::store::controls::alert_state::Shown;
use crate::store::reports::metrics::{self, CLASSES, Snapshot, Tally};
use crate::store::reports::outcomes;
use crate::store::{Store, StoreError};

/// A request within this time gets the previous page.
const FRESH: Duration = Duration::from_secs(5);

/// The confirmed reminders of a week are counted this often.
const COUNT_EVERY: Duration = Duration::from_secs(600);
/// The ages of tasks: up to so many hours, and the label.
const AGES: [(i64, &str); 4] = [(1, "under-1h"), (4, "1h-4h"), (24, "4h-24h"), (i64::MAX, "over-24h")];

fn age_label(age: TimeDelta) -> &'static str {
    AGES.iter().find(|(hours, _)| age.num_hours() < *hours).map_or("over-24h", |(_, label)| label)
}

type Label = [(&'static str, &'static str); 1];

/// What is counted from the ledger and keeps growing. If the database could not be read, the count starts over
/// completely and comes to the same sums.
#[derive(Debug)]
struct Ledger {
    tally: Tally,
    answers: Family<Label, Counter>,
    lateness: Histogram,
}

impl Ledger {
    fn new() -> Ledger {
        let lateness = Histogram::new([1.0, 5.0, 30.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 14_400.0, 86_400.0]);
        let answers = Family::<Label, Counter>::default();
        for class in CLASSES {
            drop(answers.get_or_create(&[("class", class)]));
        }
        Ledger { tally: Tally::default(), answers, lateness }
    }
}

/// Writes the page.
pub(crate) struct Page<C> {
    store: Store,
    clock: Arc<C>,
    config: watch::Receiver<Arc<Config>>,
    seen: watch::Receiver<Seen>,
    passes: Passes,
    ledger: Option<Ledger>,
    last: Option<(Instant, String)>,
    /// The share of confirmed reminders by rule, and when it was counted.
    confirmed: Vec<(String, f64)>,
    counted_at: Option<Instant>,
}

impl<C: Clock + 'static> Page<C> {
    pub(crate) fn new(
        store: Store,
        clock: Arc<C>,
        config: watch::Receiver<Arc<Config>>,
        seen: watch::Receiver<Seen>,
        passes: Passes,
    ) -> Page<C> {
        Page { store, clock, config, seen, passes, ledger: None, last: None, confirmed: Vec::new(), counted_at: None }
    }

    /// Counts everything ever sent, so that the first request need not wait for it.
    pub(crate) async fn begin(&mut self) {
        // If it fails, the next request reports why.
        let _ = self.text().await;
        self.last = None;
    }

    /// The page as of now, or as of a few seconds ago.
    pub(crate) async fn text(&mut self) -> Result<String, StoreError> {
        if let Some((at, text)) = &self.last
            && at.elapsed() < FRESH
        {
            return Ok(text.clone());
        }
        let config = self.config.borrow().clone();
        let now = self.clock.now();
        let ledger = self.ledger.take();
        let counts = self.counted_at.is_none_or(|at| at.elapsed() >= COUNT_EVERY);
        let read = self.store.read(move |connection| {
            let mut ledger = ledger.unwrap_or_else(Ledger::new);
            let Ledger { tally, answers, lateness } = &mut ledger;
            tally.news(connection, |done| {
                answers.get_or_create(&[("class", done.class)]).inc();
                if let Some(late) = done.late {
                    lateness.observe(late);
                }
            })?;
            let keys: Vec<ApiKeyName> = config.key_names().collect();
            let snapshot = metrics::now(connection, &keys, now)?;
            let shown = rules::shown(connection, &config, now)?;
            let confirmed = if counts { Some(outcomes::confirmed_by_rule(connection, now)?) } else { None };
            Ok((ledger, snapshot, shown, confirmed))
        });
        let (ledger, snapshot, shown, confirmed) = read.await?;
        if let Some(confirmed) = confirmed {
            let share = |(rule, sent, confirmed): (String, u64, u64)| (rule, confirmed as f64 / sent.max(1) as f64);
            (self.confirmed, self.counted_at) = (confirmed.into_iter().map(share).collect(), Some(Instant::now()));
        }
        let text = self.write(&ledger, &snapshot, shown, now);
        self.ledger = Some(ledger);
        self.last = Some((Instant::now(), text.clone()));
        Ok(text)
    }

    fn write(&self, ledger: &Ledger, snapshot: &Snapshot, shown: Shown, now: DateTime<Utc>) -> String {
        let (mut sheet, seen) = (Sheet(Registry::with_prefix("leadtime")), self.seen.borrow().clone());
        let age = |at: DateTime<Utc>| (now - at).as_seconds_f64().max(0.0);
        let flag = |is: bool| f64::from(u8::from(is));
        let count = |count: u64| count as f64;
        sheet.value("due", "Reminders that are due and not being sent yet", count(snapshot.due));
        sheet.value(
            "due_unresolved",
            "Reminders due, being sent, or in doubt for longer than unresolved_after: the one number to watch",
            count(shown.unresolved.count),
        );
        sheet.value("sending", "Texts being sent", count(snapshot.sending));
        sheet.value("unknown", "Texts that may or may not have gone out", count(snapshot.unknown));
        sheet.value("held", "Texts that need a person's decision (leadtime resolve)", count(shown.held.count));
        sheet.value(
            "missed_ahead",
            "Reminders not sent in time for appointments still ahead",
            count(shown.missed.count),
        );
        sheet.value(
            "rejected_in_a_row",
            "Texts Annie rejected since it last accepted one",
            count(shown.rejected.count),
        );
        sheet.value(
            "circuits_open",
            "API keys that Annie refuses: no texts go out with them",
            count(snapshot.open_circuits),
        );
        sheet.value("clock_doubted", "1 while this machine's clock is not trusted", flag(shown.clock.is_some()));
        sheet.value(
            "database_failing",
            "1 while passes fail or the database file is damaged",
            flag(seen.live.failing.is_some()),
        );
        sheet.value(
            "config_refused",
            "1 while a changed configuration is refused or held",
            flag(seen.live.refused_config.is_some()),
        );
        let read = snapshot.feeds.iter().map(|(feed, at)| ([("feed", feed.clone())], age(*at)));
        sheet.values("feed_read_age_seconds", "Time since each feed was last read successfully", read);
        let next = snapshot.next_due.map(|at| at.timestamp() as f64);
        sheet.maybe("next_due_timestamp_seconds", "When the next text is due", next);
        sheet.maybe("feed_age_seconds", "Time since the last successful import ended", shown.last_import.map(age));
        sheet.maybe(
            "last_pass_age_seconds",
            "Time since the last successful pass ended",
            seen.last_pass.map(|at| at.elapsed().as_secs_f64()),
        );
        let backup = seen.live.backup.as_ref().and_then(|backup| backup.as_ref().ok().copied());
        sheet.maybe("last_backup_age_seconds", "Time since the last backup", backup.map(age));
        let skipped = snapshot.skipped.iter().map(|(reason, n)| ([("reason", *reason)], count(*n)));
        sheet.values("skipped", "Skipped reminders for appointments in the next 14 days, by reason", skipped);
        let standing = snapshot.outcomes.iter().map(|(outcome, n)| ([("outcome", *outcome)], count(*n)));
        sheet.values("outcomes", "What patients answered about appointments to come, by outcome", standing);
        let mut tasks: BTreeMap<&'static str, f64> = AGES.iter().map(|(_, label)| (*label, 0.0)).collect();
        let mut kinds: BTreeMap<&'static str, f64> = TaskKind::ALL.iter().map(|kind| (kind.code(), 0.0)).collect();
        for (kind, since) in &snapshot.tasks {
            *tasks.entry(age_label(now - *since)).or_default() += 1.0;
            *kinds.entry(kind.code()).or_default() += 1.0;
        }
        sheet.values("tasks_open", "Open tasks, by kind", kinds.into_iter().map(|(kind, n)| ([("kind", kind)], n)));
        sheet.values("tasks_open_age", "Open tasks, by age", tasks.into_iter().map(|(age, n)| ([("age", age)], n)));
        let confirmed = self.confirmed.iter().map(|(rule, share)| ([("rule", rule.clone())], *share));
        sheet.values(
            "confirmation_ratio",
            "Share of sent reminders whose appointments were confirmed, for appointments of the last 7 days, by rule",
            confirmed,
        );
        let waits = seen.live.waits.map(|reason| ([("reason", reason)], 1.0));
        sheet.values("waiting", "1 while due texts wait, by what they wait for", waits);
        let facts = Facts { shown: Some(shown), live: seen.live, midnight: now };
        let found = rules::findings(&facts, &Book::new(), now);
        let causes =
            found.iter().map(|(kind, found)| ([("kind", kind.code())], flag(matches!(found, Finding::There(_)))));
        sheet.values("alert", "1 while the problem behind an alert exists, by kind", causes);
        let Sheet(registry) = &mut sheet;
        registry.register("api_answers", "Texts handed to Annie, by final outcome", ledger.answers.clone());
        registry.register("lateness_seconds", "How long after its due time a text was begun", ledger.lateness.clone());
        registry.register("pass_seconds", "How long passes took", self.passes.took.clone());
        registry.register("failed_passes", "Passes that failed", self.passes.failed.clone());
        registry.register(
            "paced_passes",
            "Passes in which due texts waited for the request rate",
            self.passes.paced.clone(),
        );
        let sent = Counter::<u64>::default();
        sent.inc_by(ledger.answers.get_or_create(&[("class", "sent")]).get());
        registry.register("sent", "Texts Annie accepted", sent);
        sheet.values("build_info", "The version of Leadtime", [([("version", env!("CARGO_PKG_VERSION"))], 1.0)]);
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = encode(&mut text, &sheet.0);
        text
    }
}

/// A page in progress.
struct Sheet(Registry);

impl Sheet {
    fn value(&mut self, name: &str, help: &str, value: f64) {
        let gauge = Gauge::<f64, std::sync::atomic::AtomicU64>::default();
        gauge.set(value);
        self.0.register(name, help, gauge);
    }

    /// Leaves out what is not known.
    fn maybe(&mut self, name: &str, help: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.value(name, help, value);
        }
    }

    fn values<L: Into<String>>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'static str, L); 1], f64)>,
    ) {
        let family = Family::<[(&'static str, String); 1], Gauge<f64, std::sync::atomic::AtomicU64>>::default();
        for (label, value) in values {
            let label = label.map(|(name, text)| (name, text.into()));
            family.get_or_create(&label).set(value);
        }
        self.0.register(name, help, family);
    }
}
