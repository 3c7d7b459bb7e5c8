//! Asking: a responder's draft, which the authority looks at and signs. The log has its entry before the signature is there.

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{Response, StatusCode},
    response::{IntoResponse as _, Redirect},
    routing::{get, post},
};
use cowl_core::custody::GlassRequest;
use maud::{Markup, html};
use serde::Deserialize;

use super::{OnShelf, PATH, Shelf, facts, failed, page};
use crate::{
    desk, layout,
    posted::{Posted, PostedFiles},
    session::{Authority, Session},
    shared::Shared,
    words::Words,
};

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/glass/draft", post(take)).route("/glass/draft/{id}", get(look).post(decide))
}

/// The form that takes a draft's file.
pub(super) fn draft_form(session: &Session, button: &str) -> Markup {
    let words = session.words();
    html! {
        form .panel method="post" action="/glass/draft" enctype="multipart/form-data" {
            (layout::token(session))
            div .field {
                label for="draft" { (words.say("glass-draft")) }
                input #draft type="file" name="draft" required;
                p .hint { (words.say("glass-draft-help")) }
            }
            button type="submit" { (words.say(button)) }
        }
    }
}

/// Drafts that wait for the authority.
pub(super) fn drafts(words: &Words, found: &[OnShelf]) -> Markup {
    let drafts: Vec<_> = found.iter().filter(|one| one.is_draft).collect();
    html! {
        @if !drafts.is_empty() {
            h2 { (words.say("glass-drafts")) }
            ul {
                @for one in drafts {
                    li {
                        a href={ "/glass/draft/" (one.id) } { (words.with("glass-request-of", &[("who", one.request.requester.clone().into())])) }
                        " – " (layout::time(one.request.made))
                    }
                }
            }
        }
    }
}

async fn take(State(shared): State<Shared>, posted: PostedFiles) -> Response<Body> {
    let session = &posted.session;
    let shelf = Shelf::of(&shared);
    let draft = posted.content("draft").to_vec();
    if GlassRequest::from_draft(&draft).is_err() {
        return layout::refused(session, &shared, StatusCode::UNPROCESSABLE_ENTITY, "glass-not-draft");
    }
    let done = tokio::task::spawn_blocking(move || shelf.put_draft(&draft)).await;
    match done {
        Ok(Ok(())) => Redirect::to(PATH).into_response(),
        Ok(Err(error)) => failed(session, &error),
        Err(error) => failed(session, &error),
    }
}

async fn find(shared: &Shared, id: String) -> Option<OnShelf> {
    let shelf = Shelf::of(shared);
    let found = tokio::task::spawn_blocking(move || shelf.find(&id, true)).await;
    found.ok().and_then(Result::ok).flatten()
}

async fn look(
    State(shared): State<Shared>,
    Authority(session): Authority,
    Path(id): Path<String>,
) -> Response<Body> {
    let Some(draft) = find(&shared, id).await else {
        return layout::refused(&session, &shared, StatusCode::NOT_FOUND, "glass-gone");
    };
    let words = session.words();
    let body = html! {
        (facts(words, &draft.request))
        p { (words.say("glass-sign-does")) }
        form method="post" action={ "/glass/draft/" (draft.id) } {
            (layout::token(&session))
            button type="submit" name="deed" value="sign" { (words.say("glass-sign")) } " "
            button .quiet type="submit" name="deed" value="discard" { (words.say("glass-discard")) }
        }
        p { a href=(PATH) { (words.say("frame-back")) } }
    };
    page(&session, "glass-sign-title", body)
}

#[derive(Debug, Deserialize)]
struct Decide {
    deed: String,
}

async fn decide(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    posted: Posted<Decide>,
) -> Response<Body> {
    let session = &posted.session;
    if !session.authority {
        return layout::not_authority(session, &shared);
    }
    let Some(draft) = find(&shared, id).await else {
        return layout::refused(session, &shared, StatusCode::NOT_FOUND, "glass-gone");
    };
    let shelf = Shelf::of(&shared);
    if posted.form.deed != "sign" {
        shelf.remove(&draft);
        return Redirect::to(PATH).into_response();
    }
    let request = draft.request.clone();
    let signed = desk::work(&shared, move |desk| {
        let signed = desk.operation.sign_request(request, desk.time)?;
        Ok((signed, desk.operation.manifest().authority()))
    });
    let (signed, authority) = match signed.await {
        Ok(signed) => signed,
        Err(error) => return layout::failed(session, layout::Nav::Glass, &error),
    };
    let done = tokio::task::spawn_blocking(move || {
        let id = shelf.put_request(signed.bytes(), authority)?;
        shelf.remove(&draft);
        Ok::<_, super::shelf::ShelfError>(id)
    });
    match done.await {
        Ok(Ok(id)) => Redirect::to(&format!("/glass/request/{id}")).into_response(),
        Ok(Err(error)) => failed(session, &error),
        Err(error) => failed(session, &error),
    }
}
