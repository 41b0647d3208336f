//! Finds the password of a feed's database: in a file or the service's credential, never in the configuration.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::config::api_key::{handed, is_open_to_all};
use crate::config::feeds::PasswordPlace;

/// Why there is no usable password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    /// The file cannot be read.
    #[error("cannot read the password in {path}: {source}; the file must belong to the user Leadtime runs as")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file is there, but the service was not given it.
    #[error(
        "the service may not read the password in {path}. Run `systemctl edit leadtime`, add the lines [Service] and \
         LoadCredential={credential}:{path}, and restart the service"
    )]
    NotGiven {
        /// The file.
        path: PathBuf,
        /// The name of the credential.
        credential: String,
    },
    /// Every user can read the file.
    #[error("every user of this machine can read the password in {0}: run `chmod o-rwx {0}`, and change the password")]
    OpenToAll(PathBuf),
    /// The file is empty.
    #[error("{0} does not contain a password: it is empty, or has more than one line")]
    Malformed(PathBuf),
}

/// What a secret looks like in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A password or a token: one line.
    Line,
    /// A private key: several lines.
    Key,
}

/// Finds the secret; `None`: there is none.
pub(crate) fn find(place: &PasswordPlace, form: Form) -> Result<Option<SecretString>, PasswordError> {
    let from_file = |path: &Path| from_file(path, form);
    if let Some(path) = &place.named {
        return from_file(path).map(Some);
    }
    if let Some(folder) = std::env::var_os("CREDENTIALS_DIRECTORY") {
        let path = Path::new(&folder).join(&place.credential);
        if path.exists() {
            return from_file(&path).map(Some);
        }
    }
    if handed(&place.usual).is_none() && !place.usual.exists() {
        return Ok(None);
    }
    from_file(&place.usual).map(Some).map_err(|error| match error {
        PasswordError::Unreadable { path, source } if source.kind() == std::io::ErrorKind::PermissionDenied => {
            PasswordError::NotGiven { path, credential: place.credential.clone() }
        }
        other => other,
    })
}

fn from_file(path: &Path, form: Form) -> Result<SecretString, PasswordError> {
    if is_open_to_all(path) {
        return Err(PasswordError::OpenToAll(path.to_owned()));
    }
    let text = match handed(path) {
        Some(text) => text.to_owned(),
        None => std::fs::read_to_string(path)
            .map_err(|source| PasswordError::Unreadable { path: path.to_owned(), source })?,
    };
    if form == Form::Key && !text.trim().is_empty() {
        return Ok(SecretString::from(text));
    }
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    match password.is_empty() || password.contains(['\n', '\0']) {
        true => Err(PasswordError::Malformed(path.to_owned())),
        false => Ok(SecretString::from(password.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_password_keeps_its_spaces_and_is_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let usual = folder.path().join("feed-desk");
        let place = PasswordPlace { named: None, credential: "feed-desk".to_owned(), usual: usual.clone() };
        assert!(find(&place, Form::Line).unwrap().is_none());
        for (text, expected) in [(" a b \r\n", Some(" a b ")), ("", None), ("\n", None), ("a\nb\n", None)] {
            std::fs::write(&usual, text).unwrap();
            std::fs::set_permissions(&usual, std::fs::Permissions::from_mode(0o600)).unwrap();
            let found = find(&place, Form::Line);
            match expected {
                Some(expected) => assert_eq!(found.unwrap().unwrap().expose_secret(), expected),
                None => assert!(matches!(found, Err(PasswordError::Malformed(_))), "{text:?}"),
            }
        }
        std::fs::write(&usual, "secret").unwrap();
        std::fs::set_permissions(&usual, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(find(&place, Form::Line), Err(PasswordError::OpenToAll(_))));
    }
}
