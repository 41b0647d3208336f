//! The words in status and language columns: known ones, and ones the office has to explain.

use std::collections::BTreeMap;

use super::profile::{Column, Profile};
use super::request::{Answers, OpenQuestion};
use super::roles::Roles;
use super::upcoming::{Rows, Upcoming};
use super::words::{Word, meanings};
use crate::config::feeds::{ColumnSource, Feed, Field, StatusMeaning};
use crate::domain::count::counted;
use crate::domain::fold::fold;
use crate::domain::language_words::{self, LanguageWord};
use crate::feeds::mapping::common_status;
use crate::feeds::suggest::choices::{is_no, is_yes};

/// A word with the number of rows that have it.
pub(super) type Counted = (String, u64);

/// The status words of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StatusList {
    /// Words by meaning.
    pub(super) known: BTreeMap<StatusMeaning, Vec<Counted>>,
    /// The ones of these that an answer added to a preset.
    pub(super) beyond_preset: BTreeMap<StatusMeaning, Vec<Counted>>,
    /// Words in other columns.
    pub(super) elsewhere: Vec<(StatusMeaning, String, Vec<String>)>,
    /// Unknown words.
    pub(super) unknown: Vec<Counted>,
    /// Why a blank cell counts as booked.
    pub(super) blank: Option<String>,
    /// Whether a preset explains words already.
    pub(super) by_preset: bool,
}

/// What a word in a column beside the status says.
enum Second {
    /// A status.
    Means(StatusMeaning),
    /// Nothing about the visit.
    Nothing,
    /// Only the office knows.
    Open,
}

/// The column that a field is read from, if it is a whole one.
pub(super) fn column_of<'p>(profile: &'p Profile, feed: &Feed, field: Field) -> Option<&'p Column> {
    match feed.columns.get(field)? {
        ColumnSource::Column(name) => profile.columns.iter().find(|column| fold(&column.name) == fold(name)),
        _ => None,
    }
}

impl StatusList {
    pub(super) fn take(
        &mut self,
        (profile, upcoming): (&Profile, &Upcoming),
        feed: &Feed,
        roles: &Roles,
        answers: &Answers,
    ) -> Vec<OpenQuestion> {
        let mut questions = Vec::new();
        self.by_preset = feed.preset.is_some();
        if let Some(column) = column_of(profile, feed, Field::Status) {
            let (mut open, mut contradicted) = (Vec::new(), Vec::new());
            let confirms = meanings(&column.name).contains(&Some(Word::Confirmation));
            for (word, (written, count)) in &column.words {
                // The rows of blocked time need no status.
                if upcoming.rows(word).all == 0 && !upcoming.is_empty() {
                    continue;
                }
                let answer = answers.get(&format!("status:{word}")).and_then(|key| {
                    StatusMeaning::KEYS.iter().find(|(known, _)| known == key).map(|(_, meaning)| *meaning)
                });
                let preset = feed.status.words.get(word).copied();
                if let Some(meaning) = answer {
                    self.beyond_preset.entry(meaning).or_default().push((written.clone(), *count));
                }
                let common = Some(word).filter(|word| !word.is_empty()).and_then(|word| common_status(word));
                let common = common.or_else(|| confirmed(column, word).filter(|_| confirms));
                // In a calendar, every event is confirmed.
                let event = common == Some(StatusMeaning::Confirmed) && is_calendar(profile);
                let doubtful = event || common.is_some_and(|meaning| upcoming.contradicts(word, meaning));
                match answer.or(preset).or(common) {
                    Some(_) if doubtful && answer.or(preset).is_none() => {
                        contradicted.push((word.clone(), written.clone(), *count));
                    }
                    Some(meaning) => self.known.entry(meaning).or_default().push((written.clone(), *count)),
                    None => open.push((word.clone(), written.clone(), *count)),
                }
            }
            // The column is filled only when something is unusual, so its blank cells are the booked appointments.
            let booked = self.known.contains_key(&StatusMeaning::Booked);
            if let [(word, _, count)] = open.as_slice()
                && word.is_empty()
                && !booked
                && !self.known.is_empty()
                && *count * 10 >= (column.filled + column.blank) * 3
            {
                self.blank = Some(format!("blank in {}, and no other word means booked", rows(*count)));
                self.known.entry(StatusMeaning::Booked).or_default().push((String::new(), *count));
                open.clear();
            }
            for (word, written, count) in open.into_iter().chain(contradicted) {
                questions.push(ask_status(&word, &written, count, upcoming.rows(&word)));
                self.unknown.push((written, count));
            }
        }
        questions.extend(self.take_flags(profile, feed, roles, answers));
        questions
    }

