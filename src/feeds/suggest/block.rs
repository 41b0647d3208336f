//! Writes the `[[feed]]` block, with the evidence for each line in a comment.

use std::fmt::Write;

use super::draft::{Draft, IdChoice, Setting};
use super::profile::{Column, Profile};
use super::roles::{AFTER_DASH, BEFORE_DASH, Source};
use super::toml_text::quoted;
use super::word_lists::{Counted, rows};
use crate::config::feeds::{Field, StatusMeaning};

/// The column at which comments start.
const COMMENT_AT: usize = 44;

impl Draft {
    /// The block. Without `open`, it omits what is still undecided, so that the rest can be tried.
    pub(super) fn block(&self, profile: &Profile, open: bool) -> String {
        let mut text = String::new();
        let mut line = |left: String, comment: &str| push_line(&mut text, &left, comment);
        line("[[feed]]".to_owned(), "");
        line(
            format!("name = {}", quoted(&self.name)),
            "stored with each appointment; choose it before the first import",
        );
        line("kind = \"file\"".to_owned(), "");
        if let Some(preset) = &self.preset {
            line(format!("preset = {}", quoted(preset.name)), &preset.system());
        }
        line(format!("# files = \"{}*.csv\"", self.name), "which files in the drop folder belong to this feed");
        if profile.dialect.header_line == 0 {
            line("header = 0".to_owned(), "no line names the columns: they are called \"column 1\", \"column 2\", ...");
            line(
                format!("width = {}", profile.dialect.width),
                "the number of columns: a file with more or fewer is refused",
            );
        }
        if let Some(column) = self.roles.zone.and_then(|at| profile.columns.get(at)) {
            line(format!("timezone = {{ column = {} }}", quoted(&column.name)), "");
        }
        if let Some(column) = &self.fill {
            line(format!("fill = [{}]", quoted(column)), "a blank cell repeats the one above it");
        }
        for (key, setting) in [
            ("names", &self.names),
            ("dates", &self.dates),
            ("years", &self.years),
            ("times", &self.times),
            ("offsets", &self.offsets),
        ] {
            push_setting(&mut line, key, setting, open);
        }
        if !self.location.answered.is_empty() {
            let pairs: Vec<String> =
                self.location.answered.iter().map(|(word, id)| format!("{} = {}", quoted(word), quoted(id))).collect();
            line(format!("location = {{ {} }}", pairs.join(", ")), "theirs = ours");
        }
        for (word, count) in self.location.unknown.iter().filter(|_| open) {
            line(
                format!("# location {} ({}): which?", quoted(word), rows(*count)),
                "add location = { \"theirs\" = \"ours\" }",
            );
        }
        let derived = self.id == IdChoice::Derived && !self.asks("id", open);
        match (derived, self.preset.is_some()) {
            (true, _) => {
                line(
                    "missing = \"cancel\"".to_owned(),
                    "without ids, a moved appointment looks like one removed and one added:",
                );
                line("#".to_owned(), "an upcoming appointment missing from the file counts as cancelled,");
                line("#".to_owned(), "so each file must be the complete list for its dates");
            }
            (false, true) => {}
            (false, false) if self.keeps_what_is_gone() => {
                line(
                    "missing = \"keep\"".to_owned(),
                    "no column shows cancellations: write \"cancel\" if each file is the complete list for its dates;",
                );
                line("#".to_owned(), "with \"keep\", the patients of cancelled appointments are texted");
            }
            (false, false) => {
                line(
                    "missing = \"keep\"".to_owned(),
                    "use \"cancel\" only if each file is the complete list for its dates;",
                );
                line("#".to_owned(), "a list of appointments to confirm leaves out the confirmed ones");
            }
        }
        if self.preset.is_none() {
            line(String::new(), "");
            line("[feed.columns]".to_owned(), "ours = theirs");
            self.columns(profile, &mut line, open);
        }
        self.status(&mut line, open);
        self.consent(&mut line, open);
        self.language(&mut line, open);
        text
    }

    /// Whether nothing in the file shows that an appointment was cancelled, and the block keeps those that are gone.
    pub(super) fn keeps_what_is_gone(&self) -> bool {
        let shown = self.source(Field::Status).is_some() || !self.status.elsewhere.is_empty();
        let open = self.asks("status", true) || self.asks("id", true);
        self.preset.is_none() && self.id != IdChoice::Derived && !shown && !open
    }

