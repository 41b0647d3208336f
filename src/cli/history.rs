//! `leadtime history` and `leadtime audit`: show what was done, and verify that the record of it is intact.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::named;
use crate::cli::output::{configuration, local, moment, print, utc};
use crate::domain::count::counted;
use crate::store::connection::open;
use crate::store::ledger::audit::{self, Act, Flaw, Record, Wanted};
use crate::store::reports::audit_numbers;

#[derive(Debug, Args)]
pub(crate) struct History {
    /// Only for this appointment id.
    #[arg(long, value_name = "ID")]
    appointment: Option<String>,
    /// Only for this phone number, in any format.
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// Only from this time on: 2026-03-09T10:00:00-06:00, or "2026-03-09 10:00" in the practice's time zone.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Print a JSON array, for other programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
}

#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Check that no row of the audit was changed or removed.
    Verify(Verify),
}

#[derive(Debug, Args)]
struct Verify {
    /// A seal recorded elsewhere, such as in the service's log: also check that the rows up to it have not changed.
    #[arg(long, value_name = "SEAL")]
    seal: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &History) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let zone = &config.practice.zone;
    let connection = open::snapshot(&config.database)?;
    let phone = options.number.as_deref().map(|text| {
        named::typed_number(&connection, &config, text, moment(None, zone)?)?.ok_or_else(|| {
            Failure::Usage(anyhow::anyhow!("--number {text}: this is not a phone number; write it like 303-555-0142"))
        })
    });
    let since = options.since.as_deref().map(|text| moment(Some(text), zone)).transpose()?;
    let wanted = Wanted { appointment: options.appointment.clone(), phone: phone.transpose()?, since };
    let mut records = audit::find(&connection, &wanted)?;
    let numbers = audit_numbers::known(&connection)?;
    for record in records.iter_mut().filter(|record| record.phone.is_none()) {
        record.phone = numbers.get(&record.id).cloned();
    }
    if options.json {
        return print(&format!("{}\n", serde_json::to_string_pretty(&for_programs(&records))?));
    }
    if records.is_empty() {
        return print("There are no matching records.\n");
    }
    let mut text = String::new();
    for record in &records {
        text.push_str(&format!("{}  {}\n", local(zone, record.at), for_people(record)));
    }
    print(&text)
}

fn for_people(record: &Record) -> String {
    let mut line = Act::words_of(&record.act).to_owned();
    // An act on all rules of an appointment has an empty rule.
    match (&record.appointment, record.rule.as_ref().filter(|rule| !rule.0.is_empty())) {
        (Some(appointment), Some(rule)) => line = format!("`{rule}` of appointment {appointment}: {line}"),
        (Some(appointment), None) => line = format!("appointment {appointment}: {line}"),
        (None, _) => {}
    }
    match (&record.phone, record.attempt) {
        (Some(phone), Some(_)) => line.push_str(&format!(", to {phone}")),
        (Some(phone), None) => line.push_str(&format!(", number {phone}")),
        (None, _) => {}
    }
    if let Some(code) = &record.code {
        line.push_str(&format!(" ({code})"));
    }
    if let Some(conversation) = &record.conversation {
        line.push_str(&format!(", conversation {conversation}"));
    }
    if let Some(who) = &record.who {
        line.push_str(&format!(", by {who}"));
        if let Some(account) = &record.account {
            line.push_str(&format!(" ({account})"));
        }
    }
    if let Some(why) = &record.why {
        line.push_str(&format!(": {why}"));
    }
    line
}

fn for_programs(records: &[Record]) -> serde_json::Value {
    let one = |record: &Record| {
        json!({
            "id": record.id, "at": utc(record.at), "act": record.act, "appointment_id": record.appointment,
            "rule": record.rule, "starts_at": record.start.map(utc), "attempt": record.attempt,
            "phone": record.phone.as_ref().map(ToString::to_string), "conversation_id": record.conversation, "code": record.code, "who": record.who, "why": record.why, "account": record.account,
        })
    };
    records.iter().map(one).collect()
}

pub(crate) fn run_audit(options: &Audit) -> Result<(), Failure> {
    let Action::Verify(Verify { config, seal }) = &options.action;
    let (_, config) = configuration(config, false)?;
    let connection = open::snapshot(&config.database)?;
    match audit::verify(&connection)? {
        Ok((0, _)) => print("The audit is empty: nothing has been done yet.\n"),
        Ok((rows, _)) if let Some(noted) = seal => match audit::with_seal(&connection, noted.trim())? {
            Some(row) => print(&format!(
                "The audit is intact: {}. The seal belongs to row {row}: the rows up to it have not changed since the seal was recorded.\n",
                counted(rows, "row", "rows")
            )),
            None => Err(anyhow::anyhow!(
                "no row of the audit has this seal: since it was recorded, the database was replaced by another or an older one, or somebody rewrote the audit"
            )
            .into()),
        },
        Ok((rows, seal)) => print(&format!(
            "The audit is intact: {}. Its last seal is {seal}. If you record the seal elsewhere, it can later prove that these rows have not changed.\n",
            counted(rows, "row", "rows")
        )),
        Err(Flaw::Changed(row)) => Err(anyhow::anyhow!(
            "row {row} of the audit, or one before it, is not what Leadtime wrote: somebody changed the database"
        )
        .into()),
        Err(Flaw::Cut(row)) => {
            Err(anyhow::anyhow!("rows up to number {row} are missing at the end of the audit: somebody removed them")
                .into())
        }
    }
}
