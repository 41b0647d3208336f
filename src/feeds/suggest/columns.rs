//! Takes over which columns were found, and asks about those that several columns may be or that none seems to be.

use std::collections::BTreeMap;

use super::draft::{Draft, IdChoice, Setting};
use super::profile::{Column, Profile};
use super::questions;
use super::request::Answers;
use super::roles::{self, AFTER_DASH, BEFORE_DASH, Source, TimeNumbers};
use super::toml_text::quoted;
use super::words::{Word, meanings, split};
use crate::config::feeds::Field;
use crate::domain::count::counted;
use crate::domain::fold::fold;
use crate::feeds::mapping::{Context, masked, names_a_phone};

/// Whether a column may be an answer.
type Test = fn(&Column) -> bool;

/// The column that an answer names.
fn answered(profile: &Profile, answers: &Answers, key: &str) -> Option<usize> {
    let name = fold(answers.get(&format!("column:{key}"))?);
    profile.columns.iter().position(|column| fold(&column.name) == name)
}

fn is_none(answers: &Answers, key: &str) -> bool {
    answers.get(&format!("column:{key}")).is_some_and(|answer| answer == "none")
}

/// The order that a header names: "Cognome e Nome", "Name, Vorname", "Pr\u{e9}nom Nom".
fn order_in(header: &str) -> Option<&'static str> {
    let words = split(header);
    // In Portuguese, "nome" alone is the whole name; beside a last name, it is the first one.
    let is_first = |word: &String| word == "nome" || meanings(word) == [Some(Word::First)];
    let first = words.iter().position(is_first)?;
    let last = words.iter().position(|word| meanings(word) == [Some(Word::Last)]);
    // German programs call the last name "Name".
    let german = words.iter().position(|word| word == "name").filter(|_| words[first] == "vorname");
    last.or(german).map(|last| if last < first { "last-first" } else { "first-last" })
}

impl Draft {
    /// Finds the role of each column. Asks if several fit equally well or a required one is missing.
    pub(super) fn take_columns(&mut self, profile: &Profile, answers: &Answers, context: &Context<'_>) {
        let fields = Field::KEYS.into_iter();
        let mut chosen: BTreeMap<Field, usize> =
            fields.filter_map(|(key, field)| Some((field, answered(profile, answers, key)?))).collect();
        // A name column of single words holds last names: the first names are somewhere else.
        let single = |at: &usize| {
            let column = profile.columns.get(*at);
            column.is_some_and(|c| c.filled > 0 && (c.spaced + c.commas) * 2 <= c.filled)
        };
        let lasts = chosen.get(&Field::Name).copied().filter(single);
        if let Some(at) = lasts {
            chosen.remove(&Field::Name);
            chosen.entry(Field::LastName).or_insert(at);
        }
        self.roles = roles::find(profile, &chosen, answered(profile, answers, "time"));
        self.take_first_names(lasts, profile, answers);
        let counted = match self.roles.time_numbers {
            Some(TimeNumbers::Seconds) => Some(("seconds", "30000 is 8:20 AM")),
            Some(TimeNumbers::Minutes) => Some(("minutes", "500 is 8:20 AM")),
            Some(TimeNumbers::MinutesOrClock) | None => None,
        };
        if let Some((unit, example)) = counted.filter(|_| self.times.value.is_none()) {
            let why = format!("the numbers count {unit} since midnight: {example}");
            self.times = Setting { value: Some(unit.to_owned()), why };
        }
        if self.roles.epoch && self.dates.value.is_none() {
            let why = "the numbers count seconds since 1970 in UTC".to_owned();
            self.dates = Setting { value: Some("epoch".to_owned()), why };
        }
        self.id = if self.roles.ids.is_empty() { IdChoice::Derived } else { IdChoice::Candidate(0) };
        if let Some(at) = chosen.get(&Field::Id) {
            self.roles.ids.insert(0, *at);
            self.id = IdChoice::Candidate(0);
        }
        self.take_dash(profile, answers);
        self.take_gone_by(profile, answers);
        self.take_name_order(profile, context);
        self.take_locations(profile, context);
        self.ask_which(profile, answers);
        self.take_guardian(profile, answers);
        self.take_blank_dates(profile, answers);
        self.ask_time(profile);
        self.ask_lacking(profile, answers);
    }

