//! When texts may go out: the practice's hours and open days, and Annie's legal hours, as one set of windows.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

use crate::domain::rule::OutsideHours;
use crate::domain::zone::Zone;
use crate::planner::holidays::Holidays;

/// Kept free at both ends of a window, so that no text goes out a second early or arrives a second late.
pub(crate) const MARGIN: TimeDelta = TimeDelta::minutes(2);

/// How long before closing a text goes out if its own time is too late in the day.
pub(crate) const BEFORE_CLOSING: TimeDelta = TimeDelta::minutes(30);

/// How long after its time a reminder still counts as on time: one placed at the last moment of a window must go out
/// within this, although the window's margin has begun.
pub(crate) const ON_TIME: TimeDelta = TimeDelta::seconds(60);

/// Annie's legal hours on the organization's clock, half-open (API page of POST /sms: "9 AM to 8 PM").
const LEGAL_HOURS: Hours = Hours { opens: 9 * 60, closes: 20 * 60 };

/// How many days a search for an open window goes in either direction before it gives up.
const SEARCH_DAYS: u32 = 400;

/// Hours of a day, half-open, in minutes after midnight on the local clock: 0 <= opens < closes <= 1440.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// The first minute in which texts may go out.
    pub opens: u32,
    /// The first minute in which they no longer may; 1440 = midnight.
    pub closes: u32,
}

impl Hours {
    pub(crate) fn on(self, date: NaiveDate, zone: &Zone) -> Option<Span> {
        let instant = |minutes: u32| match NaiveTime::from_num_seconds_from_midnight_opt(minutes * 60, 0) {
            Some(time) => zone.at(date, time),
            None => zone.end_of(date),
        };
        let span = Span { opens: instant(self.opens), closes: instant(self.closes) };
        (span.opens < span.closes).then_some(span)
    }
}

/// One stretch of time in which texts may go out, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) opens: DateTime<Utc>,
    pub(crate) closes: DateTime<Utc>,
}

impl Span {
    fn intersection(self, other: Span) -> Option<Span> {
        let both = Span { opens: self.opens.max(other.opens), closes: self.closes.min(other.closes) };
        // If the margins leave nothing of it, there is no window.
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

    /// When a text goes out whose own time is after closing.
    fn before_closing(self) -> DateTime<Utc> {
        self.clamp(self.closes - BEFORE_CLOSING)
    }
}

/// Hours for each day of the week, Monday first; `None` = no texts go out on that day.
pub(crate) type WeekHours = [Option<Hours>; 7];

/// How a nominal time was moved into the sending hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adjustment {
    /// Not moved: it was inside.
    Kept,
    /// Moved off the very edge of the hours.
    Margin,
    /// It was before the day's hours: moved to opening.
    TooEarly,
    /// It was after the day's hours: moved to half an hour before closing.
    TooLate,
    /// No texts go out on that day: moved to the previous sending day.
    ClosedDay,
    /// The time in that day's hours would be too close to the start: moved to before the previous closing.
    NearStart,
    /// `earlier`: moved to before the previous closing.
    Earlier,
    /// `later`: moved to the next opening.
    Later,
}

/// The practice's calendar and Annie's, combined.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// The practice's time zone: appointments, dates and times of day are in it.
    pub zone: Zone,
    /// The time zone in Annie's own settings.
    pub organization_zone: Zone,
    /// When texts may go out, on the practice's clock.
    pub hours: WeekHours,
    /// The days the practice is open: "business days" are these, minus holidays.
    pub days: Vec<Weekday>,
    /// The days texts may go out, minus holidays.
    pub text_days: Vec<Weekday>,
    /// The days it is closed anyway.
    pub holidays: Holidays,
}

impl Calendar {
    /// Whether the practice is open on a local date.
    pub fn is_open(&self, date: NaiveDate) -> bool {
        self.days.contains(&date.weekday()) && !self.holidays.contains(date)
    }

    /// The hours in which texts may go out on a local date, ignoring Annie's legal hours.
    pub(crate) fn hours_on(&self, date: NaiveDate) -> Option<Hours> {
        let sends = self.text_days.contains(&date.weekday()) && !self.holidays.contains(date);
        self.hours[date.weekday().num_days_from_monday() as usize].filter(|_| sends)
    }

