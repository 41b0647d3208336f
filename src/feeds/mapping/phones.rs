//! Picks the number to text from the phone cells of a row.

use super::binding::Binding;
use super::{cells, phone_labels};
use crate::config::feeds::{ColumnSource, Feed, Field};
use crate::domain::ids::one_line;
use crate::feeds::formats::RawRow;

/// The number to text, as the practice wrote it.
pub(super) fn number(binding: &Binding, feed: &Feed, row: &RawRow) -> Option<String> {
    match feed.columns.get(Field::Phone)? {
        ColumnSource::FirstOf(_) => {
            let cells: Vec<&str> = binding.cells(row, Field::Phone).into_iter().filter_map(cells::phone).collect();
            phone_labels::choose(&cells).map(one_line)
        }
        ColumnSource::Joined(names) => {
            let cells: Vec<&str> = binding
                .cells(row, Field::Phone)
                .into_iter()
                .map(|cell| cells::phone(cell).unwrap_or_default())
                .collect();
            let joined = filled(names, &cells).join(" ");
            phone_labels::choose(&[cells::phone(&joined)?]).map(one_line)
        }
        _ => {
            let cell = binding.text(row, feed, Field::Phone).filter(|cell| !cell.is_empty())?;
            phone_labels::choose(&[cells::phone(&cell)?]).map(one_line)
        }
    }
}

/// The filled cells of joined columns. In `Phone 1`, `Phone 1 Type`, the type of a blank number is left out: it would
/// become the label of the next number.
fn filled<'r>(names: &[String], cells: &[&'r str]) -> Vec<&'r str> {
    let names: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let blank_number = |at: usize| {
        names.iter().zip(cells).any(|(name, cell)| {
            let of_this = names.get(at).is_some_and(|own| own.len() > name.len() && own.starts_with(name.as_str()));
            of_this && cell.is_empty()
        })
    };
    cells
        .iter()
        .enumerate()
        .filter(|(at, cell)| !cell.is_empty() && !blank_number(*at))
        .map(|(_, cell)| *cell)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_a_blank_number_is_left_out() {
        let names = ["Phone1", "Phone1Type", "Phone2", "Phone2Type"].map(str::to_owned);
        assert_eq!(filled(&names, &["", "Cell", "970-555-0101", "Home"]), ["970-555-0101", "Home"]);
        assert_eq!(filled(&names, &["303-555-0101", "Cell", "", ""]), ["303-555-0101", "Cell"]);
        let turned = ["Phone 1 Type", "Phone 1"].map(str::to_owned);
        assert!(filled(&turned, &["Cell", ""]).is_empty());
    }
}
