//! One `[[rule]]` of the configuration: a lead, a policy, and the names of the appointments it is for.

use chrono::TimeDelta;

use crate::domain::ids::RuleName;
use crate::domain::lead::Lead;

/// What becomes of an appointment that was booked, or moved, after a reminder of it was already due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BookedLate {
    /// No text.
    #[default]
    Skip,
    /// A text soon after, while it is still of use.
    Send,
}

/// What becomes of a time outside the sending hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutsideHours {
    /// On an open day into that day's hours; on a closed day to the open day before, at the same clock time.
    #[default]
    SameDay,
    /// To half an hour before the closing before it.
    Earlier,
    /// To the next opening.
    Later,
    /// No text.
    Skip,
}

/// When, to whom and under which policy a reminder goes out. Its words stand in the wordbook, under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// How Leadtime knows what was already sent; unique.
    pub name: RuleName,
    /// How long before the start.
    pub lead: Lead,
    /// Only appointments of these types (`type_id`); empty = all.
    pub only_types: Vec<String>,
    /// All but these types.
    pub except_types: Vec<String>,
    /// Which of two texts that exclude each other is kept: the higher one; 0 where nothing is said.
    pub priority: i32,
    /// No text to those who have said yes already.
    pub skip_if_confirmed: bool,
    /// How long after its time a text is still of use; none = until the next text, or near the start.
    pub expires_after: Option<TimeDelta>,
    /// What becomes of a time outside the sending hours.
    pub outside_hours: OutsideHours,
    /// What a late booking gets.
    pub booked_late: BookedLate,
    /// No text this near to the start or nearer.
    pub no_text_within: TimeDelta,
}

impl Rule {
    /// What makes this rule the same rule as yesterday: its lead with the time of day. Words and policy may change.
    pub(crate) fn fingerprint(&self) -> String {
        self.lead.to_string()
    }

    /// Whether the rule is for appointments of this type. An appointment without a type fits no `only_types`.
    pub(crate) fn applies_to(&self, type_id: Option<&str>) -> bool {
        let named = |list: &[String]| type_id.is_some_and(|t| list.iter().any(|name| name == t));
        (self.only_types.is_empty() || named(&self.only_types)) && !named(&self.except_types)
    }
}
