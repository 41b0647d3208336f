//! `leadtime sandbox`: runs a server that imitates Annie.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::annie::model::Rules;
use crate::annie::model::faults::Faults;
use crate::annie::model::judge::judge;
use crate::annie::model::patients::Patients;
use crate::annie::sandbox::{self, Sandbox};
use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::output::{configuration, print};
use crate::clock::SystemClock;

/// Requests per minute for an organization (from the API introduction).
const ANNIES_RATE: usize = 60;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The port on 127.0.0.1; 0 picks a free one and prints it.
    #[arg(long, required_unless_present = "report")]
    port: Option<u16>,
    /// Do not serve; check this record instead, and count texts sent twice and rules broken.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["port", "record", "key", "config", "faults", "replies"])]
    report: Option<PathBuf>,
    /// Append one JSON line per request to this file before answering; texts already in it are remembered.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Require this bearer key.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Accept only the from_numbers of this configuration, and apply its organization's legal hours, as Annie would.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Enforce only these of Annie's documented rules: hours (with --config), limits, rate; or none.
    #[arg(long, value_name = "RULES", value_delimiter = ',', default_value = "hours,limits,rate")]
    enforce: Vec<Enforced>,
    /// Faults to cause on purpose: all=0.1, or close-after=0.02,slow=0.1,list-lag=60,stop=0.01,refused-numbers=0.01 ...
    #[arg(long, value_name = "FAULTS", value_parser = Faults::parse)]
    faults: Option<Faults>,
    /// Let patients answer: `usual`, or shares such as confirm=0.5,change=0.05,cancel=0.04,question=0.05,urgent=0.01,
    /// wrong=0.01,unclear=0.01,stop=0.01,thanks=0.05; delay=600 is the longest time until an answer in seconds, and
    /// tags=0 leaves out Annie's tags.
    #[arg(long, value_name = "ANSWERS", value_parser = Patients::parse)]
    replies: Option<Patients>,
    /// The random seed for the faults and the answers.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// A group of Annie's documented rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Enforced {
    /// Legal hours.
    Hours,
    /// Gap, 7 days, 30 days, cooldown, one text at a time.
    Limits,
    /// 60 requests per minute.
    Rate,
    /// None of them.
    None,
}

pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let Options { port, report, record, key, config, enforce, faults, replies, seed } = options;
    if let Some(path) = report {
        let record = read(&path)?;
        let report = judge(record.lines());
        print(&format!("{}\n", serde_json::to_string_pretty(&report)?))?;
        return if report.is_clean() { Ok(()) } else { Err(Failure::AlreadyReported(1)) };
    }
    let port = port.unwrap_or(0);
    let config = config.map(|file| configuration(&ConfigOption { config: Some(file) }, false)).transpose()?;
    let enforced = |rule| enforce.contains(&rule) && !enforce.contains(&Enforced::None);
    let zone = config.as_ref().map(|(_, config)| config.rulebook.calendar.organization_zone.clone());
    let rules = Rules {
        hours_in: zone.filter(|_| enforced(Enforced::Hours)),
        limits: enforced(Enforced::Limits),
        per_minute: enforced(Enforced::Rate).then_some(ANNIES_RATE),
    };
    let from_numbers = config.map_or_else(Vec::new, |(_, config)| config.numbers());
    let open = |path: &PathBuf| {
        sandbox::open_record(path).map_err(|error| anyhow::anyhow!("cannot write {}: {error}", path.display()))
    };
    let earlier = match &record {
        Some(path) if path.exists() => sandbox::texts_of(&read(path)?),
        _ => Vec::new(),
    };
    let record = record.as_ref().map(open).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let sandbox = Sandbox::bind(port)
            .await
            .map_err(|error| anyhow::anyhow!("cannot listen on port {port} of 127.0.0.1: {error}; try --port 0"))?;
        print(&format!(
            "The sandbox is running in place of Annie. In config.toml: [annie] base_url = \"{}\"\n",
            sandbox.base_url()
        ))?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        // Keep serving even if nobody reads the output anymore.
        let hear: sandbox::Hear = Box::new(|line| drop(print(&format!("{line}\n"))));
        let options = sandbox::Options {
            record,
            key,
            from_numbers,
            rules,
            faults,
            patients: replies,
            seed,
            earlier,
            hear: Some(hear),
        };
        sandbox.serve(options, Arc::new(SystemClock), stop).await?;
        Ok(())
    })
}

fn read(path: &Path) -> Result<String, Failure> {
    Ok(std::fs::read_to_string(path).map_err(|error| anyhow::anyhow!("cannot read {}: {error}", path.display()))?)
}
