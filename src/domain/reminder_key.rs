//! What a reminder is about: one appointment, one rule, one start.

use chrono::{DateTime, Utc};

use crate::domain::ids::{AppointmentId, RuleName};

/// What a reminder is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReminderKey {
    /// The appointment.
    pub appointment_id: AppointmentId,
    /// The rule.
    pub rule: RuleName,
    /// The start it reminds of.
    pub start: DateTime<Utc>,
    /// 0, and one more each time the appointment came back to a start already texted.
    pub round: u32,
}
