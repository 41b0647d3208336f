//! Turns the bytes of a file into raw rows. Pure. Readers deal with cells, not with what the cells mean.

pub mod delimited;
pub mod fhir;
pub mod hl7;
pub mod ical;
pub(crate) mod own_columns;
mod row;
mod table;
pub mod workbook;

pub use row::{BrokenRow, FormatError, Limits, RawRow, Row, RowFault};
pub use table::{PROBLEM, Table};
