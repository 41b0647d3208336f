//! `leadtime test-text RULE NUMBER`: sends a rule's text to your own phone, for real.

use clap::Args;

use crate::annie::client::HttpClient;
use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::output::{configuration, moment, print, who};
use crate::clock::SystemClock;
use crate::config::api_key::{self, KeyError};
use crate::domain::ids::RuleName;
use crate::domain::operator::Operator;
use crate::domain::outcome::Outcome;
use crate::domain::phone;
use crate::engine::planning::directory;
use crate::engine::send::test_text;
use crate::store::connection::open;
use crate::store::in_transaction;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The rule whose text is sent.
    rule: String,
    /// Your own phone number, in any format. The text counts toward Annie's limits like any other.
    number: String,
    /// Who does this. Default: the user of this session.
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

/// Said in every mode: a test text is real, so it needs the key even in observe mode.
const NEEDS_KEY: &str = "a test text is a real text, so it needs your API key, and none is set. Set it in one of these ways: api_key_file = \"FILE\" in [annie]; a file annie-api-key in the folder of the configuration; or the environment variable ANNIE_API_KEY (docs/install.md, \"The key\")";

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (path, config) = configuration(&options.config, false)?;
    let usage = |text: String| Failure::Usage(anyhow::anyhow!(text));
    let rule = RuleName(options.rule.clone());
    if config.rulebook.rules.iter().all(|known| known.name != rule) {
        let names: Vec<String> = config.rulebook.rules.iter().map(|rule| format!("`{}`", rule.name)).collect();
        return Err(usage(format!("there is no rule `{rule}`; the rules are {}", names.join(", "))));
    }
    let directory = directory(&config);
    let reading = phone::read(&options.number, directory.country);
    let Some(phone) = directory.usable(&reading).cloned() else {
        let text = "no text can be sent to this number. Write your mobile number, such as 303-555-0142. The practice's own numbers do not work, nor do sample numbers that are not in only_to";
        return Err(usage(text.to_owned()));
    };
    let key = api_key::find_by_hand(config.annie.api_key_file.as_deref(), &path).map_err(|error| match error {
        KeyError::Missing | KeyError::NotGiven => usage(NEEDS_KEY.to_owned()),
        error => Failure::Usage(error.into()),
    })?;
    let gateway = HttpClient::new(config.annie.timeout)?.with_key(&config.annie.base_url, key);
    let refused = |why: String| Failure::Failed(anyhow::anyhow!("nothing was sent: {why}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(test_text::clocks_agree(&gateway, &SystemClock)).map_err(refused)?;
    let now = moment(None, &config.practice.zone)?;
    let mut connection = open::read_write(&config.database)?;
    let by = who(options.who.as_deref());
    let person = Operator { who: by.as_deref(), why: None };
    let prepared = in_transaction(&mut connection, |tx| test_text::prepare(tx, &config, &rule, &phone, person, now))?;
    let prepared = prepared.map_err(refused)?;
    print(&format!("Sending to {}: {}\n", phone.national(), prepared.message.0))?;
    let outcome = runtime.block_on(test_text::send(&mut connection, prepared, &gateway, &SystemClock))?;
    match outcome {
        Outcome::Sent(conversation) => print(&format!("Annie accepted it, as conversation {conversation}.\n")),
        Outcome::Unknown { detail, .. } => Err(anyhow::anyhow!(
            "it is not known whether the text was sent: {detail}. The daemon checks with Annie; until it knows, this number gets no other text"
        )
        .into()),
        other => Err(anyhow::anyhow!("the text was not sent: {}", other.detail()).into()),
    }
}
