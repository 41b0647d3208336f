//! `leadtime feed`: sets up how a practice's exports are read, and shows their status.

mod accept;
pub(crate) mod list;
mod pull;
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
    /// Read an export and print the [[feed]] block that maps it.
    Suggest(suggest::Options),
    /// List the feeds, with the last successful import of each and what was refused or is held.
    List(list::Options),
    /// Read an export or a database with a feed's settings and show ten rows, without writing anything.
    Test(test::Options),
    /// Read a feed's database now and import the answer, as the service does every few minutes.
    Pull(pull::Options),
    /// Accept what is held for a feed.
    Accept(accept::Options),
    /// Move all appointments of a feed to another feed name.
    Rename(rename::Options),
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    match &options.command {
        Command::Suggest(options) => suggest::run(options),
        Command::List(options) => list::run(options),
        Command::Test(options) => test::run(options),
        Command::Pull(options) => pull::run(options),
        Command::Accept(options) => accept::run(options),
        Command::Rename(options) => rename::run(options),
    }
}
