//! Counts what the cells of each column look like, over the whole file in constant memory.

use std::collections::BTreeMap;
use std::io::Read;

use chrono::{DateTime, NaiveDate};

use crate::domain::fold::fold;
use crate::domain::language_words::{self, LanguageWord};
use crate::domain::phone::{self, Country};
use crate::feeds::formats::delimited::{Dialect, Options, Reader};
use crate::feeds::formats::{FormatError, Row};
use crate::feeds::mapping::moment::{ColumnVote, DateText, MomentFault, scan, unwrapped};
use crate::feeds::mapping::{
    Line, begins_in_capitals, cells_marks, cells_minutes, common_status, names_a_phone, phone_in_text, phone_numbers,
};
use crate::feeds::suggest::upcoming::may_be_after;

/// The most distinct words that are kept for a column; a column with more is not a list of words.
const MOST_WORDS: usize = 40;

/// One column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) filled: u64,
    pub(super) blank: u64,
    /// Cells with a date and no time.
    pub(super) dates: u64,
    /// Cells with a time and no date.
    pub(super) times: u64,
    /// Cells with both.
    pub(super) moments: u64,
    /// The ones of these at 00:00.
    pub(super) midnights: u64,
    /// Dates that do not exist, `########`, placeholders.
    pub(super) odd_dates: u64,
    pub(super) phones: u64,
    /// The ones of these that a label calls a mobile phone.
    pub(super) mobiles: u64,
    /// Cells with enough digits for a phone number, among other signs.
    pub(super) perhaps_phones: u64,
    /// Cells with nine to fifteen digits and no other signs than those of phone numbers.
    pub(super) short_phones: u64,
    /// Texts about other things too that have the phone number of a patient.
    pub(super) phones_inside: u64,
    pub(super) emails: u64,
    pub(super) numbers: u64,
    /// Cells of digits alone.
    pub(super) digits: u64,
    /// Numbers that may be seconds since midnight, to the minute.
    pub(super) seconds: u64,
    /// The ones of these that are no hours, minutes and seconds.
    pub(super) only_seconds: u64,
    /// Numbers without leading zeros that may be minutes since midnight, in steps of five.
    pub(super) minutes: u64,
    /// The ones of these that are no hours and minutes.
    pub(super) only_minutes: u64,
    /// Numbers that count seconds or milliseconds since 1970, within three years of today.
    pub(super) epochs: u64,
    pub(super) largest: u32,
    pub(super) smallest: u32,
    pub(super) lengths: u64,
    pub(super) marks: u64,
    pub(super) zones: u64,
    pub(super) languages: u64,
    pub(super) letters: u64,
    pub(super) commas: u64,
    pub(super) spaced: u64,
    /// Names without a comma that begin in capitals and do not end so: `MARTIN Hélène`.
    pub(super) capitals: u64,
    /// Cells with a dash between two parts: `Maria Lopez - Massage 60`.
    pub(super) dashed: u64,
    pub(super) vote: ColumnVote,
    /// Cells with a date that may be after today.
    pub(super) later: u64,
    /// Folded words with their first spelling and count; empty once there are too many.
    pub(super) words: BTreeMap<String, (String, u64)>,
    pub(super) many_words: bool,
    /// The first two distinct cells.
    pub(super) samples: Vec<String>,
}

impl Column {
    fn new(name: &str, today: NaiveDate, birth: bool) -> Column {
        Column {
            name: name.to_owned(),
            filled: 0,
            blank: 0,
            dates: 0,
            times: 0,
            moments: 0,
            midnights: 0,
            odd_dates: 0,
            phones: 0,
            mobiles: 0,
            perhaps_phones: 0,
            short_phones: 0,
            phones_inside: 0,
            emails: 0,
            numbers: 0,
            digits: 0,
            seconds: 0,
            only_seconds: 0,
            minutes: 0,
            only_minutes: 0,
            epochs: 0,
            largest: 0,
            smallest: u32::MAX,
            lengths: 0,
            marks: 0,
            zones: 0,
            languages: 0,
            letters: 0,
            commas: 0,
            spaced: 0,
            capitals: 0,
            dashed: 0,
            vote: ColumnVote::new(today, birth),
            later: 0,
            words: BTreeMap::new(),
            many_words: false,
            samples: Vec::new(),
        }
    }

