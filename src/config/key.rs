//! Where the API key comes from: a file, the service's credential, or the environment. Never the configuration.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// The name of the systemd credential.
pub const CREDENTIAL: &str = "annie-api-key";
/// The name of the environment variable.
pub const VARIABLE: &str = "ANNIE_API_KEY";

/// Why there is no key to use.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
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
    /// What was found cannot be a key.
    #[error("what {0} holds is not an API key: it is empty, or has blanks or line ends within")]
    Malformed(String),
}

/// Finds the key: `api_key_file`, else the credential in `$CREDENTIALS_DIRECTORY`, else `$ANNIE_API_KEY`.
///
/// # Errors
/// See [`KeyError`].
pub fn find(api_key_file: Option<&Path>) -> Result<SecretString, KeyError> {
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

fn from_file(path: &Path) -> Result<SecretString, KeyError> {
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