    /// Whether the column of a key is still undecided.
    fn asks(&self, key: &str, open: bool) -> bool {
        let part = |asked: &str| key == "name" && asked == "name:part";
        open && self.questions.iter().any(|q| q.key == format!("column:{key}") || part(&q.key))
    }

    fn columns(&self, profile: &Profile, line: &mut impl FnMut(String, &str), open: bool) {
        let name = |at: &usize| quoted(profile.columns.get(*at).map_or("", |column| column.name.as_str()));
        match self.id {
            // Written below.
            IdChoice::Derived if self.asks("id", open) => {}
            IdChoice::Candidate(at) => {
                if let Some(at) = self.roles.ids.get(at) {
                    line(format!("id = {}", name(at)), "different in every row");
                }
            }
            IdChoice::Derived => line(
                "id = \"derived\"".to_owned(),
                match self.roles.sources.contains_key(&Field::PatientId) {
                    true => "no column holds appointment numbers; account and patient numbers do not count",
                    false => "no column holds appointment numbers",
                },
            ),
            IdChoice::Preset => {}
        }
        let asks = |key: &str| self.asks(key, open);
        let in_capitals = |source: &Source| match source {
            Source::Column(at) => profile.columns.get(*at).is_some_and(Column::has_last_names_in_capitals),
            _ => false,
        };
        for (key, field) in Field::KEYS {
            let Some(source) = self.source(field) else {
                if asks(key) {
                    line(format!("{key} = \"?\""), "still undecided: name the column");
                }
                continue;
            };
            if field == Field::Name && asks(key) {
                line(format!("{key} = \"?\""), "still undecided: which part of the cell is the name");
                continue;
            }
            let list = |columns: &[usize]| columns.iter().map(name).collect::<Vec<_>>().join(", ");
            let value = match source {
                Source::Column(at) if field == Field::StartsAt && asks("time") => format!("[{}, \"?\"]", name(at)),
                Source::Column(at) => name(at),
                Source::Joined(columns) => format!("[{}]", list(columns)),
                Source::FirstOf(columns) => format!("{{ first_of = [{}] }}", list(columns)),
                Source::InText(at) => format!("{{ from = {} }}", name(at)),
                Source::BeforeDash(at) => format!("{{ from = {}, pattern = {} }}", name(at), quoted(BEFORE_DASH)),
                Source::AfterDash(at) => format!("{{ from = {}, pattern = {} }}", name(at), quoted(AFTER_DASH)),
                Source::Marks(at) => format!("{{ marks = {}, each = 5 }}", name(at)),
            };
            let comment = match field {
                Field::Name if in_capitals(source) => "the words in capitals are the last names",
                Field::Name => "\"Last, First\" or \"First Last\"",
                Field::Phone => "the number that is texted",
                Field::PatientId => "may be shared by a family; never used as the appointment id",
                Field::TypeId => "name these types in [appointment_types]",
                Field::Minutes if matches!(source, Source::Marks(_)) => "each mark is 5 minutes",
                _ => "",
            };
            line(format!("{key} = {value}"), comment);
        }
        let shown = self.source(Field::Status).is_some() || !self.status.elsewhere.is_empty();
        if !shown && !self.keeps_what_is_gone() {
            line("#".to_owned(), "no column shows cancellations: a cancelled appointment is simply missing");
        }
        for remark in self.roles.remarks.iter().chain(self.hints.iter().filter(|_| open)) {
            line("#".to_owned(), remark);
        }
    }

