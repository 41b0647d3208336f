//! Checks that the auditor can make only at the end: which patients were not texted although nothing prevented it, and
//! which families got more than one text.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc, Weekday};

use crate::simulation::auditor::{Auditor, READ_WITHIN, Standing, Telling};

/// An appointment that is in the book this long before its start must get a text.
const IN_GOOD_TIME: TimeDelta = TimeDelta::days(7);

/// From this many texts in a month on, Annie's limits may prevent another one.
const MANY: usize = 2;

impl Auditor {
    /// Whether other appointments of the number start so close that their texts may have used up the limits.
    fn is_crowded(&self, number: usize, standing: &Standing, many: usize) -> bool {
        let week = TimeDelta::days(8);
        let from = (standing.phone.clone(), standing.start - week, 0);
        let till = (standing.phone.clone(), standing.start + week, usize::MAX);
        let others = self.listed.range(from..=till).map(|(.., other)| *other).filter(|other| *other != number);
        others.collect::<BTreeSet<_>>().len() >= many
    }

    /// Whether a late booking still has weekday sending hours left before its text would be too close to the
    /// appointment.
    fn has_hours_left(&self, standing: &Standing) -> bool {
        let since = self.known.zone.local(standing.since);
        // A text about another appointment within a day of this one may have taken its place.
        let near = standing.since - TimeDelta::days(1)..standing.start + TimeDelta::days(1);
        if self.tellings.iter().any(|t| t.to == standing.phone && near.contains(&t.at)) {
            return false;
        }
        let is_weekday = !matches!(since.weekday(), Weekday::Sat | Weekday::Sun);
        is_weekday && (9..17).contains(&since.hour()) && standing.start - standing.since >= TimeDelta::hours(12)
    }

    /// Patients who were not texted by `now` although nothing prevented it. Meaningful only in a simulation in which
    /// nothing went wrong.
    pub(crate) fn untold(&self, now: DateTime<Utc>) -> Vec<String> {
        let mut untold = Vec::new();
        let in_good_time = |s: &Standing| s.since + IN_GOOD_TIME <= s.start || self.has_hours_left(s);
        let ended = self.standing.iter().filter(|(_, s)| s.start < now && in_good_time(s));
        for (number, standing) in ended.filter(|(number, s)| !self.is_crowded(**number, s, MANY)) {
            let Standing { patient, start, phone, .. } = standing;
            let opted_out = self.desk.contains_key(phone) || self.stops.contains_key(phone);
            // Once one of a chart's appointments at a start is gone, a text about that start counts for all patients of
            // the chart.
            let is_gone = self.known.gone.contains(&(self.known.patients[*patient].chart.clone(), *start));
            let month = *start - TimeDelta::days(31)..*start;
            let texts: BTreeSet<_> =
                self.tellings.iter().filter(|t| t.to == *phone && month.contains(&t.at)).map(|t| t.at).collect();
            let named_as_more = self.and_more.iter().any(|(to, at)| to == phone && month.contains(at));
            let mut told = self.tellings.iter().filter(|t| t.patient == *patient && t.start == *start);
            // A number that is marked as wrong after the appointment changes nothing.
            let went_wrong =
                |t: &Telling| self.wrong.get(&(t.patient, t.to.clone())).is_some_and(|since| since < start);
            let is_told = told.any(|t| !went_wrong(t));
            if !(opted_out || is_gone || texts.len() >= MANY || named_as_more || is_told) {
                let name = &self.known.patients[*patient].name;
                untold.push(format!("{name} got no text about v{number} at {start}"));
            }
        }
        untold.sort();
        untold
    }

    /// Texts that households got separately, or not at all, although texts are merged.
    pub(crate) fn apart(&self) -> Vec<String> {
        [self.unmerged(), self.left_out()].concat()
    }

    /// Texts that households got one by one although one text could have covered all appointments.
    fn unmerged(&self) -> Vec<String> {
        let day = |at: DateTime<Utc>| self.known.zone.local(at).date_naive();
        let mut unmerged = Vec::new();
        for (n, first) in self.tellings.iter().enumerate().filter(|(_, t)| t.rule != 'H') {
            let later = self.tellings[n + 1..].iter().take_while(|t| t.at < first.at + TimeDelta::days(1));
            let same = later.filter(|t| t.to == first.to && t.rule == first.rule && day(t.start) == day(first.start));
            let known = |t: &&Telling| {
                let standing = self.standing.get(&t.appointment);
                standing.is_some_and(|s| {
                    s.start == t.start && s.patient == t.patient && s.phone == t.to && s.since < first.at - READ_WITHIN
                })
            };
            unmerged
                .extend(same.filter(known).map(|t| format!("{} got two texts about appointments on one day", t.to)));
        }
        unmerged
    }

    /// Patients that a household's text left out although it named another with the same number and start.
    fn left_out(&self) -> Vec<String> {
        let mut left_out = Vec::new();
        for (number, standing) in &self.standing {
            let Standing { patient, start, phone, since, .. } = standing;
            let is_told = self.tellings.iter().any(|t| t.patient == *patient && t.start == *start);
            let chart = &self.known.patients[*patient].chart;
            let is_gone = self.known.gone.contains(&(chart.clone(), *start));
            // Only texts for an appointment that is unchanged since then, so that the text was meant for them too.
            let stood = |t: &&Telling| {
                self.standing.get(&t.appointment).is_some_and(|s| s.start == t.start && s.since + READ_WITHIN < t.at)
            };
            let is_whole = |t: &&Telling| !self.and_more.contains(&(t.to.clone(), t.at));
            let mut of_family =
                self.tellings.iter().filter(|t| t.to == *phone && t.start == *start && *since + READ_WITHIN < t.at);
            if !is_told && !is_gone && of_family.any(|t| t.patient != *patient && stood(&t) && is_whole(&t)) {
                left_out.push(format!("{phone} got a text about others at {start}, but not about v{number}"));
            }
        }
        left_out.sort();
        left_out
    }
}
