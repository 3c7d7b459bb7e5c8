//! The page's files: built in, compressed once, and found by their whole name, so that no path leads anywhere else.

use std::{collections::BTreeMap, io::Write as _, sync::OnceLock};

use axum::http::HeaderValue;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

use cowl::log::Digest;

/// Something that is handed out.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) kind: &'static str,
    pub(super) plain: Bytes,
    /// RFC 1952, where it is smaller.
    pub(super) packed: Option<Bytes>,
    /// Another one for other bytes.
    pub(super) tag: HeaderValue,
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
pub(super) const JSON: &str = "application/json";
pub(super) const BYTES: &str = "application/octet-stream";

macro_rules! files {
    ($($path:literal $name:literal $kind:expr;)+) => {
        [$(($path, $kind, include_bytes!(concat!("../../assets/page/", $name)).as_slice())),+]
    };
}

/// All of them, by path. `sw.js` has the same list, and a test holds the two together.
pub(super) fn all() -> &'static BTreeMap<&'static str, File> {
    static ALL: OnceLock<BTreeMap<&'static str, File>> = OnceLock::new();
    ALL.get_or_init(|| {
        let files = files! {
            "/" "index.html" HTML;
            "/page.css" "page.css" STYLE;
            "/page.js" "page.js" SCRIPT;
            "/cowl.js" "cowl.js" SCRIPT;
            "/cowl.wasm" "cowl.wasm" "application/wasm";
            "/dom.js" "dom.js" SCRIPT;
            "/pictures.js" "pictures.js" SCRIPT;
            "/triage.js" "triage.js" SCRIPT;
            "/form.js" "form.js" SCRIPT;
            "/show.js" "show.js" SCRIPT;
            "/after.js" "after.js" SCRIPT;
            "/withdraw.js" "withdraw.js" SCRIPT;
            "/qr.js" "qr.js" SCRIPT;
            "/queue.js" "queue.js" SCRIPT;
            "/net.js" "net.js" SCRIPT;
            "/mqtt.js" "mqtt.js" SCRIPT;
            "/sw.js" "sw.js" SCRIPT;
            "/icon.svg" "icon.svg" "image/svg+xml";
            "/manifest.webmanifest" "manifest.webmanifest" "application/manifest+json";
        };
        let slim = |kind, bytes: &'static [u8]| match str::from_utf8(bytes) {
            Ok(text) if kind == SCRIPT || kind == STYLE => Bytes::from(without_remarks(text)),
            _ => Bytes::from_static(bytes),
        };
        files.into_iter().map(|(path, kind, bytes)| (path, File::new(kind, slim(kind, bytes)))).collect()
    })
}

impl File {
    pub(super) fn new(kind: &'static str, plain: Bytes) -> Self {
        let tag = format!("\"{}\"", Digest::of(&plain).to_string().get(..32).unwrap_or_default());
        let packed = pack(&plain).filter(|packed| packed.len() < plain.len());
        Self {
            kind,
            plain,
            packed,
            tag: HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\"")),
        }
    }

    /// Bytes on the way to a browser that takes them compressed.
    #[cfg(test)]
    pub(super) fn cost(&self) -> usize {
        self.packed.as_ref().unwrap_or(&self.plain).len()
    }
}

/// A script or style without indentation and without lines that are remarks: what is of use to whoever reads the source, and is a sixth of
/// it on the way. Only whole lines are looked at, so nothing within a line is misread; a text over several lines is used nowhere.
fn without_remarks(text: &str) -> String {
    let (mut slim, mut inside) = (String::with_capacity(text.len()), false);
    for line in text.lines().map(str::trim) {
        let begins = !inside && line.starts_with("/*");
        if (begins || inside) && line.ends_with("*/") {
            inside = false;
        } else if begins {
            inside = true;
        } else if !inside && !line.is_empty() && !line.starts_with("//") {
            slim.push_str(line);
            slim.push('\n');
        }
    }
    slim
}

fn pack(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_stay_at_home() {
        let text = "// one\n/** two */\n  a = 'x // y';\n/*\n * three\n */\n\n  b = `/* c */`; // four\n";
        assert_eq!(without_remarks(text), "a = 'x // y';\nb = `/* c */`; // four\n");
        for file in all().values().filter(|file| file.kind == SCRIPT) {
            // A template over several lines would be changed by what is taken away here.
            let text = str::from_utf8(&file.plain).unwrap();
            assert!(text.lines().all(|line| line.matches('`').count() % 2 == 0));
        }
    }
}
