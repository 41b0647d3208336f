//! The result of mapping one row.

use chrono::{DateTime, FixedOffset, NaiveDateTime, SecondsFormat};

use super::report::Reason;
use crate::domain::appointment::{Consent, Status};
use crate::domain::private::Private;

/// An appointment as a feed describes it: the columns of the table `appointments`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedAppointment {
    /// The practice software's id with the feed's prefix, or one derived from patient and start.
    pub id: String,
    /// The patient's id, likewise.
    pub patient_id: String,
    /// Given name.
    pub first_name: Private<Option<String>>,
    /// Family name.
    pub last_name: Private<Option<String>>,
    /// Birth date, `YYYY-MM-DD`.
    pub date_of_birth: Private<Option<String>>,
    /// The phone number as the practice wrote it.
    pub phone: Private<Option<String>>,
    /// A BCP 47 tag.
    pub language: Option<String>,
    /// The kind of appointment.
    pub type_id: Option<String>,
    /// What the appointment is for.
    pub description: Private<Option<String>>,
    /// The provider.
    pub provider: Private<Option<String>>,
    /// The start, with the local UTC offset.
    pub starts_at: DateTime<FixedOffset>,
    /// The end.
    pub ends_at: Option<DateTime<FixedOffset>>,
    /// The appointment's status.
    pub status: Status,
    /// The office.
    pub location: Option<String>,
    /// The feed's name.
    pub feed: String,
    /// When it was booked.
    pub booked_at: Option<DateTime<FixedOffset>>,
    /// Whether the patient agreed to texts.
    pub consent: Option<Consent>,
    /// The local wall-clock start, from which derived ids are made.
    pub local_start: NaiveDateTime,
}

impl MappedAppointment {
    /// Its cells in the order of [`COLUMNS`](crate::domain::appointment::COLUMNS), in the form the table stores.
    pub fn cells(&self) -> Vec<Option<String>> {
        let instant = |at: DateTime<FixedOffset>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let consent = |consent| match consent {
            Consent::Yes => "yes".to_owned(),
            Consent::No => "no".to_owned(),
        };
        vec![
            Some(self.id.clone()),
            Some(self.patient_id.clone()),
            self.first_name.0.clone(),
            self.last_name.0.clone(),
            self.date_of_birth.0.clone(),
            self.phone.0.clone(),
            self.language.clone(),
            self.type_id.clone(),
            self.description.0.clone(),
            self.provider.0.clone(),
            Some(instant(self.starts_at)),
            self.ends_at.map(instant),
            Some(self.status.name().to_owned()),
            self.location.clone(),
            Some(self.feed.clone()),
            self.booked_at.map(instant),
            self.consent.map(consent),
        ]
    }
}

/// The result of mapping a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The row is an appointment.
    Appointment(Box<MappedAppointment>),
    /// The row cancels an appointment and has no readable start.
    Cancelled {
        /// The appointment.
        id: String,
    },
    /// The row is not on the schedule: unscheduled, planned, a note. A known appointment with this id is cancelled.
    Ignored {
        /// The appointment, if it can be identified.
        id: Option<String>,
    },
    /// The row is filtered out by `only`.
    Elsewhere,
    /// The row is refused.
    Refused {
        /// The appointment, if it can be identified. If it is known already, it is left unchanged and gets no texts.
        id: Option<String>,
        /// Whether the id certainly belongs to this row, which is not so when cells may be in the wrong columns. If
        /// not, no appointment counts as missing from this file.
        id_is_sure: bool,
        /// Its start, if it can be read.
        start: Option<DateTime<FixedOffset>>,
        /// The reason.
        reason: Reason,
    },
}

/// A row with its position in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedRow {
    /// Number of the data record, from 1.
    pub record: u64,
    /// The line, from 1.
    pub line: u64,
    /// The result.
    pub outcome: Outcome,
}
