//! `feed suggest`: reads an export, reports what it found, and writes the `[[feed]]` block that maps it.
//!
//! It never guesses where a guess could be wrong: if the data leave something undecided, the block says so at that
//! place and a question is asked. With the answers, the next suggestion is complete.

mod agreeing;
mod blanks;
mod block;
mod choices;
mod draft;
mod evidence;
mod location_words;
mod other_formats;
mod presets;
mod profile;
mod questions;
mod request;
mod roles;
mod upcoming;
mod vocabulary;
mod word_lists;
mod words;

use std::io::Read;

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
    let profile = profile::profile(open()?, &request.options, context.today, roles::is_birth, &is_zone)?;
    let mut draft = draft::Draft::new(&profile, request, context);
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
        draft = draft::Draft::new(&profile, request, context);
    }
    // Candidates for the id are tried one by one: a value with two different start times rules a column out.
    let surveyed = loop {
        let Some(feed) = read_block(&draft.block(&profile, false), context) else { break None };
        match survey_as(open()?, &feed, context.today, true) {
            Ok(survey) => break Some((feed, Ok(survey))),
            Err(MappingError::NotAnId { first, second, .. }) if draft.next_id(&profile, first, second) => {}
            Err(MappingError::MissingColumns(_)) if draft.drop_preset(&profile, request, context) => {}
            Err(MappingError::Format(error)) => return Err(error),
            Err(error) => break Some((feed, Err(error))),
        }
    };
    let mut report = None;
    if let Some((feed, surveyed)) = &surveyed {
        draft.take_dates(surveyed, request);
        let upcoming = upcoming::Upcoming::count(open()?, feed, surveyed, context.today)?;
        draft.take_words((&profile, &upcoming), feed, request, context);
        if let Ok(surveyed) = surveyed {
            // Reads the file again with the words and the date order that were found.
            let feed = read_block(&draft.block(&profile, false), context).unwrap_or_else(|| feed.clone());
            let mapped = map(open()?, &feed, context, surveyed)?;
            draft.take_report(&mapped, request);
            report = Some(mapped);
        }
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
