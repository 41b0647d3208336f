//! The command line: one file a command.

mod alert_test;
mod check;
mod demo;
mod explain;
mod generate;
mod history;
mod import;
mod opt_out;
mod output;
mod plan;
mod resolve;
mod run;
mod sandbox;
mod simulate;
mod status;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Reminds patients of their appointments by SMS, through the Annie API; never twice, and able to say why.
#[derive(Debug, Parser)]
#[command(name = "leadtime", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what goes out in the coming days, and who gets nothing and why.
    Plan(plan::Options),
    /// Tell why a patient gets which texts, or none, step by step.
    Explain(explain::Options),
    /// Show how things stand.
    Status(status::Options),
    /// Note who asked for no texts, or take it back.
    OptOut(opt_out::OptOut),
    /// Note that a number is not its patient's.
    WrongNumber(opt_out::WrongNumber),
    /// Decide about texts of which nobody can tell whether they went out.
    Resolve(resolve::Options),
    /// Show what was done, and by whom.
    History(history::History),
    /// Check the record of what was done.
    Audit(history::Audit),
    /// Find mistakes in the configuration.
    Check(check::Options),
    /// Send a test alarm by every way of [alerts], and say what happened with each.
    AlertTest(alert_test::Options),
    /// Bring a CSV of appointments into the database.
    Import(import::Options),
    /// Run the daemon.
    Run(run::Options),
    /// See it all at work: sample appointments, the real daemon, a sandbox in Annie's place.
    Demo(demo::Options),
    /// Run a server that stands in for Annie on this machine.
    Sandbox(sandbox::Options),
    /// Live weeks of a made-up practice in seconds, with everything that can go wrong, and audit every text.
    Simulate(simulate::Options),
    /// Write the manual pages and the shells' completions into a folder, for packages.
    #[command(hide = true)]
    Generate(generate::Options),
}

/// The configuration a command works by.
#[derive(Debug, Clone, Args)]
struct ConfigOption {
    /// The configuration; else ./config.toml, else /etc/leadtime/config.toml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// How a command ends when it does not end well.
#[derive(Debug)]
enum Failure {
    /// It could not do what it should: exit code 1.
    Failed(anyhow::Error),
    /// It was asked wrongly, or the configuration is wrong: exit code 2.
    Usage(anyhow::Error),
    /// Everything was said already; exit code as given.
    Said(u8),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Failed(error.into())
    }
}

/// Parses the arguments, runs the command, says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Plan(options) => plan::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Status(options) => status::run(&options),
        Command::OptOut(options) => opt_out::run(&options),
        Command::WrongNumber(options) => opt_out::run_wrong(&options),
        Command::Resolve(options) => resolve::run(&options),
        Command::History(options) => history::run(&options),
        Command::Audit(options) => history::run_audit(&options),
        Command::Check(options) => check::run(&options),
        Command::AlertTest(options) => alert_test::run(&options),
        Command::Import(options) => import::run(&options),
        Command::Run(options) => run::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Sandbox(options) => sandbox::run(options),
        Command::Simulate(options) => simulate::run(&options),
        Command::Generate(options) => generate::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Failed(error)) => {
            eprintln!("leadtime: {error}");
            ExitCode::from(1)
        }
        Err(Failure::Usage(error)) => {
            eprintln!("leadtime: {error}");
            ExitCode::from(2)
        }
        Err(Failure::Said(code)) => ExitCode::from(code),
    }
}
