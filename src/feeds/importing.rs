//! Brings a file into the table of appointments: reads it to its end, then decides, then writes.

use std::io::Read;
use std::ops::Range;

use chrono::{DateTime, Utc};

use crate::domain::zone::Zone;
use crate::feeds::formats::own_columns::{self, BadRow, NotSuchCsv};
use crate::store::appointments::imports::{Changes, Staged, Staging, Vanishing};
use crate::store::{Connection, StoreError};

/// Up to this many may go whatever the share: of a practice's few appointments of a day, half may really be cancelled.
const FEW_GONE: u64 = 10;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// It is not such a file.
    #[error("nothing was changed: {0}")]
    NotSuchCsv(#[from] NotSuchCsv),
    /// Too many appointments would be cancelled.
    #[error("{} of {} coming visits of this feed are not in the file, which is to be the whole list, and that is more than [feed] max_missing ({most}%) allows: the export is probably broken. Nothing was changed; if the file is right, import it with --force", .vanishing.gone, .vanishing.of)]
    TooManyGone {
        /// How many, and of how many.
        vanishing: Vanishing,
        /// How many hundredths may go.
        most: u32,
    },
    /// Rows without an id in a file that is to be the whole list.
    #[error(
        "{0} rows have no readable id or are broken, so it is not known which visits the file leaves out. Nothing was changed; mend them, or import the file as an addition (--partial)"
    )]
    NamelessRows(u64),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a file is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct How {
    /// It is the whole list for the dates it covers.
    pub(crate) complete: bool,
    /// Also if very many appointments vanish.
    pub(crate) force: bool,
    /// More than these hundredths of the feed's appointments gone at once is a broken export, not a practice's day.
    pub(crate) max_missing: u32,
}

/// What an import did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Imported {
    /// Rows that were read well.
    pub(crate) good: u64,
    /// Rows that were not.
    pub(crate) bad: u64,
    /// What changed.
    pub(crate) changes: Changes,
    /// Columns of the file that are not used.
    pub(crate) unused: Vec<String>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Rows read so far.
    Reading(u64),
    /// Rows written so far, of how many.
    Writing(u64, u64),
}

/// Imports a CSV. `hear_bad` hears each bad row as it is met, `hear_progress` how far it is.
///
/// # Errors
/// See [`ImportError`]; what is not a database error changed nothing.
pub(crate) fn import_csv(
    connection: &mut Connection,
    source: impl Read,
    how: How,
    zone: &Zone,
    now: DateTime<Utc>,
    mut hear_bad: impl FnMut(&BadRow),
    mut hear_progress: impl FnMut(Progress),
) -> Result<Imported, ImportError> {
    let mut rows = own_columns::open(source)?;
    let mut staging = Staging::new(connection)?;
    let mut imported = Imported { unused: rows.unused.clone(), ..Imported::default() };
    let mut nameless = 0;
    while let Some(row) = rows.next()? {
        let row = row.and_then(|good| match staging.add(good.line, good.starts_at.to_utc(), &good.cells) {
            Ok(Staged::New | Staged::Repeated) => Ok(Ok(())),
            Ok(Staged::Contradicts(line)) => Err(BadRow {
                line: good.line,
                column: "id",
                reason: format!("line {line} has the same id and says something else; which is right is not known"),
                id: Some(good.id().to_owned()),
                broken: false,
            }),
            Err(error) => Ok(Err(error)),
        });
        match row {
            Ok(stored) => {
                stored?;
                imported.good += 1;
            }
            Err(bad) => {
                hear_bad(&bad);
                staging.add_bad(bad.line, bad.id.as_deref(), bad.column, &bad.reason)?;
                imported.bad += 1;
                nameless += u64::from(bad.id.is_none() || bad.broken);
            }
        }
        hear_progress(Progress::Reading(imported.good + imported.bad));
    }
    let span = match how.complete {
        true => complete_span(&staging, zone)?,
        false => None,
    };
    if let Some(span) = span.clone().filter(|_| !how.force) {
        if nameless > 0 {
            return Err(ImportError::NamelessRows(nameless));
        }
        let vanishing = staging.vanishing(&span, now)?;
        if vanishing.gone > FEW_GONE && vanishing.gone * 100 > vanishing.of * u64::from(how.max_missing) {
            return Err(ImportError::TooManyGone { vanishing, most: how.max_missing });
        }
    }
    let total = imported.good;
    imported.changes = staging.apply(own_columns::FEED_NAME, &rows.present(), span, now, |done| {
        hear_progress(Progress::Writing(done, total))
    })?;
    for (line, reason) in imported.changes.refused.clone() {
        hear_bad(&BadRow { line, column: "row", reason, id: None, broken: true });
        imported.good -= 1;
        imported.bad += 1;
    }
    Ok(imported)
}

/// From the first instant of the first local date in the file to the last of the last.
fn complete_span(staging: &Staging<'_>, zone: &Zone) -> Result<Option<Range<DateTime<Utc>>>, StoreError> {
    let date = |at: DateTime<Utc>| zone.local(at).date_naive();
    Ok(staging
        .first_and_last()?
        .map(|[first, last]| zone.at(date(first), chrono::NaiveTime::MIN)..zone.end_of(date(last))))
}
