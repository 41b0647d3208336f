//! One `[[rule]]` of the configuration: a lead, a policy, and the appointment types it applies to.

use chrono::TimeDelta;

use crate::domain::ids::RuleName;
use crate::domain::lead::Lead;

/// What happens when an appointment is booked or moved after its reminder was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BookedLate {
    /// No text.
    #[default]
    Skip,
    /// A text soon after, if it can still be sent in time.
    Send,
}

/// What happens to a due time outside the sending hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutsideHours {
    /// On an open day, it moves into that day's hours. On a closed day, it moves to the previous open day at the same
    /// clock time.
    #[default]
    SameDay,
    /// It moves to half an hour before the previous closing time.
    Earlier,
    /// It moves to the next opening time.
    Later,
    /// No text.
    Skip,
}

/// When, to whom, and under which policy a reminder goes out. The wordbook has its wording under the rule's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Unique. Identifies which reminders were already sent.
    pub name: RuleName,
    /// How long before the start.
    pub lead: Lead,
    /// Only appointments of these types (`type_id`). Empty means all.
    pub only_types: Vec<String>,
    /// All except these types.
    pub except_types: Vec<String>,
    /// When two texts exclude each other, the one with the higher priority is kept. 0 if not configured.
    pub priority: i32,
    /// No text to patients who have already confirmed.
    pub skip_if_confirmed: bool,
    /// How long after its due time a text can still be sent. `None` means until the next text is due, or until close to
    /// the start.
    pub expires_after: Option<TimeDelta>,
    /// What happens to a due time outside the sending hours.
    pub outside_hours: OutsideHours,
    /// What happens to a late booking.
    pub booked_late: BookedLate,
    /// No text within this time before the start.
    pub no_text_within: TimeDelta,
}

impl Rule {
    /// Identifies the rule across changes of the configuration: its lead with the time of day. Wording and policy may
    /// change.
    pub(crate) fn fingerprint(&self) -> String {
        self.lead.to_string()
    }

    /// Whether the rule applies to appointments of this type. An appointment without a type matches no `only_types`.
    pub(crate) fn applies_to(&self, type_id: Option<&str>) -> bool {
        let named = |list: &[String]| type_id.is_some_and(|t| list.iter().any(|name| name == t));
        (self.only_types.is_empty() || named(&self.only_types)) && !named(&self.except_types)
    }
}
