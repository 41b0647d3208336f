//! What another configuration changes in the coming days: texts added, moved and dropped, by rule and day. Read-only.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use crate::config::Config;
use crate::domain::count::counted;
use crate::domain::ids::RuleName;
use crate::domain::reminder::{PlanDecision, Skip, State};
use crate::domain::reminder_key::ReminderKey;
use crate::engine::planning::{plan_unit, planning_context};
use crate::planner::input::Mode;
use crate::store::appointments::{appointment, phone_spellings};
use crate::store::controls::config_hold::Effect;
use crate::store::planning::daemon_state;
use crate::store::planning::unit::PlanningUnit;
use crate::store::{Connection, StoreError};

/// How far ahead appointments are compared.
pub(crate) const DAYS: u64 = 14;

/// What changes for the texts of one rule on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// Texts that go out now and did not before.
    pub added: usize,
    /// Texts that now go out at another time; counted on the new day.
    pub moved: usize,
    /// Texts that no longer go out; counted on the earlier day.
    pub dropped: usize,
}

/// Everything that changes, by day and rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// The days are in the practice's time zone.
    pub changes: BTreeMap<(NaiveDate, RuleName), Change>,
    /// Texts that stay the same.
    pub same: usize,
    /// Texts due within a day, before and after; a household text counts once.
    pub at_once: (u64, u64),
    /// Numbers whose appointments cannot be planned under one or the other; they are left out.
    pub unreadable: u64,
}

/// Compares two configurations for the appointments of the coming days, as if the new one took effect now.
pub fn between(
    connection: &Connection,
    old: &Config,
    new: &Config,
    now: DateTime<Utc>,
) -> Result<Difference, StoreError> {
    // If both are in observe mode, this compares what they would send.
    let observed = [old, new].iter().all(|config| config.rulebook.mode == Mode::Observe);
    Ok(compared(goes_out(connection, old, observed, now)?, goes_out(connection, new, observed, now)?, new))
}

/// Compares the database as it is with a copy as an import would leave it, for the appointments of the coming days.
pub(crate) fn between_databases(
    before: &Connection,
    after: &Connection,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<Difference, StoreError> {
    let observed = config.rulebook.mode == Mode::Observe;
    Ok(compared(goes_out(before, config, observed, now)?, goes_out(after, config, observed, now)?, config))
}

fn compared(old: Goes, new_ones: Goes, new: &Config) -> Difference {
    let (at_once, unreadable) = ((old.soon, new_ones.soon), old.unreadable.max(new_ones.unreadable));
    let mut difference = Difference { at_once, unreadable, ..Difference::default() };
    let (before, after) = (old.at, new_ones.at);
    let day = |at: &DateTime<Utc>| new.rulebook.calendar.date(*at);
    for (key, at) in &after {
        let change = |difference: &mut Difference, change: fn(&mut Change)| {
            change(difference.changes.entry((day(at), key.rule.clone())).or_default());
        };
        match before.get(key) {
            None => change(&mut difference, |c| c.added += 1),
            Some(former) if former != at => change(&mut difference, |c| c.moved += 1),
            Some(_) => difference.same += 1,
        }
    }
    for (key, at) in before.iter().filter(|(key, _)| !after.contains_key(key)) {
        difference.changes.entry((day(at), key.rule.clone())).or_default().dropped += 1;
    }
    difference
}

/// What goes out.
#[derive(Default)]
struct Goes {
    at: BTreeMap<ReminderKey, DateTime<Utc>>,
    /// Texts within a day.
    soon: u64,
    unreadable: u64,
}

/// Which reminders go out when, for the appointments of the coming days.
fn goes_out(connection: &Connection, config: &Config, observed: bool, now: DateTime<Utc>) -> Result<Goes, StoreError> {
    phone_spellings::learn_all(connection, config.practice.country, phone_spellings::Keep::Temporary)?;
    let until = now.checked_add_days(Days::new(DAYS)).unwrap_or(now);
    let context = planning_context(connection, config, now)?;
    let mut units: BTreeSet<PlanningUnit> = BTreeSet::new();
    for starting in appointment::starting_in(connection, now, until)? {
        units.insert(context.directory().unit(
            connection,
            &starting.id,
            starting.phone.as_ref().map(String::as_str),
        )?);
    }
    let live = daemon_state::live_since(connection, &config.rulebook.rules)?;
    let mut found = Goes::default();
    for unit in &units {
        let plan = match plan_unit(connection, config, (&live, &context), unit, &BTreeSet::new()) {
            Ok((_, plan)) => plan,
            Err(error) if error.is_about_data() => {
                found.unreadable += 1;
                continue;
            }
            Err(error) => return Err(error),
        };
        let coming = plan.items.into_iter().filter(|item| item.current && item.key.start < until);
        let goes = if observed { PlanDecision::Skipped(Skip::ObserveMode) } else { PlanDecision::Planned };
        let planned = coming.filter(|item| item.state == State::Unclaimed(goes));
        let planned: Vec<_> = planned.filter_map(|item| Some((item.key, item.due_at?))).collect();
        // Reminders that go out to one number at the same time are one text.
        let soon = planned.iter().map(|(_, at)| *at).filter(|at| *at <= now + TimeDelta::hours(24));
        found.soon += soon.collect::<BTreeSet<_>>().len() as u64;
        found.at.extend(planned);
    }
    Ok(found)
}

impl Difference {
    /// One line per day and rule, and one for everything that stays the same.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines_about("change")
    }

    /// The same, for a change or an import.
    pub(crate) fn lines_about(&self, what: &str) -> Vec<String> {
        let mut lines: Vec<String> =
            self.changes.iter().map(|((day, rule), change)| line(*day, rule, *change)).collect();
        let same = |one: &str, many: &str| counted(self.same, one, many);
        lines.push(match (lines.is_empty(), self.same) {
            (true, 0) => format!("No texts in the next {DAYS} days, with or without this {what}."),
            (true, _) => format!(
                "Nothing changes for appointments in the next {DAYS} days: {} the same.",
                same("text stays", "texts stay")
            ),
            (false, 0) => format!("No other texts for appointments in the next {DAYS} days."),
            (false, _) => format!(
                "{} for appointments in the next {DAYS} days {} the same.",
                same("other text", "other texts"),
                if self.same == 1 { "stays" } else { "stay" }
            ),
        });
        lines
    }

    /// The changes, for a person who decides about them.
    pub(crate) fn effects(&self) -> Vec<Effect> {
        let effect = |((day, rule), change): (&(NaiveDate, RuleName), &Change)| Effect {
            day: *day,
            rule: rule.0.clone(),
            added: change.added,
            moved: change.moved,
            dropped: change.dropped,
        };
        self.changes.iter().map(effect).collect()
    }

    /// The totals over all days and rules.
    pub(crate) fn sums(&self) -> Change {
        self.changes.values().fold(Change::default(), |sum, change| Change {
            added: sum.added + change.added,
            moved: sum.moved + change.moved,
            dropped: sum.dropped + change.dropped,
        })
    }
}

fn line(day: NaiveDate, rule: &RuleName, change: Change) -> String {
    let parts = [(change.added, "added"), (change.moved, "moved"), (change.dropped, "dropped")];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    format!("{}  {rule}: {}", day.format("%a %b %-d"), parts.join(", "))
}
