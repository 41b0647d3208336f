//! `[annie.limits]`: Annie's limits for one number, which can only be made tighter.

use chrono::TimeDelta;

use crate::config::diagnostic::Diagnostic;
use crate::config::toml_reader::{Section, Value, duration, fault, whole_number};
use crate::domain::limits::Limits;

/// Reads `[annie.limits]`: Annie's own limits, or tighter ones.
pub(crate) fn read(value: Option<&Value<'_>>, diagnostics: &mut Vec<Diagnostic>) -> Limits {
    let annies = Limits::default();
    let Some(value) = value else { return annies };
    if value.get_ref().as_table().is_none() {
        diagnostics
            .push(Diagnostic::error(value.span(), "[annie.limits] is a section: write [annie.limits] on its own line"));
    }
    let mut section = Section::new("[annie.limits]", value.get_ref().as_table(), value.span(), diagnostics);
    let min_gap = section.optional("min_gap", |value| {
        duration(value, 0..=30 * 86_400).and_then(|gap| match TimeDelta::from_std(gap) {
            Ok(gap) if gap >= annies.min_gap => Ok(gap),
            _ => fault("Annie allows one text per number in 24 hours; the gap can only be longer"),
        })
    });
    let most = |annies: usize| {
        move |value: &Value<'_>| match whole_number(value, 1..=u32::try_from(annies).unwrap_or(1)) {
            Ok(number) => Ok(number as usize),
            Err(_) => fault(format!(
                "expected a whole number from 1 to {annies}: Annie's own limit is {annies}, and you can only make it tighter"
            )),
        }
    };
    let limits = Limits {
        min_gap: min_gap.unwrap_or(annies.min_gap),
        per_7_days: section.optional("per_7_days", most(annies.per_7_days)).unwrap_or(annies.per_7_days),
        per_30_days: section.optional("per_30_days", most(annies.per_30_days)).unwrap_or(annies.per_30_days),
        cooldown_after: section
            .optional("cooldown_after", most(annies.cooldown_after))
            .unwrap_or(annies.cooldown_after),
    };
    section.finish();
    limits
}
