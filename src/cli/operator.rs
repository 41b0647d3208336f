//! Who acts, and why: the options of every command that is recorded in the audit.

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
    /// Who does this. Default: the user of this session.
    #[arg(long, value_name = "NAME")]
    pub(crate) who: Option<String>,
    /// Why, in a few words, for the audit. Do not write names.
    #[arg(long, value_name = "WORDS")]
    pub(crate) why: Option<String>,
}

impl By {
    /// Acts as this person; the work opens its own transactions.
    pub(crate) fn named<R>(&self, work: impl FnOnce(Operator<'_>) -> R) -> R {
        let name = who(self.who.as_deref());
        let why = self.why.as_deref().map(|why| shown(why).into_owned());
        work(Operator { who: name.as_deref(), why: why.as_deref() })
    }

    /// Writes as this person in one transaction; the daemon may be writing at the same time.
    pub(crate) fn write<R>(
        &self,
        database: &Path,
        work: impl FnOnce(&Transaction<'_>, Operator<'_>) -> Result<R, StoreError>,
    ) -> Result<R, Failure> {
        // With a wrong path, an empty database would be created: it would accept the command, and nothing would stop.
        if !database.exists() {
            return Err(StoreError::Missing(database.to_owned()).into());
        }
        let mut connection = open::read_write(database)?;
        Ok(self.named(|operator| in_transaction(&mut connection, |tx| work(tx, operator)))?)
    }
}

/// Records in the audit that somebody took patient data out. If the database cannot be written, this is reported and the data
/// is given out anyway: a copy is needed most when the disk fails.
pub(crate) fn put_on_record(config: &Config, act: Act) -> Result<(), Failure> {
    let (now, name) = (moment(None, &config.practice.zone)?, who(None));
    let noted = open::read_write(&config.database).and_then(|mut connection| {
        let entry = Entry { who: name.as_deref(), ..Entry::new(now, act) };
        in_transaction(&mut connection, |tx| audit::note(tx, &entry))
    });
    if let Err(error) = noted {
        say(&format!("leadtime: this could not be recorded in the audit: {error}"));
    }
    Ok(())
}
