//! The server: what stands in front of every page.

use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderName, HeaderValue, Method, Response, StatusCode, header},
    middleware::{self, Next},
};
use cowl::{
    files,
    operation::Operation,
    service::http::{HttpLimits, PerAddress, accept},
};
use tokio::{net::TcpListener, sync::Semaphore};

use crate::{
    assets,
    base_map::BaseMap,
    board::Board,
    brief::Brief,
    config::ConsoleConfig,
    error::ConsoleError,
    events,
    feed::{Feed, FeedConfig},
    layout,
    links::{Link, Links},
    posted::FORM,
    privacy::Privacy,
    seat::Seat,
    session::{self, Sessions},
    shared::{Inner, Shared},
    sides::Sides,
    views::{self, export},
};

/// What every page may do: show itself. Nothing from elsewhere, nothing inline, in nobody's frame; `data:` is for pictures only.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types 'none'";

/// What every answer says.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // `no-referrer` would make browsers send `Origin: null` with our own forms.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// How long a ticket that was just made can be shown: time for a phone to scan it.
const TICKET_SHOWN: Duration = Duration::from_mins(10);
/// How long what custodians opened can be shown: time to write a name down.
const OPENED_SHOWN: Duration = Duration::from_mins(1);

/// How often links are looked at for whether they grew old, and secrets for whether they were shown for long enough.
const LOOK: Duration = Duration::from_secs(5);

/// A console that listens.
#[derive(Debug)]
pub struct Console {
    listener: TcpListener,
    address: SocketAddr,
    shared: Shared,
    limits: HttpLimits,
}

impl Console {
    /// Listens from now on; connections wait until [`Self::run`].
    pub async fn bind(config: ConsoleConfig) -> Result<Self, ConsoleError> {
        let ConsoleConfig {
            listen,
            expose,
            roles,
            custodians,
            operation,
            state,
            scorecards,
            measure,
            base_map,
            sides,
            limits,
        } = config;
        if !listen.ip().is_loopback() && !expose {
            return Err(ConsoleError::Exposed(listen));
        }
        let names: Vec<_> = roles.iter().map(|seat| seat.role.clone()).collect();
        let seats = Seat::all(&names, custodians, operation.is_some());
        if seats.is_empty() {
            return Err(ConsoleError::NoSeat);
        }
        if let Some(folder) = &operation {
            // Whether it is one, and opens: said now rather than at the first page.
            Operation::open(folder)?;
        }
        let privacy = Privacy::new(&scorecards, measure)?;
        let base_map = base_map.as_deref().map(BaseMap::open).transpose()?.map(Arc::new);
        files::private_folder(&state)?;
        let refused = |source| ConsoleError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let links = Links::draw(address, &state, &seats, operation.is_some(), limits.link)?;
        let feed = |seat| Feed::start(FeedConfig { seat, folder: state.clone(), most: Board::MOST });
        let feeds = roles.into_iter().map(feed).collect::<Result<_, _>>()?;
        let shared = Shared::new(Inner {
            port: address.port(),
            exposed: !address.ip().is_loopback(),
            seats,
            feeds,
            tickets: Brief::new(TICKET_SHOWN),
            opened: Brief::new(OPENED_SHOWN),
            made: Brief::few(Duration::from_mins(export::KEPT_MINUTES), export::KEPT),
            exporting: Semaphore::new(1),
            state,
            operation,
            privacy,
            base_map,
            sides: sides.map(Sides::new),
            limits,
            sessions: Sessions::new(&limits),
            links,
            streams: Arc::new(Semaphore::new(limits.streams)),
        });
        let per_address =
            PerAddress { at_once: 64, burst: 600, every: Duration::from_millis(50), local: false };
        let limits = HttpLimits {
            connections: limits.connections,
            // Each form has a limit of its own; this is the largest one's.
            body: export::ZONES_FORM,
            request: limits.request,
            per_address: Some(per_address),
            connection: limits.connection,
        };
        Ok(Self { listener, address, shared, limits })
    }

    /// Where: with the port that the system gave, if 0 was asked for.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A link for each seat, and one for the authority if it works here. Each signs in once; then, and as often as one grows old, a new
    /// one is in the file `sign-in.txt` of the console's folder.
    pub fn sign_in_links(&self) -> Vec<Link> {
        self.shared.links().all()
    }

