//! The page's server: what is handed out, and what every answer says.

use std::{
    collections::BTreeMap,
    future::Future,
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header},
};
use bytes::Bytes;
use cowl::{client::Topics, transport};
use cowl_core::{Login, SignedManifest};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{
    PageConfig, PageLimits, connection, documents,
    files::{self, BYTES, File},
    gate::Rules,
    kept::Kept,
    notices,
    tunnel::Tunnels,
};

/// What the page may do: run its own files, WebAssembly among them, and talk to where it came from. The one policy of Trusted Types that
/// may be made is for the service worker's own address.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; \
    require-trusted-types-for 'script'; trusted-types cowl";

/// What every answer says. Nothing of it tells which release this is.
const HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-cache"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "geolocation=(self), camera=(), microphone=(), payment=(), usb=()",
    ),
];

/// A page that listens.
pub struct Page {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    config: PageConfig,
}

/// What happens while it runs, of the operation and never of a visitor.
#[derive(Debug)]
pub enum PageEvent {
    /// The broker was reached for the first time.
    Connected,
    /// The connection to the broker was lost, or there was none: the page shows what it has, and tries again.
    Lost(transport::Error),
    /// There is one again.
    Restored,
    /// A newer manifest is handed out, of this version.
    Manifest(u32),
}

/// Why a page cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Certificate or key.
    #[error("{} and {} are no certificate and its key", certificate.display(), key.display())]
    Certificate {
        /// What was given as the certificate.
        certificate: PathBuf,
        /// And as its key.
        key: PathBuf,
    },
    /// Of the dangerous presets.
    #[error("under a dangerous preset only enrolled devices can send, so there is no page")]
    Dangerous,
    /// A name in the manifest makes no topic.
    #[error(transparent)]
    Topics(#[from] transport::Error),
}

#[derive(Debug)]
struct Shared {
    kept: Kept,
    walk_in: Login,
    limits: PageLimits,
    tunnels: Tunnels,
    made: RwLock<Arc<Made>>,
}

/// What follows from a manifest.
#[derive(Debug)]
struct Made {
    documents: BTreeMap<String, File>,
    rules: Rules,
}

impl Made {
    fn of(manifest: &SignedManifest, walk_in: &Login, reports: u32) -> Result<Self, transport::Error> {
        let topics = Topics::of(manifest);
        let shards = (0..topics.count()).map(|shard| Ok(topics.shard(shard)?.as_str().to_owned()));
        let rules = Rules {
            user: walk_in.user.clone(),
            keep_alive: manifest.policy.transport.keep_alive_seconds,
            topics: shards.collect::<Result<_, transport::Error>>()?,
            payload: manifest.layout().walk_in_len(),
            reports,
        };
        Ok(Self { documents: documents::of(manifest, walk_in), rules })
    }
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Page {
    /// Listens from now on; connections wait until [`Self::run`].
    pub async fn bind(config: PageConfig) -> Result<Self, PageError> {
        if config.manifest.preset.is_dangerous() {
            return Err(PageError::Dangerous);
        }
        let tls = config.tls.as_ref().map(|tls| {
            let refused =
                || PageError::Certificate { certificate: tls.certificate.clone(), key: tls.key.clone() };
            connection::acceptor(tls).ok_or_else(refused)
        });
        let tls = tls.transpose()?;
        let refused = |source| PageError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let made = Made::of(&config.manifest, &config.walk_in, config.limits.reports)?;
        let shared = Arc::new(Shared {
            kept: Kept::new(config.manifest.clone()),
            walk_in: config.walk_in.clone(),
            limits: config.limits,
            tunnels: Tunnels::new(config.endpoint.clone(), config.limits),
            made: RwLock::new(Arc::new(made)),
        });
        Ok(Self { listener, address, tls, shared, config })
    }

    /// Where: with the port that the system gave, if 0 was asked for.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` completes; what is being answered then is broken off.
    pub async fn run(self, mut tell: impl FnMut(PageEvent), stop: impl Future<Output = ()>) {
        let Self { listener, tls, shared, config, .. } = self;
        let router = router(Arc::clone(&shared));
        let renew = |event: PageEvent| {
            if matches!(event, PageEvent::Manifest(_)) {
                shared.renew();
            }
            tell(event);
        };
        let listening = notices::listen(&shared.kept, &config.endpoint, &config.options, renew);
        let serving = async {
            tokio::select! {
                () = connection::accept(&listener, tls, &router, config.limits) => {}
                () = stop => {}
            }
        };
        notices::beside(listening, serving).await;
    }
}

impl Shared {
    fn renew(&self) {
        // Topics are made of hexadecimal digits: what one manifest could name, the next one can.
        if let Ok(made) = Made::of(&self.kept.manifest(), &self.walk_in, self.limits.reports) {
            *self.made.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(made);
        }
    }

