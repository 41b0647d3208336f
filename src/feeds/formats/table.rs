//! What the readers of FHIR, HL7 and calendars return: a table whose columns are known, to be mapped like an export.

/// The column in which a reader says why a row must not be used.
pub const PROBLEM: &str = "Problem";

/// Rows of text; an empty cell was not given. The last column is [`PROBLEM`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The columns' names.
    pub columns: &'static [&'static str],
    /// The rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
}
