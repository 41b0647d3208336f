//! What is planned as one unit: a phone number, or an appointment without a usable one.

use std::fmt;

use crate::domain::ids::AppointmentId;
use crate::domain::phone::Phone;

/// A planning unit: everything for one number, or one appointment without a usable number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlanningUnit {
    /// Everything that goes to one number.
    Number(Phone),
    /// One appointment.
    Appointment(AppointmentId),
}

/// For the log: an id, or the number's last digits.
impl fmt::Display for PlanningUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanningUnit::Number(phone) => write!(f, "the number {phone}"),
            PlanningUnit::Appointment(id) => write!(f, "appointment {id}"),
        }
    }
}
