//! The JSON of the endpoints Leadtime uses: `POST /sms` (API page api-reference/sms/start-outbound-sms-conversation),
//! `GET /conversations` and `GET /conversations/{id}/messages`. Answers are read leniently: fields and values that are
//! not needed may change.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::conversation::{Listed, OddRow, Page, Said};
use crate::domain::fingerprint;
use crate::domain::ids::ConversationId;
use crate::domain::phone::Phone;
use crate::domain::private::Private;

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
    /// What Annie is told about the patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient_info: Option<PatientInfo>,
    /// What Annie is told about the appointment.
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
    /// Midnight UTC on the birth date, as on the API page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    /// The practice's id for the patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient_id: Option<String>,
}

/// `appointmentInfo`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppointmentInfo {
    /// ISO 8601 with the UTC offset of that moment in the practice's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<String>,
    /// The end, in the same format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<String>,
    /// The practice's code for the appointment type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment_type_id: Option<String>,
    /// What will be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment_description: Option<String>,
    /// The practice's id for the appointment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment_id: Option<String>,
}

impl std::fmt::Debug for SmsRequest {
    /// Shows no fields: everything in a request is private.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SmsRequest([private])")
    }
}

/// The part of the answer that is needed; everything else may change.
#[derive(Deserialize)]
pub(crate) struct SmsResponse {
    success: Option<Value>,
    pub(crate) data: SmsData,
}

