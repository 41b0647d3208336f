//! Checks of a feed that need its block and its preset combined.

use std::ops::Range;

use super::columns::{ColumnSource, Columns, Field};
use super::options::{Missing, Settings};
use super::parts::Parts;
use super::source::Source;
use super::words::{ConsentWords, LocationWords};
use crate::config::diagnostic::Diagnostic;

/// Checks that need the block and its preset combined.
pub(super) fn check(parts: &Parts, span: &Range<usize>, diagnostics: &mut Vec<Diagnostic>) {
    let columns = &parts.columns;
    let has = |field| columns.get(field).is_some();
    let mut error = |message: &str| diagnostics.push(Diagnostic::error(span.clone(), message));
    if !columns.derived_id && !has(Field::Id) {
        error("[feed.columns] has no `id`; name the column with the appointment's id, or write id = \"derived\"");
    }
    if !has(Field::StartsAt) {
        error("[feed.columns] has no `starts_at`; write, for example, starts_at = [\"Date\", \"Time\"]");
    }
    if !has(Field::Name) && !has(Field::FirstName) && !has(Field::LastName) && !has(Field::PatientId) {
        error("[feed.columns] has neither a name nor `patient_id`; add one, because patients could not be told apart");
    }
    if has(Field::EndsAt) && has(Field::Minutes) {
        error("[feed.columns] has both `ends_at` and `minutes`; keep only one of them");
    }
    if columns.derived_id && parts.settings.missing != Some(Missing::Cancel) {
        error(
            "id = \"derived\" needs missing = \"cancel\": a moved appointment looks like one removed and one added, \
             and only a complete list shows which one was removed",
        );
    }
    if parts.settings.header == Some(0) && parts.settings.width.is_none() {
        error(
            "header = 0 needs `width`, the number of columns: without names, only their number shows that a column was added",
        );
    }
    let status_column = has(Field::Status);
    if !status_column && !parts.status.words.is_empty() {
        error("[feed.status] lists words, but [feed.columns] has no `status` column for them");
    }
    if has(Field::Location) && matches!(parts.location, Some(LocationWords::Fixed(_))) {
        error(
            "`location` names one location for the whole feed, but [feed.columns] also has a `location` column; keep only one of them",
        );
    }
}

/// Checks the words of a consent column whose name may mean the opposite, or that has no name: yes under "No texts" or
/// "sms_optout" is a no.
pub(super) fn check_consent(
    (settings, columns): (&Settings, &Columns),
    words: &ConsentWords,
    span: &Range<usize>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let is_unnamed = settings.header == Some(0);
    let consent = columns.get(Field::Consent).map(ColumnSource::columns).unwrap_or_default();
    let turned = consent.into_iter().find(|name| is_unnamed || may_mean_the_opposite(name));
    if let Some(name) = turned.filter(|_| words.words.is_empty()) {
        let message = format!(
            "`{name}` may say who must NOT be texted; say what its words mean: add a [feed.consent] section that lists each \
             of them, for example no = [\"Y\"] and unknown = [\"N\", \"\"]"
        );
        diagnostics.push(Diagnostic::error(span.clone(), message));
    }
}

/// Whether a column with this name may say who refuses texts.
pub(crate) fn may_mean_the_opposite(name: &str) -> bool {
    const STEMS: [&str; 18] = [
        "disable",
        "suppress",
        "block",
        "refus",
        "declin",
        "exclu",
        "optout",
        "optedout",
        "unsubscrib",
        "donot",
        "dont",
        "notext",
        "nosms",
        "nomessage",
        "noreminder",
        "nocontact",
        "withhold",
        "prohibit",
    ];
    const WORDS: [&str; 14] = [
        "no", "not", "never", "stop", "stopped", "off", "dnt", "dnc", "sin", "sans", "kein", "keine", "non", "without",
    ];
    let lower = name.to_lowercase();
    let joined: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    words.any(|word| WORDS.contains(&word)) || STEMS.iter().any(|stem| joined.contains(stem))
}

