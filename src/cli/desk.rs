//! `leadtime desk`: the users of the front desk's page, and a certificate for it.

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, Write};
use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde_json::json;

use crate::cli::config_option::ConfigOption;
use crate::cli::desk_certificate;
use crate::cli::failure::Failure;
use crate::cli::operator::By;
use crate::cli::output::{configuration, moment, print, say};
use crate::config::Config;
use crate::desk::password;
use crate::domain::count::counted;
use crate::domain::desk_user::{DeskUser, Role, Scope, new_password, user_name};
use crate::store::connection::open;
use crate::store::desk::users;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a user of the page, or change the role and the locations of one.
    AddUser(AddUser),
    /// Set a user's password; this ends the user's sessions.
    Passwd(Named),
    /// Remove a user; this ends the user's sessions.
    RemoveUser(Named),
    /// List the users.
    ListUsers(List),
    /// Make a certificate of your own for the page, and say how the office's computers come to trust it.
    MakeCertificate(MakeCertificate),
}

/// A role on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    /// Sees everything and changes nothing.
    Look,
    /// Works at the front desk.
    Desk,
    /// Also pauses sending, confirms held changes, and decides about uncertain texts.
    Manager,
}

#[derive(Debug, Args)]
struct AddUser {
    /// The name to log in with.
    name: String,
    /// What the user may do.
    #[arg(long)]
    role: RoleName,
    /// Only patients of this location; may be given several times. The practice itself: main. Default: all.
    #[arg(long, value_name = "ID")]
    location: Vec<String>,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    config: ConfigOption,
}

#[derive(Debug, Args)]
struct Named {
    /// The user's name.
    name: String,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    config: ConfigOption,
}

#[derive(Debug, Args)]
struct List {
    /// Print a JSON array, for other programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
}

#[derive(Debug, Args)]
struct MakeCertificate {
    /// The names and addresses by which browsers reach the page, such as desk.local or 192.168.1.5.
    #[arg(required = true, num_args = 1..)]
    hosts: Vec<String>,
    /// The folder for desk-certificate.pem and desk-key.pem. Default: the current one.
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// The practice itself, as a location of a user.
const MAIN: &str = "main";

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    match &options.action {
        Action::AddUser(options) => add(options),
        Action::Passwd(options) => passwd(options),
        Action::RemoveUser(options) => remove(options),
        Action::ListUsers(options) => list(options),
        Action::MakeCertificate(options) => make_certificate(options),
    }
}

fn role(name: RoleName) -> Role {
    match name {
        RoleName::Look => Role::Look,
        RoleName::Desk => Role::Desk,
        RoleName::Manager => Role::Manager,
    }
}

fn named(text: &str) -> Result<String, Failure> {
    user_name(text).map_err(|why| Failure::Usage(anyhow::anyhow!("{text}: {why}")))
}

fn scope(config: &Config, locations: &[String]) -> Result<Scope, Failure> {
    if locations.is_empty() {
        return Ok(Scope::All);
    }
    let one = |id: &String| match id.as_str() {
        MAIN => Ok(None),
        id if config.locations.contains_key(id) => Ok(Some(id.to_owned())),
        id => {
            let known: Vec<&str> = config.locations.keys().map(String::as_str).chain([MAIN]).collect();
            Err(Failure::Usage(anyhow::anyhow!("there is no location {id}; the locations are {}", known.join(", "))))
        }
    };
    Ok(Scope::Only(locations.iter().map(one).collect::<Result<BTreeSet<_>, _>>()?))
}

fn add(options: &AddUser) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let user =
        DeskUser { name: named(&options.name)?, role: role(options.role), scope: scope(&config, &options.location)? };
    let is_known = config.database.exists() && users::named(&open::read_only(&config.database)?, &user.name)?.is_some();
    // Only the role changes; the password stays.
    let hash = if is_known { None } else { Some(hashed(&ask(&user.name)?)?) };
    let now = moment(None, &config.practice.zone)?;
    if !config.database.exists() {
        drop(open::read_write(&config.database)?);
    }
    let is_new =
        options.by.write(&config.database, |tx, operator| users::put(tx, &user, hash.as_deref(), operator, now))?;
    let (name, role) = (&user.name, user.role.code());
    let seen = if user.scope.is_all() { "all locations".to_owned() } else { options.location.join(", ") };
    print(&match is_new {
        true => format!("{name} may now log in, with the role {role}.\n"),
        false => format!(
            "{name} now has the role {role}, for {seen}. The password is unchanged; `leadtime desk passwd {name}` sets another one.\n"
        ),
    })?;
    match config.desk {
        Some(_) => Ok(()),
        None => print(
            "The page is not served yet: add [desk] to the configuration, then run `systemctl reload leadtime`.\n",
        ),
    }
}

fn passwd(options: &Named) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let name = named(&options.name)?;
    if users::named(&open::read_only(&config.database)?, &name)?.is_none() {
        return Err(nobody(&name));
    }
    let hash = hashed(&ask(&name)?)?;
    let now = moment(None, &config.practice.zone)?;
    let by = &options.by;
    match by.write(&config.database, |tx, operator| users::set_password(tx, &name, &hash, operator, now))? {
        true => print(&format!("{name} has a new password and was logged out everywhere.\n")),
        false => Err(nobody(&name)),
    }
}