impl SmsResponse {
    /// Whether the answer does not report a failure.
    pub(crate) fn is_success(&self) -> bool {
        is_success(self.success.as_ref())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SmsData {
    pub(crate) conversation_id: String,
}

/// Reads a page; none if the body is not one.
pub(crate) fn page(body: &[u8]) -> Option<Page> {
    let value = answer(body)?;
    let rows = value.pointer("/data/conversations")?.as_array()?;
    let total = value.pointer("/data/pagination/totalCount")?.as_u64()?;
    let conversations: Vec<Listed> = rows.iter().filter_map(listed).collect();
    let mut odd: Vec<OddRow> = Vec::new();
    for row in rows.iter().filter(|row| listed(row).is_none()) {
        let hash = fingerprint::of(row.to_string());
        let alike = odd.iter().filter(|other| other.row.starts_with(&hash)).count();
        odd.push(OddRow {
            row: format!("{hash}-{alike}"),
            to: text_of(row, "toNumber").and_then(number),
            started_at: text_of(row, "startTime").and_then(instant),
        });
    }
    Some(Page { conversations, odd, rows: rows.len(), total: usize::try_from(total).ok()? })
}

fn text_of<'v>(row: &'v Value, name: &str) -> Option<&'v str> {
    row.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

fn listed(row: &Value) -> Option<Listed> {
    let text = |name: &str| text_of(row, name);
    let list = |name: &str| {
        let values = row.get(name).and_then(Value::as_array);
        values.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    Some(Listed {
        id: ConversationId(text("conversationId")?.to_owned()),
        medium: text("medium").map(str::to_uppercase),
        to: text("toNumber").and_then(number),
        from: text("fromNumber").and_then(number),
        started_at: text("startTime").and_then(instant),
        status: text("status").map(str::to_owned),
        tags: list("conversationTags"),
        actions: list("actionsNeeded"),
    })
}

/// One of Annie's numbers (API reference: phone number object).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnieNumber {
    /// The number.
    pub phone: Phone,
    /// Whether texts may be sent from it; none if the answer does not say.
    pub outbound: Option<bool>,
}

/// Reads the numbers of an organization; none if the body does not hold them.
pub(crate) fn phone_numbers(body: &[u8]) -> Option<Vec<AnnieNumber>> {
    let value = answer(body)?;
    let one = |row: &Value| {
        let phone = row.get("number").and_then(Value::as_str).and_then(number)?;
        Some(AnnieNumber { phone, outbound: row.get("outbound").and_then(Value::as_bool) })
    };
    Some(value.pointer("/data/phoneNumbers")?.as_array()?.iter().filter_map(one).collect())
}

/// Reads the messages of a conversation, oldest first; none if the body does not hold them.
pub(crate) fn messages(body: &[u8]) -> Option<Vec<Said>> {
    let value = answer(body)?;
    let text = |row: &Value, name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
    let said = |row: &Value| {
        Some(Said {
            id: text(row, "id").filter(|id| !id.trim().is_empty()),
            role: text(row, "role").unwrap_or_default(),
            content: Private(text(row, "content")?),
            at: text(row, "createdAt").as_deref().and_then(instant),
        })
    };
    let all: Vec<Said> = value.get("data")?.as_array()?.iter().filter_map(said).collect();
    // The order is undocumented; a message without a time stays after the neighbor it followed.
    let mut last = None;
    let mut timed: Vec<(Option<DateTime<Utc>>, Said)> = Vec::with_capacity(all.len());
    for said in all {
        last = said.at.or(last);
        timed.push((last, said));
    }
    timed.sort_by_key(|(at, _)| *at);
    Some(timed.into_iter().map(|(_, said)| said).collect())
}

/// An answer to a GET; none if it reports a failure itself: what such an answer lacks proves nothing.
fn answer(body: &[u8]) -> Option<Value> {
    let value: Value = serde_json::from_slice(body).ok()?;
    is_success(value.get("success")).then_some(value)
}

/// `success` is `true`, null, or missing.
fn is_success(said: Option<&Value>) -> bool {
    said.is_none_or(|said| said.is_null() || *said == Value::Bool(true))
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}

/// A number in whatever form the list shows it: the API does not state its format.
fn number(text: &str) -> Option<Phone> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let e164 = match digits.len() {
        10 if !text.starts_with('+') => format!("+1{digits}"),
        _ => format!("+{digits}"),
    };
    Phone::from_e164(&e164)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_reports_a_failure_is_not_a_list() {
        let list = br#"{"success":false,"data":{"conversations":[],"pagination":{"totalCount":0}}}"#;
        assert!(page(list).is_none());
        assert!(page(br#"{"data":{"conversations":[],"pagination":{"totalCount":0}}}"#).is_some());
        assert!(messages(br#"{"success":false,"data":[]}"#).is_none());
        assert!(messages(br#"{"success":null,"data":[]}"#).is_some());
    }

    #[test]
    fn lists_are_read_leniently() {
        let body = br#"{"success":true,"new":1,"data":{"conversations":[
            {"conversationId":"a","medium":"sms","toNumber":"(303) 555-0101","fromNumber":"+13035550199",
             "startTime":"2026-11-09T17:00:00.000Z","status":"OPEN","conversationTags":["x",1]},
            {"conversationId":"b","toNumber":null,"startTime":"soon"}, {"toNumber":"+13035550101"}, 7],
            "pagination":{"offset":0,"limit":100,"totalCount":4}}}"#;
        let page = page(body).unwrap();
        assert_eq!((page.rows, page.total, page.conversations.len(), page.odd.len()), (4, 4, 2, 2));
        assert_eq!((&page.odd[0].to, &page.odd[1].to), (&Phone::from_e164("+13035550101"), &None));
        let first = &page.conversations[0];
        assert_eq!(first.medium.as_deref(), Some("SMS"));
        assert_eq!(first.to, Phone::from_e164("+13035550101"));
        assert_eq!(first.started_at, Some("2026-11-09T17:00:00Z".parse().unwrap()));
        assert_eq!(first.tags, ["x"]);
        assert_eq!((&page.conversations[1].to, page.conversations[1].started_at), (&None, None));
    }

    #[test]
    fn a_body_that_is_not_a_list_is_refused() {
        for body in ["", "{", "[]", r#"{"data":[]}"#, r#"{"data":{"conversations":[]}}"#, "<html>"] {
            assert_eq!(page(body.as_bytes()), None, "{body}");
        }
        for body in ["", "{", "[]", r#"{"data":{}}"#] {
            assert_eq!(messages(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn messages_come_oldest_first() {
        let body = br#"{"data":[{"role":"user","content":"STOP","createdAt":"2026-11-09T18:00:00Z"},
            {"role":"assistant","content":"Hi","createdAt":"2026-11-09T17:00:00Z"},{"role":"x"}]}"#;
        let said: Vec<String> = messages(body).unwrap().into_iter().map(|said| said.content.0).collect();
        assert_eq!(said, ["Hi", "STOP"]);
        let untimed = br#"{"data":[{"role":"assistant","content":"Hi","createdAt":"2026-11-09T17:00:00Z"},
            {"role":"user","content":"STOP"},{"role":"assistant","content":"Bye","createdAt":"2026-11-09T17:01:00Z"}]}"#;
        let said: Vec<String> = messages(untimed).unwrap().into_iter().map(|said| said.content.0).collect();
        assert_eq!(said, ["Hi", "STOP", "Bye"]);
    }
}
