//! Reads the `[[rule]]` sections: lead, policy and texts.

use chrono::TimeDelta;
use toml::de::DeValue;

use crate::config::diagnostic::Diagnostic;
use crate::config::toml_reader::{Faults, Section, Value, boolean, duration, fault, list, one_of, text, text_as};
use crate::config::values::policy::{no_text_within, outside_hours};
use crate::config::words::per_language;
use crate::domain::ids::RuleName;
use crate::domain::language::Language;
use crate::domain::lead::Lead;
use crate::domain::rule::{BookedLate, OutsideHours, Rule};
use crate::domain::time_of_day;
use crate::wording::wordbook::{DEFAULT_CONTEXT, Wordbook, default_message};

/// The values from `[sending]` for rules that do not set their own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Defaults {
    pub(crate) no_text_within: TimeDelta,
    pub(crate) outside_hours: OutsideHours,
}

/// Reads all rules and adds their texts to the wordbook. Returns `None` only with at least one error.
pub(crate) fn read(
    value: Option<&Value<'_>>,
    defaults: Defaults,
    language: Language,
    wordbook: &mut Wordbook,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<Rule>> {
    let Some(array) = value.and_then(|v| v.get_ref().as_array()) else {
        let span = value.map_or(0..0, |v| v.span());
        diagnostics.push(Diagnostic::error(
            span,
            "there is no rule; write a [[rule]] section for each text an appointment should get",
        ));
        return None;
    };
    let mut rules: Vec<Rule> = Vec::new();
    let mut whole = true;
    for element in array.iter() {
        let table = element.get_ref().as_table();
        let section = Section::new("[[rule]]", table, element.span(), diagnostics);
        match read_rule(section, &rules, defaults, language, wordbook) {
            Some(rule) => rules.push(rule),
            None => whole = false,
        }
    }
    whole.then_some(rules)
}

fn read_rule(
    mut section: Section<'_, '_, '_>,
    before: &[Rule],
    defaults: Defaults,
    language: Language,
    wordbook: &mut Wordbook,
) -> Option<Rule> {
    let name = section.required("name", "\"first-reminder\"", |value| text_as(value, rule_name));
    let lead = section.required("lead", "\"3 business days\"", |value| text_as(value, Lead::parse));
    let at = section.optional("at", |value| text_as(value, time_of_day::read));
    let types = |value: &Value<'_>| list(value, text);
    let only_types = section.optional("only_types", types).unwrap_or_default();
    let except_types = section.optional("except_types", types).unwrap_or_default();
    let late = [("skip", BookedLate::Skip), ("send", BookedLate::Send)];
    let booked_late = section.optional("booked_late", |value| one_of(value, &late)).unwrap_or_default();
    let outside_hours = section.optional("outside_hours", outside_hours).unwrap_or(defaults.outside_hours);
    let no_text_within = section.optional("no_text_within", no_text_within).unwrap_or(defaults.no_text_within);
    let priority = section.optional("priority", priority).unwrap_or(0);
    let skip_if_confirmed = section.optional("skip_if_confirmed", boolean).unwrap_or(false);
    let expires_after = section.optional("expires_after", |value| {
        let length = duration(value, 60..=31 * 86_400)?;
        TimeDelta::from_std(length).or_else(|_| fault("too long"))
    });
    if at.is_some() && lead.is_some_and(|lead| !lead.takes_at()) {
        section.error("at", "`at` needs a lead in days, weeks or business days; hours or minutes already set the time");
    }
    let lead = lead.map(|lead| Lead { at, ..lead });
    if let Some(lead) = lead.filter(|lead| lead.longest().is_some_and(|length| length <= no_text_within)) {
        let within = humantime::format_duration(no_text_within.to_std().unwrap_or_default());
        let message = format!("this text could never be sent: {lead} is not longer than no_text_within ({within})");
        section.error("lead", message);
    }
    if let Some(twice) = only_types.iter().find(|t| except_types.contains(t)) {
        section.error("except_types", format!("`{twice}` is also in only_types; the rule would never apply to it"));
    }
    if let Some(name) = &name {
        if before.iter().any(|rule| rule.name == *name) {
            section.error(
                "name",
                format!("another rule is named `{name}`; the name records what was already sent, so it must be unique"),
            );
        }
        messages(&mut section, name, language, wordbook);
        context(&mut section, name, wordbook);
    } else {
        section.raw("message");
        section.raw("context");
    }
    section.finish();
    Some(Rule {
        name: name?,
        lead: lead?,
        only_types,
        except_types,
        priority,
        skip_if_confirmed,
        expires_after,
        outside_hours,
        booked_late,
        no_text_within,
    })
}

/// The messages of a rule, at least in the practice's language.
fn messages(section: &mut Section<'_, '_, '_>, rule: &RuleName, language: Language, wordbook: &mut Wordbook) {
    if section.raw("message").is_none() {
        for (_, language) in Language::CODES {
            // Cannot fail: a test checks that the built-in texts are valid.
            let _ = wordbook.set_message(rule, language, default_message(language));
        }
        return;
    }
    section.optional("message", |value| {
        let mut faults = Faults::new();
        let texts = per_language(value, language)?;
        if !texts.contains_key(&language) {
            faults.push((
                None,
                format!("there is no text in the practice's language; add message.{} = \"...\"", language.code()),
            ));
        }
        for (language, written) in texts {
            if let Err(found) = wordbook.set_message(rule, language, &written.source) {
                faults.extend(written.faults(found));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    });
}

fn context(section: &mut Section<'_, '_, '_>, rule: &RuleName, wordbook: &mut Wordbook) {
    if section.raw("context").is_none() {
        // Cannot fail: a test checks that the built-in context is valid.
        let _ = wordbook.set_context(rule, DEFAULT_CONTEXT);
        return;
    }
    section.optional("context", |value| {
        if matches!(value.get_ref(), DeValue::Table(_)) {
            return fault("Annie reads the context in English; write a single text");
        }
        for written in per_language(value, Language::English)?.into_values() {
            wordbook.set_context(rule, &written.source).map_err(|found| written.faults(found))?;
        }
        Ok(())
    });
}

fn priority(value: &Value<'_>) -> Result<i32, Faults> {
    let number = value.get_ref().as_integer().and_then(|i| i.as_str().parse::<i32>().ok());
    match number.filter(|n| (-1000..=1000).contains(n)) {
        Some(number) => Ok(number),
        None => fault(
            "expected a whole number from -1000 to 1000; if two texts conflict, the one with the higher number is sent",
        ),
    }
}

/// A name that reads well in a table, a log and a command.
fn rule_name(text: &str) -> Result<RuleName, String> {
    let good = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    match !text.trim().is_empty() && text.trim() == text && text.len() <= 60 && text.chars().all(good) {
        true => Ok(RuleName(text.to_owned())),
        false => Err(format!(
            "`{text}` is not a valid rule name; write letters, digits and hyphens, such as \"first-reminder\""
        )),
    }
}
