//! `leadtime generate`: writes the manual pages and shell completions, for packages. Hidden from the list of commands.

use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_complete::{Shell, generate_to};

use crate::cli::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder to write to; it is created if it is missing.
    folder: PathBuf,
}

pub(crate) fn run(options: &Options, program: Command) -> Result<(), Failure> {
    let folder = &options.folder;
    write(folder, program).map_err(|error| anyhow::anyhow!("cannot write to {}: {error}", folder.display()))?;
    Ok(())
}

pub(crate) fn write(folder: &Path, program: Command) -> std::io::Result<()> {
    let (manuals, completions) = (folder.join("man"), folder.join("completions"));
    std::fs::create_dir_all(&manuals)?;
    std::fs::create_dir_all(&completions)?;
    let mut program = program.disable_help_subcommand(true);
    clap_mangen::generate_to(program.clone(), &manuals)?;
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        generate_to(shell, &mut program, "leadtime", &completions)?;
    }
    Ok(())
}
