//! Finds the status column and the other optional columns.

use super::{Finder, Named, Source};
use crate::config::feeds::{Field, may_mean_the_opposite};
use crate::feeds::suggest::words::{Word, split};

/// A column with more words than this is no choice that a patient made.
const MOST_CHOICES: usize = 7;
/// In the headers of flags: the appointment was moved or is off, or its patient has died.
const OFF: [&str; 10] =
    ["resched", "rescheduled", "expired", "deceased", "dead", "died", "moved", "void", "voided", "reagendada"];
/// In the headers of flags: the patient came.
const CAME: [&str; 9] =
    ["arrived", "kept", "attended", "completed", "seen", "showed", "checkedin", "checkedout", "present"];
/// In the headers of flags: the row is no appointment.
const BLOCKED: [&str; 4] = ["break", "block", "blocked", "blockout"];
/// Words for a text as a way to reach a patient.
const BY_TEXT: [&str; 4] = ["text", "sms", "text message", "txt"];

/// What else can be cancelled: "insurance cancelled" says nothing about the visit.
const COVER: [&str; 7] = ["insurance", "ins", "policy", "coverage", "card", "license", "membership"];
/// What else can expire, be completed or blocked: "forms completed", "block SMS".
const ERRANDS: [&str; 18] = [
    "survey",
    "form",
    "forms",
    "paperwork",
    "intake",
    "history",
    "consent",
    "referral",
    "authorization",
    "auth",
    "lab",
    "labs",
    "deposit",
    "payment",
    "sms",
    "text",
    "texts",
    "email",
];

/// Whether a header says that an event of a calendar takes the whole day.
fn names_all_day(header: &str) -> bool {
    split(header).concat().contains("allday")
}

/// Whether a header has one of these words.
fn has_one_of(header: &str, words: &[&str]) -> bool {
    split(header).iter().any(|word| words.contains(&word.as_str()))
}

/// Whether a header names what patients answered: "Attendance", "Reminder Reply". What else may be confirmed, such as an
/// interpreter, says nothing about the patient.
fn says_who_comes(header: &str) -> bool {
    ["attend", "reply", "replied", "respon", "rsvp", "answer"].iter().any(|word| header.to_lowercase().contains(word))
}

