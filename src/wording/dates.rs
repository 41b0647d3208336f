//! Dates and times as a native speaker writes them: English by hand (no locale data has "10th"), others from CLDR.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike, FixedOffset, Timelike};
use icu_calendar::types::RataDie;
use icu_calendar::{Date, Gregorian};
use icu_datetime::{FixedCalendarDateTimeFormatter, NoCalendarFormatter, fieldsets};
use icu_locale_core::{Locale, locale};
use icu_time::Time;

use crate::domain::language::Language;

/// `March 10th`, `10 de marzo`, `10 mars`.
pub(crate) fn date(language: Language, at: DateTime<FixedOffset>) -> String {
    let Some(words) = words_of(language) else {
        return format!("{}{}", at.format("%B %-d"), ordinal_suffix(at.day()));
    };
    let date = plain(&words.date.format(&gregorian(at)).to_string());
    match (language, date.strip_prefix("1 ")) {
        // CLDR has no "1er".
        (Language::French, Some(month)) => format!("1er {month}"),
        _ => date,
    }
}

/// `3:00 PM`, `3:00 p.m.`, `15 h 00`.
pub(crate) fn time(language: Language, at: DateTime<FixedOffset>) -> String {
    let Some(words) = words_of(language) else { return at.format("%-I:%M %p").to_string() };
    let (hour, minute) = (u8::try_from(at.hour()).unwrap_or(0), u8::try_from(at.minute()).unwrap_or(0));
    let time = Time::try_new(hour, minute, 0, 0).unwrap_or(Time::start_of_day());
    let time = plain(&words.time.format(&time).to_string());
    time.strip_prefix('0')
        .map(str::to_owned)
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or(time)
}

/// `Monday`, `lunes`, `lundi`.
pub(crate) fn weekday(language: Language, at: DateTime<FixedOffset>) -> String {
    match words_of(language) {
        None => at.format("%A").to_string(),
        Some(words) => plain(&words.weekday.format(&gregorian(at)).to_string()),
    }
}

/// A date more than this many days ahead includes its year, because day and month alone could mean a nearer date.
const YEAR_FROM: i64 = 300;

/// The date as read on the local date of `now`: `March 10th`, or `March 10th, 2028` if it is far ahead.
pub(crate) fn date_seen_from(language: Language, at: DateTime<FixedOffset>, now: DateTime<FixedOffset>) -> String {
    let plain = date(language, at);
    match ((at.date_naive() - now.date_naive()).num_days() > YEAR_FROM, language) {
        (false, _) => plain,
        (true, Language::English) => format!("{plain}, {}", at.year()),
        (true, Language::Spanish) => format!("{plain} de {}", at.year()),
        (true, Language::French) => format!("{plain} {}", at.year()),
    }
}

/// `today at 3:00 PM`, `tomorrow at 3:00 PM`, or `on Monday, March 10th at 3:00 PM`, as read on the local date of
/// `now`; `mañana a las 3:00 p.m.`, `el lunes 10 de marzo a la 1:00 p.m.`; `demain à 15 h 00`,
/// `le lundi 10 mars à 15 h 00`.
pub(crate) fn when(language: Language, at: DateTime<FixedOffset>, now: DateTime<FixedOffset>) -> String {
    let days = (at.date_naive() - now.date_naive()).num_days();
    let (date, weekday) = (date_seen_from(language, at, now), weekday(language, at));
    let day = match (language, days) {
        (Language::English, 0) => "today".to_owned(),
        (Language::English, 1) => "tomorrow".to_owned(),
        (Language::English, _) => format!("on {weekday}, {date}"),
        (Language::Spanish, 0) => "hoy".to_owned(),
        (Language::Spanish, 1) => "mañana".to_owned(),
        (Language::Spanish, _) => format!("el {weekday} {date}"),
        (Language::French, 0) => "aujourd'hui".to_owned(),
        (Language::French, 1) => "demain".to_owned(),
        (Language::French, _) => format!("le {weekday} {date}"),
    };
    format!("{day} {}", at_time(language, at))
}

/// `at 3:00 PM`; `a la 1:00 p.m.`, `a las 3:00 p.m.`; `à 15 h 00`.
pub(crate) fn at_time(language: Language, at: DateTime<FixedOffset>) -> String {
    let preposition = match language {
        Language::English => "at",
        // One o'clock takes the singular; all other hours take the plural.
        Language::Spanish if at.hour() % 12 == 1 => "a la",
        Language::Spanish => "a las",
        Language::French => "à",
    };
    format!("{preposition} {}", time(language, at))
}

