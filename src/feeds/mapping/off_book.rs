//! Recognizes rows that keep time free and have no patient: lunch, staff meetings, blocked time.

use super::binding::Binding;
use super::{cells, phones};
use crate::config::feeds::{Feed, Field};
use crate::domain::fold::fold;
use crate::feeds::formats::RawRow;

/// Reasons that no patient has.
const NEVER_A_VISIT: [&str; 53] = [
    "abwesenheit",
    "block",
    "blocked",
    "block out",
    "blockout",
    "block out time",
    "hold time",
    "staff mtg",
    "team mtg",
    "office mtg",
    "mtg",
    "huddle",
    "catch up",
    "catch-up",
    "catchup",
    "catch up time",
    "no patient",
    "lunch",
    "lunch break",
    "lunch hour",
    "lunch time",
    "lunchtime",
    "coffee break",
    "staff meeting",
    "team meeting",
    "office meeting",
    "staff huddle",
    "morning huddle",
    "personal task",
    "personal time",
    "time off",
    "day off",
    "blocked time",
    "block time",
    "blocked off",
    "blocked out",
    "out of office",
    "do not book",
    "do not schedule",
    "admin time",
    "open slot",
    "mittagspause",
    "mittag",
    "teambesprechung",
    "besprechung",
    "fortbildung",
    "pause déjeuner",
    "déjeuner",
    "réunion",
    "réunion d'équipe",
    "almuerzo",
    "hora de comida",
    "junta de personal",
];

/// Words for time that is kept free, if nothing in the row speaks of a patient.
const KEPT_FREE: [&str; 36] = [
    "break",
    "documentation",
    "charting",
    "paperwork",
    "notes",
    "bloqueado almuerzo",
    "pausa pranzo",
    "comida",
    "walk in",
    "walk-in",
    "walkin",
    "meeting",
    "hold",
    "on hold",
    "holiday",
    "vacation",
    "closed",
    "reserved",
    "unavailable",
    "not available",
    "open",
    "available",
    "empty",
    "vacant",
    "pto",
    "pause",
    "urlaub",
    "gesperrt",
    "frei",
    "congé",
    "fermé",
    "bloqué",
    "bloqueado",
    "descanso",
    "vacaciones",
    "cerrado",
];

/// Whether a name stands for time that is kept free: `.LUNCH`, `*** HOLD ***`, `Staff meeting`.
fn is_no_name(name: &str) -> bool {
    let marked = name.starts_with(['.', '*', '#', '-', '=']) && name.chars().any(char::is_alphabetic);
    let plain = plain(name);
    // "Sarah PTO"
    let away = plain.rsplit_once(' ').is_some_and(|(_, last)| matches!(last, "pto" | "ooo" | "vacation"));
    marked || away || is_labeled(name) || is_listed(&plain) || is_listed_in_parts(name)
}

/// Whether a name begins with a label of blocked time: `BLOCKED - LUNCH`, `BLOCK: OR`, `Hold / new patient`.
fn is_labeled(name: &str) -> bool {
    const LABELS: [&str; 10] =
        ["block", "blocked", "blockout", "hold", "closed", "lunch", "meeting", "holiday", "vacation", "pto"];
    let folded = fold(name);
    let label = folded.split_once([':', '(']).or_else(|| {
        folded.split_once([' ']).filter(|(_, rest)| {
            // A hyphen without a space is part of a name: "Block-Smith".
            rest.starts_with(['-', '/', '\u{2013}', '\u{2014}', '|'])
        })
    });
    // "Hold for Dr. Lam"
    const BEGIN: [&str; 11] = [
        "hold for ",
        "blocked for ",
        "reserved for ",
        "staff mtg ",
        "staff meeting ",
        "team mtg ",
        "team meeting ",
        "office closed",
        "clinic closed",
        "closed for ",
        "lunch with ",
    ];
    label.is_some_and(|(label, _)| LABELS.contains(&label.trim()))
        || BEGIN.iter().any(|begin| folded.starts_with(begin))
}

fn is_listed(plain: &str) -> bool {
    NEVER_A_VISIT.contains(&plain) || KEPT_FREE.contains(&plain)
}

/// Whether a name with a comma stands for time that is kept free: `HOLD,DO NOT BOOK`, `MEETING,STAFF`, `OUT,DOCTOR`.
fn is_listed_in_parts(name: &str) -> bool {
    /// Who or what is kept free, beside a word that says so.
    const WHO: [&str; 12] = [
        "staff",
        "team",
        "office",
        "provider",
        "doctor",
        "dr",
        "hygienist",
        "hygiene",
        "clinic",
        "time",
        "only",
        "day",
    ];
    const OUT: [&str; 4] = ["out", "provider out", "doctor out", "dr out"];
    let parts: Vec<String> = name.split(',').map(plain).filter(|part| !part.is_empty()).collect();
    let [last, first] = parts.as_slice() else { return false };
    let keeps = |part: &str| is_listed(part) || OUT.contains(&part);
    let either = keeps(last) || keeps(first);
    let all = parts.iter().all(|part| keeps(part) || WHO.contains(&part.as_str()));
    (either && all) || is_listed(&format!("{last} {first}")) || is_listed(&format!("{first} {last}"))
}

