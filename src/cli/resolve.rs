//! `leadtime resolve`: shows held texts, and takes a person's decision about them.

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;

use crate::actions::resolve::{self, Decision, NotResolved};
use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::named;
use crate::cli::operator::By;
use crate::cli::output::{configuration, local, moment, print, utc};
use crate::config::Config;
use crate::domain::ids::ConversationId;
use crate::domain::number_hold::HoldCause;
use crate::domain::phone;
use crate::store::connection::open;
use crate::store::controls::number_holds::{self, HeldNumber};
use crate::store::ledger::resolution::{self, Held};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The id of a held reminder, or a phone number whose texts are waiting. Without it, all of them are shown.
    #[arg(value_name = "ID|NUMBER")]
    id: Option<String>,
    /// It was sent: give the id of its conversation in Annie.
    #[arg(long, value_name = "CONVERSATION", group = "decision", requires = "id")]
    sent: Option<String>,
    /// It was not sent: send it again as soon as the limits allow.
    #[arg(long, group = "decision", requires = "id")]
    retry: bool,
    /// Do not send it.
    #[arg(long, group = "decision", requires = "id")]
    drop: bool,
    /// You have read the replies from this number: resume its texts.
    #[arg(long, group = "decision", requires = "id")]
    go_on: bool,
    #[command(flatten)]
    by: By,
    /// Print a JSON array of what is held, for other programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let zone = &config.practice.zone;
    if options.go_on {
        return go_on(options, &config);
    }
    let Some(decision) = decision(options)? else { return show(options, &config) };
    let id = reminder(options)?;
    let now = moment(None, zone)?;
    let resolved =
        options.by.write(&config.database, |tx, operator| resolve::resolve(tx, id, &decision, operator, now))?;
    let key = resolved.map_err(|error| Failure::Failed(anyhow::anyhow!(error)))?;
    let about = format!("`{}` of appointment {}", key.rule, key.appointment_id);
    print(&match decision {
        Decision::Sent(conversation) => format!("{about} now counts as sent, with conversation {conversation}.\n"),
        Decision::Retry => format!(
            "{about} will be sent again as soon as the limits allow; `leadtime explain {}` shows when.\n",
            key.appointment_id
        ),
        Decision::Drop => format!("{about} will not be sent.\n"),
    })
}

/// Shows everything that is held, or only what was asked for.
fn show(options: &Options, config: &Config) -> Result<(), Failure> {
    let zone = &config.practice.zone;
    let connection = open::read_only(&config.database)?;
    let (mut held, mut numbers) = (resolution::held(&connection)?, number_holds::list(&connection)?);
    if let Some(asked) = &options.id {
        let phone = phone::read(asked, config.practice.country).phone;
        numbers.retain(|number| Some(&number.phone) == phone.as_ref());
        held.retain(|held| asked.parse() == Ok(held.id));
        if held.is_empty() && numbers.is_empty() {
            return Err(match asked.parse() {
                Ok(id) => anyhow::anyhow!(NotResolved::NotHeld(id)),
                Err(_) => anyhow::anyhow!("nothing is held for {asked}"),
            }
            .into());
        }
    }
    match options.json {
        true => print(&format!("{}\n", serde_json::to_string_pretty(&for_programs(&held, &numbers))?)),
        false => print(&for_people(&held, &numbers, &|at| local(zone, at))),
    }
}

/// Resumes the texts to a number.
fn go_on(options: &Options, config: &Config) -> Result<(), Failure> {
    let asked = options.id.as_deref().unwrap_or_default();
    let now = moment(None, &config.practice.zone)?;
    let typed = named::typed_number(&open::read_only(&config.database)?, config, asked, now)?;
    let phone = typed.ok_or_else(|| {
        Failure::Usage(anyhow::anyhow!("--go-on needs a phone number whose texts are waiting, such as 303-555-0142"))
    })?;
    let number = phone.national();
    match options.by.write(&config.database, |tx, operator| resolve::go_on(tx, &phone, operator, now))? {
        true => print(&format!("{number} gets its texts again, if they can still be sent.\n")),
        false => {
            Err(anyhow::anyhow!("no texts to {number} are waiting for a decision; `leadtime resolve` shows which are")
                .into())
        }
    }
}

