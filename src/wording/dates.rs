//! Dates and times as an English speaker in the United States writes them.

use chrono::{DateTime, Datelike, FixedOffset};

/// `March 10th`.
pub fn date(at: DateTime<FixedOffset>) -> String {
    format!("{}{}", at.format("%B %-d"), ordinal_suffix(at.day()))
}

/// `3:00 PM`, with a plain space: U+202F, which locale data put there, would make one text cost three.
pub fn time(at: DateTime<FixedOffset>) -> String {
    at.format("%-I:%M %p").to_string()
}

/// `Monday`.
pub fn weekday(at: DateTime<FixedOffset>) -> String {
    at.format("%A").to_string()
}

/// `today at 3:00 PM`, `tomorrow at 3:00 PM`, or `on Monday, March 10th at 3:00 PM`, as read on the local date of `now`.
pub fn when(at: DateTime<FixedOffset>, now: DateTime<FixedOffset>) -> String {
    let days = (at.date_naive() - now.date_naive()).num_days();
    match days {
        0 => format!("today at {}", time(at)),
        1 => format!("tomorrow at {}", time(at)),
        _ => format!("on {}, {} at {}", weekday(at), date(at), time(at)),
    }
}

fn ordinal_suffix(day: u32) -> &'static str {
    match (day % 10, day % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<FixedOffset> {
        text.parse().unwrap()
    }

    #[test]
    fn in_words() {
        let visit = at("2025-03-10T15:00:00-06:00");
        assert_eq!(date(visit), "March 10th");
        assert_eq!(time(visit), "3:00 PM");
        assert_eq!(when(visit, at("2025-03-06T10:00:00-07:00")), "on Monday, March 10th at 3:00 PM");
        assert_eq!(when(visit, at("2025-03-09T23:59:00-06:00")), "tomorrow at 3:00 PM");
        assert_eq!(when(visit, at("2025-03-10T09:00:00-06:00")), "today at 3:00 PM");
        assert_eq!(time(at("2025-03-10T00:05:00-06:00")), "12:05 AM");
    }

    #[test]
    fn ordinals() {
        let suffixes: Vec<&str> = (1..=31).map(ordinal_suffix).collect();
        let want = |day: usize| match day {
            1 | 21 | 31 => "st",
            2 | 22 => "nd",
            3 | 23 => "rd",
            _ => "th",
        };
        for day in 1..=31 {
            assert_eq!(suffixes[day - 1], want(day), "{day}");
        }
    }
}
