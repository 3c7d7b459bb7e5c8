//! What a form says, once it is certain that a page of this console sent it: the guard has looked at Host and Origin before, the cookie
//! says whose session it is, and the form carries that session's own token, which no other page can read.

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts as _, Request},
    http::{Response, StatusCode, header},
};
use serde::de::DeserializeOwned;

use crate::{layout, session::Session, shared::Shared};

/// Bytes of a form at the most.
pub(crate) const FORM: usize = 64 << 10;
/// The field that carries the session's token.
pub(crate) const CSRF: &str = "csrf";

/// A form of one of this console's pages, and who sent it. For a form with repeated fields take `Vec<(String, String)>`.
#[derive(Debug)]
pub(crate) struct Posted<T> {
    pub(crate) session: Session,
    pub(crate) form: T,
}

impl<T: DeserializeOwned> FromRequest<Shared> for Posted<T> {
    type Rejection = Response<Body>;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let session = Session::from_request_parts(&mut parts, shared).await?;
        let refused = |status, why| layout::refused(&session, shared, status, why);
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "frame-not-a-form"));
        }
        let read = tokio::time::timeout(shared.patience(), axum::body::to_bytes(body, FORM)).await;
        let body = match read {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => return Err(refused(StatusCode::PAYLOAD_TOO_LARGE, "frame-too-large")),
            Err(_) => return Err(refused(StatusCode::REQUEST_TIMEOUT, "frame-too-slow")),
        };
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&body)
            .map_err(|_| refused(StatusCode::BAD_REQUEST, "frame-not-a-form"))?;
        let is_own = pairs.iter().any(|(name, value)| name == CSRF && session.csrf.is(value));
        if !is_own {
            return Err(refused(StatusCode::FORBIDDEN, "frame-not-own-form"));
        }
        match serde_urlencoded::from_bytes(&body) {
            Ok(form) => Ok(Self { session, form }),
            Err(_) => Err(refused(StatusCode::BAD_REQUEST, "frame-not-a-form")),
        }
    }
}
