//! The base map below the zones: pictures that only decorate. Who hears the page read is told the zones.

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderValue, Response, StatusCode, header},
};
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::{
    base_map::{BaseMap, Place},
    map::Under,
    server,
    session::Session,
    shared::Shared,
    words::Words,
};

/// A tile, for whoever is signed in where a map is shown. Like every page it is kept by no browser: a tablet that is lost would say
/// where its team looked.
pub(super) async fn tile(
    State(shared): State<Shared>,
    session: Session,
    path: Result<Path<(u8, u32, u32)>, PathRejection>,
) -> Response<Body> {
    let nothing = || server::plain(StatusCode::NOT_FOUND, "there is no such tile\n");
    let place = path.ok().and_then(|Path((zoom, x, y))| Place::new(zoom, x, y));
    let (Some(place), Some(base), Some(_)) = (place, shared.base_map(), shared.feed(session.seat)) else {
        return nothing();
    };
    let Some(permit) = base.place().await else { return nothing() };
    let base = base.clone();
    // A disk may be slow, and drawing takes a while; the place is kept until it is done, even if nobody waits for it any more.
    let made = tokio::task::spawn_blocking(move || {
        let picture = base.picture(place, session.language);
        drop(permit);
        picture
    });
    let Ok(picture) = made.await else { return nothing() };
    let mut response = Response::new(Body::from(picture.bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(picture.kind));
    response
}

/// What a map is to its style: whether it has pictures below it, and whether they are drawn here.
pub(super) fn class(base: &BaseMap, under: &[Under]) -> &'static str {
    match (base.is_drawn(), under.is_empty()) {
        (true, false) => "drawn based",
        (true, true) => "drawn",
        (false, false) => "based",
        (false, true) => "",
    }
}

/// The pictures, in a group of their own.
pub(super) fn pictures(under: &[Under]) -> Markup {
    html! {
        g .base aria-hidden="true" {
            @for tile in under {
                image href=(tile.address) x=(short(tile.x)) y=(short(tile.y)) width=(short(tile.width)) height=(short(tile.height))
                    preserveAspectRatio="none" {}
            }
        }
    }
}

/// The same for the script.
pub(super) fn json(under: &[Under]) -> Value {
    let tiles = under.iter().map(|tile| {
        let [x, y, width, height] = [tile.x, tile.y, tile.width, tile.height].map(short);
        json!({ "href": tile.address, "x": x, "y": y, "width": width, "height": height })
    });
    tiles.collect()
}

/// Whose work it is, which their licence asks to say; or that there is nothing to be seen of it.
pub(super) fn credit(words: &Words, base: &BaseMap, has_none: bool) -> Markup {
    html! {
        @if has_none {
            p .legend .hint { (words.say("operations-map-base-none")) }
        } @else if !base.credit().is_empty() {
            p .legend .hint { (words.with("operations-map-base", &[("credit", base.credit().into())])) }
        }
    }
}

fn short(value: f64) -> String {
    format!("{value:.1}")
}
