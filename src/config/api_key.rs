//! Finds the API key: in a file, the service's credential or the environment, never in the configuration itself.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use secrecy::SecretString;

/// The name of the systemd credential.
pub(crate) const CREDENTIAL: &str = "annie-api-key";
/// The name of the environment variable.
pub(crate) const VARIABLE: &str = "ANNIE_API_KEY";

/// The prefix of Annie's keys.
const BEGINS: &str = "annie-sk-";
/// The longest bare file name, without a folder or extension, that is not taken for a key.
const LONG_NAME: usize = 30;

/// Why there is no usable key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// No key was given.
    #[error(
        "no API key is set, and mode is \"live\". Set it in one of these ways: api_key_file = \"FILE\" in [annie]; the systemd \
         credential `annie-api-key` (docs/install.md, \"The key\"); or the environment variable ANNIE_API_KEY"
    )]
    Missing,
    /// The service was started without a key.
    #[error(
        "the service has no API key, and mode is \"live\": /etc/leadtime/annie-api-key, or the encrypted file used \
         instead, is missing, empty or not a key (docs/install.md, \"The key\"). Leadtime looks for it again within \
         seconds; nothing is lost"
    )]
    NotGiven,
    /// The file that should contain the key cannot be read.
    #[error("cannot read the API key from {path}: {source}; the file must belong to the user Leadtime runs as")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// Every user can read the file.
    #[error(
        "every user of this machine can read the API key in {0}, so Leadtime does not use it: run `chmod o-rwx {0}`, and ask Annie for a new key if other people use this machine"
    )]
    OpenToAll(PathBuf),
    /// The service has a key that this user may not read.
    #[error("only the service may read the API key in {0}; this user may not")]
    NotForThisUser(PathBuf),
    /// What was found is not a key.
    #[error("{0} does not contain an API key: it is empty, or has spaces or line breaks in it")]
    Malformed(String),
}

/// Finds the key: `api_key_file`, else the credential in `$CREDENTIALS_DIRECTORY`, else `$ANNIE_API_KEY`.
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

/// Finds the key for a command run by hand: as [`find`] does, or else in the file `annie-api-key` next to the
/// configuration, which is where the packaged service gets it from.
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

/// Whether a value that should name a file is the key itself.
pub(crate) fn is_a_key(text: &str) -> bool {
    let is_name = text.contains(['/', '.']) || text == CREDENTIAL;
    text.starts_with(BEGINS) || (!is_name && (text.starts_with("annie-") || text.len() > LONG_NAME))
}

/// Reads the name of the key file; never shows a key that was written instead of a file name.
pub(crate) fn file(text: &str, folder: &Path) -> Result<PathBuf, String> {
    match is_a_key(text) {
        true => {
            Err("this looks like the key itself; save the key in a file and write the path of that file here"
                .to_owned())
        }
        false => Ok(folder.join(text)),
    }
}

/// The text of a configuration in which any key written instead of a file name is replaced with stars, byte for byte.
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

/// The environment variable that says what root passed to this process on standard input.
pub(crate) const HANDED: &str = "LEADTIME_HANDED";

/// What root passed in because this user may not read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handed {
    /// The file named on the command line.
    Input,
    /// The key files, as a JSON list of paths and contents.
    Keys,
}

impl Handed {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Handed::Input => "input",
            Handed::Keys => "keys",
        }
    }

    /// Whether root passed it in.
    pub(crate) fn is_here(self) -> bool {
        std::env::var(HANDED).is_ok_and(|handed| handed == self.code())
    }
}

/// The content of a key file or password file that root passed in.
pub(crate) fn handed(path: &Path) -> Option<&'static str> {
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
    fn a_key_written_instead_of_its_file_is_reported_but_not_shown() {
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
    fn a_key_is_trimmed_checked_and_never_shown() {
        let key = checked(" annie-sk-v1-abc\n", "here").unwrap();
        assert_eq!(key.expose_secret(), "annie-sk-v1-abc");
        assert!(!format!("{key:?}").contains("abc"));
        for bad in ["", "  \n", "two words", "line\nend", "é"] {
            assert!(matches!(checked(bad, "here"), Err(KeyError::Malformed(_))), "{bad:?}");
        }
    }
}
