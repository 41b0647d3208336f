//! `leadtime feed`: how a practice's exports are read, and how they stand.

mod accept;
mod list;
mod rename;
pub(super) mod suggest;
mod test;

use clap::{Args, Subcommand};

use crate::cli::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read an export and write the [[feed]] block that maps it.
    Suggest(suggest::Options),
    /// Show the feeds, when each last brought something, and what is refused or held.
    List(list::Options),
    /// Read an export as a feed would, show ten rows, and write nothing.
    Test(test::Options),
    /// Take what the guard holds of a feed.
    Accept(accept::Options),
    /// Give all appointments of a feed to another name.
    Rename(rename::Options),
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    match &options.command {
        Command::Suggest(options) => suggest::run(options),
        Command::List(options) => list::run(options),
        Command::Test(options) => test::run(options),
        Command::Accept(options) => accept::run(options),
        Command::Rename(options) => rename::run(options),
    }
}
