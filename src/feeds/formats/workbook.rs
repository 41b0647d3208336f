//! Turns one sheet of a spreadsheet (XLSX, XLS, ODS) into delimited text, which is then read like any export: one line for
//! each row of the sheet, dates as ISO text, whole numbers without a decimal point. Pure.

use std::io::{self, Read, Seek, Write};

use calamine::{Data, DataRef, Dimensions, ExcelDateTime, Ods, Reader, SheetVisible, Xls, Xlsx};

use crate::domain::fold::fold;
use crate::feeds::formats::row::MAX_COLUMNS;

/// What stands in a cell whose formula has no stored value, so that it is not taken for an empty cell.
pub const NOT_CALCULATED: &str = "#NOT CALCULATED";

/// The kinds of spreadsheet files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Excel since 2007.
    Xlsx,
    /// Excel before.
    Xls,
    /// LibreOffice and OpenOffice.
    Ods,
}

/// The kind of a file that begins with these bytes; `None`: it is not a spreadsheet.
pub fn kind(start: &[u8]) -> Option<Kind> {
    const ODS: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet";
    match start {
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => Some(Kind::Xls),
        [b'P', b'K', 3, 4, rest @ ..] => match rest.windows(ODS.len()).any(|window| window == ODS) {
            true => Some(Kind::Ods),
            false => Some(Kind::Xlsx),
        },
        _ => None,
    }
}

/// The sheet that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// How many visible sheets there are.
    pub of: usize,
    /// Formulas without a stored value.
    pub not_calculated: u64,
    /// The row of the first of them, from 1.
    pub first_not_calculated: u32,
}

/// Why a spreadsheet cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// It is damaged, protected by a password, or another kind of file.
    #[error("this spreadsheet cannot be opened ({0}); if it has a password, remove it, or export the list as CSV")]
    Unreadable(String),
    /// It has no visible sheet with cells.
    #[error("the spreadsheet has no visible sheet with rows")]
    Empty,
    /// There is no such sheet.
    #[error("the spreadsheet has no visible sheet \"{0}\"; it has: {1}")]
    NoSuchSheet(String, String),
    /// There are too many columns.
    #[error("row {0} of the sheet has more than {MAX_COLUMNS} columns")]
    TooManyColumns(u32),
    /// The rows are not in order.
    #[error("the rows of the sheet are not in order, so the spreadsheet is damaged")]
    OutOfOrder,
    /// The sheet is too large.
    #[error("the sheet is larger than {} MiB; raise max_file if this is correct", .0 >> 20)]
    TooLarge(u64),
    /// Writing failed.
    #[error("the sheet cannot be written to a temporary file: {0}")]
    Io(#[from] io::Error),
}

/// Writes one sheet as comma-separated text, up to `largest` bytes. `sheet`: its name; otherwise the sheet with the most
/// columns of `wanted` (folded names), or else the one with the most filled rows.
pub fn to_text<R: Read + Seek>(
    source: R,
    kind: Kind,
    (sheet, wanted): (Option<&str>, &[String]),
    out: impl Write,
    largest: u64,
) -> Result<Sheet, WorkbookError> {
    let mut book = Book::open(source, kind)?;
    let names = book.visible_sheets();
    let chosen = match sheet {
        Some(asked) => names
            .iter()
            .position(|name| fold(name) == fold(asked))
            .ok_or_else(|| WorkbookError::NoSuchSheet(asked.to_owned(), names.join(", ")))?,
        None => best(&mut book, &names, wanted)?,
    };
    let name = names.get(chosen).ok_or(WorkbookError::Empty)?;
    let mut width = 0;
    book.cells(name, &mut |_, column, _| {
        width = width.max(column as usize + 1);
        Ok(())
    })?;
    if width == 0 {
        return Err(WorkbookError::Empty);
    }
    let merged = book.merged(name);
    let mut writer = SheetWriter {
        writer: csv::Writer::from_writer(out),
        row: 0,
        cells: vec![String::new(); width],
        merged: merged.into_iter().map(|region| (region, None)).collect(),
        bytes: 0,
        largest,
    };
    let mut found = Sheet { name: name.clone(), of: names.len(), ..Sheet::default() };
    book.cells(name, &mut |row, column, text| {
        if text == NOT_CALCULATED {
            found.not_calculated += 1;
            if found.first_not_calculated == 0 {
                found.first_not_calculated = row + 1;
            }
        }
        writer.cell(row, column, text)
    })?;
    writer.finish()?;
    Ok(found)
}

