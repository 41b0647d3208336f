//! Finds the columns of the start, the end and the length.

use super::{Finder, Named, Source, TimeNumbers};
use crate::config::feeds::Field;
use crate::feeds::suggest::profile::Column;
use crate::feeds::suggest::words::Word;

/// Whether its cells are digits alone and its header names neither a date nor a time: in a column `Appt`, `1001` is a number
/// and not 10:01.
fn is_number(c: &Named<'_>) -> bool {
    let timed = [Word::Date, Word::Time, Word::Start, Word::Scheduled];
    c.column.digits == c.column.filled && !c.any(&timed)
}

/// Whether its numbers are minutes since midnight, and its header says that they are the start: `start_min`.
fn counts_minutes(c: &Named<'_>) -> bool {
    c.column.may_be_minutes() && c.any(&[Word::Start, Word::Time]) && !c.any(&[Word::End, Word::Made, Word::Birth])
}

impl Finder<'_> {
    pub(super) fn start(&mut self) {
        const NOT: [Word; 16] = [
            Word::Birth,
            Word::Made,
            Word::Past,
            Word::Other,
            Word::Money,
            Word::End,
            Word::Cancelled,
            Word::Confirmation,
            Word::Last,
            Word::First,
            Word::NoShow,
            Word::Text,
            Word::Email,
            Word::Length,
            Word::Units,
            Word::Account,
        ];
        let points = |c: &Named<'_>| {
            // "Scheduled" may also mean when it was booked: an appointment date wins over a scheduled date, and of
            // "Appt Date" and "Appt Scheduled Date", neither does.
            1 + 4 * u32::from(c.has(Word::Appointment))
                + 2 * u32::from(c.has(Word::Scheduled) && !c.has(Word::Appointment))
                + 4 * u32::from(c.has(Word::Start))
                + 2 * u32::from(c.has(Word::Date))
        };
        let dated = |c: &Named<'_>| {
            let named = c.any(&[Word::Date, Word::Appointment, Word::Start]) && c.column.is_yearless();
            let epoch = c.column.is_epoch()
                && c.any(&[Word::Date, Word::Time, Word::Start, Word::Appointment, Word::Scheduled])
                && !c.any(&[Word::Phone, Word::Cell, Word::Id]);
            let serial = c.column.is_serial() && !c.has(Word::Id);
            !c.any(&NOT) && (epoch || (!is_number(c) && (c.column.is_dated() || named || serial)))
        };
        let date =
            self.best(Field::StartsAt, |c| if dated(c) { 2 * points(c) + u32::from(c.column.has_times()) } else { 0 });
        let Some(date) = date else { return };
        // Somebody chose a column whose cells are no dates. Where some are, the rows of the others are reported.
        if self.profile.columns.get(date).is_some_and(|c| {
            !c.is_serial() && !c.is_epoch() && !c.has_dates() && c.dates + c.moments + c.vote.yearless == 0
        }) {
            self.roles.unreadable_start = Some(date);
            return;
        }
        // Whatever the headers say, booking dates are in the past and most appointments are still to come.
        let over = self.profile.columns.get(date).is_some_and(Column::is_mostly_over);
        let coming = self.columns.iter().filter(|c| c.at != date && dated(c) && !c.column.is_mostly_over());
        let coming: Vec<usize> = coming.map(|c| c.at).collect();
        if over && !coming.is_empty() && !self.chosen.contains_key(&Field::StartsAt) {
            self.roles.several.insert(Field::StartsAt, [coming, vec![date]].concat());
            return;
        }
        // A date with an unknown label could be the date of anything.
        let sure = self.columns.get(date).is_some_and(|c| {
            let usual =
                [Word::Date, Word::Time, Word::Kind, Word::Patient, Word::Appointment, Word::Scheduled, Word::Start];
            c.any(&[Word::Appointment, Word::Start, Word::Scheduled]) || (c.only(&usual) && c.is_plain())
        });
        if !sure && !self.chosen.contains_key(&Field::StartsAt) {
            self.roles.several.insert(Field::StartsAt, vec![date]);
            return;
        }
        self.roles.epoch = self.profile.columns.get(date).is_some_and(Column::is_epoch);
        if self.profile.columns.get(date).is_some_and(Column::has_times) {
            return self.put(Field::StartsAt, Some(Source::Column(date)));
        }
        // A date only: the time is in another column, or in none.
        let scored: Vec<(u32, usize)> = self
            .columns
            .iter()
            .filter(|c| c.at != date)
            .filter(|c| {
                let times = c.column.is_times() && !is_number(c);
                let seconds = c.has(Word::Time) && c.column.is_seconds();
                counts_minutes(c) || (!c.any(&NOT) && (times || seconds))
            })
            .map(|c| (points(c) + 2 * u32::from(c.has(Word::Time)), c.at))
            .collect();
        let most = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
        let mut times: Vec<usize> = scored.iter().filter(|(score, _)| *score == most).map(|(_, at)| *at).collect();
        // "Off Time" beside "On Time": a header with another word may be any of the times.
        let usual =
            [Word::Time, Word::Start, Word::Appointment, Word::Scheduled, Word::Date, Word::Kind, Word::Patient];
        let plain = |at: &usize| self.columns.iter().any(|c| c.at == *at && c.only(&usual) && c.is_known());
        let starts = |c: &Named<'_>| c.column.is_times() && !c.any(&[Word::End, Word::Length, Word::Birth]);
        // "Time" may have cells that cannot be read; it is still the time.
        if times.is_empty() {
            let named = |c: &&Named<'_>| {
                let words = [Word::Time, Word::Appointment, Word::Start, Word::Scheduled, Word::Filler];
                c.at != date && c.has(Word::Time) && c.only(&words) && c.is_plain() && c.column.filled > 0
            };
            let named: Vec<usize> = self.columns.iter().filter(named).map(|c| c.at).collect();
            if let [one] = named.as_slice() {
                times.push(*one);
            }
        }
        if !times.iter().all(plain)
            && !times.iter().any(|at| self.columns.iter().any(|c| c.at == *at && counts_minutes(c)))
        {
            let others =
                self.columns.iter().filter(|c| c.at != date && starts(c) && !is_number(c) && !times.contains(&c.at));
            let others: Vec<usize> = others.map(|c| c.at).collect();
            times.extend(others);
        }
        let times = self.chosen_time.filter(|time| *time != date).map_or(times, |time| vec![time]);
        self.put_start(date, times);
    }

    /// Joins a date with the only column that may be its time of day; asks if there are none or several.
    pub(super) fn put_start(&mut self, date: usize, times: Vec<usize>) {
        match times.as_slice() {
            [time] => {
                let half = self.columns.iter().find(|c| {
                    let words = &c.column.words;
                    !words.is_empty()
                        && words.keys().all(|w| matches!(w.as_str(), "am" | "pm" | "a.m." | "p.m." | "a" | "p"))
                        && c.column.filled > 0
                });
                let column = self.profile.columns.get(*time);
                self.roles.time_numbers = column.and_then(|column| match () {
                    () if column.is_seconds() => Some(TimeNumbers::Seconds),
                    () if column.is_minutes() => Some(TimeNumbers::Minutes),
                    () if column.may_be_minutes() => Some(TimeNumbers::MinutesOrClock),
                    () => None,
                });
                let mut parts = vec![date, *time];
                parts.extend(half.map(|c| c.at));
                self.put(Field::StartsAt, Some(Source::Joined(parts)));
            }
            _ => {
                self.put(Field::StartsAt, Some(Source::Column(date)));
                self.roles.open_time = Some(times);
            }
        }
    }

    pub(super) fn end(&mut self) {
        const WORDS: [Word; 7] =
            [Word::End, Word::Date, Word::Time, Word::Appointment, Word::Scheduled, Word::Kind, Word::Start];
        let ends = |c: &&Named<'_>| c.has(Word::End) && c.only(&WORDS) && c.is_plain();
        let whole = self.columns.iter().filter(ends).find(|c| c.column.is_dated() && c.column.has_times());
        let date = self.columns.iter().filter(ends).find(|c| c.column.is_dated() && !c.column.has_times());
        let time = self.columns.iter().filter(ends).find(|c| c.column.is_times());
        let source = match (whole, date, time) {
            (Some(whole), ..) => Some(Source::Column(whole.at)),
            (None, Some(date), Some(time)) => Some(Source::Joined(vec![date.at, time.at])),
            (None, None, Some(time)) => Some(Source::Column(time.at)),
            _ => None,
        };
        self.put(Field::EndsAt, source);
    }

    pub(super) fn length(&mut self) {
        if self.roles.sources.contains_key(&Field::EndsAt) {
            return;
        }
        let marks = self.columns.iter().find(|c| c.has(Word::Pattern) && c.column.is_marks()).map(|c| c.at);
        if let Some(at) = marks {
            return self.put(Field::Minutes, Some(Source::Marks(at)));
        }
        let found = self.columns.iter().find(|c| c.any(&[Word::Length, Word::Units]) && c.column.is_lengths());
        let Some(c) = found.filter(|c| !self.is_used(c.at)) else { return };
        // Small numbers are units of ten or fifteen minutes, or hours: the file does not show which.
        let small = c.column.numbers > 0 && c.column.largest < 15;
        let (at, name) = (c.at, c.column.name.clone());
        // Not every appointment takes five hours or more: these are seconds.
        if c.column.numbers == c.column.filled && c.column.smallest >= 300 {
            self.roles.remarks.push(format!("\"{name}\" does not look like minutes, so it is not used"));
        } else if small {
            self.roles.remarks.push(format!("\"{name}\" may count time units; if one unit is 10 minutes, write minutes = {{ column = \"{name}\", times = 10 }}"));
        } else {
            self.put(Field::Minutes, Some(Source::Column(at)));
        }
    }
}
