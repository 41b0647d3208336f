//! When texts may leave: the practice's hours and open days, and Annie's legal hours, as one set of windows.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

use crate::domain::zone::Zone;

/// Kept clear at both ends of a window, so that a text neither leaves a second early nor arrives a second late.
pub const MARGIN: TimeDelta = TimeDelta::minutes(2);

/// How long before closing a text goes out that would have been too late in the day.
pub const BEFORE_CLOSING: TimeDelta = TimeDelta::minutes(30);

/// How long after its time a reminder still counts as on time: one placed at the last moment of a window has to
/// leave within this, although the window's margin has begun.
pub const ON_TIME: TimeDelta = TimeDelta::seconds(60);

/// Annie's legal hours on the organization's clock, half-open (API page of POST /sms: "9 AM to 8 PM").
const LEGAL_HOURS: Hours = Hours { opens: 9 * 60, closes: 20 * 60 };

/// How many days a search for an open window goes either way before it gives up.
const SEARCH_DAYS: u32 = 400;

/// Hours of a day, half-open, in minutes after midnight on the local clock: 0 <= opens < closes <= 1440.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// The first minute in which texts may leave.
    pub opens: u32,
    /// The first minute in which they no longer may; 1440 = midnight.
    pub closes: u32,
}

impl Hours {
    fn on(self, date: NaiveDate, zone: &Zone) -> Option<Span> {
        let instant = |minutes: u32| match NaiveTime::from_num_seconds_from_midnight_opt(minutes * 60, 0) {
            Some(time) => zone.at(date, time),
            None => zone.end_of(date),
        };
        let span = Span { opens: instant(self.opens), closes: instant(self.closes) };
        (span.opens < span.closes).then_some(span)
    }
}

/// One stretch of time in which texts may leave, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    opens: DateTime<Utc>,
    closes: DateTime<Utc>,
}

impl Span {
    fn intersection(self, other: Span) -> Option<Span> {
        let both = Span { opens: self.opens.max(other.opens), closes: self.closes.min(other.closes) };
        // What the margins leave nothing of is no window.
        (both.opens + MARGIN < both.closes - MARGIN).then_some(both)
    }

    fn first(self) -> DateTime<Utc> {
        self.opens + MARGIN
    }

    fn last(self) -> DateTime<Utc> {
        self.closes - MARGIN
    }

    fn clamp(self, at: DateTime<Utc>) -> DateTime<Utc> {
        at.clamp(self.first(), self.last())
    }

    /// The usual time of a text that would have come after closing.
    fn before_closing(self) -> DateTime<Utc> {
        self.clamp(self.closes - BEFORE_CLOSING)
    }
}

/// The practice's calendar and Annie's, together.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// The practice's zone: visits, dates and times of day are on this clock.
    pub zone: Zone,
    /// The zone in Annie's own settings.
    pub organization_zone: Zone,
    /// When texts may leave, on the practice's clock.
    pub hours: Hours,
    /// The days the practice is open.
    pub days: Vec<Weekday>,
    /// The dates it is closed all the same.
    pub holidays: BTreeSet<NaiveDate>,
}

impl Calendar {
    /// Whether the practice is open on a local date.
    pub fn is_open(&self, date: NaiveDate) -> bool {
        self.days.contains(&date.weekday()) && !self.holidays.contains(&date)
    }

    /// Whether texts can leave at all: the practice's hours and Annie's meet in winter or in summer.
    pub fn has_windows(&self) -> bool {
        let weeks = [(2026, 1, 5), (2026, 7, 6)].into_iter().filter_map(|(y, m, d)| NaiveDate::from_ymd_opt(y, m, d));
        let without_holidays = Calendar { holidays: BTreeSet::new(), ..self.clone() };
        weeks.flat_map(|monday| monday.iter_days().take(7)).any(|date| !without_holidays.spans(date).is_empty())
    }

