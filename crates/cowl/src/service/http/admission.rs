//! Tokens judged for a broker of any make, in the form in which RMQTT (`rmqtt-auth-http`) and EMQX 5 ask over HTTP (spec §11.6).
//!
//! `POST`, with `username`, `password` and `clientid` as a form or as JSON. The answer is always `200` and JSON: a status of 400
//! and above means "ask the next one" to both, and with RMQTT's rules of a fresh installation the next one lets everybody in. For
//! the same reason the answer to a token that is refused is `deny`, and only another user name than that of tokens is ignored.

use std::{future::Future, io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header},
    routing::any,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::{HttpLimits, accept};
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

/// What a connection with a token may do: what the embedded broker lets devices do.
struct Rules {
    publish: Vec<String>,
    subscribe: Vec<String>,
    answers: String,
}

/// What a broker says of a connection.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    user: String,
    password: Zeroizing<String>,
    client_id: String,
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
    let says = match asked {
        None => json!({ "result": "deny" }),
        Some(asked) if asked.user != TOKEN_USER => json!({ "result": "ignore" }),
        Some(asked) => match gatekeeper.admit(asked.password.as_bytes()).await {
            Ok(()) => json!({ "result": "allow", "acl": rules.of_client(&asked.client_id) }),
            Err(_) => json!({ "result": "deny" }),
        },
    };
    let mut response = Response::new(Body::from(says.to_string()));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

impl Asked {
    /// `None`: it is neither a form nor JSON, or has no user name or password.
    fn parse(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let kind = kind.split(';').next()?.trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/json" => Self::of_json(body),
            "application/x-www-form-urlencoded" => Self::of_form(body),
            _ => None,
        }
    }

    fn of_json(body: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(body).ok()?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            user: text("username")?,
            password: text("password")?.into(),
            client_id: text("clientid").unwrap_or_default(),
        })
    }

    fn of_form(body: &[u8]) -> Option<Self> {
        let (mut asked, mut has_user, mut has_password) = (Self::default(), false, false);
        for pair in body.split(|byte| *byte == b'&') {
            let at = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = at.and_then(|at| pair.split_at_checked(at)).unwrap_or((pair, b""));
            let value = decoded(value.strip_prefix(b"=").unwrap_or(value))?;
            // Said twice, it is not clear what is meant.
            match decoded(name)?.as_str() {
                "username" if !has_user => (asked.user, has_user) = (value, true),
                "password" if !has_password => (asked.password, has_password) = (value.into(), true),
                "username" | "password" => return None,
                "clientid" => asked.client_id = value,
                _ => {}
            }
        }
        (has_user && has_password).then_some(asked)
    }
}

/// What `application/x-www-form-urlencoded` writes as `+` and `%41`.
fn decoded(bytes: &[u8]) -> Option<String> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(*rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        out.push(match byte {
            b'+' => b' ',
            b'%' => digit()? << 4 | digit()?,
            other => *other,
        });
    }
    String::from_utf8(out).ok()
}

impl Rules {
    fn of(topics: &Topics) -> Result<Self, transport::Error> {
        let notices = [
            topics.manifest()?,
            topics.beacon()?,
            topics.bulletin()?,
            topics.erasures()?,
            topics.dispatch()?,
        ];
        Ok(Self {
            publish: vec![format!("{}/#", topics.mailbox()), format!("eq {}", topics.questions()?.as_str())],
            subscribe: notices.iter().map(|topic| format!("eq {}", topic.as_str())).collect(),
            answers: topics.answers(),
        })
    }

    /// As both brokers read them: the first that fits decides.
    fn of_client(&self, client_id: &str) -> Value {
        let allow =
            |action: &str, topic: &str| json!({ "permission": "allow", "action": action, "topic": topic });
        let mut rules =
            vec![json!({ "permission": "deny", "action": "publish", "topic": "#", "retain": true })];
        rules.extend(self.publish.iter().map(|topic| allow("publish", topic)));
        rules.extend(self.subscribe.iter().map(|topic| allow("subscribe", topic)));
        // A client's answers are under its own id; one that is no such id has none.
        if client_id.len() == 32 && client_id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            rules.push(allow("subscribe", &format!("eq {}/{client_id}", self.answers)));
        }
        rules.push(json!({ "permission": "deny", "action": "all", "topic": "#" }));
        Value::Array(rules)
    }
}

#[cfg(test)]
#[path = "admission_tests.rs"]
mod tests;
