//! `leadtime --help`: lists the commands, grouped by purpose.

use clap::Command;

/// The groups, with their commands.
const GROUPS: [(&str, &[&str]); 4] = [
    (
        "Every day",
        &[
            "tasks",
            "task",
            "outcomes",
            "note-outcome",
            "plan",
            "explain",
            "status",
            "not-reached",
            "report",
            "opt-out",
            "wrong-number",
            "skip",
            "pause",
            "resume",
        ],
    ),
    (
        "Setting up",
        &[
            "init",
            "check",
            "feed",
            "import",
            "import-folder",
            "run",
            "doctor",
            "test-text",
            "alert-test",
            "confirm-change",
            "desk",
        ],
    ),
    ("Recovering", &["resolve", "history", "audit", "backup", "restore"]),
    ("Trying it out", &["demo", "sandbox", "simulate"]),
];

/// The command line with its commands in groups.
pub(crate) fn grouped(command: Command) -> Command {
    let visible = |name: &&str| command.find_subcommand(name).is_some_and(|found| !found.is_hide_set());
    let width =
        GROUPS.iter().flat_map(|(_, names)| names.iter()).filter(|name| visible(name)).map(|name| name.len()).max();
    let width = width.unwrap_or(0);
    let mut text = String::from("{about-with-newline}\n{usage-heading} {usage}\n");
    for (heading, names) in GROUPS {
        text.push_str(&format!("\n{heading}:\n"));
        for name in names.iter().filter(|name| visible(name)) {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            text.push_str(&format!("  {name:<width$}  {}\n", about.map(ToString::to_string).unwrap_or_default()));
        }
    }
    text.push_str("\nRun `leadtime help COMMAND` for everything about a command.\n\nOptions:\n{options}");
    command.help_template(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_command_is_in_a_group() {
        let command = crate::cli::Cli::command();
        for found in command.get_subcommands().filter(|found| !found.is_hide_set()) {
            let name = found.get_name();
            assert!(name == "help" || GROUPS.iter().any(|(_, names)| names.contains(&name)), "{name}");
        }
        let help = grouped(command).render_help().to_string();
        assert!(help.contains("Every day:") && help.contains("  plan "), "{help}");
    }
}
