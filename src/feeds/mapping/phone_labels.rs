//! Phone cells that say what kind of line a number is: `(303) 555-0101 (m)`, `Mobile: 0491 570 006, Home: 07 5550 1234`.

/// What a label says about a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// A mobile phone.
    Mobile,
    /// A line that is not texted: home, work, fax, or one with an extension.
    Other,
    /// The cell does not say.
    Unknown,
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
/// Words that say only that it is a number.
const PLAIN: [&str; 6] = ["tel", "ph", "phone", "telephone", "t", "p"];

/// The numbers of a cell with their lines, in order; `None`: the cell has words that are not labels, or no number.
pub(crate) fn numbers(cell: &str) -> Option<Vec<(Line, &str)>> {
    let found: Vec<(Line, &str)> = cell
        .split([',', ';', '|', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(one)
        .collect::<Option<_>>()?;
    (!found.is_empty()).then_some(found)
}

/// The number of a part of a cell.
fn one(part: &str) -> Option<(Line, &str)> {
    let is_number = |c: char| c.is_ascii_digit() || " +-./()\u{a0}".contains(c);
    // The longest run of digits and the signs between them; labels stand before or after it.
    let mut best = 0..0;
    let mut start = None;
    for (at, c) in part.char_indices().chain([(part.len(), 'x')]) {
        match (start, is_number(c)) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                if digits(&part[from..at]) > digits(&part[best.clone()]) {
                    best = from..at;
                }
                start = None;
            }
            _ => {}
        }
    }
    let number = part[best.clone()].trim_matches([' ', '-', '.', '/', '\u{a0}']);
    let number = number.strip_suffix('(').unwrap_or(number).trim_end();
    let number = number.strip_prefix(')').unwrap_or(number).trim_start();
    if !(7..=15).contains(&digits(number)) {
        return None;
    }
    let (before, after) = (label(&part[..best.start]), label(&part[best.end..]));
    let line = match (before.as_str(), after.as_str()) {
        ("", "") => Line::Unknown,
        (label, "") | ("", label) => line_of(label)?,
        (a, b) => (line_of(a)? == line_of(b)?).then_some(line_of(a)?)?,
    };
    Some((line, number))
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// A label without the punctuation around it.
fn label(text: &str) -> String {
    text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

fn line_of(label: &str) -> Option<Line> {
    // `x204`, `ext. 12`: a text does not reach an extension.
    let extension = ["x", "ext", "extn", "extension"].iter().any(|word| {
        let rest = label.strip_prefix(word).map(|rest| rest.trim_start_matches(['.', ' ', ':']));
        rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    });
    match label {
        _ if extension => Some(Line::Other),
        _ if MOBILE.contains(&label) => Some(Line::Mobile),
        _ if OTHER.contains(&label) => Some(Line::Other),
        _ if PLAIN.contains(&label) => Some(Line::Unknown),
        _ => None,
    }
}

/// The number of these cells to text: one that is labelled as a mobile phone, else the first cell that says nothing about its
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
    mobile.or_else(|| plain().copied()).or_else(|| cells.first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_which_number_is_a_mobile_phone() {
        for (cells, want) in [
            (&["(303) 555-0101 (m)"][..], "(303) 555-0101"),
            (&["(303)555-0101 (C)"], "(303)555-0101"),
            (&["Mobile: 0491 570 006, Home: 07 5550 1234"], "0491 570 006"),
            (&["Home: 07 5550 1234, Mobile: 0491 570 006"], "0491 570 006"),
            (&["H 303-555-0101", "W 307-555-0111 x204", "(720)555-0110 (C)"], "(720)555-0110"),
            (&["(303)555-0101 (H)", "720-555-0110"], "720-555-0110"),
            (&["c: 303.555.0101"], "303.555.0101"),
            (&["+1 303 555 0101"], "+1 303 555 0101"),
            // Not labels, or not to be texted: as it is written.
            (&["(303) 555-0101 (H)"], "(303) 555-0101 (H)"),
            (&["do not text 303-555-0101"], "do not text 303-555-0101"),
            (&["303-555-0101 mom"], "303-555-0101 mom"),
            (&["W 307-555-0111 x204"], "W 307-555-0111 x204"),
            (&["none"], "none"),
        ] {
            assert_eq!(choose(cells), Some(want), "{cells:?}");
        }
        assert_eq!(choose(&[]), None);
    }
}