    fn add(&mut self, line: u64, cell: &str, is_zone: &dyn Fn(&str) -> bool, country: Country) {
        let text = unwrapped(cell);
        if !self.many_words {
            let count = self.words.entry(fold(text)).or_insert_with(|| (text.to_owned(), 0));
            count.1 += 1;
            if self.words.len() > MOST_WORDS {
                self.many_words = true;
                self.words.clear();
            }
        }
        // Databases write NULL for a blank cell.
        if text.is_empty() || matches!(text, "NULL" | "null" | "(null)" | "\\N") {
            self.blank += 1;
            return;
        }
        self.filled += 1;
        if self.samples.len() < 2 && !self.samples.iter().any(|sample| sample == text) {
            self.samples.push(text.to_owned());
        }
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let exponent = crate::feeds::mapping::has_lost_digits(text);
        // Thirteen digits may be a time in milliseconds since 1970: 1795216500000.
        let instant = digits == 13 && text.len() == 13 && text.starts_with('1');
        // Mobile numbers in New Zealand may have nine digits: 021 555 030.
        let short = digits == 9 && text.starts_with("02") && text.contains(' ');
        let is_address = text.parse::<std::net::Ipv4Addr>().is_ok();
        let dialled = letters == 0
            && !instant
            && !is_address
            && ((10..=15).contains(&digits) || short)
            && text.chars().all(|c| c.is_ascii_digit() || " ()-.+/\u{a0}".contains(c));
        // Numbers of other countries may be shorter; the header says that they are phone numbers.
        let of_country = |text: &str| {
            (7..10).contains(&digits) && !country.is_nanp() && names_a_phone(&self.name) && {
                let reading = phone::read(text, country);
                reading.valid || reading.refusal
            }
        };
        let dialled = dialled || of_country(text);
        let lines = phone_numbers(text).unwrap_or_default();
        let labeled = lines.iter().any(|(line, _)| *line != Line::Unknown);
        self.mobiles += u64::from(lines.iter().any(|(line, _)| *line == Line::Mobile));
        self.perhaps_phones += u64::from((7..=30).contains(&digits) && digits < text.chars().count() && !is_address);
        self.phones += u64::from(
            (dialled && !text.contains(':'))
                || exponent
                || labeled
                || (digits >= 10 && letters > 0 && phone::read(text, country).refusal),
        );
        let of_phone = |c: char| c.is_ascii_digit() || " ()-.+/\u{a0}".contains(c);
        self.short_phones += u64::from((9..=15).contains(&digits) && !is_address && text.chars().all(of_phone));
        self.digits += u64::from(digits == text.chars().count());
        self.phones_inside += u64::from(digits >= 10 && phone_in_text(text).is_some());
        self.emails += u64::from(text.contains('@') && text.contains('.') && !text.contains(' '));
        if let Ok(number) = text.trim_end_matches(".0").parse::<u32>() {
            self.numbers += 1;
            self.seconds += u64::from(number < 86_400 && number % 60 == 0 && text.len() >= 4);
            self.only_seconds += u64::from(number / 100 % 100 >= 60);
            let in_steps = number < 24 * 60 && number.is_multiple_of(5) && !text.starts_with('0');
            self.minutes += u64::from(in_steps);
            self.only_minutes += u64::from(in_steps && number % 100 >= 60);
            self.largest = self.largest.max(number);
            self.smallest = self.smallest.min(number);
        }
        self.epochs += u64::from(matches!(digits, 10 | 13) && is_epoch(text, self.vote.today));
        self.lengths += u64::from(cells_minutes(text).is_some_and(|minutes| minutes <= 24 * 60));
        self.marks += u64::from(letters > 0 && cells_marks(text).is_some());
        self.letters += u64::from(letters > digits);
        self.commas += u64::from(text.contains(','));
        self.spaced += u64::from(text.contains(' '));
        self.capitals += u64::from(letters > digits && begins_in_capitals(text) == Some(true));
        self.dashed += u64::from([" - ", " \u{2013} ", " \u{2014} "].iter().any(|dash| text.contains(dash)));
        self.zones += u64::from(letters > 3 && is_zone(text));
        self.languages += u64::from(matches!(language_words::read(text), LanguageWord::Tag(_)));
        match scan(text, false) {
            Ok(moment) => {
                self.vote.add(line, text, &moment);
                self.later += u64::from(moment.date.is_some_and(|date| may_be_after(date, self.vote.today)));
                // Databases write a time alone with a placeholder date.
                let date = moment.date.filter(|date| !date.is_placeholder());
                self.odd_dates += u64::from(moment.date.is_some() && date.is_none() && moment.time.is_none());
                match (date, moment.time) {
                    (Some(_), Some(time)) => {
                        self.moments += 1;
                        self.midnights += u64::from(time.on_clock() == Some(chrono::NaiveTime::MIN));
                    }
                    (Some(DateText::Serial(_)), None) | (Some(DateText::Yearless { .. }), _) => {}
                    (Some(_), None) => self.dates += 1,
                    (None, Some(_)) => self.times += 1,
                    (None, None) => {}
                }
            }
            // Digits that are not a time are numbers.
            Err(MomentFault::Hashes | MomentFault::NoSuchDate | MomentFault::NoSuchTime) => {
                self.odd_dates += u64::from(digits < text.chars().count());
            }
            Err(_) => {}
        }
    }

