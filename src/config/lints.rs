//! Warns about what is valid but probably not intended: wording, which appointments a rule covers, opting out.

use std::ops::Range;

use crate::config::diagnostic::Diagnostic;
use crate::config::settings::Config;
use crate::config::spans::{self, RuleSpans, rules_spans};
use crate::config::text_lints;
use crate::domain::ids::RuleName;
use crate::domain::language::Language;
use crate::domain::rule::Rule;
use crate::planner::input::{Household, Mode};
use crate::wording::segments;
use toml::de::DeTable;

/// Words that carriers and Annie treat as "never text me again" (47 CFR 64.1200(a)(10) lists them).
const OPT_OUT_WORDS: [&str; 7] = ["cancel", "end", "quit", "unsubscribe", "revoke", "stop", "opt out"];

/// Adds every warning about wording and coverage.
pub(crate) fn all(root: &DeTable<'_>, config: &Config, diagnostics: &mut Vec<Diagnostic>) {
    let spans = rules_spans(root);
    for (rule, of_key) in config.rulebook.rules.iter().zip(&spans) {
        wording(config, rule, &|key| of_key.of(key), diagnostics);
        reach(config, rule, &|key| of_key.of(key), diagnostics);
    }
    equal_leads(config, &spans, diagnostics);
    languages(config, &spans, diagnostics);
    let sending = |key: &str| spans::span(root, "sending", key);
    if config.rulebook.household == Household::Separate {
        let message = "with \"separate\", only one of several appointments for one phone number within 24 hours gets a text: \
                       Annie allows one text per number in 24 hours";
        diagnostics.push(Diagnostic::warning(sending("household"), message));
    }
    if config.rulebook.mode == Mode::Live && !tells_the_way_out(config) {
        let message = "no text tells patients how to opt out; write \
                       first_text_line = \"Reply STOP to opt out.\" in [sending]";
        diagnostics.push(Diagnostic::warning(sending("mode"), message));
    }
}

fn wording(config: &Config, rule: &Rule, of_key: &dyn Fn(&str) -> Range<usize>, diagnostics: &mut Vec<Diagnostic>) {
    let name = &config.practice.name;
    for (code, language) in Language::CODES {
        let Some(text) = config.wordbook.sample_message(&rule.name, language) else { continue };
        let which = if language == config.practice.language { String::new() } else { format!(" ({code})") };
        let mut warn = |message: String| {
            diagnostics
                .push(Diagnostic::warning(of_key("message"), format!("the text of `{}`{which} {message}", rule.name)));
        };
        if !config.wordbook.has_room_for_the_line(&rule.name, language) {
            warn("has no room for first_text_line if the patient's name is long: the first text to such a patient goes out without it, and the next one carries it. Shorten the message".to_owned());
        }
        if config.wordbook.has_lines_by_language() && !config.wordbook.has_line(language) {
            warn(format!("gets first_text_line in the practice's language; add first_text_line.{code} = \"...\""));
        }
        if let Some((written, meant)) = text_lints::placeholder(&text) {
            warn(format!("has {written}, which patients would see exactly as written; write {meant}"));
        }
        if let Some(host) = text_lints::shortener(&text) {
            warn(format!(
                "has a link from the public shortener {host}: carriers block such texts; use your own web address"
            ));
        }
        if !text.contains(name.as_str()) {
            warn("does not say who sent it; start it with {{ practice.name }}".to_owned());
        }
        let early = config.wordbook.early_types().find(|kind| rule.applies_to(Some(kind)));
        if let Some(kind) = early.filter(|_| !config.wordbook.says_when_to_arrive(&rule.name, language)) {
            warn(format!(
                "does not tell patients with an appointment of type `{kind}` to arrive early; use {{{{ appointment.when }}}} or {{{{ appointment.arrive }}}}"
            ));
        }
        let cost = segments::cost(&text);
        if cost.segments > 1 {
            let letters: String = cost.foreign.iter().collect();
            let hint = match segments::plainer(&text) {
                Some((_, then)) => format!("; with plain letters instead of {letters} it would cost {}", then.segments),
                None => String::new(),
            };
            warn(format!("costs {} SMS segments for a patient with a long name{hint}", cost.segments));
        }
        if let Some(word) = invited(&text) {
            warn(format!(
                "asks for the reply {}: carriers and Annie treat that word as \"never text me again\"; ask for another word, or for a call",
                word.to_uppercase()
            ));
        }
    }
}

