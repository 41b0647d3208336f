//! What is planned as one: a number, or an appointment without a usable one.

use std::fmt;

use crate::domain::ids::AppointmentId;
use crate::domain::phone::Phone;

/// What is planned as one: a number, or an appointment without a usable one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlanningUnit {
    /// Everything that goes to one number.
    Number(Phone),
    /// One appointment.
    Appointment(AppointmentId),
}

/// For a log: an id, or the number's last digits.
impl fmt::Display for PlanningUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanningUnit::Number(phone) => write!(f, "the number {phone}"),
            PlanningUnit::Appointment(id) => write!(f, "appointment {id}"),
        }
    }
}