    /// Whether the count is at least nine in ten filled cells.
    fn mostly(&self, count: u64) -> bool {
        self.filled > 0 && count * 10 >= self.filled * 9
    }

    /// Whether most of its dates are over, as those of bookings are.
    pub(super) fn is_mostly_over(&self) -> bool {
        self.filled >= 3 && self.later * 3 < self.filled
    }

    /// Whether its cells have dates, with or without times.
    pub(super) fn is_dated(&self) -> bool {
        let dated = self.dates + self.moments + self.vote.serials + self.odd_dates;
        // Plain numbers can be serial dates, ids or amounts: only real dates in the column show that they are dates.
        self.mostly(dated) && (self.dates + self.moments) * 2 > self.filled
    }

    /// Whether its cells are dates without a year, such as `Tue 12/1`.
    pub(super) fn is_yearless(&self) -> bool {
        self.vote.yearless >= 3 && self.mostly(self.vote.yearless + self.dates + self.moments)
    }

    /// Whether at least half of its filled cells are dates.
    pub(super) fn has_dates(&self) -> bool {
        (self.dates + self.moments + self.vote.serials) * 2 > self.filled
    }

    /// Whether every cell is a number that could be a spreadsheet date.
    pub(super) fn is_serial(&self) -> bool {
        self.vote.serials > 0
            && self.vote.serials == self.filled
            && (30_000..=60_000).contains(&self.largest.max(30_000))
    }

    pub(super) fn is_times(&self) -> bool {
        self.mostly(self.times + self.odd_dates) && self.times > 0
    }

    /// Whether its numbers can only be seconds since midnight.
    pub(super) fn is_seconds(&self) -> bool {
        self.filled > 2 && self.seconds == self.filled && self.only_seconds > 0 && self.smallest >= 3600
    }

    /// Whether its numbers can only be minutes since midnight.
    pub(super) fn is_minutes(&self) -> bool {
        self.may_be_minutes() && self.only_minutes > 0
    }

    /// Whether its numbers may be minutes since midnight, such as 600 for 10:00 AM.
    pub(super) fn may_be_minutes(&self) -> bool {
        self.filled > 2 && self.minutes == self.filled && self.smallest >= 300
    }

