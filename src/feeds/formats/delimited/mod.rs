//! Delimited text: commas, semicolons, tabs or vertical bars, quoted properly or not at all, in the encodings that
//! practices export.

mod charset;
mod dialect;
mod header;
mod lines;
mod reader;
mod record;

pub use charset::{Encoding, Tally};
pub use dialect::{Dialect, Options};
pub use reader::Reader;
