//! Who acts by hand, and why: the options of every command whose act stands in the audit.

use std::path::Path;

use clap::Args;

use super::Failure;
use super::output::who;
use crate::store::answers::Person;
use crate::store::{StoreError, Transaction, open};

/// Who acts, and why.
#[derive(Debug, Args)]
pub(super) struct By {
    /// Who does it; else the user of this session.
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// Why, in a few words, for the audit; without names.
    #[arg(long, value_name = "WORDS")]
    why: Option<String>,
}

impl By {
    /// Writes as this person in one transaction, beside a daemon that may be writing.
    pub(super) fn write<R>(
        &self,
        database: &Path,
        work: impl FnOnce(&Transaction<'_>, Person<'_>) -> Result<R, StoreError>,
    ) -> Result<R, Failure> {
        // An empty one made by a wrong path would take the word and stop nobody.
        if !database.exists() {
            return Err(StoreError::Missing(database.to_owned()).into());
        }
        let mut connection = open::read_write(database)?;
        let name = who(self.who.as_deref());
        let person = Person { who: name.as_deref(), why: self.why.as_deref() };
        Ok(open::at_once(&mut connection, |tx| work(tx, person))?)
    }
}
