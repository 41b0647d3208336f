//! `leadtime pause`, `resume` and `skip`: the practice's brakes.

use clap::Args;

use super::by::By;
use super::output::{configuration, local, moment, print, time};
use super::{ConfigOption, Failure};
use crate::config::Config;
use crate::domain::text::{AppointmentId, RuleName};
use crate::store::brakes;

#[derive(Debug, Args)]
pub(super) struct Pause {
    /// Until then; else until `leadtime resume`. On the practice's clock: "2026-03-09 10:00".
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only the visits of this location; else all.
    #[arg(long, value_name = "ID")]
    location: Option<String>,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    config: ConfigOption,
}

#[derive(Debug, Args)]
pub(super) struct Resume {
    /// Only the pause of this location; else the one for all.
    #[arg(long, value_name = "ID")]
    location: Option<String>,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    config: ConfigOption,
}

#[derive(Debug, Args)]
pub(super) struct Skip {
    /// The id of the visit.
    appointment: String,
    /// Only the text of this rule; else all of them.
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Give them back.
    #[arg(long)]
    off: bool,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    config: ConfigOption,
}

pub(super) fn pause(options: &Pause) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let zone = &config.practice.zone;
    known_location(&config, options.location.as_deref())?;
    let now = moment(None, zone)?;
    let until = options.until.as_deref().map(|text| time("--until", text, zone)).transpose()?;
    if until.is_some_and(|until| until <= now) {
        return Err(Failure::Usage(anyhow::anyhow!("--until lies in the past; nothing changed")));
    }
    let location = options.location.as_deref();
    options.by.write(&config, |tx, person| brakes::pause(tx, location, until, person, now))?;
    let place = location.map_or_else(|| "Sending".to_owned(), |id| format!("Sending of location {id}"));
    print(&match until {
        Some(until) => format!("{place} is paused until {}.\n", local(zone, until)),
        None => format!("{place} is paused until `leadtime resume`.\n"),
    })?;
    print("A text that is already on its way is not called back. What is still of use afterwards goes out then.\n")
}

pub(super) fn resume(options: &Resume) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let now = moment(None, &config.practice.zone)?;
    let location = options.location.as_deref();
    match options.by.write(&config, |tx, person| brakes::resume(tx, location, person, now))? {
        true => print("Sending goes on: what is still of use goes out, the rest is listed by `leadtime plan`.\n"),
        false => Err(anyhow::anyhow!("there is no such pause; `leadtime status` shows what is paused").into()),
    }
}

pub(super) fn skip(options: &Skip) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let now = moment(None, &config.practice.zone)?;
    let rule = options.rule.as_ref().map(|rule| RuleName(rule.clone()));
    if let Some(rule) = rule.as_ref().filter(|rule| config.rulebook.rules.iter().all(|known| known.name != **rule)) {
        let names: Vec<String> = config.rulebook.rules.iter().map(|rule| format!("`{}`", rule.name)).collect();
        let text = format!("there is no rule `{rule}`; the rules are {}", names.join(", "));
        return Err(Failure::Usage(anyhow::anyhow!(text)));
    }
    let visit = AppointmentId(options.appointment.clone());
    let known = |tx: &_| brakes::knows(tx, &visit);
    let about = match &rule {
        Some(rule) => format!("`{rule}` of appointment {visit}"),
        None => format!("appointment {visit}"),
    };
    let done = options.by.write(&config, |tx, person| {
        Ok(match (known(tx)?, options.off) {
            (false, _) => None,
            (true, false) => Some(brakes::skip(tx, &visit, rule.as_ref(), person, now)?),
            (true, true) => Some(brakes::unskip(tx, &visit, rule.as_ref(), person, now)?),
        })
    })?;
    match (done, options.off) {
        (None, _) => {
            Err(anyhow::anyhow!("there is no appointment {visit}; `leadtime explain NAME` finds its id").into())
        }
        (Some(true), false) => print(&format!("{about} gets no text from now on; what was sent stays sent.\n")),
        (Some(true), true) => print(&format!("{about} gets its texts again, as far as they are still of use.\n")),
        (Some(false), false) => print(&format!("{about} is skipped already; nothing changed.\n")),
        (Some(false), true) => Err(anyhow::anyhow!("{about} was not skipped; nothing changed").into()),
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
