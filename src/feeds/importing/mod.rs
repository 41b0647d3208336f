//! Imports a file into the table of appointments: reads it to the end, compares, decides, then writes.

mod guard;
mod intake;
mod job;

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::config::feeds::Source;
use crate::config::values::zones::Zones;
use crate::domain::operator::Operator;
use crate::feeds::importing::guard::Verdict;
use crate::feeds::importing::intake::Intake;
pub(crate) use crate::feeds::importing::job::{How, ImportError, Imported, Job, Progress};
use crate::feeds::mapping::Context;
use crate::store::appointments::applying::{Changes, Import};
use crate::store::appointments::comparison::Difference;
use crate::store::appointments::held_imports::{self, HeldKind};
use crate::store::appointments::staging::Staging;
use crate::store::appointments::{feed_state, staging};
use crate::store::ledger::audit::Act;
use crate::store::{Connection, StoreError};

/// The parts of the configuration, other than the feed, that an import needs.
pub(crate) fn context<'c>(config: &Config, zones: &'c Zones, now: DateTime<Utc>) -> Context<'c> {
    let zone = &config.practice.zone;
    let own = |id: &String| {
        let calendar = config.rulebook.locations.get(id)?;
        Some(calendar.zone.clone()).filter(|own| own != zone)
    };
    Context {
        today: zone.local(now).date_naive(),
        zone: zone.clone(),
        country: config.practice.country,
        locations: config.locations.keys().map(|id| (id.clone(), own(id))).collect(),
        zones,
    }
}

/// Imports a file. Opens it more than once, and reports to `progress` along the way.
///
/// # Errors
/// See [`ImportError`]. Any error other than a database error changes nothing and is recorded as the feed's refused
/// export.
pub(crate) fn import<R: Read>(
    connection: &mut Connection,
    open: impl FnMut() -> std::io::Result<R>,
    job: Job<'_>,
    progress: impl FnMut(Progress),
) -> Result<Imported, ImportError> {
    let imported = import_staged(&mut *connection, open, job, progress);
    if imported.is_err() {
        staging::abandon(connection)?;
    }
    imported
}

fn import_staged<R: Read>(
    connection: &mut Connection,
    open: impl FnMut() -> std::io::Result<R>,
    job: Job<'_>,
    mut progress: impl FnMut(Progress),
) -> Result<Imported, ImportError> {
    let name = job.feed.name.as_str();
    let mut intake = Intake::default();
    let mut staging = match intake.stage(connection, open, job, &mut progress) {
        Ok(()) => intake.open(connection)?,
        Err(error) => {
            staging::abandon(connection)?;
            if !matches!(error, ImportError::Store(_)) {
                feed_state::refuse(connection, name, &error.to_string(), job.now)?;
            }
            return Err(error);
        }
    };
    let verdict = guard::judge(&mut staging, &mut intake, job)?;
    let mapping = job.feed.mapping(job.context.zone.name());
    let mut imported = intake.imported;
    let complete = match &verdict {
        Verdict::Apply(span) => span.clone(),
        Verdict::HoldMissing { .. } => None,
        Verdict::Hold { span, .. } => span.clone(),
    };
    let as_import = Import {
        feed: name,
        mapping: &mapping,
        present: intake.present,
        complete,
        holds_missing: matches!(verdict, Verdict::HoldMissing { .. }),
        recurring: job.how.recurring,
        act: Act::Imported,
        by: job.by,
        now: job.now,
    };
    match verdict {
        Verdict::Hold { kind, why, .. } => {
            staging.hold(&as_import, kind, &why)?;
            imported.held = Some((kind, why));
            return Ok(imported);
        }
        Verdict::Apply(_) => apply(staging, &as_import, &mut imported, progress)?,
        Verdict::HoldMissing { span, why } => {
            let missing = staging.absent(&span, job.now)?;
            apply(staging, &as_import, &mut imported, progress)?;
            held_imports::hold_missing(connection, &as_import, &missing, &why)?;
            imported.held = Some((HeldKind::Missing, why));
        }
    }
    // Of messages, each is a file of its own: one that cannot be used says nothing about the feed.
    let is_list = !matches!(job.feed.source, Source::Hl7(_));
    if is_list && imported.good == 0 && imported.bad > 0 {
        feed_state::refuse(connection, name, "no row of the last export could be read", job.now)?;
    }
    Ok(imported)
}

