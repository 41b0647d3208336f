//! The command line: one file a command.

mod alert_test;
mod as_owner;
mod backup;
mod check;
mod config_option;
mod confirm_change;
mod demo;
mod doctor;
mod explain;
mod export_file;
mod failure;
mod feed;
mod generate;
mod help;
mod history;
mod import;
mod import_folder;
mod init;
mod named;
mod not_reached;
mod operator;
mod opt_out;
mod output;
mod pause;
mod plan;
mod resolve;
mod restore;
mod run;
mod sandbox;
mod simulate;
mod status;
mod test_text;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::cli::failure::Failure;
use crate::cli::output::say;

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
    /// Show whom no text reaches, so that somebody can call them.
    NotReached(not_reached::Options),
    /// Stop sending for a while, everywhere or at one location.
    Pause(pause::Pause),
    /// End a pause: what is still of use goes out.
    Resume(pause::Resume),
    /// Take the texts from one appointment, or give them back.
    Skip(pause::Skip),
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
    /// Write a configuration from a few answers.
    Init(init::Options),
    /// Look for everything that can be wrong on this server, with a remedy each.
    Doctor(doctor::Options),
    /// Confirm a change of the rules that would send more than usual at once.
    ConfirmChange(confirm_change::Options),
    /// Send a test alert by every way of [alerts], and say what happened with each.
    AlertTest(alert_test::Options),
    /// Say how a practice's exports are read: suggest, list, test, accept, rename.
    Feed(feed::Options),
    /// Bring an export with appointments into the database.
    Import(import::Options),
    /// Send a rule's text to your own phone, for real.
    TestText(test_text::Options),
    /// Bring the exports that were dropped into a folder into the database, each once it is whole.
    ImportFolder(import_folder::Options),
    /// Copy the database, also while the daemon runs.
    Backup(backup::Options),
    /// Put a copy of the database in its place; the daemon must be stopped.
    Restore(restore::Options),
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

/// No core of this process holds patients' data, and no log the words of a fault: they may name one.
fn keep_private() {
    // Where this is refused, as within the packaged services, the limit is set from outside.
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = setrlimit(Resource::Core, none);
    if !std::io::stderr().is_terminal() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
            say(&format!("leadtime: a fault of its own at {place}: please report it with this line and the version"));
        }));
    }
}

/// Parses the arguments, runs the command, says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    keep_private();
    let matches = help::grouped(Cli::command()).get_matches();
    if let Err(failure) = as_owner::become_owner(&matches) {
        return ended(Err(failure));
    }
    let parsed = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let done = match parsed.command {
        Command::Plan(options) => plan::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Status(options) => status::run(&options),
        Command::NotReached(options) => not_reached::run(&options),
        Command::Pause(options) => pause::pause(&options),
        Command::Resume(options) => pause::resume(&options),
        Command::Skip(options) => pause::skip(&options),
        Command::OptOut(options) => opt_out::run(&options),
        Command::WrongNumber(options) => opt_out::run_wrong(&options),
        Command::Resolve(options) => resolve::run(&options),
        Command::History(options) => history::run(&options),
        Command::Audit(options) => history::run_audit(&options),
        Command::Check(options) => check::run(&options),
        Command::Init(options) => init::run(&options),
        Command::Doctor(options) => doctor::run(&options),
        Command::ConfirmChange(options) => confirm_change::run(&options),
        Command::AlertTest(options) => alert_test::run(&options),
        Command::Feed(options) => feed::run(&options),
        Command::Import(options) => import::run(&options),
        Command::TestText(options) => test_text::run(&options),
        Command::ImportFolder(options) => import_folder::run(&options),
        Command::Backup(options) => backup::run(&options),
        Command::Restore(options) => restore::run(&options),
        Command::Run(options) => run::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Sandbox(options) => sandbox::run(options),
        Command::Simulate(options) => simulate::run(&options),
        Command::Generate(options) => generate::run(&options, Cli::command()),
    };
    ended(done)
}

fn ended(done: Result<(), Failure>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Failed(error)) => {
            say(&format!("leadtime: {error}"));
            ExitCode::from(1)
        }
        Err(Failure::Usage(error)) => {
            say(&format!("leadtime: {error}"));
            ExitCode::from(2)
        }
        Err(Failure::AlreadyReported(code)) => ExitCode::from(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_for_the_program_and_each_command_and_three_shells() {
        let folder = tempfile::tempdir().unwrap();
        let command = Cli::command();
        generate::write(folder.path(), command.clone()).unwrap();
        for shown in command.get_subcommands().filter(|command| !command.is_hide_set()) {
            let page = folder.path().join(format!("man/leadtime-{}.1", shown.get_name()));
            assert!(std::fs::read_to_string(&page).unwrap().contains(".SH SYNOPSIS"), "{}", page.display());
        }
        assert!(!folder.path().join("man/leadtime-generate.1").exists());
        for file in
            ["man/leadtime.1", "completions/leadtime.bash", "completions/leadtime.fish", "completions/_leadtime"]
        {
            assert!(folder.path().join(file).metadata().unwrap().len() > 500, "{file}");
        }
    }
}
