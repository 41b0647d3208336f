//! Phone cells that say what kind of line a number is: `(303) 555-0101 (m)`, `Mobile: 0491 570 006, Home: 07 5550 1234`.

use std::ops::Range;

/// What a label says about a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// A mobile phone.
    Mobile,
    /// A line that is not texted: home, work, fax, or one with an extension.
    Other,
    /// The cell does not say.
    Unknown,
    /// A relative's phone, `(wife's cell)`, `(père)`: texted if there is no other number.
    Relative,
}

const MOBILE: [&str; 18] = [
    "c",
    "cell",
    "cellular",
    "cellphone",
    "cell phone",
    "m",
    "mob",
    "mobile",
    "mobile phone",
    "mbl",
    "cel",
    "celular",
    "movil",
    "móvil",
    "portable",
    "sms",
    "text",
    "texts",
];
const OTHER: [&str; 24] = [
    "h",
    "hm",
    "home",
    "home phone",
    "res",
    "residence",
    "w",
    "wk",
    "work",
    "work phone",
    "o",
    "off",
    "office",
    "business",
    "bus",
    "b",
    "d",
    "day",
    "daytime",
    "evening",
    "f",
    "fax",
    "landline",
    "casa",
];
/// Words for a relative who answers for the patient, without `'s`.
const RELATIVES: [&str; 43] = [
    "mom",
    "mother",
    "mum",
    "mommy",
    "dad",
    "father",
    "daddy",
    "parent",
    "parents",
    "guardian",
    "wife",
    "husband",
    "spouse",
    "partner",
    "son",
    "daughter",
    "grandma",
    "grandmother",
    "grandpa",
    "grandfather",
    "caregiver",
    "madre",
    "mamá",
    "mama",
    "padre",
    "papá",
    "papa",
    "esposa",
    "esposo",
    "mère",
    "mere",
    "père",
    "pere",
    "conjoint",
    "conjointe",
    "tuteur",
    "mutter",
    "vater",
    "eltern",
    "ehefrau",
    "ehemann",
    "sohn",
    "tochter",
];
/// Words that say only that it is a number.
const PLAIN: [&str; 6] = ["tel", "ph", "phone", "telephone", "t", "p"];

/// The numbers of a cell with their lines, in order; `None`: the cell has words that are not labels, or no number.
pub(crate) fn numbers(cell: &str) -> Option<Vec<(Line, &str)>> {
    numbers_in_row(cell).or_else(|| {
        // "H: 480-555-0123\nC: 480-555-0124 (mom)": one number with its labels on each line.
        let pieces = cell.split(['\n', ';', ',']).map(str::trim).filter(|piece| !piece.is_empty());
        let each: Vec<Vec<(Line, &str)>> = pieces.map(numbers_in_row).collect::<Option<_>>()?;
        (each.len() > 1 && each.iter().all(|found| found.len() == 1)).then(|| each.into_iter().flatten().collect())
    })
}

fn numbers_in_row(cell: &str) -> Option<Vec<(Line, &str)>> {
    // What stands before, between and after the numbers, without their extensions.
    let (mut found, mut labels, mut extended, mut from) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for run in runs(cell) {
        let (has_one, before) = without_extension(&cell[from..run.start]);
        extended.push(has_one);
        labels.push(label(before));
        from = run.end;
        found.push(number_in(&cell[run])?);
    }
    let (has_one, behind) = without_extension(&cell[from..]);
    extended.push(has_one);
    labels.push(label(behind));
    // Each label stands before its number, or each stands after it.
    let all = |labels: &[String]| labels.iter().map(|label| line_of(label)).collect::<Option<Vec<Line>>>();
    let lines = match labels.first().is_some_and(|first| !first.is_empty()) {
        true if labels.last().is_some_and(|last| last.is_empty()) => all(&labels[..found.len()])?,
        true if found.len() == 1 => vec![both(&all(&labels)?)?],
        true => return None,
        false => all(labels.get(1..)?)?,
    };
    // An extension stands after its number. A text does not reach it.
    let lines = lines.into_iter().zip(&extended[1..]).map(|(line, has_one)| if *has_one { Line::Other } else { line });
    (!found.is_empty()).then(|| lines.zip(found).collect())
}

