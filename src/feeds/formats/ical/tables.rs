//! The table that a calendar becomes, its limits and its errors.

use crate::feeds::formats::PROBLEM;

/// The columns of every table, in order.
pub(super) const COLUMNS: &[&str] = &[
    "Id",
    "Start",
    "End",
    "Status",
    "Summary",
    "Description",
    "Location",
    "Organizer",
    "Attendee",
    "Attendee Email",
    "Attendee Phone",
    "Categories",
    "Created",
    PROBLEM,
];

/// How much a calendar may give. More than 100,000 instances are never read, whatever is set here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub instances: usize,
}

/// The most instances of any table.
pub(super) const MOST_INSTANCES: usize = 100_000;
/// The most text of any table, in bytes: many instances share one long description.
pub(crate) const MOST_TEXT: usize = 128 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self { instances: MOST_INSTANCES }
    }
}

/// Why a whole file gives no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("the file is empty; a calendar has at least BEGIN:VCALENDAR and END:VCALENDAR")]
    Empty,
    #[error("the file is not an iCalendar file: it has no line BEGIN:VCALENDAR")]
    NotACalendar,
    #[error(
        "the file is incomplete: the calendar that begins on line {line} has no END:VCALENDAR; export or fetch it again"
    )]
    CutOff { line: usize },
    #[error(
        "the calendar has more than {limit} appointments in the time read; read a shorter time or split the calendar"
    )]
    TooManyInstances { limit: usize },
    #[error(
        "the repeating events of the calendar have too many dates to count them; shorten their rules or split the calendar"
    )]
    TooManyDates,
    #[error("the texts of the calendar's appointments are larger than {limit} bytes together; read a shorter time")]
    TooMuchText { limit: usize },
}
