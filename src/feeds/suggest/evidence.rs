//! Describes what was found in an export, in lines for people.

use super::draft::{Draft, IdChoice};
use super::profile::Profile;
use super::word_lists::rows;
use crate::config::feeds::{Feed, Field};
use crate::domain::fold::fold;
use crate::feeds::mapping::{Report, masked, shortened};

/// The lines, for standard error. Samples of private cells are shown only as their shape unless `unmasked`.
pub(super) fn lines(
    profile: &Profile,
    draft: &Draft,
    feed: Option<&Feed>,
    report: Option<&Report>,
    unmasked: bool,
) -> Vec<String> {
    let dialect = &profile.dialect;
    let header = match dialect.header_line {
        0 => "no line with column names".to_owned(),
        line => format!("header in line {line}"),
    };
    let mut lines = vec![format!(
        "{} text, columns separated by {}, {header}, {}",
        dialect.encoding.name(),
        dialect.delimiter_name(),
        rows(profile.rows)
    )];
    if profile.skipped > 0 {
        lines.push(format!("lines skipped as titles, totals or repeated headers: {}", profile.skipped));
    }
    if profile.broken > 0 {
        lines.push(format!("broken rows that cannot be read: {}", profile.broken));
    }
    if let Some(preset) = &draft.preset {
        lines.push(format!("the header matches: {} (preset \"{}\")", preset.system(), preset.name));
    }
    for (at, column) in profile.columns.iter().enumerate() {
        let meaning = match feed {
            Some(feed) => meaning(feed, &column.name),
            None => by_role(draft, at),
        };
        let is_id = matches!(draft.id, IdChoice::Candidate(id) if draft.roles.ids.get(id) == Some(&at));
        let (field, label) = match meaning {
            Some((field, label)) => (Some(field), label),
            None if is_id => (Some(Field::Id), "id".to_owned()),
            None if beside(draft, feed, &column.name) => (None, "status".to_owned()),
            None if draft.roles.zone == Some(at) => (None, "timezone".to_owned()),
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
        lines.push(
            "no column holds appointment numbers, so Leadtime recognizes an appointment by its patient and start"
                .to_owned(),
        );
    }
    lines.extend(draft.not_ids.iter().cloned());
    if !draft.dates.why.is_empty() && draft.dates.value.is_some() {
        lines.push(format!("dates: {}", draft.dates.why));
    }
    if draft.keeps_what_is_gone() {
        lines.push(
            "no column shows cancellations. If each file lists all appointments for its dates, write missing = \"cancel\" in \
             the block. Otherwise, Leadtime does not learn that an appointment is cancelled, and its patient is texted"
                .to_owned(),
        );
    }
    for (meaning, words) in &draft.status.known {
        let words: Vec<String> = words.iter().map(|(word, count)| format!("\"{word}\" ({count})")).collect();
        lines.push(format!("status {}: {}", meaning.key(), words.join(", ")));
    }
    if let Some(report) = report {
        lines.push(format!("with this block, the file gives {}", report.summary()));
        lines.extend(report.lines().into_iter().map(|line| format!("  {line}")));
    }
    for question in &draft.questions {
        lines.push(format!("question: {}", question.text));
    }
    lines
}

/// The field a column would be used for in a block that is not complete yet.
fn by_role(draft: &Draft, at: usize) -> Option<(Field, String)> {
    let (field, _) = draft.roles.sources.iter().find(|(_, source)| source.columns().contains(&at))?;
    Some((*field, field.key().to_owned()))
}

/// Whether some words of a column decide the status.
fn beside(draft: &Draft, feed: Option<&Feed>, name: &str) -> bool {
    let of_feed = feed.into_iter().flat_map(|feed| &feed.status.elsewhere).map(|(column, ..)| column);
    let mut columns = draft.status.elsewhere.iter().map(|(_, column, _)| column).chain(of_feed);
    columns.any(|column| fold(column) == fold(name))
}

/// The fields a column is used for.
fn meaning(feed: &Feed, name: &str) -> Option<(Field, String)> {
    let name = fold(name);
    let uses =
        |field: Field| feed.columns.get(field).is_some_and(|source| source.columns().iter().any(|c| fold(c) == name));
    let fields: Vec<Field> = Field::KEYS.iter().map(|(_, field)| *field).filter(|field| uses(*field)).collect();
    let first = fields.first()?;
    let labels: Vec<&str> = fields.iter().map(|field| field.key()).collect();
    Some((*first, labels.join(", ")))
}
