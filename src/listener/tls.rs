//! TLS for a listener: a certificate and its key from files, read again when they change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// The files of a listener's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate and those that it was signed by (PEM).
    pub certificate: PathBuf,
    /// Its private key (PEM).
    pub key: PathBuf,
}

/// Files that cannot be used: which, and why.
#[derive(Debug, thiserror::Error)]
#[error("the certificate and its key cannot be used: {file}: {why}", file = .file.display())]
pub(crate) struct UnusableCertificate {
    file: PathBuf,
    why: String,
}

/// Reads the files.
pub(crate) fn acceptor(files: &CertificateFiles) -> Result<TlsAcceptor, UnusableCertificate> {
    let unusable =
        |file: &Path, why: &dyn std::fmt::Display| UnusableCertificate { file: file.to_owned(), why: why.to_string() };
    let certificates = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(&files.certificate, &error))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unusable(&files.key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
        .map_err(|error| unusable(&files.certificate, &error))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// A certificate in use, which may be renewed at any time.
pub(crate) struct Certificate {
    files: CertificateFiles,
    current: RwLock<(TlsAcceptor, Stamp)>,
}

/// When the two files were written.
type Stamp = [Option<SystemTime>; 2];

fn stamp(files: &CertificateFiles) -> Stamp {
    [&files.certificate, &files.key].map(|file| file.metadata().and_then(|found| found.modified()).ok())
}

impl Certificate {
    /// Reads the files for the first time.
    pub(crate) fn read(files: &CertificateFiles) -> Result<Certificate, UnusableCertificate> {
        let before = stamp(files);
        let current = RwLock::new((acceptor(files)?, before));
        Ok(Certificate { files: files.clone(), current })
    }

    /// What the next connection gets.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.current.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Reads the files again if they changed. Returns whether they did. If they cannot be used, the old certificate stays.
    pub(crate) fn renew(&self) -> Result<bool, UnusableCertificate> {
        let now = stamp(&self.files);
        if self.current.read().unwrap_or_else(PoisonError::into_inner).1 == now {
            return Ok(false);
        }
        let fresh = acceptor(&self.files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = (fresh, now);
        Ok(true)
    }
}
