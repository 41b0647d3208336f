//! Reads a time of day as people write it.

use chrono::NaiveTime;

/// Minutes after midnight: `09:00`, `9:00`, `9am`, `6:30 PM`, `noon`, `24:00`. An hour alone could be morning or
/// afternoon, so it gives `None`.
pub(crate) fn minutes(text: &str) -> Option<u32> {
    let text = text.trim().to_lowercase();
    match text.as_str() {
        "24:00" | "midnight" => return Some(24 * 60),
        "noon" => return Some(12 * 60),
        _ => {}
    }
    let plain: String = text.chars().filter(|c| !matches!(c, '.' | ' ')).collect();
    let half = ["am", "pm"].into_iter().position(|half| plain.ends_with(half));
    let clock = if half.is_some() { &plain[..plain.len() - 2] } else { text.as_str() };
    let number = |digits: &str| match digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit()) {
        true => digits.parse::<u32>().ok(),
        false => None,
    };
    let (hour, minute) = match (clock.split_once(':'), half) {
        (Some((hour, minute)), _) if minute.len() == 2 => (number(hour)?, number(minute)?),
        (None, Some(_)) => (number(clock)?, 0),
        _ => return None,
    };
    let hour = match half {
        None => hour,
        Some(half) if (1..=12).contains(&hour) => hour % 12 + if half == 1 { 12 } else { 0 },
        Some(_) => return None,
    };
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// A time of day; `24:00` and `midnight`, which could be either end of the day, are none. The error says what to write.
pub(crate) fn read(text: &str) -> Result<NaiveTime, String> {
    minutes(text)
        .and_then(|minutes| NaiveTime::from_hms_opt(minutes / 60, minutes % 60, 0))
        .ok_or_else(|| format!("`{text}` is not a time of day; write, for example, \"09:30\" or \"9:30 AM\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_read_as_people_write_them() {
        for (text, want) in [
            ("09:30", "09:30"),
            ("9:30", "09:30"),
            ("10am", "10:00"),
            ("8:00 PM", "20:00"),
            ("12 a.m.", "00:00"),
            ("12:05pm", "12:05"),
            ("noon", "12:00"),
        ] {
            assert_eq!(read(text).unwrap().format("%H:%M").to_string(), want, "{text}");
        }
        for text in
            ["", "9", "0930", "25:00", "9:5", "13pm", "0am", "24:00", "midnight", "+9:00", "9:+5", "am", "1 0:00"]
        {
            assert!(read(text).unwrap_err().contains("is not a time of day"), "{text}");
        }
    }
}