    fn made(&self) -> Arc<Made> {
        Arc::clone(&self.made.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is asked for by this path and question.
    fn find(&self, path: &str, query: Option<&str>) -> Option<File> {
        // The page's address may carry a language or whatever a poster's maker put there; nothing else has a question.
        if let Some(file) = files::all().get(path).filter(|_| path == "/" || query.is_none()) {
            return Some(file.clone());
        }
        let fresh = |bytes: Bytes| File::new(BYTES, bytes);
        match (path, query) {
            ("/op/beacon", None) => self.kept.beacon().map(fresh),
            ("/op/dispatch", None) => self.kept.dispatch().map(fresh),
            (path, None) => self.made().documents.get(path).cloned(),
            (path, Some(query)) => self.made().documents.get(&format!("{path}?{query}")).cloned(),
        }
    }
}

fn router(shared: Arc<Shared>) -> Router {
    // One handler for everything: paths are looked up whole, so none is put together from pieces.
    Router::new().fallback(answer).with_state(shared)
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let mut response = respond(&shared, request);
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn respond(shared: &Shared, request: Request) -> Response<Body> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return empty(StatusCode::METHOD_NOT_ALLOWED);
    }
    if has_body(request.headers()) {
        return last(empty(StatusCode::PAYLOAD_TOO_LARGE));
    }
    if request.uri().path() == "/mqtt" {
        return shared.tunnels.open(shared.made().rules.clone(), request);
    }
    let Some(file) = shared.find(request.uri().path(), request.uri().query()) else {
        // None has come yet: nothing is wrong with whoever asks.
        let later =
            matches!(request.uri().path(), "/op/beacon" | "/op/dispatch") && request.uri().query().is_none();
        return empty(if later { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND });
    };
    hand_out(&file, request.headers(), request.method() == Method::HEAD)
}

fn hand_out(file: &File, asked: &HeaderMap, head: bool) -> Response<Body> {
    let lists = |name: HeaderName, wanted: &str| {
        asked.get_all(name).iter().filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(',')).any(
            |one| {
                let mut parts = one.split(';').map(str::trim);
                parts.next() == Some(wanted) && !parts.any(|part| part == "q=0")
            },
        )
    };
    let known = file.tag.to_str().is_ok_and(|tag| lists(header::IF_NONE_MATCH, tag));
    let packed = file.packed.as_ref().filter(|_| lists(header::ACCEPT_ENCODING, "gzip"));
    let bytes = packed.unwrap_or(&file.plain);
    let mut response = empty(if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    headers.insert(header::ETAG, file.tag.clone());
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if packed.is_some() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if head {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    } else if !known {
        *response.body_mut() = Body::from(bytes.clone());
    }
    response
}

/// Nothing here is asked with a body.
fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    headers.contains_key(header::TRANSFER_ENCODING) || length.is_some_and(|length| length != "0")
}

/// What was sent behind the request is not read.
fn last(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