    fn status(&self, line: &mut impl FnMut(String, &str), open: bool) {
        let words = if self.status.by_preset { &self.status.beyond_preset } else { &self.status.known };
        let own = |meaning: &StatusMeaning| words.get(meaning).map(Vec::as_slice).unwrap_or_default();
        let beside: Vec<StatusMeaning> = self.status.elsewhere.iter().map(|(meaning, ..)| *meaning).collect();
        let listed = !beside.is_empty() || (!self.status.by_preset && !self.status.known.is_empty());
        if !listed && self.status.unknown.is_empty() && self.status.beyond_preset.is_empty() {
            return;
        }
        line(String::new(), "");
        line(
            "[feed.status]".to_owned(),
            if self.status.by_preset {
                "words in addition to the preset's"
            } else {
                "their words; case and spaces do not matter"
            },
        );
        for (key, meaning) in StatusMeaning::KEYS {
            let mut entries: Vec<String> = own(&meaning).iter().map(|(word, _)| quoted(word)).collect();
            for (_, column, words) in self.status.elsewhere.iter().filter(|(m, ..)| *m == meaning) {
                let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
                entries.push(format!("{{ column = {}, words = [{}] }}", quoted(column), words.join(", ")));
            }
            if entries.is_empty() {
                continue;
            }
            let all: u64 = own(&meaning).iter().map(|(_, count)| count).sum();
            let counted = if all > 0 { rows(all) } else { String::new() };
            let comment = match (&self.status.blank, meaning) {
                (Some(why), StatusMeaning::Booked) => why.clone(),
                _ if beside.contains(&meaning) && entries.iter().any(|entry| entry.contains("\"*\"")) => {
                    "\"*\": any text other than no".to_owned()
                }
                _ => counted,
            };
            line(format!("{key} = [{}]", entries.join(", ")), &comment);
        }
        if open {
            for (word, count) in &self.status.unknown {
                line(
                    format!("# status {} ({}): booked, cancelled, ...?", quoted(word), rows(*count)),
                    "add it to one of the lists; until then, its rows are left out",
                );
            }
        }
    }

    fn consent(&self, line: &mut impl FnMut(String, &str), open: bool) {
        let lists = [("yes", &self.consent.yes), ("no", &self.consent.no), ("unknown", &self.consent.unknown)];
        if lists.iter().all(|(_, words)| words.is_empty()) && self.consent.open.is_empty() {
            return;
        }
        line(String::new(), "");
        line("[feed.consent]".to_owned(), "a word that is not in any list counts as no");
        for (key, words) in lists.into_iter().filter(|(_, words)| !words.is_empty()) {
            let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
            line(format!("{key} = [{}]", words.join(", ")), "");
        }
        open_words(line, "consent", "yes, no or unknown?", &self.consent.open, open);
    }

    fn language(&self, line: &mut impl FnMut(String, &str), open: bool) {
        if self.language.answered.is_empty() && self.language.unknown.is_empty() {
            return;
        }
        line(String::new(), "");
        line("[feed.language]".to_owned(), "in addition to the usual words and codes, which are built in");
        for (tag, words) in &self.language.answered {
            let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
            line(format!("{tag} = [{}]", words.join(", ")), "");
        }
        open_words(line, "language", "en, es, fr, ...?", &self.language.unknown, open);
    }
}

fn open_words(line: &mut impl FnMut(String, &str), what: &str, guess: &str, words: &[Counted], open: bool) {
    for (word, count) in words.iter().filter(|_| open) {
        line(format!("# {what} {} ({}): {guess}", quoted(word), rows(*count)), "add it to one of the lists");
    }
}

fn push_setting(line: &mut impl FnMut(String, &str), key: &str, setting: &Setting, open: bool) {
    if let Some(value) = setting.value.as_ref().filter(|value| open || *value != "?") {
        // The evidence starts with the value, which the block already shows.
        let why =
            setting.why.strip_prefix(value.as_str()).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&setting.why);
        line(format!("{key} = {}", quoted(value)), why);
    }
}

fn push_line(text: &mut String, left: &str, comment: &str) {
    // Comments contain text from the file too, which must not break the line.
    let comment = crate::domain::ids::one_line(comment);
    let _ = match (left, comment.as_str()) {
        (left, "") => writeln!(text, "{left}"),
        ("#", comment) => writeln!(text, "{:COMMENT_AT$}# {comment}", ""),
        (left, comment) if left.starts_with('#') => writeln!(text, "{left:COMMENT_AT$}  {comment}"),
        (left, comment) if left.chars().count() > COMMENT_AT => writeln!(text, "{left}  # {comment}"),
        (left, comment) => writeln!(text, "{left:COMMENT_AT$}# {comment}"),
    };
}