    /// The stretches of a local date in which texts may go out, with Annie's legal hours applied: from, until.
    pub(crate) fn windows_on(&self, date: NaiveDate) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        self.spans(date).into_iter().map(|span| (span.opens, span.closes)).collect()
    }

    /// Whether texts can go out at all: the practice's hours and Annie's overlap in winter or in summer.
    pub(crate) fn has_windows(&self) -> bool {
        let without_holidays = Calendar { holidays: Holidays::default(), ..self.clone() };
        sample_weeks().any(|date| !without_holidays.spans(date).is_empty())
    }

    /// Whether a text may go out at an instant; the margins at both ends of a window count as closed.
    pub fn may_leave(&self, at: DateTime<Utc>) -> bool {
        self.spans(self.date(at)).iter().any(|span| span.first() <= at && at <= span.last())
    }

    /// The local date of an instant.
    pub fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        self.zone.local(at).date_naive()
    }

    /// The first instant of a local date.
    pub(crate) fn day_begins(&self, date: NaiveDate) -> DateTime<Utc> {
        self.zone.at(date, NaiveTime::MIN)
    }

    /// The stretches of a local date in which texts may go out, in order; empty on a closed day.
    fn spans(&self, date: NaiveDate) -> Vec<Span> {
        let Some(own) = self.hours_on(date).and_then(|hours| hours.on(date, &self.zone)) else {
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

    /// Moves a nominal time into the sending hours, as the policy says. The result is always before
    /// `start - no_text_within`.
    ///
    /// `None` if there is no such time, or if the policy is to send nothing.
    pub(crate) fn adjust(
        &self,
        policy: OutsideHours,
        nominal: DateTime<Utc>,
        start: DateTime<Utc>,
        no_text_within: TimeDelta,
    ) -> Option<(DateTime<Utc>, Adjustment)> {
        let latest = start - no_text_within;
        let date = self.date(nominal);
        let inside = self.spans(date).into_iter().find(|s| s.opens <= nominal && nominal < s.closes);
        let inside = inside.map(|span| match span.clamp(nominal) {
            at if at == nominal => (at, Adjustment::Kept),
            at => (at, Adjustment::Margin),
        });
        let found = match (policy, inside) {
            (_, Some(inside)) => Some(inside),
            (OutsideHours::SameDay, None) => self.same_day(nominal),
            (OutsideHours::Earlier, None) => Some((self.closing_before(nominal, latest)?, Adjustment::Earlier)),
            (OutsideHours::Later, None) => {
                self.first_open(nominal, DateTime::<Utc>::MAX_UTC).map(|at| (at, Adjustment::Later))
            }
            (OutsideHours::Skip, None) => None,
        };
        let (at, adjustment) = found?;
        match policy {
            _ if at < latest => Some((at, adjustment)),
            OutsideHours::SameDay | OutsideHours::Earlier => {
                Some((self.closing_before(at, latest)?, Adjustment::NearStart))
            }
            OutsideHours::Later | OutsideHours::Skip => None,
        }
    }

    /// `outside_hours = "same-day"`: a time on an open day outside its hours moves into them (to opening, or to half an
    /// hour before closing); a time on a closed day moves to the previous open day, at the same clock time.
    fn same_day(&self, nominal: DateTime<Utc>) -> Option<(DateTime<Utc>, Adjustment)> {
        let local = self.zone.local(nominal);
        let (date, spans) = self.windows_back_from(local.date_naive())?;
        if date == local.date_naive() {
            return into(&spans, nominal);
        }
        let (at, _) = into(&spans, self.zone.at(date, local.time()))?;
        Some((at, Adjustment::ClosedDay))
    }

    /// Half an hour before the last closing at or before an instant for which that is earlier than `latest`.
    fn closing_before(&self, at: DateTime<Utc>, latest: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut before = self.date(at);
        for _ in 0..SEARCH_DAYS {
            let (day, spans) = self.windows_back_from(before)?;
            let closed = spans.iter().rev().filter(|span| span.closes <= at);
            if let Some(found) = closed.map(|span| span.before_closing()).find(|found| *found < latest) {
                return Some(found);
            }
            before = day.pred_opt()?;
        }
        None
    }

    /// The first instant in [from, until) at which a text may go out.
    pub fn first_open(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut date = self.date(from);
        for _ in 0..SEARCH_DAYS {
            if self.day_begins(date) >= until {
                return None;
            }
            // The last instant before a closing margin is excluded: a text placed there could no longer be claimed.
            if let Some(at) = self.spans(date).iter().filter(|s| from < s.last()).map(|s| from.max(s.first())).next() {
                return (at < until).then_some(at);
            }
            date = date.checked_add_days(Days::new(1))?;
        }
        None
    }

    /// The given date if it has windows, or else the closest earlier date that has.
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
fn into(spans: &[Span], wanted: DateTime<Utc>) -> Option<(DateTime<Utc>, Adjustment)> {
    Some(match spans.iter().find(|s| wanted < s.closes) {
        Some(span) if wanted < span.opens => (span.first(), Adjustment::TooEarly),
        Some(span) => (span.clamp(wanted), Adjustment::Margin),
        None => (spans.last()?.before_closing(), Adjustment::TooLate),
    })
}

/// A winter week and a summer week, without holidays.
fn sample_weeks() -> impl Iterator<Item = NaiveDate> {
    let mondays = [(2026, 1, 5), (2026, 7, 6)].into_iter().filter_map(|(y, m, d)| NaiveDate::from_ymd_opt(y, m, d));
    mondays.flat_map(|monday| monday.iter_days().take(7))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKDAYS: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

    fn denver(organization: chrono_tz::Tz) -> Calendar {
        Calendar {
            zone: Zone::embedded(chrono_tz::America::Denver),
            organization_zone: Zone::embedded(organization),
            hours: [Some(Hours { opens: 9 * 60, closes: 18 * 60 }); 7],
            days: WORKDAYS.to_vec(),
            text_days: WORKDAYS.to_vec(),
            holidays: Holidays::of_dates(["2026-11-26".parse().unwrap()]),
        }
    }

    fn local(calendar: &Calendar, text: &str) -> DateTime<Utc> {
        calendar.zone.instant(text.parse().unwrap())
    }

    /// (nominal, start) -> adjusted, all on Denver's clock.
    fn check(calendar: &Calendar, rows: &[(&str, &str, &str)]) {
        check_policy(calendar, OutsideHours::SameDay, rows);
    }

    /// The same with another policy; `-` = no text.
    fn check_policy(calendar: &Calendar, policy: OutsideHours, rows: &[(&str, &str, &str)]) {
        for (nominal, start, want) in rows {
            let (nominal, start) = (local(calendar, nominal), local(calendar, start));
            let got = calendar.adjust(policy, nominal, start, TimeDelta::hours(2));
            let got = got.map_or("-".to_owned(), |(at, _)| calendar.zone.local(at).naive_local().to_string());
            assert_eq!(got, want.replace('T', " "), "{policy:?}: {nominal} for {start}");
        }
    }

    #[test]
    fn earlier_later_and_skip_are_applied() {
        let calendar = denver(chrono_tz::America::Denver);
        check_policy(
            &calendar,
            OutsideHours::Earlier,
            &[
                ("2026-11-24T10:00:00", "2026-11-25T10:00:00", "2026-11-24T10:00:00"),
                ("2026-11-24T09:00:00", "2026-11-25T09:00:00", "2026-11-24T09:02:00"),
                ("2026-11-24T07:15:00", "2026-11-25T07:15:00", "2026-11-23T17:30:00"),
                ("2026-11-24T18:00:00", "2026-11-25T18:00:00", "2026-11-24T17:30:00"),
                ("2026-11-22T10:00:00", "2026-11-23T10:00:00", "2026-11-20T17:30:00"),
                ("2026-11-24T09:30:00", "2026-11-24T10:00:00", "2026-11-23T17:30:00"), // within two hours
            ],
        );
        check_policy(
            &calendar,
            OutsideHours::Later,
            &[
                ("2026-11-24T07:15:00", "2026-11-25T07:15:00", "2026-11-24T09:02:00"),
                ("2026-11-24T18:00:00", "2026-11-25T18:00:00", "2026-11-25T09:02:00"),
                ("2026-11-25T18:00:00", "2026-11-30T18:00:00", "2026-11-27T09:02:00"), // Thanksgiving is closed
                ("2026-11-24T18:00:00", "2026-11-25T11:02:00", "-"),                   // 09:02 is just within two hours
            ],
        );
        check_policy(
            &calendar,
            OutsideHours::Skip,
            &[
                ("2026-11-24T17:59:00", "2026-11-25T17:59:00", "2026-11-24T17:58:00"), // the margin is not "outside"
                ("2026-11-24T18:00:00", "2026-11-25T18:00:00", "-"),
                ("2026-11-22T10:00:00", "2026-11-23T10:00:00", "-"),
            ],
        );
    }

    #[test]
    fn hours_by_day_and_days_for_texts_only() {
        let mut calendar = denver(chrono_tz::America::Denver);
        calendar.hours[5] = Some(Hours { opens: 10 * 60, closes: 14 * 60 });
        calendar.hours[0] = None;
        calendar.text_days.push(Weekday::Sat);
        check(
            &calendar,
            &[
                ("2026-11-21T08:00:00", "2026-11-24T08:00:00", "2026-11-21T10:02:00"), // Saturday, by its own hours
                ("2026-11-22T16:00:00", "2026-11-25T16:00:00", "2026-11-21T13:30:00"), // Sunday: Saturday
                ("2026-11-23T11:00:00", "2026-11-26T11:00:00", "2026-11-21T11:00:00"), // Monday has no hours
            ],
        );
        assert!(!calendar.is_open("2026-11-21".parse().unwrap()), "Saturday is not a business day");
    }

    #[test]
    fn a_time_outside_hours_moves_within_the_same_day_if_possible() {
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
                ("2026-11-24T05:00:00", "2026-11-24T08:00:00", "2026-11-23T17:30:00"), // opening is after the appointment
                ("2026-11-24T07:30:00", "2026-11-24T11:02:00", "2026-11-23T17:30:00"), // 09:02 is just within two hours
                ("2026-11-24T07:30:00", "2026-11-24T11:03:00", "2026-11-24T09:02:00"),
                ("2026-11-23T05:00:00", "2026-11-23T08:00:00", "2026-11-20T17:30:00"), // over the weekend
            ],
        );
    }

    #[test]
    fn annies_legal_hours_apply_in_the_organizations_zone() {
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
