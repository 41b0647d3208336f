//! Builds a request: the words, and as much about the patient and the appointment as the practice chose to tell Annie.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::annie::wire::{AppointmentInfo, PatientInfo, SmsRequest};
use crate::config::{AppointmentField, Config, PatientField};
use crate::domain::appointment::Appointment;
use crate::domain::first_line::FirstLine;
use crate::domain::ids::one_line;
use crate::domain::phone::Phone;
use crate::domain::private::Private;
use crate::wording::wordbook::Texts;

/// The request for a text with these words, whose earliest appointment this is.
pub(crate) fn request(config: &Config, earliest: &Appointment, to: &Phone, texts: Texts) -> (SmsRequest, FirstLine) {
    let request = SmsRequest {
        from_number: config.number_of(config.rulebook.location_of(earliest)).dial().to_owned(),
        to_number: to.dial().to_owned(),
        message: texts.message.0,
        patient_info: patient(earliest, &config.annie.send_patient),
        appointment_info: appointment(config, earliest),
        context: Some(texts.context.0).filter(|context| !context.is_empty()),
    };
    (request, texts.first_line)
}

fn patient(appointment: &Appointment, fields: &[PatientField]) -> Option<PatientInfo> {
    let chosen = |field: PatientField| fields.contains(&field);
    let info = PatientInfo {
        first_name: appointment.given_name().filter(|_| chosen(PatientField::FirstName)),
        last_name: text(&appointment.last_name).filter(|_| chosen(PatientField::LastName)),
        date_of_birth: appointment
            .date_of_birth
            .as_ref()
            .filter(|_| chosen(PatientField::DateOfBirth))
            .map(|date| format!("{date}T00:00:00.000Z")),
        patient_id: Some(appointment.patient_id.0.clone()).filter(|_| chosen(PatientField::PatientId)),
    };
    (info != PatientInfo::default()).then_some(info)
}

fn appointment(config: &Config, appointment: &Appointment) -> Option<AppointmentInfo> {
    let chosen = |field: AppointmentField| config.annie.send_appointment.contains(&field);
    let zone = config.zone(config.rulebook.location_of(appointment));
    let local = |at: DateTime<Utc>| zone.local(at).to_rfc3339_opts(SecondsFormat::Secs, false);
    let info = AppointmentInfo {
        start_time: Some(local(appointment.starts_at)).filter(|_| chosen(AppointmentField::StartTime)),
        end_time: appointment.ends_at.map(local).filter(|_| chosen(AppointmentField::EndTime)),
        appointment_type_id: appointment.type_id.clone().filter(|_| chosen(AppointmentField::Type)),
        appointment_description: text(&appointment.description).filter(|_| chosen(AppointmentField::Description)),
        appointment_id: Some(appointment.id.0.clone()).filter(|_| chosen(AppointmentField::Id)),
    };
    (info != AppointmentInfo::default()).then_some(info)
}

fn text(value: &Private<Option<String>>) -> Option<String> {
    value.as_ref().map(|text| one_line(text)).filter(|text| !text.is_empty())
}
