//! What a form says, once it is certain that a page of this console sent it: the guard has looked at Host and Origin before, the cookie
//! says whose session it is, and the form carries that session's own token, which no other page can read.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts as _, Request},
    http::{Response, StatusCode, header},
};
use serde::de::DeserializeOwned;

use crate::{
    layout,
    multipart::{self, Part},
    session::Session,
    shared::Shared,
};

/// Bytes of a form at the most.
pub(crate) const FORM: usize = 128 << 10;
/// The field that carries the session's token.
pub(crate) const CSRF: &str = "csrf";

/// A form of one of this console's pages, and who sent it. For a form with repeated fields take `Vec<(String, String)>`.
#[derive(Debug)]
pub(crate) struct Posted<T> {
    pub(crate) session: Session,
    pub(crate) form: T,
}

/// A form with files of one of this console's pages, and who sent it: of `MOST` bytes at the most.
#[derive(Debug)]
pub(crate) struct PostedFiles<const MOST: usize = FORM> {
    pub(crate) session: Session,
    parts: Vec<Part>,
}

impl<T: DeserializeOwned> FromRequest<Shared> for Posted<T> {
    type Rejection = Response<Body>;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Self::Rejection> {
        let Raw { session, kind, body } = Raw::read(request, shared, FORM).await?;
        let refused = |status, why| layout::refused(&session, shared, status, why);
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "frame-not-a-form"));
        }
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&body)
            .map_err(|_| refused(StatusCode::BAD_REQUEST, "frame-not-a-form"))?;
        if !pairs.iter().any(|(name, value)| name == CSRF && session.csrf.is(value)) {
            return Err(refused(StatusCode::FORBIDDEN, "frame-not-own-form"));
        }
        match serde_urlencoded::from_bytes(&body) {
            Ok(form) => Ok(Self { session, form }),
            Err(_) => Err(refused(StatusCode::BAD_REQUEST, "frame-not-a-form")),
        }
    }
}

impl<const MOST: usize> FromRequest<Shared> for PostedFiles<MOST> {
    type Rejection = Response<Body>;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Self::Rejection> {
        let Raw { session, kind, body } = Raw::read(request, shared, MOST).await?;
        let refused = |status, why| layout::refused(&session, shared, status, why);
        let parts = multipart::boundary(&kind).and_then(|boundary| multipart::parse(boundary, &body));
        let Some(parts) = parts else {
            return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "frame-not-a-form"));
        };
        let said = parts
            .iter()
            .find(|part| part.name == CSRF)
            .and_then(|part| std::str::from_utf8(&part.content).ok());
        if !said.is_some_and(|said| session.csrf.is(said)) {
            return Err(refused(StatusCode::FORBIDDEN, "frame-not-own-form"));
        }
        Ok(Self { session, parts })
    }
}

impl<const MOST: usize> PostedFiles<MOST> {
    /// What a field or file of this name holds; empty if there is none.
    pub(crate) fn content(&self, name: &str) -> &[u8] {
        self.parts.iter().find(|part| part.name == name).map_or(&[], |part| part.content.as_slice())
    }
}

/// A body that came in whole, in time, from somebody who is signed in.
struct Raw {
    session: Session,
    kind: String,
    body: Bytes,
}

impl Raw {
    async fn read(request: Request, shared: &Shared, most: usize) -> Result<Self, Response<Body>> {
        let (mut parts, body) = request.into_parts();
        let session = Session::from_request_parts(&mut parts, shared).await?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().trim().to_owned();
        let refused = |status, why| layout::refused(&session, shared, status, why);
        match tokio::time::timeout(shared.patience(), axum::body::to_bytes(body, most)).await {
            Ok(Ok(body)) => Ok(Self { session, kind, body }),
            Ok(Err(_)) => Err(refused(StatusCode::PAYLOAD_TOO_LARGE, "frame-too-large")),
            Err(_) => Err(refused(StatusCode::REQUEST_TIMEOUT, "frame-too-slow")),
        }
    }
}

/// What the address says behind the `?`. What does not fit is left at its default: an address is typed by hand, too.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned + Default> axum::extract::FromRequestParts<Shared> for Asked<T> {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _shared: &Shared,
    ) -> Result<Self, Self::Rejection> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(serde_urlencoded::from_str(query).unwrap_or_default()))
    }
}

/// A path with a query, both written as a browser must read them.
pub(crate) fn address(path: &str, query: &[(&str, &str)]) -> String {
    let query = serde_urlencoded::to_string(query).unwrap_or_default();
    format!("{path}?{query}")
}
