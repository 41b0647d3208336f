//! CSV with the column names of the table `appointments`: comma or semicolon, UTF-8 with or without BOM.

use std::io::{BufRead, BufReader, Read};

use ::csv::{ByteRecord, Reader, ReaderBuilder};
use chrono::{DateTime, FixedOffset};

use crate::domain::appointment::{Appointment, COLUMNS};
use crate::domain::ids::is_a_slip_of;
use crate::domain::private::Private;
use crate::feeds::formats::line_ends::LineFeeds;
use crate::feeds::mapping::cell;

const ID: usize = 0;
const PATIENT_ID: usize = 1;
const FIRST_NAME: usize = 2;
const LAST_NAME: usize = 3;
const DATE_OF_BIRTH: usize = 4;
const STARTS_AT: usize = 10;
const ENDS_AT: usize = 11;
const STATUS: usize = 12;
const FEED: usize = 14;

/// The feed of rows that name none.
pub(crate) const FEED_NAME: &str = "csv";

/// Namespace of patient ids made from a name and a birth date (RFC 9562, version 5); fixed for ever.
const DERIVED_PATIENTS: uuid::Uuid = uuid::Uuid::from_u128(0x6c65_6164_7469_6d65_8000_7061_7469_656e);

/// The file is not such a CSV: nothing of it is used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSuchCsv {
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// Its first line is no header.
    #[error("{0}")]
    Header(String),
}

/// A row that can be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GoodRow {
    /// Its line in the file, from 1.
    pub(crate) line: u64,
    /// Its cells in the order of [`COLUMNS`]; what the file does not say is `None`.
    pub(crate) cells: Vec<Option<String>>,
    /// Its start.
    pub(crate) starts_at: DateTime<FixedOffset>,
}

impl GoodRow {
    /// The appointment's id.
    pub(crate) fn id(&self) -> &str {
        self.cells[ID].as_deref().unwrap_or_default()
    }
}

/// A row that cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadRow {
    /// Its line in the file, from 1.
    pub(crate) line: u64,
    /// The column that is wrong; `row` where it is the row.
    pub(crate) column: &'static str,
    /// What is wrong.
    pub(crate) reason: String,
    /// The appointment's id, if that much could be read.
    pub(crate) id: Option<String>,
    /// Its cells do not stand where they should, or it swallowed the rows behind it: which appointments it is about is not
    /// known for sure.
    pub(crate) broken: bool,
}

/// Rows of a CSV, one after another; memory does not grow with the file.
pub(crate) struct CsvRows<R> {
    reader: Reader<R>,
    /// Which canonical column each column of the file is.
    columns: Vec<Option<usize>>,
    /// Columns of the file that are not used.
    pub(crate) unused: Vec<String>,
    record: ByteRecord,
}

impl<R> std::fmt::Debug for CsvRows<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvRows").field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// Begins to read: checks the header.
///
/// # Errors
/// The file is not such a CSV.
pub(crate) fn open<R: Read>(source: R) -> Result<CsvRows<impl Read>, NotSuchCsv> {
    let mut source = BufReader::with_capacity(1 << 16, source);
    let start = source.fill_buf()?;
    let bom = start.starts_with(b"\xef\xbb\xbf");
    let first_line = start.split(|b| *b == b'\n').next().unwrap_or_default();
    let delimiter = if !first_line.contains(&b',') && first_line.contains(&b';') { b';' } else { b',' };
    if bom {
        source.consume(3);
    }
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(LineFeeds::new(source, delimiter));
    let header = reader.byte_headers().map_err(as_io)?.clone();
    let (columns, unused) = columns_of(&header)?;
    Ok(CsvRows { reader, columns, unused, record: ByteRecord::new() })
}

fn as_io(error: ::csv::Error) -> std::io::Error {
    std::io::Error::other(error.to_string())
}

