//! When root runs a command, the process becomes the owner of the database's folder before it creates or changes
//! anything, and stays that user. Otherwise the owner could plant a link in the folder, and root would follow it. A file
//! that only root can read is opened first, without following links, and passed on standard input.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::ArgMatches;

use crate::cli::failure::Failure;
use crate::config;
use crate::config::Config;
use crate::config::api_key::{self, CREDENTIAL, Handed};
use crate::store::connection::place::folder_of;
use crate::store::ledger::audit;

/// Commands that read a file named on the command line.
const WITH_INPUT: [&str; 4] = ["import", "restore", "test", "suggest"];
/// Commands that need a key or a password that possibly only root can read.
const WITH_KEYS: [&str; 4] = ["test-text", "doctor", "pull", "test"];
/// Commands that do not use a service's database.
const WITHOUT: [&str; 7] = ["init", "demo", "sandbox", "simulate", "generate", "read-spreadsheet", "make-certificate"];

/// Starts the program again as the owner of the database's folder, if root runs it and the owner is another user. Returns
/// only if there is nothing to do or if that failed.
pub(crate) fn become_owner(matches: &ArgMatches) -> Result<(), Failure> {
    let Some((name, options)) = innermost(matches) else { return Ok(()) };
    if !rustix::process::geteuid().is_root() || WITHOUT.contains(&name) {
        return Ok(());
    }
    let named = options.try_get_one::<PathBuf>("config").ok().flatten();
    let Ok(path) = config::locate(named.map(PathBuf::as_path)) else { return Ok(()) };
    refuse_link(&path)?;
    let read = config::load(&path).ok().map(|(config, _)| config);
    let database = read.as_ref().map(|config| config.database.clone()).or_else(|| config::database_of(&path));
    let Some(owner) = database.as_deref().and_then(owner_of) else { return Ok(()) };
    let mut program = Command::new("/proc/self/exe");
    program.args(std::env::args_os().skip(1)).env(audit::ACTED_AS, audit::account());
    if WITH_INPUT.contains(&name)
        && let Some(input) = options.try_get_one::<PathBuf>("file").ok().flatten()
        && is_to_be_handed(input, database.as_deref().unwrap_or(input))
    {
        program.stdin(Stdio::from(open(input)?)).env(api_key::HANDED, Handed::Input.code());
    } else if WITH_KEYS.contains(&name)
        && let Some(config) = &read
    {
        program.stdin(Stdio::from(keys(config, &path)?)).env(api_key::HANDED, Handed::Keys.code());
    }
    // This also sets the group and drops root's other groups.
    let error = program.uid(owner.0).gid(owner.1).exec();
    Err(anyhow::anyhow!("cannot continue as the owner of the database's folder (uid {}): {error}", owner.0).into())
}

fn innermost(matches: &ArgMatches) -> Option<(&str, &ArgMatches)> {
    let (name, options) = matches.subcommand()?;
    Some(innermost(options).unwrap_or((name, options)))
}

/// Whether root opens the file and passes it on. Not for the database itself or a file next to it, which the owner can
/// read. Not for a copy with its own write-ahead log either, which holds the newest data: the owner opens both, or reports
/// that it cannot.
fn is_to_be_handed(input: &Path, database: &Path) -> bool {
    let folder = |file: &Path| folder_of(file).canonicalize().ok();
    let mut log = input.as_os_str().to_owned();
    log.push("-wal");
    input.exists() && folder(input) != folder(database) && !Path::new(&log).exists()
}

/// The user and group that own the database's folder, unless that is root.
fn owner_of(database: &Path) -> Option<(u32, u32)> {
    let found = folder_of(database).metadata().ok()?;
    (found.uid() != 0).then(|| (found.uid(), found.gid()))
}

/// Refuses a link that belongs to a user other than root: it may point anywhere.
fn refuse_link(path: &Path) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Ok(found) if found.file_type().is_symlink() && found.uid() != 0 => Err(anyhow::anyhow!(
            "{} is a symbolic link that belongs to another user, and root does not follow it",
            path.display()
        )
        .into()),
        _ => Ok(()),
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    opened.map_err(|error| match error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        true => anyhow::anyhow!(
            "{} is a symbolic link, and root does not follow it; give the path of the file itself",
            path.display()
        )
        .into(),
        false => anyhow::anyhow!("cannot read {}: {error}", path.display()).into(),
    })
}

/// The keys and passwords that the configuration names and those of the packaged service, in an unnamed temporary file.
fn keys(config: &Config, path: &Path) -> Result<File, Failure> {
    let of_locations = config.locations.values().filter_map(|location| location.api_key_file.clone());
    let named = config.annie.api_key_file.clone().into_iter().chain(of_locations);
    let mut found: Vec<(PathBuf, String)> = Vec::new();
    let places = config.feeds.iter().filter_map(|feed| feed.source.secret());
    let passwords = places.map(|place| place.named.clone().unwrap_or_else(|| place.usual.clone()));
    for file in named.chain(passwords).chain([path.with_file_name(CREDENTIAL)]).filter(|file| file.exists()) {
        let mut text = String::new();
        open(&file)?.take(64 * 1024).read_to_string(&mut text)?;
        found.push((file, text));
    }
    let mut handed = tempfile::tempfile()?;
    handed.write_all(serde_json::to_string(&found)?.as_bytes())?;
    handed.seek(SeekFrom::Start(0))?;
    Ok(handed)
}
