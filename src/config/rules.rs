//! Reads the `[[rule]]` sections: lead, policy and words.

use chrono::TimeDelta;
use toml::de::DeValue;

use super::document::{Faults, Section, Value, fault, list, one_of, text, text_as};
use super::problem::Problem;
use super::read::{no_text_within, outside_hours};
use crate::domain::lead::{Lead, time_of_day};
use crate::domain::rule::{BookedLate, Rule};
use crate::domain::text::RuleName;
use crate::wording::wordbook::{DEFAULT_CONTEXT, DEFAULT_MESSAGE, Kind, Wordbook};

/// Reads all rules and adds their words to the wordbook. `None` only with at least one error.
pub(super) fn read(
    value: Option<&Value<'_>>,
    default_no_text_within: TimeDelta,
    wordbook: &mut Wordbook,
    problems: &mut Vec<Problem>,
) -> Option<Vec<Rule>> {
    let Some(array) = value.and_then(|v| v.get_ref().as_array()) else {
        let span = value.map_or(0..0, |v| v.span());
        problems.push(Problem::error(span, "there is no rule; write a [[rule]] section for each text a visit gets"));
        return None;
    };
    let mut rules: Vec<Rule> = Vec::new();
    let mut whole = true;
    for element in array.iter() {
        let table = element.get_ref().as_table();
        let section = Section::new("[[rule]]", table, element.span(), problems);
        match read_rule(section, &rules, default_no_text_within, wordbook) {
            Some(rule) => rules.push(rule),
            None => whole = false,
        }
    }
    whole.then_some(rules)
}

fn read_rule(
    mut section: Section<'_, '_, '_>,
    before: &[Rule],
    default_no_text_within: TimeDelta,
    wordbook: &mut Wordbook,
) -> Option<Rule> {
    let name = section.required("name", "\"first-reminder\"", |value| text_as(value, rule_name));
    let lead = section.required("lead", "\"3 business days\"", |value| text_as(value, Lead::parse));
    let at = section.optional("at", |value| text_as(value, time_of_day));
    let types = |value: &Value<'_>| list(value, text);
    let only_types = section.optional("only_types", types).unwrap_or_default();
    let except_types = section.optional("except_types", types).unwrap_or_default();
    let late = [("skip", BookedLate::Skip), ("send", BookedLate::Send)];
    let booked_late = section.optional("booked_late", |value| one_of(value, &late)).unwrap_or_default();
    section.optional("outside_hours", outside_hours);
    let no_text_within = section.optional("no_text_within", no_text_within).unwrap_or(default_no_text_within);
    if at.is_some() && lead.is_some_and(|lead| !lead.takes_at()) {
        section.error("at", "`at` goes with days, weeks or business days; a lead in hours or minutes has its own time");
    }
    let lead = lead.map(|lead| Lead { at, ..lead });
    if let Some(lead) = lead.filter(|lead| lead.longest().is_some_and(|length| length <= no_text_within)) {
        let within = humantime::format_duration(no_text_within.to_std().unwrap_or_default());
        let message = format!("this could never be sent: {lead} is not longer than no_text_within ({within})");
        section.error("lead", message);
    }
    if let Some(twice) = only_types.iter().find(|t| except_types.contains(t)) {
        section.error("except_types", format!("`{twice}` is in only_types too; the rule would never apply to it"));
    }
    if let Some(name) = &name {
        if before.iter().any(|rule| rule.name == *name) {
            section.error(
                "name",
                format!("there is another rule `{name}`; the name tells what was already sent, so it must be unique"),
            );
        }
        words(&mut section, "message", Kind::Message, DEFAULT_MESSAGE, name, wordbook);
        words(&mut section, "context", Kind::Context, DEFAULT_CONTEXT, name, wordbook);
    } else {
        section.raw("message");
        section.raw("context");
    }
    section.finish();
    Some(Rule { name: name?, lead: lead?, only_types, except_types, booked_late, no_text_within })
}

/// A text of the rule; its problems point into it where the file holds it as it reads.
fn words(
    section: &mut Section<'_, '_, '_>,
    key: &'static str,
    kind: Kind,
    default: &str,
    rule: &RuleName,
    wordbook: &mut Wordbook,
) {
    section.optional(key, |value| match value.get_ref() {
        DeValue::Table(_) => fault(format!("this version writes one language: {key} = \"...\"")),
        _ => text(value).map(|_| ()),
    });
    let written = section.raw(key).and_then(|value| Some((value.get_ref().as_str()?.to_owned(), value.span())));
    let (source, span) = written.map_or((default.to_owned(), None), |(source, span)| (source, Some(span)));
    let Err(found) = wordbook.add(rule, kind, &source) else { return };
    let faults: Faults = found
        .into_iter()
        .map(|problem| {
            // Behind a quote of one byte, text without escapes has the length of what it stands for.
            let plain = span.clone().filter(|span| span.len() == source.len() + 2);
            let place =
                plain.zip(problem.range).map(|(span, range)| span.start + 1 + range.start..span.start + 1 + range.end);
            (place, problem.message)
        })
        .collect();
    section.optional(key, |_| Err::<(), Faults>(faults));
}

/// A name that reads well in a table, a log and a command.
fn rule_name(text: &str) -> Result<RuleName, String> {
    let good = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    match !text.trim().is_empty() && text.trim() == text && text.len() <= 60 && text.chars().all(good) {
        true => Ok(RuleName(text.to_owned())),
        false => {
            Err(format!("`{text}` is not a good name; write letters, digits and hyphens, such as \"first-reminder\""))
        }
    }
}
