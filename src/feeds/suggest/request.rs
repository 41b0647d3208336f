//! What is asked of a suggestion, and what it gives.

use std::collections::BTreeMap;

use crate::feeds::formats::delimited::Options;
use crate::feeds::mapping::Report;

/// Something the data leave open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenQuestion {
    /// Under which its answer is given: `dates`, `times`, `offsets`, `column:phone`, `status:firm`, `language:s`,
    /// `consent:2`, `location:3`.
    pub key: String,
    /// The question.
    pub text: String,
    /// Answers and what each means.
    pub choices: Vec<(String, String)>,
}

/// Answers by the key of their question.
pub type Answers = BTreeMap<String, String>;

/// What was made of an export.
#[derive(Debug, Clone)]
pub struct Suggestion {
    /// The block for `config.toml`: valid TOML, but not a valid feed while questions are open.
    pub block: String,
    /// What was understood, line by line.
    pub understood: Vec<String>,
    /// What is open. The command ends with 1 unless this is empty.
    pub questions: Vec<OpenQuestion>,
    /// The preset whose header this is.
    pub preset: Option<String>,
    /// What the block makes of the file, where it can be tried.
    pub report: Option<Report>,
}

/// How to suggest.
#[derive(Debug, Clone)]
pub struct Request<'r> {
    /// The name of the feed.
    pub name: &'r str,
    /// Answers to questions of an earlier suggestion.
    pub answers: &'r Answers,
    /// How the file is written, where that was found wrong.
    pub options: Options,
    /// Whether presets are looked for.
    pub presets: bool,
    /// Whether samples of private cells are shown as they are: on a terminal only.
    pub unmasked: bool,
}