fn apply(
    staging: Staging<'_>,
    as_import: &Import<'_>,
    imported: &mut Imported,
    mut progress: impl FnMut(Progress),
) -> Result<(), StoreError> {
    let total = imported.good;
    imported.changes = staging.apply(as_import, |done| progress(Progress::Writing(done, total)))?;
    for (line, reason) in &imported.changes.refused {
        intake::refused_by_the_database(&mut imported.report, *line, reason);
        imported.good -= 1;
        imported.bad += 1;
    }
    Ok(())
}

/// What an import would do. Nothing is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Preview {
    /// The result the import would report, without its changes.
    pub(crate) imported: Imported,
    /// What would happen to each appointment.
    pub(crate) differences: Vec<Difference>,
    /// The number of differences of each kind.
    pub(crate) counts: BTreeMap<String, u64>,
}

/// The most differences that are listed one by one.
const MOST_DIFFERENCES: usize = 1000;

/// Reports what an import would do.
pub(crate) fn preview<R: Read>(
    connection: &mut Connection,
    open: impl FnMut() -> std::io::Result<R>,
    job: Job<'_>,
) -> Result<Preview, ImportError> {
    let preview = preview_staged(&mut *connection, open, job);
    staging::abandon(connection)?;
    preview
}

fn preview_staged<R: Read>(
    connection: &mut Connection,
    open: impl FnMut() -> std::io::Result<R>,
    job: Job<'_>,
) -> Result<Preview, ImportError> {
    let mut intake = Intake::default();
    intake.stage(connection, open, job, &mut |_| {})?;
    let mut staging = intake.open(connection)?;
    let verdict = guard::judge(&mut staging, &mut intake, job)?;
    let span: Option<Range<DateTime<Utc>>> = match &verdict {
        Verdict::Apply(span) | Verdict::Hold { span, .. } => span.clone(),
        Verdict::HoldMissing { span, .. } => Some(span.clone()),
    };
    let mut preview = Preview { imported: intake.imported, ..Preview::default() };
    staging.differences(span.as_ref(), job.now, |difference| {
        *preview.counts.entry(difference.kind.clone()).or_default() += 1;
        if preview.differences.len() < MOST_DIFFERENCES {
            preview.differences.push(difference);
        }
    })?;
    staging.discard()?;
    preview.imported.held = match verdict {
        Verdict::Apply(_) => None,
        Verdict::HoldMissing { why, .. } => Some((HeldKind::Missing, why)),
        Verdict::Hold { kind, why, .. } => Some((kind, why)),
    };
    Ok(preview)
}

/// Applies a feed's held import. `None`: nothing is held.
pub(crate) fn accept(
    connection: &mut Connection,
    feed: &str,
    by: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Changes>, StoreError> {
    let Some(held) = held_imports::held(connection, feed)? else { return Ok(None) };
    if held.kind == HeldKind::Missing {
        let cancelled = held_imports::accept_missing(connection, feed, by, now)?;
        return Ok(Some(Changes { cancelled, ..Changes::default() }));
    }
    let mut staging = held_imports::stage_again(connection, feed)?;
    staging.refuse_foreign(feed)?;
    if let Some(span) = &held.complete {
        staging.find_moves(span, now)?;
    }
    let present = held.present.iter().map(String::as_str).collect();
    let as_import = Import {
        feed,
        mapping: &held.mapping,
        present,
        complete: held.complete.clone(),
        holds_missing: false,
        recurring: false,
        act: Act::FeedAccepted,
        by,
        now,
    };
    Ok(Some(staging.apply(&as_import, |_| {})?))
}
