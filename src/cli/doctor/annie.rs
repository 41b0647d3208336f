//! What Annie tells: whether the key works, may read and send from these numbers, and what time it is there.

use chrono::TimeDelta;

use super::{Failure, Finding};
use crate::annie::client::HttpAnnie;
use crate::annie::verdict::{Heard, ReadError};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, KEY_NAME, key};
use crate::planner::facts::Mode;

const WHAT: &str = "Annie";
/// How far the clocks may differ before nothing is sent.
const TOLERANCE: TimeDelta = TimeDelta::minutes(2);

/// Asks over every key.
pub(super) fn ask(config: &Config) -> Result<Vec<Finding>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut findings = Vec::new();
    for name in config.key_names() {
        let file = match config.locations.get(name) {
            Some(location) if name != KEY_NAME => location.api_key_file.as_deref(),
            _ => config.annie.api_key_file.as_deref(),
        };
        let found = match key::find(file) {
            Ok(found) => found,
            Err(_) if config.rulebook.mode == Mode::Observe => {
                findings.push(Finding::look("key", "no key is given; observe mode needs none", "README, \"The key\""));
                continue;
            }
            Err(error) => {
                let remedy = "README, \"The key\". The service's own key is not shown to others: ask as root, with ANNIE_API_KEY or the file";
                findings.push(Finding::look("key", error.to_string(), remedy));
                continue;
            }
        };
        match HttpAnnie::new(&config.annie.base_url, found, config.annie.timeout) {
            Ok(annie) => findings.extend(runtime.block_on(talk(config, &annie))),
            Err(error) => findings.push(Finding::bad(WHAT, error.to_string(), "apt install ca-certificates")),
        }
    }
    Ok(findings)
}

async fn talk(config: &Config, annie: &HttpAnnie) -> Vec<Finding> {
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
            for ours in config.from_numbers() {
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
