//! Reads an SQLite file of another system, without ever writing to it.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::feeds::sources::answer::{Answer, Sheet};
use crate::feeds::sources::fetch_error::{FetchError, shortened};

/// How many steps SQLite takes between two looks at the clock.
const STEPS: i32 = 10_000;

pub(super) fn fetch(path: &Path, sql: &str, sheet: Sheet, timeout: Duration) -> Result<Answer, FetchError> {
    let server = path.display().to_string();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let unreachable =
        |error: rusqlite::Error| FetchError::Unreachable { server: server.clone(), why: shortened(&error.to_string()) };
    let connection = Connection::open_with_flags(path, flags).map_err(unreachable)?;
    let began = Instant::now();
    let late = move || began.elapsed() > timeout;
    connection.progress_handler(STEPS, Some(late)).map_err(unreachable)?;
    connection.busy_timeout(timeout).map_err(unreachable)?;
    rows(&connection, sql, sheet).map_err(|error| match error {
        Fault::Sheet(error) => error,
        Fault::Sql(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            FetchError::TimedOut { server: server.clone(), after: timeout }
        }
        Fault::Sql(error) => FetchError::Statement { server: server.clone(), why: shortened(&error.to_string()) },
    })
}

enum Fault {
    Sql(rusqlite::Error),
    Sheet(FetchError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sql(error)
    }
}

impl From<FetchError> for Fault {
    fn from(error: FetchError) -> Fault {
        Fault::Sheet(error)
    }
}

fn rows(connection: &Connection, sql: &str, mut sheet: Sheet) -> Result<Answer, Fault> {
    connection.pragma_update(None, "query_only", true)?;
    let mut statement = connection.prepare(sql)?;
    let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    sheet.header(names.iter().map(String::as_str))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let cells: Result<Vec<Option<String>>, rusqlite::Error> =
            (0..names.len()).map(|at| row.get_ref(at).map(text)).collect();
        sheet.row(cells?)?;
    }
    Ok(sheet.finish(&[])?)
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}
