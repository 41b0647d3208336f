//! Files that a section names: single ones, and a certificate with its key.

use std::path::{Path, PathBuf};

use crate::config::toml_reader::{Section, text_as};
use crate::listener::tls::CertificateFiles;

/// A key with the path of a file, relative to the configuration.
pub(crate) fn path(section: &mut Section<'_, '_, '_>, key: &'static str, folder: &Path) -> Option<PathBuf> {
    section.optional(key, |value| {
        text_as(value, |name| match name.trim() {
            "" => Err("the file name is empty".to_owned()),
            name => Ok(folder.join(name)),
        })
    })
}

/// `certificate` and `key`: both or neither. `Err`: one is missing, which is reported.
pub(crate) fn certificate(section: &mut Section<'_, '_, '_>, folder: &Path) -> Result<Option<CertificateFiles>, ()> {
    match (path(section, "certificate", folder), path(section, "key", folder)) {
        (Some(certificate), Some(key)) => Ok(Some(CertificateFiles { certificate, key })),
        (None, None) => Ok(None),
        (Some(_), None) => {
            section.error("certificate", "`certificate` needs `key`, the file with its private key");
            Err(())
        }
        (None, Some(_)) => {
            section.error("key", "`key` needs `certificate`, the file with the certificate");
            Err(())
        }
    }
}
