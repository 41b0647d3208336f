//! Cleans up cells as spreadsheets leave them: wrapped phones, numbers with `.0`, lengths of time in every spelling.

pub(crate) use super::moment::unwrapped;

/// A phone number as the practice wrote it, without the characters a spreadsheet adds; `None`: blank.
///
/// `3.03556E+09` has lost digits and is kept unchanged: it cannot be read as a phone number, and the front desk should
/// see why.
pub(super) fn phone(cell: &str) -> Option<&str> {
    let text = whole(unwrapped(cell));
    (!text.is_empty() && !is_nothing(text)).then_some(text)
}

/// An id without the characters a spreadsheet adds; `None`: blank.
pub(super) fn id(cell: &str) -> Option<&str> {
    let text = whole(unwrapped(cell));
    (!text.is_empty() && !is_nothing(text)).then_some(text)
}

/// Whether a spreadsheet wrote a long number with an exponent, which loses digits.
pub(crate) fn has_lost_digits(text: &str) -> bool {
    let Some((digits, exponent)) = text.split_once(['E', 'e']) else { return false };
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    exponent.strip_prefix('+').is_some_and(number)
        && digits.replace('.', "").bytes().all(|b| b.is_ascii_digit())
        && !digits.is_empty()
}

/// Removes the `.0` that a spreadsheet added, as in `3035550174.0`.
fn whole(text: &str) -> &str {
    let number = text.strip_suffix(".0").or_else(|| text.strip_suffix(".00"));
    number.filter(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).unwrap_or(text)
}

/// Whether a text is one that programs write for an empty value.
pub(super) fn is_nothing(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "null" | "(null)" | "\\n" | "n/a" | "#n/a" | "nan" | "none" | "-" | "--"
    )
}

/// The minutes in a length of time: `30`, `30.0`, `30 min`, `0:30`, `1h 30m`, `00:45:00`, `1 hr`.
pub(crate) fn minutes(cell: &str) -> Option<u32> {
    let text = whole(unwrapped(cell)).to_lowercase();
    let number = |text: &str| text.trim().parse::<u32>().ok();
    if let Some(minutes) = number(&text) {
        return Some(minutes);
    }
    if text.contains(':') {
        let parts: Vec<u32> = text.split(':').map(number).collect::<Option<_>>()?;
        return match parts.as_slice() {
            [hours, minutes] | [hours, minutes, 0] if *minutes < 60 => hours.checked_mul(60)?.checked_add(*minutes),
            _ => None,
        };
    }
    let mut total: u32 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (digits, tail) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let tail = tail.trim_start();
        let (unit, next) = tail.split_at(tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len()));
        let each = match unit {
            "m" | "min" | "mins" | "minute" | "minutes" | "minutos" => 1,
            "h" | "hr" | "hrs" | "hour" | "hours" | "hora" | "horas" => 60,
            _ => return None,
        };
        total = total.checked_add(number(digits)?.checked_mul(each)?)?;
        rest = next.trim_start_matches([' ', '.', ',']);
    }
    Some(total)
}

/// The number of marks in a pattern such as `/XXXXXX/`; `None`: it is not such a pattern.
pub(crate) fn marks(cell: &str) -> Option<u32> {
    let text = unwrapped(cell);
    let marked = !text.is_empty() && text.chars().all(|c| matches!(c, '/' | '\\' | 'X' | 'x' | '.' | '-'));
    marked.then(|| u32::try_from(text.chars().count()).unwrap_or(u32::MAX))
}

/// The shape of a value, to show in place of a private value.
pub fn masked(text: &str) -> String {
    let shape = text.chars().map(|c| match c {
        c if c.is_numeric() => '#',
        c if c.is_alphabetic() => 'x',
        c if c.is_control() => ' ',
        c => c,
    });
    shortened(&shape.collect::<String>())
}

/// A value that is not private, shortened to fit on one line.
pub fn shortened(text: &str) -> String {
    let line = crate::domain::ids::one_line(text);
    match line.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreadsheet_leftovers_are_removed() {
        for (cell, want) in [
            ("=\"3035550102\"", Some("3035550102")),
            ("'+13035550102", Some("+13035550102")),
            ("'", None),
            ("3035550174.0", Some("3035550174")),
            ("3.03556E+09", Some("3.03556E+09")),
            (" 303 555 0102 ", Some("303 555 0102")),
            ("", None),
            ("NULL", None),
        ] {
            assert_eq!(phone(cell), want, "{cell}");
        }
        assert!(has_lost_digits("9.18234E+07") && !has_lost_digits("AE12") && !has_lost_digits("E+07"));
    }

    #[test]
    fn lengths_of_time_and_marks_are_read() {
        for (cell, want) in [
            ("30", Some(30)),
            ("30.0", Some(30)),
            ("30 min", Some(30)),
            ("0:30", Some(30)),
            ("00:45:00", Some(45)),
            ("1h 30m", Some(90)),
            ("1 hr", Some(60)),
            ("1 hour, 15 minutes", Some(75)),
            ("half an hour", None),
            ("", None),
        ] {
            assert_eq!(minutes(cell), want, "{cell}");
        }
        assert_eq!(marks("/XXXXXX/"), Some(8));
        assert_eq!(marks("30"), None);
    }
}
