//! What custodians opened: shown for a minute to the session that opened it, below the log's entries about it. The server forgets it then,
//! and the page goes away by itself.

use std::time::Instant;

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{Response, StatusCode},
    response::{IntoResponse as _, Redirect},
    routing::{get, post},
};
use cowl::{formats, log::Entry};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use zeroize::{Zeroize as _, Zeroizing};

use super::{OnShelf, PATH, failed, page, request::find};
use crate::{
    desk, layout,
    posted::Posted,
    session::{Authority, Session},
    shared::Shared,
    views::{log, people},
};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/glass/request/{id}/open", post(open))
        .route("/glass/opened/{id}", get(show))
        .route("/glass/opened/{id}/hide", post(hide))
}

/// What custodians opened.
pub(crate) struct Opened {
    /// Field and value; `None`: it was cover.
    fields: Option<Vec<(String, Zeroizing<String>)>>,
    custodians: Vec<String>,
    /// The log's entries about it, with their numbers.
    entries: Vec<(u64, Entry)>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

/// Where the authority opens what enough custodians agreed to.
pub(super) fn form(session: &Session, found: &OnShelf) -> Markup {
    let words = session.words();
    html! {
        form .panel method="post" action={ "/glass/request/" (found.id) "/open" } {
            (layout::token(session))
            p { (words.say("glass-open-does")) }
            p {
                label { input type="checkbox" name="sure" value="yes" required; (words.say("glass-open-sure")) }
            }
            button .danger type="submit" { (words.say("glass-open-now")) }
        }
    }
}

#[derive(Debug, Deserialize)]
struct Sure {
    #[serde(default)]
    sure: String,
}

async fn open(State(shared): State<Shared>, Path(id): Path<String>, posted: Posted<Sure>) -> Response<Body> {
    let session = &posted.session;
    if !session.authority {
        return layout::not_authority(session, &shared);
    }
    if posted.form.sure != "yes" {
        return layout::refused(session, &shared, StatusCode::UNPROCESSABLE_ENTITY, "glass-open-not-sure");
    }
    let found = match find(&shared, id).await {
        Ok(Some(found)) => found,
        Ok(None) => return layout::refused(session, &shared, StatusCode::NOT_FOUND, "glass-gone"),
        Err(error) => return failed(session, &error),
    };
    let opened = desk::work(&shared, move |desk| {
        let before = desk.operation.log()?.map(|log| log.checkpoint()).transpose()?;
        let before = before.map_or(0, |checkpoint| checkpoint.unverified().size);
        let read = desk.operation.open_custody(&found.bytes, &found.partials, desk.time)?;
        let policy = &desk.operation.manifest().policy;
        let fields = read.body.as_ref().map(|body| {
            formats::to_json(policy, body).into_iter().map(|(name, value)| (name, text(value))).collect()
        });
        let mut entries = Vec::new();
        if let Some(log) = desk.operation.log()? {
            for (index, entry) in (before..).zip(log.entries(before..u64::MAX)) {
                entries.extend(Entry::parse(&entry?).map(|entry| (index, entry)));
            }
        }
        Ok(Opened { fields, custodians: read.custodians, entries })
    });
    match opened.await {
        Ok(opened) => {
            let id = shared.opened().keep(session, opened, Instant::now());
            Redirect::to(&format!("/glass/opened/{}", id.text())).into_response()
        }
        Err(error) => layout::failed(session, layout::Nav::Glass, &error),
    }
}

/// A value as people read it. The copy that is not needed is wiped.
fn text(value: Value) -> Zeroizing<String> {
    match value {
        Value::String(text) => Zeroizing::new(text),
        other => {
            let mut written = other.to_string();
            let text = Zeroizing::new(written.clone());
            written.zeroize();
            text
        }
    }
}

async fn show(
    State(shared): State<Shared>,
    Authority(session): Authority,
    Path(id): Path<String>,
) -> Response<Body> {
    let Some(seen) = shared.opened().see(&session, &id, Instant::now()) else {
        return layout::refused(&session, &shared, StatusCode::GONE, "glass-forgotten");
    };
    let (words, opened) = (session.words(), &seen.what);
    let body = html! {
        h2 { (words.say("glass-entries")) }
        ol .entries {
            @for (index, entry) in &opened.entries {
                li value=(index) { (layout::time(entry.time)) " – " (log::event(words, &entry.event)) }
            }
        }
        p { (words.with("glass-agreed-by", &[("names", opened.custodians.join(", ").into())])) }
        h2 { (words.say("glass-plain")) }
        @if let Some(fields) = &opened.fields {
            dl .facts { @for (name, value) in fields { dt { bdi { (name) } } dd { bdi { (value.as_str()) } } } }
        } @else {
            p { (words.say("glass-cover")) }
        }
        p role="status" { (words.with("glass-forgets", &[("n", seen.left.as_secs().into())])) }
        form method="post" action={ "/glass/opened/" (id) "/hide" } {
            (layout::token(&session))
            button type="submit" { (words.say("glass-hide")) }
        }
    };
    let mut response = page(&session, "glass-opened", body);
    people::leave(&mut response, seen.left, PATH);
    response
}

async fn hide(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    posted: Posted<Vec<(String, String)>>,
) -> Response<Body> {
    shared.opened().hide(&posted.session, &id);
    Redirect::to(PATH).into_response()
}
