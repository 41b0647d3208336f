//! Commands that root runs in the service's folder: they work as its owner, follow no link planted there, and still read what
//! only root may. These tests make users by number, and say so where they do not run as root.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::program::{Ended, Practice, Sandbox, live_config, record, visits_due_in};

const SERVICE: u32 = 12_345;

/// A service's folder that belongs to a user of its own, and a folder of root's that nobody else can enter.
struct Server {
    practice: Practice,
    roots: TempDir,
}

impl Server {
    fn new(config: &str) -> Option<Server> {
        if !rustix::process::geteuid().is_root() {
            eprintln!("not run: these tests have to be root to make users");
            return None;
        }
        let practice = Practice::new(config);
        chown(practice.folder.path(), Some(SERVICE), Some(SERVICE)).unwrap();
        let roots = tempfile::tempdir().unwrap();
        fs::set_permissions(roots.path(), fs::Permissions::from_mode(0o700)).unwrap();
        Some(Server { practice, roots })
    }

    fn of_root(&self, name: &str, text: &str) -> PathBuf {
        let path = self.roots.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = self.practice.command(arguments);
        command.env("SUDO_UID", "1042").env("SUDO_USER", "kim").output().unwrap().into()
    }

    fn owner(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().uid()
    }
}

#[test]
fn root_imports_what_only_root_reads_and_everything_belongs_to_the_service() {
    let Some(server) = Server::new(&live_config("http://127.0.0.1:9/v1")) else { return };
    let export = server.of_root("export.csv", &visits_due_in(3600, 3));
    let out = server.run(&["import", export.to_str().unwrap()]).good();
    assert!(out.contains("3 rows read: 3 new appointments") && out.contains("export.csv"), "{out}");
    let database = server.practice.path("test.db");
    assert_eq!(Server::owner(&database), SERVICE);
    server.run(&["opt-out", "add", "303-555-1001"]).good();
    let history = server.run(&["history"]).good();
    assert!(history.contains(&format!("by kim (uid 0 by sudo of uid 1042, as uid {SERVICE})")), "{history}");
    for entry in fs::read_dir(server.practice.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if !path.ends_with("config.toml") {
            assert_eq!(Server::owner(&path), SERVICE, "{}", path.display());
        }
    }
    // A link in the place of the file that is named is not followed.
    let link = server.roots.path().join("link.csv");
    symlink(&export, &link).unwrap();
    let ended = server.run(&["import", link.to_str().unwrap()]);
    assert!(ended.code == 1 && ended.err.contains("symbolic link"), "{}", ended.err);
}

#[test]
fn planted_links_give_the_service_nothing_of_roots() {
    let Some(server) = Server::new(&live_config("http://127.0.0.1:9/v1")) else { return };
    let export = server.of_root("export.csv", &visits_due_in(3600, 3));
    server.run(&["import", export.to_str().unwrap()]).good();
    server.run(&["backup", "copy.db"]).good();
    let copy = server.roots.path().join("copy.db");
    fs::rename(server.practice.path("copy.db"), &copy).unwrap();
    chown(&copy, Some(0), Some(0)).unwrap();
    // The copy that only root may read is restored all the same, and stays root's.
    server.run(&["restore", copy.to_str().unwrap()]).good();
    assert_eq!((Server::owner(&copy), Server::owner(&server.practice.path("test.db"))), (0, SERVICE));

    // The lock leads to a file of root's.
    let shadow = server.of_root("shadow", "root:secret");
    fs::remove_file(server.practice.path("test.db.lock")).unwrap();
    symlink(&shadow, server.practice.path("test.db.lock")).unwrap();
    let ended = server.run(&["restore", copy.to_str().unwrap()]);
    assert_ne!(ended.code, 0, "{}", ended.out);
    assert_eq!((Server::owner(&shadow), fs::read_to_string(&shadow).unwrap()), (0, "root:secret".to_owned()));
    fs::remove_file(server.practice.path("test.db.lock")).unwrap();

    // The database leads to a file that does not exist yet.
    let dangling = server.roots.path().join("made-by-root");
    for file in ["test.db", "test.db-wal", "test.db-shm"] {
        let _ = fs::remove_file(server.practice.path(file));
    }
    symlink(&dangling, server.practice.path("test.db")).unwrap();
    let ended = server.run(&["import", export.to_str().unwrap()]);
    assert!(ended.code != 0 && !dangling.exists(), "{}", ended.out);
    // So does the configuration.
    fs::remove_file(server.practice.path("config.toml")).unwrap();
    symlink(server.of_root("other.toml", &live_config("http://127.0.0.1:9/v1")), server.practice.path("config.toml"))
        .unwrap();
    std::os::unix::fs::lchown(server.practice.path("config.toml"), Some(SERVICE), Some(SERVICE)).unwrap();
    let ended = server.run(&["status"]);
    assert!(ended.code == 1 && ended.err.contains("root does not follow it"), "{}", ended.err);
}

