//! Why a request has no page.

use crate::store::StoreError;

/// Why a request has no page.
#[derive(Debug)]
pub(crate) enum Fault {
    /// There is no such page, appointment or task, or this user does not see it.
    NotFound,
    /// The user's role does not allow it.
    Forbidden,
    /// The form does not come from this page, or is too old.
    Stale,
    /// The form is not complete.
    BadForm,
    /// The request is too large.
    TooLarge,
    /// Another method is needed.
    Method,
    /// The database cannot be used now.
    Store(StoreError),
    /// A page cannot be written. This is a mistake in the program.
    Page(minijinja::Error),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        Fault::Store(error)
    }
}

impl From<minijinja::Error> for Fault {
    fn from(error: minijinja::Error) -> Fault {
        Fault::Page(error)
    }
}
