//! The draft of a feed, and the questions that remain.

use std::collections::BTreeMap;

use super::location_words::LocationList;
use super::presets::{self, Found};
use super::profile::{Column, Profile};
use super::questions;
use super::request::{Answers, OpenQuestion, Request};
use super::roles::{self, Roles, Source};
use super::upcoming::Upcoming;
use super::word_lists::{ConsentList, LanguageList, StatusList};
use super::words::{Word, meanings};
use crate::config::feeds::{Feed, Field};
use crate::domain::count::counted;
use crate::domain::fold::fold;
use crate::feeds::mapping::{Context, MappingError, Question, Report, Survey, describe, masked, names_a_phone};

/// Where the appointment id comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IdChoice {
    /// As set by the preset.
    Preset,
    /// The candidate column at this position.
    Candidate(usize),
    /// Derived from patient and start.
    Derived,
}

/// A value that may be undecided, with the evidence for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) value: Option<String>,
    pub(super) why: String,
}

/// The feed as far as it is known.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) preset: Option<Found>,
    pub(super) roles: Roles,
    pub(super) id: IdChoice,
    pub(super) not_ids: Vec<String>,
    pub(super) dates: Setting,
    pub(super) times: Setting,
    pub(super) years: Setting,
    pub(super) offsets: Setting,
    /// The column whose blank cells repeat the cell above.
    pub(super) fill: Option<String>,
    pub(super) status: StatusList,
    pub(super) consent: ConsentList,
    pub(super) language: LanguageList,
    pub(super) location: LocationList,
    pub(super) questions: Vec<OpenQuestion>,
    /// Cells of each column, where no header names them.
    samples: BTreeMap<String, String>,
}

/// Whether a column may be an answer.
type Test = fn(&Column) -> bool;

impl Draft {
    pub(super) fn new(profile: &Profile, request: &Request<'_>, context: &Context<'_>) -> Draft {
        let preset = presets::recognize(&profile.dialect.names).filter(|_| request.presets);
        let mut draft = Draft {
            name: request.name.to_owned(),
            id: if preset.is_some() { IdChoice::Preset } else { IdChoice::Derived },
            preset,
            roles: Roles::default(),
            not_ids: Vec::new(),
            dates: Setting { value: request.answers.get("dates").cloned(), why: "as answered".to_owned() },
            times: Setting { value: request.answers.get("times").cloned(), why: "as answered".to_owned() },
            years: Setting {
                value: request.answers.get("years").filter(|answer| *answer != "none").cloned(),
                why: "as answered".to_owned(),
            },
            offsets: Setting { value: request.answers.get("offsets").cloned(), why: "as answered".to_owned() },
            fill: None,
            status: StatusList::default(),
            consent: ConsentList::default(),
            language: LanguageList::default(),
            location: LocationList::default(),
            questions: Vec::new(),
            samples: if profile.dialect.header_line == 0 {
                questions::samples(profile, request.unmasked)
            } else {
                BTreeMap::new()
            },
        };
        match draft.preset {
            None => draft.take_columns(profile, request.answers, context),
            // Columns beyond the preset may still show that an appointment is cancelled.
            Some(_) => {
                draft.roles = Roles {
                    sources: BTreeMap::new(),
                    zone: None,
                    remarks: Vec::new(),
                    ..roles::find(profile, &BTreeMap::new(), None)
                }
            }
        }
        draft
    }

    /// Drops the preset because the file lacks one of its columns. Returns whether there was a preset.
    pub(super) fn drop_preset(&mut self, profile: &Profile, request: &Request<'_>, context: &Context<'_>) -> bool {
        let had = self.preset.take().is_some();
        if had {
            self.take_columns(profile, request.answers, context);
        }
        had
    }

