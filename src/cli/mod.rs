//! The command line: one file per command.

mod alert_test;
mod as_owner;
mod backup;
mod check;
mod color;
mod config_option;
mod confirm_change;
mod demo;
mod desk;
mod desk_certificate;
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
mod note_outcome;
mod operator;
mod opt_out;
mod outcomes;
mod output;
mod pause;
mod plan;
mod report;
mod resolve;
mod restore;
mod run;
mod sandbox;
mod simulate;
mod status;
mod task;
mod test_text;
mod workbook;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::cli::failure::Failure;
use crate::cli::output::say;

/// Reminds patients of their appointments by SMS through the Annie API, never twice, and can explain every decision.
#[derive(Debug, Parser)]
#[command(name = "leadtime", version, arg_required_else_help = true)]
struct Cli {
    /// When to color the output; `auto` colors on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = false)]
    color: color::When,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show which texts go out in the coming days, and who gets none and why.
    Plan(plan::Options),
    /// Explain step by step which texts a patient gets and why, or why none.
    Explain(explain::Options),
    /// Show the current status.
    Status(status::Options),
    /// List the patients who are not reached by text, so that you can call them.
    NotReached(not_reached::Options),
    /// Show what patients answered: who confirmed, and who wants another time or to cancel.
    Outcomes(outcomes::Options),
    /// List what people have to do: replies to read, patients to call, texts and imports to decide about.
    Tasks(task::List),
    /// Close a task.
    Task(task::Task),
    /// Note what a patient said about an appointment, on the phone or at the desk.
    NoteOutcome(note_outcome::Options),
    /// Show what became of recent appointments: reminders sent, patients reached and confirmed, and why not.
    Report(report::Options),
    /// Pause sending, everywhere or at one location.
    Pause(pause::Pause),
    /// End a pause; texts that can still be sent go out.
    Resume(pause::Resume),
    /// Stop the texts for one appointment, or restore them.
    Skip(pause::Skip),
    /// Record who opted out of texts, or undo an opt-out.
    OptOut(opt_out::OptOut),
    /// Record that a number does not belong to its patient.
    WrongNumber(opt_out::WrongNumber),
    /// Decide about texts whose delivery is uncertain.
    Resolve(resolve::Options),
    /// Show what was done, and by whom.
    History(history::History),
    /// Verify the record of what was done.
    Audit(history::Audit),
    /// Find errors in the configuration.
    Check(check::Options),
    /// Create a configuration from a few answers.
    Init(init::Options),
    /// Check everything that can be wrong on this server, and show how to fix it.
    Doctor(doctor::Options),
    /// Confirm a rule change that would send more texts than usual at once.
    ConfirmChange(confirm_change::Options),
    /// Send a test alert through every channel in [alerts], and report the result of each.
    AlertTest(alert_test::Options),
    /// Manage the front desk's page: its users, and a certificate.
    Desk(desk::Options),
    /// Manage how exports are read: suggest, list, test, accept, rename.
    Feed(feed::Options),
    /// Import an export with appointments into the database.
    Import(import::Options),
    /// Send a rule's text to your own phone; this sends a real text.
    TestText(test_text::Options),
    /// Import the exports dropped into a folder, each as soon as it is complete.
    ImportFolder(import_folder::Options),
    /// Back up the database, even while the daemon is running.
    Backup(backup::Options),
    /// Restore the database from a copy; the daemon must be stopped.
    Restore(restore::Options),
    /// Run the daemon.
    Run(run::Options),
    /// See Leadtime at work: sample appointments, the real daemon, and a sandbox that replaces Annie.
    Demo(demo::Options),
    /// Run a server on this machine that imitates Annie, for testing.
    Sandbox(sandbox::Options),
    /// Simulate weeks of a made-up practice in seconds, with everything that can go wrong, and audit every text.
    Simulate(simulate::Options),
    /// Write the manual pages and shell completions to a folder, for packages.
    #[command(hide = true)]
    Generate(generate::Options),
    /// Turn a spreadsheet on standard input into text.
    #[command(hide = true)]
    ReadSpreadsheet(workbook::Options),
}

/// Keeps patient data out of core dumps, and panic messages out of the log, because they may contain patient data.
fn keep_private() {
    // The packaged services do not allow this call; there, `LimitCORE=` in the unit sets the limit.
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = setrlimit(Resource::Core, none);
    if !std::io::stderr().is_terminal() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map_or_else(|| "an unknown location".to_owned(), ToString::to_string);
            say(&format!("leadtime: internal error at {place}. Please report it with this line and the version"));
        }));
    }
}

/// Parses the arguments, runs the command and reports the result.
#[must_use]
pub fn main() -> ExitCode {
    keep_private();
    let matches = help::grouped(Cli::command()).get_matches();
    if let Err(failure) = as_owner::become_owner(&matches) {
        return ended(Err(failure));
    }
    let parsed = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    color::choose(parsed.color);
    let done = match parsed.command {
        Command::Plan(options) => plan::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Status(options) => status::run(&options),
        Command::NotReached(options) => not_reached::run(&options),
        Command::Outcomes(options) => outcomes::run(&options),
        Command::Tasks(options) => task::list(&options),
        Command::Task(options) => task::run(&options),
        Command::NoteOutcome(options) => note_outcome::run(&options),
        Command::Report(options) => report::run(&options),
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
        Command::Desk(options) => desk::run(&options),
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
        Command::ReadSpreadsheet(options) => workbook::run(&options),
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
    fn the_program_and_every_command_have_a_manual_page_and_three_shells_have_completions() {
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
