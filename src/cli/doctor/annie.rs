//! What Annie tells: whether the key works, may read and send from these numbers, and what time it is there.

use std::path::Path;

use chrono::TimeDelta;

use crate::annie::client::HttpClient;
use crate::annie::gateway::Gateway;
use crate::annie::verdict::{Heard, ReadError};
use crate::cli::doctor::finding::Finding;
use crate::cli::failure::Failure;
use crate::clock::{Clock, SystemClock};
use crate::config::api_key::{self, KeyError};
use crate::config::{Config, KEY_NAME};
use crate::domain::ids::ApiKeyName;
use crate::domain::phone::Phone;
use crate::planner::input::Mode;

const WHAT: &str = "Annie";
/// How far the clocks may differ before nothing is sent.
const TOLERANCE: TimeDelta = TimeDelta::minutes(2);

/// The key never goes into arguments or the environment of a shell.
const AS_THE_SERVICE: &str = "ask as the service, with its key: sudo systemd-run --pipe --wait -p User=leadtime -p LoadCredential=annie-api-key:/etc/leadtime/annie-api-key leadtime doctor (an encrypted one: README, \"The key\")";

/// Asks over every key.
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
                    vec![Finding::look("key", "no key is given; observe mode needs none", "README, \"The key\"")],
                ));
                continue;
            }
            Err(error) => {
                let remedy = match error {
                    KeyError::Missing | KeyError::NotForThisUser(_) | KeyError::NotGiven => AS_THE_SERVICE,
                    KeyError::Unreadable { .. } | KeyError::Malformed(_) | KeyError::OpenToAll(_) => {
                        "README, \"The key\""
                    }
                };
                // Nobody has looked whether texts can go out.
                findings.extend(named(
                    &name,
                    vec![Finding::bad("key", format!("it could not be checked: {error}"), remedy)],
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
            true => Finding::good("clock", format!("agrees with Annie's to {} s", off.num_seconds().abs())),
            false => {
                let found = format!("it is {} minutes off Annie's", off.num_minutes().abs());
                Finding::bad("clock", found, "timedatectl set-ntp true; until then nothing is sent")
            }
        });
    }
    match answer {
        Ok(numbers) => {
            findings.push(Finding::good("key", "Annie accepts it"));
            for ours in numbers_of(config, name) {
                let masked = ours.to_string();
                findings.push(match numbers.iter().find(|number| number.phone == ours) {
                    Some(number) if number.outbound != Some(false) => {
                        Finding::good("from_number", format!("{masked} is Annie's, and may send"))
                    }
                    Some(_) => Finding::bad(
                        "from_number",
                        format!("{masked} may not send"),
                        "switch on outbound for this number in Annie",
                    ),
                    None => Finding::bad(
                        "from_number",
                        format!("{masked} is none of this key's numbers"),
                        "look up your Annie number, and put it into from_number",
                    ),
                });
            }
        }
        Err(error) => findings.push(of_error(&error, "to see phone numbers")),
    }
    findings.push(match annie.list(0, 1, now).await.answer {
        Ok(_) => Finding::good("key", "it may read conversations"),
        Err(error) => of_error(&error, "to read conversations, without which nothing is sent after a restart"),
    });
    findings
}

/// The findings with the key they are about, where it is a location's own.
fn named(name: &ApiKeyName, findings: Vec<Finding>) -> Vec<Finding> {
    let of = |finding: Finding| match name.as_str() {
        KEY_NAME => finding,
        _ => Finding { found: format!("with the key of `{name}`: {}", finding.found), ..finding },
    };
    findings.into_iter().map(of).collect()
}

/// The numbers that texts of a key come from.
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
        ReadError::Refused { status: 401 } => {
            Finding::bad("key", "Annie does not accept it (status 401)", "make a new one in Annie's developer portal")
        }
        ReadError::Refused { status } => Finding::bad(
            "key",
            format!("it has no leave {leave} (status {status})"),
            "give the key more rights in Annie's developer portal",
        ),
        ReadError::Limited => Finding::look(WHAT, "she asks for a pause", "try again in a minute"),
        ReadError::Unreachable => {
            Finding::bad(WHAT, "she cannot be reached", "look at the network, and at base_url in [annie]")
        }
        ReadError::Failed { detail } => Finding::bad(WHAT, detail.clone(), "try again later"),
    }
}
