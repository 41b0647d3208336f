//! How many texts may still go out today. The decision is pure; the counts come from the store.

use chrono::{DateTime, Days, NaiveTime, Utc};

use crate::config::{Config, DailyLimits};
use crate::domain::reminder::Wait;
use crate::store::reports::today::{self, SoFar};
use crate::store::{Connection, StoreError};

/// If at most this many numbers were texted, it was a trial (`only_to`); the first day is still to come.
const TRIAL: u32 = 3;

/// What the practice's own limits say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// This many more.
    Texts(usize),
    /// None, until this moment.
    Nothing(Wait, DateTime<Utc>),
}

/// How many more texts may go out today by these limits; `tomorrow` is when the day ends.
fn left(daily_limits: &DailyLimits, so_far: SoFar, tomorrow: DateTime<Utc>) -> Left {
    let of_the_day = daily_limits.max_texts_per_day.map(|most| (most, Wait::DailyLimit));
    let of_the_first =
        daily_limits.first_day_limit.filter(|_| so_far.is_first_day).map(|most| (most, Wait::FirstDayLimit));
    match of_the_first.into_iter().chain(of_the_day).min_by_key(|(most, _)| *most) {
        None => Left::Texts(usize::MAX),
        Some((most, why)) => match u64::from(most).saturating_sub(so_far.today) {
            0 => Left::Nothing(why, tomorrow),
            left => Left::Texts(usize::try_from(left).unwrap_or(usize::MAX)),
        },
    }
}

/// How many more texts may go out on the practice's current day.
pub(crate) fn left_today(connection: &Connection, config: &Config, now: DateTime<Utc>) -> Result<Left, StoreError> {
    if config.daily_limits == DailyLimits::default() {
        return Ok(Left::Texts(usize::MAX));
    }
    let zone = &config.practice.zone;
    let today = zone.local(now).date_naive();
    let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
    let few = config.daily_limits.first_day_limit.map_or(0, |limit| limit.min(TRIAL + 1));
    let so_far = today::so_far(connection, zone.at(today, NaiveTime::MIN), few)?;
    Ok(left(&config.daily_limits, so_far, zone.at(tomorrow, NaiveTime::MIN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tighter_limit_applies() {
        let tomorrow = "2026-11-25T07:00:00Z".parse().unwrap();
        let say = |max, first, today, is_first_day| {
            let daily_limits = DailyLimits { max_texts_per_day: max, first_day_limit: first };
            left(&daily_limits, SoFar { today, is_first_day }, tomorrow)
        };
        assert_eq!(say(None, None, 1000, true), Left::Texts(usize::MAX));
        assert_eq!(say(Some(120), None, 119, false), Left::Texts(1));
        assert_eq!(say(Some(120), None, 120, false), Left::Nothing(Wait::DailyLimit, tomorrow));
        assert_eq!(say(Some(120), Some(10), 10, true), Left::Nothing(Wait::FirstDayLimit, tomorrow));
        assert_eq!(say(Some(120), Some(10), 10, false), Left::Texts(110), "only on the first day");
        assert_eq!(say(Some(5), Some(10), 7, true), Left::Nothing(Wait::DailyLimit, tomorrow));
    }
}
