//! `leadtime restore`: restores the database from a copy.

use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::TempPath;

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::output::{configuration, local, moment, print, who};
use crate::config::api_key::Handed;
use crate::domain::count::counted;
use crate::store::connection::place::folder_of;
use crate::store::files::carry_over::CarriedOver;
use crate::store::files::restore::{self, RestoreError};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The copy, made by `leadtime backup`, `[backup]` or Litestream. It is not changed.
    file: PathBuf,
    /// Who does this, for the audit. Default: the user of this session.
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let zone = &config.practice.zone;
    let now = moment(None, zone)?;
    let stamp = zone.local(now).format("%Y%m%d-%H%M%S").to_string();
    let who = who(options.who.as_deref());
    let handed = handed(&config.database)?;
    let copy = handed.as_deref().unwrap_or(&options.file);
    // Errors show the name that the user gave, even if root passed the file on.
    let named = |error: RestoreError| {
        let (from, to) = (copy.display().to_string(), options.file.display().to_string());
        anyhow::anyhow!(error.to_string().replace(&from, &to))
    };
    let restored = restore::restore(copy, &config.database, &stamp, who.as_deref(), now).map_err(named)?;
    let mut text = format!(
        "Restored {} from {}: {}, {} to send a text",
        config.database.display(),
        options.file.display(),
        counted(restored.appointments, "appointment", "appointments"),
        counted(restored.attempts, "attempt", "attempts")
    );
    match restored.last_sign {
        Some(at) => text.push_str(&format!(", as of {}.\n", local(zone, at))),
        None => text.push_str("; no daemon has ever run on it.\n"),
    }
    if let Some(aside) = &restored.aside {
        text.push_str(&format!(
            "The previous database is kept as {}. Delete it once everything works: it contains patient data.\n",
            aside.display()
        ));
    }
    if let Some(CarriedOver { opt_outs, wrong_numbers, pauses, skips, outcomes, .. }) = restored.carried {
        text.push_str(&format!(
            "Entries recorded in it were carried over: changes to {}, {}, {}, {}; {}.\n",
            counted(opt_outs, "opt-out", "opt-outs"),
            counted(wrong_numbers, "wrong number", "wrong numbers"),
            counted(pauses, "pause", "pauses"),
            counted(skips, "skip", "skips"),
            counted(outcomes, "noted outcome", "noted outcomes"),
        ));
    }
    if restored.carried.is_none_or(|carried| !carried.is_all) {
        text.push_str(
            "Entries recorded since the copy was made may be missing. Before you start the service, enter them again: opt-outs\n\
             (and opt-outs that were lifted), wrong numbers, pauses, skipped appointments, and noted outcomes.\n",
        );
    }
    if restored.without_password > 0 {
        text.push_str(
            "Nobody can log in to the front desk's page: its users are those of the copy, and one of them may have been removed\n\
             since. Set each password again (leadtime desk passwd NAME), or remove the user.\n",
        );
    }
    text.push_str(
        "Now import the newest export, then start the service: systemctl start leadtime. It first checks with Annie what went\n\
         out since the copy was made, so that nobody is texted twice.\n",
    );
    print(&text)
}

/// The copy that root passed on, written to a file of this user next to the database.
fn handed(database: &Path) -> Result<Option<TempPath>, Failure> {
    if !Handed::Input.is_here() {
        return Ok(None);
    }
    let mut copy = tempfile::Builder::new().prefix(".leadtime-copy-").tempfile_in(folder_of(database))?;
    std::io::copy(&mut std::io::stdin().lock(), &mut copy)?;
    Ok(Some(copy.into_temp_path()))
}
