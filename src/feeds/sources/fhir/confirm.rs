//! Writes a patient's confirmation to an appointment on its FHIR server, after reading it again.

use chrono::{DateTime, Utc};
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::Value;

use crate::config::feeds::FhirServer;
use crate::feeds::formats::fhir::{Confirmation, WhyNot, accepted};
use crate::feeds::sources::fetch_error::FetchError;
use crate::feeds::sources::fhir::session::{FHIR_JSON, Session, why};
use crate::feeds::sources::fhir::sign_in::SignIn;
use crate::feeds::sources::web::{Request, below};

/// The largest appointment that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Confirmed {
    /// The server took it.
    Sent,
    /// The server shows it already.
    Already,
    /// Somebody changed the appointment meanwhile.
    Changed,
    /// It must not be written. The reason.
    No(String),
}

/// Confirms an appointment, unless it has changed on the server.
pub(crate) async fn confirm(
    server: &FhirServer,
    secret: Option<SecretString>,
    sign_in: &mut SignIn,
    confirmation: &Confirmation<'_>,
    now: DateTime<Utc>,
) -> Result<Confirmed, FetchError> {
    let mut session = Session::new(server, secret, sign_in, LARGEST, now)?;
    // A group's row has the patient's id after the appointment's.
    let id = confirmation.id.split('/').next().unwrap_or_default();
    let url = below(&server.web.url, &format!("Appointment/{id}"));
    let got = session.get(url.clone(), None).await?;
    match got.status {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Confirmed::No("the appointment is gone".to_owned())),
        status => return Err(session.web.refusal(status, why(&got.body))),
    }
    let unreadable = |why: &str| FetchError::Unreadable { server: session.web.label(), why: why.to_owned() };
    let appointment: Value = serde_json::from_slice(&got.body).map_err(|_| unreadable("it is not JSON"))?;
    let patch = match accepted(&appointment, confirmation) {
        Ok(patch) => patch,
        Err(WhyNot::AlreadyAccepted) => return Ok(Confirmed::Already),
        Err(why) => return Ok(Confirmed::No(why.to_string())),
    };
    // Without a version, another change between the read and the write could be undone.
    let version = got.etag.or_else(|| patch.version.map(|version| format!("W/\"{version}\"")));
    let Some(version) = version else {
        return Err(unreadable("it does not say which version it is, so a change would not be safe"));
    };
    let login = session.login().await?;
    let body = Some((Method::PATCH, "application/json-patch+json", patch.body.to_string().into_bytes()));
    let only_if = Some(version.as_str());
    let request = Request { login: login.as_ref(), accept: FHIR_JSON, only_if, body, ..Request::default() };
    let got = session.web.ask(url, request).await?;
    match got.status {
        status if status.is_success() => Ok(Confirmed::Sent),
        StatusCode::PRECONDITION_FAILED | StatusCode::CONFLICT => Ok(Confirmed::Changed),
        status => Err(session.web.refusal(status, why(&got.body))),
    }
}
