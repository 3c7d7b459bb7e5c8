//! Export: reports in the forms of others, and zones from others. What leaves is no finer than the role may read today, and the log says
//! so before it does.
//!
//! One file each: `make` writes a file, `done` hands it out, `zones` takes outlines in.

mod done;
mod make;
mod zones;

use axum::{Router, body::Body, extract::State, http::Response, routing::get};
use cowl::{
    archive::Shared as Form,
    consent::{Messages, precision_words},
};
use cowl_core::Policy;
use maud::{Markup, html};

pub(crate) use done::Made;
pub(crate) use zones::LARGEST as ZONES_FORM;

use crate::{
    layout::{self, Nav},
    seat::Seat,
    session::Session,
    shared::Shared,
};

/// How long a file that was made can be saved, in minutes.
pub(crate) const KEPT_MINUTES: u64 = 10;
/// Files at a time, of all sessions together.
pub(crate) const KEPT: usize = 4;

/// From when on, in hours; 0: everything that is kept.
const HOURS: [(u64, &str); 5] = [
    (1, "export-last-hour"),
    (6, "export-last-six"),
    (24, "export-last-day"),
    (168, "export-last-week"),
    (0, "export-all"),
];

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route(Nav::Export.path(), get(show).post(make::make))
        .merge(done::routes())
        .merge(zones::routes())
}

/// What each form is called in addresses, and in words.
const fn name(form: Form) -> (&'static str, &'static str) {
    match form {
        Form::GeoJson => ("geojson", "export-geojson"),
        Form::Hxl => ("hxl", "export-hxl"),
        Form::CursorOnTarget => ("cot", "export-cot"),
    }
}

async fn show(State(shared): State<Shared>, session: Session) -> Response<Body> {
    let words = session.words();
    let view = shared.feed(session.seat);
    let body = html! {
        @match &view {
            Some(view) => (ask(&shared, &session, &view.manifest().policy)),
            None => p { (words.say("export-no-reports")) },
        }
        @if session.authority { (zones::ask(&shared, &session).await) }
    };
    layout::page(&session, words, Nav::Export, &words.say("frame-nav-export"), body)
}

fn ask(shared: &Shared, session: &Session, policy: &Policy) -> Markup {
    let words = session.words();
    let role = shared.seat(session.seat).and_then(Seat::role).unwrap_or_default();
    html! {
        p { (words.with("export-what", &[("role", role.to_owned().into())])) }
        (precisions(session, policy, role))
        form .panel method="post" action=(Nav::Export.path()) {
            (layout::token(session))
            fieldset {
                legend { (words.say("export-which")) }
                div .field {
                    label { input type="radio" name="what" value="counts" checked; (words.say("export-counts")) }
                    p .hint { (words.with("export-counts-help", &[("k", policy.anonymity.k.into())])) }
                }
                div .field {
                    label { input type="radio" name="what" value="reports"; (words.say("export-reports")) }
                    p .hint { (words.say("export-reports-help")) }
                }
            }
            fieldset {
                legend { (words.say("export-form")) }
                @for form in Form::ALL {
                    @let (value, message) = name(form);
                    div .field {
                        label {
                            input type="radio" name="form" value=(value) checked[form == Form::GeoJson];
                            (words.say(message))
                        }
                        p .hint { (words.say(&format!("{message}-help"))) }
                    }
                }
            }
            div .field {
                label for="hours" { (words.say("export-since")) }
                select #hours name="hours" {
                    @for (hours, label) in HOURS {
                        option value=(hours) selected[hours == 24] { (words.say(label)) }
                    }
                }
            }
            @if shared.operation().is_none() {
                div .field {
                    label { input type="checkbox" name="told" value="yes" required; (words.say("export-told")) }
                    p .hint { (words.say("export-told-help")) }
                }
            } @else {
                p .hint { (words.say("export-logged")) }
            }
            button type="submit" { (words.say("export-make")) }
        }
    }
}

/// What the role may read of each field: so is it written.
fn precisions(session: &Session, policy: &Policy, role: &str) -> Markup {
    let reads = policy.roles.iter().find(|one| one.name == role).map(|one| one.reads.as_slice());
    let messages = Messages::of(session.language);
    html! {
        details {
            summary { (session.words().say("export-precise")) }
            ul {
                @for read in reads.unwrap_or_default() {
                    @if let Some(field) = policy.field(read.field) {
                        li { bdi { (field.name) } ": " (precision_words(policy, &messages, read)) }
                    }
                }
            }
        }
    }
}