    /// Takes what a confirmation column beside the status says other than confirmed: cancelled, no-show, came.
    fn take_confirmation(&mut self, column: &Column, answers: &Answers) -> Vec<OpenQuestion> {
        const PLAIN: [Word; 4] = [Word::Confirmation, Word::Appointment, Word::Status, Word::Filler];
        let plain = meanings(&column.name).iter().flatten().all(|word| PLAIN.contains(word)) && !column.has_dates();
        self.take_second(column, answers, |word| {
            let letters = word.chars().any(char::is_alphabetic) && !word.chars().any(|c| c.is_ascii_digit());
            match visit_status(word).or(confirmed(column, word)) {
                Some(StatusMeaning::Booked | StatusMeaning::Confirmed) => Second::Nothing,
                Some(meaning) => Second::Means(meaning),
                None if plain && (letters || is_code(column, word)) => Second::Open,
                None => Second::Nothing,
            }
        })
    }

    /// Takes what another column says that shows some appointments as cancelled or missed.
    fn take_beside(&mut self, column: &Column, answers: &Answers) -> Vec<OpenQuestion> {
        /// A column with more words is no second status.
        const FEW: usize = 8;
        const HARMLESS: [&str; 9] =
            ["active", "no label", "none", "n/a", "open", "normal", "new", "unknown", "reschedule"];
        // A second status is filled in most rows; a reason for a cancellation is not.
        let asks = column.words.len() <= FEW && column.filled > column.blank;
        self.take_second(column, answers, |word| match visit_status(word) {
            // An online basket that was not finished may be reserved.
            Some(StatusMeaning::Booked) if word == "reserved" && asks => Second::Open,
            Some(StatusMeaning::Booked) => Second::Nothing,
            Some(meaning) => Second::Means(meaning),
            None if word.is_empty() || HARMLESS.contains(&word) || is_no(word) || !asks => Second::Nothing,
            None => Second::Open,
        })
    }

    /// Takes the words of a column beside the status: as answered, or as `read` says.
    fn take_second(&mut self, column: &Column, answers: &Answers, read: impl Fn(&str) -> Second) -> Vec<OpenQuestion> {
        let mut questions = Vec::new();
        let mut found: BTreeMap<StatusMeaning, Vec<String>> = BTreeMap::new();
        for (word, (written, count)) in &column.words {
            // The same word may mean something else in the status column.
            let key = format!("status in {}:{word}", fold(&column.name));
            let said = match answers.get(&key) {
                None => read(word),
                Some(answer) => StatusMeaning::KEYS
                    .iter()
                    .find(|(known, _)| known == answer)
                    .map_or(Second::Nothing, |(_, meaning)| Second::Means(*meaning)),
            };
            match said {
                Second::Means(meaning) => found.entry(meaning).or_default().push(written.clone()),
                Second::Nothing => {}
                Second::Open => questions.push(ask_beside(column, key, (word, written, *count))),
            }
        }
        self.elsewhere.extend(found.into_iter().map(|(meaning, words)| (meaning, column.name.clone(), words)));
        questions
    }

