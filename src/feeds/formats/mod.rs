//! Turns the bytes of a file into raw rows. Pure. Readers deal with cells, not with what the cells mean.

pub mod delimited;
pub(crate) mod own_columns;
mod row;
pub mod workbook;

pub use row::{BrokenRow, FormatError, Limits, RawRow, Row, RowFault};
