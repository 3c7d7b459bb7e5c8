//! Zones from elsewhere: another outline file for a level of the policy.

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Response, StatusCode},
    routing::post,
};
use cowl::{
    operation::{OperationError, ZONES_LIMIT},
    random::SystemRng,
};
use maud::{Markup, html};

use crate::{
    desk::{self, DeskError},
    layout::{self, Nav},
    posted::PostedFiles,
    session::Session,
    shared::Shared,
};

/// Bytes of the form that brings a zone file.
pub(crate) const LARGEST: usize = ZONES_LIMIT + (64 << 10);
/// The longest name of a property, in bytes.
const PROPERTY: usize = 100;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/export/zones", post(import))
}

/// The form, with the levels that have outlines.
pub(super) async fn ask(shared: &Shared, session: &Session) -> Markup {
    let words = session.words();
    let levels = desk::work(shared, |desk| desk.operation.zone_files()).await;
    html! {
        h2 { (words.say("export-zones")) }
        @match levels {
            Err(error) => p .trouble { (words.say("export-zones-policy")) " " bdi lang="en" dir="ltr" { (error) } },
            Ok(levels) if levels.is_empty() => p { (words.say("export-zones-none")) },
            Ok(levels) => {
                p { (words.say("export-zones-what")) }
                form .panel method="post" action="/export/zones" enctype="multipart/form-data" {
                    (layout::token(session))
                    div .field {
                        label for="level" { (words.say("export-zones-level")) }
                        select #level name="level" {
                            @for level in &levels { option value=(level.level) { (level.level) } }
                        }
                    }
                    div .field {
                        label for="zones" { (words.say("export-zones-file")) }
                        input #zones type="file" name="zones" required accept=".geojson,.json,application/geo+json"
                            aria-describedby="zones-help";
                        p #zones-help .hint { (words.say("export-zones-file-help")) }
                    }
                    div .field {
                        label for="property" { (words.say("export-zones-property")) }
                        input #property name="property" maxlength=(PROPERTY) autocomplete="off" aria-describedby="property-help";
                        p #property-help .hint { (words.say("export-zones-property-help")) }
                    }
                    button type="submit" { (words.say("export-zones-import")) }
                }
            },
        }
    }
}

async fn import(State(shared): State<Shared>, posted: PostedFiles<LARGEST>) -> Response<Body> {
    let session = &posted.session;
    if !session.authority {
        return layout::not_authority(session, &shared);
    }
    let refused = |why| layout::refused(session, &shared, StatusCode::UNPROCESSABLE_ENTITY, why);
    let text = |name| std::str::from_utf8(posted.content(name)).map(str::to_owned);
    let (Ok(zones), Ok(level), Ok(property)) = (text("zones"), text("level"), text("property")) else {
        return refused("export-zones-not-text");
    };
    let property = Some(property.trim().to_owned()).filter(|property| !property.is_empty());
    let done = desk::work(&shared, move |desk| {
        let (epoch, mut rng) = (desk.epoch, SystemRng::new());
        desk.operation.import_zones(&level, &zones, property.as_deref(), epoch, &mut rng)
    });
    let words = session.words();
    match done.await {
        Ok(imported) => {
            let n = u64::try_from(imported.zones).unwrap_or(u64::MAX);
            let body = html! {
                p .done role="status" { (words.with("export-zones-done", &[("n", n.into())])) }
                p { (words.say("export-zones-then")) }
                p { a href=(Nav::Export.path()) { (words.say("frame-back")) } }
            };
            layout::page(session, words, Nav::Export, &words.say("export-zones"), body)
        }
        Err(DeskError::Operation(OperationError::Zones(error))) => {
            let body = html! {
                p role="alert" .trouble { (words.say("export-zones-wrong")) }
                p lang="en" dir="ltr" { code { (error) } }
                p lang="en" dir="ltr" { (error.hint) }
                p { a href=(Nav::Export.path()) { (words.say("frame-back")) } }
            };
            let title = words.say("frame-refused");
            layout::page_with(session, words, Nav::Export, &title, StatusCode::UNPROCESSABLE_ENTITY, body)
        }
        Err(error) => layout::failed(session, Nav::Export, &error),
    }
}