    /// Asks which column has the first names, where the last names have a column of their own.
    fn take_first_names(&mut self, lasts: Option<usize>, profile: &Profile, answers: &Answers) {
        let named = |at: usize| profile.columns.get(at).map(|column| column.name.clone());
        if let Some(at) = self.roles.first_or_whole {
            // "Patient" beside "Last Name": first names, or whole names.
            match (answers.get("column:first_name").map(String::as_str), named(at)) {
                (Some("none"), _) => {
                    self.roles.sources.insert(Field::Name, Source::Column(at));
                    self.roles.sources.remove(&Field::LastName);
                }
                (None, Some(name)) => {
                    let text = format!("does \"{name}\" hold first names only?");
                    let choices = [(name, "yes, only first names"), ("none".to_owned(), "no, whole names")];
                    let choices = choices.map(|(name, label)| (name, label.to_owned())).to_vec();
                    self.ask("column:first_name".to_owned(), text, choices);
                }
                _ => {}
            }
        }
        if let Some(column) = lasts.and_then(|at| profile.columns.get(at))
            && !answers.contains_key("column:first_name")
        {
            let others = || profile.columns.iter().filter(|other| other.name != column.name);
            let mut firsts: Vec<&Column> = others().filter(|other| other.is_text() && other.varies()).collect();
            if firsts.is_empty() {
                firsts = others().collect();
            }
            let choices = questions::choices(firsts);
            let text = format!("\"{}\" holds last names; which column has the first names?", column.name);
            self.ask("column:first_name".to_owned(), text, choices);
        }
    }

    /// Finds out which name comes first in whole names without a comma; outside of English-speaking countries, asks.
    fn take_name_order(&mut self, profile: &Profile, context: &Context<'_>) {
        const ENGLISH: [&str; 16] =
            ["US", "CA", "GB", "IE", "AU", "NZ", "PR", "GU", "VI", "AS", "MP", "IN", "PH", "ZA", "SG", "JM"];
        let Some(Source::Column(at)) = self.source(Field::Name) else { return };
        let Some(column) = profile.columns.get(*at).filter(|_| self.names.value.is_none()) else { return };
        // A comma, or the capitals of the last names, show it.
        if column.commas * 2 > column.filled || column.spaced * 2 < column.filled {
            return;
        }
        if column.has_last_names_in_capitals() {
            return;
        }
        if let Some(order) = order_in(&column.name) {
            self.names = Setting { value: Some(order.to_owned()), why: "as the header says".to_owned() };
        } else if !ENGLISH.contains(&context.country.code().as_str()) {
            let text = format!("do the names in \"{}\" begin with the first name or with the last name?", column.name);
            self.names =
                Setting { value: Some("?".to_owned()), why: "still undecided: which name comes first".to_owned() };
            let choices =
                [("first-last", "with the first name: Maria Rossi"), ("last-first", "with the last name: Rossi Maria")];
            self.ask("names".to_owned(), text, choices.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec());
        }
    }

    /// Asks whether a column such as "Preferred" has the names that patients go by.
    fn take_gone_by(&mut self, profile: &Profile, answers: &Answers) {
        const KEY: &str = "column:preferred";
        let Some((at, column)) = self.roles.may_be_gone_by.and_then(|at| Some((at, profile.columns.get(at)?))) else {
            return;
        };
        match answers.get(KEY) {
            Some(answer) if *answer == column.name => {
                let source = match self.source(Field::FirstName) {
                    Some(Source::Column(first)) => Source::FirstOf(vec![at, *first]),
                    _ => Source::Column(at),
                };
                self.roles.sources.insert(Field::FirstName, source);
            }
            Some(_) => {}
            None => {
                let text = format!("does \"{}\" hold the first names that patients go by?", column.name);
                let choices = [(column.name.as_str(), "yes, texts use them"), ("none", "no")];
                let first = match self.source(Field::FirstName) {
                    Some(Source::Column(first)) => profile.columns.get(*first),
                    _ => None,
                };
                let name = quoted(&column.name);
                self.hints.push(match first {
                    Some(first) => {
                        let first = quoted(&first.name);
                        format!("to use the names patients go by: first_name = {{ first_of = [{name}, {first}] }}")
                    }
                    None => format!("to use the names patients go by: first_name = {name}"),
                });
                self.ask(KEY.to_owned(), text, choices.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec());
            }
        }
    }

