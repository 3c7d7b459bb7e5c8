//! Sessions: who is signed in, at which seat. A browser holds a random token in a cookie that scripts cannot read and other sites
//! cannot send; here lies its hash. A session ends when it is signed out, when nothing was asked for a while, and after a day's work.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, Path, State},
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Redirect},
    routing::{get, post},
};
use cowl::consent::Language;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    base_map::TILES,
    config::ConsoleLimits,
    layout,
    links::Place,
    posted::Posted,
    seat::SeatId,
    server,
    shared::Shared,
    token::{Token, TokenHash},
    words::Words,
};

/// Who asks: taken from the request's cookie. A handler that takes it is not reached without it.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) seat: SeatId,
    /// Whether it may also do what needs the operation's folder.
    pub(crate) authority: bool,
    /// Whether a role's reports are read at its seat.
    pub(crate) reads: bool,
    pub(crate) language: Language,
    /// What each of its forms carries.
    pub(crate) csrf: Token,
    /// What it is found by: another session has another.
    pub(crate) hash: TokenHash,
    streams: Arc<Semaphore>,
}

/// A [`Session`] that may do what needs the operation's folder. A handler that takes it is not reached by others.
#[derive(Debug, Clone)]
pub(crate) struct Authority(pub(crate) Session);

/// All sessions.
#[derive(Debug)]
pub(crate) struct Sessions {
    most: usize,
    idle: Duration,
    lasts: Duration,
    streams_of_one: usize,
    known: Mutex<HashMap<TokenHash, Known>>,
}

#[derive(Debug)]
struct Known {
    session: Session,
    began: Instant,
    asked: Instant,
}

/// A place for one stream of events; free again when this is dropped.
#[derive(Debug)]
pub(crate) struct StreamPlace {
    _places: [OwnedSemaphorePermit; 2],
}

impl Sessions {
    pub(crate) fn new(limits: &ConsoleLimits) -> Self {
        Self {
            most: limits.sessions.max(1),
            idle: limits.idle,
            lasts: limits.session,
            streams_of_one: limits.streams_of_one,
            known: Mutex::default(),
        }
    }

    /// Begins one. The token goes to the browser and is not kept.
    pub(crate) fn begin(&self, place: Place, language: Language, now: Instant) -> Token {
        let token = Token::draw();
        let hash = token.hash();
        let session = Session {
            seat: place.seat,
            authority: place.authority,
            reads: place.reads,
            language,
            csrf: Token::draw(),
            hash,
            streams: Arc::new(Semaphore::new(self.streams_of_one)),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, known| self.is_good(known, now));
        while known.len() >= self.most {
            let silent = known.iter().min_by_key(|(_, known)| known.asked).map(|(hash, _)| *hash);
            silent.and_then(|hash| known.remove(&hash));
        }
        known.insert(hash, Known { session, began: now, asked: now });
        token
    }

    /// Whose token it is; `None` if nobody's, or no longer. `is_asking`: whether a person asked, rather than a page that looks again by
    /// itself, which keeps no session alive.
    pub(crate) fn find(&self, said: &str, is_asking: bool, now: Instant) -> Option<Session> {
        let hash = TokenHash::of(said);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let one = known.get_mut(&hash)?;
        if !self.is_good(one, now) {
            known.remove(&hash);
            return None;
        }
        if is_asking {
            one.asked = now;
        }
        Some(one.session.clone())
    }

    /// Whether it is still there: for streams, which outlive the request that began them.
    pub(crate) fn is_open(&self, session: &Session, now: Instant) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&session.hash).is_some_and(|known| self.is_good(known, now))
    }

    pub(crate) fn end(&self, session: &Session) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&session.hash);
    }

    fn speak(&self, session: &Session, language: Language) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get_mut(&session.hash) {
            known.session.language = language;
        }
    }

    fn is_good(&self, known: &Known, now: Instant) -> bool {
        now.saturating_duration_since(known.asked) < self.idle
            && now.saturating_duration_since(known.began) < self.lasts
    }
}

impl Session {
    /// Whether somebody of the coordination centre sits there. A custodian's seat holds a share, and shows nothing else.
    pub(crate) const fn is_desk(&self) -> bool {
        self.reads || self.authority
    }

