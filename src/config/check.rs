//! What is wrong between keys that are each right by themselves.

use std::ops::Range;

use chrono::Timelike;
use toml::de::DeTable;

use super::Config;
use super::problem::Problem;
use crate::domain::rule::Rule;
use crate::planner::facts::{Mode, Rulebook};

/// Annie's own limit of requests a minute for one organization, all endpoints together (API introduction).
const ANNIES_REQUESTS_PER_MINUTE: u32 = 60;

/// Holds the parts of a configuration against each other.
pub(super) fn relations(root: &DeTable<'_>, config: &Config, problems: &mut Vec<Problem>) {
    let Config { practice, annie, rulebook: book, .. } = config;
    let place = |section: &str, key: &str| span(root, section, key);
    if practice.from_number == practice.phone {
        let message = "from_number is your office line; it must be your Annie number: texts come from it";
        problems.push(Problem::error(place("practice", "from_number"), message));
    }
    if annie.requests_per_minute > ANNIES_REQUESTS_PER_MINUTE {
        let message = format!(
            "Annie allows {ANNIES_REQUESTS_PER_MINUTE} requests a minute for everything your organization does; \
             with {} she will refuse some",
            annie.requests_per_minute
        );
        problems.push(Problem::warning(place("annie", "requests_per_minute"), message));
    }
    let calendar = &book.calendar;
    if !calendar.has_windows() {
        let message = format!(
            "no text could ever leave: these hours in {} never meet Annie's 9 AM to 8 PM in {}",
            calendar.zone.name(),
            calendar.organization_zone.name()
        );
        problems.push(Problem::error(place("sending", "hours"), message));
    } else if calendar.hours.iter().flatten().any(|hours| hours.opens < 9 * 60 || hours.closes > 20 * 60) {
        let message = "Annie texts from 9 AM to 8 PM only; hours beyond that are not used";
        problems.push(Problem::warning(place("sending", "hours"), message));
    }
    if book.mode == Mode::Live && book.only_to.as_ref().is_some_and(|numbers| numbers.is_empty()) {
        problems.push(Problem::warning(place("sending", "only_to"), "only_to is empty: nobody is texted"));
    }
    let spans: Vec<&toml::Spanned<toml::de::DeValue<'_>>> =
        root.get("rule").and_then(|rules| rules.get_ref().as_array()).map(|a| a.iter().collect()).unwrap_or_default();
    for (rule, element) in book.rules.iter().zip(spans) {
        let of_key = |key: &str| element.get_ref().get(key).map_or_else(|| element.span(), |value| value.span());
        rule_alone(rule, book, &of_key, problems);
    }
}

fn rule_alone(rule: &Rule, book: &Rulebook, of_key: &dyn Fn(&str) -> Range<usize>, problems: &mut Vec<Problem>) {
    if let Some(at) = rule.lead.at {
        let minute = at.num_seconds_from_midnight() / 60;
        let mut hours = book.calendar.hours.iter().flatten();
        if hours.all(|hours| minute < hours.opens || minute >= hours.closes) {
            let message =
                format!("{} is outside the sending hours; each of these texts is moved into them", at.format("%H:%M"));
            problems.push(Problem::warning(of_key("at"), message));
        }
    }
}

fn span(root: &DeTable<'_>, section: &str, key: &str) -> Range<usize> {
    let Some(section) = root.get(section) else { return 0..0 };
    section.get_ref().get(key).map_or_else(|| section.span(), |value| value.span())
}
