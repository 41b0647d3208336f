//! Makes a certificate for the page that the practice's computers can be told to trust.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};

use crate::cli::failure::Failure;
use crate::clock::{Clock, SystemClock};
use crate::listener::tls::CertificateFiles;

/// How long it is valid: browsers accept 825 days at most for a certificate that a person installed.
const DAYS: i64 = 730;

/// What was made.
pub(crate) struct Made {
    /// What the page uses: its certificate with the authority's, and the key.
    pub(crate) files: CertificateFiles,
    /// The authority's certificate, which computers are told to trust.
    pub(crate) authority: PathBuf,
}

/// Writes a certificate, its key, and the authority that signed it. The authority's own key is forgotten at once, so that
/// nobody can ever sign anything else with it. Files that are there are kept.
pub(crate) fn make(hosts: &[String], folder: &Path) -> Result<Made, Failure> {
    let files = CertificateFiles { certificate: folder.join("desk-certificate.pem"), key: folder.join("desk-key.pem") };
    let authority = folder.join("desk-authority.crt");
    if let Some(there) = [&files.certificate, &files.key, &authority].into_iter().find(|file| file.exists()) {
        let text = format!("{} is there already; move it away, or choose another --folder", there.display());
        return Err(anyhow::anyhow!(text).into());
    }
    let first = hosts.first().map(String::as_str).unwrap_or_default();
    let mut of_authority = params(&[], &format!("Leadtime front desk authority, {first}"))?;
    of_authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    of_authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let issuer = CertifiedIssuer::self_signed(of_authority, KeyPair::generate()?)?;
    let mut of_page = params(hosts, &format!("Leadtime front desk, {first}"))?;
    of_page.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    of_page.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    of_page.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = of_page.signed_by(&key, &issuer)?;
    write(&files.key, &key.serialize_pem(), 0o600)?;
    write(&files.certificate, &(certificate.pem() + &issuer.pem()), 0o644)?;
    write(&authority, &issuer.pem(), 0o644)?;
    Ok(Made { files, authority })
}

fn params(hosts: &[String], name: &str) -> Result<CertificateParams, Failure> {
    let mut params = CertificateParams::new(hosts.to_vec())?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = SystemClock.now();
    let at = |at: DateTime<Utc>| {
        rcgen::date_time_ymd(at.year(), u8::try_from(at.month()).unwrap_or(1), u8::try_from(at.day()).unwrap_or(1))
    };
    params.not_before = at(now - TimeDelta::days(1));
    params.not_after = at(now + TimeDelta::days(DAYS));
    Ok(params)
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    Ok(file.write_all(text.as_bytes())?)
}
