//! Finds the phone numbers in a cell, among dates, times, extensions and words.

use std::ops::Range;

/// A group of consecutive digits.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    /// Where its digits are, including a `+` before them.
    range: Range<usize>,
    digits: usize,
    /// Whether only phone number punctuation is between it and the previous group.
    joined: bool,
    /// Whether it is part of a date or a time.
    date: bool,
}

/// The most characters between two groups of one number: `) - (`.
const WIDEST: usize = 5;

/// The numbers in a folded cell, in order. `read` parses a piece of the cell as a number, if it is a valid one.
pub(crate) fn numbers<T>(cell: &str, read: &impl Fn(&str) -> Option<T>) -> Vec<(Range<usize>, T)> {
    let mut found = Vec::new();
    for run in runs(&groups(cell)) {
        pick(cell, run, read, &mut found);
    }
    found.sort_by_key(|(range, _)| range.start);
    found
}

/// The digits of a folded cell that are most likely a number, although not a valid one.
pub(crate) fn doubtful(cell: &str) -> Option<Range<usize>> {
    let groups = groups(cell);
    let long = runs(&groups).into_iter().find(|run| run.iter().map(|group| group.digits).sum::<usize>() >= 7)?;
    Some(long.first()?.range.start..long.last()?.range.end)
}

/// Takes the most likely number out of a run, then continues with the rest on either side of it.
fn pick<T>(cell: &str, run: &[Group], read: &impl Fn(&str) -> Option<T>, found: &mut Vec<(Range<usize>, T)>) {
    /// The fewest digits of a number, and the most including an international call prefix (ITU-T E.164 allows 15
    /// digits).
    const DIGITS: std::ops::RangeInclusive<usize> = 7..=18;
    let mut windows = Vec::new();
    for first in 0..run.len() {
        let mut digits = 0;
        for (last, group) in run.iter().enumerate().skip(first) {
            digits += group.digits;
            if digits > *DIGITS.end() {
                break;
            }
            if DIGITS.contains(&digits) {
                windows.push((first, last, digits));
            }
        }
    }
    // The most likely first: in international format, the whole run, in a North American shape, with more digits.
    windows.sort_by_key(|&(first, last, digits)| {
        let abroad = is_abroad(cell, &run[first]);
        let whole = first == 0 && last + 1 == run.len();
        std::cmp::Reverse((abroad, whole, is_shaped(&run[first..=last]), digits))
    });
    for (first, last, _) in windows {
        let range = run[first].range.start..run[last].range.end;
        if let Some(number) = read(&cell[range.clone()]) {
            found.push((range, number));
            pick(cell, &run[..first], read, found);
            pick(cell, &run[last + 1..], read, found);
            return;
        }
    }
}

fn is_abroad(cell: &str, group: &Group) -> bool {
    let digits = &cell[group.range.clone()];
    digits.starts_with('+') || digits == "011" || digits == "00"
}

/// Whether groups have the shape of a North American number.
fn is_shaped(groups: &[Group]) -> bool {
    const SHAPES: [&[usize]; 8] = [&[3, 3, 4], &[1, 3, 3, 4], &[10], &[11], &[3, 7], &[1, 3, 7], &[6, 4], &[1, 10]];
    SHAPES.iter().any(|shape| groups.iter().map(|group| group.digits).eq(shape.iter().copied()))
}

/// Groups that may be one number: joined, with no `+` and no date between them.
fn runs(groups: &[Group]) -> Vec<&[Group]> {
    let pieces = groups.chunk_by(|a, b| b.joined && !a.date && !b.date);
    pieces.filter(|run| run.iter().all(|group| !group.date)).collect()
}

fn groups(cell: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut chars = cell.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if !c.is_numeric() {
            continue;
        }
        let (mut end, mut digits) = (start + c.len_utf8(), 1);
        while let Some((_, c)) = chars.next_if(|(_, c)| c.is_numeric()) {
            end += c.len_utf8();
            digits += 1;
        }
        let before = groups.last().map_or(0, |group| group.range.end);
        let between = &cell[before..start];
        let bare = between.trim_end_matches(|c: char| c == '(' || c.is_whitespace());
        let plus = bare.ends_with('+');
        let joined = !plus && before > 0 && between.chars().count() <= WIDEST && between.chars().all(is_punctuation);
        let start = if plus { before + bare.len() - 1 } else { start };
        groups.push(Group { range: start..end, digits, joined, date: false });
    }
    mark_dates(cell, &mut groups);
    groups
}

