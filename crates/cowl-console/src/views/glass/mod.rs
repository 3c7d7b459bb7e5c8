//! Break glass: asked for by a responder, signed by the authority, agreed to by custodians, each at a seat of his own or with a file from
//! a machine of his own, and shown for a minute.
//!
//! One file each: `shelf` is where requests and answers lie, `case` asks from a case's page, `ask` takes what a responder wrote elsewhere and
//! signs it, `request` shows one request and takes answers, `reveal` opens it.

mod ask;
mod case;
mod request;
mod reveal;
mod shelf;

use axum::{
    Router,
    body::Body,
    extract::{RawQuery, State},
    http::Response,
    routing::get,
};
use cowl_core::custody::GlassRequest;
use maud::{Markup, html};

pub(crate) use case::address;
pub(crate) use reveal::Opened;
use shelf::{OnShelf, Shelf};

use crate::{
    clock,
    layout::{self, Nav},
    session::Session,
    shared::Shared,
    words::Words,
};

const PATH: &str = "/glass";

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route(PATH, get(show))
        .merge(ask::routes())
        .merge(case::routes())
        .merge(request::routes())
        .merge(reveal::routes())
}

fn page(session: &Session, title: &str, body: Markup) -> Response<Body> {
    let words = session.words();
    layout::page(session, words, Nav::Glass, &words.say(title), body)
}

/// A page that says that the console's own files cannot be read or written, or what else was not done; `why` in English.
fn failed(session: &Session, why: &dyn std::fmt::Display) -> Response<Body> {
    let words = session.words();
    let body = html! {
        p role="alert" .trouble { (words.say("frame-failed")) }
        p lang="en" dir="ltr" { code { (why) } }
        p { a href=(PATH) { (words.say("frame-back")) } }
    };
    let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
    layout::page_with(session, words, Nav::Glass, &words.say("frame-refused"), status, body)
}

/// What a request says: all that a custodian decides by.
fn facts(words: &Words, request: &GlassRequest) -> Markup {
    html! {
        dl .facts {
            dt { (words.say("glass-by")) } dd { bdi { (request.requester) } }
            dt { (words.say("glass-reason")) } dd { bdi { (request.reason) } }
            dt { (words.say("glass-report")) } dd dir="ltr" { code { (request.envelope.report()) } }
            dt { (words.say("glass-about")) } dd dir="ltr" { (request.about) }
            dt { (words.say("glass-made")) } dd { (layout::time(request.made)) }
            dt { (words.say("glass-expires")) } dd { (layout::time(request.expires)) }
        }
    }
}

async fn show(State(shared): State<Shared>, session: Session, RawQuery(query): RawQuery) -> Response<Body> {
    let shelf = Shelf::of(&shared);
    let found = tokio::task::spawn_blocking(move || shelf.requests()).await;
    let found = match found {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => return failed(&session, &error),
        Err(error) => return failed(&session, &error),
    };
    let words = session.words();
    let is_custodian = shared.seat(session.seat).is_some_and(crate::seat::Seat::is_custodian);
    let body = html! {
        @if query.as_deref() == Some("asked") {
            p role="status" .done { (words.say("glass-case-asked")) }
        }
        p { (words.say("glass-what")) }
        @if session.authority {
            (ask::draft_form(&session, "glass-draft-sign"))
            (ask::drafts(words, &found))
        } @else if is_custodian {
            (request::request_form(&session))
        } @else {
            p { (words.say("glass-how-to-ask")) }
            (ask::draft_form(&session, "glass-draft-send"))
        }
        h2 { (words.say("glass-open")) }
        (list(words, &found))
    };
    page(&session, "frame-nav-glass", body)
}

fn list(words: &Words, found: &[OnShelf]) -> Markup {
    let now = clock::now();
    let requests: Vec<_> = found.iter().filter(|one| !one.is_draft).collect();
    html! {
        @if requests.is_empty() { p { (words.say("glass-none")) } }
        ul .requests {
            @for one in requests {
                li {
                    a href={ "/glass/request/" (one.id) } { (words.with("glass-request-of", &[("who", one.request.requester.clone().into())])) }
                    " – " (layout::time(one.request.made)) " – "
                    @if one.request.expires <= now { (words.say("glass-over")) }
                    @else { (words.with("glass-answers", &[("n", one.answers().into())])) }
                }
            }
        }
    }
}