/// Words beside numbers that are not texted: somebody else's, an old one, or no phone number at all.
const NOT_THEIRS: [&str; 41] = [
    "old",
    "wrong",
    "former",
    "previous",
    "bad",
    "emergency",
    "er",
    "ice",
    "contact",
    "doctor",
    "dr",
    "referred",
    "referral",
    "referring",
    "ref",
    "pharmacy",
    "insurance",
    "policy",
    "claim",
    "order",
    "code",
    "account",
    "acct",
    "member",
    "group",
    "npi",
    "provider",
    "clinic",
    "hospital",
    "front",
    "desk",
    "id",
    "meeting",
    "join",
    "dial",
    "pin",
    "conference",
    "zoom",
    "passcode",
    "confirmation",
    "not",
];

/// The number to text in a cell that is about other things too: the only one labeled as a mobile phone, else the only one, if no word
/// beside it says that it is another line or somebody else's. `None`: there is no such number, or it is not clear which.
///
/// Only whole numbers count, with at least ten digits, or after `+`. A shorter one may be the patient's, so it makes the cell
/// unclear.
pub(crate) fn in_text(text: &str) -> Option<&str> {
    // A date is no number: "Cell: 303-555-0101, born 12/03/1984".
    let is_date = |run: &Range<usize>| {
        text.get(run.clone()).is_some_and(|run| {
            super::moment::scan(run.trim_matches([' ', '-', '.', '/', '(', ')']), false)
                .is_ok_and(|moment| moment.date.is_some())
        })
    };
    let runs: Vec<Range<usize>> = runs(text).into_iter().filter(|run| !is_date(run)).collect();
    let (mut mobile, mut unknown, mut others) = (Vec::new(), Vec::new(), 0);
    for (at, run) in runs.iter().enumerate() {
        let from = at.checked_sub(1).and_then(|before| runs.get(before)).map_or(0, |before| before.end);
        let until = runs.get(at + 1).map_or(text.len(), |next| next.start);
        let (before, behind) = (text.get(from..run.start)?, text.get(run.end..until)?);
        let (extended, behind) = without_extension(behind);
        // A label behind a number ends with a sign: "303-555-0101 (home), cell 303-555-0102".
        const ENDS: [char; 5] = [',', ';', '/', '|', '\n'];
        let before = if at > 0 { before.split_once(ENDS).map_or(before, |(_, own)| own) } else { before };
        let behind = behind.split(ENDS).next().unwrap_or_default();
        let number = number_in(text.get(run.clone())?)?;
        if digits(number) < 10 && !number.starts_with('+') {
            return None;
        }
        let words = words(before).chain(words(behind)).collect::<Vec<_>>();
        let is_other =
            |word: &String| OTHER.contains(&word.as_str()) || is_relative(word) || NOT_THEIRS.contains(&word.as_str());
        // "Policy 1234567890" is none; "call 303-555-0101" is one.
        let is_spaced = number.len() > digits(number);
        match words.last().map(String::as_str) {
            _ if extended || words.iter().any(is_other) => others += 1,
            _ if words.iter().any(|word| MOBILE.contains(&word.as_str())) => mobile.push(number),
            Some(word) if !is_spaced && !PLAIN.contains(&word) => {}
            _ => unknown.push(number),
        }
    }
    match (mobile.as_slice(), unknown.as_slice(), others) {
        ([one], ..) | ([], [one], 0) => Some(one),
        _ => None,
    }
}

/// The lower-case words of a text, without `'s`.
fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && !"'’".contains(c)).filter(|word| !word.is_empty());
    words.map(|word| word.trim_end_matches("'s").trim_end_matches("’s").to_lowercase())
}

/// Splits an extension off what stands after a number: `x204`, `ext. 12`, `Extension 7 (Work)`.
fn without_extension(text: &str) -> (bool, &str) {
    let start = text.trim_start_matches([' ', ',', '(', '.', '\u{a0}']);
    let lower = start.to_ascii_lowercase();
    let rest = ["extension", "extn", "ext", "x"].iter().find_map(|word| {
        let rest = lower.strip_prefix(word)?.trim_start_matches(['.', ' ', ':']);
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let ends = rest[digits..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        (digits > 0 && ends).then(|| start.get(start.len() - rest.len() + digits..)).flatten()
    });
    rest.map_or((false, text), |rest| (true, rest))
}

/// The line of one number that has labels on both sides, if they agree: `H 307-555-0111 (home)`, `C: 303-555-0101 (mom)`.
fn both(lines: &[Line]) -> Option<Line> {
    match lines {
        [one, other] if one == other => Some(*one),
        [Line::Unknown, line] | [line, Line::Unknown] => Some(*line),
        [Line::Mobile, Line::Relative] | [Line::Relative, Line::Mobile] => Some(Line::Relative),
        [Line::Other, Line::Relative] | [Line::Relative, Line::Other] => Some(Line::Other),
        _ => None,
    }
}

/// Where numbers stand: digits and the signs between them, at least seven digits.
fn runs(cell: &str) -> Vec<Range<usize>> {
    let of_number = |c: char| c.is_ascii_digit() || " +-./()\u{a0}".contains(c);
    let (mut runs, mut start) = (Vec::new(), None);
    for (at, c) in cell.char_indices().chain([(cell.len(), 'x')]) {
        match (start, of_number(c)) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                if digits(&cell[from..at]) >= 7 {
                    runs.push(from..at);
                }
                start = None;
            }
            _ => {}
        }
    }
    runs
}