/// Characters that may appear between the digits of one number.
fn is_punctuation(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '.' | '(' | ')' | '[' | ']' | '/' | '_' | '*')
}

/// Marks dates and times: `3/12/26`, `2026-03-12`, `3/12`, `3/2026` and `12:30`.
fn mark_dates(cell: &str, groups: &mut [Group]) {
    let value = |group: &Group| cell[group.range.clone()].parse::<u32>().unwrap_or(u32::MAX);
    let between = |a: &Group, b: &Group| cell[a.range.end..b.range.start].to_owned();
    let short = |group: &Group| group.digits <= 2;
    let day = |group: &Group| short(group) && (1..=31).contains(&value(group));
    let year = |group: &Group| match group.digits {
        2 => true,
        4 => (1900..2100).contains(&value(group)),
        _ => false,
    };
    let mut at = 0;
    while at < groups.len() {
        let mark = {
            let sign = |place: usize| match (groups.get(place), groups.get(place + 1)) {
                (Some(a), Some(b)) => between(a, b),
                _ => String::new(),
            };
            let chain = (at..groups.len()).take_while(|place| sign(*place) == sign(at)).count() + 1;
            let chained = at > 0 && sign(at - 1) == sign(at);
            let dated = matches!(sign(at).as_str(), "/" | "-" | ".") && !chained;
            match (dated.then_some(chain), &groups[at..]) {
                (Some(3), [a, b, c, ..]) if day(a) && day(b) && year(c) => 3,
                (Some(3), [a, b, c, ..]) if a.digits == 4 && year(a) && day(b) && day(c) => 3,
                (Some(2), [a, b, ..]) if sign(at) == "/" && day(a) && (day(b) || (b.digits == 4 && year(b))) => 2,
                (None, [a, b, ..])
                    if sign(at) == ":" && short(a) && value(a) < 25 && b.digits == 2 && value(b) < 60 =>
                {
                    2
                }
                _ => 0,
            }
        };
        groups[at..at + mark].iter_mut().for_each(|group| group.date = true);
        at += mark.max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In these tests, ten digits are a number, with or without a leading 1 or `+1`.
    fn found(cell: &str) -> Vec<String> {
        let read = |piece: &str| {
            let digits: String = piece.chars().filter(char::is_ascii_digit).collect();
            let national = digits.strip_prefix('1').filter(|rest| rest.len() == 10).unwrap_or(&digits);
            (national.len() == 10 && !national.starts_with(['0', '1'])).then(|| national.to_owned())
        };
        numbers(cell, &read).into_iter().map(|(_, number)| number).collect()
    }

    #[test]
    fn numbers_are_found_among_other_digits() {
        for (cell, want) in [
            ("11/26 303-201-2006", &["3032012006"][..]),
            ("2/12/2026 303-201-2006", &["3032012006"]),
            ("303-201-2006 2026-03-12", &["3032012006"]),
            ("303.201.2006 12.03.2026", &["3032012006"]),
            ("12:30 (303) 201-2006", &["3032012006"]),
            ("303/201/2006", &["3032012006"]),
            ("5 +1 303 201 2006 8", &["3032012006"]),
            ("303-201-2006 x5, 2x", &["3032012006"]),
            ("3032012006/3032012007", &["3032012006", "3032012007"]),
            ("1 303 201 2006 303 201 2007", &["3032012006", "3032012007"]),
            ("3/12/26 asked 2025", &[]),
        ] {
            assert_eq!(found(cell), want, "{cell}");
        }
    }

    #[test]
    fn an_invalid_number_is_found_as_written() {
        let cell = "no text 12/03/2026: 155-5555-155 x4";
        assert_eq!(doubtful(cell).map(|range| &cell[range]), Some("155-5555-155"));
        assert_eq!(doubtful("no text since 2025"), None);
    }
}
