//! `leadtime doctor`: checks everything that can be wrong on this server, on one screen, and says how to fix it.

mod annie;

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::output::{moment, print, wrapped};
use crate::config::{self, Config, ConfigError};
use crate::doctor::finding::{Finding, Mark};
use crate::doctor::machine;
use crate::domain::sentence::Sentence;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Do not contact Annie; check only this machine.
    #[arg(long)]
    offline: bool,
    /// Print a JSON array, for other programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut findings = Vec::new();
    if let Some((path, config)) = configuration(options, &mut findings)? {
        let now = moment(None, &config.practice.zone)?;
        findings.extend(machine::look(&config, &path, now));
        if !options.offline {
            findings.extend(annie::ask(&config, &path)?);
        }
    }
    let bad = findings.iter().filter(|finding| finding.mark == Mark::Bad).count();
    match options.json {
        true => {
            let one = |f: &Finding| json!({"check": f.what, "result": f.mark.name(), "found": f.found.english(), "remedy": f.remedy.as_ref().map(Sentence::english)});
            let all: Vec<_> = findings.iter().map(one).collect();
            print(&format!("{}\n", serde_json::to_string_pretty(&all)?))?;
        }
        false => print(&for_people(&findings))?,
    }
    if bad > 0 { Err(Failure::AlreadyReported(1)) } else { Ok(()) }
}

fn configuration(options: &Options, findings: &mut Vec<Finding>) -> Result<Option<(PathBuf, Config)>, Failure> {
    const WHAT: &str = "configuration";
    let path = config::locate(options.config.config.as_deref()).map_err(|error| Failure::Usage(error.into()))?;
    let file = path.display();
    Ok(match config::load(&path) {
        Ok((config, report)) => {
            findings.push(match report.diagnostics.len() {
                0 => Finding::good(WHAT, format!("{file} is valid")),
                _ => Finding::look(WHAT, report.summary(), "leadtime check shows them"),
            });
            Some((path, config))
        }
        Err(ConfigError::Wrong(report)) => {
            findings.push(Finding::bad(
                WHAT,
                report.summary(),
                "leadtime check shows each error with its line; fix the file",
            ));
            None
        }
        Err(error) => {
            findings.push(Finding::bad(WHAT, error.to_string(), "leadtime init creates one"));
            None
        }
    })
}

fn for_people(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let mark = format!("{:<6} {:<14} ", finding.mark.name(), finding.what);
        text.push_str(&wrapped(&finding.found.english(), 22, &mark));
        if let Some(remedy) = &finding.remedy {
            text.push_str(&wrapped(&remedy.english(), 25, &format!("{:22}-> ", "")));
        }
    }
    let count = |mark: Mark| findings.iter().filter(|finding| finding.mark == mark).count();
    text.push_str(&match (count(Mark::Bad), count(Mark::Look)) {
        (0, 0) => "\nNo problems found.\n".to_owned(),
        (0, n) => format!("\nIt works. Things to look at: {n}.\n"),
        (n, _) => format!("\nProblems found: {n}.\n"),
    });
    text
}