    /// Whether its numbers count seconds or milliseconds since 1970.
    pub(super) fn is_epoch(&self) -> bool {
        self.mostly(self.epochs)
    }

    pub(super) fn has_times(&self) -> bool {
        self.is_epoch() || (self.moments * 2 > self.filled && self.midnights < self.moments)
    }

    pub(super) fn is_phones(&self) -> bool {
        self.filled > 0 && self.phones * 10 >= self.filled * 7
    }

    /// Whether most cells have the digits of a phone number, and the column is nothing else.
    pub(super) fn may_be_phones(&self) -> bool {
        let other = self.is_dated() || self.is_times() || self.emails > 0;
        !other && self.filled > 0 && self.perhaps_phones * 2 > self.filled
    }

    /// Whether its cells are numbers that may be phone numbers without the zero before them.
    pub(super) fn may_be_short_numbers(&self) -> bool {
        self.letters == 0 && self.emails == 0 && !self.is_dated() && !self.is_times() && self.mostly(self.short_phones)
    }

    /// Whether some of its texts have phone numbers among other things.
    pub(super) fn has_phones_inside(&self) -> bool {
        !self.is_phones() && self.phones_inside * 4 >= self.filled && self.phones_inside >= 2
    }

    pub(super) fn is_marks(&self) -> bool {
        self.mostly(self.marks)
    }

    pub(super) fn is_lengths(&self) -> bool {
        self.mostly(self.lengths)
    }

    pub(super) fn is_zones(&self) -> bool {
        self.mostly(self.zones)
    }

    pub(super) fn is_text(&self) -> bool {
        self.mostly(self.letters)
    }

    /// Whether its words are statuses: few words, most of them known statuses.
    pub(super) fn is_status_words(&self) -> bool {
        let known: u64 = self.words.iter().filter(|(word, _)| common_status(word).is_some()).map(|(_, (_, n))| n).sum();
        !self.many_words && self.filled > 0 && known * 10 >= self.filled * 7
    }
}

/// Whether a number counts seconds or milliseconds since 1970, within three years of a day.
fn is_epoch(text: &str, today: NaiveDate) -> bool {
    let at = match (text.len(), text.parse::<i64>()) {
        (10, Ok(number)) => DateTime::from_timestamp(number, 0),
        (13, Ok(number)) => DateTime::from_timestamp_millis(number),
        _ => None,
    };
    at.is_some_and(|at| (at.date_naive() - today).num_days().abs() < 3 * 366)
}

/// A file's columns.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) dialect: Dialect,
    pub(super) columns: Vec<Column>,
    pub(super) rows: u64,
    pub(super) broken: u64,
    pub(super) skipped: u64,
}

/// Reads a file and counts its columns. `is_birth` recognizes birth dates, whose two-digit years are read differently.
pub(super) fn profile<R: Read>(
    source: R,
    options: &Options,
    today: NaiveDate,
    is_birth: impl Fn(&str) -> bool,
    is_zone: &dyn Fn(&str) -> bool,
    country: Country,
) -> Result<Profile, FormatError> {
    let mut reader = Reader::open(source, options)?;
    let mut columns: Vec<Column> =
        reader.dialect().names.iter().map(|name| Column::new(name, today, is_birth(name))).collect();
    let width = reader.dialect().width;
    let (mut rows, mut broken) = (0, 0);
    while let Some(row) = reader.next()? {
        rows += 1;
        match row {
            // A page line has too few cells, and most of them are blank.
            Row::Cells(row)
                if row.len() < width && row.cells().filter(|c| !c.trim().is_empty()).count() * 3 < width => {}
            Row::Cells(row) => {
                for (at, column) in columns.iter_mut().enumerate() {
                    column.add(row.line, row.cell(at), is_zone, country);
                }
            }
            Row::Broken(_) => broken += 1,
        }
    }
    let dialect = Dialect { encoding: reader.encoding()?, ..reader.dialect().clone() };
    Ok(Profile { dialect, columns, rows, broken, skipped: reader.skipped })
}
