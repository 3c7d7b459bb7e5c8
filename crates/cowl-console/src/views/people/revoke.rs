//! Taking a member's keys away: a page that says what that does, and the deed.

use axum::{
    Router,
    body::Body,
    extract::State,
    http::Response,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use maud::html;
use serde::Deserialize;

use super::{
    failed,
    member::{self, Who},
    nobody, page,
};
use crate::{
    desk, layout,
    posted::{Asked, Posted, address},
    session::Authority,
    shared::Shared,
};

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/people/revoke", get(ask).post(revoke))
}

async fn ask(
    State(shared): State<Shared>,
    Authority(session): Authority,
    Asked(who): Asked<Who>,
) -> Response<Body> {
    let member = match member::find(&shared, who.name).await {
        Ok(Some(member)) => member,
        Ok(None) => return nobody(&session),
        Err(error) => return failed(&session, &error),
    };
    let words = session.words();
    let named = [("name", member.shown.entry.name.as_str())];
    let body = html! {
        (member::facts(words, &member.shown))
        h2 { (words.say("people-revoke-does")) }
        ul {
            li { (words.say("people-revoke-keys")) }
            li { (words.say("people-revoke-others")) }
            li { (words.say("people-revoke-log")) }
            li { strong { (words.say("people-revoke-final")) } }
        }
        h2 { (words.say("people-exposed-still")) }
        ul { @for line in member.exposure.lines(words) { li { (line) } } }
        form method="post" action="/people/revoke" {
            (layout::token(&session))
            input type="hidden" name="name" value=(member.shown.entry.name);
            input type="hidden" name="then" value="member";
            button .danger type="submit" { (words.say("people-revoke-now")) } " "
            a href=(address("/people/member", &named)) { (words.say("people-cancel")) }
        }
    };
    page(&session, "people-revoke", body)
}

#[derive(Debug, Deserialize)]
struct Revoke {
    name: String,
    /// Which page comes then: the member's, or the drill's next step.
    then: String,
}

async fn revoke(State(shared): State<Shared>, posted: Posted<Revoke>) -> Response<Body> {
    let session = &posted.session;
    if !session.authority {
        return layout::not_authority(session, &shared);
    }
    let name = posted.form.name.clone();
    let done = desk::work(&shared, move |desk| desk.operation.revoke(&name, None, desk.time).map(drop)).await;
    if let Err(error) = done {
        return failed(session, &error);
    }
    let path = if posted.form.then == "lost" { "/people/lost" } else { "/people/member" };
    Redirect::to(&address(path, &[("name", &posted.form.name)])).into_response()
}
