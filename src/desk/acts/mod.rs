//! What users do: each act checks in its own transaction that the row is still what the user saw, and then does one
//! thing. The next page says what was done and how to take it back.

pub(crate) mod appointments;
pub(crate) mod feeds;
pub(crate) mod numbers;
pub(crate) mod office;
mod seen;
pub(crate) mod tasks;
pub(crate) mod users;

pub(crate) use seen::{of_appointment, of_pause, of_state, of_task, of_user};

use axum::response::Response;
use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::desk::answers::redirect;
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::flash::Flash;
use crate::desk::session::Session;
use crate::desk::times::Times;
use crate::desk::words::Words;
use crate::domain::appointment::Appointment;
use crate::domain::operator::Operator;
use crate::domain::shown::shown;
use crate::store::{StoreError, Transaction};

/// What an act has at hand.
pub(crate) struct Acting<'a> {
    /// Its transaction.
    pub(crate) tx: &'a Transaction<'a>,
    /// The configuration.
    pub(crate) config: &'a Config,
    /// Who acts.
    pub(crate) session: &'a Session,
    /// The user's reason or note.
    pub(crate) note: Option<&'a str>,
    /// The words of the staff.
    pub(crate) words: &'static Words,
    /// Their times.
    pub(crate) times: Times<'a>,
    /// Now.
    pub(crate) now: DateTime<Utc>,
}

impl Acting<'_> {
    /// The user, for the audit.
    pub(crate) fn operator(&self) -> Operator<'_> {
        Operator { who: Some(&self.session.user.name), why: self.note }
    }

    /// The user's name.
    pub(crate) fn who(&self) -> &str {
        &self.session.user.name
    }

    /// Whether the user sees an appointment.
    pub(crate) fn sees(&self, one: &Appointment) -> bool {
        self.session.user.scope.sees(self.config.rulebook.location_of(one))
    }

    /// What the user sees of an appointment after the act, for undoing it.
    pub(crate) fn state(&self, one: &Appointment) -> Result<String, StoreError> {
        of_state(self.tx, self.config, one)
    }

    /// Words with values.
    pub(crate) fn say(&self, key: &str, values: &[(&str, String)]) -> String {
        self.words.say(key, values)
    }
}

/// Does something in one transaction, wakes up the engine, and goes back to the page that the user came from. `work`
/// returns what that page says; none if there is no such thing, or the user does not see it.
pub(crate) async fn act(
    asked: Asked,
    home: &str,
    work: impl FnOnce(&Acting<'_>) -> Result<Option<Flash>, StoreError> + Send + 'static,
) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    let shared = asked.shared.clone();
    let (now, language, hash) = (shared.now(), shared.language(), session.hash.clone());
    let note = asked.form.filled("note").map(|note| shown(&note.chars().take(500).collect::<String>()).into_owned());
    let done = shared
        .write(move |tx, config| {
            let (words, times) = (Words::in_language(language), Times::new(config, language));
            work(&Acting { tx, config, session: &session, note: note.as_deref(), words, times, now })
        })
        .await?;
    shared.nudge.notify_one();
    shared.notes.leave(&hash, done.ok_or(Fault::NotFound)?);
    Ok(redirect(&back(&asked, home)))
}

/// The page of ours that the form names.
pub(crate) fn back(asked: &Asked, home: &str) -> String {
    let named = asked.form.get("back");
    let is_ours = named.starts_with('/')
        && !named.starts_with("//")
        && named.bytes().all(|b| (b'!'..=b'~').contains(&b) && b != b'\\');
    if is_ours { named.to_owned() } else { home.to_owned() }
}
