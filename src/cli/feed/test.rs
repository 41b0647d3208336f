//! `leadtime feed test`: reads an export with a feed's settings, without writing anything.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::export_file::{ExportFile, feed_named};
use crate::cli::failure::Failure;
use crate::cli::feed::pull::asked;
use crate::cli::output::{configuration, local, moment, print, say};
use crate::config::feeds::Field;
use crate::config::values::zones::Zones;
use crate::domain::appointment::Consent;
use crate::feeds::importing;
use crate::feeds::mapping::{MappedAppointment, MappingError, Outcome, map_file, masked};

/// How many rows are shown.
const ROWS: usize = 10;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The feed's name.
    name: String,
    /// An export of this feed. Not needed for a feed that reads a database, a server or an address.
    file: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let feed = feed_named(&config, &options.name)?;
    if feed.own_columns {
        let text = "its files have Leadtime's own columns, which are not mapped; use leadtime import --dry-run instead";
        return Err(Failure::Usage(anyhow::anyhow!("{}: {text}", feed.name)));
    }
    let now = moment(None, &config.practice.zone)?;
    let export = match (feed.pulled(), &options.file) {
        (None, Some(file)) => {
            ExportFile::open(file, feed.settings.max_file)?.for_feed(&feed, &config.practice.zone, now)?
        }
        (Some(_), None) => asked(&feed, &config, now)?,
        (None, None) => {
            return Err(Failure::Usage(anyhow::anyhow!("{} reads files; name one of its exports", feed.name)));
        }
        (Some(_), Some(_)) => {
            return Err(Failure::Usage(anyhow::anyhow!("{} is read by the service; leave the file out", feed.name)));
        }
    };
    let feed = export.settings_of(&feed);
    export.notes().iter().for_each(|note| say(&format!("{}: {note}", export.name)));
    let zones = Zones::of_this_machine();
    let context = importing::context(&config, &zones, now);
    let mut rows: Vec<MappedAppointment> = Vec::new();
    let mut consent = BTreeMap::<&str, u64>::new();
    let mapped = map_file(
        || export.source(),
        &feed,
        &context,
        |row| -> Result<(), MappingError> {
            let Outcome::Appointment(appointment) = row.outcome else { return Ok(()) };
            *consent.entry(consent_word(appointment.consent)).or_default() += 1;
            if rows.len() < ROWS {
                rows.push(*appointment);
            }
            Ok(())
        },
    );
    let (_, report) = mapped.map_err(|error| anyhow::anyhow!("{}: {error}", export.name))?;
    let named = std::io::stdout().is_terminal();
    let private = |text: Option<&str>| match (text, named) {
        (None, _) => "-".to_owned(),
        (Some(text), true) => text.to_owned(),
        (Some(text), false) => masked(text),
    };
    let mut text = format!("{}: {}\n", export.name, report.summary());
    for row in &rows {
        let names = [&row.first_name, &row.last_name].into_iter().filter_map(|name| name.0.as_deref());
        let name = names.collect::<Vec<_>>().join(" ");
        let location = row.location.as_ref().and_then(|id| context.locations.get(id)).and_then(Option::as_ref);
        text.push_str(&format!(
            "  {}  {}  {}  {}  {}\n",
            row.id,
            local(location.unwrap_or(&context.zone), row.starts_at.to_utc()),
            row.status.name(),
            private(Some(name.as_str())),
            private(row.phone.0.as_deref())
        ));
    }
    if feed.columns.get(Field::Consent).is_some() && !consent.is_empty() {
        let counts: Vec<String> = consent.iter().map(|(word, count)| format!("{count} {word}")).collect();
        text.push_str(&format!("Consent to texts: {}.\n", counts.join(", ")));
    }
    for line in report.lines() {
        text.push_str(&format!("{line}\n"));
    }
    print(&text)?;
    match report.refused {
        0 => Ok(()),
        _ => Err(Failure::AlreadyReported(1)),
    }
}

fn consent_word(consent: Option<Consent>) -> &'static str {
    match consent {
        Some(Consent::Yes) => "yes",
        Some(Consent::No) => "no",
        None => "not stated",
    }
}
