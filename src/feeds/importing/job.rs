//! What is imported, and what came of it.

use chrono::{DateTime, Utc};

use crate::config::feeds::Feed;
use crate::domain::operator::Operator;
use crate::feeds::formats::FormatError;
use crate::feeds::formats::own_columns::NotSuchCsv;
use crate::feeds::mapping::{Context, MappingError, Report};
use crate::store::StoreError;
use crate::store::appointments::applying::Changes;
use crate::store::appointments::held_imports::HeldKind;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// It has not Leadtime's own columns.
    #[error("nothing was changed: {0}")]
    NotSuchCsv(#[from] NotSuchCsv),
    /// It cannot be read, or not by the feed's mapping.
    #[error("nothing was changed: {0}")]
    Mapping(#[from] MappingError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FormatError> for ImportError {
    fn from(error: FormatError) -> ImportError {
        ImportError::Mapping(MappingError::Format(error))
    }
}

/// How a file is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct How {
    /// It is the whole list for the dates it covers.
    pub(crate) complete: bool,
    /// Nothing is held, however much it changes.
    pub(crate) force: bool,
}

impl How {
    /// As the feed says, and as was asked.
    pub(crate) fn of(feed: &Feed, complete: bool, partial: bool, force: bool) -> How {
        How { complete: complete || (feed.is_complete() && !partial), force }
    }
}

/// A file, and what it is read by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job<'j> {
    /// Whose it is.
    pub(crate) feed: &'j Feed,
    /// What the practice's configuration says beside the feed.
    pub(crate) context: &'j Context<'j>,
    /// How it is meant.
    pub(crate) how: How,
    /// Who brings the file in, by hand.
    pub(crate) by: Operator<'j>,
    /// Now.
    pub(crate) now: DateTime<Utc>,
}

/// What an import did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Imported {
    /// Rows that were read well.
    pub(crate) good: u64,
    /// Rows that were not, or are another feed's.
    pub(crate) bad: u64,
    /// What changed.
    pub(crate) changes: Changes,
    /// Reasons, counted.
    pub(crate) report: Report,
    /// Columns of the file that are not used.
    pub(crate) unused: Vec<String>,
    /// What is held, and why.
    pub(crate) held: Option<(HeldKind, String)>,
    /// Rows whose id cannot be read, so that nothing counted as missing.
    pub(crate) nameless: u64,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Rows read so far.
    Reading(u64),
    /// Rows written so far, of how many.
    Writing(u64, u64),
}
