//! Puts the messages of one file together, as if nothing were known before.

use std::collections::BTreeMap;

use crate::feeds::formats::Table;
use crate::feeds::formats::hl7::message::{id, keys, parse};
use crate::feeds::formats::hl7::split::{Piece, split};
use crate::feeds::formats::hl7::state::State;
use crate::feeds::formats::hl7::table::{COLUMNS, row, unusable};

/// The appointments that a file's messages are about, and a row with the reason for each message that cannot be used.
pub fn of_file(bytes: &[u8]) -> Table {
    let mut rows = Vec::new();
    let mut found: Vec<(String, State)> = Vec::new();
    let mut by_key: BTreeMap<String, usize> = BTreeMap::new();
    for piece in split(bytes) {
        let message = match piece {
            Piece::Problem { reason, .. } => Err(reason),
            Piece::Message { bytes, .. } => parse(bytes).map_err(|rejected| rejected.reason),
        };
        let message = match message {
            Ok(message) => message,
            Err(reason) => {
                rows.push(unusable(&reason));
                continue;
            }
        };
        let keys = keys(&message);
        let known: Vec<usize> = keys.iter().filter_map(|key| by_key.get(key).copied()).collect();
        let at = known.iter().copied().min().unwrap_or(found.len());
        if at == found.len() {
            found.push((id(&message), State::default()));
        }
        for other in known.into_iter().filter(|other| *other != at) {
            let state = found.get_mut(other).map(|(_, state)| std::mem::take(state)).unwrap_or_default();
            if let Some((_, own)) = found.get_mut(at) {
                *own = std::mem::take(own).merge(state);
            }
            by_key.values_mut().filter(|to| **to == other).for_each(|to| *to = at);
        }
        if let Some((_, state)) = found.get_mut(at) {
            state.apply(&message);
        }
        by_key.extend(keys.into_iter().map(|key| (key, at)));
    }
    let told = found.iter().filter(|(_, state)| *state != State::default());
    rows.extend(told.map(|(id, state)| row(id, state)));
    Table { columns: COLUMNS, rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_about_one_appointment_are_one_row() {
        let message = |trigger: &str, time: u32, ids: &str, rest: &str| {
            format!("MSH|^~\\&|A|B|C|D|{time}||SIU^{trigger}|{time}|P|2.5\rSCH|{ids}|||||||||^^^{rest}\r")
        };
        let book = message("S12", 2024, "P1|", "202603100900");
        let filler = message("S14", 2025, "|F1", "202603101000");
        let both = message("S14", 2023, "P1|F1", "202603100800");
        let text = format!("{book}{filler}{both}{}", message("S99", 2026, "P9|", ""));
        let rows = of_file(text.as_bytes()).rows;
        let cell = |row: &Vec<String>, name: &str| row[COLUMNS.iter().position(|c| *c == name).unwrap()].clone();
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert!(cell(&rows[0], "Problem").contains("S99"));
        assert_eq!((cell(&rows[1], "Id").as_str(), cell(&rows[1], "Start").as_str()), ("P1", "2026-03-10T10:00:00"));
    }
}
