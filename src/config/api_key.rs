//! Where the API key comes from: a file, the service's credential, or the environment. Never the configuration.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use secrecy::SecretString;

/// The name of the systemd credential.
pub(crate) const CREDENTIAL: &str = "annie-api-key";
/// The name of the environment variable.
pub(crate) const VARIABLE: &str = "ANNIE_API_KEY";

/// How Annie's keys begin.
const BEGINS: &str = "annie-sk-";
/// A name of a file without a folder or an ending is not as long as a key.
const LONG_NAME: usize = 30;

/// Why there is no key to use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// None was given.
    #[error(
        "there is no API key, and mode is \"live\". Give it in one of these ways: [annie] api_key_file = \"FILE\"; the systemd \
         credential `annie-api-key` (README, \"The key\"); or the environment variable ANNIE_API_KEY"
    )]
    Missing,
    /// The service was started without one.
    #[error(
        "the service has no API key, and mode is \"live\": /etc/leadtime/annie-api-key, or the encrypted file in its \
         place, is missing or empty, or holds something else (README, \"The key\"). It is looked for again within \
         seconds; nothing is lost"
    )]
    NotGiven,
    /// A file that should hold it cannot be read.
    #[error("cannot read the API key from {path}: {source}; it must belong to the user Leadtime runs as")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Anybody could read it.
    #[error(
        "the API key in {0} can be read by every user of this machine, so it is not used: run `chmod o-rwx {0}`, and ask Annie for a new key if others use this machine"
    )]
    OpenToAll(PathBuf),
    /// The service has one that this user may not read.
    #[error("the API key in {0} is the service's alone, and this user may not read it")]
    NotForThisUser(PathBuf),
    /// What was found cannot be a key.
    #[error("what {0} holds is not an API key: it is empty, or has blanks or line ends within")]
    Malformed(String),
}

/// Finds the key: `api_key_file`, else the credential in `$CREDENTIALS_DIRECTORY`, else `$ANNIE_API_KEY`.
///
/// # Errors
/// See [`KeyError`].
pub(crate) fn find(api_key_file: Option<&Path>) -> Result<SecretString, KeyError> {
    if let Some(path) = api_key_file {
        return from_file(path);
    }
    if let Some(folder) = std::env::var_os("CREDENTIALS_DIRECTORY") {
        let path = Path::new(&folder).join(CREDENTIAL);
        if path.exists() {
            return from_file(&path).map_err(|error| match error {
                KeyError::Malformed(_) => KeyError::NotGiven,
                other => other,
            });
        }
    }
    match std::env::var(VARIABLE) {
        Ok(text) => checked(&text, VARIABLE),
        Err(_) => Err(KeyError::Missing),
    }
}

/// Finds the key for a command that is given by hand: as [`find`] does, else in the file `annie-api-key` beside the
/// configuration, from which the packaged service is given it.
///
/// # Errors
/// See [`KeyError`].
pub(crate) fn find_by_hand(api_key_file: Option<&Path>, configuration: &Path) -> Result<SecretString, KeyError> {
    let of_service = configuration.with_file_name(CREDENTIAL);
    match find(api_key_file) {
        Err(KeyError::Missing) if of_service.exists() => from_file(&of_service).map_err(|error| match error {
            KeyError::Unreadable { path, .. } => KeyError::NotForThisUser(path),
            other => other,
        }),
        found => found,
    }
}

/// Whether what should name a file is the key itself.
pub(crate) fn is_a_key(text: &str) -> bool {
    let is_name = text.contains(['/', '.']) || text == CREDENTIAL;
    text.starts_with(BEGINS) || (!is_name && (text.starts_with("annie-") || text.len() > LONG_NAME))
}

/// Reads the name of a file that holds the key; never shows a key that stands in its place.
pub(crate) fn file(text: &str, folder: &Path) -> Result<PathBuf, String> {
    match is_a_key(text) {
        true => Err("this looks like the key itself; put the key into a file, and name the file here".to_owned()),
        false => Ok(folder.join(text)),
    }
}

