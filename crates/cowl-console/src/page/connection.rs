//! Connections of browsers: so many at a time and from one address, each for so long, over TLS where there is a certificate.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use axum::{Extension, Router};
use cowl::service::http::Door;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::NoServerSessionStorage,
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{PageLimits, PageTls};

/// How long to wait when the machine has no more sockets to give.
const BREATH: std::time::Duration = std::time::Duration::from_millis(200);
/// Bytes that are held of a request: 8 KiB is the least that hyper takes.
const BUFFER: usize = 16 << 10;

/// Whose connection a request came on. Known to limits only, and told to nobody.
#[derive(Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// Takes connections for ever. Dropped, it breaks off those that there are.
pub(super) async fn accept(
    listener: &TcpListener,
    tls: Option<TlsAcceptor>,
    router: &Router,
    limits: PageLimits,
) {
    let room = Arc::new(Semaphore::new(limits.connections));
    let door = Door::new(limits.per_address);
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        while connections.try_join_next().is_some() {}
        let Ok((stream, peer)) = listener.accept().await else {
            sleep(BREATH).await;
            continue;
        };
        // Closed without a word: an answer would cost what is to be saved.
        let Some(pass) = door.admit(peer.ip(), Instant::now()) else { continue };
        let (router, tls) = (router.clone(), tls.clone());
        connections.spawn(async move {
            let _held = (place, pass);
            // Whatever went wrong was the peer's, and nobody is told.
            let whole = async {
                match tls {
                    None => serve(stream, peer, router, limits).await,
                    Some(tls) => {
                        if let Ok(Ok(stream)) = timeout(limits.request, tls.accept(stream)).await {
                            serve(stream, peer, router, limits).await;
                        }
                    }
                }
            };
            let _ = timeout(limits.connection, whole).await;
        });
    }
}

/// Answers requests on one connection, one after another: a page is a dozen files, and each connection is a way there and back more.
async fn serve<S>(stream: S, peer: SocketAddr, router: Router, limits: PageLimits)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.request)
        .keep_alive(true)
        .auto_date_header(false)
        .max_buf_size(BUFFER);
    let service = TowerToHyperService::new(router.layer(Extension(Peer(peer.ip()))));
    let _ = builder.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}

/// TLS as browsers need it: 1.3, and 1.2 for phones of years ago, which are the phones that people have. No way to resume, as a ticket
/// would link the visits of a phone. `None`: the files cannot be used.
pub(super) fn acceptor(tls: &PageTls) -> Option<TlsAcceptor> {
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(&tls.certificate).ok()?.collect::<Result<_, _>>().ok()?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).ok()?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .ok()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .ok()?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(TlsAcceptor::from(Arc::new(config)))
}
