//! Reads an appointment's status from a row: the practice's own words first, then the common ones.

use super::status_words::COMMON;
use crate::config::feeds::{StatusMeaning, StatusWords, UnknownStatus};
use crate::domain::fold::fold;

use StatusMeaning::{Booked, Cancelled, Ignored};

/// The meaning of a common word.
pub fn common(word: &str) -> Option<StatusMeaning> {
    let word = fold(word);
    let word = word.trim_end_matches(['.', '!', '*']).trim();
    // "> Checked out", "? No show"
    let symbol = |(first, _): &(&str, &str)| !first.is_empty() && !first.contains(|c: char| c.is_alphanumeric());
    let word = word.split_once(' ').filter(symbol).map_or(word, |(_, rest)| rest.trim());
    let listed = COMMON.iter().find(|(_, words)| words.contains(&word)).map(|(meaning, _)| *meaning);
    // "Cancelled - sick", "Canceled (24h)", "No-Show: charged"
    let begun = || {
        let (first, rest) = word.split_once([' ', ':', '(', ','])?;
        let short = rest.chars().count() <= 40;
        matches!(
            first,
            "cancelled"
                | "canceled"
                | "cancelada"
                | "cancelado"
                | "annulé"
                | "annulée"
                | "anulada"
                | "anulado"
                | "cx"
                | "cxl"
        )
        .then_some(Cancelled)
        .filter(|_| short)
    };
    // "Early cancelled", "Front desk cancelled"
    let ended = || {
        const OTHER: [&str; 8] = ["not", "never", "un", "no", "non", "insurance", "card", "policy"];
        let (rest, last) = word.rsplit_once(' ')?;
        let plain = rest.split(' ').count() <= 2 && !rest.split(' ').any(|word| OTHER.contains(&word));
        (plain && matches!(last, "cancelled" | "canceled")).then_some(Cancelled)
    };
    listed.or_else(begun).or_else(ended)
}

/// The row's status, or the word that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A known status.
    Known(StatusMeaning),
    /// A word that is in no list, as written.
    Unknown(String),
}

/// Reads a row's status. `own` is the cell of the status column, if there is one. `elsewhere` returns the cell of
/// another column that `[feed.status]` names.
///
/// If several apply, the one with the fewest reminders wins: cancelled wins over confirmed.
pub(super) fn read<'c>(words: &StatusWords, own: Option<&str>, elsewhere: impl Fn(&str) -> &'c str) -> Said {
    let base = match own {
        None => Said::Known(Booked),
        Some(cell) => {
            let word = fold(cell);
            let meaning =
                words.words.get(&word).copied().or_else(|| if word.is_empty() { None } else { common(&word) });
            match (meaning, words.unknown.unwrap_or_default()) {
                (Some(meaning), _) => Said::Known(meaning),
                (None, UnknownStatus::Booked) => Said::Known(Booked),
                (None, UnknownStatus::Ignored) => Said::Known(Ignored),
                (None, UnknownStatus::Report) => Said::Unknown(cell.trim().to_owned()),
            }
        }
    };
    let beside = words
        .elsewhere
        .iter()
        .filter(|(column, word, _)| {
            let cell = fold(elsewhere(column));
            cell == *word || (word == "*" && !is_no_answer(&cell))
        })
        .map(|(.., meaning)| *meaning)
        .max();
    match (base, beside) {
        (Said::Known(base), Some(beside)) => Said::Known(base.max(beside)),
        // Not on the schedule or cancelled is final, whatever the unknown word means.
        (Said::Unknown(_), Some(beside @ (Cancelled | Ignored))) => Said::Known(beside),
        (base, _) => base,
    }
}

/// Whether a folded cell says no, or nothing: blank, `N`, `0.00`, `00/00/0000`, `01/01/1900`, `NULL`, `__/__/____`.
pub(crate) fn is_no_answer(cell: &str) -> bool {
    let no = matches!(
        cell,
        "no" | "n"
            | "false"
            | "f"
            | "off"
            | "non"
            | "nein"
            | "nee"
            | "não"
            | "null"
            | "(null)"
            | "\\n"
            | "n/a"
            | "na"
            | "none"
            | "nil"
            | "never"
            | "active"
            | "unchecked"
    );
    let digits: String = cell.chars().filter(char::is_ascii_digit).collect();
    let marks = cell.chars().all(|c| c.is_ascii_digit() || " -./_:,".contains(c));
    let filler = ["", "01011900", "111900", "19000101", "12301899", "18991230", "01010001", "00010101", "01011970"];
    no || (marks && (digits.bytes().all(|b| b == b'0') || filler.contains(&digits.as_str())))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use StatusMeaning::{Completed, Confirmed, NoShow};

    #[test]
    fn common_status_words_are_understood() {
        for (word, want) in [
            ("SCHEDULED", Some(Booked)),
            ("NO_SHOW", Some(NoShow)),
            ("No-Show", Some(NoShow)),
            ("Walked Out", Some(Completed)),
            ("CANCELED", Some(Cancelled)),
            ("Cancelled - sick", Some(Cancelled)),
            ("Annulé par le patient", Some(Cancelled)),
            ("cx - sick", Some(Cancelled)),
            ("Absence non excusée", Some(NoShow)),
            ("Early cancelled", Some(Cancelled)),
            ("? No show", Some(NoShow)),
            ("% Canceled < 24h", Some(Cancelled)),
            ("Not cancelled", None),
            ("Insurance canceled", None),
            ("Cancellation list", None),
            ("Confirmada", Some(Confirmed)),
            ("FIRM", None),
            ("Pending", None),
            ("1", None),
            ("Unscheduled", Some(Ignored)),
        ] {
            assert_eq!(common(word), want, "{word}");
        }
    }

    #[test]
    fn fillers_count_as_no_answer() {
        for cell in
            ["", "n", "00/00/0000", "01/01/1900", "null", "n/a", ".", "active", "non", "0.00", "__/__/____", "-"]
        {
            assert!(is_no_answer(cell), "{cell}");
        }
        for cell in ["y", "x", "3/4/2026", "sick", "2026-03-04 10:00", "1", "no show"] {
            assert!(!is_no_answer(cell), "{cell}");
        }
    }

    #[test]
    fn a_status_can_come_from_two_columns() {
        let words = StatusWords {
            words: BTreeMap::from([("1".to_owned(), Booked), ("5".to_owned(), Cancelled)]),
            elsewhere: vec![("Confirmed".to_owned(), "21".to_owned(), Confirmed)],
            unknown: None,
        };
        let said = |own, beside: &'static str| read(&words, Some(own), |_| beside);
        assert_eq!(said("1", "19"), Said::Known(Booked));
        assert_eq!(said("1", "21"), Said::Known(Confirmed));
        assert_eq!(said("5", "21"), Said::Known(Cancelled));
        assert_eq!(said("9", "21"), Said::Unknown("9".to_owned()));
        assert_eq!(said("", "21"), Said::Unknown(String::new()));
    }
}
