//! Reads cells that contain only digits: times, dates and spreadsheet serial numbers.

use super::text::{DateText, Half, Moment, MomentFault, Style, TimeText, Year};

/// `0930`, `20260310`, `20260310093000`, `46352.5`, `0.375`.
pub(super) fn digits_only(text: &str, as_time: bool) -> Option<Result<Moment, MomentFault>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    if text.contains('.') {
        // In some countries `9.30` is a time; a fraction of a day has more digits.
        return match (whole.len(), fraction.len()) {
            (0..=1, 3..) if whole.is_empty() || whole == "0" => {
                Some(fraction_of_day(fraction).map(|time| Moment { time: Some(time), ..Moment::default() }))
            }
            (5, 0..) => Some(serial(whole, fraction)),
            _ => None,
        };
    }
    let part = |range: std::ops::Range<usize>| whole.get(range).and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
    let time = |hour: u32, minute: u32, second: u32| {
        let time = TimeText { hour, minute, second, half: None };
        time.on_clock().map(|_| Some(time)).ok_or(MomentFault::NoSuchTime)
    };
    let known = |from: usize| {
        let year = Year { number: part(from..from + 4).cast_signed(), short: false };
        Some(DateText::Known { year, month: part(from + 4..from + 6), day: part(from + 6..from + 8) })
    };
    let century = whole.starts_with("19") || whole.starts_with("20");
    // Digits are a date only if their parts can be a day and a month; otherwise they are some other number.
    let days = |a: u32, b: u32| (1..=31).contains(&a) && (1..=31).contains(&b) && (a <= 12 || b <= 12);
    let moment = match whole.len() {
        3 => {
            let style = Style { three_digit_time: true, ..Style::default() };
            time(part(0..1), part(1..3), 0).map(|time| Moment { time, style, ..Moment::default() })
        }
        4 => {
            let style = Style { zero_led_time: whole.starts_with('0'), ..Style::default() };
            time(part(0..2), part(2..4), 0).map(|time| Moment { time, style, ..Moment::default() })
        }
        // `90000` is 9:00:00 without its zero, or 90,000 seconds: 30000 is 8:20 AM where times count seconds.
        5 if as_time => Err(MomentFault::Unreadable),
        5 => serial(whole, ""),
        6 if as_time => time(part(0..2), part(2..4), part(4..6)).map(|time| Moment { time, ..Moment::default() }),
        6 if days(part(0..2), part(2..4)) || days(part(2..4), part(4..6)) => Ok(Moment {
            date: Some(DateText::Open { parts: [part(0..2), part(2..4), part(4..6)], long_year: false }),
            ..Moment::default()
        }),
        8 if century && (1..=12).contains(&part(4..6)) && (1..=31).contains(&part(6..8)) => {
            Ok(Moment { date: known(0), ..Moment::default() })
        }
        8 if days(part(0..2), part(2..4)) && (1900..2100).contains(&part(4..8)) => Ok(Moment {
            date: Some(DateText::Open { parts: [part(0..2), part(2..4), part(4..8)], long_year: true }),
            ..Moment::default()
        }),
        12 | 14 if century => {
            let seconds = if whole.len() == 14 { part(12..14) } else { 0 };
            time(part(8..10), part(10..12), seconds).map(|time| Moment { date: known(0), time, ..Moment::default() })
        }
        _ => Err(MomentFault::Unreadable),
    };
    Some(moment)
}

/// Reads a serial number and its fraction of a day, to the minute: spreadsheets cut off the last digits.
fn serial(whole: &str, fraction: &str) -> Result<Moment, MomentFault> {
    let days = whole.parse::<i64>().map_err(|_| MomentFault::Unreadable)?;
    let time = if fraction.is_empty() { None } else { Some(fraction_of_day(fraction)?) };
    Ok(Moment { date: Some(DateText::Serial(days)), time, ..Moment::default() })
}

fn fraction_of_day(fraction: &str) -> Result<TimeText, MomentFault> {
    let share = format!("0.{fraction}").parse::<f64>().map_err(|_| MomentFault::Unreadable)?;
    let minutes = (share * 1440.0).round();
    // A fraction that is not a whole minute is some other number.
    let whole = (share * 1440.0 - minutes).abs() <= 0.02 && (0.0..1440.0).contains(&minutes);
    // A short fraction must be a multiple of five minutes: 0.65 is a cut-off 0.6597222222 (15:50), not 15:36.
    let simple = fraction.len() >= 8 || (minutes / 5.0).fract() == 0.0;
    if !whole || !simple {
        return Err(MomentFault::Unreadable);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1439, checked above")]
    let minutes = minutes as u32;
    // Somebody who types 2:30 for the afternoon gets the fraction of 2:30 AM.
    let half = (minutes / 60 >= 7).then_some(Half::Both);
    Ok(TimeText { hour: minutes / 60, minute: minutes % 60, second: 0, half })
}
