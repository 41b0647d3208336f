//! Days and hours that a text names, used to check whether a patient confirms the time in our text.

use crate::domain::reply::fold::Token;
use crate::domain::reply::pieces::is_among;

/// The days and hours that a text names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Moments {
    /// Days of the week, 0 is Monday.
    weekdays: Vec<u8>,
    /// Days of a month.
    dates: Vec<u8>,
    /// Minutes after noon or midnight. Patients rarely write which one they mean.
    hours: Vec<u16>,
    /// Days from now: 0 is today.
    ahead: Vec<u32>,
}

const WEEKDAYS: [&str; 7] = [
    "monday mondays lunes lundi",
    "tuesday tue tues tuesdays martes mardi",
    "wednesday wed weds wednesdays miercoles mercredi",
    "thursday thu thur thurs thursdays jueves jeudi",
    "friday fri fridays viernes vendredi",
    "saturday sat saturdays sabado samedi",
    "sunday sun sundays domingo dimanche",
];

const MONTHS: &str = "january jan february feb march april apr may june july august aug september sept sep october oct november \
    nov december dec enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre janvier fevrier mars \
    avril mai juin juillet aout septembre octobre novembre decembre";

/// Words before a bare number that make it an hour: "at 3", "a las 3", "vers 3".
const AT: &[&str] =
    &["at", "las", "la", "a", "by", "around", "vers", "pour", "until", "till", "til", "before", "after"];

/// Words after a number that is not an hour: "3 kids", "10 minutes".
const COUNTED: &[&str] =
    &["min", "mins", "minutes", "minutos", "kids", "people", "of", "days", "years", "personas", "personnes", "enfants"];

/// Words for days from now.
const AHEAD: [(u32, &str); 2] = [(0, "today hoy tonight todays"), (1, "tomorrow tmrw tmr tmw tomorrows manana demain")];

impl Moments {
    /// Finds the days and hours in folded words.
    pub(crate) fn of(tokens: &[Token]) -> Moments {
        let mut found = Moments::default();
        for (n, token) in tokens.iter().enumerate() {
            let word = token.text.as_str();
            let before = n.checked_sub(1).and_then(|m| tokens.get(m)).map_or("", |t| t.text.as_str());
            let two_before = n.checked_sub(2).and_then(|m| tokens.get(m)).map_or("", |t| t.text.as_str());
            let after = tokens.get(n + 1).map_or("", |t| t.text.as_str());
            let weekday = (0u8..).zip(WEEKDAYS).find(|(_, names)| is_among(names, word));
            if let Some((day, _)) = weekday {
                found.weekdays.push(day);
            } else if let Some((days, _)) = AHEAD.iter().find(|(_, names)| is_among(names, word)) {
                // "De la manana" means in the morning, and "apres-demain" is a different day.
                if !matches!(before, "la" | "apres" | "pasado") {
                    found.ahead.push(*days);
                }
            } else if matches!(word, "noon" | "mediodia" | "midi") {
                found.hours.push(0);
            } else if word.starts_with(|c: char| c.is_ascii_digit()) {
                let is_month = |name: &str| is_among(MONTHS, name);
                let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
                let rest = word.get(digits.len()..).unwrap_or("");
                let number: u16 = digits.parse().unwrap_or(u16::MAX);
                let dated =
                    is_month(before) || is_month(after) || (before == "de" && is_month(two_before)) || after == "de";
                if (1..=31).contains(&number) && (dated || matches!(rest, "st" | "nd" | "rd" | "th")) {
                    found.dates.extend(u8::try_from(number));
                } else if let Some(hour) = hour(number, rest, after, before) {
                    found.hours.push(hour);
                }
            }
        }
        found
    }

    /// Adds the appointment's time from the book, regardless of how our text says it.
    pub(crate) fn add(&mut self, weekday: u8, date: u8, minute: u16, ahead: u32) {
        self.weekdays.push(weekday);
        self.dates.push(date);
        self.hours.push(minute % 720);
        self.ahead.push(ahead);
    }

    /// Whether this names a day or an hour that `ours` does not.
    pub(crate) fn differs_from(&self, ours: &Moments) -> bool {
        !(self.weekdays.iter().all(|day| ours.weekdays.contains(day))
            && self.dates.iter().all(|date| ours.dates.contains(date))
            && self.hours.iter().all(|hour| ours.hours.contains(hour))
            && (ours.ahead.is_empty() || self.ahead.iter().all(|days| ours.ahead.contains(days))))
    }
}

/// The minutes after noon or midnight, if the number is an hour.
fn hour(number: u16, rest: &str, after: &str, before: &str) -> Option<u16> {
    let (minutes, mark) = match rest.strip_prefix([':', 'h']) {
        Some(tail) => {
            let digits: String = tail.chars().take_while(char::is_ascii_digit).collect();
            (digits.parse().unwrap_or(0), true)
        }
        None => (0, matches!(rest, "am" | "pm" | "p" | "a" | "hs" | "hrs" | "oclock")),
    };
    if !mark && !rest.is_empty() {
        return None;
    }
    let marked = mark || matches!(after, "am" | "pm" | "h" | "heures" | "heure" | "hrs" | "hs" | "oclock" | "o");
    let placed = AT.contains(&before) && !COUNTED.contains(&after);
    let (number, minutes) = if rest.is_empty() && (100..=2359).contains(&number) && (marked || placed) {
        (number / 100, number % 100)
    } else {
        (number, minutes)
    };
    (number < 24 && minutes < 60 && (marked || placed)).then_some(number % 12 * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reply::fold;

    fn of(text: &str) -> Moments {
        Moments::of(&fold::tokens(&fold::clean(text)))
    }

    #[test]
    fn hours_and_days_are_found() {
        assert_eq!(of("Monday at 3:30").hours, [210]);
        assert_eq!(of("15h30"), of("at 3.30 p.m."));
        assert_eq!(of("a las 3"), of("3pm"));
        assert_eq!(of("mardi").weekdays, [1]);
        assert_eq!(of("Nov 24").dates, [24]);
        assert_eq!(of("we are 3, in 10 minutes"), Moments::default());
        assert_eq!(of("mañana a las 9 de la mañana").ahead, [1]);
        assert!(of("see you at 4").differs_from(&of("Tuesday at 3 PM")));
        assert!(!of("see you tuesday").differs_from(&of("Tuesday at 3 PM")));
    }
}
