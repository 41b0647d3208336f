//! The draft of a feed, and the questions that remain.

use std::collections::BTreeMap;

use super::consent_words::ConsentList;
use super::location_words::LocationList;
use super::presets::{self, Found};
use super::profile::Profile;
use super::questions;
use super::request::{Answers, OpenQuestion, Request};
use super::roles::{self, Roles, Source, TimeNumbers};
use super::upcoming::Upcoming;
use super::word_lists::{LanguageList, StatusList};
use crate::config::feeds::{Feed, Field};
use crate::domain::count::counted;
use crate::feeds::mapping::{Context, MappingError, Question, Report, Survey, describe};

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
    pub(super) names: Setting,
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
    /// What to write in the block for an answer that is no value of its own.
    pub(super) hints: Vec<String>,
    /// Cells of each column, where no header names them.
    pub(super) samples: BTreeMap<String, String>,
}

impl Draft {
    pub(super) fn new(profile: &Profile, request: &Request<'_>, context: &Context<'_>) -> Draft {
        let preset = presets::recognize(&profile.dialect.names).filter(|_| request.presets);
        let mut draft = Draft {
            name: request.name.to_owned(),
            id: if preset.is_some() { IdChoice::Preset } else { IdChoice::Derived },
            preset,
            roles: Roles::default(),
            not_ids: Vec::new(),
            names: Setting { value: request.answers.get("names").cloned(), why: "as answered".to_owned() },
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
            hints: Vec::new(),
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

    /// Takes over the words that a trial found in columns that are the same in this draft.
    pub(super) fn take_trial(&mut self, trial: Draft) {
        let [status, consent, language, location] = [Field::Status, Field::Consent, Field::Language, Field::Location]
            .map(|field| self.source(field) == trial.source(field));
        // With the only column that may be the consent, its words are known before it is chosen.
        let consent = consent || (self.asks_about_one_consent() && trial.source(Field::Consent).is_some());
        let status = status && self.roles.flags() == trial.roles.flags() && self.status == StatusList::default();
        let kinds = [
            ("status", status),
            ("flag", status),
            ("consent", consent),
            ("language", language),
            ("location", location),
        ];
        if status {
            self.status = trial.status;
        }
        if consent {
            self.consent = trial.consent;
        }
        if language && self.language == LanguageList::default() {
            self.language = trial.language;
        }
        if location && self.location == LocationList::default() {
            self.location = trial.location;
        }
        for question in trial.questions {
            let kind = question.key.split([':', ' ']).next().unwrap_or_default();
            if kinds.contains(&(kind, true)) {
                self.ask(question.key, question.text, question.choices);
            }
        }
    }

    /// Whether the question about consent offers one column.
    pub(super) fn asks_about_one_consent(&self) -> bool {
        self.questions.iter().any(|q| q.key == "column:consent" && q.choices.len() == 2)
    }

    /// The answers to the open questions about columns that let the rest be read: the first choices.
    pub(super) fn first_choices(&self) -> Answers {
        const WORDS: [&str; 3] = ["column:status", "column:language", "column:location"];
        let one = self.asks_about_one_consent();
        let open = self.questions.iter().filter(|q| {
            q.key.starts_with("column:") && !WORDS.contains(&q.key.as_str()) && (one || q.key != "column:consent")
        });
        open.filter_map(|q| Some((q.key.clone(), q.choices.first()?.0.clone()))).collect()
    }

    /// Takes over what the survey found about dates and times.
    pub(super) fn take_dates(
        &mut self,
        profile: &Profile,
        surveyed: &Result<Survey, MappingError>,
        request: &Request<'_>,
    ) {
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
                if years >= 2 && !request.answers.contains_key("years") {
                    let why = format!("{} have no year", counted(years, "date", "dates"));
                    self.years = Setting { value: Some("?".to_owned()), why: why.clone() };
                    let next = "the next such day within nine months, or one of the last 60 days".to_owned();
                    let choices =
                        vec![("next".to_owned(), next), ("none".to_owned(), "leave these rows out".to_owned())];
                    self.ask("years".to_owned(), format!("{why}; which day do they mean?"), choices);
                }
                if self.roles.time_numbers == Some(TimeNumbers::MinutesOrClock) && self.times.value.is_none() {
                    let why = "the times are numbers that can be read in two ways".to_owned();
                    self.times = Setting { value: Some("?".to_owned()), why };
                    let text =
                        "the times are numbers without a colon; is 600 six o'clock, or 600 minutes after midnight?";
                    let choices = questions::NUMBERS.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
                    self.ask("times".to_owned(), text.to_owned(), choices);
                }
                if times > 0 && self.times.value.is_none() {
                    let why = format!("{} have no AM or PM, but others do", counted(times, "time", "times"));
                    self.times = Setting { value: Some("?".to_owned()), why: why.clone() };
                    let choices = questions::HALVES.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
                    self.ask("times".to_owned(), format!("{why}; what does 1:30 mean?"), choices);
                }
            }
            Err(MappingError::Open { question, .. }) => {
                let start = self.source(Field::StartsAt).map(Source::columns).unwrap_or_default();
                let cells = start.first().and_then(|at| profile.columns.get(*at)).map(|column| &column.samples);
                let example = cells.and_then(|cells| questions::ambiguous(cells));
                let said = |(answer, words): (&'static str, &'static str)| (answer, words.to_owned());
                let (key, choices) = match question {
                    Question::Order(decision) => ("dates", questions::orders(decision, example)),
                    Question::Halves => {
                        let minutes = questions::NUMBERS.into_iter().filter(|(answer, _)| *answer == "minutes");
                        let minutes = minutes.filter(|_| self.roles.time_numbers == Some(TimeNumbers::MinutesOrClock));
                        ("times", questions::HALVES.into_iter().chain(minutes).map(said).collect())
                    }
                    Question::Serials => ("dates", vec![said(("serial", "the numbers are spreadsheet dates"))]),
                };
                let choices = choices.into_iter().map(|(a, b)| (a.to_owned(), b)).collect();
                let setting = if key == "dates" { &mut self.dates } else { &mut self.times };
                *setting = Setting { value: Some("?".to_owned()), why: describe(question) };
                self.ask(key.to_owned(), questions::of_dates(question, example.map(|(text, _)| text)), choices);
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
            (profile, upcoming),
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