fn columns_of(header: &ByteRecord) -> Result<(Vec<Option<usize>>, Vec<String>), NotSuchCsv> {
    let wrong = |message: String| NotSuchCsv::Header(message);
    let mut columns: Vec<Option<usize>> = Vec::new();
    let mut unused = Vec::new();
    for cell in header {
        let name = std::str::from_utf8(cell)
            .map_err(|_| wrong("the file is not UTF-8 text; save it as \"CSV UTF-8\"".to_owned()))?;
        let name = name.trim().to_ascii_lowercase();
        let column = COLUMNS.iter().position(|known| *known == name);
        if column.is_some() && columns.contains(&column) {
            return Err(wrong(format!("the header names the column `{name}` twice")));
        }
        columns.push(column);
        if column.is_none() {
            unused.push(name);
        }
    }
    let has = |column: usize| columns.contains(&Some(column));
    let missing: Vec<&str> = [ID, STARTS_AT].into_iter().filter(|c| !has(*c)).map(|c| COLUMNS[c]).collect();
    if !missing.is_empty() {
        return Err(wrong(format!(
            "the first line is not the header of an appointment file: it has no column {}; the columns are {}",
            missing.join(" and no column "),
            COLUMNS.join(", ")
        )));
    }
    if !has(PATIENT_ID) && !has(FIRST_NAME) && !has(LAST_NAME) {
        return Err(wrong("the header has neither patient_id nor a name: patients could not be told apart".to_owned()));
    }
    // A slip of the pen must not quietly drop a column; any other is somebody's own.
    for name in &unused {
        let mut absent = COLUMNS.iter().enumerate().filter(|(i, _)| !has(*i)).map(|(_, name)| *name);
        if let Some(near) = absent.find(|column| is_a_slip_of(name, column)) {
            return Err(wrong(format!("the header names a column `{name}`; did you mean `{near}`?")));
        }
    }
    Ok((columns, unused))
}

impl<R: Read> CsvRows<R> {
    /// The columns the file has, in the order of [`COLUMNS`].
    pub(crate) fn present(&self) -> Vec<&'static str> {
        COLUMNS.iter().enumerate().filter(|(i, _)| self.columns.contains(&Some(*i))).map(|(_, name)| *name).collect()
    }

    /// The next row that is not blank; `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read further.
    #[allow(clippy::should_implement_trait, reason = "it can fail as a whole and in each row: two kinds of error")]
    pub(crate) fn next(&mut self) -> Result<Option<Result<GoodRow, BadRow>>, NotSuchCsv> {
        loop {
            if !self.reader.read_byte_record(&mut self.record).map_err(as_io)? {
                return Ok(None);
            }
            if self.record.iter().any(|cell| !cell.trim_ascii().is_empty()) {
                // The reader stands behind the row's line feed; a row begins before the line feeds in its cells. (Its
                // own idea of a row's position forgets blank lines.)
                let within: usize = self.record.iter().flatten().filter(|byte| **byte == b'\n').count();
                let line = self.reader.position().line() - 1 - within as u64;
                return Ok(Some(self.row(line)));
            }
        }
    }

    fn row(&self, line: u64) -> Result<GoodRow, BadRow> {
        let mut cells: Vec<Option<String>> = vec![None; COLUMNS.len()];
        let mut unreadable = None;
        for (cell, column) in self.record.iter().zip(&self.columns) {
            let Some(column) = *column else { continue };
            match std::str::from_utf8(cell) {
                Ok(text) if text.contains('\0') => unreadable = Some((column, "this holds a NUL byte")),
                Ok(text) => cells[column] = Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
                Err(_) => unreadable = Some((column, "this is not UTF-8 text; save the file as \"CSV UTF-8\"")),
            }
        }
        let id = cells[ID].clone();
        let broken = self.record.iter().flatten().any(|byte| *byte == b'\n');
        let bad =
            |column: usize, reason: String| BadRow { line, column: COLUMNS[column], reason, id: id.clone(), broken };
        if self.record.len() != self.columns.len() {
            let reason = format!("the row has {} cells, the header {}", self.record.len(), self.columns.len());
            return Err(BadRow { line, column: "row", reason, id, broken: true });
        }
        if let Some((column, reason)) = unreadable {
            return Err(bad(column, reason.to_owned()));
        }
        if id.is_none() {
            return Err(bad(ID, "the id is empty".to_owned()));
        }
        if cells[STATUS].is_none() && self.columns.contains(&Some(STATUS)) {
            return Err(bad(STATUS, "the status is empty".to_owned()));
        }
        let starts_at = check_cells(&mut cells).map_err(|(column, reason)| bad(column, reason))?;
        Ok(GoodRow { line, cells, starts_at })
    }
}

