//! The embedded broker's certificate: signed by an authority of its own, whose key is not kept.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    str::FromStr,
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::OperationError;
use crate::{
    files::{self, Access, FileError},
    transport::Fingerprint,
};

/// How long before it was made a certificate holds already: clocks in the field are behind.
const BACKDATED: Duration = Duration::days(2);
/// How long a certificate holds: longer than any operation should live. A new one means that all must fetch the new
/// `ca.pem`.
const VALID: Duration = Duration::days(3 * 365);
/// The names under which every broker is reached on its own machine.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A name or address under which clients reach the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

/// A text is neither a host name nor an IP address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither a host name nor an IP address")]
pub struct NotAHostName;

impl FromStr for HostName {
    type Err = NotAHostName;

    /// An IP address, or a name of letters, digits and hyphens between dots (RFC 1123 §2.1).
    fn from_str(text: &str) -> Result<Self, NotAHostName> {
        let sound = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let is_name = text.len() <= 253 && text.split('.').all(sound);
        if is_name || text.parse::<IpAddr>().is_ok() { Ok(Self(text.to_owned())) } else { Err(NotAHostName) }
    }
}

/// Where the certificate and its key lie.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// What clients trust: `--cafile`. Public.
    pub ca: PathBuf,
    /// What the broker shows. Public.
    pub certificate: PathBuf,
    /// What proves it. Secret, 0600.
    pub key: PathBuf,
}

impl TlsFiles {
    /// The files of an operation's folder, whether they are there or not.
    pub fn of(folder: &Path) -> Self {
        let tls = folder.join("tls");
        Self { ca: tls.join("ca.pem"), certificate: tls.join("server.pem"), key: tls.join("server.key") }
    }

    /// Makes an authority and a server certificate for this machine's own names and the given ones; refuses to
    /// overwrite. The authority's key signs once and is forgotten, so nobody can make a second certificate.
    pub fn create(folder: &Path, names: &[HostName], now: u64) -> Result<Self, OperationError> {
        let made = Made::new(names, now).map_err(|error| OperationError::Certificate(error.to_string()))?;
        let files = Self::of(folder);
        if let Some(tls) = files.ca.parent() {
            files::private_folder(tls)?;
        }
        files::create(&files.key, made.key.as_bytes(), Access::Owner)?;
        files::create(&files.certificate, made.certificate.as_bytes(), Access::All)?;
        files::create(&files.ca, made.ca.as_bytes(), Access::All)?;
        Ok(files)
    }

    /// Whether all of them are there.
    pub fn exist(&self) -> bool {
        [&self.ca, &self.certificate, &self.key].into_iter().all(|path| path.exists())
    }

    /// Refuses a private key that others can read.
    pub fn check(&self) -> Result<(), FileError> {
        files::read_secret(&self.key, 64 << 10).map(drop)
    }
}

/// All three, in PEM.
struct Made {
    ca: String,
    certificate: String,
    key: Zeroizing<String>,
}

impl Made {
    fn new(names: &[HostName], now: u64) -> Result<Self, rcgen::Error> {
        let made = i64::try_from(now).ok().and_then(|now| OffsetDateTime::from_unix_timestamp(now).ok());
        let made = made.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let dated = |mut params: CertificateParams, name: &str| {
            params.distinguished_name = DistinguishedName::new();
            params.distinguished_name.push(DnType::CommonName, name);
            params.not_before = made.saturating_sub(BACKDATED);
            params.not_after = made.saturating_add(VALID);
            params
        };
        let mut authority = dated(CertificateParams::new(Vec::new())?, "Cowl broker authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_key = KeyPair::generate()?;
        let ca = authority.self_signed(&authority_key)?.pem();
        let issuer = Issuer::new(authority, authority_key);

        let mut all: Vec<String> = LOCAL.map(str::to_owned).to_vec();
        all.extend(names.iter().map(|name| name.0.clone()));
        all.dedup();
        let mut server = dated(CertificateParams::new(all)?, "Cowl broker");
        server.use_authority_key_identifier_extension = true;
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let certificate = server.signed_by(&key, &issuer)?;
        Ok(Self { ca, certificate: certificate.pem(), key: Zeroizing::new(key.serialize_pem()) })
    }
}

/// The fingerprint of the first certificate in a PEM file: `--pin`.
pub(super) fn fingerprint(certificate: &Path) -> Option<Fingerprint> {
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject as _};
    let pem = files::read(certificate, 1 << 20).ok()?;
    CertificateDer::from_pem_slice(&pem).ok().map(|der| Fingerprint::of(&der))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_host_names_and_nothing_else() {
        for good in ["broker", "broker.example.org", "10.0.0.7", "fe80::1", "a-b.c"] {
            assert!(good.parse::<HostName>().is_ok(), "{good}");
        }
        for bad in ["", "a b", "-a", "a..b", "broker.", "http://broker", "*.example.org", "bröker"] {
            assert!(bad.parse::<HostName>().is_err(), "{bad}");
        }
    }
}