fn plain(text: &str) -> String {
    fold(text).trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

/// Whether a reason without a patient stands for time that is kept free: `Lunch Dr. Lee`, `Weekly meeting`.
fn keeps_free(reason: &str) -> bool {
    const FIRST: [&str; 5] = ["lunch", "blocked", "vacation", "closed", "personal"];
    const LAST: [&str; 3] = ["meeting", "lunch", "break"];
    if NEVER_A_VISIT.contains(&reason) || KEPT_FREE.contains(&reason) {
        return true;
    }
    let mut words = reason.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    FIRST.contains(&first) || words.next_back().is_some_and(|last| LAST.contains(&last))
}

/// A cell of a patient's own, as text; blank if it is a mark for nothing.
fn cell_of(binding: &Binding, feed: &Feed, row: &RawRow, field: Field) -> String {
    let text = binding.text(row, feed, field).map_or(String::new(), |cell| cells::unwrapped(&cell).to_owned());
    if cells::is_nothing(&text) { String::new() } else { text }
}

/// Whether a row has a patient's number, a birth date or any phone number. The number 0 stands for nobody.
fn has_more_than_a_name(binding: &Binding, feed: &Feed, row: &RawRow) -> bool {
    let number = |cell: &str| cell.bytes().filter(u8::is_ascii_digit).count() >= 5;
    cell_of(binding, feed, row, Field::PatientId).contains(|c: char| c != '0')
        || !cell_of(binding, feed, row, Field::DateOfBirth).is_empty()
        || binding.phones.iter().any(|at| number(row.cell(*at)))
}

/// Whether a row has nothing of a patient: no name, number, birth date or phone number.
pub(super) fn is_nobody(binding: &Binding, feed: &Feed, row: &RawRow) -> bool {
    let names = [Field::Name, Field::FirstName, Field::LastName];
    let is_named = |field| cell_of(binding, feed, row, field).chars().any(char::is_alphabetic);
    !names.into_iter().any(is_named) && !has_more_than_a_name(binding, feed, row)
}

/// Whether a row keeps time free and has no patient, so that it is not on the appointment book.
///
/// A row with a number to text is an appointment, whatever it is called. So is a row with a patient's number, a birth date
/// or any phone number, and a row with a name unless its reason is one that no patient has.
pub(crate) fn is_kept_free(binding: &Binding, feed: &Feed, row: &RawRow) -> bool {
    let cell = |field| cell_of(binding, feed, row, field);
    let name = match cell(Field::Name) {
        name if name.is_empty() => format!("{} {}", cell(Field::FirstName), cell(Field::LastName)),
        name => name,
    };
    let name = name.trim();
    let reversed = format!("{}, {}", cell(Field::LastName), cell(Field::FirstName));
    if is_no_name(name) || is_listed_in_parts(&reversed) {
        return phones::number(binding, feed, row).is_none();
    }
    let is_blank = |field| cell(field).is_empty();
    // A total or a page line has no date and no status either.
    let no_date = binding.moments(row, feed, Field::StartsAt).iter().all(|cell| cells::unwrapped(cell).is_empty());
    let is_total = no_date && is_blank(Field::Status) && !feed.is_converted();
    if is_total && feed.columns.get(Field::StartsAt).is_some() && is_nobody(binding, feed, row) {
        return true;
    }
    if has_more_than_a_name(binding, feed, row) {
        return false;
    }
    // The number 0 stands for nobody.
    if name.is_empty() && !is_blank(Field::PatientId) {
        return true;
    }
    let of_feed = [Field::TypeId, Field::Description].map(cell);
    let mut reasons: Vec<String> = of_feed.iter().map(|reason| plain(reason)).collect();
    reasons.extend(binding.reasons.iter().map(|at| plain(row.cell(*at))));
    match name.is_empty() {
        true => {
            reasons.extend(binding.notes.iter().map(|at| plain(row.cell(*at))));
            reasons.iter().any(|reason| keeps_free(reason))
        }
        false => reasons.iter().any(|reason| NEVER_A_VISIT.contains(&reason.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_reasons_that_keep_time_free_are_recognized() {
        for name in [
            ".LUNCH",
            "*** HOLD ***",
            "Staff meeting",
            "Personal Task",
            "Time off",
            "HOLD,DO NOT BOOK",
            "BLOCK,PROVIDER OUT",
            "HOLD,HOLD",
            "MEETING,STAFF",
            "OUT,DOCTOR",
            "BLOCKED - LUNCH",
            "Sarah PTO",
            "Mittagspause",
            "Block: Lunch",
            "HOLD (new patient)",
            "Hold for Dr Lam",
            "Block Out Time",
            "STAFF MTG",
            "Walk-In",
            "Office closed - Tammy dentist",
            "Staff mtg w/ Dana",
            "HOLIDAY - DR AWAY",
            "Huddle",
        ] {
            assert!(is_no_name(name), "{name}");
        }
        for name in
            ["Ana Lunch", "Curtis Block", "Grant Holiday", "Lee, Ana", "Block, Curtis", "Day, Doris", "Staff, Ana", ""]
        {
            assert!(!is_no_name(name), "{name}");
        }
        for reason in
            ["lunch", "lunch dr. lee", "weekly staff meeting", "blocked 12-1", "block", "personal event - supervision"]
        {
            assert!(keeps_free(reason), "{reason}");
        }
        for reason in ["nerve block", "check up", "meeting with dr. lee", "broken tooth", ""] {
            assert!(!keeps_free(reason), "{reason}");
        }
    }
}
