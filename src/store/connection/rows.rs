//! Single columns: text with any bytes, instants from stored Unix seconds, API key names.

use chrono::{DateTime, Utc};
use rusqlite::types::{ToSql, ToSqlOutput};

use crate::domain::ids::ApiKeyName;

impl ToSql for ApiKeyName {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.as_str().to_sql()
    }
}

/// A text column that must be UTF-8. SQLite accepts any bytes as text, so another program may have stored something
/// else.
pub(crate) fn text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(row.get_ref(column)?.as_bytes_or_null()?.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()))
}

/// A text column without a copy.
pub(crate) fn str_at<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<&'r str>> {
    Ok(row.get_ref(column)?.as_str_or_null()?)
}

/// A text column with any bytes. Invalid UTF-8 is replaced, so such text equals no real text.
pub(crate) fn any_text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(row.get_ref(column)?.as_bytes_or_null()?.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}

/// The instant for stored Unix seconds; 1970 for values outside the calendar.
pub(crate) fn instant(unix: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(unix, 0).unwrap_or_default()
}
