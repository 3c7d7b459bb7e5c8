//! Operations: who needs help first, and where. Rendered whole without a script; the script patches rows by what `/events` says.

mod base;
mod case;
mod page;
mod refresh;
mod row;
mod side;
mod tiles;

use axum::{
    Router,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{Response, StatusCode, header},
    response::{IntoResponse as _, Redirect},
    routing::{get, post},
};
use serde::Deserialize;

pub(crate) use refresh::{Refresh, refresh};
pub(crate) use row::{name, tag};

use crate::{
    base_map::TILES,
    board::{CaseKey, Filter, Standing, Status, StatusFilter, Triage},
    clock, feed,
    layout::{self, Nav},
    posted::Posted,
    session::Session,
    shared::Shared,
    views::glass,
};

/// Letters of who was sent, at the most.
const LONGEST_NAME: usize = 60;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route(Nav::Operations.path(), get(show))
        .route("/operations/map", get(map))
        .route(&format!("{TILES}/{{zoom}}/{{x}}/{{y}}"), get(base::tile))
        .route("/operations/case/{key}", get(one))
        .route("/operations/case", post(act))
}

/// What an address asks for; what it does not say is anything, and what is no answer is not asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    triage: String,
    zone: Option<String>,
    status: String,
    skip: usize,
    wall: Option<String>,
}

async fn show(State(shared): State<Shared>, session: Session, RawQuery(query): RawQuery) -> Response<Body> {
    let words = session.words();
    let title = words.say("operations-title");
    let Some(view) = shared.feed(session.seat) else {
        let body = maud::html! { p { (words.say("operations-no-feed")) } };
        return layout::page(&session, words, Nav::Operations, &title, body);
    };
    // What is no answer to a question here is not asked.
    let asked: Asked = serde_urlencoded::from_str(&query.unwrap_or_default()).unwrap_or_default();
    let body = page::body(words, &view, shared.base_map().map(AsRef::as_ref), &asked, clock::now());
    layout::page(&session, words, Nav::Operations, &title, body)
}

async fn map(State(shared): State<Shared>, session: Session) -> Response<Body> {
    let words = session.words();
    match shared.feed(session.seat) {
        Some(view) => {
            let map =
                side::map_json(words, &view, shared.base_map().map(AsRef::as_ref), clock::now()).to_string();
            ([(header::CONTENT_TYPE, "application/json")], map).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn one(State(shared): State<Shared>, session: Session, Path(key): Path<String>) -> Response<Body> {
    let found = found(&shared, &session, &key);
    let Some((key, view)) = found else {
        return layout::refused(&session, &shared, StatusCode::NOT_FOUND, "operations-gone");
    };
    match view.board.look(|board| board.case(key).cloned()) {
        Some(shown) => {
            let words = session.words();
            let title = name(words, &shown);
            layout::page(
                &session,
                words,
                Nav::Operations,
                &title,
                case::body(&session, key, &shown, glass::address(&view, key), clock::now()),
            )
        }
        None => layout::refused(&session, &shared, StatusCode::NOT_FOUND, "operations-gone"),
    }
}

/// What is to be noted about a case.
#[derive(Debug, Deserialize)]
struct Deed {
    key: String,
    status: String,
    #[serde(default)]
    to: String,
}

async fn act(State(shared): State<Shared>, posted: Posted<Deed>) -> Response<Body> {
    let Posted { session, form } = posted;
    let refused = |status, why| layout::refused(&session, &shared, status, why);
    let Some(status) = Status::named(&form.status) else {
        return refused(StatusCode::BAD_REQUEST, "frame-not-a-form");
    };
    let Some((key, view)) = found(&shared, &session, &form.key) else {
        return refused(StatusCode::NOT_FOUND, "operations-gone");
    };
    let by = shared.seat(session.seat).map(|seat| seat.name().to_owned()).unwrap_or_default();
    let to: String = form.to.chars().filter(|symbol| !symbol.is_control()).take(LONGEST_NAME).collect();
    // A disk may be slow; a page is not.
    let noted = tokio::task::spawn_blocking(move || note(&view, key, status, to.trim(), by)).await;
    match noted {
        Ok(Ok(true)) => Redirect::to(Nav::Operations.path()).into_response(),
        Ok(Ok(false)) => refused(StatusCode::NOT_FOUND, "operations-gone"),
        _ => refused(StatusCode::INTERNAL_SERVER_ERROR, "operations-not-written"),
    }
}

/// On disk first, then on the board. A case that is erased meanwhile takes the note with it.
fn note(
    view: &feed::View,
    key: CaseKey,
    status: Status,
    to: &str,
    by: String,
) -> Result<bool, crate::cases::CasesError> {
    let Some(known) = view.board.look(|board| board.case(key).map(|case| case.standing.clone())) else {
        return Ok(false);
    };
    let sent = known.map(|standing| standing.to).filter(|_| to.is_empty()).unwrap_or_else(|| to.into());
    let standing =
        (status != Status::Open).then(|| Standing { status, to: sent, by: by.into(), at: clock::now() });
    view.cases.set(key, standing.as_ref())?;
    let is_there = view.board.change(|board| board.mark(key, standing));
    if !is_there {
        view.cases.forget(&[key])?;
    }
    Ok(is_there)
}

fn found(shared: &Shared, session: &Session, key: &str) -> Option<(CaseKey, feed::View)> {
    Some((CaseKey::parse(key)?, shared.feed(session.seat)?))
}

impl Asked {
    fn filter(&self) -> Filter {
        Filter {
            triage: Triage::named(&self.triage),
            zone: self.zone.clone().filter(|zone| zone != "*"),
            status: StatusFilter::named(&self.status).unwrap_or_default(),
        }
    }
}

/// An address of this page.
fn address(filter: &Filter, skip: usize) -> String {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    if let Some(triage) = filter.triage {
        pairs.push(("triage", triage.name().to_owned()));
    }
    if let Some(zone) = &filter.zone {
        pairs.push(("zone", zone.clone()));
    }
    if filter.status != StatusFilter::default() {
        pairs.push(("status", filter.status.name().to_owned()));
    }
    if skip > 0 {
        pairs.push(("skip", skip.to_string()));
    }
    match serde_urlencoded::to_string(&pairs) {
        Ok(query) if !query.is_empty() => format!("{}?{query}", Nav::Operations.path()),
        _ => Nav::Operations.path().to_owned(),
    }
}
