//! The input and output of a suggestion.

use std::collections::BTreeMap;

use crate::feeds::formats::delimited::Options;
use crate::feeds::mapping::Report;

/// A question that the data leave undecided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenQuestion {
    /// The key under which its answer is given: `dates`, `times`, `offsets`, `column:phone`, `status:firm`,
    /// `language:s`, `consent:2`, `location:3`.
    pub key: String,
    /// The question.
    pub text: String,
    /// The possible answers and what each means.
    pub choices: Vec<(String, String)>,
}

/// Answers by the key of their question.
pub type Answers = BTreeMap<String, String>;

/// The suggestion for an export.
#[derive(Debug, Clone)]
pub struct Suggestion {
    /// The block for `config.toml`: always valid TOML, but not a valid feed while questions are unanswered.
    pub block: String,
    /// What was found, line by line.
    pub understood: Vec<String>,
    /// The unanswered questions. The command exits with 1 unless this is empty.
    pub questions: Vec<OpenQuestion>,
    /// The preset that the header matches.
    pub preset: Option<String>,
    /// The report from mapping the file with the block, if that is possible.
    pub report: Option<Report>,
}

/// What to suggest, and how.
#[derive(Debug, Clone)]
pub struct Request<'r> {
    /// The name of the feed.
    pub name: &'r str,
    /// Answers to the questions of an earlier suggestion.
    pub answers: &'r Answers,
    /// The file's format, where detection got it wrong.
    pub options: Options,
    /// Whether to look for a matching preset.
    pub presets: bool,
    /// Whether to show samples of private cells unmasked; only for a terminal.
    pub unmasked: bool,
}
