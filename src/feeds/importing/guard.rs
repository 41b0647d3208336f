//! Decides which parts of a file are applied immediately and which wait for a person to accept them.

use std::ops::Range;

use chrono::{DateTime, Days, NaiveTime, Utc};

use crate::feeds::importing::intake::{Intake, reason_of};
use crate::feeds::importing::job::{ImportError, Job};
use crate::feeds::mapping::{Cost, Count};
use crate::store::StoreError;
use crate::store::appointments::comparison::Part;
use crate::store::appointments::feed_state;
use crate::store::appointments::held_imports::HeldKind;
use crate::store::appointments::staging::Staging;

/// Up to this many appointments may be cancelled or moved, whatever their share: on a day with few appointments, half
/// of them may really change.
const FEW: u64 = 10;

/// Which parts of a file are applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All of it. Appointments in this span that it does not list are cancelled.
    Apply(Option<Range<DateTime<Utc>>>),
    /// Its rows. Cancelling the missing appointments waits for a person.
    HoldMissing {
        /// The span the file covers.
        span: Range<DateTime<Utc>>,
        /// The reason, in words.
        why: String,
    },
    /// Nothing is applied.
    Hold {
        /// Which kind of change exceeds its limit.
        kind: HeldKind,
        /// The reason, in words.
        why: String,
        /// The span the file covers, if it is a complete list.
        span: Option<Range<DateTime<Utc>>>,
    },
}

/// Compares the staged rows with the table. Rows of other feeds are removed and reported.
pub(super) fn judge(staging: &mut Staging<'_>, intake: &mut Intake, job: Job<'_>) -> Result<Verdict, ImportError> {
    let Job { feed, context, how, now, .. } = job;
    let imported = &mut intake.imported;
    for (owner, lines) in staging.refuse_foreign(&feed.name)? {
        let whose = match owner.as_str() {
            "" => "a program that writes directly to the table".to_owned(),
            feed => format!("the feed {feed}"),
        };
        let rows = lines.len() as u64;
        let message = format!(
            "is an appointment of {whose} and was not changed; run leadtime feed rename if both are the same list, or set id_prefix if they are not"
        );
        let count = Count { rows, first_line: lines.first().copied().unwrap_or_default() };
        imported.report.reasons.insert((Cost::Row, reason_of("id", message)), count);
        imported.bad += rows;
        imported.good = imported.good.saturating_sub(rows);
    }
    let mut span = if how.complete { span_of(staging, job)? } else { None };
    if imported.nameless > 0 && span.is_some() && !how.force {
        let message = format!(
            "rows without a readable id: {}. Leadtime cannot tell which appointments are missing from the file, so it cancels none of them this time",
            imported.nameless
        );
        let count = Count { rows: 1, first_line: 0 };
        imported.report.reasons.insert((Cost::Notice, reason_of("row", message)), count);
        span = None;
    }
    if let Some(span) = &span {
        staging.find_moves(span, now)?;
    }
    if how.force {
        return Ok(Verdict::Apply(span));
    }
    let mapping = feed.mapping(context.zone.name());
    let before = feed_state::mapping(staging.connection(), &feed.name)?;
    if before.is_some_and(|before| before != mapping) {
        let why = "the feed's dates, time zone, columns, prefix or statement changed in the configuration, so its rows may be read differently than before".to_owned();
        return Ok(Verdict::Hold { kind: HeldKind::Mapping, why, span });
    }
    // An answer without a single row is more likely a fault of the other system than an empty schedule.
    let few = if staging.first_and_last()?.is_none() { 1 } else { FEW };
    let too_many = |parts: Vec<Part>, most: u32| {
        parts.into_iter().find(|part| part.count > few && part.count * 100 > part.of * u64::from(most))
    };
    if let Some(part) = too_many(staging.changing(now)?, feed.max_changed()) {
        let why = format!(
            "{} of {} upcoming appointments{} would be moved or cancelled at once, which is more than max_changed ({}%): day and month, or the time zone, may be mixed up",
            part.count,
            part.of,
            place(&part),
            feed.max_changed()
        );
        return Ok(Verdict::Hold { kind: HeldKind::Changed, why, span });
    }
    let Some(span) = span else { return Ok(Verdict::Apply(None)) };
    if let Some(part) = too_many(staging.missing(&span, now)?, feed.max_missing()) {
        let why = format!(
            "{} of {} upcoming appointments{} are missing from the file, which should be the complete list, and that is more than max_missing ({}%): the export is probably incomplete",
            part.count,
            part.of,
            place(&part),
            feed.max_missing()
        );
        return Ok(Verdict::HoldMissing { span, why });
    }
    Ok(Verdict::Apply(Some(span)))
}

fn place(part: &Part) -> String {
    match part.location.as_str() {
        "" => String::new(),
        location => format!(" at {location}"),
    }
}

/// The span for which the file is the complete list: from today for as long as the feed's `covers` says, otherwise from
/// the start of the first local date in the file to the end of the last. A database that answers without a row says that
/// the days asked for are empty; a file without a row says nothing.
fn span_of(staging: &Staging<'_>, job: Job<'_>) -> Result<Option<Range<DateTime<Utc>>>, StoreError> {
    let zone = &job.context.zone;
    let date = |at: DateTime<Utc>| zone.local(at).date_naive();
    let found = staging.first_and_last()?;
    let found = found.or_else(|| job.feed.pulled().is_some().then_some([job.now, job.now]));
    let Some([first, last]) = found else { return Ok(None) };
    let covers = job.feed.settings.covers.map(|covers| Days::new(covers.as_secs() / 86_400));
    let (first, last) = match covers {
        None => (date(first), date(last)),
        Some(covers) => (job.context.today, job.context.today + covers),
    };
    Ok(Some(zone.at(first, NaiveTime::MIN)..zone.end_of(last)))
}
