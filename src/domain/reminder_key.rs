//! The key of a reminder: one appointment, one rule, one start time, one round.

use chrono::{DateTime, Utc};

use crate::domain::ids::{AppointmentId, RuleName};

/// Identifies a reminder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReminderKey {
    /// The appointment.
    pub appointment_id: AppointmentId,
    /// The rule.
    pub rule: RuleName,
    /// The start time that the reminder is for.
    pub start: DateTime<Utc>,
    /// Starts at 0 and increases by one each time the appointment moves back to a start that was already texted.
    pub round: u32,
}
