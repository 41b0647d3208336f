//! Finds the header line, and recognizes titles, page lines and totals.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::fold::fold;
use crate::feeds::formats::row::RawRow;
use crate::feeds::mapping::moment::{DateText, scan};
use crate::wording::dates;

/// How well a row fits as the header; 0 means not at all.
///
/// If a mapping needs certain names, the score is how many of them the row has. Otherwise the row must look like names:
/// most cells filled, nearly all different, none a number or a date.
pub(super) fn fitness(row: &RawRow, wanted: &[String]) -> usize {
    if !wanted.is_empty() {
        let have: Vec<String> = row.cells().map(fold).collect();
        return wanted.iter().filter(|name| have.contains(name)).count();
    }
    let mut names: Vec<String> = row.cells().map(fold).filter(|name| !name.is_empty()).collect();
    let filled = names.len();
    names.sort();
    names.dedup();
    // Two phone columns may have the same name; a data row has more repetition.
    let distinct = names.len() * 5 >= filled * 4;
    // Forms have whole questions as names, beside short ones.
    let long = names.iter().filter(|name| name.chars().count() > LONGEST_NAME).count();
    let enough = filled >= 2 && filled * 2 >= row.len() && long * 3 <= filled * 2;
    if enough && distinct && names.iter().all(|name| is_name(name)) { filled } else { 0 }
}

/// How many cells have a word that the headers of most schedules have.
pub(super) fn usual_names(row: &RawRow) -> usize {
    const USUAL: [&str; 16] = [
        "date", "time", "start", "end", "patient", "client", "name", "first", "last", "phone", "home", "cell",
        "mobile", "status", "provider", "type",
    ];
    let usual = |cell: &&str| fold(cell).split(|c: char| !c.is_alphanumeric()).any(|word| USUAL.contains(&word));
    row.cells().filter(usual).count()
}

/// The longest usual column name.
const LONGEST_NAME: usize = 60;
/// The longest question of a form.
const LONGEST_QUESTION: usize = 600;

/// Whether a text may be a column name: letters, and few digits.
fn is_name(text: &str) -> bool {
    if text.starts_with("page") && text.contains(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let mark = letters == 0 && digits == 0; // "#", "?"
    let length = text.chars().count();
    let few_digits = digits <= 3 + length / 20;
    (mark || letters > digits)
        && few_digits
        && length <= LONGEST_QUESTION
        && (!text.contains('@') || length > LONGEST_NAME)
}

/// Whether a row can only be data: one of its cells is a date.
pub(super) fn is_data(row: &RawRow) -> bool {
    row.cells().any(|cell| {
        scan(cell.trim(), false)
            .is_ok_and(|moment| matches!(moment.date, Some(DateText::Known { .. } | DateText::Open { .. })))
    })
}

/// The names of the columns: those of the header, made unique. A blank name is replaced by the column's position.
pub(super) fn names(row: &RawRow, width: usize) -> Vec<String> {
    let tidy = |text: &str| {
        let text = text.trim_start_matches('\u{feff}').trim();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let raw: Vec<String> = (0..width).map(|at| tidy(row.cell(at))).collect();
    let folded: Vec<String> = raw.iter().map(|name| fold(name)).collect();
    raw.iter()
        .enumerate()
        .map(|(at, name)| {
            let same = |upto: usize| folded.iter().take(upto).filter(|other| **other == folded[at]).count();
            match name.as_str() {
                "" => format!("column {}", at + 1),
                _ if same(width) > 1 => format!("{name} ({})", same(at) + 1),
                _ => name.clone(),
            }
        })
        .collect()
}

/// The name of the column that holds the date above a row.
pub(super) const DATE_ABOVE: &str = "Date of the day";

/// The date of a line that holds nothing else: `Tuesday, December 1, 2026`, as reports put above the rows of each day.
pub(super) fn date_line(row: &RawRow) -> Option<&str> {
    const MONTH: &str = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic)\p{L}*\.?";
    static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let date = format!(
            r"(?i)^(?:(?:date|day|schedule|appointments|appts|agenda|citas)(?:\s+(?:for|of|on|del?|para))?:?\s*)?(?:\p{{L}}{{2,10}}\.?,?\s+)?((?:{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|\d{{1,2}}\.?[\s-]+(?:de\s+)?{MONTH},?[\s-]+(?:de\s+)?\d{{4}}|\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}|\d{{4}}-\d{{2}}-\d{{2}}))$"
        );
        Regex::new(&date).ok()
    });
    let mut filled = row.cells().map(str::trim).filter(|cell| !cell.is_empty());
    let (only, None) = (filled.next()?, filled.next()) else { return None };
    if only.len() > 100 {
        return None;
    }
    if let Some(found) = DATE.as_ref()?.captures(only) {
        return found.get(1).map(|date| date.as_str());
    }
    // "Office: 101 - Mesa          Monday, November 30, 2026"
    static BEHIND: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let day = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?";
        Regex::new(&format!(
            r"(?i)^(\S.*?)(?:\s{{2,}}|\s[-\x{{2013}}|]\s|:\s+){day}\.?,?\s+({MONTH}\s+\d{{1,2}},?\s+\d{{4}}|\d{{1,2}}/\d{{1,2}}/\d{{2,4}})$"
        ))
        .ok()
    });
    // When a report was made, or where it begins, is no day of its rows.
    const OTHER: [&str; 10] =
        ["print", "run", "report", "generat", "creat", "export", "as of", "from", "through", "week"];
    let found = BEHIND.as_ref()?.captures(only)?;
    let before = found.get(1)?.as_str().to_lowercase();
    if OTHER.iter().any(|word| before.contains(word)) {
        return None;
    }
    found.get(2).map(|date| date.as_str())
}

