//! Who acts by hand, and why: the options of every command whose act stands in the audit.

use std::path::Path;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::output::{moment, say, who};
use crate::config::Config;
use crate::domain::operator::Operator;
use crate::domain::shown::shown;
use crate::store::connection::open;
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::{StoreError, Transaction, in_transaction};

/// Who acts, and why.
#[derive(Debug, Args)]
pub(crate) struct By {
    /// Who does it; else the user of this session.
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// Why, in a few words, for the audit; without names.
    #[arg(long, value_name = "WORDS")]
    why: Option<String>,
}

impl By {
    /// Does something in this person's name that opens transactions of its own.
    pub(crate) fn named<R>(&self, work: impl FnOnce(Operator<'_>) -> R) -> R {
        let name = who(self.who.as_deref());
        let why = self.why.as_deref().map(|why| shown(why).into_owned());
        work(Operator { who: name.as_deref(), why: why.as_deref() })
    }

    /// Writes as this person in one transaction, beside a daemon that may be writing.
    pub(crate) fn write<R>(
        &self,
        database: &Path,
        work: impl FnOnce(&Transaction<'_>, Operator<'_>) -> Result<R, StoreError>,
    ) -> Result<R, Failure> {
        // An empty one made by a wrong path would take the word and stop nobody.
        if !database.exists() {
            return Err(StoreError::Missing(database.to_owned()).into());
        }
        let mut connection = open::read_write(database)?;
        Ok(self.named(|operator| in_transaction(&mut connection, |tx| work(tx, operator)))?)
    }
}

/// Puts on record that somebody took patients' data out. Where the database cannot be written, it is said, and the data are
/// given all the same: a copy is needed most when the disk fails.
pub(crate) fn put_on_record(config: &Config, act: Act) -> Result<(), Failure> {
    let (now, name) = (moment(None, &config.practice.zone)?, who(None));
    let noted = open::read_write(&config.database).and_then(|mut connection| {
        let entry = Entry { who: name.as_deref(), ..Entry::new(now, act) };
        in_transaction(&mut connection, |tx| audit::note(tx, &entry))
    });
    if let Err(error) = noted {
        say(&format!("leadtime: this could not be put on record in the audit: {error}"));
    }
    Ok(())
}
