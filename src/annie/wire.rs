//! The JSON of `POST /sms` (API page: api-reference/sms/start-outbound-sms-conversation).

use serde::{Deserialize, Serialize};

/// The body of `POST /sms`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SmsRequest {
    /// The Annie number, E.164.
    pub from_number: String,
    /// The patient's number, E.164.
    pub to_number: String,
    /// The text, 1 to 500 characters.
    pub message: String,
    /// What Annie learns about the patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient_info: Option<PatientInfo>,
    /// What Annie learns about the visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment_info: Option<AppointmentInfo>,
    /// Background of the conversation, at most 500 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}

/// `patientInfo`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatientInfo {
    /// Given name, at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name, at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Midnight UTC of the birth date, as on the API page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    /// The practice's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient_id: Option<String>,
}

/// `appointmentInfo`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppointmentInfo {
    /// ISO 8601 with the offset of that instant in the practice's zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<String>,
    /// The same of the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<String>,
    /// The practice's code of the kind of visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment_type_id: Option<String>,
    /// What is going to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment_description: Option<String>,
    /// The practice's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment_id: Option<String>,
}

impl std::fmt::Debug for SmsRequest {
    /// Names nobody: a request is private from end to end.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SmsRequest([private])")
    }
}

/// The part of the answer that is needed; everything else may change.
#[derive(Deserialize)]
pub(super) struct SmsResponse {
    pub(super) data: SmsData,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SmsData {
    pub(super) conversation_id: String,
}
