//! Commands that root runs in the service's folder: they act as its owner, follow no link planted there, and still read
//! files that only root can read. Tests that need other users are skipped, with a note, unless run as root.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::program::{Ended, Practice, Sandbox, live_config, record, visits_due_in};

const SERVICE: u32 = 12_345;

/// A folder owned by the service's user, and a folder that only root can enter.
struct Server {
    practice: Practice,
    root_folder: TempDir,
}

impl Server {
    fn new(config: &str) -> Option<Server> {
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: this test must run as root to use other users");
            return None;
        }
        let practice = Practice::new(config);
        chown(practice.folder.path(), Some(SERVICE), Some(SERVICE)).unwrap();
        let root_folder = tempfile::tempdir().unwrap();
        fs::set_permissions(root_folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        Some(Server { practice, root_folder })
    }

    fn write_as_root(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root_folder.path().join(name);
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
fn root_imports_a_file_only_root_can_read_and_all_files_belong_to_the_service() {
    let Some(server) = Server::new(&live_config("http://127.0.0.1:9/v1")) else { return };
    let export = server.write_as_root("export.csv", &visits_due_in(3600, 3));
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
    // A symbolic link in place of the named file is not followed.
    let link = server.root_folder.path().join("link.csv");
    symlink(&export, &link).unwrap();
    let ended = server.run(&["import", link.to_str().unwrap()]);
    assert!(ended.code == 1 && ended.err.contains("symbolic link"), "{}", ended.err);
}

#[test]
fn planted_links_expose_no_file_of_root() {
    let Some(server) = Server::new(&live_config("http://127.0.0.1:9/v1")) else { return };
    let export = server.write_as_root("export.csv", &visits_due_in(3600, 3));
    server.run(&["import", export.to_str().unwrap()]).good();
    server.run(&["backup", "copy.db"]).good();
    let copy = server.root_folder.path().join("copy.db");
    fs::rename(server.practice.path("copy.db"), &copy).unwrap();
    chown(&copy, Some(0), Some(0)).unwrap();
    // A copy that only root can read is still restored, and remains owned by root.
    server.run(&["restore", copy.to_str().unwrap()]).good();
    assert_eq!((Server::owner(&copy), Server::owner(&server.practice.path("test.db"))), (0, SERVICE));

    // The lock file is a link to a file owned by root.
    let shadow = server.write_as_root("shadow", "root:secret");
    fs::remove_file(server.practice.path("test.db.lock")).unwrap();
    symlink(&shadow, server.practice.path("test.db.lock")).unwrap();
    let ended = server.run(&["restore", copy.to_str().unwrap()]);
    assert_ne!(ended.code, 0, "{}", ended.out);
    assert_eq!((Server::owner(&shadow), fs::read_to_string(&shadow).unwrap()), (0, "root:secret".to_owned()));
    fs::remove_file(server.practice.path("test.db.lock")).unwrap();

    // The database is a link to a file that does not exist yet.
    let dangling = server.root_folder.path().join("made-by-root");
    for file in ["test.db", "test.db-wal", "test.db-shm"] {
        let _ = fs::remove_file(server.practice.path(file));
    }
    symlink(&dangling, server.practice.path("test.db")).unwrap();
    let ended = server.run(&["import", export.to_str().unwrap()]);
    assert!(ended.code != 0 && !dangling.exists(), "{}", ended.out);
    // The configuration is a link, too.
    fs::remove_file(server.practice.path("config.toml")).unwrap();
    symlink(
        server.write_as_root("other.toml", &live_config("http://127.0.0.1:9/v1")),
        server.practice.path("config.toml"),
    )
    .unwrap();
    std::os::unix::fs::lchown(server.practice.path("config.toml"), Some(SERVICE), Some(SERVICE)).unwrap();
    let ended = server.run(&["status"]);
    assert!(ended.code == 1 && ended.err.contains("root does not follow it"), "{}", ended.err);
}

#[test]
fn root_sends_a_test_text_with_a_key_only_root_can_read() {
    let Some(server) = Server::new("") else { return };
    let mut sandbox = Sandbox::start(&server.practice, &["--key", "annie-sk-v1-test"]);
    let key = server.write_as_root("annie-key", "annie-sk-v1-test\n");
    let config = live_config(&sandbox.base_url).replace("\"live\"", "\"observe\"");
    let config = config.replace("[annie]\n", &format!("[annie]\napi_key_file = {key:?}\n"));
    fs::write(server.practice.path("config.toml"), config).unwrap();
    let export = server.write_as_root("export.csv", &visits_due_in(3600, 1));
    server.run(&["import", export.to_str().unwrap()]).good();
    server.run(&["test-text", "day-before", "303-555-1042"]).good();
    assert!(sandbox.post().ends_with("200"));
    assert_eq!(record(&server.practice).len(), 1);
    let doctor = server.run(&["doctor"]);
    assert!(doctor.out.contains("accepts the key"), "{}{}", doctor.out, doctor.err);
    // The service's own user cannot read the key. The program is copied to where that user can run it, because the
    // checkout may be in a folder that only root can enter.
    let open = tempfile::tempdir().unwrap();
    fs::set_permissions(open.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = open.path().join("leadtime");
    // Not by this process: another test that starts a program meanwhile would keep the copy open for writing.
    let copied = std::process::Command::new("cp").arg(env!("CARGO_BIN_EXE_leadtime")).arg(&program).status().unwrap();
    assert!(copied.success());
    let mut plain = std::process::Command::new(&program);
    plain.args(["test-text", "day-before", "303-555-1043"]).current_dir(server.practice.folder.path()).env_clear();
    let ended: Ended = std::os::unix::process::CommandExt::uid(&mut plain, SERVICE).output().unwrap().into();
    assert!(ended.code != 0 && !ended.err.contains("annie-sk"), "{}", ended.err);
}

#[test]
fn a_backup_with_a_log_is_restored_completely_and_the_database_itself_is_refused() {
    let Some(server) = Server::new(&live_config("http://127.0.0.1:9/v1")) else { return };
    let export = server.write_as_root("export.csv", &visits_due_in(3600, 3));
    server.run(&["import", export.to_str().unwrap()]).good();
    let ended = server.run(&["restore", "test.db"]);
    assert!(ended.code == 1 && ended.err.contains("is the database itself"), "{}", ended.err);
    let none = server.write_as_root("none.db", "once upon a time");
    let ended = server.run(&["restore", none.to_str().unwrap()]);
    assert!(
        ended.code == 1 && ended.err.contains(none.to_str().unwrap()),
        "the error does not name the file as given: {}",
        ended.err
    );
    // While a reader has the database open, the newest data are in the log.
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
