//! The second pass over a file: each row becomes an appointment or gets a reason why not.

use std::collections::BTreeMap;
use std::io::Read;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};

use super::off_book::{is_kept_free, is_nobody};
use super::outcome::{MappedAppointment, MappedRow, Outcome};
use super::report::{Cost, Reason, Report};
use super::start::{self, Oddity};
use super::status::{self, Said};
use super::survey::{MappingError, Survey, is_of_interest, options, survey};
use super::{cells, ids, refusals};
use crate::config::feeds::{Feed, Field, StatusMeaning, ZoneSource};
use crate::config::values::zones::Zones;
use crate::domain::appointment::{Consent, Status};
use crate::domain::fold::fold;
use crate::domain::phone::Country;
use crate::domain::private::Private;
use crate::domain::zone::Zone;
use crate::feeds::formats::delimited::Reader;
use crate::feeds::formats::{BrokenRow, FormatError, RawRow, Row, RowFault};
use crate::feeds::mapping::moment::MomentFault;

/// Longest id.
const LONGEST_ID: usize = 200;

/// The parts of the practice's configuration, other than the feed, that mapping needs.
#[derive(Debug, Clone)]
pub struct Context<'c> {
    /// Today's date at the practice, by which two-digit years and implausible dates are judged.
    pub today: NaiveDate,
    /// The practice's zone.
    pub zone: Zone,
    /// The practice's country, for words in phone cells.
    pub country: Country,
    /// The locations, each with its own time zone if it has one.
    pub locations: BTreeMap<String, Option<Zone>>,
    /// Loads the time zones that a column names.
    pub zones: &'c Zones,
}

/// Maps the rows of one file.
#[derive(Debug)]
pub struct Mapper<'m> {
    pub(super) feed: &'m Feed,
    pub(super) context: &'m Context<'m>,
    pub(super) survey: &'m Survey,
    zones: BTreeMap<String, Option<Zone>>,
    /// The result for the rows so far.
    pub report: Report,
}

/// A start time that was read.
struct Start {
    at: DateTime<FixedOffset>,
    wall: NaiveDateTime,
    range: Option<chrono::NaiveTime>,
    zone: Zone,
    oddity: Option<Oddity>,
}

