//! What was understood of an export, in lines for people.

use super::draft::{Draft, IdChoice};
use super::profile::Profile;
use crate::config::feeds::{Feed, Field};
use crate::domain::fold::fold;
use crate::feeds::mapping::{Report, masked, shortened};

/// The lines, for stderr. Samples of private cells are shapes unless `unmasked`.
pub(super) fn lines(
    profile: &Profile,
    draft: &Draft,
    feed: Option<&Feed>,
    report: Option<&Report>,
    unmasked: bool,
) -> Vec<String> {
    let dialect = &profile.dialect;
    let mut lines = vec![format!(
        "{} text, columns split by {}, header in line {}, {} rows",
        dialect.encoding.name(),
        dialect.delimiter_name(),
        dialect.header_line,
        profile.rows
    )];
    if profile.skipped > 0 {
        lines.push(format!("{} lines between the rows are titles, totals or repeated headers", profile.skipped));
    }
    if profile.broken > 0 {
        lines.push(format!("{} rows are broken and cannot be read", profile.broken));
    }
    if let Some(preset) = &draft.preset {
        lines.push(format!("this is the header of {} (preset \"{}\")", preset.system(), preset.name));
    }
    for (at, column) in profile.columns.iter().enumerate() {
        let meaning = match feed {
            Some(feed) => meaning(feed, &column.name),
            None => by_role(draft, at),
        };
        let (field, label) = match meaning {
            Some((field, label)) => (Some(field), label),
            None => (None, "not used".to_owned()),
        };
        let open = field.is_some_and(|field| !field.is_private() && field != Field::PatientId);
        let samples: Vec<String> = column
            .samples
            .iter()
            .map(|sample| format!("\"{}\"", if open || unmasked { shortened(sample) } else { masked(sample) }))
            .collect();
        let samples = if samples.is_empty() { "blank".to_owned() } else { samples.join(", ") };
        lines.push(format!("  {} = {label}: {samples}", column.name));
    }
    if draft.id == IdChoice::Derived {
        lines.push("no column is an appointment's number, so ids are made from patient and start".to_owned());
    }
    lines.extend(draft.not_ids.iter().cloned());
    if !draft.dates.why.is_empty() && draft.dates.value.is_some() {
        lines.push(format!("dates: {}", draft.dates.why));
    }
    for (meaning, words) in &draft.status.known {
        let words: Vec<String> = words.iter().map(|(word, count)| format!("\"{word}\" ({count})")).collect();
        lines.push(format!("status {}: {}", meaning.key(), words.join(", ")));
    }
    if let Some(report) = report {
        lines.push(format!("with this block the file gives {}", report.summary()));
        lines.extend(report.lines().into_iter().map(|line| format!("  {line}")));
    }
    for question in &draft.questions {
        lines.push(format!("open: {}", question.text));
    }
    lines
}

/// For what a column would be used in a block that is not complete yet.
fn by_role(draft: &Draft, at: usize) -> Option<(Field, String)> {
    let (field, _) = draft.roles.sources.iter().find(|(_, source)| source.columns().contains(&at))?;
    Some((*field, field.key().to_owned()))
}

/// For what a column is used.
fn meaning(feed: &Feed, name: &str) -> Option<(Field, String)> {
    let name = fold(name);
    let uses =
        |field: Field| feed.columns.get(field).is_some_and(|source| source.columns().iter().any(|c| fold(c) == name));
    let fields: Vec<Field> = Field::KEYS.iter().map(|(_, field)| *field).filter(|field| uses(*field)).collect();
    let first = fields.first()?;
    let labels: Vec<&str> = fields.iter().map(|field| field.key()).collect();
    Some((*first, labels.join(", ")))
}