fn nobody(name: &str) -> Failure {
    anyhow::anyhow!("there is no user {name}; `leadtime desk list-users` lists them").into()
}

fn remove(options: &Named) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let name = named(&options.name)?;
    let now = moment(None, &config.practice.zone)?;
    match options.by.write(&config.database, |tx, operator| users::remove(tx, &name, operator, now))? {
        true => print(&format!("{name} can no longer log in.\n")),
        false => Err(nobody(&name)),
    }
}

fn list(options: &List) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let all = match config.database.exists() {
        true => users::list(&open::read_only(&config.database)?)?,
        false => Vec::new(),
    };
    let places = |user: &DeskUser| -> Vec<String> {
        match &user.scope {
            Scope::All => Vec::new(),
            Scope::Only(own) => own.iter().map(|id| id.clone().unwrap_or_else(|| MAIN.to_owned())).collect(),
        }
    };
    if options.json {
        let rows: Vec<_> = all
            .iter()
            .map(|user| json!({"user": user.name, "role": user.role.code(), "locations": user.scope.is_all().then_some(()).map_or(Some(places(user)), |()| None)}))
            .collect();
        return print(&format!("{}\n", serde_json::to_string_pretty(&rows)?));
    }
    if all.is_empty() {
        return print("There are no users. `leadtime desk add-user NAME --role manager` adds one.\n");
    }
    let line = |user: &DeskUser| {
        let places = places(user);
        let places = if places.is_empty() { String::new() } else { format!("  only {}", places.join(", ")) };
        format!("{:<20} {}{places}\n", user.name, user.role.code())
    };
    print(&all.iter().map(line).collect::<String>())
}

fn hashed(password: &str) -> Result<String, Failure> {
    password::hash(password).map_err(|why| anyhow::anyhow!("{why}").into())
}

/// Asks for a new password: twice and unseen on a terminal, otherwise one line of standard input.
fn ask(name: &str) -> Result<String, Failure> {
    let input = std::io::stdin();
    let typed = match input.is_terminal() {
        true => {
            let first = unseen(&format!("New password for {name}: "))?;
            let second = unseen("Again: ")?;
            if first != second {
                return Err(Failure::Usage(anyhow::anyhow!("the two passwords are not the same; nothing changed")));
            }
            first
        }
        false => {
            let mut line = String::new();
            input.lock().read_line(&mut line)?;
            line.trim_end_matches(['\n', '\r']).to_owned()
        }
    };
    // As the page reads it: without blanks at the ends, which nobody sees.
    let typed = typed.trim().to_owned();
    new_password(&typed, name).map_err(|why| Failure::Usage(anyhow::anyhow!("{why}; nothing changed")))?;
    Ok(typed)
}

/// Reads a line that is not shown. The terminal is restored whatever happens.
fn unseen(prompt: &str) -> Result<String, Failure> {
    struct Restored(rustix::termios::Termios);
    impl Drop for Restored {
        fn drop(&mut self) {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0);
        }
    }
    let mut out = std::io::stderr();
    write!(out, "{prompt}")?;
    out.flush()?;
    let before = tcgetattr(std::io::stdin()).map_err(std::io::Error::from)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    let restored = Restored(before);
    tcsetattr(std::io::stdin(), OptionalActions::Flush, &silent).map_err(std::io::Error::from)?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    drop(restored);
    say("");
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

fn make_certificate(options: &MakeCertificate) -> Result<(), Failure> {
    for host in &options.hosts {
        let is_name = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
        if host.parse::<IpAddr>().is_err() && !is_name {
            return Err(Failure::Usage(anyhow::anyhow!("{host}: this is neither a host name nor an address")));
        }
    }
    let made = desk_certificate::make(&options.hosts, &options.folder)?;
    let hosts: Vec<String> = options
        .hosts
        .iter()
        .filter(|host| host.parse::<IpAddr>().is_err())
        .map(|host| format!("\"{}\"", host.to_lowercase()))
        .collect();
    print(&format!(
        "Made a certificate for {}, valid for two years:\n  {}\n  {}\n\n\
         In the configuration:\n  [desk]\n  listen = \"0.0.0.0:8600\"\n  certificate = \"{}\"\n  key = \"{}\"\n{}\n\
         The service must be able to read both files, and nobody else the key:\n  chown leadtime: {}\n\n\
         Browsers warn of it until the office's computers trust it. On each computer, import {}:\n  \
         Windows: open the file, Install Certificate, Local Machine, Trusted Root Certification Authorities\n  \
         macOS: open the file in Keychain Access, System, then set Trust to Always Trust\n  \
         Firefox: Settings, Privacy & Security, View Certificates, Authorities, Import\n\
         The authority's own key is not kept: it can sign nothing else. When you make a new certificate, the page takes it over\n\
         by itself, and the computers must trust the new authority.\n",
        counted(options.hosts.len(), "name", "names"),
        made.files.certificate.display(),
        made.files.key.display(),
        made.files.certificate.display(),
        made.files.key.display(),
        if hosts.is_empty() { String::new() } else { format!("  hosts = [{}]\n", hosts.join(", ")) },
        made.files.key.display(),
        made.authority.display(),
    ))
}
