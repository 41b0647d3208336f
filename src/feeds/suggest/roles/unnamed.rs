//! Decides what the columns are in a file that does not name them: by their cells; the office says the rest.

use super::{Finder, Roles, Source};
use crate::config::feeds::Field;
use crate::feeds::suggest::profile::Column;

/// A column with more words than this is no list of statuses, locations or choices.
const MOST_WORDS: usize = 15;
/// A column with more words than this is no choice that a patient made.
const MOST_CHOICES: usize = 7;

impl Finder<'_> {
    /// The roles of columns that have only numbers for names.
    pub(super) fn unnamed(mut self) -> Roles {
        self.unnamed_start();
        self.unnamed_phone();
        self.unnamed_names();
        self.unnamed_id();
        self.unnamed_words();
        self.roles
    }

    /// The columns that pass a test and are not used yet.
    fn free(&self, test: impl Fn(&Column) -> bool) -> Vec<usize> {
        self.columns.iter().filter(|c| !self.is_used(c.at) && test(c.column)).map(|c| c.at).collect()
    }

    /// Takes the chosen column or the only candidate; asks if there are several.
    fn take(&mut self, field: Field, candidates: &[usize]) {
        match (self.chosen.get(&field), candidates) {
            (Some(at), _) => self.put(field, Some(Source::Column(*at))),
            (None, [one]) => self.put(field, Some(Source::Column(*one))),
            (None, []) => {}
            (None, several) => {
                self.roles.several.insert(field, several.to_vec());
            }
        }
    }

    /// Takes the chosen column; asks if there are any candidates.
    fn ask(&mut self, field: Field, candidates: Vec<usize>) {
        match self.chosen.get(&field) {
            Some(at) => self.put(field, Some(Source::Column(*at))),
            None if candidates.is_empty() => {}
            None => {
                self.roles.several.insert(field, candidates);
            }
        }
    }

    /// Only the cells show what a date is, so if there are several, the office says which is the visit's.
    fn unnamed_start(&mut self) {
        let mut dated = self.free(|c| c.is_dated());
        // Those to come are offered first.
        dated.sort_by_key(|at| self.profile.columns.get(*at).is_none_or(Column::is_mostly_over));
        let date = match (self.chosen.get(&Field::StartsAt), dated.as_slice()) {
            (Some(at), _) => *at,
            (None, [one]) => *one,
            (None, []) => return,
            (None, _) => {
                self.roles.several.insert(Field::StartsAt, dated);
                return;
            }
        };
        if self.profile.columns.get(date).is_some_and(Column::has_times) {
            return self.put(Field::StartsAt, Some(Source::Column(date)));
        }
        // `1001` may be a time, or the number of a chart; `9:41 AM` may be when it was booked.
        let times = self.free(|c| c.is_times());
        let is_plain = |at: &usize| self.profile.columns.get(*at).is_some_and(|c| c.digits < c.filled);
        match (self.chosen_time, times.as_slice()) {
            (Some(time), _) if time != date => self.put_start(date, vec![time]),
            (_, [one]) if is_plain(one) => self.put_start(date, vec![*one]),
            _ => {
                self.put(Field::StartsAt, Some(Source::Column(date)));
                self.roles.open_time = Some(times);
            }
        }
    }

    /// A number may be anybody's: it is always asked for.
    fn unnamed_phone(&mut self) {
        if self.chosen_phone_inside() {
            return;
        }
        let phones = self.free(|c| (c.phones > 0 || c.may_be_phones()) && !c.is_dated() && !c.is_text());
        match phones.is_empty() && !self.chosen.contains_key(&Field::Phone) {
            true => self.phone_inside(),
            false => self.ask(Field::Phone, phones),
        }
    }

    fn unnamed_names(&mut self) {
        let chosen = |field| self.chosen.get(&field).copied().map(Source::Column);
        let (whole, first, last) = (chosen(Field::Name), chosen(Field::FirstName), chosen(Field::LastName));
        if whole.is_some() {
            return self.put(Field::Name, whole);
        }
        if first.is_some() || last.is_some() {
            self.put(Field::FirstName, first);
            return self.put(Field::LastName, last);
        }
        let names = self.free(|c| {
            c.is_text()
                && c.emails * 2 < c.filled
                && !c.is_status_words()
                && !c.is_times()
                && (c.varies() || c.words.len() > 2)
        });
        self.ask(Field::Name, names);
    }

    /// Numbers that differ in every row may be those of appointments or of patients: only the office knows.
    fn unnamed_id(&mut self) {
        let mut asked: Vec<usize> = self.roles.several.values().flatten().copied().collect();
        // The only column that may be the time of day.
        asked.extend(self.roles.open_time.iter().filter(|times| times.len() == 1).flatten());
        let ids = self.free(|c| {
            let words = u64::try_from(c.words.len()).unwrap_or(u64::MAX);
            let differ = c.many_words || words >= c.filled;
            let other = c.is_dated() || c.is_phones() || c.emails > 0 || c.is_text();
            c.filled > 0 && c.blank == 0 && differ && !other && (!c.is_times() || c.digits == c.filled)
        });
        let ids: Vec<usize> = ids.into_iter().filter(|at| !asked.contains(at)).collect();
        match self.chosen.get(&Field::Id) {
            Some(_) => {}
            None if ids.is_empty() => {}
            None => {
                self.roles.several.insert(Field::Id, ids);
            }
        }
    }

    /// Columns with few words: any of them may say that a visit is cancelled, or that a patient wants no texts.
    fn unnamed_words(&mut self) {
        let rows = self.profile.rows;
        let few = move |c: &Column| {
            let words = u64::try_from(c.words.len()).unwrap_or(u64::MAX);
            let list = words <= 2 || words * 2 <= rows;
            !c.many_words && list && c.words.len() <= MOST_WORDS && c.filled > 0 && !c.is_dated() && !c.is_times()
        };
        let languages = self.free(|c| few(c) && c.languages == c.filled && !c.is_flag());
        self.take(Field::Language, &languages);
        // "E" and "S" may be languages, or anything else.
        let letters =
            |word: &String| matches!(word.as_str(), "" | "e" | "s" | "f" | "en" | "es" | "fr" | "eng" | "spa");
        let letters = self.free(|c| few(c) && c.words.len() > 1 && c.words.keys().all(letters));
        if languages.is_empty() {
            self.ask(Field::Language, letters);
        }
        let mut status = self.free(|c| few(c) && c.phones == 0);
        status.sort_by_key(|at| {
            self.profile.columns.get(*at).is_none_or(|c| !c.is_status_words() && !c.says_called_off())
        });
        self.ask(Field::Status, status);
        if self.chosen.contains_key(&Field::Consent) {
            self.roles.consent_open = true;
        }
        // "IN" and "OUT" may be the office's words for yes and no, and a lone "DNT" a refusal.
        self.ask(Field::Consent, self.free(|c| few(c) && c.words.len() <= MOST_CHOICES));
        self.ask(Field::Location, self.free(|c| few(c) && c.words.len() > 1 && c.phones == 0 && !c.is_flag()));
    }
}
