//! Times as the staff read them: in the location's zone, with the clock and the words of their country and language.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike, Utc};

use crate::config::Config;
use crate::config::desk::StaffLanguage;
use crate::desk::words::Words;
use crate::domain::zone::Zone;

/// Countries whose people write 3:00 PM.
const TWELVE_HOURS: [&str; 12] = ["US", "CA", "AU", "NZ", "PH", "IN", "PR", "GU", "VI", "AS", "MP", "MX"];

/// How times are written.
#[derive(Clone, Copy)]
pub(crate) struct Times<'c> {
    config: &'c Config,
    words: &'static Words,
}

impl<'c> Times<'c> {
    pub(crate) fn new(config: &'c Config, language: StaffLanguage) -> Times<'c> {
        Times { config, words: Words::in_language(language) }
    }

    fn is_twelve(&self) -> bool {
        TWELVE_HOURS.contains(&self.config.practice.country.code().as_str())
    }

    fn clock_of(&self, local: DateTime<FixedOffset>) -> String {
        if !self.is_twelve() {
            return local.format("%-H:%M").to_string();
        }
        let (is_pm, hour) = local.hour12();
        let half = self.words.say(if is_pm { "time.pm" } else { "time.am" }, &[]);
        format!("{hour}:{:02} {half}", local.minute())
    }

    /// `3:00 PM`, in a zone. The zone is named if it is not the practice's.
    pub(crate) fn clock(&self, at: DateTime<Utc>, zone: &Zone) -> String {
        let text = self.clock_of(zone.local(at));
        match zone.name() == self.config.practice.zone.name() {
            true => text,
            false => format!("{text} ({})", zone.name().rsplit('/').next().unwrap_or_default().replace('_', " ")),
        }
    }

    /// `Mon, Nov 30`.
    pub(crate) fn date(&self, date: NaiveDate) -> String {
        let weekday = self.words.say(&format!("weekday.{}", date.weekday().number_from_monday()), &[]);
        let month = self.words.say(&format!("month.{}", date.month()), &[]);
        let values = [("weekday", weekday), ("month", month), ("day", date.day().to_string())];
        self.words.say("time.date", &values)
    }

    /// `Mon, Nov 30, 3:00 PM`.
    pub(crate) fn full(&self, at: DateTime<Utc>, zone: &Zone) -> String {
        format!("{}, {}", self.date(zone.local(at).date_naive()), self.clock(at, zone))
    }

    /// In the practice's zone: the time alone for today, else with the day.
    pub(crate) fn near(&self, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let zone = &self.config.practice.zone;
        match zone.local(at).date_naive() == zone.local(now).date_naive() {
            true => self.clock(at, zone),
            false => self.full(at, zone),
        }
    }

    /// The hour of a picture's axis: `3 PM`.
    pub(crate) fn hour(&self, hour: u32) -> String {
        if !self.is_twelve() {
            return format!("{hour}:00");
        }
        let half = self.words.say(if hour % 24 >= 12 { "time.pm" } else { "time.am" }, &[]);
        format!("{} {half}", if hour.is_multiple_of(12) { 12 } else { hour % 12 })
    }
}