#[test]
fn root_tries_a_text_with_a_key_that_only_root_reads() {
    let Some(server) = Server::new("") else { return };
    let mut sandbox = Sandbox::start(&server.practice, &["--key", "annie-sk-v1-test"]);
    let key = server.of_root("annie-key", "annie-sk-v1-test\n");
    let config = live_config(&sandbox.base_url).replace("\"live\"", "\"observe\"");
    let config = config.replace("[annie]\n", &format!("[annie]\napi_key_file = {key:?}\n"));
    fs::write(server.practice.path("config.toml"), config).unwrap();
    let export = server.of_root("export.csv", &visits_due_in(3600, 1));
    server.run(&["import", export.to_str().unwrap()]).good();
    server.run(&["test-text", "day-before", "303-555-1042"]).good();
    assert!(sandbox.post().ends_with("200"));
    assert_eq!(record(&server.practice).len(), 1);
    let doctor = server.run(&["doctor"]);
    assert!(doctor.out.contains("accepts the key"), "{}{}", doctor.out, doctor.err);
    // As the service's own user the key stays out of reach.
    // The program is copied to where that user can run it: the checkout may be in a folder of root's alone.
    let open = tempfile::tempdir().unwrap();
    fs::set_permissions(open.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = open.path().join("leadtime");
    fs::copy(env!("CARGO_BIN_EXE_leadtime"), &program).unwrap();
    let mut plain = std::process::Command::new(&program);
    plain.args(["test-text", "day-before", "303-555-1043"]).current_dir(server.practice.folder.path()).env_clear();
    let ended: Ended = std::os::unix::process::CommandExt::uid(&mut plain, SERVICE).output().unwrap().into();
    assert!(ended.code != 0 && !ended.err.contains("annie-sk"), "{}", ended.err);
}

#[test]
fn a_copy_with_a_log_is_restored_whole_and_the_database_itself_is_refused() {
    let Some(server) = Server::new(&live_config("http://127.0.0.1:9/v1")) else { return };
    let export = server.of_root("export.csv", &visits_due_in(3600, 3));
    server.run(&["import", export.to_str().unwrap()]).good();
    let ended = server.run(&["restore", "test.db"]);
    assert!(ended.code == 1 && ended.err.contains("is the database itself"), "{}", ended.err);
    let none = server.of_root("none.db", "once upon a time");
    let ended = server.run(&["restore", none.to_str().unwrap()]);
    assert!(ended.code == 1 && ended.err.contains(none.to_str().unwrap()), "named as it was given: {}", ended.err);
    // While somebody has it open, the newest data are in the log.
    let reader = server.practice.sql();
    reader.query_row("SELECT count(*) FROM appointments", [], |row| row.get::<_, i64>(0)).unwrap();
    server.run(&["opt-out", "add", "303-555-1001"]).good();
    let copies = tempfile::tempdir().unwrap();
    fs::set_permissions(copies.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for file in ["test.db", "test.db-wal"] {
        fs::copy(server.practice.path(file), copies.path().join(file)).unwrap();
        chown(copies.path().join(file), Some(SERVICE), Some(SERVICE)).unwrap();
    }
    chown(copies.path(), Some(SERVICE), Some(SERVICE)).unwrap();
    drop(reader);
    for file in ["test.db", "test.db-wal", "test.db-shm"] {
        let _ = fs::remove_file(server.practice.path(file));
    }
    server.run(&["restore", copies.path().join("test.db").to_str().unwrap()]).good();
    assert_eq!(server.practice.number("SELECT count(*) FROM opt_outs"), 1);
}