impl Finder<'_> {
    pub(super) fn status(&mut self) {
        let used: Vec<usize> = self.columns.iter().map(|c| c.at).filter(|at| self.is_used(*at)).collect();
        let few = |c: &Named<'_>| !used.contains(&c.at) && !c.column.many_words && c.column.filled > 0;
        // These may have a status too, but not that of the appointment.
        const NOT: [Word; 14] = [
            Word::Other,
            Word::Contact,
            Word::Patient,
            Word::Money,
            Word::Account,
            Word::Language,
            Word::Kind,
            Word::Made,
            Word::Email,
            Word::Phone,
            Word::Text,
            Word::Location,
            Word::Provider,
            Word::Past,
        ];
        let best = self.best(Field::Status, |c| {
            // "Stato", "Terminstatus": its words are asked about.
            let header = c.column.name.to_lowercase();
            let foreign = header.contains("stat") && !header.contains("state") && c.words.iter().all(Option::is_none);
            // "state" with codes or statuses, not with the two letters of an address.
            let coded = c.column.digits == c.column.filled || c.column.is_status_words();
            let state = has_one_of(&c.column.name, &["state"]) && coded && !c.any(&NOT) && !c.has(Word::Address);
            let named = (c.has(Word::Status) && !c.any(&NOT)) || foreign || state;
            match () {
                () if !few(c) => 0,
                () if named && c.has(Word::Appointment) => 8,
                () if named && !c.has(Word::Confirmation) => 6 + u32::from(c.column.is_status_words()),
                () if c.column.is_status_words()
                    && !c.any(&[Word::Cancelled, Word::NoShow])
                    && !c.has(Word::Confirmation) =>
                {
                    4
                }
                () if c.column.is_status_words() && !c.any(&[Word::Cancelled, Word::NoShow]) => 3,
                () if named => 2,
                () => 0,
            }
        });
        self.put(Field::Status, best.map(Source::Column));
        for c in self.columns.iter().filter(|c| few(c) || c.any(&[Word::Cancelled, Word::NoShow])) {
            if Some(c.at) == best || c.column.filled == 0 || used.contains(&c.at) || c.any(&[Word::Id, Word::Reference])
            {
                continue;
            }
            let says = |words: &[&str]| has_one_of(&c.column.name, words);
            let active = says(&["active", "isactive"]);
            let of_cover = says(&COVER);
            let negated = says(&["not", "un", "no"]) || c.has(Word::Money) || of_cover || says(&ERRANDS);
            let flag = |words: &[&str]| c.column.is_flag() && !negated && says(words);
            let all_day = c.column.is_flag() && names_all_day(&c.column.name);
            match () {
                () if active && c.column.is_choice() => self.roles.active.push(c.at),
                () if (c.has(Word::Cancelled) && !of_cover) || flag(&OFF) => self.roles.cancelled.push(c.at),
                () if c.has(Word::NoShow) => self.roles.no_show.push(c.at),
                () if c.has(Word::Confirmation) => self.roles.confirmation.push(c.at),
                () if flag(&CAME) => self.roles.arrived.push(c.at),
                () if flag(&BLOCKED) || all_day => self.roles.blocked.push(c.at),
                // Any other column that shows some appointments as cancelled.
                () if !c.any(&[Word::Past, Word::Note]) && c.column.says_called_off() => self.roles.beside.push(c.at),
                () if says_who_comes(&c.column.name) && !c.any(&NOT) && c.column.says_confirmed() => {
                    self.roles.confirmation.push(c.at);
                }
                () => {}
            }
        }
        // "Here?" with "X" and "NS": in a file that shows no status elsewhere, an unknown column of a few words may have it.
        let none = best.is_none()
            && !self.roles.several.contains_key(&Field::Status)
            && !self.chosen.contains_key(&Field::Status);
        let shown = [
            &self.roles.cancelled,
            &self.roles.no_show,
            &self.roles.confirmation,
            &self.roles.beside,
            &self.roles.active,
        ];
        if none && shown.iter().all(|columns| columns.is_empty()) {
            let unknown = |c: &&Named<'_>| {
                few(c)
                    && c.words.iter().all(Option::is_none)
                    && c.column.blank > 0
                    && (2..=15).contains(&c.column.words.len())
                    && c.column.letters * 2 > c.column.filled
                    && !c.column.is_flag()
                    && !c.column.refuses_texts()
            };
            let unknown: Vec<usize> = self.columns.iter().filter(unknown).map(|c| c.at).collect();
            if !unknown.is_empty() {
                self.roles.several.insert(Field::Status, unknown);
            }
        }
        let flags = !self.roles.cancelled.is_empty() || !self.roles.no_show.is_empty();
        // A confirmation column that is the only one about the status: its other words are asked about.
        let open = best.is_none() && !flags && !self.roles.several.contains_key(&Field::Status);
        if let ([one], [], true) = (self.roles.confirmation.as_slice(), self.roles.beside.as_slice(), open) {
            let one = *one;
            if self.columns.iter().any(|c| c.at == one && c.column.is_confirmation()) {
                return self.put(Field::Status, Some(Source::Column(one)));
            }
        }
        // If only one column shows cancellations, it is the status column, whatever its header; its other words are asked about.
        let alone = match self.roles.beside.as_slice() {
            [one] if best.is_none() && !self.roles.several.contains_key(&Field::Status) => Some(*one),
            _ => None,
        };
        let kind = |c: &&Named<'_>| c.any(&[Word::Kind, Word::Provider, Word::Location]);
        if let Some(at) = alone.filter(|at| !self.columns.iter().filter(kind).any(|c| c.at == *at)) {
            self.put(Field::Status, Some(Source::Column(at)));
        }
    }

    /// Whether the headers of these columns are the same but for a number.
    fn differ_by_number(&self, columns: &[usize]) -> bool {
        let stem = |at: &usize| {
            let header = self.profile.columns.get(*at).map_or("", |column| column.name.as_str());
            header.to_lowercase().replace(|c: char| c.is_ascii_digit(), "#")
        };
        let stems: Vec<String> = columns.iter().map(stem).collect();
        stems.iter().all(|one| *one == stems[0] && one.contains('#'))
    }

    /// The column that says who may be texted. A column that may say so is never ignored silently; the office is asked.
    fn consent(&mut self) {
        let chosen = self.chosen.get(&Field::Consent).copied();
        // "Reminder Type" with a word such as "SMS": a way to reach the patient, whatever its other words are.
        let way = |c: &Named<'_>| {
            let header = c.column.name.to_lowercase();
            let ways = ["contact", "remind", "communicat", "notif"].iter().any(|way| header.contains(way));
            (ways || c.has(Word::Preferred)) && BY_TEXT.iter().any(|word| c.column.words.contains_key(*word))
        };
        let text = |c: &Named<'_>| {
            let header = c.column.name.to_lowercase();
            c.any(&[Word::Text, Word::Cell]) || header.contains("sms") || header.contains("txt")
        };
        // The import reads notes by itself.
        let refuses = |c: &Named<'_>| c.column.is_about_refusals() && !c.has(Word::Note);
        // "Mobile Consent Date": when the patient agreed.
        let dated = |c: &Named<'_>| {
            let of_texts = text(c) || c.any(&[Word::Phone, Word::Contact]);
            c.column.has_dates() && ((c.has(Word::Ok) && of_texts) || c.has(Word::OptOut))
        };
        // "I consent to receive text messages ... not a condition of treatment": a form's question has many other words.
        let consents = |c: &Named<'_>| {
            let header = c.column.name.to_lowercase();
            ["consent", "agree", "permission", "authoriz"].iter().any(|word| header.contains(word)) && text(c)
        };
        let free = |c: &&Named<'_>| {
            !self.is_used(c.at)
                && !self.roles.ids.contains(&c.at)
                // "Cancelled by text" is about the visit.
                && !self.roles.cancelled.contains(&c.at)
                && !self.roles.no_show.contains(&c.at)
                && c.column.filled > 0
                && (!c.column.many_words || dated(c))
                && !c.column.is_phones()
                && (dated(c) || c.column.says_no_texts() || refuses(c) || c.column.is_channel() || way(c) || consents(c) || !c.any(&[Word::Email, Word::Note, Word::Status, Word::Kind, Word::Date, Word::Time]))
                // "SMS reminder sent" is no consent.
                && !c.column.name.to_lowercase().replace("consent", "").contains("sent")
        };
        // The vocabulary knows "no" as a number and "stop" as an end.
        let turned = |c: &Named<'_>| c.has(Word::Not) || may_mean_the_opposite(&c.column.name);
        let named = |c: &Named<'_>| {
            let asked = c.has(Word::Ok) && (text(c) || c.any(&[Word::Phone, Word::Contact]));
            let made = c.has(Word::Made) && !c.has(Word::Ok);
            // "No Txt Msg", "Suppress SMS": ask if a word may reverse the meaning.
            let plain = c.is_known() && (c.has(Word::OptOut) || !turned(c));
            plain && !dated(c) && (c.has(Word::OptOut) || (!made && (asked || (text(c) && c.column.is_choice()))))
        };
        let perhaps = |c: &Named<'_>| {
            let words = c.column.words.len();
            let header = c.column.name.to_lowercase();
            let ways = ["contact", "remind", "communicat", "notif"].iter().any(|way| header.contains(way));
            let turned = (turned(c) || c.has(Word::OptOut)) && (ways || text(c)) && words <= MOST_CHOICES;
            turned
                || dated(c)
                || c.column.says_no_texts()
                || refuses(c)
                || c.column.is_channel()
                || consents(c)
                || (text(c) && words <= MOST_CHOICES)
                || (c.has(Word::Ok) && c.column.is_choice())
                || way(c)
        };
        let of = |test: &dyn Fn(&Named<'_>) -> bool| -> Vec<usize> {
            self.columns.iter().filter(free).filter(|c| test(c)).map(|c| c.at).collect()
        };
        let (sure, mut unsure) = (of(&named), of(&|c| !named(c) && perhaps(c)));
        // A header in another language may say it.
        let foreign =
            |c: &Named<'_>| ["sí", "si", "oui", "ja", "sim"].iter().any(|yes| c.column.words.contains_key(*yes));
        if sure.is_empty() && unsure.is_empty() && chosen.is_none() {
            unsure = of(&|c| c.words.iter().all(Option::is_none) && c.column.is_choice() && foreign(c));
        }
        // A column that says who refuses texts counts more than one that says who agreed: which one is read is asked.
        let refusing = of(&|c| unsure.contains(&c.at) && turned(c));
        // "Phone 1 OK to Text", "Phone 2 OK to Text": a no in any of them counts.
        if chosen.is_none() && sure.len() > 1 && refusing.is_empty() && self.differ_by_number(&sure) {
            return self.put(Field::Consent, Some(Source::Joined(sure)));
        }
        let one = match (chosen, sure.as_slice(), unsure.is_empty()) {
            (Some(at), ..) => Some(at),
            (None, [one], _) if refusing.is_empty() => Some(*one),
            (None, [_], _) => {
                self.roles.several.insert(Field::Consent, [sure.as_slice(), &refusing].concat());
                None
            }
            (None, [], true) => None,
            (None, [], false) => {
                self.roles.several.insert(Field::Consent, unsure.clone());
                None
            }
            (None, several, _) => {
                self.roles.several.insert(Field::Consent, several.to_vec());
                None
            }
        };
        // "Cell Carrier" says nothing about texts.
        let speaks = |at: &usize| self.columns.iter().any(|c| c.at == *at && (!c.has(Word::Other) || refuses(c)));
        let others = unsure.iter().filter(|at| one.is_some_and(|one| one != **at) && speaks(at));
        let remarks: Vec<String> = others
            .filter_map(|at| self.profile.columns.get(*at))
            .map(|c| format!("\"{}\" may also say who must not be texted; only one column is read for that", c.name))
            .collect();
        self.roles.remarks.extend(remarks);
        let column = self.columns.iter().find(|c| Some(c.at) == one);
        self.roles.opts_out = column.is_some_and(|c| c.has(Word::OptOut));
        // If a person chose the column, ask what its words mean, unless the header is plain.
        self.roles.consent_open = column.is_some_and(|c| !named(c));
        self.put(Field::Consent, one.map(Source::Column));
    }

    pub(super) fn others(&mut self) {
        let find = |finder: &Finder<'_>, test: &dyn Fn(&Named<'_>) -> bool| {
            finder
                .columns
                .iter()
                .find(|c| !finder.is_used(c.at) && !finder.roles.ids.contains(&c.at) && test(c))
                .map(|c| c.at)
        };
        let few = |c: &Named<'_>| !c.column.many_words && c.column.filled > 0;
        let birth = find(self, &|c| c.has(Word::Birth) && c.column.is_dated() && !c.has(Word::Other));
        self.put(Field::DateOfBirth, birth.map(Source::Column));
        let language = find(self, &|c| c.has(Word::Language) && few(c) && !c.any(&[Word::Provider, Word::Other]));
        self.put(Field::Language, language.map(Source::Column));
        self.consent();
        // The time zone in which a patient viewed the times is not the one in which they are written.
        self.roles.zone = find(self, &|c| c.column.is_zones() && !c.has(Word::Patient));
        let provider = find(self, &|c| {
            c.has(Word::Provider)
                && c.column.filled > 0
                && !c.any(&[Word::Contact, Word::Phone, Word::Email, Word::Id, Word::Note, Word::Status])
        });
        self.put(Field::Provider, provider.map(Source::Column));
        let asked = self.roles.several.get(&Field::Consent).cloned().unwrap_or_default();
        let is_kind = |c: &Named<'_>| {
            c.has(Word::Kind)
                && !asked.contains(&c.at)
                && c.column.letters > 0
                && !c.any(&[
                    Word::Text,
                    Word::Contact,
                    Word::Phone,
                    Word::Cell,
                    Word::Cancelled,
                    Word::Language,
                    Word::Patient,
                    Word::Other,
                    Word::Id,
                    Word::Money,
                    Word::Confirmation,
                ])
        };
        // "Service Location" says where and not what; "Office Visit Type" says what.
        let plain = find(self, &|c| is_kind(c) && !c.any(&[Word::Location, Word::Provider]));
        let kind = plain.or_else(|| find(self, &|c| is_kind(c) && c.words.last() == Some(&Some(Word::Kind))));
        let field = if kind.and_then(|at| self.profile.columns.get(at)).is_some_and(|c| c.many_words) {
            Field::Description
        } else {
            Field::TypeId
        };
        self.put(field, kind.map(Source::Column));
        let booked = find(self, &|c| {
            let name = c.column.name.to_lowercase();
            (name.contains("created") || name.contains("booked")) && c.column.is_dated() && c.column.has_times()
        });
        self.put(Field::BookedAt, booked.map(Source::Column));
        let location = find(self, &|c| {
            c.has(Word::Location) && few(c) && c.only(&[Word::Location, Word::Name, Word::Id, Word::Appointment])
        });
        self.put(Field::Location, location.map(Source::Column));
    }
}
