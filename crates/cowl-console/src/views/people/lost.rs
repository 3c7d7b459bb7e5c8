//! The lost-phone drill, step by step: which one, take its keys away, what a finder can still do and until when, a new ticket.

use axum::{Router, body::Body, extract::State, http::Response, routing::get};
use cowl::operation::Standing;
use maud::{Markup, html};

use super::{
    Shown, failed, kind,
    member::{self, Member, Who},
    nobody, page, standing,
};
use crate::{
    desk, layout,
    posted::{Asked, address},
    session::{Authority, Session},
    shared::Shared,
};

/// Members that are offered to choose from.
const ROWS: usize = 50;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/people/lost", get(show)).route("/people/lost/which", get(which))
}

async fn show(
    State(shared): State<Shared>,
    Authority(session): Authority,
    Asked(who): Asked<Who>,
) -> Response<Body> {
    if who.name.is_empty() {
        return choose(&session, &[], "");
    }
    match member::find(&shared, who.name).await {
        Ok(Some(member)) => steps(&session, &member),
        Ok(None) => nobody(&session),
        Err(error) => failed(&session, &error),
    }
}

async fn which(
    State(shared): State<Shared>,
    Authority(session): Authority,
    Asked(who): Asked<Who>,
) -> Response<Body> {
    let part = who.name.trim().to_lowercase();
    let found = desk::work(&shared, move |desk| {
        let members = desk.operation.register().members().iter();
        let fits = members.filter(|entry| entry.name.to_lowercase().contains(&part));
        Ok(fits.take(ROWS).map(|entry| Shown::of(&desk.operation, entry, desk.epoch)).collect::<Vec<_>>())
    });
    match found.await {
        Ok(found) => choose(&session, &found, &who.name),
        Err(error) => failed(&session, &error),
    }
}

fn choose(session: &Session, found: &[Shown], name: &str) -> Response<Body> {
    let words = session.words();
    let body = html! {
        p { (words.say("people-lost-why")) }
        h2 { (words.say("people-lost-1")) }
        form method="get" action="/people/lost/which" role="search" {
            div .field {
                label for="name" { (words.say("people-lost-name")) }
                input #name type="search" name="name" value=(name) maxlength="100";
            }
            button type="submit" { (words.say("people-find")) }
        }
        @if !found.is_empty() {
            ul {
                @for one in found {
                    li {
                        a href=(address("/people/lost", &[("name", &one.entry.name)])) { bdi { (one.entry.name) } }
                        " – " (kind(words, one.entry.kind)) ", " (standing(words, &one.entry))
                    }
                }
            }
        } @else if !name.is_empty() {
            p { (words.say("people-none-found")) }
        }
    };
    page(session, "people-lost", body)
}

fn steps(session: &Session, member: &Member) -> Response<Body> {
    let words = session.words();
    let entry = &member.shown.entry;
    let is_revoked = matches!(entry.standing, Standing::Revoked { .. });
    let lines = html! { ul { @for line in member.exposure.lines(words) { li { (line) } } } };
    let body = html! {
        h2 { (words.say("people-lost-1")) }
        (member::facts(words, &member.shown))
        p { a href="/people/lost" { (words.say("people-lost-other")) } }
        h2 { (words.say("people-lost-2")) }
        @if is_revoked {
            p .done role="status" { (words.say("people-lost-revoked")) }
        } @else {
            p { (words.say("people-revoke-final")) }
            form method="post" action="/people/revoke" {
                (layout::token(session))
                input type="hidden" name="name" value=(entry.name);
                input type="hidden" name="then" value="lost";
                button .danger type="submit" { (words.say("people-revoke-now")) }
            }
        }
        h2 { (words.say("people-lost-3")) }
        (lines)
        h2 { (words.say("people-lost-4")) }
        (last(session, member, is_revoked))
    };
    page(session, "people-lost", body)
}

fn last(session: &Session, member: &Member, is_revoked: bool) -> Markup {
    let words = session.words();
    html! {
        @if is_revoked {
            p { (words.say("people-lost-new")) }
            p { a href=(member::again(&member.shown)) { (words.say("people-enrol-again")) } }
        } @else {
            p { (words.say("people-lost-after")) }
        }
    }
}
