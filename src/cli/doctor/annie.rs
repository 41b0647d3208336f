//! Checks with Annie: whether the key works and may read and send from these numbers, and whether the clocks agree.

use std::path::Path;

use chrono::TimeDelta;

use crate::annie::client::HttpClient;
use crate::annie::gateway::Gateway;
use crate::annie::verdict::{Heard, ReadError};
use crate::cli::failure::Failure;
use crate::clock::{Clock, SystemClock};
use crate::config::api_key::{self, KeyError};
use crate::config::{Config, KEY_NAME};
use crate::doctor::finding::Finding;
use crate::domain::count::counted;
use crate::domain::ids::ApiKeyName;
use crate::domain::phone::Phone;
use crate::planner::input::Mode;

const WHAT: &str = "Annie";
/// Nothing is sent if the clocks differ by more than this.
const TOLERANCE: TimeDelta = TimeDelta::minutes(2);

/// The key must never appear in a shell's arguments or environment.
const AS_THE_SERVICE: &str = "run the check as the service, with its key: sudo systemd-run --pipe --wait -p User=leadtime -p LoadCredential=annie-api-key:/etc/leadtime/annie-api-key leadtime doctor (for an encrypted key, see docs/install.md, \"The key\")";

/// Checks with every key.
pub(crate) fn ask(config: &Config, path: &Path) -> Result<Vec<Finding>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut findings = Vec::new();
    for name in config.key_names() {
        let file = match config.locations.get(name.as_str()) {
            Some(location) if name.as_str() != KEY_NAME => location.api_key_file.as_deref(),
            _ => config.annie.api_key_file.as_deref(),
        };
        let found = match api_key::find_by_hand(file, path) {
            Ok(found) => found,
            Err(_) if config.rulebook.mode == Mode::Observe => {
                findings.extend(named(
                    &name,
                    vec![Finding::look(
                        "key",
                        "no API key is configured; observe mode does not need one",
                        "see docs/install.md, \"The key\"",
                    )],
                ));
                continue;
            }
            Err(error) => {
                let remedy = match error {
                    KeyError::Missing | KeyError::NotForThisUser(_) | KeyError::NotGiven => AS_THE_SERVICE,
                    KeyError::Unreadable { .. } | KeyError::Malformed(_) | KeyError::OpenToAll(_) => {
                        "see docs/install.md, \"The key\""
                    }
                };
                // Nothing has checked whether texts can go out.
                findings.extend(named(
                    &name,
                    vec![Finding::bad("key", format!("the key could not be checked: {error}"), remedy)],
                ));
                continue;
            }
        };
        match HttpClient::new(config.annie.timeout) {
            Ok(client) => {
                let annie = client.with_key(&config.annie.base_url, found);
                findings.extend(named(&name, runtime.block_on(talk(config, &name, &annie))));
            }
            Err(error) => findings.push(Finding::bad(WHAT, error.to_string(), "apt install ca-certificates")),
        }
    }
    Ok(findings)
}

async fn talk(config: &Config, name: &ApiKeyName, annie: &Gateway) -> Vec<Finding> {
    let now = || SystemClock.now();
    let mut findings = Vec::new();
    let Heard { answer, date, .. } = annie.phone_numbers(now).await;
    if let Some(date) = date {
        let off = now() - date;
        findings.push(match off.abs() <= TOLERANCE {
            true => Finding::good("clock", format!("within {} s of Annie's clock", off.num_seconds().abs())),
            false => {
                let found =
                    format!("differs from Annie's clock by {}", counted(off.num_minutes().abs(), "minute", "minutes"));
                Finding::bad("clock", found, "timedatectl set-ntp true; nothing is sent until the clock is correct")
            }
        });
    }
    match answer {
        Ok(numbers) => {
            findings.push(Finding::good("key", "Annie accepts the key"));
            for ours in numbers_of(config, name) {
                let masked = ours.to_string();
                findings.push(match numbers.iter().find(|number| number.phone == ours) {
                    Some(number) if number.outbound != Some(false) => {
                        Finding::good("from_number", format!("{masked} belongs to this key and may send texts"))
                    }
                    Some(_) => Finding::bad(
                        "from_number",
                        format!("{masked} may not send texts"),
                        "turn on outbound for this number in Annie",
                    ),
                    None => Finding::bad(
                        "from_number",
                        format!("{masked} is not one of this key's numbers"),
                        "look up your Annie number and set from_number to it",
                    ),
                });
            }
        }
        Err(error) => findings.push(of_error(&error, "to list phone numbers")),
    }
    findings.push(match annie.list(0, 1, now).await.answer {
        Ok(_) => Finding::good("key", "the key may read conversations"),
        Err(error) => of_error(&error, "to read conversations, without which nothing is sent after a restart"),
    });
    findings
}

/// Adds the key's name to the findings, if it is the key of a location.
fn named(name: &ApiKeyName, findings: Vec<Finding>) -> Vec<Finding> {
    let of = |finding: Finding| match name.as_str() {
        KEY_NAME => finding,
        _ => Finding { found: format!("key of location `{name}`: {}", finding.found.english()).into(), ..finding },
    };
    findings.into_iter().map(of).collect()
}

/// The numbers that a key's texts come from.
fn numbers_of(config: &Config, name: &ApiKeyName) -> Vec<Phone> {
    let practice = (name.as_str() == KEY_NAME).then(|| config.practice.from_number.clone());
    let own = config.locations.iter().filter(|(id, _)| config.key_name(Some(id)) == *name);
    let mut numbers: Vec<Phone> = practice.into_iter().chain(own.map(|(_, own)| own.from_number.clone())).collect();
    numbers.sort();
    numbers.dedup();
    numbers
}

fn of_error(error: &ReadError, leave: &str) -> Finding {
    match error {
        ReadError::Refused { status: 401 } => Finding::bad(
            "key",
            "Annie does not accept the key (status 401)",
            "create a new key in Annie's developer portal",
        ),
        ReadError::Refused { status } => Finding::bad(
            "key",
            format!("the key is not allowed {leave} (status {status})"),
            "give the key this permission in Annie's developer portal",
        ),
        ReadError::Limited => Finding::look(WHAT, "Annie asks for fewer requests", "try again in a minute"),
        ReadError::Unreachable => {
            Finding::bad(WHAT, "Annie cannot be reached", "check the network and base_url in [annie]")
        }
        ReadError::Failed { detail } => Finding::bad(WHAT, detail.clone(), "try again later"),
    }
}
