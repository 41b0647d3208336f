//! `feed suggest`: reads an export, reports what it found, and writes the `[[feed]]` block that maps it.
//!
//! It never guesses where a guess could be wrong: if the data leave something undecided, the block says so at that
//! place and a question is asked. With the answers, the next suggestion is complete.

mod agreeing;
mod blanks;
mod block;
mod choices;
mod column_words;
mod columns;
mod consent_words;
mod draft;
mod evidence;
mod location_words;
mod other_formats;
mod presets;
mod profile;
mod questions;
mod request;
mod roles;
mod toml_text;
mod upcoming;
mod vocabulary;
mod word_lists;
mod words;

use std::io::Read;

use self::draft::Draft;
use self::profile::Profile;
use self::upcoming::Upcoming;

pub use other_formats::{OtherFormat, other_format};
pub use request::{Answers, OpenQuestion, Request, Suggestion};

use crate::config::feeds::{self, Feed};
use crate::feeds::formats::FormatError;
use crate::feeds::formats::delimited::Reader;
use crate::feeds::mapping::{Context, Mapper, MappingError, Report, Survey, options, survey_as};

/// Reads an export, which is opened several times, and suggests a feed.
pub fn suggest<R: Read>(
    mut open: impl FnMut() -> std::io::Result<R>,
    request: &Request<'_>,
    context: &Context<'_>,
) -> Result<Suggestion, FormatError> {
    let is_zone = |name: &str| name.contains('/') && context.zones.load(name).is_ok();
    let profile =
        profile::profile(open()?, &request.options, context.today, roles::is_birth, &is_zone, context.country)?;
    let mut draft = Draft::new(&profile, request, context);
    // Columns that are the same start in every row need no question.
    let same = match draft.several_starts() {
        Some(columns) => agreeing::start(open()?, &request.options, &profile, &columns, context)?,
        None => None,
    };
    let mut answers = request.answers.clone();
    if let Some(column) = same.and_then(|at| profile.columns.get(at)) {
        answers.insert("column:starts_at".to_owned(), column.name.clone());
    }
    let request = &Request { answers: &answers, ..request.clone() };
    if same.is_some() {
        draft = Draft::new(&profile, request, context);
    }
    let surveyed = survey_draft(&mut open, &mut draft, &profile, request, context)?;
    let mut report = None;
    if let Some((feed, surveyed)) = &surveyed {
        draft.take_dates(&profile, surveyed, request);
        let upcoming = Upcoming::count(open()?, feed, surveyed, context.today)?;
        draft.take_words((&profile, &upcoming), feed, request, context);
        if let Ok(surveyed) = surveyed {
            // Reads the file again with the words and the date order that were found.
            let feed = read_block(&draft.block(&profile, false), context).unwrap_or_else(|| feed.clone());
            let mapped = map(open()?, &feed, context, surveyed)?;
            draft.take_report(&mapped, request);
            report = Some(mapped);
        }
    }
    if surveyed.is_none() || draft.asks_about_one_consent() {
        try_words(&mut open, &mut draft, &profile, request, context)?;
    }
    let feed = surveyed.map(|(feed, _)| feed);
    let understood = evidence::lines(&profile, &draft, feed.as_ref(), report.as_ref(), request.unmasked);
    Ok(Suggestion {
        block: draft.block(&profile, true),
        understood,
        preset: draft.preset.as_ref().map(|preset| preset.name.to_owned()),
        questions: draft.questions,
        report,
    })
}

/// A feed, and what a first pass over the file found with it.
type Surveyed = (Feed, Result<Survey, MappingError>);

/// Reads the file with what is decided so far. `None`: a column that is needed is still open.
fn survey_draft<R: Read>(
    open: &mut impl FnMut() -> std::io::Result<R>,
    draft: &mut Draft,
    profile: &Profile,
    request: &Request<'_>,
    context: &Context<'_>,
) -> Result<Option<Surveyed>, FormatError> {
    // Candidates for the id are tried one by one: a value with two different start times rules a column out.
    loop {
        let Some(feed) = read_block(&draft.block(profile, false), context) else { return Ok(None) };
        match survey_as(open()?, &feed, context.today, true) {
            Ok(survey) => return Ok(Some((feed, Ok(survey)))),
            Err(MappingError::NotAnId { first, second, .. }) if draft.next_id(profile, first, second) => {}
            Err(MappingError::MissingColumns(_)) if draft.drop_preset(profile, request, context) => {}
            Err(MappingError::Format(error)) => return Err(error),
            Err(error) => return Ok(Some((feed, Err(error)))),
        }
    }
}

/// While a needed column is open, asks about the words of the other columns as well, so that nobody who fills in the block
/// by hand misses them. The first choice for the open column lets the file be read.
fn try_words<R: Read>(
    open: &mut impl FnMut() -> std::io::Result<R>,
    draft: &mut Draft,
    profile: &Profile,
    request: &Request<'_>,
    context: &Context<'_>,
) -> Result<(), FormatError> {
    let mut answers = request.answers.clone();
    answers.extend(draft.first_choices());
    let request = &Request { answers: &answers, ..request.clone() };
    let mut trial = Draft::new(profile, request, context);
    trial.questions.clear();
    if let Some((feed, surveyed)) = survey_draft(open, &mut trial, profile, request, context)? {
        let upcoming = Upcoming::count(open()?, &feed, &surveyed, context.today)?.undated();
        trial.take_words((profile, &upcoming), &feed, request, context);
        draft.take_trial(trial);
    }
    Ok(())
}

fn map<R: Read>(source: R, feed: &Feed, context: &Context<'_>, survey: &Survey) -> Result<Report, FormatError> {
    let mut reader = Reader::open_as(source, survey.dialect.clone(), options(feed).limits)?;
    let mut mapper = Mapper::new(feed, context, survey);
    while let Some(row) = reader.next()? {
        mapper.row(row);
    }
    Ok(mapper.report)
}

/// Reads a block as the configuration would. `None`: the block has errors.
fn read_block(block: &str, context: &Context<'_>) -> Option<Feed> {
    feeds::of_block(block, context.zones)
}