impl<'m> Mapper<'m> {
    /// Creates a mapper for a surveyed file.
    pub fn new(feed: &'m Feed, context: &'m Context<'m>, survey: &'m Survey) -> Mapper<'m> {
        Mapper { feed, context, survey, zones: BTreeMap::new(), report: Report::default() }
    }

    /// Maps a record.
    pub fn row(&mut self, row: Row<'_>) -> MappedRow {
        let (record, line, outcome) = match row {
            Row::Cells(row) => (row.record, row.line, self.cells(row)),
            Row::Broken(row) => (row.record, row.line, self.broken(&row)),
        };
        match &outcome {
            Outcome::Appointment(_) => self.report.appointments += 1,
            Outcome::Cancelled { .. } => self.report.cancelled += 1,
            Outcome::Ignored { .. } => self.report.ignored += 1,
            Outcome::Elsewhere => self.report.elsewhere += 1,
            Outcome::Refused { reason, .. } => {
                self.report.refused += 1;
                self.report.add(Cost::Row, line, reason.clone());
            }
        }
        MappedRow { record, line, outcome }
    }

    fn broken(&self, row: &BrokenRow) -> Outcome {
        let id = match self.survey.binding.indices(Field::Id) {
            [at] => row.cells.get(*at).and_then(|cell| cells::id(cell)).map(|id| self.prefixed(id)),
            _ => None,
        };
        // If a row has the wrong number of cells, any of them may be in the wrong column.
        let id_is_sure = id.is_some() && !matches!(row.fault, RowFault::Width { .. } | RowFault::SwallowedRows);
        Outcome::Refused { id, id_is_sure, start: None, reason: Reason::row(row.fault.to_string()) }
    }

    fn cells(&mut self, row: &RawRow) -> Outcome {
        // A row may omit blank cells at its end, but none that the feed reads: the row could also have been cut off.
        if row.len() < self.survey.binding.needed {
            let expected = self.survey.dialect.width;
            let broken = BrokenRow {
                record: row.record,
                line: row.line,
                cells: row.cells().map(str::to_owned).collect(),
                fault: RowFault::Width { found: row.len(), expected },
            };
            return self.broken(&broken);
        }
        if !is_of_interest(&self.survey.binding, row) {
            return Outcome::Elsewhere;
        }
        let start = self.start(row);
        if is_kept_free(&self.survey.binding, self.feed, row) {
            let derived = || start.ok().and_then(|start| self.derived_id(row, start.wall));
            return Outcome::Ignored { id: self.own_id(row).or_else(derived) };
        }
        let derived = self.feed.columns.derived_id;
        let id = if derived { Ok(None) } else { self.id(row).map(Some) };
        let id = match id {
            Ok(id) => id.or_else(|| start.as_ref().ok().and_then(|start| self.derived_id(row, start.wall))),
            Err(reason) => {
                let start = start.ok().map(|start| start.at);
                return Outcome::Refused { id: None, id_is_sure: false, start, reason };
            }
        };
        // The status comes first: a row that is cancelled or not on the schedule needs no start time.
        let meaning = match self.meaning(row, start.as_ref().ok()) {
            Ok(meaning) => meaning,
            Err(reason) => {
                let reason = self.problem(row).unwrap_or(reason);
                return refused(id, start.ok().map(|start| start.at), reason);
            }
        };
        let Some(status) = meaning.status() else { return Outcome::Ignored { id } };
        if meaning.is_live()
            && let Some(problem) = self.problem(row)
        {
            return refused(id, start.ok().map(|start| start.at), problem);
        }
        let start = match (start, meaning, &id) {
            (Ok(start), ..) => start,
            (Err(_), StatusMeaning::Cancelled, Some(id)) => return Outcome::Cancelled { id: id.clone() },
            (Err(reason), ..) => return refused(id, None, reason),
        };
        match id {
            Some(id) => self.appointment(row, id, status, start),
            None if is_nobody(&self.survey.binding, self.feed, row) => Outcome::Ignored { id: None },
            None => {
                let reason =
                    Reason::row("the row has no patient name, so Leadtime cannot tell whose appointment it is");
                Outcome::Refused { id: None, id_is_sure: false, start: Some(start.at), reason }
            }
        }
    }

    /// Why the reader of another format says that the row must not be used.
    fn problem(&self, row: &RawRow) -> Option<Reason> {
        let words = row.cell(self.survey.binding.problem?);
        (!words.is_empty()).then(|| Reason::row(words.to_owned()))
    }

    /// What the row's status means.
    fn meaning(&self, row: &RawRow, start: Option<&Start>) -> Result<StatusMeaning, Reason> {
        match self.meaning_of_status(row, start) {
            // A calendar's title may say it, whatever the status is.
            Ok(meaning) if self.is_called_off(row) => Ok(meaning.max(StatusMeaning::Cancelled)),
            of_status => of_status,
        }
    }

    fn meaning_of_status(&self, row: &RawRow, start: Option<&Start>) -> Result<StatusMeaning, Reason> {
        let own = self.survey.binding.text(row, self.feed, Field::Status);
        let own = own.as_deref().map(cells::unwrapped);
        let beside = |name: &str| cells::unwrapped(self.survey.binding.by_name(row, name));
        let (word, message) = match status::read(&self.feed.status, own, beside) {
            Said::Known(meaning) if self.is_doubtful(own, meaning, start) => (
                own.unwrap_or_default().to_owned(),
                "usually says that a visit is over, but this one is still to come; say what it means in [feed.status]",
            ),
            Said::Known(meaning) => return Ok(meaning),
            Said::Unknown(word) if word.is_empty() => {
                (word, "the status is empty; say what \"\" means in [feed.status]")
            }
            Said::Unknown(word) => (word, "is not a known status; add it to [feed.status]"),
        };
        let shown = Some(word.as_str()).filter(|word| !word.is_empty());
        Err(self.reason(Field::Status, shown, message))
    }

    /// Whether a common word for completed or no-show stands on a day after today, and the feed does not say what it
    /// means: some systems write `Show` for every appointment until somebody changes it.
    fn is_doubtful(&self, own: Option<&str>, meaning: StatusMeaning, start: Option<&Start>) -> bool {
        let over = matches!(meaning, StatusMeaning::Completed | StatusMeaning::NoShow);
        let ahead = start.is_some_and(|start| start.wall.date() > self.context.today);
        let listed = |word: &&str| self.feed.status.words.contains_key(&fold(word));
        over && ahead && own.filter(|word| !listed(word)).is_some_and(|word| status::common(word) == Some(meaning))
    }

    fn appointment(&mut self, row: &RawRow, id: String, status: Status, start: Start) -> Outcome {
        let (first_name, last_name) = self.names(row);
        let date_of_birth = self.birth_date(row);
        let Some(patient_id) = self.patient_id(row, &first_name, &last_name, &date_of_birth) else {
            let reason =
                Reason::row("the row has no patient id and no name, so Leadtime cannot tell whose appointment it is");
            return refused(Some(id), Some(start.at), reason);
        };
        self.report_oddity(row.line, &start);
        let phone = self.phone(row);
        let is_ahead = status.is_live() && start.wall.date() >= self.context.today;
        self.report_no_name(row.line, first_name.is_none() && phone.is_some() && is_ahead);
        if phone.as_deref().is_some_and(cells::has_lost_digits) {
            let message = "is a phone number that lost digits in a spreadsheet; the patient cannot be texted";
            self.complain(Cost::Notice, row.line, Field::Phone, phone.as_deref(), message);
        }
        let mut consent = self.consent(row);
        if let Some(at) = refusals::refusing_column(&self.survey.binding, row, self.context.country) {
            consent = Some(Consent::No);
            self.report_refusal(row.line, at);
        }
        Outcome::Appointment(Box::new(MappedAppointment {
            id,
            patient_id,
            first_name: Private(first_name),
            last_name: Private(last_name),
            date_of_birth: Private(date_of_birth),
            phone: Private(phone),
            language: self.language(row),
            type_id: self.plain(row, Field::TypeId),
            description: Private(self.plain(row, Field::Description)),
            provider: Private(self.plain(row, Field::Provider)),
            starts_at: start.at,
            ends_at: self.end(row, start.at, start.wall, start.range, &start.zone),
            status,
            location: self.location(row),
            feed: self.feed.name.clone(),
            booked_at: self.booked_at(row, &start.zone),
            consent,
            local_start: start.wall,
        }))
    }

    fn report_oddity(&mut self, line: u64, start: &Start) {
        let message = match start.oddity {
            None => return,
            Some(Oddity::Midnight) => "is at midnight, which usually means an all-day entry".to_owned(),
            Some(Oddity::Fold) => {
                "is in the hour that repeats when the clocks go back; the earlier time is used".to_owned()
            }
            Some(Oddity::Gap) => {
                format!(
                    "is a time that the clock skips when it goes forward; moved to {}",
                    start.at.format("%-I:%M %p")
                )
            }
        };
        let text = start.wall.format("%Y-%m-%d %H:%M").to_string();
        self.complain(Cost::Notice, line, Field::StartsAt, Some(&text), message);
    }

    /// The appointment's id from its column, if the feed has one and the cell is readable.
    fn own_id(&self, row: &RawRow) -> Option<String> {
        if self.feed.columns.derived_id { None } else { self.id(row).ok() }
    }

    /// The appointment's id, from its column.
    fn id(&self, row: &RawRow) -> Result<String, Reason> {
        let cell = self.survey.binding.text(row, self.feed, Field::Id).unwrap_or_default();
        let Some(id) = cells::id(&cell) else { return Err(self.reason(Field::Id, None, "the id is empty")) };
        let message = match () {
            () if cells::has_lost_digits(id) => "is a number that lost digits in a spreadsheet",
            () if id.len() > LONGEST_ID || id.contains('"') || id.chars().any(char::is_control) => "is not a valid id",
            () if id.contains('\u{fffd}') => "contains unreadable characters",
            () => return Ok(self.prefixed(id)),
        };
        Err(self.reason(Field::Id, Some(id), message))
    }

    /// The patient's id, from its column or derived from the name and birth date.
    fn patient_id(
        &self,
        row: &RawRow,
        first: &Option<String>,
        last: &Option<String>,
        born: &Option<String>,
    ) -> Option<String> {
        if let Some(id) = self.own_patient_id(row) {
            return Some(self.prefixed(&id));
        }
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        (first.is_some() || last.is_some()).then(|| ids::patient(&part(first), &part(last), &part(born)))
    }

    pub(super) fn own_patient_id(&self, row: &RawRow) -> Option<String> {
        let cell = self.text(row, Field::PatientId)?;
        let usable =
            |id: &&str| !cells::has_lost_digits(id) && id.len() <= LONGEST_ID && !id.contains(['\n', '\u{fffd}']);
        cells::id(&cell).filter(usable).map(str::to_owned)
    }

    /// The id derived from patient and start, for feeds with `id = "derived"`.
    fn derived_id(&self, row: &RawRow, wall: NaiveDateTime) -> Option<String> {
        if !self.feed.columns.derived_id {
            return None;
        }
        // Reads the names without reporting damaged ones: that happens later, if the row becomes an appointment.
        let mut quiet = Mapper { report: Report::default(), zones: BTreeMap::new(), ..*self };
        let (first, last) = quiet.names(row);
        let born = quiet.birth_date(row).unwrap_or_default();
        let patient = self.own_patient_id(row);
        let named = first.is_some() || last.is_some() || patient.is_some();
        let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
        named.then(|| self.prefixed(&ids::appointment(&self.feed.name, patient.as_deref(), &first, &last, &born, wall)))
    }

    fn prefixed(&self, id: &str) -> String {
        match &self.feed.settings.id_prefix {
            Some(prefix) => format!("{prefix}{id}"),
            None => id.to_owned(),
        }
    }

    fn start(&mut self, row: &RawRow) -> Result<Start, Reason> {
        let cells = self.survey.binding.moments(row, self.feed, Field::StartsAt);
        let text = cells.join(" ");
        let Some(rules) = self.survey.dates.get(&Field::StartsAt) else {
            return Err(self.reason(Field::StartsAt, None, "this feed does not read the start"));
        };
        let fault = |fault: MomentFault| {
            let shown = Some(text.trim()).filter(|text| !text.is_empty());
            let message = if fault == MomentFault::Blank { "the start is empty" } else { fault.describe() };
            self.reason(Field::StartsAt, shown, message)
        };
        let reading = rules.read(&cells).map_err(fault)?;
        let time = reading.time.ok_or(MomentFault::NoTime).map_err(fault)?;
        let wall = reading.date.and_time(time);
        let zone = self.zone(row)?;
        match start::instant(wall, reading.offset, &zone, self.feed.settings.offsets) {
            Ok((at, oddity)) => {
                let wall = if reading.offset.is_some() { at.naive_local() } else { wall };
                Ok(Start { at, wall, range: reading.end, zone, oddity })
            }
            Err(wrong) => {
                self.report.wrong_offsets += 1;
                let message = format!(
                    "the start times have the UTC offset {}, but {} has {} on those dates; set offsets = \"trust\" if the offset is correct, or offsets = \"ignore\" if the clock time is correct",
                    wrong.said,
                    zone.name(),
                    wrong.zone
                );
                Err(self.reason(Field::StartsAt, None, message))
            }
        }
    }

    /// The time zone of the row: from its column, the feed, its location or the practice.
    fn zone(&mut self, row: &RawRow) -> Result<Zone, Reason> {
        if let Some(at) = self.survey.binding.zone
            && !row.cell(at).trim().is_empty()
        {
            let name = row.cell(at).trim();
            let zones = self.context.zones;
            let found = self.zones.entry(name.to_owned()).or_insert_with(|| zones.load(start::usual_zone(name)).ok());
            return found
                .clone()
                .ok_or_else(|| Reason::row(format!("\"{}\" is not a time zone", cells::shortened(name))));
        }
        if let Some(ZoneSource::Named(zone)) = &self.feed.settings.timezone {
            return Ok(zone.clone());
        }
        // Reads the location without reporting an unknown one: that happens later, if the row becomes an appointment.
        let mut quiet = Mapper { report: Report::default(), zones: BTreeMap::new(), ..*self };
        let own = quiet.location(row).and_then(|id| self.context.locations.get(&id).cloned()).flatten();
        Ok(own.unwrap_or_else(|| self.context.zone.clone()))
    }
}

fn refused(id: Option<String>, start: Option<DateTime<FixedOffset>>, reason: Reason) -> Outcome {
    Outcome::Refused { id_is_sure: id.is_some(), id, start, reason }
}

/// Maps a whole file, which is opened twice. Passes each row to `hear`; an error from `hear` stops the reading.
pub fn map_file<R: Read, E: From<MappingError> + From<FormatError>>(
    mut open: impl FnMut() -> std::io::Result<R>,
    feed: &Feed,
    context: &Context<'_>,
    mut hear: impl FnMut(MappedRow) -> Result<(), E>,
) -> Result<(Survey, Report), E> {
    let source = open().map_err(FormatError::Io)?;
    let survey = survey(source, feed, context.today)?;
    let source = open().map_err(FormatError::Io)?;
    let mut reader = Reader::open_as(source, survey.dialect.clone(), options(feed).limits)?;
    let mut mapper = Mapper::new(feed, context, &survey);
    while let Some(row) = reader.next()? {
        hear(mapper.row(row))?;
    }
    let report = mapper.report;
    Ok((survey, report))
}
