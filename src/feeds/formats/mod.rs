//! Bytes of a file to raw rows. Pure. A reader knows what a cell is; it does not know what a phone number is.

pub mod delimited;
pub(crate) mod own_columns;
mod row;

pub use row::{BrokenRow, FormatError, Limits, RawRow, Row, RowFault};
