//! The practice's mapping of Annie's tags and actions. Their vocabulary is undocumented, so the mapping ships empty.

use std::collections::BTreeMap;

use crate::domain::patient_outcome::{OutcomeSource, PatientOutcome};

/// What Annie put on a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// A value of `conversationTags`.
    Tag,
    /// A value of `actionsNeeded`.
    Action,
}

impl Mark {
    /// The code in the store.
    pub fn code(self) -> &'static str {
        match self {
            Mark::Tag => "tag",
            Mark::Action => "action",
        }
    }

    /// Where an outcome from it comes from.
    pub fn source(self) -> OutcomeSource {
        match self {
            Mark::Tag => OutcomeSource::Tag,
            Mark::Action => OutcomeSource::Action,
        }
    }
}

/// What values of Annie's tags and actions mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    tags: BTreeMap<String, PatientOutcome>,
    actions: BTreeMap<String, PatientOutcome>,
    /// An action without a meaning opens a task.
    pub attends_to_any_action: bool,
}

impl Default for Mapping {
    fn default() -> Mapping {
        Mapping { tags: BTreeMap::new(), actions: BTreeMap::new(), attends_to_any_action: true }
    }
}

impl Mapping {
    /// Adds a value. Returns the meaning that it already has, if that is another one.
    pub fn add(&mut self, mark: Mark, value: &str, outcome: PatientOutcome) -> Option<PatientOutcome> {
        let values = match mark {
            Mark::Tag => &mut self.tags,
            Mark::Action => &mut self.actions,
        };
        values.insert(plain(value), outcome).filter(|before| *before != outcome)
    }

    /// The outcome that a value stands for, regardless of upper or lower case and spaces around it.
    pub fn meaning(&self, mark: Mark, value: &str) -> Option<PatientOutcome> {
        let value = plain(value);
        match mark {
            Mark::Tag => self.tags.get(&value).copied(),
            Mark::Action if self.attends_to_any_action => {
                Some(self.actions.get(&value).copied().unwrap_or(PatientOutcome::NeedsALook))
            }
            Mark::Action => self.actions.get(&value).copied(),
        }
    }

    /// Whether the practice gave this value a meaning.
    pub fn is_mapped(&self, mark: Mark, value: &str) -> bool {
        match mark {
            Mark::Tag => self.tags.contains_key(&plain(value)),
            Mark::Action => self.actions.contains_key(&plain(value)),
        }
    }
}

fn plain(value: &str) -> String {
    value.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_without_a_meaning_needs_a_look_and_a_tag_without_one_means_nothing() {
        let mut mapping = Mapping::default();
        assert_eq!(mapping.add(Mark::Tag, "Confirmed", PatientOutcome::Confirmed), None);
        assert_eq!(mapping.add(Mark::Tag, "confirmed ", PatientOutcome::WantsChange), Some(PatientOutcome::Confirmed));
        assert_eq!(mapping.meaning(Mark::Tag, "CONFIRMED"), Some(PatientOutcome::WantsChange));
        assert_eq!(mapping.meaning(Mark::Tag, "other"), None);
        assert_eq!(mapping.meaning(Mark::Action, "call back"), Some(PatientOutcome::NeedsALook));
        mapping.attends_to_any_action = false;
        assert_eq!(mapping.meaning(Mark::Action, "call back"), None);
    }
}
