//! A database's answer: written row by row to an unnamed temporary file, or the reason why there is none.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::time::Duration;

use crate::domain::count::counted;
use crate::feeds::formats::Limits;

/// How long a connection may take.
#[cfg(feature = "databases")]
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How long the rows may take to arrive, in addition to the time that the server may work on the statement.
#[cfg(feature = "databases")]
pub(super) const ARRIVE_WITHIN: Duration = Duration::from_secs(30);

/// Why a database gave no complete answer. Nothing of it is used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// There is no server, or it does not answer.
    #[error("cannot reach {server}: {why}")]
    Unreachable {
        /// The server.
        server: String,
        /// The cause.
        why: String,
    },
    /// The connection is not safe.
    #[cfg(feature = "databases")]
    #[error(
        "the connection to {server} cannot be verified: {why}. Check the server's certificate, or name the one that \
         signed it with ca_file"
    )]
    Unsafe {
        /// The server.
        server: String,
        /// The cause.
        why: String,
    },
    /// The server refuses the user.
    #[cfg(feature = "databases")]
    #[error("{server} refuses the user: {why}. Check the user in `url`, its password and its grants")]
    Denied {
        /// The server.
        server: String,
        /// The cause.
        why: String,
    },
    /// The sign-in method would send the password in the clear.
    #[cfg(feature = "databases")]
    #[error(
        "the user's sign-in method needs TLS or a socket: turn on TLS on {server}, or add ?socket=/PATH to `url` if the \
         server is on this machine"
    )]
    NeedsTls {
        /// The server.
        server: String,
    },
    /// The server cannot run the statement.
    #[error("{server} cannot run the statement: {why}")]
    Statement {
        /// The server.
        server: String,
        /// The cause.
        why: String,
    },
    /// It takes too long.
    #[error("{server} took longer than {} and was interrupted", counted(.after.as_secs(), "second", "seconds"))]
    TimedOut {
        /// The server.
        server: String,
        /// The limit.
        after: Duration,
    },
    /// The connection broke off before the end of the answer.
    #[error("the answer of {server} broke off: {why}")]
    BrokeOff {
        /// The server.
        server: String,
        /// The cause.
        why: String,
    },
    /// There are too many rows.
    #[error("the statement returned more than {max}; limit its days with `ahead`, or raise {key} if this is correct")]
    TooLarge {
        /// The limit, in words.
        max: String,
        /// The key that sets it.
        key: &'static str,
    },
    /// The answer cannot be kept.
    #[error("the answer cannot be written to a temporary file: {0}")]
    Io(#[from] io::Error),
    /// This program was built without the clients for such servers.
    #[cfg(not(feature = "databases"))]
    #[error("this build of Leadtime cannot read MySQL, MariaDB or PostgreSQL databases")]
    NotBuiltIn,
}

/// The complete answer of a database, as delimited text: a header, and one line for each row.
#[derive(Debug)]
pub(crate) struct Answer {
    file: File,
}

impl Answer {
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

/// An error's words on one short line.
pub(super) fn shortened(words: &str) -> String {
    const LONGEST: usize = 300;
    let line: String = words.split(char::is_whitespace).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    }
}
