//! `leadtime resolve`: what a person decides about texts that are held.

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;

use crate::actions::resolve::{self, Decision, NotResolved};
use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::operator::By;
use crate::cli::output::{configuration, local, moment, print, utc};
use crate::domain::ids::ConversationId;
use crate::store::connection::open;
use crate::store::ledger::resolution::{self, Held};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The number of the held reminder; without one, all of them are shown.
    id: Option<i64>,
    /// It was sent: the id of its conversation in Annie.
    #[arg(long, value_name = "CONVERSATION", group = "decision", requires = "id")]
    sent: Option<String>,
    /// It was not sent: send it once more, as soon as the limits allow.
    #[arg(long, group = "decision", requires = "id")]
    retry: bool,
    /// Do not send it.
    #[arg(long, group = "decision", requires = "id")]
    drop: bool,
    #[command(flatten)]
    by: By,
    /// For programs: one JSON array of what is held.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let zone = &config.practice.zone;
    let Some(decision) = decision(options)? else {
        let connection = open::read_only(&config.database)?;
        let mut held = resolution::held(&connection)?;
        if let Some(id) = options.id {
            held.retain(|held| held.id == id);
            if held.is_empty() {
                return Err(anyhow::anyhow!(NotResolved::NotHeld(id)).into());
            }
        }
        return match options.json {
            true => print(&format!("{}\n", serde_json::to_string_pretty(&for_programs(&held))?)),
            false => print(&for_people(&held, &|at| local(zone, at))),
        };
    };
    let now = moment(None, zone)?;
    let id = options.id.unwrap_or_default();
    let resolved =
        options.by.write(&config.database, |tx, operator| resolve::resolve(tx, id, &decision, operator, now))?;
    let key = resolved.map_err(|error| Failure::Failed(anyhow::anyhow!(error)))?;
    let about = format!("`{}` of appointment {}", key.rule, key.appointment_id);
    print(&match decision {
        Decision::Sent(conversation) => format!("{about} counts as sent, as conversation {conversation}.\n"),
        Decision::Retry => format!(
            "{about} is sent once more as soon as the limits allow; `leadtime explain {}` tells when.\n",
            key.appointment_id
        ),
        Decision::Drop => format!("{about} is not sent.\n"),
    })
}

fn decision(options: &Options) -> Result<Option<Decision>, Failure> {
    Ok(match (&options.sent, options.retry, options.drop) {
        (Some(id), ..) if id.trim().is_empty() => {
            let text = "--sent takes the conversation's id, as Annie shows it";
            return Err(Failure::Usage(anyhow::anyhow!(text)));
        }
        (Some(id), ..) => Some(Decision::Sent(ConversationId(id.trim().to_owned()))),
        (None, true, _) => Some(Decision::Retry),
        (None, false, true) => Some(Decision::Drop),
        (None, false, false) => None,
    })
}

fn for_programs(held: &[Held]) -> serde_json::Value {
    let one = |held: &Held| {
        json!({
            "id": held.id, "appointment_id": held.key.appointment_id, "rule": held.key.rule,
            "starts_at": utc(held.key.start), "phone": held.phone.as_ref().map(|phone| phone.dial()),
            "tried_at": utc(held.tried_at), "last_attempt": held.detail, "held_because": held.why,
        })
    };
    held.iter().map(one).collect()
}

fn for_people(held: &[Held], local: &dyn Fn(DateTime<Utc>) -> String) -> String {
    if held.is_empty() {
        return "Nothing is held.\n".to_owned();
    }
    let mut text = String::new();
    for one in held {
        let number = one.phone.as_ref().map_or_else(|| "no number".to_owned(), |phone| phone.national());
        text.push_str(&format!(
            "{}  `{}` of appointment {}, visit {}, to {number}\n    tried {}: {}\n    {}\n",
            one.id,
            one.key.rule,
            one.key.appointment_id,
            local(one.key.start),
            local(one.tried_at),
            one.detail.as_deref().unwrap_or("no clear answer"),
            why(one.why.as_deref()),
        ));
    }
    text.push_str(
        "\nLook the numbers up in Annie, then, for each:\n\
         \x20 leadtime resolve ID --sent CONVERSATION   it is there\n\
         \x20 leadtime resolve ID --retry               it is not there, send it\n\
         \x20 leadtime resolve ID --drop                do not send it\n",
    );
    text
}

/// Why it is held, in words.
fn why(code: Option<&str>) -> &'static str {
    match code {
        Some("other-text") => "Annie's list shows another text to this number at that time.",
        Some("not-found") => "Annie's list does not show it, and it is not sent again by itself.",
        Some("retry-refused") => "Annie refused the second try: so the first may have arrived.",
        Some("no-time-to-retry") => "No hour was left in which a second try is safe.",
        Some("expired") => "It could not be learnt in time whether it went out.",
        _ => "It is not known whether it went out.",
    }
}
