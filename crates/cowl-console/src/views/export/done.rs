//! A file that was made: what stands in it and what was left out; then the file itself, to the session that made it.

use std::time::Instant;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderValue, Response, StatusCode, header},
    routing::get,
};
use cowl::archive::{Shared as Form, What, Written};
use maud::html;

use crate::{
    layout::{self, Nav},
    server,
    session::Session,
    shared::Shared,
};

/// A file that was just made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(super) bytes: Bytes,
    pub(super) form: Form,
    pub(super) what: What,
    pub(super) written: Written,
    /// Reports that could not be read.
    pub(super) damaged: u64,
}

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/export/{id}", get(show)).route("/export/{id}/file", get(save))
}

async fn show(State(shared): State<Shared>, session: Session, Path(id): Path<String>) -> Response<Body> {
    let words = session.words();
    let Some(seen) = shared.made().see(&session, &id, Instant::now()) else {
        return layout::refused(&session, &shared, StatusCode::GONE, "export-gone");
    };
    let Made { bytes, written, damaged, .. } = &*seen.what;
    let number = |id: &str, n: u64| words.with(id, &[("n", n.into())]);
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX).div_ceil(1_024);
    let body = html! {
        p .done role="status" { (number("export-made", written.reports)) }
        ul {
            @if written.no_place > 0 { li { (number("export-no-place", written.no_place)) } }
            @if written.other_roles > 0 { li { (number("export-other-roles", written.other_roles)) } }
            @if *damaged > 0 { li { (number("export-damaged", *damaged)) } }
        }
        p { a href={ "/export/" (id) "/file" } download { (number("export-save", size)) } }
        p .trouble role="note" { (words.say("export-leaves")) }
        p { (number("export-gone-in", seen.left.as_secs().div_ceil(60))) }
        p { a href=(Nav::Export.path()) { (words.say("export-another")) } }
    };
    layout::page(&session, words, Nav::Export, &words.say("frame-nav-export"), body)
}

async fn save(State(shared): State<Shared>, session: Session, Path(id): Path<String>) -> Response<Body> {
    let Some(seen) = shared.made().see(&session, &id, Instant::now()) else {
        return layout::refused(&session, &shared, StatusCode::GONE, "export-gone");
    };
    let Made { bytes, form, what, .. } = &*seen.what;
    let name = match what {
        What::Reports => format!("reports.{}", form.ending()),
        What::Counts => format!("counts.{}", form.ending()),
    };
    let mut response = server::download(&name, bytes.clone());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(form.media_type()));
    response
}