    /// Answers until `stop` completes; what is being answered then is broken off, and all sessions are over.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ConsoleError> {
        let Self { listener, shared, limits, .. } = self;
        let router = router(shared.clone());
        let ended = tokio::select! {
            () = accept(&listener, &router, limits) => Ok(()),
            ended = renew_links(shared.clone()) => ended,
            () = eavesdrop(shared.clone()) => Ok(()),
            () = stop => Ok(()),
        };
        // A task that was broken off belongs to a machine that shuts down.
        let _ = tokio::task::spawn_blocking(move || shared.end_feeds()).await;
        ended
    }
}

/// Listens as the broker's eavesdropper, where somebody lent the console that login.
async fn eavesdrop(shared: Shared) {
    match shared.sides() {
        Some(sides) => sides.listen().await,
        None => std::future::pending().await,
    }
}

async fn renew_links(shared: Shared) -> Result<(), ConsoleError> {
    loop {
        tokio::time::sleep(LOOK).await;
        shared.tickets().forget(Instant::now());
        shared.opened().forget(Instant::now());
        shared.made().forget(Instant::now());
        let links = shared.clone();
        let renewed =
            tokio::task::spawn_blocking(move || links.links().renew(Instant::now()).map(drop)).await;
        // A task that was broken off belongs to a machine that shuts down.
        renewed.unwrap_or(Ok(()))?;
    }
}

/// All routes, behind the guard.
fn router(shared: Shared) -> Router {
    Router::new()
        .merge(session::routes())
        .merge(assets::routes())
        .merge(events::routes())
        .merge(views::routes())
        .fallback(nothing)
        .method_not_allowed_fallback(nothing)
        .layer(DefaultBodyLimit::max(FORM))
        .layer(middleware::from_fn_with_state(shared.clone(), guard))
        .with_state(shared)
}

async fn nothing(request: Request) -> Response<Body> {
    layout::stranger(StatusCode::NOT_FOUND, session::language(request.headers()), "frame-nothing-here")
}

/// Refuses what no page of this console asks for, and says in every answer what a browser may do with it.
async fn guard(State(shared): State<Shared>, request: Request, next: Next) -> Response<Body> {
    let mut response = match check(&shared, &request) {
        Ok(()) => next.run(request).await,
        Err(why) => plain(StatusCode::FORBIDDEN, why),
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn check(shared: &Shared, request: &Request) -> Result<(), &'static str> {
    let headers = request.headers();
    let mut hosts = headers.get_all(header::HOST).iter();
    let first = hosts.next().and_then(|host| host.to_str().ok());
    let (Some(host), None, None) = (first, hosts.next(), request.uri().authority()) else {
        return Err("a request names one host\n");
    };
    // A name would be one that somebody else's server of names points here: DNS rebinding.
    if !is_own_host(shared, host) {
        return Err("this console is asked for by its address, or as localhost\n");
    }
    let from = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    if from("sec-fetch-site").is_some_and(|site| site == "same-site" || site == "cross-site")
        && request.method() != Method::GET
    {
        return Err("another page's request\n");
    }
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return Ok(());
    }
    // Another port of this machine is the same site to a cookie, and another origin.
    match from(header::ORIGIN.as_str()) {
        Some(origin) if origin.strip_prefix("http://") == Some(host) => Ok(()),
        _ => Err("another page's request\n"),
    }
}

/// Whether it is an address of this machine, or `localhost`, with the right port.
fn is_own_host(shared: &Shared, host: &str) -> bool {
    let address = host.parse::<SocketAddr>().ok().or_else(|| {
        let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok()?;
        Some(SocketAddr::new(ip, 80))
    });
    if let Some(address) = address {
        return address.port() == shared.port() && (address.ip().is_loopback() || shared.is_exposed());
    }
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    name.eq_ignore_ascii_case("localhost") && port.parse() == Ok(shared.port())
}

/// An answer for those who are no browser of ours.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// A file to keep. Its name stands in the program, or is a number of ours.
pub(crate) fn download(name: &str, bytes: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

#[cfg(test)]
#[path = "server_tests.rs"]
pub(crate) mod tests;
