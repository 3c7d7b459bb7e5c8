//! What our side of a TLS handshake offers and refuses, seen from a server of our own.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use cowl::transport::{Endpoint, Error, Fingerprint, Options, Publisher, Scheme, TlsOptions};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::pki_types::PrivateKeyDer;
use rustls::{HandshakeKind, NamedGroup, ProtocolVersion, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the server saw.
struct Seen {
    kind: HandshakeKind,
    group: NamedGroup,
    version: ProtocolVersion,
}

struct Server {
    endpoint: Endpoint,
    task: tokio::task::JoinHandle<Vec<Seen>>,
}

/// Accepts `connections` connections, answers the greeting and waits for their end.
async fn serve(
    versions: &[&'static SupportedProtocolVersion],
    groups: Vec<&'static dyn rustls::crypto::SupportedKxGroup>,
    connections: usize,
) -> Server {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let mut provider = default_provider();
    provider.kx_groups = groups;
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("our own key");
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a server");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("a port").port();
    let task = tokio::spawn(async move {
        let mut seen = Vec::new();
        for _ in 0..connections {
            let (tcp, _) = listener.accept().await.expect("a connection");
            let Ok(mut stream) = acceptor.accept(tcp).await else { continue };
            let mut greeting = [0; 512];
            assert_ne!(stream.read(&mut greeting).await.expect("a greeting"), 0);
            assert_eq!(greeting[0], 0x10);
            stream.write_all(&[0x20, 3, 0, 0, 0]).await.expect("an open connection");
            while stream.read(&mut greeting).await.is_ok_and(|count| count > 0) {}
            let (_, tls) = stream.get_ref();
            seen.push(Seen {
                kind: tls.handshake_kind().expect("a handshake"),
                group: tls.negotiated_key_exchange_group().expect("a group").name(),
                version: tls.protocol_version().expect("a version"),
            });
        }
        seen
    });
    let pin = TlsOptions::pinned([Fingerprint::of(cert.der())]);
    Server { endpoint: Endpoint::new(Scheme::Tls, "127.0.0.1", port).trusting(pin), task }
}

async fn connect(endpoint: &Endpoint) -> Result<(), Error> {
    Publisher::connect(endpoint, &Options::default()).await?.disconnect().await
}

#[tokio::test]
async fn the_hybrid_group_is_taken_and_no_connection_resumes_another() {
    use rustls::version::{TLS12, TLS13};
    // The server prefers otherwise: it takes what the client has a key share for.
    let groups = vec![kx_group::SECP256R1, kx_group::X25519, kx_group::X25519MLKEM768];
    let server = serve(&[&TLS13, &TLS12], groups, 3).await;
    for _ in 0..3 {
        connect(&server.endpoint).await.expect("a connection");
    }
    for seen in server.task.await.expect("no panic") {
        assert_eq!(seen.group, NamedGroup::X25519MLKEM768);
        assert_eq!(seen.version, ProtocolVersion::TLSv1_3);
        assert_ne!(seen.kind, HandshakeKind::Resumed, "a ticket was shown");
    }
}

#[tokio::test]
async fn a_server_without_the_hybrid_still_gets_a_connection() {
    let server = serve(&[&rustls::version::TLS13], vec![kx_group::X25519], 1).await;
    connect(&server.endpoint).await.expect("a connection");
    assert_eq!(server.task.await.expect("no panic")[0].group, NamedGroup::X25519);
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let server = serve(&[&rustls::version::TLS12], vec![kx_group::X25519], 1).await;
    let error = connect(&server.endpoint).await.expect_err("too old");
    assert!(error.is_tls(), "{error}");
    assert!(server.task.await.expect("no panic").is_empty());
}
