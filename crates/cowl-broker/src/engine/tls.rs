//! TLS as this broker speaks it.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::version::TLS13;

use crate::config::TlsListener;

/// TLS 1.3 only, X25519MLKEM768 first, and no way to resume: a ticket would link the connections of a device.
///
/// The provider is named here and not taken from the process, so that nobody else's choice changes ours.
pub(super) fn server_config(listener: &TlsListener) -> Option<Arc<ServerConfig>> {
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(&listener.certificate).ok()?.collect::<Result<_, _>>().ok()?;
    let key = PrivateKeyDer::from_pem_file(&listener.key).ok()?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .ok()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .ok()?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Some(Arc::new(config))
}