/// Whether a row is a title, a page line or a total: text in one or a few cells that reports put between rows.
pub(super) fn is_note(row: &RawRow) -> bool {
    /// Labels of a group of rows, on a line of their own.
    const GROUPS: [&str; 20] = [
        "staff",
        "provider",
        "doctor",
        "dentist",
        "hygienist",
        "practitioner",
        "clinician",
        "therapist",
        "resource",
        "room",
        "operatory",
        "column",
        "location",
        "office",
        "clinic",
        "department",
        "site",
        "schedule",
        "view",
        "calendar",
    ];
    const BEGINNINGS: [&str; 25] = [
        "total",
        "grand total",
        "subtotal",
        "sub total",
        "sum",
        "count",
        "records",
        "record count",
        "page",
        "printed",
        "print date",
        "report",
        "generated",
        "run date",
        "run on",
        "end of",
        "exported",
        "rows",
        "number of",
        "nombre de",
        "numero de",
        "número de",
        "sep",
        "fin del",
        "pagina",
    ];
    // A row of data has more of them.
    const MOST: usize = 4;
    let mut filled = row.cells().filter(|cell| !cell.trim().is_empty()).take(MOST);
    let Some(first) = filled.next() else { return true };
    let figures: Vec<bool> = filled.map(is_figure).collect();
    let others = figures.len();
    if others > 2 {
        return false;
    }
    // "*** END OF REPORT ***", "--- page 2 ---"
    let first = fold(first);
    let marks = first.trim_start_matches(['*', '-', '=', '_', '#', '~', '<', '>', ' ']);
    if marks.is_empty() {
        return others == 0;
    }
    let first = if first.len() - marks.len() > 1 { marks.to_owned() } else { first };
    // "Provider: Dr. Lee" above a group of rows.
    let label = first.split_once(':').map(|(label, _)| label.trim());
    // "(34 rows affected)", "Completion time: 2026-12-04T18:10:00", "DECEMBER 2026"
    if others == 0 && (is_of_a_database(&first) || is_month(&first)) {
        return true;
    }
    if others == 0 && row.len() >= 4 && label.is_some() && first.chars().any(char::is_alphabetic) {
        return true;
    }
    if others == 0 && label.is_some_and(|label| GROUPS.contains(&label)) {
        return true;
    }
    // "Okafor, Ngozi, MD - Total", "12": a label that ends so, and small figures.
    let ends = ["total", "totals", "subtotal", "sub total"]
        .iter()
        .any(|word| first.strip_suffix(word).is_some_and(|rest| rest.ends_with(|c: char| !c.is_alphanumeric())));
    let few_digits = |cell: &str| cell.bytes().filter(u8::is_ascii_digit).count() <= 6 && !cell.contains(':');
    if ends && others > 0 && !figures.contains(&false) && row.cells().filter(|cell| is_figure(cell)).all(few_digits) {
        return true;
    }
    let Some(rest) = BEGINNINGS.iter().filter_map(|word| first.strip_prefix(word)).min_by_key(|rest| rest.len()) else {
        let rows = first
            .strip_prefix(|c: char| c.is_ascii_digit())
            .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        let counted = [
            "appointments",
            "appts",
            "visits",
            "records",
            "rows",
            "patients",
            "rendez-vous",
            "rdv",
            "citas",
            "termine",
            "afspraken",
            "appuntamenti",
            "consultas",
            "agendamentos",
        ];
        return others == 0 && rows.is_some_and(|rest| counted.iter().any(|word| rest.trim().starts_with(word)));
    };
    let ends_word = rest.chars().next().is_none_or(|c| !c.is_alphabetic());
    // "Total slots:", "48": a label and figures, not "Page", "Jimmy".
    let counts = others > 0 && (first.contains(':') || first.contains(' ')) && !figures.contains(&false);
    ends_word && (counts || (others + 1) * 3 <= row.len().max(3))
}

/// What a database's console writes below a result.
fn is_of_a_database(line: &str) -> bool {
    let counted = line.trim_start_matches('(').trim_end_matches(')');
    let rest = counted.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',');
    let counts = rest.len() < counted.len() && matches!(rest.trim(), "rows affected" | "row affected" | "rows" | "row");
    counts || line.starts_with("completion time:")
}