    /// Asks which part of a cell such as `Maria Lopez - Massage 60` is the name.
    fn take_dash(&mut self, profile: &Profile, answers: &Answers) {
        let Some(Source::Column(at)) = self.source(Field::Name) else { return };
        let at = *at;
        let Some(column) = profile.columns.get(at).filter(|c| c.dashed >= 2 && c.dashed * 3 >= c.filled) else {
            return;
        };
        let source = match answers.get("name:part").map(String::as_str) {
            Some("before") => Source::BeforeDash(at),
            Some("after") => Source::AfterDash(at),
            Some(_) => return,
            None => {
                let rows = counted(column.dashed, "cell", "cells");
                let text =
                    format!("{rows} of \"{}\" have a dash between two parts; which part is the name?", column.name);
                let choices = [
                    ("before", "the part before the dash"),
                    ("after", "the part after the dash"),
                    ("whole", "the whole cell"),
                ];
                let choices = choices.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
                for (part, pattern) in [("before", BEFORE_DASH), ("after", AFTER_DASH)] {
                    let (name, pattern) = (quoted(&column.name), quoted(pattern));
                    self.hints.push(format!(
                        "if the name is the part {part} the dash: name = {{ from = {name}, pattern = {pattern} }}"
                    ));
                }
                return self.ask("name:part".to_owned(), text, choices);
            }
        };
        self.roles.sources.insert(Field::Name, source);
    }

    /// If no locations are configured, the location column is of no use.
    fn take_locations(&mut self, profile: &Profile, context: &Context<'_>) {
        if !context.locations.is_empty() {
            return;
        }
        self.roles.several.remove(&Field::Location);
        let Some(source) = self.roles.sources.remove(&Field::Location) else { return };
        let Some(column) = source.columns().first().and_then(|at| profile.columns.get(*at)) else { return };
        let places = column.words.keys().filter(|word| !word.is_empty()).count();
        if places > 1 {
            self.roles.remarks.push(format!(
                "\"{}\" has {places} locations; once they are set up as [[location]] in the configuration, add location = {} to the columns",
                column.name,
                quoted(&column.name)
            ));
        }
    }

    /// Asks about each field that several columns may be.
    fn ask_which(&mut self, profile: &Profile, answers: &Answers) {
        for (field, columns) in self.roles.several.clone() {
            let named = [Field::FirstName, Field::LastName].contains(&field);
            let given_up = is_none(answers, field.key()) && field != Field::StartsAt;
            if (named && self.roles.sources.contains_key(&Field::Name)) || given_up {
                continue;
            }
            let mut choices = questions::choices(columns.iter().filter_map(|at| profile.columns.get(*at)));
            match field {
                Field::Phone => self.add_phones(&columns, profile, &mut choices),
                Field::StartsAt => {
                    // The right column may have cells that cannot be read, or a header that is not known.
                    let named = |c: &Column| {
                        let words = meanings(&c.name);
                        let other = [Word::Birth, Word::End].iter().any(|word| words.contains(&Some(*word)));
                        words.contains(&Some(Word::Date)) && !other && !c.is_times()
                    };
                    let more = profile.columns.iter().enumerate().filter(|(at, c)| !columns.contains(at) && named(c));
                    choices.extend(questions::choices(more.map(|(_, c)| c)));
                }
                _ => {}
            }
            // Without a header, none of the columns may be the right one.
            let unnamed = !self.samples.is_empty();
            if unnamed
                || [
                    Field::StartsAt,
                    Field::Phone,
                    Field::Consent,
                    Field::Status,
                    Field::FirstName,
                    Field::LastName,
                    Field::Id,
                ]
                .contains(&field)
            {
                choices.push(("none".to_owned(), "none of them".to_owned()));
            }
            self.ask(format!("column:{}", field.key()), questions::which_column(field), choices);
        }
    }

