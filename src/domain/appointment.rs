//! One booked appointment, as the practice software has it.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::{AppointmentId, PatientId, is_mark_for_nothing, one_line};
use crate::domain::person::Person;
use crate::domain::private::Private;

/// The columns of the public table `appointments`, in order. Feeds fill them.
pub const COLUMNS: [&str; 17] = [
    "id",
    "patient_id",
    "first_name",
    "last_name",
    "date_of_birth",
    "phone",
    "language",
    "type_id",
    "description",
    "provider",
    "starts_at",
    "ends_at",
    "status",
    "location",
    "feed",
    "booked_at",
    "consent",
];

/// The status of an appointment in the appointment book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Booked; the patient gets reminders.
    Booked,
    /// Booked, and since confirmed.
    Confirmed,
    /// Cancelled.
    Cancelled,
    /// It has taken place.
    Completed,
    /// The patient did not come.
    NoShow,
}

impl Status {
    /// All statuses, with their names in the store and in feeds.
    pub(crate) const NAMES: [(&'static str, Status); 5] = [
        ("booked", Status::Booked),
        ("confirmed", Status::Confirmed),
        ("cancelled", Status::Cancelled),
        ("completed", Status::Completed),
        ("no-show", Status::NoShow),
    ];

    /// The name in the store.
    pub fn name(self) -> &'static str {
        Status::NAMES.iter().find(|(_, s)| *s == self).map_or("booked", |(name, _)| name)
    }

    /// Parses the exact name from the store.
    pub(crate) fn from_name(name: &str) -> Option<Status> {
        Status::NAMES.iter().find(|(n, _)| *n == name).map(|(_, s)| *s)
    }

    /// Whether the appointment is still going to take place, according to the book.
    pub fn is_live(self) -> bool {
        matches!(self, Status::Booked | Status::Confirmed)
    }
}

/// Whether the patient agreed to receive texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Agreed.
    Yes,
    /// Declined. The patient is never texted.
    No,
}

/// One appointment. `Debug` shows ids and times, but nothing that names the patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointment {
    /// The practice software's id of the appointment.
    pub id: AppointmentId,
    /// The practice software's id of the patient.
    pub patient_id: PatientId,
    /// Given name.
    pub first_name: Private<Option<String>>,
    /// Family name.
    pub last_name: Private<Option<String>>,
    /// Birth date.
    pub date_of_birth: Private<Option<NaiveDate>>,
    /// The phone number as the practice wrote it.
    pub phone: Private<Option<String>>,
    /// BCP 47 tag. `None` means the practice's language.
    pub language: Option<String>,
    /// The practice software's code for the type of appointment.
    pub type_id: Option<String>,
    /// What the appointment is for, in the practice's words.
    pub description: Private<Option<String>>,
    /// Who treats the patient.
    pub provider: Private<Option<String>>,
    /// The start.
    pub starts_at: DateTime<Utc>,
    /// The end, if known.
    pub ends_at: Option<DateTime<Utc>>,
    /// The status of the appointment.
    pub status: Status,
    /// Which office. `None` means the only one.
    pub location: Option<String>,
    /// Which feed wrote the row.
    pub feed: Option<String>,
    /// When it was booked, if the feed has it.
    pub booked_at: Option<DateTime<Utc>>,
    /// Whether the patient agreed to receive texts. `None` means unknown.
    pub consent: Option<Consent>,
}

impl Appointment {
    /// The first name to use in a text. `None` if the book has none, or has an export's placeholder for an empty value.
    pub(crate) fn given_name(&self) -> Option<String> {
        let name = self.first_name.as_ref().map(|name| one_line(name))?;
        (!name.is_empty() && !is_mark_for_nothing(&name)).then_some(name)
    }

    /// The patient of this appointment.
    pub(crate) fn person(&self) -> Person {
        Person {
            patient_id: self.patient_id.clone(),
            first_name: Private(self.given_name()),
            last_name: self.last_name.clone(),
            date_of_birth: self.date_of_birth.clone(),
        }
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// A booked cleaning for Sarah Johnson, as in the example in the API documentation.
    pub(crate) fn sarah() -> Appointment {
        Appointment {
            id: "81260683".into(),
            patient_id: "PAT-10432".into(),
            first_name: Private(Some("Sarah".into())),
            last_name: Private(Some("Johnson".into())),
            date_of_birth: Private("1988-03-22".parse().ok()),
            phone: Private(Some("303-555-0142".into())),
            language: None,
            type_id: Some("apt-type-cleaning".into()),
            description: Private(Some("6-month routine cleaning and exam".into())),
            provider: Private(None),
            starts_at: "2025-03-10T15:00:00-06:00".parse().unwrap(),
            ends_at: "2025-03-10T15:30:00-06:00".parse().ok(),
            status: Status::Booked,
            location: None,
            feed: None,
            booked_at: None,
            consent: None,
        }
    }

    #[test]
    fn debug_output_does_not_name_the_patient() {
        let shown = format!("{:?}", sarah());
        for private in ["Sarah", "Johnson", "1988", "0142", "routine"] {
            assert!(!shown.contains(private), "{shown}");
        }
    }
}