struct Words {
    date: FixedCalendarDateTimeFormatter<Gregorian, fieldsets::MD>,
    weekday: FixedCalendarDateTimeFormatter<Gregorian, fieldsets::E>,
    time: NoCalendarFormatter<fieldsets::T>,
}

impl Words {
    fn of(locale: &Locale) -> Option<Words> {
        Some(Words {
            date: FixedCalendarDateTimeFormatter::try_new(locale.into(), fieldsets::MD::long()).ok()?,
            weekday: FixedCalendarDateTimeFormatter::try_new(locale.into(), fieldsets::E::long()).ok()?,
            time: NoCalendarFormatter::try_new(locale.into(), fieldsets::T::hm()).ok()?,
        })
    }
}

/// The locale data for a language; `None` for English.
fn words_of(language: Language) -> Option<&'static Words> {
    static SPANISH: LazyLock<Option<Words>> = LazyLock::new(|| Words::of(&locale!("es-US")));
    static FRENCH: LazyLock<Option<Words>> = LazyLock::new(|| Words::of(&locale!("fr-CA")));
    match language {
        Language::English => None,
        Language::Spanish => SPANISH.as_ref(),
        Language::French => FRENCH.as_ref(),
    }
}

fn gregorian(at: DateTime<FixedOffset>) -> Date<Gregorian> {
    Date::from_rata_die(RataDie::new(at.num_days_from_ce().into()), Gregorian)
}

/// Replaces the narrow and no-break spaces in locale data with plain ones: U+202F would make a text cost three
/// segments.
fn plain(text: &str) -> String {
    text.replace(['\u{202f}', '\u{a0}'], " ")
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
    use Language::{English, French, Spanish};

    fn at(text: &str) -> DateTime<FixedOffset> {
        text.parse().unwrap()
    }

    #[test]
    fn in_words() {
        let appointment = at("2025-03-10T15:00:00-06:00");
        assert_eq!(date(English, appointment), "March 10th");
        assert_eq!(time(English, appointment), "3:00 PM");
        assert_eq!(when(English, appointment, at("2025-03-06T10:00:00-07:00")), "on Monday, March 10th at 3:00 PM");
        assert_eq!(when(English, appointment, at("2025-03-09T23:59:00-06:00")), "tomorrow at 3:00 PM");
        assert_eq!(when(English, appointment, at("2025-03-10T09:00:00-06:00")), "today at 3:00 PM");
        assert_eq!(time(English, at("2025-03-10T00:05:00-06:00")), "12:05 AM");
    }

    #[test]
    fn as_native_speakers_write() {
        let (early, one, noon) =
            (at("2026-08-01T09:05:00-06:00"), at("2026-08-01T13:00:00-06:00"), at("2026-08-01T12:30:00-06:00"));
        let (before, eve) = (at("2026-07-28T10:00:00-06:00"), at("2026-07-31T10:00:00-06:00"));
        for (language, appointment, now, want) in [
            (Spanish, early, before, "el sábado 1 de agosto a las 9:05 a.m."),
            (Spanish, one, eve, "mañana a la 1:00 p.m."),
            (Spanish, noon, one, "hoy a las 12:30 p.m."),
            (French, early, before, "le samedi 1er août à 9 h 05"),
            (French, one, eve, "demain à 13 h 00"),
            (French, noon, one, "aujourd'hui à 12 h 30"),
            (French, at("2026-08-11T15:00:00-06:00"), before, "le mardi 11 août à 15 h 00"),
        ] {
            assert_eq!(when(language, appointment, now), want);
        }
        assert_eq!(time(French, at("2026-08-01T00:05:00-06:00")), "0 h 05");
    }

    #[test]
    fn only_plain_spaces() {
        for language in [English, Spanish, French] {
            for hour in 0..24 {
                let appointment = at(&format!("2026-02-{:02}T{hour:02}:15:00-06:00", hour + 1));
                let text = when(language, appointment, at("2026-01-01T10:00:00-06:00"));
                assert!(text.chars().all(|c| c == ' ' || !c.is_whitespace()), "{text:?}");
            }
        }
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
