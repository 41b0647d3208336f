//! The columns of FHIR appointments, and one row with its cells by name.

use crate::feeds::formats::PROBLEM;

/// The columns, in order.
pub(crate) const COLUMNS: [&str; 21] = [
    "Id",
    "Patient Id",
    "First Name",
    "Last Name",
    "Birth Date",
    "Phone",
    "Home Phone",
    "Language",
    "Type",
    "Description",
    "Provider",
    "Start",
    "End",
    "Minutes",
    "Status",
    "Participant",
    "Location",
    "Location Name",
    "Created",
    "Version",
    PROBLEM,
];

/// One row with its cells by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) patient_id: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) birth_date: String,
    pub(crate) phone: String,
    pub(crate) home_phone: String,
    pub(crate) language: String,
    pub(crate) kind: String,
    pub(crate) description: String,
    pub(crate) provider: String,
    pub(crate) start: String,
    pub(crate) end: String,
    pub(crate) minutes: String,
    pub(crate) status: String,
    pub(crate) participant: String,
    pub(crate) location: String,
    pub(crate) location_name: String,
    pub(crate) created: String,
    pub(crate) version: String,
    pub(crate) problem: String,
}

impl Row {
    /// The cells in the order of [`COLUMNS`].
    pub(crate) fn into_cells(self) -> Vec<String> {
        let cells: [String; COLUMNS.len()] = [
            self.id,
            self.patient_id,
            self.first_name,
            self.last_name,
            self.birth_date,
            self.phone,
            self.home_phone,
            self.language,
            self.kind,
            self.description,
            self.provider,
            self.start,
            self.end,
            self.minutes,
            self.status,
            self.participant,
            self.location,
            self.location_name,
            self.created,
            self.version,
            self.problem,
        ];
        cells.into()
    }
}
