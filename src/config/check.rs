//! Finds problems between keys that are each valid by themselves.

use toml::de::DeTable;

use crate::config::diagnostic::Diagnostic;
use crate::config::lints;
use crate::config::rule_conflicts::{self, Alone, Conflict, Trial};
use crate::config::settings::Config;
use crate::config::spans::{rules_spans, span};
use crate::domain::limits::Limit;
use crate::planner::input::{Mode, Rulebook};

/// Annie's own limit on requests per minute for one organization, over all endpoints (API introduction).
const ANNIES_REQUESTS_PER_MINUTE: u32 = 60;

/// Checks the parts of a configuration against each other.
pub(crate) fn relations(root: &DeTable<'_>, config: &Config, diagnostics: &mut Vec<Diagnostic>) {
    let Config { practice, annie, rulebook: book, .. } = config;
    let place = |section: &str, key: &str| span(root, section, key);
    if practice.from_number == practice.phone {
        let message =
            "from_number is your office line; write your Annie number instead, because texts are sent from it";
        diagnostics.push(Diagnostic::error(place("practice", "from_number"), message));
    }
    if annie.requests_per_minute > ANNIES_REQUESTS_PER_MINUTE {
        let message = format!(
            "Annie allows {ANNIES_REQUESTS_PER_MINUTE} requests per minute for your whole organization; \
             with {} it will refuse some",
            annie.requests_per_minute
        );
        diagnostics.push(Diagnostic::warning(place("annie", "requests_per_minute"), message));
    }
    let calendar = &book.calendar;
    if !calendar.has_windows() {
        let message = format!(
            "no text could ever be sent: these hours in {} never overlap Annie's hours, 9 AM to 8 PM in {}",
            calendar.zone.name(),
            calendar.organization_zone.name()
        );
        diagnostics.push(Diagnostic::error(place("sending", "hours"), message));
    } else if calendar.hours.iter().flatten().any(|hours| hours.opens < 9 * 60 || hours.closes > 20 * 60) {
        let message = "Annie sends texts only from 9 AM to 8 PM; hours outside that range are not used";
        diagnostics.push(Diagnostic::warning(place("sending", "hours"), message));
    }
    if book.mode == Mode::Live && book.only_to.as_ref().is_some_and(|numbers| numbers.is_empty()) {
        diagnostics.push(Diagnostic::warning(place("sending", "only_to"), "only_to is empty, so no one is texted"));
    }
    for (id, calendar) in book.locations.iter().filter(|(_, calendar)| !calendar.has_windows()) {
        let message = format!(
            "no text for location `{id}` could ever be sent: its hours in {} never overlap Annie's hours, 9 AM to 8 PM in {}",
            calendar.zone.name(),
            calendar.organization_zone.name()
        );
        let place = root.get("location").map_or(0..0, |locations| locations.span());
        diagnostics.push(Diagnostic::error(place, message));
    }
    if calendar.has_windows() {
        rules(root, book, diagnostics);
    }
    lints::all(root, config, diagnostics);
}

/// Tries the rules on sample appointments, one at a time and in pairs.
fn rules(root: &DeTable<'_>, book: &Rulebook, diagnostics: &mut Vec<Diagnostic>) {
    let calendar = &book.calendar;
    let trial = Trial::of(book, calendar);
    let spans = rules_spans(root);
    let mut broken = Vec::new();
    for (place, (rule, span)) in book.rules.iter().zip(&spans).enumerate() {
        let reaches = rule.only_types.is_empty() || rule.only_types.iter().any(|kind| rule.applies_to(Some(kind)));
        match trial.alone(rule) {
            _ if !reaches => broken.push(place),
            Alone::Fine => {}
            Alone::Never => {
                let message = format!(
                    "`{}` could never be sent: its time does not fall within the sending hours, or move into them, for any appointment",
                    rule.name
                );
                diagnostics.push(Diagnostic::error(span.of("lead"), message));
                broken.push(place);
            }
            Alone::AlwaysMoved => {
                let message = match rule.lead.at {
                    Some(at) => format!(
                        "{} is outside the sending hours, so each of these texts is moved into them",
                        at.format("%H:%M")
                    ),
                    None => format!(
                        "`{}` always falls outside the sending hours, so each of its texts is moved into them",
                        rule.name
                    ),
                };
                let key = if rule.lead.at.is_some() { "at" } else { "lead" };
                diagnostics.push(Diagnostic::warning(span.of(key), message));
            }
        }
    }
    let mut lost = broken.clone();
    for conflict in trial.conflicts() {
        let Conflict { keeps, loses, .. } = conflict;
        if broken.contains(&keeps) || broken.contains(&loses) || book.rules[keeps].lead == book.rules[loses].lead {
            continue;
        }
        let message = rule_conflicts::describe(&conflict, book, calendar);
        let span = spans.get(loses).map_or(0..0, |span| span.of("lead"));
        let equal = book.rules[keeps].priority == book.rules[loses].priority;
        if conflict.is_the_rule() {
            lost.push(loses);
        }
        diagnostics.push(match conflict.is_the_rule() && equal && conflict.limit.is_some() {
            true => Diagnostic::error(
                span,
                format!("{message}. If you want this, give the rule to keep a higher `priority`"),
            ),
            false => Diagnostic::warning(span, message),
        });
    }
    for (place, limit) in trial.crowded_out().into_iter().filter(|(place, _)| !lost.contains(place)) {
        let most = match limit {
            Limit::SevenDays => format!("{} in 7 days", book.limits.per_7_days),
            Limit::ThirtyDays => format!("{} in 30 days", book.limits.per_30_days),
            Limit::Gap | Limit::Cooldown => "1 in 24 hours".to_owned(),
        };
        let message = format!(
            "`{}` is never sent: all rules together make more texts than one number may get ({most})",
            book.rules[place].name
        );
        diagnostics.push(Diagnostic::warning(spans.get(place).map_or(0..0, |span| span.of("lead")), message));
    }
}
