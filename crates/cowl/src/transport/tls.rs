//! TLS 1.3 with the X25519MLKEM768 key exchange first, and no session tickets.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs as backend, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// Whom to believe that he is the broker. The default trusts nobody, so that TLS without a decision fails.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    trust: Trust,
}

/// The SHA-256 of a certificate in DER.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// Why a trust anchor cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsOptionsError {
    /// The text is not PEM.
    #[error("not a PEM file")]
    NotPem,
    /// The PEM text holds no certificate.
    #[error("no certificate in the PEM file")]
    NoCertificate,
    /// A certificate in it cannot serve as an anchor.
    #[error("certificate {0} of the PEM file cannot be used")]
    BadCertificate(usize),
    /// The system's store is empty or unreadable.
    #[error("no usable certificate in the system's store")]
    NoSystemRoots,
    /// Not 64 hexadecimal digits.
    #[error("a fingerprint is 64 hexadecimal digits, colons allowed")]
    BadFingerprint,
}

#[derive(Clone, Debug, Default)]
enum Trust {
    #[default]
    Nobody,
    Roots(Arc<RootCertStore>),
    Pinned(Vec<Fingerprint>),
}

impl TlsOptions {
    /// Trusts certificates that chain to one of these PEM roots and carry the broker's name: `--cafile`.
    pub fn from_pem(pem: &[u8]) -> Result<Self, TlsOptionsError> {
        let mut roots = RootCertStore::empty();
        for (place, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
            let certificate = certificate.map_err(|_| TlsOptionsError::NotPem)?;
            roots.add(certificate).map_err(|_| TlsOptionsError::BadCertificate(place + 1))?;
        }
        if roots.is_empty() {
            return Err(TlsOptionsError::NoCertificate);
        }
        Ok(Self { trust: Trust::Roots(Arc::new(roots)) })
    }

    /// Trusts the certificate authorities of the operating system: more than a hundred organisations.
    pub fn from_system() -> Result<Self, TlsOptionsError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(TlsOptionsError::NoSystemRoots);
        }
        Ok(Self { trust: Trust::Roots(Arc::new(roots)) })
    }

    /// Trusts exactly these certificates, whatever name and dates they bear: for a broker in the field that
    /// has no authority behind it, and devices whose clock is wrong.
    pub fn pinned(fingerprints: impl IntoIterator<Item = Fingerprint>) -> Self {
        Self { trust: Trust::Pinned(fingerprints.into_iter().collect()) }
    }

    /// `Err` is a text for people.
    pub(super) fn client_config(&self) -> Result<Arc<ClientConfig>, String> {
        self.client_config_with(|verifier| verifier)
    }

    /// The same with something around what decides whom to believe.
    pub(super) fn client_config_with(
        &self,
        wrap: impl FnOnce(Arc<dyn ServerCertVerifier>) -> Arc<dyn ServerCertVerifier>,
    ) -> Result<Arc<ClientConfig>, String> {
        let provider = Arc::new(provider());
        let verifier: Arc<dyn ServerCertVerifier> = match &self.trust {
            Trust::Nobody => return Err("no CA file and no fingerprint to trust".to_owned()),
            Trust::Roots(roots) => {
                WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(&provider))
                    .build()
                    .map_err(|error| error.to_string())?
            }
            Trust::Pinned(fingerprints) => {
                Arc::new(Pins { fingerprints: fingerprints.clone(), provider: Arc::clone(&provider) })
            }
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(wrap(verifier))
            .with_no_client_auth();
        // A ticket shown on the next connection joins the two.
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }
}

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    pub fn of(certificate: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate);
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
        Self(bytes)
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = TlsOptionsError;

    /// As `openssl x509 -fingerprint -sha256` prints it, with or without colons.
    fn from_str(text: &str) -> Result<Self, TlsOptionsError> {
        let digits: String = text.trim().chars().filter(|&c| c != ':').collect();
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| TlsOptionsError::BadFingerprint)?;
        Ok(Self(bytes))
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The groups are listed here and not left to the library's features: what records today can be decrypted
/// by tomorrow's quantum computer if the hybrid is not the one offered first.
fn provider() -> CryptoProvider {
    use backend::kx_group::{SECP256R1, SECP384R1, X25519, X25519MLKEM768};
    CryptoProvider {
        kx_groups: vec![X25519MLKEM768, X25519, SECP256R1, SECP384R1],
        ..backend::default_provider()
    }
}

/// Accepts the pinned certificates only. The handshake's signature is still verified: whoever shows the
/// certificate must hold its key.
#[derive(Debug)]
struct Pins {
    fingerprints: Vec<Fingerprint>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pins {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.fingerprints.contains(&Fingerprint::of(end_entity)) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::PeerIncompatible::Tls12NotOfferedOrEnabled.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
