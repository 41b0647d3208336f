//! `kind = "database"`: another system's database.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::keys::{self, About, PasswordPlace};
use crate::config::feeds::statement::{Grammar, Statement};
use crate::config::toml_reader::{Section, duration, text_as};
use crate::config::values::files::path;

/// How long a statement may take if the feed does not say: a slow one can block a practice's workstations.
const TIMEOUT: Duration = Duration::from_secs(30);

/// `kind = "database"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseSource {
    /// The server and the database on it.
    pub server: Server,
    /// Where the user's password is.
    pub password: PasswordPlace,
    /// The certificates that the server's must be signed by, besides those of this machine.
    pub ca_file: Option<PathBuf>,
    /// What is asked.
    pub statement: Statement,
    /// The time between two reads.
    pub every: Duration,
    /// How many days are read, from today.
    pub ahead: u32,
    /// How long the server may work on the statement.
    pub timeout: Duration,
}

impl DatabaseSource {
    /// Whether the server's certificate is not verified: only within this machine, and if no certificate is named for it.
    pub fn is_unverified(&self, host: &Host) -> bool {
        host.is_this_machine() && self.ca_file.is_none()
    }
}

/// A database and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Server {
    /// A MySQL or MariaDB server.
    MySql(Address),
    /// A PostgreSQL server.
    Postgres(Address),
    /// An SQLite file on this machine.
    Sqlite(PathBuf),
}

/// Where a server is, who asks, and for which database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The machine, or the socket on this machine.
    pub host: Host,
    /// The user's name on the server.
    pub user: String,
    /// The database.
    pub database: String,
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// Over the network.
    Name {
        /// The machine's name or address.
        name: String,
        /// The port; `None`: the usual one.
        port: Option<u16>,
    },
    /// Through a Unix socket: for MySQL its file, for PostgreSQL its folder.
    Socket(PathBuf),
}

impl Host {
    /// Whether the connection stays on this machine, so that TLS does not have to be verified.
    pub fn is_this_machine(&self) -> bool {
        match self {
            Host::Socket(_) => true,
            Host::Name { name, .. } => keys::is_this_machine(name),
        }
    }
}

impl Server {
    /// How its statements are written.
    pub fn grammar(&self) -> Grammar {
        match self {
            Server::MySql(_) => Grammar::MySql,
            Server::Postgres(_) => Grammar::Postgres,
            Server::Sqlite(_) => Grammar::Sqlite,
        }
    }

    /// The server in words, such as `opendental on db.local`.
    pub fn label(&self) -> String {
        match self {
            Server::Sqlite(path) => path.display().to_string(),
            Server::MySql(address) | Server::Postgres(address) => match &address.host {
                Host::Name { name, .. } => format!("{} on {name}", address.database),
                Host::Socket(path) => format!("{} at {}", address.database, path.display()),
            },
        }
    }
}

pub(super) fn read(section: &mut Section<'_, '_, '_>, about: About<'_>) -> Option<DatabaseSource> {
    let About { statement: preset, folder, file, .. } = about;
    let example = "\"mysql://leadtime@127.0.0.1/opendental\"";
    let server = section.required("url", example, |value| text_as(value, |url| server(url, folder)));
    let password = keys::secret(section, about);
    let ca_file = path(section, "ca_file", folder);
    let query = section.optional("query_file", |value| text_as(value, file));
    let every = keys::every(section);
    let ahead = keys::ahead(section);
    let timeout = section.optional("timeout", |value| duration(value, 1..=300)).unwrap_or(TIMEOUT);
    let named = section.raw("query_file").is_some();
    let server = server?;
    let statement = match query.as_deref().or(preset.filter(|_| !named)) {
        Some(text) => match Statement::parse(text, server.grammar()) {
            Ok(statement) => Some(statement),
            Err(why) => {
                section.error("query_file", format!("the statement cannot be used: {why}"));
                None
            }
        },
        None if named => None,
        None => {
            let message =
                "a database feed needs a statement: preset = \"open-dental\" or \"openemr\", or query_file = \"FILE\"";
            section.error("url", message);
            None
        }
    };
    Some(DatabaseSource { server, password, ca_file, statement: statement?, every, ahead, timeout })
}

