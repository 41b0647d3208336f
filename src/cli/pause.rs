//! `leadtime pause`, `resume` and `skip`: stop texts by hand, and start them again.

use std::path::PathBuf;

use chrono::DateTime;
use clap::Args;

use crate::actions::pause::{self, Paused};
use crate::actions::skip::{self, Skipped};
use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::named;
use crate::cli::operator::By;
use crate::cli::output::{configuration, database_at_least, local, moment, no_daemon, print, time, utc};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::domain::ids::RuleName;
use crate::store::connection::open;

#[derive(Debug, Args)]
pub(crate) struct Pause {
    /// Pause until this time in the practice's time zone, such as 5pm (today) or "2026-03-09 10:00". Default: until `leadtime resume`.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Pause only this location. Default: everywhere.
    #[arg(long, value_name = "ID")]
    location: Option<String>,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    config: ConfigOption,
}

#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// End the pause of this location. Default: end the pause that applies everywhere.
    #[arg(long, value_name = "ID")]
    location: Option<String>,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    config: ConfigOption,
}

#[derive(Debug, Args)]
pub(crate) struct Skip {
    /// The id of the appointment, or the patient's name or number if only one appointment is upcoming.
    #[arg(required = true, num_args = 1..)]
    appointment: Vec<String>,
    /// Only the text of this rule. Default: all texts.
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Restore the texts.
    #[arg(long)]
    off: bool,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn pause(options: &Pause) -> Result<(), Failure> {
    let (database, config) = to_stop_or_go_on(&options.config, options.location.as_deref())?;
    if let Some(config) = &config {
        known_location(config, options.location.as_deref())?;
    }
    let now = SystemClock.now();
    let until = match (&options.until, &config) {
        (None, _) => None,
        (Some(text), Some(config)) => Some(time("--until", text, &config.practice.zone)?),
        (Some(text), None) => Some(DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).map_err(|_| {
            Failure::Usage(anyhow::anyhow!(
                "--until {text}: the practice's time zone is not known while the configuration has an error; write a time like 2026-03-09T10:00:00-06:00, or leave out --until"
            ))
        })?),
    };
    let location = options.location.as_deref();
    let paused = options.by.write(&database, |tx, operator| pause::pause(tx, location, until, operator, now))?;
    let Paused::Until(until) = paused else {
        return Err(Failure::Usage(anyhow::anyhow!("--until is in the past; nothing changed")));
    };
    let place = location.map_or_else(|| "Sending".to_owned(), |id| format!("Sending for location {id}"));
    let until = until.map(|until| match &config {
        Some(config) => local(&config.practice.zone, until),
        None => utc(until),
    });
    print(&match until {
        Some(until) => format!("{place} is paused until {until}.\n"),
        None => format!("{place} is paused until you run `leadtime resume`.\n"),
    })?;
    print(
        "A text that is already on its way cannot be recalled. When the pause ends, texts that can still be sent go out.\n",
    )?;
    no_daemon(&database)
}

pub(crate) fn resume(options: &Resume) -> Result<(), Failure> {
    let location = options.location.as_deref();
    let (database, _) = to_stop_or_go_on(&options.config, location)?;
    let now = SystemClock.now();
    match options.by.write(&database, |tx, operator| pause::resume(tx, location, operator, now))? {
        true => {
            print("Sending resumes. Texts that can still be sent go out; `leadtime plan` lists the others.\n")?;
            no_daemon(&database)
        }
        false => Err(anyhow::anyhow!("there is no such pause; `leadtime status` shows what is paused").into()),
    }
}

pub(crate) fn skip(options: &Skip) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let now = moment(None, &config.practice.zone)?;
    let rule = options.rule.as_ref().map(|rule| RuleName(rule.clone()));
    let appointment =
        named::appointment(&open::read_only(&config.database)?, &config, &options.appointment.join(" "), now)?;
    let about = named::described(&open::read_only(&config.database)?, &config, &appointment)?;
    let about = rule.as_ref().map_or_else(|| about.clone(), |rule| format!("`{rule}` for {about}"));
    let which = (&appointment, rule.as_ref());
    let done = options
        .by
        .write(&config.database, |tx, operator| skip::skip(tx, &config, which, options.off, operator, now))?;
    match (done, options.off) {
        (Skipped::NoSuchRule(names), _) => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let rule = rule.map(|rule| rule.0).unwrap_or_default();
            let text = format!("there is no rule `{rule}`; the rules are {}", names.join(", "));
            Err(Failure::Usage(anyhow::anyhow!(text)))
        }
        (Skipped::NoSuchAppointment, _) => {
            Err(anyhow::anyhow!("there is no appointment {appointment}; `leadtime explain NAME` shows the id").into())
        }
        (Skipped::Done, false) => print(&format!(
            "Skipped: {about}. No text goes out from now on. Texts that were already sent are not affected.\n"
        )),
        (Skipped::Done, true) => {
            print(&format!("Texts go out again for {about}, except those that are already too late.\n"))
        }
        (Skipped::Already, false) => print(&format!("Already skipped: {about}. Nothing changed.\n")),
        (Skipped::Already, true) => Err(anyhow::anyhow!("this was not skipped; nothing changed: {about}").into()),
    }
}

/// The database to write to. Without a location, this works even while the configuration has an error.
fn to_stop_or_go_on(option: &ConfigOption, location: Option<&str>) -> Result<(PathBuf, Option<Config>), Failure> {
    match location {
        None => database_at_least(option),
        Some(_) => configuration(option, false).map(|(_, config)| (config.database.clone(), Some(config))),
    }
}

fn known_location(config: &Config, location: Option<&str>) -> Result<(), Failure> {
    match location {
        Some(id) if !config.locations.contains_key(id) => {
            Err(Failure::Usage(anyhow::anyhow!("there is no [[location]] with the id {id:?} in the configuration")))
        }
        _ => Ok(()),
    }
}
