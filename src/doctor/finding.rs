//! One check by `doctor`: what was checked, the result, and what to do about it.

use crate::domain::sentence::Sentence;

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Nothing to do.
    Good,
    /// It works, but somebody should look at it.
    Look,
    /// It does not work.
    Bad,
}

impl Mark {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Mark::Good => "ok",
            Mark::Look => "look",
            Mark::Bad => "WRONG",
        }
    }
}

/// One thing that was checked.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) mark: Mark,
    pub(crate) what: &'static str,
    pub(crate) found: Sentence,
    /// What to do about it.
    pub(crate) remedy: Option<Sentence>,
}

impl Finding {
    pub(crate) fn good(what: &'static str, found: impl Into<Sentence>) -> Finding {
        Finding { mark: Mark::Good, what, found: found.into(), remedy: None }
    }

    pub(crate) fn look(what: &'static str, found: impl Into<Sentence>, remedy: impl Into<Sentence>) -> Finding {
        Finding { mark: Mark::Look, what, found: found.into(), remedy: Some(remedy.into()) }
    }

    pub(crate) fn bad(what: &'static str, found: impl Into<Sentence>, remedy: impl Into<Sentence>) -> Finding {
        Finding { mark: Mark::Bad, what, found: found.into(), remedy: Some(remedy.into()) }
    }
}
