//! Scans a cell for a date, a time, a range of times, an offset and a day of the week.

use chrono::Weekday;

use super::digits::digits_only;
use super::text::{DateText, Half, Moment, MomentFault, OffsetText, TimeText, Year};
use super::tokens::{Spaced, Token, plain, tokens};
use super::words::{self, DateWord};
use super::zone_behind;

/// No date is longer than this; a longer text is a note.
const LONGEST: usize = 80;

/// Reads a cell. `as_time`: a date was found in another cell, so plain digits are a time.
pub fn scan(text: &str, as_time: bool) -> Result<Moment, MomentFault> {
    let text = unwrapped(text);
    if text.is_empty() {
        return Err(MomentFault::Blank);
    }
    if text.chars().all(|c| c == '#') {
        return Err(MomentFault::Hashes);
    }
    if text.chars().count() > LONGEST {
        return Err(MomentFault::Unreadable);
    }
    if let Some((before, offset)) = zone_behind::split(text) {
        let moment = scan(before, as_time)?;
        return match moment.offset {
            None if moment.time.is_some() => Ok(Moment { offset: Some(offset), ..moment }),
            _ => Err(MomentFault::Unreadable),
        };
    }
    if let Some(moment) = digits_only(text, as_time) {
        return moment;
    }
    let plain = plain(text);
    let mut scanner = Scanner {
        tokens: tokens(&plain)?,
        at: 0,
        found: Moment::default(),
        month: None,
        loose: Vec::new(),
        long_form: false,
        seconds: false,
    };
    scanner.run()?;
    scanner.finish()
}

/// Removes surrounding spaces and the characters that spreadsheets put around a text: `="..."`, `'...`.
pub(crate) fn unwrapped(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    let inner = inner.unwrap_or_else(|| text.strip_prefix('\'').unwrap_or(text));
    inner.trim()
}

struct Scanner<'t> {
    tokens: Vec<Spaced<'t>>,
    at: usize,
    found: Moment,
    month: Option<u32>,
    /// Numbers next to a month in letters.
    loose: Vec<&'t str>,
    /// Whether the date is written year first with dashes, as machines do; `-06:00` is then an offset.
    long_form: bool,
    /// Whether the last time has seconds.
    seconds: bool,
}

