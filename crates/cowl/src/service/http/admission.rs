//! Tokens judged for a broker of any make, in the form in which RMQTT (`rmqtt-auth-http`) and EMQX 5 ask over HTTP (spec §11.6).
//!
//! `POST`, as a form or as JSON: `username`, `password` and `clientid` of who wants to come in; `username`, `clientid`, `access` and
//! `topic` of who is in and wants to publish or subscribe. The answer is always `200` and JSON: a status of 400 and above means
//! "ask the next one" to both, and with RMQTT's rules of a fresh installation the next one lets everybody in. For the same reason the
//! answer to a token that is refused is `deny`, and only another user name than that of tokens is ignored.

use std::{future::Future, io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header},
    routing::any,
};
use serde_json::json;
use tokio::net::TcpListener;

use super::{HttpLimits, accept, asked::Asked, rules::Rules};
use crate::{
    client::Topics,
    tokens::{Gatekeeper, TOKEN_USER},
    transport,
};

/// Bytes of a request's body at the most: a client id of 64 kB is none of ours.
const BODY: usize = 16 << 10;

/// A socket on which a broker asks about tokens.
#[derive(Debug)]
pub struct AdmissionListener {
    listener: TcpListener,
    limits: HttpLimits,
}

/// What handlers share.
#[derive(Clone)]
struct Shared {
    gatekeeper: Arc<Gatekeeper>,
    rules: Arc<Rules>,
    limits: HttpLimits,
}

impl AdmissionListener {
    /// Listens on an address from now on.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let limits = HttpLimits { body: BODY, per_address: None, ..HttpLimits::default() };
        Ok(Self { listener: TcpListener::bind(address).await?, limits })
    }

    /// Where: with the port that the system gave, if 0 was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `stop` completes.
    pub async fn run(
        self,
        gatekeeper: Arc<Gatekeeper>,
        topics: &Topics,
        stop: impl Future<Output = ()>,
    ) -> Result<(), transport::Error> {
        let Self { listener, limits } = self;
        let shared = Shared { gatekeeper, rules: Arc::new(Rules::of(topics)?), limits };
        // Whatever the path and method: what is not asked rightly is denied.
        let router =
            Router::new().fallback(any(answer)).layer(DefaultBodyLimit::disable()).with_state(shared);
        tokio::select! {
            () = accept(&listener, &router, limits) => {}
            () = stop => {}
        }
        Ok(())
    }
}

async fn answer(
    State(shared): State<Shared>,
    method: Method,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    let Shared { gatekeeper, rules, limits } = shared;
    let read = tokio::time::timeout(limits.request, axum::body::to_bytes(body, limits.body)).await;
    let asked = match read {
        Ok(Ok(body)) if method == Method::POST => Asked::parse(&headers, &body),
        _ => None,
    };
    let deny = json!({ "result": "deny" });
    let says =
        match asked {
            Some(asked) if asked.user != TOKEN_USER => json!({ "result": "ignore" }),
            Some(Asked { password: None, act: Some(act), client_id, .. }) => {
                if rules.allow(&act, &client_id) { json!({ "result": "allow" }) } else { deny }
            }
            Some(Asked { password: Some(password), act: None, client_id, .. }) => {
                match gatekeeper.admit(password.as_bytes()).await {
                    Ok(()) => json!({ "result": "allow", "acl": rules.of_client(&client_id) }),
                    Err(_) => deny,
                }
            }
            None | Some(_) => deny,
        };
    let mut response = Response::new(Body::from(says.to_string()));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
#[path = "admission_tests.rs"]
mod tests;