/// The sheet that looks most like the list of appointments.
fn best<R: Read + Seek>(book: &mut Book<R>, names: &[String], wanted: &[String]) -> Result<usize, WorkbookError> {
    let mut scores = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let (mut row_at, mut filled, mut matches) = (0, 0_usize, 0_usize);
        let (mut rows, mut most) = (0_usize, 0);
        book.cells(name, &mut |row, _, text| {
            if row != row_at {
                (row_at, filled, matches) = (row, 0, 0);
            }
            filled += 1;
            rows += usize::from(filled == 3);
            matches += usize::from(wanted.contains(&fold(&text)));
            most = most.max(matches);
            Ok(())
        })?;
        scores.push((most, rows, std::cmp::Reverse(at)));
    }
    let best = scores.into_iter().max().ok_or(WorkbookError::Empty)?;
    Ok(best.2.0)
}

/// Collects the cells of a row, and writes the rows in order, blank ones too.
struct SheetWriter<W: Write> {
    writer: csv::Writer<W>,
    row: u32,
    cells: Vec<String>,
    /// Cells merged over several rows of one column, with their text once it is known: it counts for each of the rows.
    merged: Vec<(Dimensions, Option<String>)>,
    bytes: u64,
    largest: u64,
}

impl<W: Write> SheetWriter<W> {
    fn cell(&mut self, row: u32, column: u32, text: String) -> Result<(), WorkbookError> {
        if row < self.row {
            return Err(WorkbookError::OutOfOrder);
        }
        while self.row < row {
            self.end_row()?;
        }
        for (region, merged) in &mut self.merged {
            if region.start == (row, column) {
                *merged = Some(text.clone());
            }
        }
        if let Some(cell) = self.cells.get_mut(column as usize) {
            *cell = text;
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), WorkbookError> {
        for (region, text) in &self.merged {
            let column = region.start.1 as usize;
            if (region.start.0 + 1..=region.end.0).contains(&self.row)
                && let (Some(text), Some(cell)) = (text, self.cells.get_mut(column))
                && cell.is_empty()
            {
                cell.clone_from(text);
            }
        }
        self.bytes += self.cells.iter().map(|cell| cell.len() as u64 + 1).sum::<u64>();
        if self.bytes > self.largest {
            return Err(WorkbookError::TooLarge(self.largest));
        }
        self.writer.write_record(&self.cells).map_err(io::Error::other)?;
        self.cells.iter_mut().for_each(String::clear);
        self.row += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<(), WorkbookError> {
        self.end_row()?;
        Ok(self.writer.flush()?)
    }
}

enum Book<R> {
    Xlsx(Box<Xlsx<R>>),
    Xls(Box<Xls<R>>),
    Ods(Box<Ods<R>>),
}

fn unreadable(error: impl std::fmt::Display) -> WorkbookError {
    let words: String = error.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
    WorkbookError::Unreadable(words)
}

impl<R: Read + Seek> Book<R> {
    fn open(source: R, kind: Kind) -> Result<Book<R>, WorkbookError> {
        Ok(match kind {
            Kind::Xlsx => Book::Xlsx(Box::new(Xlsx::new(source).map_err(unreadable)?)),
            Kind::Xls => Book::Xls(Box::new(Xls::new(source).map_err(unreadable)?)),
            Kind::Ods => Book::Ods(Box::new(Ods::new(source).map_err(unreadable)?)),
        })
    }
}

impl<R: Read + Seek> Book<R> {
    fn visible_sheets(&self) -> Vec<String> {
        let all = match self {
            Book::Xlsx(book) => book.sheets_metadata(),
            Book::Xls(book) => book.sheets_metadata(),
            Book::Ods(book) => book.sheets_metadata(),
        };
        all.iter().filter(|sheet| sheet.visible == SheetVisible::Visible).map(|sheet| sheet.name.clone()).collect()
    }

    /// Calls `each` for each filled cell of a sheet: row and column from 0, and its text on one line.
    fn cells(
        &mut self,
        sheet: &str,
        each: &mut dyn FnMut(u32, u32, String) -> Result<(), WorkbookError>,
    ) -> Result<(), WorkbookError> {
        let mut tell = |row: u32, column: u32, text: String| {
            if column as usize >= MAX_COLUMNS {
                return Err(WorkbookError::TooManyColumns(row + 1));
            }
            let text = if text.contains(['\n', '\r']) { text.replace(['\n', '\r'], " ") } else { text };
            if text.trim().is_empty() { Ok(()) } else { each(row, column, text) }
        };
        match self {
            Book::Xlsx(book) => {
                let mut reader = book.worksheet_cells_reader(sheet).map_err(unreadable)?;
                while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(unreadable)? {
                    let (row, column) = cell.pos;
                    let text = text_of(&cell.value);
                    let text = if text.is_empty() && cell.formula.is_some() { NOT_CALCULATED.to_owned() } else { text };
                    tell(row, column, text)?;
                }
                Ok(())
            }
            Book::Xls(book) => {
                let (range, formulas) = (book.worksheet_range(sheet), book.worksheet_formula(sheet));
                in_memory(&range.map_err(unreadable)?, formulas.ok().as_ref(), &mut tell)
            }
            Book::Ods(book) => {
                let (range, formulas) = (book.worksheet_range(sheet), book.worksheet_formula(sheet));
                in_memory(&range.map_err(unreadable)?, formulas.ok().as_ref(), &mut tell)
            }
        }
    }

    /// Cells merged over several rows of one column.
    fn merged(&mut self, sheet: &str) -> Vec<Dimensions> {
        let all = match self {
            Book::Xlsx(book) => book.merge_cells_by_sheet_name(sheet).unwrap_or_default(),
            Book::Xls(book) => book.merge_cells_by_sheet_name(sheet).unwrap_or_default(),
            Book::Ods(_) => Vec::new(),
        };
        all.into_iter().filter(|region| region.start.1 == region.end.1 && region.end.0 > region.start.0).collect()
    }
}

fn in_memory(
    range: &calamine::Range<Data>,
    formulas: Option<&calamine::Range<String>>,
    tell: &mut dyn FnMut(u32, u32, String) -> Result<(), WorkbookError>,
) -> Result<(), WorkbookError> {
    let Some((first_row, first_column)) = range.start() else { return Ok(()) };
    for (row, column, value) in range.used_cells() {
        let (row, column) = (first_row + row as u32, first_column + column as u32);
        let text = text_of(&borrowed(value));
        let has_formula = || formulas.and_then(|all| all.get_value((row, column))).is_some_and(|text| !text.is_empty());
        let text = if text.is_empty() && has_formula() { NOT_CALCULATED.to_owned() } else { text };
        tell(row, column, text)?;
    }
    Ok(())
}

fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Empty => DataRef::Empty,
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(yes) => DataRef::Bool(*yes),
        Data::DateTime(moment) => DataRef::DateTime(*moment),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
    }
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        // A phone number typed as a number.
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::DateTimeIso(text) => date_of_iso(text).unwrap_or_else(|| text.clone()),
        DataRef::DurationIso(text) => time_of_iso(text).unwrap_or_else(|| text.clone()),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => (if *yes { "TRUE" } else { "FALSE" }).to_owned(),
        DataRef::DateTime(moment) => moment_text(moment),
        DataRef::Error(error) => error.to_string(),
    }
}