/// Checks that a feed has no settings that do not apply to its source.
pub(super) fn check_source(
    source: &Source,
    parts: &Parts,
    own_columns: bool,
    span: &Range<usize>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let settings = &parts.settings;
    let (reads, of_text) = match source {
        Source::Files => return,
        Source::Database(database) => {
            if settings.missing == Some(Missing::Cancel) && !database.statement.asks_for_days() {
                let message = "the statement does not use :today and :until: with missing = \"cancel\", an appointment \
                               that it does not return is cancelled, so it must return every appointment from today \
                               for `ahead` days";
                diagnostics.push(Diagnostic::warning(span.clone(), message));
            }
            ("reads a database", "files")
        }
        Source::Fhir(_) => ("reads FHIR resources", "delimited text"),
        Source::Hl7(_) => ("reads HL7 messages", "delimited text"),
        Source::Ical(_) => ("reads a calendar", "delimited text"),
    };
    let of_files = [
        ("encoding", settings.encoding.is_some()),
        ("delimiter", settings.delimiter.is_some()),
        ("header", settings.header.is_some()),
        ("width", settings.width.is_some()),
        ("fill", !settings.fill.is_empty()),
        ("sheet", settings.sheet.is_some()),
        ("preset = \"leadtime\"", own_columns),
    ];
    let files = ("files", source.pulled().is_some() && !settings.files.is_empty());
    for (key, _) in of_files.into_iter().chain([files]).filter(|(_, is_set)| *is_set) {
        let what = if key == "files" { "files" } else { of_text };
        let message = format!("`{key}` is for {what}; remove it, because this feed {reads}");
        diagnostics.push(Diagnostic::error(span.clone(), message));
    }
    if !matches!(source, Source::Hl7(_)) {
        return;
    }
    let of_lists = [
        ("missing = \"cancel\"", settings.missing == Some(Missing::Cancel)),
        ("covers", settings.covers.is_some()),
        ("max_missing", settings.max_missing.is_some()),
        ("max_changed", settings.max_changed.is_some()),
    ];
    for (key, _) in of_lists.into_iter().filter(|(_, is_set)| *is_set) {
        let message = format!("`{key}` is for lists; remove it, because each message is about one appointment");
        diagnostics.push(Diagnostic::error(span.clone(), message));
    }
}

/// Checks what a block sets for a format whose times have one form, before the usual settings of the kind are added.
pub(super) fn check_form(source: &Source, parts: &Parts, span: &Range<usize>, diagnostics: &mut Vec<Diagnostic>) {
    if source.usual_parts().is_none() {
        return;
    }
    let settings = &parts.settings;
    let of_text =
        [("times", settings.times.is_some()), ("dates", settings.dates.is_some()), ("years", settings.years.is_some())];
    for (key, _) in of_text.into_iter().filter(|(_, is_set)| *is_set) {
        let message = format!("`{key}` is for delimited text; remove it, because times have one form in this format");
        diagnostics.push(Diagnostic::error(span.clone(), message));
    }
}

/// Checks that a feed with Leadtime's own columns maps nothing.
pub(super) fn check_own(parts: &Parts, span: &Range<usize>, diagnostics: &mut Vec<Diagnostic>) {
    let settings = &parts.settings;
    let maps = !parts.columns.sources.is_empty()
        || parts.columns.derived_id
        || !parts.status.words.is_empty()
        || !parts.status.elsewhere.is_empty()
        || !parts.consent.words.is_empty()
        || !parts.language.is_empty()
        || parts.location.is_some();
    let reads = settings.timezone.is_some()
        || settings.dates.is_some()
        || settings.times.is_some()
        || settings.years.is_some()
        || settings.encoding.is_some()
        || settings.delimiter.is_some()
        || settings.header.is_some()
        || settings.width.is_some()
        || settings.offsets.is_some()
        || settings.id_prefix.is_some()
        || !settings.only.is_empty();
    if maps || reads {
        let message = "preset = \"leadtime\" is for files with Leadtime's own columns; remove the settings for columns, words, \
            dates, time zones and text format";
        diagnostics.push(Diagnostic::error(span.clone(), message));
    }
}
