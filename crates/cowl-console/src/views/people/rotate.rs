//! New keys for everyone: what it would cost, and the deed, once for each time that it was asked for.

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Response, StatusCode},
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use cowl::{operation::Rotation, random::SystemRng};
use maud::html;
use serde::Deserialize;

use super::{PATH, date, failed, page};
use crate::{
    desk, layout,
    posted::{Asked, Posted, address},
    session::Authority,
    shared::Shared,
};

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/people/rotate", get(ask).post(rotate))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Done {
    /// The generation that just began.
    done: Option<u32>,
}

async fn ask(
    State(shared): State<Shared>,
    Authority(session): Authority,
    Asked(Done { done }): Asked<Done>,
) -> Response<Body> {
    let looked = desk::work(&shared, |desk| {
        let would = desk.operation.would_rotate(desk.epoch);
        let begins = desk.operation.manifest().generation.map(|generation| generation.from);
        let calendar = desk.operation.manifest().calendar;
        let number = desk.operation.manifest().generation();
        Ok((would, number, begins.map(|from| calendar.start_of(from)), calendar.start_of(would.from)))
    });
    let (would, number, begins, from) = match looked.await {
        Ok(looked) => looked,
        Err(error) => return failed(&session, &error),
    };
    let words = session.words();
    let Rotation { senders, responders, lost, .. } = would;
    let body = html! {
        @if done == Some(number) && let Some(begins) = begins {
            p .done role="status" { (words.with("people-rotated", &[("time", date(begins).into())])) }
            p { (words.say("people-rotated-next")) }
            p { a href=(PATH) { (words.say("people-all")) } }
        } @else {
            p { (words.say("people-rotate-when")) }
            ul {
                li { (words.with("people-rotate-from", &[("time", date(from).into())])) }
                li { (words.with("people-rotate-senders", &[("n", u64::from(senders).into())])) }
                li { (words.with("people-rotate-responders", &[("n", u64::from(responders).into())])) }
                @if lost > 0 {
                    li { strong { (words.with("people-rotate-lost", &[("n", u64::from(lost).into())])) } }
                }
                li { (words.say("people-rotate-old")) }
                li { (words.say("people-rotate-serve")) }
            }
            form method="post" action="/people/rotate" {
                (layout::token(&session))
                input type="hidden" name="generation" value=(number);
                p {
                    label {
                        input type="checkbox" name="sure" value="yes" required;
                        (words.say("people-rotate-sure"))
                    }
                }
                button .danger type="submit" { (words.say("people-rotate-now")) } " "
                a href=(PATH) { (words.say("people-cancel")) }
            }
        }
    };
    page(&session, "people-rotate", body)
}

#[derive(Debug, Deserialize)]
struct Rotate {
    /// The generation that was looked at: what was sent twice is done once.
    generation: u32,
    #[serde(default)]
    sure: String,
}

async fn rotate(State(shared): State<Shared>, posted: Posted<Rotate>) -> Response<Body> {
    let session = &posted.session;
    if !session.authority {
        return layout::not_authority(session, &shared);
    }
    let Rotate { generation, sure } = posted.form;
    if sure != "yes" {
        return layout::refused(session, &shared, StatusCode::UNPROCESSABLE_ENTITY, "people-rotate-not-sure");
    }
    let done = desk::work(&shared, move |desk| {
        if desk.operation.manifest().generation() != generation {
            return Ok(None);
        }
        let mut rng = SystemRng::new();
        desk.operation.refresh(desk.epoch, &mut rng)?;
        desk.operation.rotate(desk.time, &mut rng).map(Some)
    });
    match done.await {
        Ok(Some(rotation)) => {
            let done = rotation.generation.to_string();
            Redirect::to(&address("/people/rotate", &[("done", &done)])).into_response()
        }
        Ok(None) => layout::refused(session, &shared, StatusCode::CONFLICT, "people-rotate-twice"),
        Err(error) => failed(session, &error),
    }
}