/// Checks and normalises the cells; the start on success, the column and what is wrong with it otherwise.
fn check_cells(cells: &mut [Option<String>]) -> Result<DateTime<FixedOffset>, (usize, String)> {
    let mut starts_at = None;
    for column in 0..COLUMNS.len() {
        let Some(text) = cells[column].clone() else { continue };
        let checked = match COLUMNS[column] {
            "starts_at" | "ends_at" | "booked_at" => cell::instant(&text).map(|(at, kept)| {
                if column == STARTS_AT {
                    starts_at = Some(at);
                }
                cells[column] = Some(kept);
            }),
            "date_of_birth" => cell::birth_date(&text),
            "status" => cell::status(&text),
            "consent" => cell::consent(&text),
            "language" => cell::language(&text),
            "first_name" | "last_name" => cell::name(&text),
            "description" => cell::text(&text),
            _ => cell::one_line(&text),
        };
        checked.map_err(|reason| (column, reason))?;
    }
    let starts_at = starts_at.ok_or((STARTS_AT, "the start is empty".to_owned()))?;
    let ends_at = cells[ENDS_AT].as_deref().and_then(|text| cell::instant(text).ok());
    if ends_at.is_some_and(|(end, _)| end < starts_at) {
        return Err((ENDS_AT, "the visit ends before it starts".to_owned()));
    }
    cells[FEED].get_or_insert_with(|| FEED_NAME.to_owned());
    if cells[PATIENT_ID].is_none() {
        cells[PATIENT_ID] = Some(derived_patient(cells)?);
    }
    Ok(starts_at)
}

/// An id for a patient without one: the same for the same name and birth date, and telling neither.
fn derived_patient(cells: &[Option<String>]) -> Result<String, (usize, String)> {
    let part = |column: usize| cells[column].as_deref().unwrap_or_default();
    if part(FIRST_NAME).is_empty() && part(LAST_NAME).is_empty() {
        return Err((PATIENT_ID, "the row has neither a patient_id nor a name".to_owned()));
    }
    Ok(derived_from(part(FIRST_NAME), part(LAST_NAME), part(DATE_OF_BIRTH)))
}

fn derived_from(first: &str, last: &str, born: &str) -> String {
    let who = format!("{}\n{}\n{}", first.to_lowercase(), last.to_lowercase(), born.to_lowercase());
    uuid::Uuid::new_v5(&DERIVED_PATIENTS, who.as_bytes()).to_string()
}

