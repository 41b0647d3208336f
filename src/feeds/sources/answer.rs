//! The complete answer of a source that the service reads by itself: delimited text in an unnamed temporary file.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use crate::feeds::formats::{Limits, Table};
use crate::feeds::sources::fetch_error::FetchError;

/// The complete answer of a source, as delimited text: a header, and one line for each row.
#[derive(Debug)]
pub(crate) struct Answer {
    file: File,
}

impl Answer {
    /// The rows of a table as an answer.
    pub(crate) fn of(table: &Table, limits: Limits) -> Result<Answer, FetchError> {
        let mut sheet = Sheet::new(limits)?;
        sheet.header(table.columns.iter().copied())?;
        for row in &table.rows {
            sheet.row(row.iter().cloned().map(Some))?;
        }
        sheet.finish(&[])
    }

    /// The file with the text.
    pub(crate) fn into_file(self) -> File {
        self.file
    }

    /// Returns the text from its beginning.
    pub(crate) fn source(&self) -> io::Result<&File> {
        (&self.file).seek(SeekFrom::Start(0))?;
        Ok(&self.file)
    }
}

/// The rows of an answer while they arrive.
pub(super) struct Sheet {
    writer: csv::Writer<io::BufWriter<File>>,
    limits: Limits,
    bytes: u64,
    rows: u64,
    pub(super) has_header: bool,
}

impl Sheet {
    pub(super) fn new(limits: Limits) -> io::Result<Sheet> {
        let file = io::BufWriter::new(tempfile::tempfile()?);
        // A row of one empty cell must not look like a blank line.
        let writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(file);
        Ok(Sheet { writer, limits, bytes: 0, rows: 0, has_header: false })
    }

    pub(super) fn header<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> Result<(), FetchError> {
        self.has_header = true;
        self.writer.write_record(names).map_err(|error| io::Error::other(error).into())
    }

    /// Adds a row; line breaks within a cell become spaces, so that each row is one line.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Option<String>>) -> Result<(), FetchError> {
        self.rows += 1;
        if self.rows > self.limits.max_rows {
            return Err(FetchError::TooLarge { max: format!("{} rows", self.limits.max_rows), key: "max_rows" });
        }
        for cell in cells {
            let mut cell = cell.unwrap_or_default();
            if cell.contains(['\n', '\r']) {
                cell = cell.replace(['\n', '\r'], " ");
            }
            self.bytes += cell.len() as u64 + 3;
            self.writer.write_field(&cell).map_err(io::Error::other)?;
        }
        if self.bytes > self.limits.max_file {
            let max = format!("{} MiB", self.limits.max_file >> 20);
            return Err(FetchError::TooLarge { max, key: "max_file" });
        }
        self.writer.write_record(None::<&[u8]>).map_err(io::Error::other)?;
        Ok(())
    }

    /// Ends the answer. A server that returns no row does not name its columns: the feed's stand for them.
    pub(super) fn finish(mut self, columns: &[String]) -> Result<Answer, FetchError> {
        if !self.has_header {
            self.header(columns.iter().map(String::as_str))?;
        }
        let mut file = self.writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        file.flush()?;
        let file = file.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Answer { file })
    }
}
