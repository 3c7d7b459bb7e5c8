//! Files that are built in: styles and scripts, served under `/assets/`. Nothing is read from the disk, so no path leads out of here.

use std::{collections::HashMap, sync::OnceLock};

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    routing::get,
};

use crate::{server, shared::Shared};

/// A file, and what it is.
#[derive(Debug)]
pub(crate) struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

/// What the console serves: one line a file.
const CONSOLE: &[Asset] = &[
    Asset {
        name: "operations.css",
        kind: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/console/operations.css"),
    },
    Asset {
        name: "operations.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/console/operations.js"),
    },
    Asset {
        name: "console.css",
        kind: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/console/console.css"),
    },
    Asset {
        name: "sides.css",
        kind: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/console/sides.css"),
    },
    Asset {
        name: "sides.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/console/sides.js"),
    },
    Asset {
        name: "privacy.css",
        kind: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/console/privacy.css"),
    },
    Asset {
        name: "privacy.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/console/privacy.js"),
    },
    Asset { name: "icon.svg", kind: "image/svg+xml", bytes: include_bytes!("../assets/console/icon.svg") },
];

/// Whether there is a file of this name.
pub(crate) fn exists(name: &str) -> bool {
    CONSOLE.iter().any(|asset| asset.name == name)
}

/// The files' own routes. They need no session: nothing in them is anyone's.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/assets/{name}", get(serve))
}

async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response<Body> {
    match CONSOLE.iter().find(|asset| asset.name == name) {
        Some(asset) => asset.answer(&headers),
        None => server::plain(StatusCode::NOT_FOUND, "there is no such file\n"),
    }
}

impl Asset {
    /// The file, or that the browser has it already.
    pub(crate) fn answer(&self, headers: &HeaderMap) -> Response<Body> {
        let tag = self.tag();
        let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let is_known = known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag));
        let mut response = Response::new(if is_known { Body::empty() } else { Body::from(self.bytes) });
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(tag) = HeaderValue::from_str(tag) {
            headers.insert(header::ETAG, tag);
        }
        response
    }

    /// The first half of its SHA-256, computed once: another release is another file.
    fn tag(&self) -> &'static str {
        static TAGS: OnceLock<HashMap<&'static str, String>> = OnceLock::new();
        let tags = TAGS.get_or_init(|| {
            let tag = |asset: &Asset| {
                let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, asset.bytes);
                format!("\"{}\"", hex::encode(digest.as_ref()).split_at(32).0)
            };
            CONSOLE.iter().map(|asset| (asset.name, tag(asset))).collect()
        });
        tags.get(self.name).map_or("\"\"", String::as_str)
    }
}
