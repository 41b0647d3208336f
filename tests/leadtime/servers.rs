//! Real database servers for the tests of database feeds: MariaDB and PostgreSQL, in temporary folders on free ports.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::channel;

use tempfile::TempDir;

use super::shared::not_run;

/// The password of the user `leadtime` on every server.
pub(crate) const PASSWORD: &str = "pass word-7Q";

/// A running server, for all tests of this process.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) folder: PathBuf,
    client: Vec<String>,
    _kept: TempDir,
}

impl Server {
    /// Runs SQL as the administrator and returns what it prints.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let mut command = Command::new(&self.client[0]);
        let output = command.args(&self.client[1..]).arg(database).args([self.flag(), sql]).output().unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn flag(&self) -> &'static str {
        if self.client[0].ends_with("psql") { "-c" } else { "-e" }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn is_installed(program: &str) -> bool {
    Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status().unwrap().success()
}

/// Runs a server in a thread of its own, which lives as long as this process: `setpriv` ends the server with it. Returns
/// when it prints `ready` on standard error.
fn serve(mut arguments: Vec<String>, ready: &'static str) {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let program = "setpriv".to_owned();
        arguments.insert(0, "--pdeathsig=KILL".to_owned());
        let mut child =
            Command::new(program).args(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = String::new();
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            let Ok(line) = line else { break };
            if line.contains(ready) {
                let _ = tell.send(Ok(()));
            }
            log.push_str(&line);
            log.push('\n');
        }
        let _ = tell.send(Err(log));
        let _ = child.wait();
    });
    told.recv().unwrap().unwrap_or_else(|log| panic!("the server did not start:\n{log}"));
}

/// MariaDB, or `None` with a message if it is not installed.
pub(crate) fn mariadb() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let found = SERVER.get_or_init(|| is_installed("mariadbd").then(start_mariadb)).as_ref();
    if found.is_none() {
        not_run("MariaDB is not installed (apt-get install mariadb-server)");
    }
    found
}

fn start_mariadb() -> Server {
    let kept = tempfile::tempdir().unwrap();
    let folder = kept.path().to_owned();
    let data = folder.join("data");
    let made = Command::new("mariadb-install-db")
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--user=root"])
        .arg(format!("--datadir={}", data.display()))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
    certificates(&folder);
    let port = free_port();
    let file = |name: &str| folder.join(name).display().to_string();
    let arguments = vec![
        "mariadbd".to_owned(),
        "--no-defaults".to_owned(),
        "--user=root".to_owned(),
        format!("--datadir={}", data.display()),
        format!("--socket={}", file("socket")),
        format!("--port={port}"),
        "--bind-address=0.0.0.0".to_owned(),
        "--skip-name-resolve".to_owned(),
        "--innodb-buffer-pool-size=32M".to_owned(),
        // The practice's server runs on the practice's clock.
        "--default-time-zone=-07:00".to_owned(),
        format!("--ssl-cert={}", file("server.pem")),
        format!("--ssl-key={}", file("server.key")),
        format!("--ssl-ca={}", file("ca.pem")),
    ];
    serve(arguments, "ready for connections");
    let client = ["mariadb", "--no-defaults", "-uroot", "-N", "-B"].map(str::to_owned);
    let client = [&client[..], &[format!("--socket={}", file("socket"))]].concat();
    let server = Server { port, folder, client, _kept: kept };
    server.sql("mysql", &format!("CREATE USER leadtime@'%' IDENTIFIED BY '{PASSWORD}'"));
    server
}

/// PostgreSQL, or `None` with a message if it is not installed.
pub(crate) fn postgres() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let programs = || {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let mut folders: Vec<PathBuf> = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
        folders.sort();
        folders.pop().filter(|folder| folder.join("postgres").exists())
    };
    let found = SERVER.get_or_init(|| programs().map(|programs| start_postgres(&programs))).as_ref();
    if found.is_none() {
        not_run("PostgreSQL is not installed (apt-get install postgresql)");
    }
    found
}

fn start_postgres(programs: &Path) -> Server {
    let kept = tempfile::tempdir().unwrap();
    let folder = kept.path().to_owned();
    certificates(&folder);
    // PostgreSQL refuses to run as root.
    let as_other: Vec<String> = match rustix::process::geteuid().is_root() {
        true => {
            let id = |flag: &str| {
                let output = Command::new("id").args([flag, "postgres"]).output().unwrap();
                String::from_utf8(output.stdout).unwrap().trim().parse::<u32>().unwrap()
            };
            let (user, group) = (id("-u"), id("-g"));
            for path in [folder.clone(), folder.join("server.key"), folder.join("server.pem")] {
                chown(path, Some(user), Some(group)).unwrap();
            }
            vec![format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()]
        }
        false => Vec::new(),
    };
    let data = folder.join("data").display().to_string();
    let made = Command::new("setpriv")
        .args(&as_other)
        .arg(programs.join("initdb"))
        .args(["-D", &data, "-U", "admin", "--auth-local=trust", "--auth-host=scram-sha-256", "-E", "UTF8"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let port = free_port();
    let file = |name: &str| folder.join(name).display().to_string();
    let settings = [
        format!("unix_socket_directories={}", folder.display()),
        "listen_addresses=127.0.0.1".to_owned(),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", file("server.pem")),
        format!("ssl_key_file={}", file("server.key")),
        "fsync=off".to_owned(),
    ];
    let mut arguments = as_other;
    arguments.push(programs.join("postgres").display().to_string());
    arguments.extend(["-D".to_owned(), data, "-p".to_owned(), port.to_string()]);
    arguments.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
    serve(arguments, "ready to accept connections");
    let client = ["psql", "-U", "admin", "-qAt", "-h"].map(str::to_owned);
    let client = [&client[..], &[folder.display().to_string(), "-p".to_owned(), port.to_string()]].concat();
    let server = Server { port, folder, client, _kept: kept };
    server.sql("postgres", &format!("CREATE ROLE leadtime LOGIN PASSWORD '{PASSWORD}'"));
    server
}

/// A certificate for `localhost`, signed by `ca.pem`; `other.pem` signed nothing.
fn certificates(folder: &Path) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        (certificate.pem(), Issuer::new(params, key))
    };
    let (ca, issuer) = authority("the practice");
    let (other, _) = authority("somebody else");
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    for (name, text) in
        [("ca.pem", ca), ("other.pem", other), ("server.pem", server.pem()), ("server.key", key.serialize_pem())]
    {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        use std::os::unix::fs::PermissionsExt;
        let mode = if name.ends_with("key") { 0o600 } else { 0o644 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
}