/// An opt-out word that a text asks patients to reply with. Saying that STOP opts out is fine.
fn invited(text: &str) -> Option<&'static str> {
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect();
    let asks = |word: &str| {
        ["reply", "text", "answer", "send", "type", "responda", "conteste", "envíe", "répondez", "envoyez"]
            .contains(&word)
    };
    OPT_OUT_WORDS.into_iter().filter(|word| !matches!(*word, "stop" | "opt out")).find(|out| {
        words.iter().enumerate().any(|(n, word)| {
            let shouted = word.len() > 2 && *word == out.to_uppercase();
            let before = words[n.saturating_sub(4)..n].iter().any(|earlier| asks(&earlier.to_lowercase()));
            word.to_lowercase() == *out
                && (shouted || before && words.get(n.wrapping_sub(1)).is_some_and(|w| asks(&w.to_lowercase())))
        })
    })
}

fn tells_the_way_out(config: &Config) -> bool {
    let tells = |text: &str| {
        let text = text.to_lowercase();
        OPT_OUT_WORDS
            .iter()
            .any(|word| text.split(|c: char| !c.is_alphanumeric() && c != ' ').any(|part| part.contains(word)))
    };
    let first = config.wordbook.first_text_line().is_some_and(tells);
    let mut rules = config.rulebook.rules.iter();
    first
        || rules.all(|rule| {
            config.wordbook.sample_message(&rule.name, config.practice.language).is_some_and(|text| tells(&text))
        })
}

fn reach(config: &Config, rule: &Rule, of_key: &dyn Fn(&str) -> Range<usize>, diagnostics: &mut Vec<Diagnostic>) {
    let known: Vec<&str> = config.wordbook.type_ids().collect();
    if rule.only_types.is_empty() || known.is_empty() {
        return;
    }
    for kind in rule.only_types.iter().filter(|kind| !known.contains(&kind.as_str())) {
        let near = crate::domain::ids::nearest(kind, known.iter().copied());
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let message = format!(
            "`{kind}` is not in [appointment_types], and `{}` is sent only for the types in only_types{near}",
            rule.name
        );
        diagnostics.push(Diagnostic::warning(of_key("only_types"), message));
    }
}

fn equal_leads(config: &Config, spans: &[RuleSpans<'_, '_>], diagnostics: &mut Vec<Diagnostic>) {
    let rules = &config.rulebook.rules;
    for (n, rule) in rules.iter().enumerate() {
        let same = |other: &&Rule| {
            other.lead == rule.lead && other.only_types == rule.only_types && other.except_types == rule.except_types
        };
        if let (Some(first), Some(span)) = (rules[..n].iter().find(same), spans.get(n)) {
            let message =
                format!("`{}` has the same lead as `{}`; an appointment gets only one of them", rule.name, first.name);
            diagnostics.push(Diagnostic::warning(span.of("lead"), message));
        }
    }
}

/// Warns about a language that one rule has and another lacks.
fn languages(config: &Config, spans: &[RuleSpans<'_, '_>], diagnostics: &mut Vec<Diagnostic>) {
    let has = |rule: &RuleName, language| config.wordbook.has_message(rule, language);
    let rules = &config.rulebook.rules;
    for (code, language) in Language::CODES {
        let written = |span: &RuleSpans<'_, '_>| {
            let message = span.element.get_ref().get("message");
            message.and_then(|text| text.get_ref().as_table()).is_some_and(|table| table.contains_key(code))
        };
        if language == config.practice.language || !spans.iter().any(written) {
            continue;
        }
        for (rule, span) in rules.iter().zip(spans).filter(|(rule, _)| !has(&rule.name, language)) {
            let message = format!(
                "`{}` has no message.{code}: patients whose language is {} get the text in {}",
                rule.name,
                language.name(),
                config.practice.language.name()
            );
            diagnostics.push(Diagnostic::warning(span.of("message"), message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_asks_for_an_opt_out_word_is_found() {
        for (text, word) in [
            ("Reply CANCEL to cancel.", Some("cancel")),
            ("Reply C to confirm or CANCEL to call it off.", Some("cancel")),
            ("Text end if you cannot come.", Some("end")),
            ("Need to cancel? Call 303-555-0100.", None),
            ("Reply STOP to opt out.", None),
            ("See you at the end of the week. Reply or call.", None),
        ] {
            assert_eq!(invited(text), word, "{text}");
        }
    }
}
