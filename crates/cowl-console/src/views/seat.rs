//! This seat: who is signed in, what that lets one see, and how to leave.

use axum::{
    Router,
    body::Body,
    extract::State,
    http::Response,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use maud::html;

use crate::{
    layout::{self, Nav},
    session::Session,
    shared::Shared,
};

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/", get(front)).route(Nav::Seat.path(), get(show))
}

async fn front(State(shared): State<Shared>, session: Session) -> Response<Body> {
    // A demonstration begins with what it is there to show.
    let is_stage = session.is_desk() && shared.sides().is_some_and(|sides| sides.stage.is_some());
    let front = if is_stage { Nav::Sides } else { Nav::front(&session) };
    Redirect::to(front.path()).into_response()
}

async fn show(State(shared): State<Shared>, session: Session) -> Response<Body> {
    let words = session.words();
    let seat = shared.seat(session.seat);
    let role = seat.filter(|seat| seat.role().is_some()).map(|seat| seat.name().to_owned());
    let body = html! {
        @match role {
            Some(role) => p { (words.with("frame-seat-role", &[("role", role.into())])) },
            None => p { (words.say("frame-seat-none")) },
        }
        @if session.authority {
            p { (words.say("frame-seat-authority")) }
        }
        @if shared.is_exposed() {
            p .trouble role="note" { (words.say("frame-exposed")) }
        }
        p { (words.say("frame-seat-ends")) }
        form method="post" action="/out" {
            (layout::token(&session))
            button type="submit" { (words.say("frame-sign-out")) }
        }
    };
    layout::page(&session, words, Nav::Seat, &words.say("frame-nav-seat"), body)
}
