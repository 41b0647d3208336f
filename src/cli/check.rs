//! `leadtime check`: every problem of the configuration at once.

use clap::Args;

use super::output::{configuration, print};
use super::{ConfigOption, Failure};
use crate::planner::facts::Mode;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let (path, config) = configuration(&options.config, true)?;
    let mode = match config.rulebook.mode {
        Mode::Observe => "observe mode: nobody is texted",
        Mode::Live => "live: patients are texted",
    };
    let mut text = format!("{} is in order. {mode}.\n", path.display());
    for rule in &config.rulebook.rules {
        text.push_str(&format!("  {}: {} before the visit\n", rule.name, rule.lead));
    }
    print(&text)
}
