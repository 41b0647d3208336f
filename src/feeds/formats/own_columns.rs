//! Delimited text with the column names of the table `appointments`: UTF-8, or UTF-16 with a byte order mark.

use std::io::Read;

use chrono::{DateTime, FixedOffset};

use crate::domain::appointment::{Appointment, COLUMNS};
use crate::domain::ids::is_a_slip_of;
use crate::domain::private::Private;
use crate::feeds::formats::delimited::Reader;
use crate::feeds::formats::row::{BrokenRow, FormatError, Limits, RawRow, Row, RowFault};
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

/// Namespace of patient ids derived from a name and a birth date (RFC 9562, version 5). It must never change.
const DERIVED_PATIENTS: uuid::Uuid = uuid::Uuid::from_u128(0x6c65_6164_7469_6d65_8000_7061_7469_656e);

/// The file is not such a CSV: none of it is used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSuchCsv {
    /// The file cannot be read.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The first line is not a valid header.
    #[error("{0}")]
    Header(String),
}

/// A row that can be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GoodRow {
    /// Its line in the file, from 1.
    pub(crate) line: u64,
    /// Its cells in the order of [`COLUMNS`]; `None` where the file has no value.
    pub(crate) cells: Vec<Option<String>>,
    /// Its start.
    pub(crate) starts_at: DateTime<FixedOffset>,
}

/// A row that cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadRow {
    /// Its line in the file, from 1.
    pub(crate) line: u64,
    /// The column with the fault, or `row` if the whole row is at fault.
    pub(crate) column: &'static str,
    /// What is wrong.
    pub(crate) reason: String,
    /// The appointment's id, if it could be read.
    pub(crate) id: Option<String>,
    /// Whether the id certainly belongs to this row, which is not so when cells may be in the wrong columns.
    pub(crate) id_is_sure: bool,
}

/// The rows of a file, one after another; memory use does not grow with the file.
#[derive(Debug)]
pub(crate) struct OwnRows<'f, R> {
    reader: Reader<R>,
    /// Which of Leadtime's columns each column of the file is.
    columns: Vec<Option<usize>>,
    /// Columns of the file that are not used.
    pub(crate) unused: Vec<String>,
    /// The feed of rows that do not name one.
    feed: &'f str,
}

/// Starts reading: checks the header.
pub(crate) fn open<R: Read>(source: R, feed: &str, limits: Limits) -> Result<OwnRows<'_, R>, NotSuchCsv> {
    let reader = Reader::open_with_header(source, limits)?;
    let (columns, unused) = columns_of(&reader.dialect().names)?;
    Ok(OwnRows { reader, columns, unused, feed })
}

fn columns_of(header: &[String]) -> Result<(Vec<Option<usize>>, Vec<String>), NotSuchCsv> {
    let wrong = |message: String| NotSuchCsv::Header(message);
    let mut columns: Vec<Option<usize>> = Vec::new();
    let mut unused = Vec::new();
    for name in header {
        if name.contains('\u{fffd}') {
            return Err(wrong("the file is not UTF-8 text; save it as \"CSV UTF-8\"".to_owned()));
        }
        let name = name.trim().to_ascii_lowercase();
        let column = own_column(&name);
        if column.is_some() && columns.contains(&column) {
            return Err(wrong(format!("the header contains the column `{name}` twice")));
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
            "the first line is not the header of an appointment file: it has no column {}; the possible columns are {}",
            missing.join(" and no column "),
            COLUMNS.join(", ")
        )));
    }
    if !has(PATIENT_ID) && !has(FIRST_NAME) && !has(LAST_NAME) {
        return Err(wrong("the header has neither patient_id nor a name, so patients cannot be told apart".to_owned()));
    }
    // A typo must not silently drop a column; any other unknown column is the practice's own.
    let absent: Vec<&str> = COLUMNS.iter().enumerate().filter(|(i, _)| !has(*i)).map(|(_, name)| *name).collect();
    for name in &unused {
        if let Some(near) = absent.iter().find(|column| is_a_slip_of(name, column)) {
            return Err(wrong(format!("the header contains a column `{name}`; did you mean `{near}`?")));
        }
    }
    Ok((columns, unused))
}

fn own_column(name: &str) -> Option<usize> {
    COLUMNS.iter().position(|known| *known == name)
}

impl<R: Read> OwnRows<'_, R> {
    /// The columns of the file, in the order of [`COLUMNS`].
    pub(crate) fn present(&self) -> Vec<&'static str> {
        COLUMNS.iter().enumerate().filter(|(i, _)| self.columns.contains(&Some(*i))).map(|(_, name)| *name).collect()
    }

    /// The next row that is not blank; `None` at the end.
    #[allow(
        clippy::should_implement_trait,
        reason = "the file can fail as a whole and each row can fail: two kinds of error"
    )]
    pub(crate) fn next(&mut self) -> Result<Option<Result<GoodRow, BadRow>>, NotSuchCsv> {
        let (columns, feed) = (&self.columns, self.feed);
        Ok(match self.reader.next()? {
            None => None,
            Some(Row::Cells(row)) if row.len() == columns.len() => Some(good_or_bad(row, columns, feed)),
            Some(Row::Cells(row)) => {
                let fault = RowFault::Width { found: row.len(), expected: columns.len() };
                let cells = row.cells().map(str::to_owned).collect();
                Some(Err(broken(&BrokenRow { record: row.record, line: row.line, cells, fault }, columns)))
            }
            Some(Row::Broken(row)) => Some(Err(broken(&row, columns))),
        })
    }
}