    /// Takes the separate columns for confirmed, cancelled and no-show.
    fn take_flags(&mut self, profile: &Profile, feed: &Feed, roles: &Roles, answers: &Answers) -> Vec<OpenQuestion> {
        let mut questions = Vec::new();
        let used: Vec<String> = feed
            .columns
            .sources
            .values()
            .flat_map(ColumnSource::columns)
            .chain(feed.status.elsewhere.iter().map(|(column, ..)| column.as_str()))
            .map(fold)
            .collect();
        let free = |at: &usize| profile.columns.get(*at).filter(|column| !used.contains(&fold(&column.name)));
        for column in roles.confirmation.iter().filter_map(free) {
            questions.extend(self.take_confirmation(column, answers));
        }
        for column in roles.beside.iter().filter_map(free) {
            questions.extend(self.take_beside(column, answers));
        }
        // "ACTIVE_IND" is no for what was deleted.
        for column in roles.active.iter().filter_map(free) {
            let words = column.words.iter().filter(|(word, _)| !word.is_empty() && is_no(word));
            let words: Vec<String> = words.map(|(_, (written, _))| written.clone()).collect();
            if !words.is_empty() {
                self.elsewhere.push((StatusMeaning::Cancelled, column.name.clone(), words));
            }
        }
        let sets = [
            (StatusMeaning::Confirmed, &roles.confirmation),
            (StatusMeaning::Cancelled, &roles.cancelled),
            (StatusMeaning::NoShow, &roles.no_show),
            (StatusMeaning::Completed, &roles.arrived),
            (StatusMeaning::Ignored, &roles.blocked),
        ];
        for (meaning, columns) in sets {
            for column in columns.iter().filter_map(free) {
                let is_open = |word: &str| meaning == StatusMeaning::Confirmed && is_code(column, word);
                let says_so = |word: &str| {
                    !is_open(word) && (is_yes(word) || word == "t" || common_status(word) == Some(meaning))
                };
                let words: Vec<String> = column
                    .words
                    .iter()
                    .filter(|(word, _)| says_so(word))
                    .map(|(_, (written, _))| written.clone())
                    .collect();
                // Yes, a date or a reason: any text in such a column means that it was.
                let filled = matches!(meaning, StatusMeaning::Cancelled | StatusMeaning::NoShow)
                    && (column.many_words || column.words.keys().any(|word| !is_no(word)));
                let no: u64 = column.words.iter().filter(|(word, _)| is_no(word)).map(|(_, (_, count))| count).sum();
                let flagged = (column.filled + column.blank).saturating_sub(no.max(column.blank));
                // Most of a schedule is neither cancelled nor over: the column may say something else.
                let drops = meaning != StatusMeaning::Confirmed && (filled || !words.is_empty());
                if drops && flagged * 2 > profile.rows && profile.rows > 4 {
                    match answers.get(&format!("flag:{}", fold(&column.name))).map(String::as_str) {
                        Some("yes") => {}
                        Some(_) => continue,
                        None => {
                            questions.push(ask_flag(column, meaning, flagged));
                            continue;
                        }
                    }
                }
                match (filled, words.is_empty()) {
                    (true, _) => self.elsewhere.push((meaning, column.name.clone(), vec!["*".to_owned()])),
                    (false, false) => self.elsewhere.push((meaning, column.name.clone(), words)),
                    (false, true) => {}
                }
            }
        }
        questions
    }
}

/// Whether a file was made from a calendar.
fn is_calendar(profile: &Profile) -> bool {
    const NAMES: [&str; 7] = ["all day event", "all day", "allday", "organizer", "transparency", "icaluid", "ical uid"];
    profile.columns.iter().any(|column| NAMES.contains(&fold(&column.name).as_str()))
}

/// The status that a word in a column beside the status usually means. "Completed" may be said of a form or a reply.
fn visit_status(word: &str) -> Option<StatusMeaning> {
    const EITHER: [&str; 5] = ["done", "complete", "completed", "finished", "seen"];
    common_status(word).filter(|_| !EITHER.contains(&word))
}

fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a column has codes other than 0 and 1, which mean what only the office knows.
fn has_codes(column: &Column) -> bool {
    column.words.keys().any(|word| is_digits(word) && word != "0" && word != "1")
}

/// Whether a word is one of several codes in a column where 1 is not just yes.
fn is_code(column: &Column, word: &str) -> bool {
    is_digits(word) && has_codes(column) && column.words.contains_key("1")
}

/// What yes, no and blank mean in a confirmation column.
fn confirmed(column: &Column, word: &str) -> Option<StatusMeaning> {
    match () {
        () if has_codes(column) && !word.is_empty() => None,
        () if is_yes(word) || word == "t" => Some(StatusMeaning::Confirmed),
        () if is_no(word) => Some(StatusMeaning::Booked),
        () => None,
    }
}

