//! The input of an import and its result.

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
    /// The file does not have Leadtime's own columns.
    #[error("nothing was changed: {0}")]
    NotSuchCsv(#[from] NotSuchCsv),
    /// The file cannot be read, or not with the feed's mapping.
    #[error("nothing was changed: {0}")]
    Mapping(#[from] MappingError),
    /// A database error.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FormatError> for ImportError {
    fn from(error: FormatError) -> ImportError {
        ImportError::Mapping(MappingError::Format(error))
    }
}

/// How a file is to be treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct How {
    /// The file is the complete list for the dates it covers.
    pub(crate) complete: bool,
    /// Nothing is held for review, no matter how much the file changes.
    pub(crate) force: bool,
    /// It runs every few minutes: the audit records it only if it changes something.
    pub(crate) recurring: bool,
}

impl How {
    /// Combines the feed's setting with the command's options.
    pub(crate) fn of(feed: &Feed, complete: bool, partial: bool, force: bool) -> How {
        How { complete: complete || (feed.is_complete() && !partial), force, recurring: false }
    }

    /// How the service treats what it reads by itself every few minutes.
    pub(crate) fn recurring(feed: &Feed) -> How {
        How { recurring: true, ..How::of(feed, false, false, false) }
    }
}

/// Everything an import needs besides the file itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job<'j> {
    /// The feed the file belongs to.
    pub(crate) feed: &'j Feed,
    /// The rest of the practice's configuration.
    pub(crate) context: &'j Context<'j>,
    /// How the file is to be treated.
    pub(crate) how: How,
    /// Who runs the import, if a person does.
    pub(crate) by: Operator<'j>,
    /// The current time.
    pub(crate) now: DateTime<Utc>,
}

/// What an import did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Imported {
    /// Rows that were read.
    pub(crate) good: u64,
    /// Rows that could not be read or that belong to another feed.
    pub(crate) bad: u64,
    /// The changes to the table of appointments.
    pub(crate) changes: Changes,
    /// The reasons, counted.
    pub(crate) report: Report,
    /// Columns of the file that are not used.
    pub(crate) unused: Vec<String>,
    /// What is held for review, and why.
    pub(crate) held: Option<(HeldKind, String)>,
    /// Rows whose id cannot be read; if there are any, no appointment counts as missing.
    pub(crate) nameless: u64,
}

/// The progress of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Rows read so far.
    Reading(u64),
    /// Rows written so far, and how many there are.
    Writing(u64, u64),
}