    /// The local date of an instant.
    pub fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        self.zone.local(at).date_naive()
    }

    /// The stretches of a local date in which texts may leave, in order; empty on a closed day.
    fn spans(&self, date: NaiveDate) -> Vec<Span> {
        let Some(own) = self.is_open(date).then(|| self.hours.on(date, &self.zone)).flatten() else {
            return Vec::new();
        };
        let first = self.organization_zone.local(own.opens).date_naive();
        let last = self.organization_zone.local(own.closes).date_naive();
        first
            .iter_days()
            .take_while(|day| *day <= last)
            .filter_map(|day| LEGAL_HOURS.on(day, &self.organization_zone)?.intersection(own))
            .collect()
    }

    /// `outside_hours = "same-day"`: a time of an open day outside its hours moves into them (opening, or half an
    /// hour before closing); one on a closed day to the open day before, at the same clock time; and where that is
    /// within `no_text_within` of the start, to half an hour before the closing before it.
    ///
    /// `None`: there is no window to move to.
    pub fn same_day(
        &self,
        nominal: DateTime<Utc>,
        start: DateTime<Utc>,
        no_text_within: TimeDelta,
    ) -> Option<DateTime<Utc>> {
        let local = self.zone.local(nominal);
        let (date, spans) = self.windows_back_from(local.date_naive())?;
        let wanted = match date == local.date_naive() {
            true => nominal,
            false => self.zone.at(date, local.time()),
        };
        let adjusted = into(&spans, wanted)?;
        let latest = start - no_text_within;
        if adjusted < latest {
            return Some(adjusted);
        }
        let earlier_today = spans.iter().rev().filter(|s| s.closes <= adjusted).map(|s| s.before_closing());
        if let Some(found) = earlier_today.into_iter().find(|at| *at < latest) {
            return Some(found);
        }
        let mut before = date;
        for _ in 0..SEARCH_DAYS {
            let (day, spans) = self.windows_back_from(before.pred_opt()?)?;
            if let Some(found) = spans.iter().rev().map(|s| s.before_closing()).find(|at| *at < latest) {
                return Some(found);
            }
            before = day;
        }
        None
    }

    /// The first instant in [from, until) at which a text may leave.
    pub fn first_open(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let last = self.date(until);
        let mut date = self.date(from);
        for _ in 0..SEARCH_DAYS {
            if date > last {
                return None;
            }
            // The end of a window's margin is closed: a text placed there could no longer be claimed.
            if let Some(at) = self.spans(date).iter().filter(|s| from < s.last()).map(|s| from.max(s.first())).next() {
                return (at < until).then_some(at);
            }
            date = date.checked_add_days(Days::new(1))?;
        }
        None
    }

    /// The given date if it has windows, else the nearest one before that has.
    fn windows_back_from(&self, date: NaiveDate) -> Option<(NaiveDate, Vec<Span>)> {
        let mut date = date;
        for _ in 0..SEARCH_DAYS {
            let spans = self.spans(date);
            if !spans.is_empty() {
                return Some((date, spans));
            }
            date = date.pred_opt()?;
        }
        None
    }
}

