//! What is planned as one: a number, or an appointment without a usable one.

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

impl PlanningUnit {
    /// For a log: an id, or the number's last digits.
    pub fn words(&self) -> String {
        match self {
            PlanningUnit::Number(phone) => format!("the number {phone}"),
            PlanningUnit::Appointment(id) => format!("appointment {id}"),
        }
    }
}
