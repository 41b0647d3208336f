//! Reads dates and times in every usual spelling. A cell is scanned into its parts; which part is the month is decided
//! for the whole column, never for a single cell.

mod digits;
mod scan;
#[cfg(test)]
mod tests;
mod text;
mod tokens;
mod vote;
mod words;
mod zone_behind;

pub use scan::scan;
pub(crate) use scan::unwrapped;
pub use text::{Century, DateText, Half, Moment, MomentFault, OffsetText, Order, Style, TimeText, Year, serial_date};
pub use vote::{ColumnVote, Decision};
