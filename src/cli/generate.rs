//! `leadtime generate`: the manual pages and the shells' completions, for packages. Hidden: nobody needs it by hand.

use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate_to};

use super::{Cli, Failure};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The folder; it is made where it is missing.
    folder: PathBuf,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let folder = &options.folder;
    write(folder).map_err(|error| anyhow::anyhow!("cannot write into {}: {error}", folder.display()))?;
    Ok(())
}

fn write(folder: &Path) -> std::io::Result<()> {
    let (manuals, completions) = (folder.join("man"), folder.join("completions"));
    std::fs::create_dir_all(&manuals)?;
    std::fs::create_dir_all(&completions)?;
    let program = || Cli::command().disable_help_subcommand(true);
    clap_mangen::generate_to(program(), &manuals)?;
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        generate_to(shell, &mut program(), "leadtime", &completions)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_for_the_program_and_each_command_and_three_shells() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        let command = Cli::command();
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