/// The text of a configuration with the keys starred out that stand where a file should be named, byte by byte.
pub(crate) fn without_keys(source: String) -> String {
    if !source.contains("api_key_file") {
        return source;
    }
    let line = |line: &str| {
        let (name, value) = line.split_once('=').unwrap_or(("", line));
        let text = value.trim().trim_matches(['"', '\'']);
        let text = text.split(['"', '\'']).next().unwrap_or_default();
        match name.trim().ends_with("api_key_file") && is_a_key(text) {
            true => format!("{name}={}", value.replace(text, &"*".repeat(text.len()))),
            false => line.to_owned(),
        }
    };
    source.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// The environment variable that says what root handed to this process on its standard input.
pub(crate) const HANDED: &str = "LEADTIME_HANDED";

/// What root handed over, which this user may not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handed {
    /// The file that a command names.
    Input,
    /// The files of keys, as a JSON list of paths and texts.
    Keys,
}

impl Handed {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Handed::Input => "input",
            Handed::Keys => "keys",
        }
    }

    /// Whether it was.
    pub(crate) fn is_here(self) -> bool {
        std::env::var(HANDED).is_ok_and(|handed| handed == self.code())
    }
}

/// A key file that root handed over.
fn handed(path: &Path) -> Option<&'static str> {
    static KEYS: LazyLock<Vec<(PathBuf, String)>> = LazyLock::new(|| {
        let mut text = String::new();
        match Handed::Keys.is_here() && std::io::stdin().read_to_string(&mut text).is_ok() {
            true => serde_json::from_str(&text).unwrap_or_default(),
            false => Vec::new(),
        }
    });
    KEYS.iter().find(|(file, _)| file == path).map(|(_, text)| text.as_str())
}

/// Whether every user of this machine can read a file.
pub(crate) fn is_open_to_all(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.permissions().mode() & 0o004 != 0)
}

fn from_file(path: &Path) -> Result<SecretString, KeyError> {
    if is_open_to_all(path) {
        return Err(KeyError::OpenToAll(path.to_owned()));
    }
    if let Some(text) = handed(path) {
        return checked(text, &path.display().to_string());
    }
    let text =
        std::fs::read_to_string(path).map_err(|source| KeyError::Unreadable { path: path.to_owned(), source })?;
    checked(&text, &path.display().to_string())
}

fn checked(text: &str, place: &str) -> Result<SecretString, KeyError> {
    let key = text.trim();
    match !key.is_empty() && key.bytes().all(|b| b.is_ascii_graphic()) {
        true => Ok(SecretString::from(key.to_owned())),
        false => Err(KeyError::Malformed(place.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_the_place_of_its_file_is_told_and_not_shown() {
        let folder = Path::new("/etc/leadtime");
        for key in ["annie-sk-v1-abc.def/ghi", "annie-abc", "0123456789012345678901234567890"] {
            assert!(file(key, folder).is_err_and(|why| !why.contains(key)), "{key}");
            let source = format!("[annie]\napi_key_file = \"{key}\" # {key}\n");
            let shown = without_keys(source.clone());
            assert!(!shown.contains(key) && shown.len() == source.len(), "{shown}");
        }
        for name in
            ["key", "annie-api-key", "annie-key.txt", "/run/secrets/annie-0123456789012345678901234567890", "a/b"]
        {
            assert_eq!(file(name, folder), Ok(folder.join(name)));
            let source = format!("api_key_file = \"{name}\"\n");
            assert_eq!(without_keys(source.clone()), source);
        }
    }
    use secrecy::ExposeSecret;

    #[test]
    fn trimmed_checked_and_never_shown() {
        let key = checked(" annie-sk-v1-abc\n", "here").unwrap();
        assert_eq!(key.expose_secret(), "annie-sk-v1-abc");
        assert!(!format!("{key:?}").contains("abc"));
        for bad in ["", "  \n", "two words", "line\nend", "é"] {
            assert!(matches!(checked(bad, "here"), Err(KeyError::Malformed(_))), "{bad:?}");
        }
    }
}
