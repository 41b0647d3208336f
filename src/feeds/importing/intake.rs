//! Reads a file's rows into the staging area, mapped by a feed or with Leadtime's own columns.

use std::collections::BTreeMap;
use std::io::Read;

use chrono::{DateTime, FixedOffset, NaiveTime, Utc};

use crate::config::feeds::{Feed, Field, LocationWords, Source};
use crate::domain::appointment::COLUMNS;
use crate::feeds::formats::own_columns::{self, GoodRow, NotSuchCsv};
use crate::feeds::importing::job::{ImportError, Imported, Job, Progress};
use crate::feeds::mapping::{Context, Cost, Count, MappedAppointment, Outcome, Reason, Report, map_file, options};
use crate::store::appointments::staging::{BadRow, Off, Staged, Staging};
use crate::store::{Connection, StoreError};

/// Positions of cells in a row of [`COLUMNS`].
const STARTS_AT: usize = 10;
const LOCATION: usize = 13;

/// A file's rows while they are being read.
#[derive(Debug, Default)]
pub(super) struct Intake {
    /// The result so far.
    pub(super) imported: Imported,
    /// The columns the file has.
    pub(super) present: Vec<&'static str>,
    /// The last staged row.
    rows: i64,
}

impl Intake {
    /// Reads the file to its end.
    pub(super) fn stage<R: Read>(
        &mut self,
        connection: &mut Connection,
        open: impl FnMut() -> std::io::Result<R>,
        job: Job<'_>,
        progress: &mut impl FnMut(Progress),
    ) -> Result<(), ImportError> {
        let mut staging = Staging::new(connection)?;
        match job.feed.own_columns {
            true => self.own(&mut staging, open, job, progress)?,
            false => self.mapped(&mut staging, open, job, progress)?,
        }
        self.rows = staging.last_row();
        Ok(())
    }

    /// The staging area that holds the rows.
    pub(super) fn open<'c>(&self, connection: &'c mut Connection) -> Result<Staging<'c>, StoreError> {
        Ok(Staging::again(connection, self.rows))
    }

    fn mapped<R: Read>(
        &mut self,
        staging: &mut Staging<'_>,
        open: impl FnMut() -> std::io::Result<R>,
        job: Job<'_>,
        progress: &mut impl FnMut(Progress),
    ) -> Result<(), ImportError> {
        let mut contradictions = Report::default();
        self.present = present(job.feed);
        let (_, mut report) = map_file(open, job.feed, job.context, |row| -> Result<(), ImportError> {
            self.mapped_row(staging, (row.line, job), row.outcome, &mut contradictions)?;
            progress(Progress::Reading(self.imported.good + self.imported.bad));
            Ok(())
        })?;
        for ((cost, reason), count) in contradictions.reasons {
            report.reasons.insert((cost, reason), count);
        }
        self.imported.report = report;
        Ok(())
    }

    fn mapped_row(
        &mut self,
        staging: &mut Staging<'_>,
        (line, job): (u64, Job<'_>),
        outcome: Outcome,
        contradictions: &mut Report,
    ) -> Result<(), StoreError> {
        let (staged, id, start) = match outcome {
            Outcome::Elsewhere => return Ok(()),
            Outcome::Appointment(row) => {
                let MappedAppointment { id, starts_at, .. } = &*row;
                (staging.add(line, starts_at.to_utc(), &row.cells())?, id.clone(), Some(starts_at.to_utc()))
            }
            Outcome::Cancelled { id } => (staging.add_off(line, &id, Off::Cancelled)?, id, None),
            Outcome::Ignored { id: None } => return Ok(()),
            Outcome::Ignored { id: Some(id) } => (staging.add_off(line, &id, Off::OffTheBook)?, id, None),
            Outcome::Refused { id, id_is_sure, start, reason } => {
                self.imported.bad += 1;
                self.imported.nameless += u64::from(!id_is_sure);
                let words = reason.to_string();
                let start = start.map(|start| start.to_utc());
                let bad = BadRow { line, id: id.as_deref(), start, column: &reason.column, reason: &words };
                if matches!(job.feed.source, Source::Ical(_)) {
                    staging.add_bad_series(&job.feed.name, bad)?;
                }
                return staging.add_bad(bad);
            }
        };
        match staged {
            Staged::New | Staged::Repeated => self.imported.good += 1,
            // Two treatments, providers or pets of one client at one time: one appointment, and one text.
            Staged::Alike(_) if job.feed.columns.derived_id => {
                self.imported.good += 1;
                let words = "same patient and start as an earlier row, so both count as one appointment".to_owned();
                contradictions.add(Cost::Notice, line, reason_of("id", words));
            }
            Staged::Alike(first) | Staged::Contradicts(first) => {
                self.imported.bad += 1;
                self.contradiction(staging, (line, first), &id, start, contradictions)?;
            }
        }
        Ok(())
    }

    /// Two rows contradict each other about one appointment, so neither is trusted.
    fn contradiction(
        &mut self,
        staging: &mut Staging<'_>,
        (line, first): (u64, u64),
        id: &str,
        start: Option<DateTime<Utc>>,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let reason =
            format!("line {first} has the same id but different details; Leadtime cannot tell which row is correct");
        staging.add_bad(BadRow { line, id: Some(id), start, column: "id", reason: &reason })?;
        report.add(Cost::Row, line, reason_of("id", reason));
        Ok(())
    }

    fn own<R: Read>(
        &mut self,
        staging: &mut Staging<'_>,
        mut open: impl FnMut() -> std::io::Result<R>,
        job: Job<'_>,
        progress: &mut impl FnMut(Progress),
    ) -> Result<(), ImportError> {
        let source = open().map_err(|error| NotSuchCsv::Format(error.into()))?;
        let mut rows = own_columns::open(source, &job.feed.name, options(job.feed).limits)?;
        let mut report = Report::default();
        let mut odd = OddStarts::default();
        while let Some(row) = rows.next()? {
            match row {
                Ok(good) => {
                    let start = good.starts_at.to_utc();
                    match staging.add(good.line, start, &good.cells)? {
                        Staged::Alike(first) | Staged::Contradicts(first) => {
                            self.imported.bad += 1;
                            let id = good.cells.first().cloned().flatten().unwrap_or_default();
                            self.contradiction(staging, (good.line, first), &id, Some(start), &mut report)?;
                        }
                        Staged::New | Staged::Repeated => {
                            odd.look_at(&good, job.context);
                            self.imported.good += 1;
                        }
                    }
                }
                Err(bad) => {
                    self.imported.bad += 1;
                    self.imported.nameless += u64::from(!bad.id_is_sure);
                    report.add(Cost::Row, bad.line, reason_of(bad.column, bad.reason.clone()));
                    let id = bad.id.as_deref();
                    let (line, column, reason) = (bad.line, bad.column, bad.reason.as_str());
                    staging.add_bad(BadRow { line, id, start: None, column, reason })?;
                }
            }
            progress(Progress::Reading(self.imported.good + self.imported.bad));
        }
        odd.tell(&mut report);
        self.imported.unused = rows.unused.clone();
        self.present = rows.present();
        self.imported.report = report;
        Ok(())
    }
}