/// The id of the reminder a decision is about.
fn reminder(options: &Options) -> Result<i64, Failure> {
    let asked = options.id.as_deref().unwrap_or_default();
    let usage = || {
        let text = format!("{asked}: this decision needs the id of a held reminder; `leadtime resolve` shows the ids");
        Failure::Usage(anyhow::anyhow!(text))
    };
    asked.parse().map_err(|_| usage())
}

fn decision(options: &Options) -> Result<Option<Decision>, Failure> {
    Ok(match (&options.sent, options.retry, options.drop) {
        (Some(id), ..) if id.trim().is_empty() => {
            let text = "--sent needs the conversation's id, as Annie shows it";
            return Err(Failure::Usage(anyhow::anyhow!(text)));
        }
        (Some(id), ..) => Some(Decision::Sent(ConversationId(id.trim().to_owned()))),
        (None, true, _) => Some(Decision::Retry),
        (None, false, true) => Some(Decision::Drop),
        (None, false, false) => None,
    })
}

fn for_programs(held: &[Held], numbers: &[HeldNumber]) -> serde_json::Value {
    let one = |held: &Held| {
        json!({
            "id": held.id, "appointment_id": held.key.appointment_id, "rule": held.key.rule,
            "starts_at": utc(held.key.start), "phone": held.phone.as_ref().map(|phone| phone.dial()),
            "tried_at": utc(held.tried_at), "last_attempt": held.detail, "held_because": held.why,
        })
    };
    let number = |held: &HeldNumber| {
        json!({
            "phone": held.phone.dial(), "conversation_id": held.conversation.0, "said_at": utc(held.said_at),
            "held_because": held.cause.code(),
        })
    };
    held.iter().map(one).chain(numbers.iter().map(number)).collect()
}

fn for_people(held: &[Held], numbers: &[HeldNumber], local: &dyn Fn(DateTime<Utc>) -> String) -> String {
    if held.is_empty() && numbers.is_empty() {
        return "Nothing is held.\n".to_owned();
    }
    let mut text = String::new();
    for one in held {
        let number = one.phone.as_ref().map_or_else(|| "no number".to_owned(), |phone| phone.national());
        text.push_str(&format!(
            "{}  `{}` of appointment {} ({}), to {number}\n    tried {}: {}\n    {}\n",
            one.id,
            one.key.rule,
            one.key.appointment_id,
            local(one.key.start),
            local(one.tried_at),
            one.detail.as_deref().unwrap_or("no clear response"),
            why(one.why.as_deref()),
        ));
    }
    for number in numbers {
        let said = match number.cause {
            HoldCause::ReplyUnclear => "sent a reply that may ask for no more texts",
            HoldCause::WrongPerson => "replied that this is not the patient's number",
        };
        text.push_str(&format!(
            "{}  {said}, {}; conversation {}\n",
            number.phone.national(),
            local(number.said_at),
            number.conversation
        ));
    }
    if !numbers.is_empty() {
        text.push_str(
            "\nRead these replies in Annie, then run one of these for each number:\n\
             \x20 leadtime resolve NUMBER --go-on   resume its texts\n\
             \x20 leadtime opt-out add NUMBER       send it no more texts\n\
             \x20 leadtime wrong-number add NUMBER  it is not the patient's number\n",
        );
    }
    if held.is_empty() {
        return text;
    }
    text.push_str(
        "\nLook up the numbers in Annie, then run one of these for each text:\n\
         \x20 leadtime resolve ID --sent CONVERSATION   it is there\n\
         \x20 leadtime resolve ID --retry               it is not there; send it\n\
         \x20 leadtime resolve ID --drop                do not send it\n",
    );
    text
}

/// Why it is held, in words.
fn why(code: Option<&str>) -> &'static str {
    match code {
        Some("shared-conversation") => {
            "Annie accepted it, but returned a conversation that belongs to another text. Use --sent with that conversation's id."
        }
        Some("other-text") => "Annie's list shows another text to this number at that time.",
        Some("not-found") => "Annie's list does not show it. It is not sent again automatically.",
        Some("retry-refused") => "Annie refused the second attempt, so the first may have arrived.",
        Some("no-time-to-retry") => "No time was left for a safe second attempt.",
        Some("expired") => "Leadtime could not find out in time whether it went out.",
        _ => "It is not known whether it went out.",
    }
}
