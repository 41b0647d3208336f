//! What the next page says about the last act, kept in memory for each session.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

/// A page that is asked for again within this time is the same view.
const ONE_VIEW: Duration = Duration::from_secs(10 * 60);

/// No session lasts longer.
const LONGEST: Duration = Duration::from_secs(12 * 3600);

/// A sentence at the top of the next page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Flash {
    /// The sentence.
    pub(crate) text: String,
    /// It is about something that did not happen.
    pub(crate) is_bad: bool,
    /// How to take the act back.
    pub(crate) undo: Option<Undo>,
}

/// A form that takes an act back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Undo {
    /// Where it is posted.
    pub(crate) path: String,
    /// Its fields.
    pub(crate) fields: Vec<(String, String)>,
}

impl Flash {
    /// Something was done.
    pub(crate) fn done(text: String) -> Flash {
        Flash { text, is_bad: false, undo: None }
    }

    /// Something was not done.
    pub(crate) fn not_done(text: String) -> Flash {
        Flash { text, is_bad: true, undo: None }
    }

    /// It can be taken back.
    pub(crate) fn undone_by(self, path: String, fields: &[(&str, &str)]) -> Flash {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Flash { undo: Some(Undo { path, fields }), ..self }
    }
}

/// What a session left behind for its next page.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// By the hash of the session's token.
    all: Mutex<HashMap<String, Note>>,
}

#[derive(Debug, Default, Clone)]
struct Note {
    flash: Option<Flash>,
    searched: String,
    /// What was viewed, and when since the machine booted.
    viewed: HashMap<String, Duration>,
    /// The last view.
    last: Option<Duration>,
}

impl Notes {
    fn with<R>(&self, session: &str, work: impl FnOnce(&mut Note) -> R) -> R {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        work(all.entry(session.to_owned()).or_default())
    }

    /// Leaves a sentence for the next page.
    pub(crate) fn leave(&self, session: &str, flash: Flash) {
        self.with(session, |note| note.flash = Some(flash));
    }

    /// Takes the sentence.
    pub(crate) fn take(&self, session: &str) -> Option<Flash> {
        self.with(session, |note| note.flash.take())
    }

    /// What the session searched for: it must not be in an address.
    pub(crate) fn search(&self, session: &str, words: String) {
        self.with(session, |note| note.searched = words);
    }

    /// The words of the last search.
    pub(crate) fn searched(&self, session: &str) -> String {
        self.with(session, |note| note.searched.clone())
    }

    /// Whether a view is to be recorded: an open page asks again by itself, which is not another view.
    pub(crate) fn is_new_view(&self, session: &str, what: &str, boot: Duration) -> bool {
        self.with(session, |note| {
            note.last = Some(boot);
            note.viewed.retain(|_, at| boot.saturating_sub(*at) < ONE_VIEW);
            !note.viewed.contains_key(what)
        })
    }

    /// A view was recorded.
    pub(crate) fn was_viewed(&self, session: &str, what: &str, boot: Duration) {
        self.with(session, |note| note.viewed.insert(what.to_owned(), boot));
    }

    /// Forgets sessions that must have ended.
    pub(crate) fn forget_old(&self, boot: Duration) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, note| note.last.is_some_and(|last| boot.saturating_sub(last) < LONGEST));
    }

    /// Forgets a session.
    pub(crate) fn forget(&self, session: &str) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
    }
}