pub(super) fn reason_of(column: &str, message: String) -> Reason {
    Reason { column: column.to_owned(), field: None, value: None, message }
}

/// Counts a row that the database refused.
pub(super) fn refused_by_the_database(report: &mut Report, line: u64, reason: &str) {
    report.add(Cost::Row, line, reason_of("row", reason.to_owned()));
}

/// The columns of a feed's files.
fn present(feed: &Feed) -> Vec<&'static str> {
    let has = |field| feed.columns.get(field).is_some();
    let known = |name: &&'static str| match *name {
        "id" | "patient_id" | "starts_at" | "feed" => true,
        "first_name" | "last_name" if has(Field::Name) => true,
        "ends_at" if has(Field::Minutes) => true,
        "status" if !feed.status.elsewhere.is_empty() => true,
        "location" if matches!(feed.location, Some(LocationWords::Fixed(_))) => true,
        "consent" => has(Field::Consent) || has(Field::Phone),
        name => Field::KEYS.iter().any(|(key, field)| *key == name && has(*field)),
    };
    COLUMNS.into_iter().filter(known).collect()
}

/// Start times in Leadtime's own columns that a person should check.
#[derive(Debug, Default)]
struct OddStarts(BTreeMap<String, (Count, String)>);

impl OddStarts {
    fn look_at(&mut self, row: &GoodRow, context: &Context<'_>) {
        let location = row.cells.get(LOCATION).and_then(Option::as_ref).and_then(|id| context.locations.get(id));
        let zone = location.and_then(Option::as_ref).unwrap_or(&context.zone);
        let local = zone.local(row.starts_at.to_utc());
        let written = row.cells.get(STARTS_AT).and_then(Option::as_deref).unwrap_or_default();
        if !written.ends_with('Z') && local.offset() != row.starts_at.offset() {
            let (said, has): (&FixedOffset, &FixedOffset) = (row.starts_at.offset(), local.offset());
            let message = format!("the UTC offset is {said}, but {} has {has} on that day", zone.name());
            let clock = |at: DateTime<FixedOffset>| at.format("%-I:%M %p").to_string();
            let example = format!("is it {} or {}?", clock(local), clock(row.starts_at));
            self.note(message, row.line, example);
        }
        if local.time() == NaiveTime::MIN {
            let example = "a text would state the wrong time".to_owned();
            self.note("the start is at midnight, which usually means an all-day entry".to_owned(), row.line, example);
        }
    }

    fn note(&mut self, message: String, line: u64, example: String) {
        let first = || (Count { rows: 0, first_line: line }, example);
        self.0.entry(message).or_insert_with(first).0.rows += 1;
    }

    fn tell(&mut self, report: &mut Report) {
        for (message, (count, example)) in std::mem::take(&mut self.0) {
            report.reasons.insert((Cost::Notice, reason_of("starts_at", format!("{message}; {example}"))), count);
        }
    }
}
