//! Dates and times as a native speaker writes them, in English, Spanish (United States) and French (Canada).

use chrono::{DateTime, Datelike, FixedOffset, Month, Timelike};

use crate::domain::language::Language;

/// The names of months and weekdays, as CLDR has them for Spanish and French; a week begins with Monday.
struct Words {
    months: [&'static str; 12],
    weekdays: [&'static str; 7],
}

const SPANISH: Words = Words {
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    weekdays: ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
};

const FRENCH: Words = Words {
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    weekdays: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
};

impl Words {
    fn month(&self, at: DateTime<FixedOffset>) -> &'static str {
        self.months.get(at.month0() as usize).copied().unwrap_or_default()
    }

    fn weekday(&self, at: DateTime<FixedOffset>) -> &'static str {
        self.weekdays.get(at.weekday().num_days_from_monday() as usize).copied().unwrap_or_default()
    }
}

/// Whether a lower-case word is the name of a month in one of these languages.
pub(crate) fn is_month(word: &str) -> bool {
    let is_english = word.parse::<Month>().is_ok_and(|month| month.name().eq_ignore_ascii_case(word));
    is_english || SPANISH.months.contains(&word) || FRENCH.months.contains(&word)
}

/// `March 10th`, `10 de marzo`, `10 mars`.
pub(crate) fn date(language: Language, at: DateTime<FixedOffset>) -> String {
    match (language, at.day()) {
        (Language::English, day) => format!("{}{}", at.format("%B %-d"), ordinal_suffix(day)),
        (Language::Spanish, day) => format!("{day} de {}", SPANISH.month(at)),
        (Language::French, 1) => format!("1er {}", FRENCH.month(at)),
        (Language::French, day) => format!("{day} {}", FRENCH.month(at)),
    }
}

/// `3:00 PM`, `3:00 p.m.`, `15 h 00`.
pub(crate) fn time(language: Language, at: DateTime<FixedOffset>) -> String {
    match language {
        Language::English => at.format("%-I:%M %p").to_string(),
        Language::Spanish => {
            let half = if at.hour() < 12 { "a.m." } else { "p.m." };
            format!("{} {half}", at.format("%-I:%M"))
        }
        Language::French => at.format("%-H h %M").to_string(),
    }
}

/// `Monday`, `lunes`, `lundi`.
pub(crate) fn weekday(language: Language, at: DateTime<FixedOffset>) -> String {
    match language {
        Language::English => at.format("%A").to_string(),
        Language::Spanish => SPANISH.weekday(at).to_owned(),
        Language::French => FRENCH.weekday(at).to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{English, French, Spanish};

    fn at(text: &str) -> DateTime<FixedOffset> {
        text.parse().unwrap()
    }

    #[test]
    fn dates_and_times_are_written_out_in_english() {
        let appointment = at("2025-03-10T15:00:00-06:00");
        assert_eq!(date(English, appointment), "March 10th");
        assert_eq!(time(English, appointment), "3:00 PM");
        assert_eq!(when(English, appointment, at("2025-03-06T10:00:00-07:00")), "on Monday, March 10th at 3:00 PM");
        assert_eq!(when(English, appointment, at("2025-03-09T23:59:00-06:00")), "tomorrow at 3:00 PM");
        assert_eq!(when(English, appointment, at("2025-03-10T09:00:00-06:00")), "today at 3:00 PM");
        assert_eq!(time(English, at("2025-03-10T00:05:00-06:00")), "12:05 AM");
    }

    #[test]
    fn dates_and_times_are_written_as_native_speakers_write_them() {
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
    fn dates_contain_only_plain_spaces() {
        for language in [English, Spanish, French] {
            for hour in 0..24 {
                let appointment = at(&format!("2026-02-{:02}T{hour:02}:15:00-06:00", hour + 1));
                let text = when(language, appointment, at("2026-01-01T10:00:00-06:00"));
                assert!(text.chars().all(|c| c == ' ' || !c.is_whitespace()), "{text:?}");
            }
        }
    }

    #[test]
    fn every_day_of_the_month_has_the_correct_ordinal() {
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
