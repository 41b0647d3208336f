//! Reads sending hours, open days and holidays, for both `[sending]` and `[[location]]`.

use chrono::{NaiveDate, Weekday};
use toml::de::DeValue;

use crate::config::toml_reader::{Faults, Section, Value, fault, list, one_of, text, text_as};
use crate::domain::ids::nearest;
use crate::domain::time_of_day::minutes;
use crate::planner::calendar::{Hours, WeekHours};
use crate::planner::holidays::{Holiday, Holidays};

/// The days of the week by their names in the configuration, Monday first.
pub(crate) const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// What a section sets about its hours; `None` = not set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Open {
    pub(crate) hours: Option<WeekHours>,
    pub(crate) days: Option<Vec<Weekday>>,
    pub(crate) holidays: Option<Holidays>,
}

impl Open {
    /// Reads `hours`, `days` and `holidays`.
    pub(crate) fn read(section: &mut Section<'_, '_, '_>) -> Open {
        Open {
            hours: section.optional("hours", week_hours),
            days: section.optional("days", days),
            holidays: section.optional("holidays", holidays),
        }
    }
}

/// Monday to Friday.
pub(crate) fn workdays() -> Vec<Weekday> {
    DAYS[..5].iter().map(|(_, day)| *day).collect()
}

/// A day by its short or full name, in upper or lower case: `mon`, `Monday`, `Tues.`.
fn day(value: &Value<'_>) -> Result<Weekday, Faults> {
    match value.get_ref().as_str().and_then(day_named) {
        Some(day) => Ok(day),
        None => one_of(value, &DAYS),
    }
}

fn day_named(name: &str) -> Option<Weekday> {
    const WHOLE: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let name = name.trim().trim_end_matches('.').to_lowercase();
    // People write "tues" and "thurs"; "t" and "s" could each mean two days.
    let place = WHOLE.iter().position(|whole| name.len() >= 3 && whole.starts_with(&name))?;
    Some(DAYS[place].1)
}

/// A list of at least one day.
pub(crate) fn days(value: &Value<'_>) -> Result<Vec<Weekday>, Faults> {
    let days = list(value, day)?;
    if days.is_empty() { fault("the list of days is empty; write at least one day") } else { Ok(days) }
}

/// `"09:00-18:00"` for every day, or a table of days, such as `{ mon = "09:00-18:00", sat = "10:00-14:00" }`; a day
/// that the table leaves out has no hours.
fn week_hours(value: &Value<'_>) -> Result<WeekHours, Faults> {
    let DeValue::Table(table) = value.get_ref() else {
        return text_as(value, hours).map(|hours| [Some(hours); 7]);
    };
    let (mut week, mut faults) = ([None; 7], Faults::new());
    for (day, value) in table.iter() {
        let named = day_named(day.get_ref().as_ref());
        let Some(place) = DAYS.iter().position(|(_, day)| Some(*day) == named) else {
            let known = DAYS.map(|(name, _)| name).join(", ");
            faults.push((Some(day.span()), format!("`{}` is not a day; write one of {known}", day.get_ref())));
            continue;
        };
        match text_as(value, hours) {
            Ok(hours) => week[place] = Some(hours),
            Err(found) => faults.extend(found.into_iter().map(|(_, message)| (Some(value.span()), message))),
        }
    }
    if faults.is_empty() && week.iter().all(Option::is_none) {
        return fault("there are no hours here; write, for example, { mon = \"09:00-18:00\" }");
    }
    if faults.is_empty() { Ok(week) } else { Err(faults) }
}

fn hours(range: &str) -> Result<Hours, String> {
    let wrong = || format!("`{range}` is not a time range; write opening and closing times, such as \"09:00-18:00\"");
    let (opens, closes) = range.split_once(['-', '–', '—']).or_else(|| range.split_once(" to ")).ok_or_else(wrong)?;
    let hours = Hours { opens: minutes(opens).ok_or_else(wrong)?, closes: minutes(closes).ok_or_else(wrong)? };
    match hours.opens < hours.closes {
        true => Ok(hours),
        false => Err(format!("`{range}` does not close after it opens; write the opening time first")),
    }
}

fn holidays(value: &Value<'_>) -> Result<Holidays, Faults> {
    let mut holidays = Holidays::default();
    list(value, |value| {
        if let Some(holiday) = value.get_ref().as_str().and_then(Holiday::from_name) {
            holidays.named.insert(holiday);
            return Ok(());
        }
        holidays.dates.insert(date(value)?);
        Ok(())
    })?;
    Ok(holidays)
}

fn date(value: &Value<'_>) -> Result<NaiveDate, Faults> {
    let written = match value.get_ref() {
        DeValue::Datetime(date) if date.time.is_none() && date.offset.is_none() => date.to_string(),
        _ => text(value)?,
    };
    let strict = written.len() == 10;
    if let Some(date) = NaiveDate::parse_from_str(&written, "%Y-%m-%d").ok().filter(|_| strict) {
        return Ok(date);
    }
    if written.starts_with(|c: char| c.is_ascii_digit()) {
        return fault(format!("`{written}` is not a date; write it like \"2026-12-25\""));
    }
    match nearest(&written, Holiday::names()) {
        Some(near) => fault(format!("`{written}` is not in the list of holidays; did you mean \"{near}\"?")),
        None => {
            let known: Vec<&str> = Holiday::names().collect();
            fault(format!("`{written}` is not in the list of holidays; write its date, or one of {}", known.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_days_are_read_as_people_write_them() {
        for (text, opens, closes) in [
            ("09:00-18:00", 540, 1080),
            ("9am-6pm", 540, 1080),
            ("9 AM - 6:30 PM", 540, 1110),
            ("9:00 a.m. – 12:00 p.m.", 540, 720),
            ("8:30-17:00", 510, 1020),
            ("noon-8pm", 720, 1200),
            ("8am to noon", 480, 720),
            ("00:00-24:00", 0, 1440),
        ] {
            let read = hours(text).unwrap();
            assert_eq!((read.opens, read.closes), (opens, closes), "{text}");
        }
        for text in ["9-5", "9am", "18:00-09:00", "25:00-26:00", "13pm-2pm", "9:5-10:00", "0am-5pm", ""] {
            assert!(hours(text).is_err(), "{text}");
        }
        for (name, day) in
            [("Monday", Weekday::Mon), ("tues.", Weekday::Tue), ("THU", Weekday::Thu), ("sat", Weekday::Sat)]
        {
            assert_eq!(day_named(name), Some(day));
        }
        assert_eq!(day_named("t"), None);
        assert_eq!(day_named("mo"), None);
    }
}
