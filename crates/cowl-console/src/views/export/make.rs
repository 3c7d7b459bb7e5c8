//! Making a file: the log first, then the archive is read.

use std::{
    io::{self, Write},
    ops::ControlFlow,
    path::Path,
    time::Instant,
};

use axum::{
    body::Body,
    extract::State,
    http::{Response, StatusCode},
    response::{IntoResponse as _, Redirect},
};
use cowl::{
    archive::{Archive, ArchiveError, Query, Shared as Form, Sharing, What},
    log::Event,
};
use serde::Deserialize;

use super::{HOURS, Made, name};
use crate::{
    clock, desk,
    layout::{self, Nav},
    posted::Posted,
    seat::Seat,
    shared::Shared,
};

/// Bytes of a file at the most: it lies in memory until it is saved.
const LARGEST: usize = 64 << 20;
const HOUR: u64 = 3_600;

/// What the form says.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    what: String,
    form: String,
    #[serde(default)]
    hours: String,
    #[serde(default)]
    told: String,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
enum MakeError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("the file would be larger than it may be")]
    Large,
}

impl MakeError {
    const fn message(&self) -> &'static str {
        match self {
            Self::Large => "export-too-large",
            Self::Archive(_) => "export-unreadable",
        }
    }
}

pub(super) async fn make(State(shared): State<Shared>, posted: Posted<Wanted>) -> Response<Body> {
    let Posted { session, form: wanted } = posted;
    let refused = |status, why| layout::refused(&session, &shared, status, why);
    let Some(view) = shared.feed(session.seat) else {
        return refused(StatusCode::NOT_FOUND, "export-no-reports");
    };
    let form = Form::ALL.into_iter().find(|form| name(*form).0 == wanted.form);
    let what = match wanted.what.as_str() {
        "counts" => Some(What::Counts),
        "reports" => Some(What::Reports),
        _ => None,
    };
    let hours = HOURS.into_iter().map(|(hours, _)| hours).find(|hours| wanted.hours == hours.to_string());
    let (Some(form), Some(what), Some(hours)) = (form, what, hours) else {
        return refused(StatusCode::BAD_REQUEST, "frame-not-a-form");
    };
    let now = clock::now();
    let Ok(sharing) = Sharing::new(form, what, view.manifest().policy.clone(), now) else {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, "export-no-counts");
    };
    let Ok(_alone) = shared.exporting().try_acquire() else {
        return refused(StatusCode::TOO_MANY_REQUESTS, "export-busy");
    };
    // Before anything is read: an entry for what then fails is better than a file without one.
    if shared.operation().is_some() {
        let event = Event::Exported { what: form.word(what) };
        let noted = desk::work(&shared, move |desk| desk.operation.note(event, desk.time).map(drop)).await;
        if let Err(error) = noted {
            return layout::failed(&session, Nav::Export, &error);
        }
    } else if wanted.told != "yes" {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, "export-not-told");
    }
    let query = Query {
        since: (hours > 0).then(|| now.saturating_sub(hours * HOUR)),
        role: shared.seat(session.seat).and_then(Seat::role).map(str::to_owned),
        ..Query::default()
    };
    let archive = view.archive().to_owned();
    match tokio::task::spawn_blocking(move || write(&archive, &query, sharing, form, what)).await {
        Ok(Ok(made)) => {
            let id = shared.made().keep(&session, made, Instant::now());
            Redirect::to(&format!("{}/{}", Nav::Export.path(), id.text())).into_response()
        }
        Ok(Err(error)) => refused(StatusCode::INTERNAL_SERVER_ERROR, error.message()),
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "export-unreadable"),
    }
}

fn write(
    archive: &Path,
    query: &Query,
    mut sharing: Sharing,
    form: Form,
    what: What,
) -> Result<Made, MakeError> {
    let mut archive = Archive::open(archive)?;
    let (mut failed, mut damaged) = (None, 0);
    archive.read(query, &mut |kept| match kept.map(|kept| sharing.add(&kept)) {
        Ok(Ok(())) => ControlFlow::Continue(()),
        // One damaged report takes no other with it.
        Err(ArchiveError::Damaged { .. }) | Ok(Err(ArchiveError::Damaged { .. })) => {
            damaged += 1;
            ControlFlow::Continue(())
        }
        Err(error) | Ok(Err(error)) => {
            failed = Some(error);
            ControlFlow::Break(())
        }
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    let mut out = Bounded(Vec::new());
    let written = sharing.finish(&mut out).map_err(|_| MakeError::Large)?;
    Ok(Made { bytes: out.0.into(), form, what, written, damaged })
}

/// Memory with an end.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len().saturating_add(bytes.len()) > LARGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