fn ask_flag(column: &Column, meaning: StatusMeaning, count: u64) -> OpenQuestion {
    let what = match meaning {
        StatusMeaning::NoShow => "missed",
        StatusMeaning::Completed => "over",
        StatusMeaning::Ignored => "blocked time",
        _ => "cancelled",
    };
    let sample = column.samples.first().map(|sample| format!(", such as \"{sample}\"")).unwrap_or_default();
    OpenQuestion {
        key: format!("flag:{}", fold(&column.name)),
        text: format!("\"{}\" is filled in {}{sample}; are these appointments {what}?", column.name, rows(count)),
        choices: vec![("yes".to_owned(), format!("yes, they are {what}")), ("no".to_owned(), "no".to_owned())],
    }
}

/// `1 row`, `29 rows`.
pub(super) fn rows(count: u64) -> String {
    counted(count, "row", "rows")
}

/// Asks what a word in a column beside the status means.
fn ask_beside(column: &Column, key: String, (word, written, count): (&str, &str, u64)) -> OpenQuestion {
    let text = format!("{} \"{written}\" ({}): what does it mean?", column.name, rows(count));
    let mut question = OpenQuestion { key, text, ..ask_status(word, written, count, Rows::default()) };
    question.choices.insert(0, ("nothing".to_owned(), "nothing about the visit itself".to_owned()));
    question
}

/// What a meaning says, for a choice.
fn said(meaning: StatusMeaning) -> &'static str {
    match meaning {
        StatusMeaning::Booked => "on the schedule",
        StatusMeaning::Confirmed => "the patient will come",
        StatusMeaning::Completed => "the visit has taken place",
        StatusMeaning::NoShow => "the patient did not come",
        StatusMeaning::Cancelled => "called off, or moved to another row",
        StatusMeaning::Ignored => "not an appointment, or not booked yet: a note, a request, blocked time",
    }
}

fn ask_status(word: &str, written: &str, count: u64, found: Rows) -> OpenQuestion {
    let after = found.after;
    // "Show" of a visit that is still to come.
    let usual = common_status(word).filter(|_| after > 0 && !word.is_empty());
    let text = match usual {
        Some(_) => {
            let rows = rows(count);
            format!("status \"{written}\" ({rows}, {after} after today): what does it mean for a visit to come?")
        }
        // What the row is shows what its blank status means.
        None if word.is_empty() && found.all > 0 => {
            let rows = rows(found.all);
            format!("status \"\" ({rows}, the first in line {}): what does a blank status mean?", found.first)
        }
        None => format!("status \"{written}\" ({}): what does it mean?", rows(count)),
    };
    OpenQuestion {
        key: format!("status:{word}"),
        text,
        choices: StatusMeaning::KEYS
            .iter()
            .map(|(key, meaning)| ((*key).to_owned(), said(*meaning).to_owned()))
            .collect(),
    }
}

/// The language words of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LanguageList {
    /// Words that the office explained, by language tag.
    pub(super) answered: BTreeMap<String, Vec<String>>,
    pub(super) unknown: Vec<Counted>,
}

impl LanguageList {
    pub(super) fn take(&mut self, profile: &Profile, feed: &Feed, answers: &Answers) -> Vec<OpenQuestion> {
        let mut questions = Vec::new();
        let Some(column) = column_of(profile, feed, Field::Language) else { return questions };
        for (word, (written, count)) in &column.words {
            if feed.language.contains_key(word) || language_words::read(written) != LanguageWord::Unknown {
                continue;
            }
            match answers.get(&format!("language:{word}")) {
                Some(tag) => self.answered.entry(tag.clone()).or_default().push(written.clone()),
                None => {
                    self.unknown.push((written.clone(), *count));
                    questions.push(OpenQuestion {
                        key: format!("language:{word}"),
                        text: format!("language \"{written}\" ({}): which language is it?", rows(*count)),
                        choices: [
                            ("en", "English"),
                            ("es", "Spanish"),
                            ("fr", "French"),
                            ("und", "another one, or it does not say"),
                        ]
                        .iter()
                        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                        .collect(),
                    });
                }
            }
        }
        questions
    }
}