/// A number without the signs around it; `None`: too many digits for one.
fn number_in(run: &str) -> Option<&str> {
    let around = [' ', '-', '.', '/', '\u{a0}'];
    let number = run.trim_matches(around);
    let number = number.strip_suffix('(').unwrap_or(number).strip_prefix(')').unwrap_or(number.trim_end_matches('('));
    let number = number.trim_matches(around);
    (digits(number) <= 15).then_some(number)
}

/// Whether a word says which line a number is.
pub(crate) fn is_label(word: &str) -> bool {
    line_of(&label(word)).is_some()
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// A label without the punctuation around it.
fn label(text: &str) -> String {
    text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

fn line_of(label: &str) -> Option<Line> {
    match label {
        "" => Some(Line::Unknown),
        _ if MOBILE.contains(&label) => Some(Line::Mobile),
        _ if OTHER.contains(&label) => Some(Line::Other),
        _ if PLAIN.contains(&label) => Some(Line::Unknown),
        _ => of_relative(label),
    }
}

/// Whether a lower-case word is one for a relative who answers for the patient.
pub(crate) fn is_relative(word: &str) -> bool {
    RELATIVES.contains(&word)
}

/// `wife's cell`, `mom`, `cell - dad`: a relative and, perhaps, a line.
fn of_relative(label: &str) -> Option<Line> {
    let words: Vec<&str> = label.split(|c: char| !c.is_alphanumeric() && !"'’".contains(c)).collect();
    let words: Vec<&str> =
        words.iter().map(|word| word.trim_end_matches("'s").trim_end_matches("’s")).filter(|w| !w.is_empty()).collect();
    let (whose, lines): (Vec<&str>, Vec<&str>) = words.into_iter().partition(|word| is_relative(word));
    let rest = lines.join(" ");
    match (whose.is_empty(), rest.as_str()) {
        (true, _) => None,
        (false, "") => Some(Line::Relative),
        (false, line) if MOBILE.contains(&line) || PLAIN.contains(&line) => Some(Line::Relative),
        (false, line) if OTHER.contains(&line) => Some(Line::Other),
        (false, _) => None,
    }
}

/// The number of these cells to text: one that is labeled as a mobile phone, else the first cell that says nothing about its
/// line, else the first cell as it is, so that the front desk sees why it cannot be texted.
pub(super) fn choose<'r>(cells: &[&'r str]) -> Option<&'r str> {
    let of_line = |wanted: Line| {
        cells.iter().find_map(|cell| {
            let numbers = numbers(cell)?;
            numbers.into_iter().find(|(line, _)| *line == wanted).map(|(_, number)| number)
        })
    };
    let mobile = of_line(Line::Mobile);
    let plain =
        || cells.iter().find(|cell| numbers(cell).is_none_or(|all| all.iter().all(|(line, _)| *line == Line::Unknown)));
    let relative = || of_line(Line::Relative);
    mobile.or_else(|| plain().copied()).or_else(relative).or_else(|| cells.first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_about_other_things_may_have_the_number_to_text() {
        for (text, want) in [
            ("Cell: (714) 637-6794\nprenatal\ngate code 4471#, park on street", Some("(714) 637-6794")),
            ("C: (310) 259-4648", Some("(310) 259-4648")),
            ("hot stone 714-746-4328", Some("714-746-4328")),
            ("home 714-746-4328, cell 626-880-9041", Some("626-880-9041")),
            ("text her at 626.880.9041 please", Some("626.880.9041")),
            ("+1 626 880 9041; 60 min", Some("+1 626 880 9041")),
            // Which of them, or not one for texts.
            ("714-746-4328 or 626-880-9041", None),
            ("cell 714-746-4328, cell 626-880-9041", None),
            ("Home: 714-746-4328", None),
            ("wife's 714-746-4328", None),
            ("Home phone: 714-746-4328", None),
            ("714-746-4328 (home)", None),
            ("714-746-4328 (home), cell 626-880-9041", Some("626-880-9041")),
            ("mother's cell: 714-746-4328, call 626-880-9041", None),
            ("Patient 714-746-4328 (home), Dr. Lee's cell: 626-880-9041", None),
            ("old cell 714-746-4328; 626-880-9041", None),
            ("cell 714-746-4328 (wrong number)", None),
            ("Cell 746-4328. Referred by Dr. Lee, 626-880-9041", None),
            ("Emergency contact 714-746-4328", None),
            ("Meeting ID: 714 746 4328", None),
            ("Join by phone +1 240-532-6211 PIN 55", None),
            ("mom 714-746-4328", None),
            ("714-746-4328 x204", None),
            ("714-746-4328, Dr. office 626-880-9041", None),
            // Not numbers of phones.
            ("code 4471, order 637-6794", None),
            ("order 637-6794, cell 626-880-9041", None),
            ("policy 3034567890", None),
            ("ph 3034567890", Some("3034567890")),
            ("12/01/2026 714-637-6794 12/02/2026", None),
            ("", None),
        ] {
            assert_eq!(in_text(text), want, "{text:?}");
        }
    }

    #[test]
    fn labels_say_which_number_is_a_mobile_phone() {
        for (cells, want) in [
            (&["(303) 555-0101 (m)"][..], "(303) 555-0101"),
            (&["(303)555-0101 (C)"], "(303)555-0101"),
            (&["C: (303) 555-0101 (mom)"], "(303) 555-0101"),
            (&["H: (303) 555-0111\nC: (303) 555-0101 (mom)"], "(303) 555-0101"),
            (&["H: (303) 555-0101 (mom)", "720-555-0102"], "720-555-0102"),
            (&["Mobile: 0491 570 006, Home: 07 5550 1234"], "0491 570 006"),
            (&["Home: 07 5550 1234, Mobile: 0491 570 006"], "0491 570 006"),
            (&["H 303-555-0101", "W 307-555-0111 x204", "(720)555-0110 (C)"], "(720)555-0110"),
            (&["(303)555-0101 (H)", "720-555-0110"], "720-555-0110"),
            (&["c: 303.555.0101"], "303.555.0101"),
            (&["(303) 555-0116 (h) (303) 555-0149 (m)"], "(303) 555-0149"),
            (&["(303) 555-0116 (h); (303) 555-0149"], "(303) 555-0116 (h); (303) 555-0149"),
            (&["+1 303 555 0101"], "+1 303 555 0101"),
            (&["H: (970) 555-0158; C: (303) 555-0118; W: (303) 555-0177 x204"], "(303) 555-0118"),
            (&["303-555-0119 (Mobile), 303-555-0177 x204 (Work)"], "303-555-0119"),
            (&["W: 303-555-0177 ext. 204, C: 303-555-0119"], "303-555-0119"),
            // A relative's number is texted if there is no other.
            (&["303-555-0101 mom"], "303-555-0101"),
            (&["505-301-1094 (wife's cell)"], "505-301-1094"),
            (&["(438) 791-1148 (père)"], "(438) 791-1148"),
            (&["C 303-555-0101 / 303-555-0102 (wife)"], "C 303-555-0101 / 303-555-0102 (wife)"),
            (&["303-555-0101 (c), 303-555-0102 (wife)"], "303-555-0101"),
            (&["303-555-0102 (mom's work)"], "303-555-0102 (mom's work)"),
            // Not labels, or not to be texted: as it is written.
            (&["(303) 555-0101 (H)"], "(303) 555-0101 (H)"),
            (&["do not text 303-555-0101"], "do not text 303-555-0101"),
            (&["303-555-0101 call first"], "303-555-0101 call first"),
            (&["W 307-555-0111 x204"], "W 307-555-0111 x204"),
            (&["none"], "none"),
            // An extension is not texted, whatever its label says.
            (&["C: 303-555-0119 x204, H: 970-555-0158"], "C: 303-555-0119 x204, H: 970-555-0158"),
            (&["303-555-0119 ext 204"], "303-555-0119 ext 204"),
        ] {
            assert_eq!(choose(cells), Some(want), "{cells:?}");
        }
        assert_eq!(choose(&[]), None);
    }
}
