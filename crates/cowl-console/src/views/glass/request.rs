//! One request: what it says, who has answered, and where a custodian agrees.

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{Response, StatusCode},
    response::{IntoResponse as _, Redirect},
    routing::{get, post},
};
use cowl::random::SystemRng;
use cowl_core::custody::Partial;
use maud::{Markup, html};
use serde::Deserialize;

use super::{OnShelf, PATH, Shelf, facts, failed, page, reveal, shelf::ShelfError};
use crate::{
    clock, layout,
    posted::{Posted, PostedFiles},
    seat::Seat,
    server,
    session::Session,
    shared::Shared,
};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/glass/request", post(take))
        .route("/glass/request/{id}", get(show))
        .route("/glass/request/{id}/file", get(file))
        .route("/glass/request/{id}/answer", get(own_answer).post(answer))
        .route("/glass/request/{id}/agree", post(agree))
}

pub(super) async fn find(shared: &Shared, id: String) -> Result<Option<OnShelf>, ShelfError> {
    let shelf = Shelf::of(shared);
    let found = tokio::task::spawn_blocking(move || shelf.find(&id, false)).await;
    found.unwrap_or(Ok(None))
}

/// The form of a custodian whose console is another than the authority's.
pub(super) fn request_form(session: &Session) -> Markup {
    let words = session.words();
    html! {
        p { (words.say("glass-custodian")) }
        form .panel method="post" action="/glass/request" enctype="multipart/form-data" {
            (layout::token(session))
            div .field {
                label for="request" { (words.say("glass-request-file")) }
                input #request type="file" name="request" required;
                p .hint { (words.say("glass-request-help")) }
            }
            button type="submit" { (words.say("glass-request-look")) }
        }
    }
}

/// Takes a request that the authority sent, if its signature is that of this custodian's authority.
async fn take(State(shared): State<Shared>, posted: PostedFiles) -> Response<Body> {
    let session = &posted.session;
    let Some(custodian) = shared.seat(session.seat).and_then(Seat::custodian) else {
        return layout::refused(session, &shared, StatusCode::FORBIDDEN, "glass-not-custodian");
    };
    let bytes = posted.content("request").to_vec();
    let (shelf, authority) = (Shelf::of(&shared), custodian.share().authority);
    match tokio::task::spawn_blocking(move || shelf.put_request(&bytes, authority)).await {
        Ok(Ok(id)) => Redirect::to(&format!("/glass/request/{id}")).into_response(),
        Ok(Err(error)) => failed(session, &error),
        Err(error) => failed(session, &error),
    }
}

async fn show(State(shared): State<Shared>, session: Session, Path(id): Path<String>) -> Response<Body> {
    let found = match find(&shared, id).await {
        Ok(Some(found)) => found,
        Ok(None) => return layout::refused(&session, &shared, StatusCode::NOT_FOUND, "glass-gone"),
        Err(error) => return failed(&session, &error),
    };
    let words = session.words();
    let is_over = found.request.expires <= clock::now();
    let custodian = shared.seat(session.seat).and_then(Seat::custodian).cloned();
    let body = html! {
        (facts(words, &found.request))
        h2 { (words.say("glass-answered")) }
        p { (words.with("glass-answers", &[("n", found.answers().into())])) }
        @if is_over { p .trouble { (words.say("glass-over")) } }
        @else if let Some(custodian) = &custodian { (agree_form(&session, &found, custodian.share().number())) }
        @if session.authority && !is_over { (authority_part(&session, &found)) }
        p { a href=(PATH) { (words.say("frame-back")) } }
    };
    page(&session, "glass-request", body)
}

fn agree_form(session: &Session, found: &OnShelf, number: u8) -> Markup {
    let words = session.words();
    let has_agreed = found.partials.iter().any(|partial| partial.custodian() == number);
    html! {
        h2 { (words.say("glass-your-part")) }
        @if has_agreed {
            p .done role="status" { (words.say("glass-agreed")) }
            p { a href={ "/glass/request/" (found.id) "/answer" } { (words.say("glass-answer-file")) } }
        } @else {
            p { (words.say("glass-agree-does")) }
            form method="post" action={ "/glass/request/" (found.id) "/agree" } {
                (layout::token(session))
                p {
                    label { input type="checkbox" name="again" value="yes"; (words.say("glass-again")) }
                }
                button type="submit" { (words.say("glass-agree")) } " "
                a href=(PATH) { (words.say("glass-disagree")) }
            }
        }
    }
}