impl<'t> Scanner<'t> {
    fn token(&self, ahead: usize) -> Option<Token<'t>> {
        self.tokens.get(self.at + ahead).map(|(token, _)| *token)
    }

    fn number(&self, ahead: usize) -> Option<&'t str> {
        match self.token(ahead) {
            Some(Token::Number(digits)) => Some(digits),
            _ => None,
        }
    }

    fn sign(&self, ahead: usize) -> Option<char> {
        match self.token(ahead) {
            Some(Token::Sign(sign)) => Some(sign),
            _ => None,
        }
    }

    fn word(&self, ahead: usize) -> Option<DateWord> {
        match self.token(ahead) {
            Some(Token::Word(word)) => words::read(word),
            _ => None,
        }
    }

    fn spaced(&self, ahead: usize) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|(_, spaced)| *spaced)
    }

    fn run(&mut self) -> Result<(), MomentFault> {
        while let Some(token) = self.token(0) {
            match token {
                Token::Number(_) => self.take_number()?,
                Token::Word(_) => self.take_word()?,
                Token::Sign('+' | '-') if self.found.time.is_some() && self.offset_follows() => self.take_offset()?,
                Token::Sign(':' | '+') => return Err(MomentFault::Unreadable),
                Token::Sign(_) => self.at += 1,
            }
        }
        Ok(())
    }

    fn take_number(&mut self) -> Result<(), MomentFault> {
        let digits = self.number(0).unwrap_or_default();
        let meridiem = |ahead: usize| matches!(self.word(ahead), Some(DateWord::Morning | DateWord::Afternoon));
        if digits.len() <= 2 && self.sign(1) == Some(':') {
            return self.take_time();
        }
        // `9.30 am`, `9h30`, `9am`, `930am`
        let dotted = digits.len() <= 2 && self.sign(1) == Some('.') && self.number(2).is_some_and(|m| m.len() == 2);
        if dotted && (meridiem(3) || (self.tokens.len() == self.at + 3 && (self.at > 0 || self.tokens.len() == 3))) {
            return self.take_time();
        }
        if digits.len() <= 2 && self.word(1) == Some(DateWord::Hours) && self.has_date_or_starts() {
            return self.take_time();
        }
        if digits.len() <= 4 && meridiem(1) && !(self.found.time.is_some() && self.found.end.is_some()) {
            return self.take_compact();
        }
        if self.sign(1).is_some_and(|sign| matches!(sign, '/' | '-' | '.'))
            && self.sign(1) == self.sign(3)
            && let (Some(second), Some(third)) = (self.number(2), self.number(4))
        {
            self.long_form = digits.len() == 4 && self.sign(1) == Some('-');
            self.found.style.one_digit_day = digits.len() == 4 && third.len() == 1;
            self.found.style.two_digit_day = digits.len() == 4 && third.len() == 2;
            self.at += 5;
            return self.set_date(numeric(digits, second, third)?);
        }
        // `12/1`
        if digits.len() <= 2
            && self.sign(1) == Some('/')
            && self.found.date.is_none()
            && let Some(second) = self.number(2).filter(|second| second.len() <= 2)
        {
            self.at += 3;
            let parse = |text: &str| text.parse::<u32>().map_err(|_| MomentFault::Unreadable);
            return self.set_date(DateText::Yearless { parts: [parse(digits)?, parse(second)?], month_known: false });
        }
        if matches!(self.word(1), Some(DateWord::Noon | DateWord::Midnight)) && digits == "12" {
            self.at += 1;
            return Ok(());
        }
        if digits.len() == 8
            && self.found.date.is_none()
            && let Some(Ok(Moment { date: Some(date @ DateText::Known { .. }), time: None, .. })) =
                digits_only(digits, false)
        {
            self.at += 1;
            return self.set_date(date);
        }
        // "12/1 2026" has a year.
        let full = self.found.date.is_some_and(|date| !matches!(date, DateText::Yearless { .. }));
        let dated = full || (self.month.is_some() && self.loose.len() >= 2);
        if dated && matches!(digits.len(), 3 | 4) && self.found.time.is_none() {
            return self.take_compact();
        }
        self.at += 1;
        self.loose.push(digits);
        Ok(())
    }

    fn has_date_or_starts(&self) -> bool {
        self.at == 0 || self.found.date.is_some() || self.month.is_some() || self.found.time.is_some()
    }

    /// `9:00`, `09:00:00.000`, `9.30`, `9h30`, each with or without AM and PM.
    fn take_time(&mut self) -> Result<(), MomentFault> {
        let parse = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok());
        let hour = parse(self.number(0)).ok_or(MomentFault::Unreadable)?;
        let minute = match (self.number(2), self.word(1)) {
            (Some(digits), _) if digits.len() == 2 => parse(Some(digits)).ok_or(MomentFault::Unreadable)?,
            (None, Some(DateWord::Hours)) => {
                self.at += 2;
                return self.set_time(TimeText { hour, minute: 0, second: 0, half: None });
            }
            (Some(digits), Some(DateWord::Hours)) if digits.len() != 2 => return Err(MomentFault::Unreadable),
            _ => return Err(MomentFault::Unreadable),
        };
        self.at += 3;
        let mut second = 0;
        if self.sign(0) == Some(':') && self.number(1).is_some_and(|digits| digits.len() == 2) {
            second = parse(self.number(1)).unwrap_or(0);
            self.seconds = true;
            self.at += 2;
            if self.sign(0).is_some_and(|sign| sign == '.' || sign == ',')
                && self.number(1).is_some()
                && !self.spaced(1)
            {
                self.at += 2;
            }
        }
        self.set_time(TimeText { hour, minute, second, half: None })
    }

    /// `930`, `0930`, `9`: digits only.
    fn take_compact(&mut self) -> Result<(), MomentFault> {
        let digits = self.number(0).unwrap_or_default();
        let (hour, minute) = if digits.len() <= 2 { (digits, "0") } else { digits.split_at(digits.len() - 2) };
        let (Ok(hour), Ok(minute)) = (hour.parse(), minute.parse()) else { return Err(MomentFault::Unreadable) };
        self.at += 1;
        self.found.style.three_digit_time = digits.len() == 3;
        self.found.style.zero_led_time = digits.len() == 4 && digits.starts_with('0');
        self.set_time(TimeText { hour, minute, second: 0, half: None })
    }

    /// Takes a time and the AM or PM after it.
    fn set_time(&mut self, mut time: TimeText) -> Result<(), MomentFault> {
        let next_is_time = self.number(1).is_some() && self.sign(2) == Some(':');
        match self.word(0) {
            // "9:00 a 9:30"
            Some(DateWord::Morning) if next_is_time && self.token(0) == Some(Token::Word("a")) => {}
            Some(DateWord::Morning) => time.half = Some(Half::Morning),
            Some(DateWord::Afternoon) => time.half = Some(Half::Afternoon),
            Some(DateWord::Noon) if time.hour == 12 => time.half = Some(Half::Afternoon),
            Some(DateWord::Midnight) if time.hour == 12 => time.half = Some(Half::Morning),
            _ => {}
        }
        if time.half.is_some() || self.word(0) == Some(DateWord::Morning) {
            self.at += 1;
        }
        if time.on_clock().is_none() {
            return Err(MomentFault::NoSuchTime);
        }
        match (self.found.time, self.found.end) {
            (None, _) => self.found.time = Some(time),
            (Some(_), None) => self.found.end = Some(time),
            _ => return Err(MomentFault::Unreadable),
        }
        Ok(())
    }

    fn take_word(&mut self) -> Result<(), MomentFault> {
        let word = self.word(0).ok_or(MomentFault::Unreadable)?;
        self.at += 1;
        match word {
            DateWord::Month(month) => self.set_month(month)?,
            DateWord::MarchOrTuesday => {
                let later = self.tokens.iter().skip(self.at).any(|(token, _)| {
                    matches!(token, Token::Word(word) if matches!(words::read(word), Some(DateWord::Month(_) | DateWord::MarchOrTuesday)))
                });
                let triple = (0..2).any(|ahead| {
                    self.number(ahead).is_some()
                        && self.number(ahead + 2).is_some()
                        && self.sign(ahead + 1).is_some_and(|s| matches!(s, '/' | '-' | '.'))
                });
                if later || triple || self.found.date.is_some() {
                    self.set_weekday(Weekday::Tue)?
                } else {
                    self.set_month(3)?
                }
            }
            DateWord::Day(day) => self.set_weekday(day)?,
            DateWord::Noon => self.set_time(TimeText { hour: 12, minute: 0, second: 0, half: None })?,
            DateWord::Midnight => self.set_time(TimeText { hour: 0, minute: 0, second: 0, half: None })?,
            DateWord::Utc if self.found.time.is_some() => self.set_offset(OffsetText::Utc)?,
            DateWord::Offset(minutes) if self.found.time.is_some() => self.set_offset(OffsetText::Minutes(minutes))?,
            DateWord::Filler => {}
            DateWord::Until if self.found.time.is_some() => {}
            _ => return Err(MomentFault::Unreadable),
        }
        Ok(())
    }

    fn set_month(&mut self, month: u32) -> Result<(), MomentFault> {
        let double = self.month.is_some() || self.found.date.is_some();
        self.month = Some(month);
        if double { Err(MomentFault::Unreadable) } else { Ok(()) }
    }

    fn set_weekday(&mut self, day: Weekday) -> Result<(), MomentFault> {
        if self.found.weekday.replace(day).is_some() { Err(MomentFault::Unreadable) } else { Ok(()) }
    }

    fn set_date(&mut self, date: DateText) -> Result<(), MomentFault> {
        match self.found.date.replace(date) {
            Some(other) if other != date => Err(MomentFault::TwoDates),
            _ if self.month.is_some() => Err(MomentFault::Unreadable),
            _ => Ok(()),
        }
    }

    /// A plus always starts an offset. A minus does so only after a machine-written date or "GMT"; otherwise it comes
    /// before the end of a range.
    fn offset_follows(&self) -> bool {
        let Some(digits) = self.number(1).filter(|_| !self.spaced(1)) else { return false };
        let shape = digits.len() == 4 || (digits.len() == 2 && (self.sign(2) != Some(':') || self.number(3).is_some()));
        let after_utc = self.found.offset == Some(OffsetText::Utc);
        // `2026-03-10 10:10:00 -0700`: people write no seconds before the end of a range.
        let machine = self.long_form && (!self.spaced(0) || self.seconds);
        shape && (self.sign(0) == Some('+') || after_utc || machine)
    }

    fn take_offset(&mut self) -> Result<(), MomentFault> {
        let sign = if self.sign(0) == Some('-') { -1 } else { 1 };
        let digits = self.number(1).unwrap_or_default();
        self.at += 2;
        let (hours, minutes) = match digits.len() {
            4 => digits.split_at(2),
            _ if self.sign(0) == Some(':') => {
                let minutes = self.number(1).unwrap_or_default();
                self.at += 2;
                (digits, minutes)
            }
            _ => (digits, "0"),
        };
        let (Ok(hours), Ok(minutes)) = (hours.parse::<i32>(), minutes.parse::<i32>()) else {
            return Err(MomentFault::Unreadable);
        };
        if hours > 14 || minutes > 59 {
            return Err(MomentFault::NoSuchTime);
        }
        self.found.offset = None;
        self.set_offset(OffsetText::Minutes(sign * (hours * 60 + minutes)))
    }

    fn set_offset(&mut self, offset: OffsetText) -> Result<(), MomentFault> {
        if self.found.offset.replace(offset).is_some() { Err(MomentFault::Unreadable) } else { Ok(()) }
    }

    fn finish(mut self) -> Result<Moment, MomentFault> {
        if let Some(month) = self.month {
            self.found.date = Some(match self.loose.as_slice() {
                [first, second] if first.len() == 4 => known(first, month, second)?,
                [first, second] => known(second, month, first)?,
                [day] if day.len() <= 2 => {
                    let day = day.parse().map_err(|_| MomentFault::Unreadable)?;
                    DateText::Yearless { parts: [month, day], month_known: true }
                }
                [_] => return Err(MomentFault::NoYear),
                _ => return Err(MomentFault::Unreadable),
            });
        } else if !self.loose.is_empty() {
            return Err(MomentFault::Unreadable);
        }
        if let (Some(mut time), Some(end)) = (self.found.time, self.found.end) {
            // "9:00 - 9:30 AM": the AM or PM after the end applies to both times, unless the end would be before the
            // start.
            if time.half.is_none() && end.half.is_some() && time.hour <= 12 {
                let clock = |half| TimeText { half, ..time }.on_clock();
                let half = match (clock(end.half) <= end.on_clock(), end.half) {
                    (true, half) => half,
                    (false, _) => Some(Half::Morning),
                };
                time.half = half;
            } else if time.half.is_some() && end.half.is_none() && end.hour <= 12 {
                self.found.end = None;
            }
            self.found.time = Some(time);
        }
        if self.found.date.is_none() && self.found.time.is_none() {
            return Err(MomentFault::Unreadable);
        }
        Ok(self.found)
    }
}

fn numeric(first: &str, second: &str, third: &str) -> Result<DateText, MomentFault> {
    let parse = |text: &str| text.parse::<u32>().map_err(|_| MomentFault::Unreadable);
    match (first.len(), second.len(), third.len()) {
        (4, 1..=2, 1..=2) => known(first, parse(second)?, third),
        (1..=2, 1..=2, 2 | 4) => {
            let parts = [parse(first)?, parse(second)?, parse(third)?];
            Ok(DateText::Open { parts, long_year: third.len() == 4 })
        }
        _ => Err(MomentFault::Unreadable),
    }
}

fn known(year: &str, month: u32, day: &str) -> Result<DateText, MomentFault> {
    let (Ok(number), Ok(day_number)) = (year.parse::<i32>(), day.parse::<u32>()) else {
        return Err(MomentFault::Unreadable);
    };
    if day.len() > 2 || !matches!(year.len(), 2 | 4) {
        return Err(MomentFault::Unreadable);
    }
    Ok(DateText::Known { year: Year { number, short: year.len() == 2 }, month, day: day_number })
}
