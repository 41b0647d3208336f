//! What both kinds of database server have in common: time limits, and errors in words.

use std::time::Duration;

use futures_util::{Stream, TryStreamExt};
use sqlx::{Column, Row};

use crate::config::feeds::DatabaseSource;
use crate::feeds::sources::answer::{Answer, Sheet};
use crate::feeds::sources::fetch_error::{FetchError, shortened};

/// How long a connection may take.
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How long the rows may take to arrive, in addition to the time that the server may work on the statement.
const ARRIVE_WITHIN: Duration = Duration::from_secs(30);

/// Why there is no answer, before the server is named.
pub(super) enum Fault {
    /// While connecting.
    Connecting(sqlx::Error),
    /// After that.
    Asking(sqlx::Error),
    /// It took too long to connect.
    Late(Duration),
    /// The answer is too large, or cannot be kept.
    Sheet(FetchError),
}

impl From<FetchError> for Fault {
    fn from(error: FetchError) -> Fault {
        Fault::Sheet(error)
    }
}

/// Waits for an answer, but not forever.
pub(super) async fn within(
    database: &DatabaseSource,
    answer: impl Future<Output = Result<Answer, Fault>>,
) -> Result<Answer, FetchError> {
    let server = database.server.label();
    let limit = database.timeout + ARRIVE_WITHIN;
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(fault)) => Err(in_words(server, database.timeout, fault)),
        Err(_) => Err(FetchError::TimedOut { server, after: limit }),
    }
}

/// Writes the rows as they arrive. `cell` returns a value as the server wrote it.
pub(super) async fn write_rows<R: Row>(
    mut rows: impl Stream<Item = Result<R, sqlx::Error>> + Unpin,
    sheet: &mut Sheet,
    cell: impl Fn(&R, usize) -> Result<Option<String>, sqlx::Error>,
) -> Result<(), Fault> {
    while let Some(row) = rows.try_next().await.map_err(Fault::Asking)? {
        if !sheet.has_header {
            sheet.header(row.columns().iter().map(Column::name))?;
        }
        let cells: Result<Vec<_>, _> = (0..row.len()).map(|at| cell(&row, at)).collect();
        sheet.row(cells.map_err(Fault::Asking)?)?;
    }
    Ok(())
}

fn in_words(server: String, timeout: Duration, fault: Fault) -> FetchError {
    let (error, connecting) = match fault {
        Fault::Sheet(error) => return error,
        Fault::Late(after) => {
            let why = format!("it did not answer within {} seconds", after.as_secs());
            return FetchError::Unreachable { server, why };
        }
        Fault::Connecting(error) => (error, true),
        Fault::Asking(error) => (error, false),
    };
    let why = match error.as_database_error() {
        // Class 22 is about data: such a message may quote a patient's name.
        Some(error) if error.code().is_some_and(|code| code.starts_with("22")) => {
            shortened(&without_quotations(error.message()))
        }
        Some(error) => shortened(error.message()),
        None => shortened(&error.to_string()),
    };
    if why.contains("RSA auth backend disabled") {
        return FetchError::NeedsTls { server };
    }
    match &error {
        sqlx::Error::Tls(_) => FetchError::Unsafe { server, why },
        sqlx::Error::Io(io) if is_about_a_certificate(io) => FetchError::Unsafe { server, why },
        sqlx::Error::Database(database) if is_late(&**database) => FetchError::TimedOut { server, after: timeout },
        sqlx::Error::Database(_) if connecting => FetchError::Denied { server, why },
        sqlx::Error::Database(_) => FetchError::Statement { server, why },
        _ if connecting => FetchError::Unreachable { server, why },
        _ => FetchError::BrokeOff { server, why },
    }
}

fn is_about_a_certificate(error: &std::io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

/// Whether the server itself interrupted the statement: MariaDB 1969, MySQL 3024, PostgreSQL 57014.
fn is_late(error: &dyn sqlx::error::DatabaseError) -> bool {
    let number = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(|error| error.number());
    matches!(number, Some(1969 | 3024)) || error.code().is_some_and(|code| code == "57014")
}

/// A message in which quoted values are replaced by dots.
fn without_quotations(message: &str) -> String {
    let mut shown = String::new();
    let mut rest = message;
    while let Some(at) = rest.find(['\'', '"']) {
        let mark = &rest[at..=at];
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let end = after.rfind(mark);
        shown.push_str(&format!("{before}{mark}...{mark}"));
        rest = end.map_or("", |end| &after[end + 1..]);
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_about_data_does_not_quote_them() {
        for (message, shown) in [
            (
                "invalid input syntax for type integer: \"Lee, Abigail\"",
                "invalid input syntax for type integer: \"...\"",
            ),
            ("Incorrect datetime value: 'O'Neil' for column `a`", "Incorrect datetime value: '...' for column `a`"),
            ("Incorrect value: 'Lee", "Incorrect value: '...'"),
            ("division by zero", "division by zero"),
        ] {
            assert_eq!(without_quotations(message), shown);
        }
    }
}