fn authority_part(session: &Session, found: &OnShelf) -> Markup {
    let words = session.words();
    html! {
        h2 { (words.say("glass-authority")) }
        p { a href={ "/glass/request/" (found.id) "/file" } { (words.say("glass-send")) } }
        form .panel method="post" action={ "/glass/request/" (found.id) "/answer" } enctype="multipart/form-data" {
            (layout::token(session))
            div .field {
                label for="answer" { (words.say("glass-answer")) }
                input #answer type="file" name="answer" required;
                p .hint { (words.say("glass-answer-help")) }
            }
            button type="submit" { (words.say("glass-answer-add")) }
        }
        @if !found.partials.is_empty() { (reveal::form(session, found)) }
    }
}

/// The request, for custodians on machines of their own.
async fn file(State(shared): State<Shared>, session: Session, Path(id): Path<String>) -> Response<Body> {
    match find(&shared, id).await {
        Ok(Some(found)) => server::download(&format!("glass-{}.request", found.id), found.bytes),
        Ok(None) => server::plain(StatusCode::NOT_FOUND, ""),
        Err(error) => failed(&session, &error),
    }
}

/// This custodian's answer, for an authority on a machine of its own.
async fn own_answer(
    State(shared): State<Shared>,
    session: Session,
    Path(id): Path<String>,
) -> Response<Body> {
    let number =
        shared.seat(session.seat).and_then(Seat::custodian).map(|custodian| custodian.share().number());
    let found = match find(&shared, id).await {
        Ok(found) => found,
        Err(error) => return failed(&session, &error),
    };
    let own = found.as_ref().and_then(|found| {
        let partial = found.partials.iter().find(|partial| Some(partial.custodian()) == number)?;
        Some((format!("glass-{}.{}.partial", found.id, partial.custodian()), partial.to_bytes()))
    });
    own.map_or_else(
        || server::plain(StatusCode::NOT_FOUND, ""),
        |(name, bytes)| server::download(&name, bytes),
    )
}

/// Takes an answer that a custodian sent. It is verified when the report is opened, and the one who sent a wrong one is named.
async fn answer(State(shared): State<Shared>, Path(id): Path<String>, posted: PostedFiles) -> Response<Body> {
    let session = &posted.session;
    if !session.authority {
        return layout::not_authority(session, &shared);
    }
    let found = match find(&shared, id).await {
        Ok(Some(found)) => found,
        Ok(None) => return layout::refused(session, &shared, StatusCode::NOT_FOUND, "glass-gone"),
        Err(error) => return failed(session, &error),
    };
    let Ok(partial) = Partial::from_bytes(posted.content("answer")) else {
        return layout::refused(session, &shared, StatusCode::UNPROCESSABLE_ENTITY, "glass-not-answer");
    };
    if partial.request().to_string() != found.id {
        return layout::refused(session, &shared, StatusCode::UNPROCESSABLE_ENTITY, "glass-other-answer");
    }
    keep(&shared, session, found.id, partial).await
}

async fn keep(shared: &Shared, session: &Session, id: String, partial: Partial) -> Response<Body> {
    let shelf = Shelf::of(shared);
    let to = format!("/glass/request/{id}");
    match tokio::task::spawn_blocking(move || shelf.put_partial(&id, &partial)).await {
        Ok(Ok(())) => Redirect::to(&to).into_response(),
        Ok(Err(error)) => failed(session, &error),
        Err(error) => failed(session, &error),
    }
}

#[derive(Debug, Deserialize)]
struct Agree {
    #[serde(default)]
    again: String,
}

async fn agree(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    posted: Posted<Agree>,
) -> Response<Body> {
    let session = &posted.session;
    let Some(custodian) = shared.seat(session.seat).and_then(Seat::custodian).cloned() else {
        return layout::refused(session, &shared, StatusCode::FORBIDDEN, "glass-not-custodian");
    };
    let found = match find(&shared, id).await {
        Ok(Some(found)) => found,
        Ok(None) => return layout::refused(session, &shared, StatusCode::NOT_FOUND, "glass-gone"),
        Err(error) => return failed(session, &error),
    };
    let again = posted.form.again == "yes";
    let bytes = found.bytes;
    let answered = tokio::task::spawn_blocking(move || {
        let now = clock::now();
        let request = custodian.read(&bytes, now)?;
        custodian.answer(&request, again, now, &mut SystemRng::new())
    });
    match answered.await {
        Ok(Ok(partial)) => keep(&shared, session, found.id, partial).await,
        Ok(Err(error)) => failed(session, &error),
        Err(error) => failed(session, &error),
    }
}