/// A row whose cells cannot be separated reliably.
fn broken(row: &BrokenRow, columns: &[Option<usize>]) -> BadRow {
    let id = columns.iter().position(|column| *column == Some(ID)).and_then(|at| row.cells.get(at));
    let id = id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty() && !id.contains('"'));
    let id_is_sure = id.is_some() && !matches!(row.fault, RowFault::Width { .. } | RowFault::SwallowedRows);
    BadRow { line: row.line, column: "row", reason: row.fault.to_string(), id, id_is_sure }
}

fn good_or_bad(row: &RawRow, columns: &[Option<usize>], feed: &str) -> Result<GoodRow, BadRow> {
    let line = row.line;
    let mut cells: Vec<Option<String>> = vec![None; COLUMNS.len()];
    let mut unreadable = None;
    for (text, column) in row.cells().zip(columns) {
        let Some(column) = *column else { continue };
        if text.contains('\u{fffd}') {
            unreadable = Some(column);
        }
        cells[column] = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    }
    let id = cells[ID].clone();
    let sure = id.is_some();
    let bad = |column: usize, reason: String| BadRow {
        line,
        column: COLUMNS[column],
        reason,
        id: id.clone(),
        id_is_sure: sure,
    };
    if let Some(column) = unreadable {
        return Err(bad(column, "this cell is not UTF-8 text; save the file as \"CSV UTF-8\"".to_owned()));
    }
    if id.is_none() {
        return Err(bad(ID, "the id is empty".to_owned()));
    }
    if cells[STATUS].is_none() && columns.contains(&Some(STATUS)) {
        return Err(bad(STATUS, "the status is empty".to_owned()));
    }
    let starts_at = check_cells(&mut cells, feed).map_err(|(column, reason)| bad(column, reason))?;
    Ok(GoodRow { line, cells, starts_at })
}

/// Checks and normalizes the cells. Returns the start, or the column at fault and what is wrong with it.
fn check_cells(cells: &mut [Option<String>], feed: &str) -> Result<DateTime<FixedOffset>, (usize, String)> {
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
        return Err((ENDS_AT, "the appointment ends before it starts".to_owned()));
    }
    cells[FEED].get_or_insert_with(|| feed.to_owned());
    if cells[PATIENT_ID].is_none() {
        cells[PATIENT_ID] = Some(derived_patient(cells)?);
    }
    Ok(starts_at)
}

/// The id of a patient without one: the same for the same name and birth date, and revealing neither.
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

/// Whether this appointment's patient is identified by name only, so that a namesake gets the same id.
pub(crate) fn is_known_by_name_alone(appointment: &Appointment) -> bool {
    let name = |part: &Private<Option<String>>| part.0.clone().unwrap_or_default();
    appointment.date_of_birth.0.is_none()
        && appointment.patient_id.0 == derived_from(&name(&appointment.first_name), &name(&appointment.last_name), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Result<GoodRow, BadRow>> {
        let mut feed = open(text.as_bytes(), "csv", Limits::default()).unwrap();
        std::iter::from_fn(|| feed.next().unwrap()).collect()
    }

    fn refused(bytes: &[u8]) -> String {
        open(bytes, "csv", Limits::default()).unwrap_err().to_string()
    }

    #[test]
    fn columns_are_read_in_any_order_with_a_bom_or_semicolons() {
        for text in [
            "id,patient_id,starts_at\nA1,P1,2026-03-10T15:00:00Z\n",
            "\u{feff}starts_at,ID, patient_id \r\n2026-03-10T15:00:00Z,A1,P1\r\n\r\n",
            "patient_id;starts_at;id\nP1;2026-03-10T15:00:00Z;A1",
        ] {
            let rows = rows(text);
            let row = rows[0].as_ref().unwrap();
            assert_eq!((rows.len(), row.line, row.cells[ID].as_deref().unwrap()), (1, 2, "A1"));
            assert_eq!(row.cells[PATIENT_ID].as_deref(), Some("P1"));
        }
    }

    #[test]
    fn files_without_leadtimes_columns_are_refused() {
        for (bytes, word) in [
            (&b""[..], "the file is empty"),
            (b"hello\n", "no column id and no column starts_at"),
            (b"id,starts_at\n", "neither patient_id nor a name"),
            (b"id,starts_at,patient_id,id\n", "twice"),
            (b"id,starts_at,patient_id,frist_name\n", "did you mean `first_name`"),
            (b"\xe9d,starts_at\n", "not UTF-8"),
            (b"\xff\xfei\0d\0", "no column starts_at"),
            (b"\x00\x01\x02\x03", "not a text file"),
        ] {
            let why = refused(bytes);
            assert!(why.contains(word), "{why}");
        }
        assert_eq!(open(&b"id,starts_at,patient_id,room\n"[..], "csv", Limits::default()).unwrap().unused, ["room"]);
    }

    #[test]
    fn bad_rows_report_line_and_column_and_good_rows_are_kept() {
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
                Ok(good) => (good.line, "", good.cells[ID].as_deref().unwrap().starts_with(['A', 'B'])),
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
    fn a_patient_without_an_id_is_identified_by_name_and_birth_date() {
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