/// Moves a time into the windows of its day: forward to an opening, or back from after the last closing.
fn into(spans: &[Span], wanted: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let next = spans.iter().find(|s| wanted < s.closes);
    Some(match next {
        Some(span) => span.clamp(wanted),
        None => spans.last()?.before_closing(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denver(organization: chrono_tz::Tz) -> Calendar {
        Calendar {
            zone: Zone::embedded(chrono_tz::America::Denver),
            organization_zone: Zone::embedded(organization),
            hours: Hours { opens: 9 * 60, closes: 18 * 60 },
            days: vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri],
            holidays: BTreeSet::from(["2026-11-26".parse().unwrap()]),
        }
    }

    fn local(calendar: &Calendar, text: &str) -> DateTime<Utc> {
        calendar.zone.instant(text.parse().unwrap())
    }

    /// (nominal, start) -> adjusted, all on Denver's clock.
    fn check(calendar: &Calendar, rows: &[(&str, &str, &str)]) {
        for (nominal, start, want) in rows {
            let got = calendar.same_day(local(calendar, nominal), local(calendar, start), TimeDelta::hours(2)).unwrap();
            assert_eq!(
                calendar.zone.local(got).naive_local().to_string(),
                want.replace('T', " "),
                "{nominal} for {start}"
            );
        }
    }

    #[test]
    fn same_day() {
        check(
            &denver(chrono_tz::America::Denver),
            &[
                ("2026-11-24T10:00:00", "2026-11-25T10:00:00", "2026-11-24T10:00:00"), // inside: stays
                ("2026-11-24T09:00:00", "2026-11-25T09:00:00", "2026-11-24T09:02:00"), // margin clamps
                ("2026-11-24T17:59:00", "2026-11-25T17:59:00", "2026-11-24T17:58:00"),
                ("2026-11-24T07:15:00", "2026-11-25T07:15:00", "2026-11-24T09:02:00"), // too early: opening
                ("2026-11-24T18:00:00", "2026-11-25T18:00:00", "2026-11-24T17:30:00"), // too late: half an hour before closing
                ("2026-11-24T23:00:00", "2026-11-25T23:00:00", "2026-11-24T17:30:00"),
                ("2026-11-22T10:00:00", "2026-11-23T10:00:00", "2026-11-20T10:00:00"), // Sunday: Friday, same clock time
                ("2026-11-26T08:00:00", "2026-11-27T08:00:00", "2026-11-25T09:02:00"), // Thanksgiving: Wednesday
                ("2026-11-24T05:00:00", "2026-11-24T08:00:00", "2026-11-23T17:30:00"), // opening is after the visit
                ("2026-11-24T07:30:00", "2026-11-24T11:02:00", "2026-11-23T17:30:00"), // 09:02 is just within two hours
                ("2026-11-24T07:30:00", "2026-11-24T11:03:00", "2026-11-24T09:02:00"),
                ("2026-11-23T05:00:00", "2026-11-23T08:00:00", "2026-11-20T17:30:00"), // over the weekend
            ],
        );
    }

    #[test]
    fn annies_legal_hours_bind_in_the_organizations_zone() {
        // 09:00-20:00 in New York is 07:00-18:00 in Denver; in Honolulu it is 12:00-23:00.
        check(
            &denver(chrono_tz::America::New_York),
            &[("2026-11-24T08:00:00", "2026-11-25T08:00:00", "2026-11-24T09:02:00")],
        );
        check(
            &denver(chrono_tz::Pacific::Honolulu),
            &[
                ("2026-11-24T09:30:00", "2026-11-25T09:30:00", "2026-11-24T12:02:00"),
                ("2026-11-24T08:00:00", "2026-11-24T11:00:00", "2026-11-23T17:30:00"),
            ],
        );
    }

    #[test]
    fn first_open_stays_clear_of_the_margins() {
        let calendar = denver(chrono_tz::America::Denver);
        let far = local(&calendar, "2026-12-31T00:00:00");
        for (from, want) in [
            ("2026-11-24T10:00:00", "2026-11-24 10:00:00"),
            ("2026-11-24T08:00:00", "2026-11-24 09:02:00"),
            ("2026-11-24T09:01:00", "2026-11-24 09:02:00"),
            ("2026-11-24T17:57:59", "2026-11-24 17:57:59"),
            ("2026-11-24T17:58:00", "2026-11-25 09:02:00"),
            ("2026-11-25T18:00:00", "2026-11-27 09:02:00"), // Thanksgiving is closed
        ] {
            let got = calendar.first_open(local(&calendar, from), far).unwrap();
            assert_eq!(calendar.zone.local(got).naive_local().to_string(), want, "{from}");
        }
        let soon = local(&calendar, "2026-11-24T09:02:00");
        assert_eq!(calendar.first_open(local(&calendar, "2026-11-24T08:00:00"), soon), None, "half-open");
    }
}