    /// Finds the role of each column. Asks if several fit equally well or a required one is missing.
    fn take_columns(&mut self, profile: &Profile, answers: &Answers, context: &Context<'_>) {
        let mut chosen = BTreeMap::new();
        for (key, field) in Field::KEYS {
            let answer = answers.get(&format!("column:{key}"));
            let at = answer.and_then(|name| profile.columns.iter().position(|c| fold(&c.name) == fold(name)));
            if let Some(at) = at {
                chosen.insert(field, at);
            }
        }
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
        let time = answers
            .get("column:time")
            .and_then(|name| profile.columns.iter().position(|c| fold(&c.name) == fold(name)));
        self.roles = roles::find(profile, &chosen, time);
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
        if self.roles.seconds && self.times.value.is_none() {
            let why = "the numbers count seconds since midnight: 30000 is 8:20 AM".to_owned();
            self.times = Setting { value: Some("seconds".to_owned()), why };
        }
        self.id = if self.roles.ids.is_empty() { IdChoice::Derived } else { IdChoice::Candidate(0) };
        if let Some(at) = chosen.get(&Field::Id) {
            self.roles.ids.insert(0, *at);
            self.id = IdChoice::Candidate(0);
        }
        // If no locations are configured, the location column is of no use.
        if context.locations.is_empty()
            && let Some(source) = self.roles.sources.remove(&Field::Location)
        {
            let column = source.columns().first().and_then(|at| profile.columns.get(*at));
            if let Some(column) = column.filter(|column| column.words.len() > 1) {
                self.roles.remarks.push(format!(
                    "\"{}\" has {} locations; once they are set up as [[location]] in the configuration, add location = \"{}\" to the columns",
                    column.name,
                    column.words.len(),
                    column.name
                ));
            }
        }
        if context.locations.is_empty() {
            self.roles.several.remove(&Field::Location);
        }
        let several = self.roles.several.clone();
        for (field, columns) in &several {
            let named = [Field::FirstName, Field::LastName].contains(field);
            if named && self.roles.sources.contains_key(&Field::Name) {
                continue;
            }
            if answers.get(&format!("column:{}", field.key())).is_some_and(|answer| answer == "none") {
                continue;
            }
            let text = questions::which_column(*field);
            let mut choices = questions::choices(columns.iter().filter_map(|at| profile.columns.get(*at)));
            if *field == Field::Phone {
                let inside = |name: &str| profile.columns.iter().any(|c| c.name == name && c.has_phones_inside());
                for (_, label) in choices.iter_mut().filter(|(name, _)| inside(name)) {
                    label.push_str(" (in its text)");
                }
                // Whatever else may hold numbers: a header may be in words that are not known.
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
            if *field == Field::StartsAt {
                // The right column may have cells that cannot be read, or a header that is not known.
                let named = |c: &Column| {
                    let words = meanings(&c.name);
                    words.contains(&Some(Word::Date)) && !words.contains(&Some(Word::Birth)) && !c.is_times()
                };
                let more = profile.columns.iter().enumerate().filter(|(at, c)| !columns.contains(at) && named(c));
                choices.extend(questions::choices(more.map(|(_, c)| c)));
            }
            // Without a header, none of the columns may be the right one.
            let unnamed = !self.samples.is_empty() && *field != Field::StartsAt;
            if unnamed
                || [Field::Phone, Field::Consent, Field::Status, Field::FirstName, Field::LastName].contains(field)
            {
                choices.push(("none".to_owned(), "none of them".to_owned()));
            }
            self.ask(format!("column:{}", field.key()), text, choices);
        }
        self.take_guardian(profile, answers);
        self.take_blank_dates(profile, answers);
        if let Some(times) = self.roles.open_time.clone() {
            let named = |at: &usize| profile.columns.get(*at).map(|c| (c.name.clone(), c.name.clone()));
            let date = self.source(Field::StartsAt).map(Source::columns).unwrap_or_default();
            let choices = match times.is_empty() {
                true => {
                    (0..profile.columns.len()).filter(|at| !date.contains(at)).filter_map(|at| named(&at)).collect()
                }
                false => times.iter().filter_map(named).collect(),
            };
            self.ask(
                "column:time".to_owned(),
                "the start date has no time of day; which column has the time?".to_owned(),
                choices,
            );
        }
        let has = |field| self.roles.sources.contains_key(&field);
        let mut lacking: Vec<(&str, String, Test)> = Vec::new();
        if !has(Field::StartsAt) && !several.contains_key(&Field::StartsAt) {
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
        let named = has(Field::Name)
            || has(Field::FirstName)
            || has(Field::LastName)
            || answers.get("column:name").is_some_and(|answer| answer == "none");
        if !named && ![Field::Name, Field::FirstName, Field::LastName].iter().any(|field| several.contains_key(field)) {
            let text = "no column looks like patient names; which column has them?".to_owned();
            lacking.push(("column:name", text, Column::is_text));
        }
        let phone = has(Field::Phone) || several.contains_key(&Field::Phone);
        if !phone && !answers.contains_key("column:phone") {
            self.roles.remarks.push("no column holds phone numbers, so nobody in this file can be texted".to_owned());
        }
        for (key, text, fits) in lacking {
            // All columns, if none fits.
            let fitting = profile.columns.iter().any(fits);
            let choices = questions::choices(profile.columns.iter().filter(|column| !fitting || fits(column)));
            self.ask(key.to_owned(), text, choices);
        }
    }

    /// The columns that fit equally well as the start.
    pub(super) fn several_starts(&self) -> Option<Vec<usize>> {
        let open = self.preset.is_none() && self.roles.zone.is_none();
        self.roles.several.get(&Field::StartsAt).filter(|columns| open && columns.len() > 1).cloned()
    }

    pub(super) fn ask(&mut self, key: String, text: String, mut choices: Vec<(String, String)>) {
        for (name, label) in &mut choices {
            if let Some(samples) = self.samples.get(name).filter(|_| label == name) {
                label.clone_from(samples);
            }
        }
        if !self.questions.iter().any(|question| question.key == key) {
            self.questions.push(OpenQuestion { key, text, choices });
        }
    }

    /// Moves on to the next candidate for the id. False: the column set by the preset does not hold ids.
    pub(super) fn next_id(&mut self, profile: &Profile, first: u64, second: u64) -> bool {
        let IdChoice::Candidate(at) = self.id else { return false };
        if let Some(column) = self.roles.ids.get(at).and_then(|at| profile.columns.get(*at)) {
            self.not_ids.push(format!(
                "\"{}\" is not an id: lines {first} and {second} have the same value but different start times or patients",
                column.name
            ));
        }
        self.id = if at + 1 < self.roles.ids.len() { IdChoice::Candidate(at + 1) } else { IdChoice::Derived };
        true
    }

    /// The source of a field, according to the roles.
    pub(super) fn source(&self, field: Field) -> Option<&Source> {
        self.roles.sources.get(&field)
    }

    /// Takes over what the survey found about dates and times.
    pub(super) fn take_dates(&mut self, surveyed: &Result<Survey, MappingError>, request: &Request<'_>) {
        match surveyed {
            Ok(survey) => {
                let Some(rules) = survey.dates.get(&Field::StartsAt) else { return };
                if self.dates.value.is_none() {
                    self.dates = Setting {
                        value: rules.order.map(|order| order.name().to_owned()),
                        why: rules.evidence.clone(),
                    };
                }
                let (years, times) = (rules.open_years(), rules.open_times());
                if years >= 3 && !request.answers.contains_key("years") {
                    let why = format!("{} have no year", counted(years, "date", "dates"));
                    self.years = Setting { value: Some("?".to_owned()), why: why.clone() };
                    let next = "the next such day within nine months, or one of the last 60 days".to_owned();
                    let choices =
                        vec![("next".to_owned(), next), ("none".to_owned(), "leave these rows out".to_owned())];
                    self.ask("years".to_owned(), format!("{why}; which day do they mean?"), choices);
                }
                if times > 0 && self.times.value.is_none() {
                    let why = format!("{} have no AM or PM, but others do", counted(times, "time", "times"));
                    self.times = Setting { value: Some("?".to_owned()), why: why.clone() };
                    let choices = questions::HALVES.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
                    self.ask("times".to_owned(), format!("{why}; what does 1:30 mean?"), choices);
                }
            }
            Err(MappingError::Open { question, .. }) => {
                let text = describe(question);
                let (key, choices) = match question {
                    Question::Order(decision) => ("dates", questions::orders(decision)),
                    Question::Halves => ("times", questions::HALVES.to_vec()),
                    Question::Serials => ("dates", vec![("serial", "the numbers are spreadsheet dates")]),
                };
                let choices = choices.into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
                let setting = if key == "dates" { &mut self.dates } else { &mut self.times };
                *setting = Setting { value: Some("?".to_owned()), why: text.clone() };
                let _ = request;
                self.ask(key.to_owned(), text, choices);
            }
            Err(error) => {
                let choices = Vec::new();
                self.ask("file".to_owned(), error.to_string(), choices);
            }
        }
    }

    /// Takes over the words found in columns, and asks about unknown ones.
    pub(super) fn take_words(
        &mut self,
        (profile, upcoming): (&Profile, &Upcoming),
        feed: &Feed,
        request: &Request<'_>,
        context: &Context<'_>,
    ) {
        let asked = self.status.take((profile, upcoming), feed, &self.roles, request.answers);
        let asked = asked.into_iter().chain(self.consent.take(
            profile,
            feed,
            (self.roles.opts_out, self.roles.consent_open),
            request.answers,
        ));
        let asked = asked.chain(self.language.take(profile, feed, request.answers));
        let locations: Vec<&String> = context.locations.keys().collect();
        let located = self.location.take(profile, feed, &locations, request.answers);
        let asked: Vec<OpenQuestion> = asked.chain(located).collect();
        for question in asked {
            self.ask(question.key, question.text, question.choices);
        }
    }

    /// Takes over what mapping the file showed.
    pub(super) fn take_report(&mut self, report: &Report, _request: &Request<'_>) {
        if report.wrong_offsets > 0 && self.offsets.value.is_none() {
            let text = format!(
                "{} start times have a UTC offset that does not match the time zone on that day; which is correct, the offset or the clock time?",
                report.wrong_offsets
            );
            let choices = [("trust", "the offset is correct"), ("ignore", "the clock time is correct")];
            self.offsets = Setting { value: Some("?".to_owned()), why: text.clone() };
            self.ask(
                "offsets".to_owned(),
                text,
                choices.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
            );
        }
    }
}
