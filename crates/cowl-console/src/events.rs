//! `/events`: what changes on a seat's board, as server-sent events (WHATWG HTML §9.2).
//!
//! An event's id is the board's newest change in it. A browser that comes back says it (`Last-Event-ID`) and gets exactly the cases that
//! changed since; if that is too long ago, or of another start of the console, it gets `reload` and asks for the page anew. A stream
//! holds nothing but a number, so a slow reader costs no memory, and nothing that was erased waits in it.

use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    routing::get,
};
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::watch;

use crate::{
    clock, feed, server,
    session::{Session, StreamPlace},
    shared::Shared,
    views::operations::{Refresh, refresh},
};

/// Changes are gathered for so long: at 50 reports a second ten events, each of five cases.
const GATHER: Duration = Duration::from_millis(80);
/// Between two signs of life; what counts hours, and how the feed is, is said as often.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Cases in one event: of more the page is asked for anew, which is faster.
const MOST: usize = 400;
/// How long a browser waits before it comes back.
const RETRY: &str = "retry: 1000\n\n";

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/events", get(events))
}

#[derive(Debug, Default, Deserialize)]
struct Since {
    /// The change up to which the page shows everything.
    #[serde(default)]
    since: String,
}

async fn events(
    State(shared): State<Shared>,
    session: Session,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let Some(view) = shared.feed(session.seat) else {
        return server::plain(StatusCode::NOT_FOUND, "this seat reads no reports\n");
    };
    let Some(place) = session.stream(&shared) else {
        return server::plain(StatusCode::SERVICE_UNAVAILABLE, "too many streams are open\n");
    };
    let Since { since } = serde_urlencoded::from_str(&query.unwrap_or_default()).unwrap_or_default();
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).unwrap_or(&since);
    let stream = Stream {
        seq: view.board.seq_of(last),
        changed: view.board.watch(),
        view,
        session,
        shared,
        _place: place,
        is_new: true,
        is_over: false,
    };
    let body = stream::unfold(stream, |mut stream| async move {
        let text = stream.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), stream))
    });
    let mut response = Response::new(Body::from_stream(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

struct Stream {
    view: feed::View,
    changed: watch::Receiver<u64>,
    /// Up to which change all was told; `None`: it is not known what the page shows.
    seq: Option<u64>,
    session: Session,
    shared: Shared,
    _place: StreamPlace,
    is_new: bool,
    is_over: bool,
}

impl Stream {
    /// What to say next; `None`: nothing more.
    async fn next(&mut self) -> Option<String> {
        if self.is_over {
            return None;
        }
        if std::mem::take(&mut self.is_new) {
            let missed = self.changes(true);
            return Some(format!("{RETRY}{missed}"));
        }
        let waited = tokio::time::timeout(HEARTBEAT, self.changed.changed()).await;
        if !self.shared.sessions().is_open(&self.session, Instant::now()) {
            self.is_over = true;
            return Some(event("signed-out", None, "{}"));
        }
        match waited {
            Ok(Ok(())) => {
                tokio::time::sleep(GATHER).await;
                self.changed.mark_unchanged();
                Some(self.changes(false))
            }
            // A comment keeps the connection, the counts keep the hours.
            Err(_) => Some(self.changes(true)),
            Ok(Err(_)) => None,
        }
    }

    /// The changes since the last that was told.
    fn changes(&mut self, is_health_due: bool) -> String {
        let since = self.seq;
        let now = clock::now();
        let changes = since.and_then(|since| self.view.board.look(|board| board.since(since)));
        let Some(changes) = changes.filter(|changes| changes.keys.len() <= MOST) else {
            self.is_over = true;
            return event("reload", None, "{}");
        };
        let what = Refresh { keys: &changes.keys, with_health: is_health_due, now };
        let data = refresh(&self.view, self.session.words(), &what);
        self.seq = Some(changes.seq);
        event("changes", Some(&self.view.board.event_id(changes.seq)), &data)
    }
}

/// JSON has no line break outside of strings, and none in them: one `data` line holds it.
fn event(name: &str, id: Option<&str>, data: &str) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("event: {name}\n{id}data: {data}\n\n")
}