    /// The words of its language.
    pub(crate) fn words(&self) -> &'static Words {
        Words::of(self.language)
    }

    /// A place for a stream of events; `None`: it has as many as it may, or all have.
    pub(crate) fn stream(&self, shared: &Shared) -> Option<StreamPlace> {
        let own = Arc::clone(&self.streams).try_acquire_owned().ok()?;
        let common = Arc::clone(shared.streams()).try_acquire_owned().ok()?;
        Some(StreamPlace { _places: [own, common] })
    }
}

impl FromRequestParts<Shared> for Session {
    type Rejection = Response<Body>;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Self::Rejection> {
        let said = said(&parts.headers, &shared.cookie());
        let is_asking = is_asking(&parts.headers, parts.uri.path());
        let found = said.and_then(|said| shared.sessions().find(said, is_asking, Instant::now()));
        found.ok_or_else(|| {
            let status =
                if parts.method == Method::GET { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
            layout::stranger(status, language(&parts.headers), "frame-signed-out")
        })
    }
}

impl FromRequestParts<Shared> for Authority {
    type Rejection = Response<Body>;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Self::Rejection> {
        let session = Session::from_request_parts(parts, shared).await?;
        if session.authority { Ok(Self(session)) } else { Err(layout::not_authority(&session, shared)) }
    }
}

/// Signing in and out, and the language.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/in/{token}", get(sign_in))
        .route("/out", post(sign_out))
        .route("/language", post(speak))
}

/// A link is used up by looking at it; what only asks for its head does not.
async fn sign_in(
    State(shared): State<Shared>,
    method: Method,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let language = language(&headers);
    if method != Method::GET {
        return server::plain(StatusCode::METHOD_NOT_ALLOWED, "");
    }
    let links = shared.clone();
    let taken = tokio::task::spawn_blocking(move || links.links().take(&token)).await;
    let Ok(Ok(taken)) = taken else {
        return layout::stranger(StatusCode::INTERNAL_SERVER_ERROR, language, "frame-link-not-renewed");
    };
    let Some(place) = taken else {
        return layout::stranger(StatusCode::UNAUTHORIZED, language, "frame-link-used");
    };
    let token = shared.sessions().begin(place, language, Instant::now());
    let mut response = layout::welcome(language);
    let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Strict", shared.cookie(), token.text());
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

async fn sign_out(State(shared): State<Shared>, posted: Posted<Nothing>) -> Response<Body> {
    shared.sessions().end(&posted.session);
    let mut response = layout::stranger(StatusCode::OK, posted.session.language, "frame-signed-out");
    let gone = format!("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", shared.cookie());
    if let Ok(gone) = HeaderValue::from_str(&gone) {
        response.headers_mut().insert(header::SET_COOKIE, gone);
    }
    response
}

#[derive(Deserialize)]
struct Nothing {}

#[derive(Deserialize)]
struct Speak {
    language: String,
    /// The page that was looked at.
    from: String,
}

async fn speak(State(shared): State<Shared>, posted: Posted<Speak>) -> Response<Body> {
    if let Some(language) = Language::of(&posted.form.language) {
        shared.sessions().speak(&posted.session, language);
    }
    // Only to a page of the console: not `//elsewhere`, not `/\elsewhere`.
    let to = layout::Nav::of(&posted.form.from).map_or("/", layout::Nav::path);
    Redirect::to(to).into_response()
}

/// Whether a person asks. A script of ours that looks again by itself says so; nor is a map that draws itself anew a person at work.
fn is_asking(headers: &HeaderMap, path: &str) -> bool {
    !headers.contains_key("x-cowl-refresh") && !is_stream(headers) && !path.starts_with(TILES)
}

fn is_stream(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept == "text/event-stream")
}

/// What the browser says in this console's cookie.
fn said<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(of, value)| (of == name).then_some(value))
}

/// The first of the browser's languages that there are words in.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let wanted =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let tags = wanted.split(',').map(|one| one.split(';').next().unwrap_or_default().trim());
    tags.take(16).find_map(Language::of).unwrap_or(Language::English)
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