/// Whether a line has only a month, above the rows of its days.
fn is_month(line: &str) -> bool {
    dates::is_month(line.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches([' ', ',']))
}

/// Whether a record of another width closes the file and counts its rows: `TRL|26`.
pub(super) fn is_trailer(row: &RawRow) -> bool {
    const WORDS: [&str; 7] = ["trl", "tlr", "trailer", "ftr", "footer", "eof", "end"];
    let mut filled = row.cells().filter(|cell| !cell.trim().is_empty());
    let named = filled.next().is_some_and(|first| WORDS.contains(&fold(first).as_str()));
    let figures: Vec<bool> = filled.map(is_figure).collect();
    named && (1..=3).contains(&figures.len()) && !figures.contains(&false)
}

/// A page line as it is compared with the lines above the header: folded, and the same for every page.
pub(super) fn page_line(line: &str) -> String {
    static PAGE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\b(page|pag\.?|página|pg\.?|seite|p\.)\s*\d+(\s*(of|de|von|sur|/)\s*\d+)?").ok());
    let folded = fold(line);
    match PAGE.as_ref() {
        Some(page) => page.replace_all(&folded, "page #").into_owned(),
        None => folded,
    }
}

/// Whether a text can be the title of a report: several words, with letters and without digits.
pub(super) fn is_title(text: &str) -> bool {
    let words = text.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic)).count();
    words >= 2 && !text.contains(|c: char| c.is_ascii_digit())
}

fn is_figure(cell: &str) -> bool {
    cell.chars().any(|c| c.is_ascii_digit()) && !cell.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_only_a_date_are_recognized() {
        let date = |cells: &[&str]| date_line(&RawRow::of(1, cells.iter().copied())).map(str::to_owned);
        for (cell, want) in [
            ("Tuesday, December 1, 2026", "December 1, 2026"),
            ("Date: 12/01/2026", "12/01/2026"),
            ("Office: 101 - Mesa          Monday, November 30, 2026", "November 30, 2026"),
            ("Tue 1 Dec 2026", "1 Dec 2026"),
            ("2026-12-01", "2026-12-01"),
            ("Appointments for Thursday 03-Dec-2026", "03-Dec-2026"),
            ("martes 1 de diciembre de 2026", "1 de diciembre de 2026"),
        ] {
            assert_eq!(date(&[cell]).as_deref(), Some(want), "{cell}");
            assert_eq!(date(&["", cell, ""]).as_deref(), Some(want), "{cell}");
        }
        for cells in [
            &["Printed:  Monday, November 30, 2026"][..],
            &["12/01/2026 - 12/18/2026"],
            &["Lee, Ana 2026"],
            &["12/01/2026", "9:00"],
            &["A-12"],
            &[""],
        ] {
            assert_eq!(date(cells), None, "{cells:?}");
        }
    }

    #[test]
    fn header_lines_are_distinguished_from_notes_and_data() {
        let of = |cells: &[&str]| RawRow::of(1, cells.iter().copied());
        assert!(fitness(&of(&["Patient", "Date", "Time"]), &[]) > 0);
        assert_eq!(fitness(&of(&["Lee, Ana", "3/4/2026", "9:00a"]), &[]), 0);
        assert_eq!(fitness(&of(&["Appointment List", "", "", "", ""]), &[]), 0);
        assert_eq!(fitness(&of(&["Kent DDS", "", "", "Appointments", "", "Page: 1"]), &[]), 0);
        assert_eq!(fitness(&of(&["Patient", "Date"]), &["date".to_owned(), "id".to_owned()]), 1);
        assert_eq!(names(&of(&["Phone", "", "phone"]), 4), ["Phone (1)", "column 2", "phone (2)", "column 4"]);
        for cells in [
            &["Total appointments: 40"][..],
            &["Total", "", "", "40", "", ""],
            &["Page 1 of 3"],
            &["40 appointments"],
            &["Total slots:", "48"],
            &["*** END OF REPORT ***  36 APPTS"],
            &["", "Total: 12"],
            &["", "Okafor, Ngozi, MD - Total", "12", "", "", ""],
            &["Dr. Lee subtotal", "3", "$120.00", "", ""],
            &["-----"],
            &["(34 rows affected)"],
            &["Completion time: 2026-12-04T18:10:00.1-07:00"],
            &["", "DECEMBER", "", ""],
            &["January 2027"],
            &["30 appts"],
        ] {
            assert!(is_note(&of(cells)), "{cells:?}");
        }
        for cells in [
            &["Page, Jimmy", "3/4/2026", "9:00a"][..],
            &["A1"],
            &["Totally, Ann"],
            &["Smith Total", "3035550101", "", ""],
            &["12"],
            &["Page", "Jimmy"],
            &["Page", "9705550178"],
        ] {
            assert!(!is_note(&of(cells)), "{cells:?}");
        }
    }
}