/// A date, a time or both. A workbook counts days since 1899-12-30 or 1904-01-01.
fn moment_text(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, milliseconds) = moment.to_ymd_hms_milli();
    let date = chrono::NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day));
    let time = chrono::NaiveTime::from_hms_opt(u32::from(hour), u32::from(minute), u32::from(second));
    let (Some(date), Some(time)) = (date, time) else { return moment.as_f64().to_string() };
    // 9:59:59.999 is 10:00 after a calculation.
    let exact = date.and_time(time) + chrono::TimeDelta::seconds(i64::from(milliseconds >= 500));
    let value = moment.as_f64();
    if moment.is_duration() {
        let minutes = (value * 1440.0).round();
        return format!("{:.0}:{:02.0}", (minutes / 60.0).floor(), minutes % 60.0);
    }
    match value {
        _ if (0.0..1.0).contains(&value) => exact.format("%H:%M:%S").to_string(),
        _ if exact.time() == chrono::NaiveTime::MIN => exact.format("%Y-%m-%d").to_string(),
        _ => exact.format("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

/// `PT14H10M00S`, as ODS writes times, as `14:10:00`.
fn time_of_iso(text: &str) -> Option<String> {
    let (hours, rest) = text.strip_prefix("PT")?.split_once('H')?;
    let (minutes, rest) = rest.split_once('M')?;
    let seconds: f64 = rest.strip_suffix('S')?.replace(',', ".").parse().ok()?;
    let number = |text: &str| text.parse::<u64>().ok();
    let all = number(hours)? * 3600 + number(minutes)? * 60 + seconds.round() as u64;
    Some(format!("{:02}:{:02}:{:02}", all / 3600, all / 60 % 60, all % 60))
}

/// `2027-01-14T09:59:59.999` as `2027-01-14 10:00:00`.
fn date_of_iso(text: &str) -> Option<String> {
    let exact = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    let rounded = exact + chrono::TimeDelta::milliseconds(500);
    Some(rounded.format("%Y-%m-%d %H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreadsheets_are_recognized_by_their_first_bytes() {
        assert_eq!(kind(b"PK\x03\x04rest of an archive"), Some(Kind::Xlsx));
        assert_eq!(kind(b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK"), Some(Kind::Ods));
        assert_eq!(kind(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), Some(Kind::Xls));
        for text in [&b"Date,Time\n"[..], b"", b"PK", b"\xef\xbb\xbfDate"] {
            assert_eq!(kind(text), None);
        }
    }

    #[test]
    fn numbers_dates_and_times_become_the_text_that_people_see() {
        let moment = |value: f64, is_1904: bool| {
            DataRef::DateTime(ExcelDateTime::new(value, calamine::ExcelDateTimeType::DateTime, is_1904))
        };
        for (value, text) in [
            (DataRef::Float(3_035_551_234.0), "3035551234"),
            (DataRef::Float(0.5), "0.5"),
            (DataRef::Int(7), "7"),
            (moment(46_357.0, false), "2026-12-01"),
            (moment(46_357.416_666_666_6, false), "2026-12-01 10:00:00"),
            (moment(44_895.416_666_666_7, true), "2026-12-01 10:00:00"),
            (moment(0.590_277_777_777_778, false), "14:10:00"),
            (DataRef::DurationIso("PT14H10M00S".to_owned()), "14:10:00"),
            (DataRef::DurationIso("PT09H59M59.999S".to_owned()), "10:00:00"),
            (DataRef::DateTimeIso("2027-01-14T09:59:59.999".to_owned()), "2027-01-14 10:00:00"),
            (DataRef::DateTimeIso("2027-01-14".to_owned()), "2027-01-14"),
            (DataRef::Error(calamine::CellErrorType::NA), "#N/A"),
            (DataRef::Empty, ""),
        ] {
            assert_eq!(text_of(&value), text);
        }
    }
}
