//! What becomes of one row.

use chrono::{DateTime, FixedOffset, NaiveDateTime, SecondsFormat};

use super::report::Reason;
use crate::domain::appointment::{Consent, Status};
use crate::domain::private::Private;

/// An appointment as a feed tells it: the columns of the table `appointments`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedAppointment {
    /// The practice system's id, with the feed's prefix; or one made from patient and start.
    pub id: String,
    /// The patient's id, likewise.
    pub patient_id: String,
    /// Given name.
    pub first_name: Private<Option<String>>,
    /// Family name.
    pub last_name: Private<Option<String>>,
    /// Birth date, `YYYY-MM-DD`.
    pub date_of_birth: Private<Option<String>>,
    /// The number as the practice wrote it.
    pub phone: Private<Option<String>>,
    /// BCP 47.
    pub language: Option<String>,
    /// The kind of appointment.
    pub type_id: Option<String>,
    /// What is going to be done.
    pub description: Private<Option<String>>,
    /// Who is going to do it.
    pub provider: Private<Option<String>>,
    /// The start, with the offset of the place.
    pub starts_at: DateTime<FixedOffset>,
    /// The end.
    pub ends_at: Option<DateTime<FixedOffset>>,
    /// Where the appointment stands.
    pub status: Status,
    /// Which office.
    pub location: Option<String>,
    /// The feed's name.
    pub feed: String,
    /// When it was booked.
    pub booked_at: Option<DateTime<FixedOffset>>,
    /// Whether the patient agreed to texts.
    pub consent: Option<Consent>,
    /// The wall clock's start, from which derived ids are made.
    pub local_start: NaiveDateTime,
}

impl MappedAppointment {
    /// Its cells in the order of [`COLUMNS`](crate::domain::appointment::COLUMNS), as the table takes them.
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

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is an appointment.
    Appointment(Box<MappedAppointment>),
    /// It cancels an appointment and has no start that can be read.
    Cancelled {
        /// The appointment.
        id: String,
    },
    /// It is off the book: unscheduled, planned, a note. An appointment known under this id is cancelled.
    Ignored {
        /// The appointment, if it can be told.
        id: Option<String>,
    },
    /// It is none of this feed's (`only`).
    Elsewhere,
    /// It is held back.
    Refused {
        /// The appointment, if it can be told. A known one is held as it is.
        id: Option<String>,
        /// Whether the id is surely this row's; not where cells may stand in wrong columns. If not, nothing counts as
        /// missing from this file.
        id_is_sure: bool,
        /// Its start, if it can be read.
        start: Option<DateTime<FixedOffset>>,
        /// Why.
        reason: Reason,
    },
}

/// A row with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedRow {
    /// Number of the data record, from 1.
    pub record: u64,
    /// Its line, from 1.
    pub line: u64,
    /// What became of it.
    pub outcome: Outcome,
}