/// Whether nothing but the name tells this appointment's patient from others, so that a namesake has the same id.
pub(crate) fn is_known_by_name_alone(appointment: &Appointment) -> bool {
    let name = |part: &Private<Option<String>>| part.0.clone().unwrap_or_default();
    appointment.date_of_birth.0.is_none()
        && appointment.patient_id.0 == derived_from(&name(&appointment.first_name), &name(&appointment.last_name), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Result<GoodRow, BadRow>> {
        let mut feed = open(text.as_bytes()).unwrap();
        std::iter::from_fn(|| feed.next().unwrap()).collect()
    }

    fn refused(bytes: &[u8]) -> String {
        open(bytes).unwrap_err().to_string()
    }

    #[test]
    fn header_in_any_order_with_bom_and_semicolons() {
        for text in [
            "id,patient_id,starts_at\nA1,P1,2026-03-10T15:00:00Z\n",
            "\u{feff}starts_at,ID, patient_id \r\n2026-03-10T15:00:00Z,A1,P1\r\n\r\n",
            "patient_id;starts_at;id\nP1;2026-03-10T15:00:00Z;A1",
        ] {
            let rows = rows(text);
            let row = rows[0].as_ref().unwrap();
            assert_eq!((rows.len(), row.line, row.id()), (1, 2, "A1"));
            assert_eq!(row.cells[PATIENT_ID].as_deref(), Some("P1"));
        }
    }

    #[test]
    fn what_is_no_such_csv() {
        for (bytes, word) in [
            (&b""[..], "no column id"),
            (b"hello\n", "no column id and no column starts_at"),
            (b"id,starts_at\n", "neither patient_id nor a name"),
            (b"id,starts_at,patient_id,id\n", "twice"),
            (b"id,starts_at,patient_id,frist_name\n", "did you mean `first_name`"),
            (b"\xff\xfei\0d\0", "not UTF-8"),
            (b"\x00\x01\x02\x03", "no column id"),
        ] {
            let why = refused(bytes);
            assert!(why.contains(word), "{why}");
        }
        assert_eq!(open(&b"id,starts_at,patient_id,room\n"[..]).unwrap().unused, ["room"]);
    }

    #[test]
    fn bad_rows_name_line_and_column_and_good_ones_are_kept() {
        let text = "id,patient_id,starts_at,status,consent,date_of_birth\n\
            A1,P1,2026-03-10T15:00:00Z,booked,,\n\
            A2,P1,2026-03-10T15:00:00,booked,,\n\
            ,P1,2026-03-10T15:00:00Z,booked,,\n\
            A4,,2026-03-10T15:00:00Z,booked,,\n\
            A5,P1,2026-03-10T15:00:00Z,pending,,\n\
            A6,P1,2026-03-10T15:00:00Z,booked,maybe,\n\
            A7,P1,2026-03-10T15:00:00Z,booked,,1988-02-30\n\
            A8,P1,2026-03-10T15:00:00Z\n\
            A9,P1,,booked,,\n\
            B1,P1,2026-03-10T15:00:00Z,,,\n\
            \n\"B2\n\",P1,2026-03-10T15:00:00Z,booked,yes,1988-03-22\n\
            B3,P1,2026-03-10T15:00:00Z,booked,yes,1988-03-22";
        let found: Vec<(u64, &str, bool)> = rows(text)
            .iter()
            .map(|r| match r {
                Ok(good) => (good.line, "", good.id().starts_with(['A', 'B'])),
                Err(bad) => (bad.line, bad.column, bad.id.is_some()),
            })
            .collect();
        assert_eq!(
            found,
            [
                (2, "", true),
                (3, "starts_at", true),
                (4, "id", false),
                (5, "patient_id", true),
                (6, "status", true),
                (7, "consent", true),
                (8, "date_of_birth", true),
                (9, "row", true),
                (10, "starts_at", true),
                (11, "status", true),
                (13, "", true),
                (15, "", true),
            ]
        );
    }

    #[test]
    fn a_patient_without_id_is_known_by_name_and_birth_date() {
        let text = "id,first_name,last_name,date_of_birth,starts_at\n\
            A1,Sarah,Johnson,1988-03-22,2026-03-10T15:00:00Z\n\
            A2,SARAH,johnson,1988-03-22,2026-03-11T15:00:00Z\n\
            A3,Sarah,Johnson,1990-03-22,2026-03-11T15:00:00Z\n";
        let ids: Vec<String> = rows(text).into_iter().map(|r| r.unwrap().cells[PATIENT_ID].clone().unwrap()).collect();
        assert_eq!(ids[0], ids[1]);
        assert_ne!(ids[0], ids[2]);
        assert!(!ids[0].contains("ohnson"));
    }
}
