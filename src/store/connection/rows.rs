//! Single columns: text whatever its bytes, instants from stored Unix seconds, names of keys.

use chrono::{DateTime, Utc};
use rusqlite::types::{ToSql, ToSqlOutput};

use crate::domain::ids::ApiKeyName;

impl ToSql for ApiKeyName {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.as_str().to_sql()
    }
}

/// A text column as it should be: UTF-8. SQLite takes any bytes for text, so a foreign writer can have stored others.
pub(crate) fn text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(row.get_ref(column)?.as_bytes_or_null()?.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()))
}

/// A text column whatever its bytes; what is no UTF-8 equals no text there is.
pub(crate) fn any_text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(row.get_ref(column)?.as_bytes_or_null()?.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}

/// The instant of stored Unix seconds; 1970 for what no calendar holds.
pub(crate) fn instant(unix: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(unix, 0).unwrap_or_default()
}
