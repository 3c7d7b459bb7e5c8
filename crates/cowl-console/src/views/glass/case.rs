//! Asking from a case's own page: the draft of a request for its newest report, of which the console's archive has the custody part.

use std::path::Path;

use axum::{
    Router,
    body::Body,
    extract::{RawQuery, State},
    http::{Response, StatusCode},
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use cowl::{
    archive::Archive,
    glass::{Ask, GlassError, KeptPart},
    random::SystemRng,
};
use cowl_core::{Manifest, ReportId, custody::RequestError};
use maud::html;
use serde::Deserialize;

use super::{PATH, Shelf, failed, page, shelf::ShelfError};
use crate::{
    board::{Case, CaseKey},
    clock, feed, layout,
    posted::Posted,
    session::Session,
    shared::Shared,
    views::operations,
};

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/glass/case", get(show).post(ask))
}

/// Where a case is asked for, if its operation has custodians.
pub(crate) fn address(view: &feed::View, key: CaseKey) -> Option<String> {
    view.manifest().custody.is_some().then(|| format!("/glass/case?case={}", key.text()))
}

#[derive(Debug, Default, Deserialize)]
struct Which {
    case: String,
}

#[derive(Debug, Deserialize)]
struct Asked {
    case: String,
    by: String,
    reason: String,
}

async fn show(State(shared): State<Shared>, session: Session, RawQuery(query): RawQuery) -> Response<Body> {
    let which: Which = serde_urlencoded::from_str(&query.unwrap_or_default()).unwrap_or_default();
    let Some((_, case)) = found(&shared, &session, &which.case) else {
        return layout::refused(&session, &shared, StatusCode::NOT_FOUND, "operations-gone");
    };
    let words = session.words();
    let seat = shared.seat(session.seat).map(|seat| seat.name().to_owned()).unwrap_or_default();
    let body = html! {
        p { (words.say("glass-what")) }
        form .panel method="post" action="/glass/case" {
            (layout::token(&session))
            input type="hidden" name="case" value=(which.case);
            dl .facts {
                dt { (words.say("glass-report")) }
                dd {
                    a href={ "/operations/case/" (which.case) } { (operations::name(words, &case)) }
                    @if case.reports > 1 { " " span .hint { (words.say("glass-case-newest")) } }
                }
            }
            div .field {
                label for="by" { (words.say("glass-by")) }
                input #by type="text" name="by" value=(seat) maxlength="100" required autocomplete="off";
                p .hint { (words.say("glass-case-by-help")) }
            }
            div .field {
                label for="reason" { (words.say("glass-reason")) }
                textarea #reason name="reason" rows="3" maxlength="1000" required {}
                p .hint { (words.say("glass-case-reason-help")) }
            }
            button type="submit" { (words.say("glass-draft-send")) }
        }
    };
    page(&session, "glass-case-title", body)
}

async fn ask(State(shared): State<Shared>, posted: Posted<Asked>) -> Response<Body> {
    let Posted { session, form } = posted;
    let refused = |status, why| layout::refused(&session, &shared, status, why);
    let Some((view, case)) = found(&shared, &session, &form.case) else {
        return refused(StatusCode::NOT_FOUND, "operations-gone");
    };
    let shelf = Shelf::of(&shared);
    let asked = Ask::new(form.by.trim().to_owned(), form.reason.trim().to_owned());
    let work = move || -> Result<(), AskError> {
        let draft = draft(view.archive(), &view.manifest(), case.newest, &asked)?;
        shelf.put_draft(&draft)?;
        Ok(())
    };
    // An archive may be long; a page is not.
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(())) => Redirect::to(&format!("{PATH}?asked")).into_response(),
        Ok(Err(AskError::Glass(GlassError::NotKept))) => {
            refused(StatusCode::NOT_FOUND, "glass-case-not-kept")
        }
        Ok(Err(AskError::Glass(GlassError::Request(RequestError::Words)))) => {
            refused(StatusCode::UNPROCESSABLE_ENTITY, "glass-case-words")
        }
        Ok(Err(error)) => failed(&session, &error),
        Err(error) => failed(&session, &error),
    }
}

#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error(transparent)]
    Glass(#[from] GlassError),
    #[error(transparent)]
    Shelf(#[from] ShelfError),
}

/// The draft of a request for a report in the archive.
fn draft(archive: &Path, manifest: &Manifest, report: ReportId, asked: &Ask) -> Result<Vec<u8>, GlassError> {
    let part = KeptPart::in_archive(&mut Archive::open(archive)?, report)?;
    let request = asked.draft(manifest, &part, clock::now(), &mut SystemRng::new())?;
    Ok(request.to_draft()?)
}

/// A case on the board of the session's seat, where there are custodians to ask.
fn found(shared: &Shared, session: &Session, key: &str) -> Option<(feed::View, Case)> {
    let (key, view) = (CaseKey::parse(key)?, shared.feed(session.seat)?);
    let case = view.board.look(|board| board.case(key).cloned())?;
    view.manifest().custody.is_some().then_some((view, case))
}