/// Reads `url`. The text of the error never repeats it, because it may hold a password.
fn server(text: &str, folder: &Path) -> Result<Server, String> {
    const USUAL: &str =
        "write \"mysql://USER@HOST/DATABASE\", \"mariadb://...\", \"postgres://...\" or \"sqlite:FILE\"";
    if let Some(path) = text.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return match path {
            "" => Err(format!("the file name is missing; {USUAL}")),
            path => Ok(Server::Sqlite(folder.join(path))),
        };
    }
    let url = reqwest::Url::parse(text).map_err(|error| format!("this is not an address ({error}); {USUAL}"))?;
    if url.password().is_some() {
        return Err("the address contains a password, and this file is no place for one: remove it here, and put it \
                    into a file that only Leadtime can read (password_file)"
            .to_owned());
    }
    let decoded = |text: &str| {
        let text = percent_decoded(text).filter(|text| !text.chars().any(char::is_control));
        text.ok_or_else(|| format!("the address is not valid; {USUAL}"))
    };
    let user = decoded(url.username())?;
    let database = decoded(url.path().trim_start_matches('/'))?;
    if user.is_empty() || database.is_empty() || database.contains('/') {
        let missing = if user.is_empty() { "user" } else { "database" };
        return Err(format!("the address does not name the {missing}; {USUAL}"));
    }
    let mut socket = None;
    for (key, value) in url.query_pairs() {
        match &*key {
            "socket" | "host" if value.starts_with('/') => socket = Some(PathBuf::from(&*value)),
            other => return Err(format!("`{other}` cannot be set in the address; only socket=/PATH can")),
        }
    }
    let host = match (socket, url.host_str()) {
        (Some(socket), _) => Host::Socket(socket),
        (None, Some(name)) if !name.is_empty() => Host::Name { name: decoded(name)?, port: url.port() },
        _ => return Err(format!("the address does not name the machine; {USUAL}")),
    };
    let address = Address { host, user, database };
    match url.scheme() {
        "mysql" | "mariadb" => Ok(Server::MySql(address)),
        "postgres" | "postgresql" => Ok(Server::Postgres(address)),
        other => Err(format!("Leadtime cannot read databases of the kind `{other}`; {USUAL}")),
    }
}

/// Text in which `%20` and the like are replaced; `None` if the result is not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Server, String> {
        server(text, Path::new("/etc/leadtime"))
    }

    #[test]
    fn an_address_names_the_engine_the_machine_the_user_and_the_database() {
        let name = |name: &str, port| Host::Name { name: name.to_owned(), port };
        let address = |host| Address { host, user: "leadtime".to_owned(), database: "od".to_owned() };
        for (text, expected) in [
            ("mysql://leadtime@db.local/od", Server::MySql(address(name("db.local", None)))),
            ("mariadb://leadtime@10.0.0.5:3307/od", Server::MySql(address(name("10.0.0.5", Some(3307))))),
            ("postgres://leadtime@[::1]:5433/od", Server::Postgres(address(name("[::1]", Some(5433))))),
            (
                "mysql://leadtime@localhost/od?socket=/run/mysqld/mysqld.sock",
                Server::MySql(address(Host::Socket("/run/mysqld/mysqld.sock".into()))),
            ),
            ("sqlite:book.db", Server::Sqlite("/etc/leadtime/book.db".into())),
            ("sqlite:///srv/book.db", Server::Sqlite("/srv/book.db".into())),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
        let local = |text: &str| match read(text) {
            Ok(Server::MySql(address) | Server::Postgres(address)) => address.host.is_this_machine(),
            _ => false,
        };
        for text in ["mysql://l@localhost/o", "mysql://l@127.0.0.9/o", "postgres://l@[::1]/o"] {
            assert!(local(text), "{text}");
        }
        for text in ["mysql://l@localhost.example.com/o", "mysql://l@10.0.0.1/o"] {
            assert!(!local(text), "{text}");
        }
    }

    #[test]
    fn a_wrong_address_is_explained_and_a_password_never_repeated() {
        for (text, why) in [
            ("mysql://leadtime:hunter2@db/od", "contains a password"),
            ("mysql://db/od", "does not name the user"),
            ("mysql://leadtime@db", "does not name the database"),
            ("mysql://leadtime@db/od?ssl-mode=disabled", "`ssl-mode` cannot be set"),
            ("mssql://leadtime@db/od", "of the kind `mssql`"),
            ("opendental", "this is not an address"),
            ("sqlite:", "file name is missing"),
        ] {
            let found = read(text);
            let is_good = found.as_ref().is_err_and(|found| found.contains(why) && !found.contains("hunter2"));
            assert!(is_good, "{text}: {found:?}");
        }
    }
}
