//! Questions about blank cells: a date that appears only in the first row of a day, the number of a parent.

use super::draft::Draft;
use super::profile::{Column, Profile};
use super::request::Answers;
use super::roles::Source;
use super::toml_text::quoted;
use crate::config::feeds::Field;
use crate::domain::count::counted;
use crate::domain::fold::fold;

/// The beginning of an answer that replaces the patients' own numbers.
const ONLY: &str = "only ";

impl Draft {
    /// Asks about a date that appears only in the first row of each day.
    pub(super) fn take_blank_dates(&mut self, profile: &Profile, answers: &Answers) {
        let Some(Source::Joined(parts)) = self.source(Field::StartsAt) else { return };
        let parts: Vec<&Column> = parts.iter().filter_map(|at| profile.columns.get(*at)).collect();
        let [date, time, ..] = parts.as_slice() else { return };
        if date.blank * 4 < date.filled || time.blank * 2 > date.blank {
            return;
        }
        match answers.get("fill").map(String::as_str) {
            Some("yes") => self.fill = Some(date.name.clone()),
            Some(_) => {}
            None => {
                let text = format!(
                    "{} no date in \"{}\"; is it the date of the row above?",
                    counted(date.blank, "row has", "rows have"),
                    date.name
                );
                let name = quoted(&date.name);
                self.hints.push(format!("if a row without a date has the date of the row above: fill = [{name}]"));
                let choices = [("yes", "yes, the date appears only in the first row of each day"), ("no", "no")];
                let choices = choices.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
                self.ask("fill".to_owned(), text, choices);
            }
        }
    }

    /// Asks whether a parent's number may be texted for patients who have none themselves.
    pub(super) fn take_guardian(&mut self, profile: &Profile, answers: &Answers) {
        let named = |at: &usize| profile.columns.get(*at).map(|c| c.name.clone());
        let Some(own) = self.source(Field::Phone).map(Source::columns) else { return };
        let guardians: Vec<String> = self.roles.guardians.iter().filter_map(named).collect();
        if guardians.is_empty() {
            return;
        }
        let only = answers.get("guardian").is_some_and(|answer| answer.starts_with(ONLY));
        let chosen = answers.get("guardian").map(|answer| fold(answer.strip_prefix(ONLY).unwrap_or(answer)));
        let at = chosen.as_ref().and_then(|name| profile.columns.iter().position(|c| fold(&c.name) == *name));
        match (chosen, at) {
            (None, _) => {
                let without = own.first().and_then(|at| profile.columns.get(*at)).map_or(0, |c| c.blank);
                let text = format!(
                    "{} no number in \"{}\"; may the number of a parent, guarantor or spouse be texted instead?",
                    counted(without, "row has", "rows have"),
                    own.first().and_then(named).unwrap_or_default(),
                );
                let phones = [own.first().and_then(named), guardians.first().cloned()];
                let phones: Vec<String> = phones.into_iter().flatten().map(|name| quoted(&name)).collect();
                self.hints.push(format!(
                    "if it may be texted: phone = {{ first_of = [{}] }}; for everybody: phone = {}",
                    phones.join(", "),
                    quoted(&guardians[0])
                ));
                let yes = guardians.iter().map(|name| (name.clone(), format!("yes, {name}")));
                let only = guardians.iter().map(|name| {
                    (
                        format!("{ONLY}{name}"),
                        format!("{name} for everybody, also for patients with a number of their own"),
                    )
                });
                let mut choices: Vec<(String, String)> = yes.chain(only).collect();
                choices.push(("none".to_owned(), "no".to_owned()));
                self.ask("guardian".to_owned(), text, choices);
            }
            (Some(_), Some(at)) if only => {
                self.roles.sources.insert(Field::Phone, Source::Column(at));
            }
            (Some(_), Some(at)) => {
                let all = [own, vec![at]].concat();
                let source = match self.source(Field::Phone) {
                    Some(Source::Joined(_)) => Source::Joined(all),
                    _ => Source::FirstOf(all),
                };
                self.roles.sources.insert(Field::Phone, source);
            }
            (Some(_), None) => {}
        }
    }
}