    /// Whatever else may hold numbers: a header may be in words that are not known.
    fn add_phones(&self, columns: &[usize], profile: &Profile, choices: &mut Vec<(String, String)>) {
        let inside = |name: &str| profile.columns.iter().any(|c| c.name == name && c.has_phones_inside());
        for (_, label) in choices.iter_mut().filter(|(name, _)| inside(name)) {
            label.push_str(" (a number in its text)");
        }
        let short = |c: &Column| names_a_phone(&c.name) && c.may_be_short_numbers();
        let numbers = |c: &Column| c.is_phones() || c.may_be_phones() || short(c);
        let more = profile.columns.iter().enumerate().filter(|(at, c)| {
            numbers(c) && !columns.contains(at) && !self.roles.others_phones.contains(at) && !c.is_dated()
        });
        choices.extend(questions::choices(more.map(|(_, c)| c)));
        let others = self.roles.others_phones.iter().filter(|at| !columns.contains(at));
        let named = others.filter_map(|at| profile.columns.get(*at)).map(|c| c.name.clone());
        choices.extend(named.map(|name| (name.clone(), format!("{name} (by its name, somebody else's)"))));
    }

    /// Asks which column has the time of day, if none or several may have it.
    fn ask_time(&mut self, profile: &Profile) {
        let Some(times) = self.roles.open_time.clone() else { return };
        let named = |at: &usize| profile.columns.get(*at).map(|c| (c.name.clone(), c.name.clone()));
        let date = self.source(Field::StartsAt).map(Source::columns).unwrap_or_default();
        let choices = match times.is_empty() {
            true => (0..profile.columns.len()).filter(|at| !date.contains(at)).filter_map(|at| named(&at)).collect(),
            false => times.iter().filter_map(named).collect(),
        };
        let text = "the start date has no time of day; which column has the time?".to_owned();
        self.ask("column:time".to_owned(), text, choices);
    }

    /// Asks about a required field that no column seems to be.
    fn ask_lacking(&mut self, profile: &Profile, answers: &Answers) {
        let has = |field| self.roles.sources.contains_key(&field);
        let is_open = |field| self.roles.several.contains_key(&field);
        let mut lacking: Vec<(&str, String, Test)> = Vec::new();
        if !has(Field::StartsAt) && !is_open(Field::StartsAt) {
            let unreadable = self.roles.unreadable_start.and_then(|at| profile.columns.get(at));
            let text = match unreadable {
                Some(column) => format!(
                    "the cells of \"{}\" cannot be read as a date{}; which column is the start of the appointment?",
                    column.name,
                    column.samples.first().map(|cell| format!(", such as \"{}\"", masked(cell))).unwrap_or_default()
                ),
                None => "no column looks like the start of the appointment; which column is it?".to_owned(),
            };
            lacking.push(("column:starts_at", text, |column| column.dates + column.moments > 0));
        }
        const NAMES: [Field; 3] = [Field::Name, Field::FirstName, Field::LastName];
        if !NAMES.into_iter().any(has) && !NAMES.into_iter().any(is_open) && !is_none(answers, "name") {
            let text = "no column looks like patient names; which column has them?".to_owned();
            lacking.push(("column:name", text, Column::is_text));
        }
        let phone = has(Field::Phone) || is_open(Field::Phone);
        if !phone && !answers.contains_key("column:phone") {
            self.roles.remarks.push("no column holds phone numbers, so nobody in this file can be texted".to_owned());
        }
        for (key, text, fits) in lacking {
            // All columns, if none fits.
            let fitting = profile.columns.iter().any(fits);
            let mut choices = questions::choices(profile.columns.iter().filter(|column| !fitting || fits(column)));
            choices.push(("none".to_owned(), "none of them".to_owned()));
            self.ask(key.to_owned(), text, choices);
        }
    }
}
