//! Whose work a base map is: archives say it in HTML, and it is shown as text.

use serde::Deserialize;

/// Letters of it that are shown.
const LONGEST: usize = 160;

#[derive(Deserialize)]
struct Metadata {
    attribution: String,
}

/// What the archive's metadata say; empty, if that is nothing.
pub(super) fn of(metadata: Option<&[u8]>) -> String {
    let read = metadata.and_then(|json| serde_json::from_slice::<Metadata>(json).ok());
    read.map(|metadata| text(&metadata.attribution)).unwrap_or_default()
}

/// Without its tags. What is left is escaped like every other text when it is shown.
fn text(html: &str) -> String {
    let mut is_tag = false;
    let plain = html.chars().filter(|symbol| {
        let was_tag = is_tag;
        is_tag = *symbol == '<' || is_tag && *symbol != '>';
        !is_tag && !was_tag
    });
    let mut plain: String = plain.collect();
    for (written, meant) in [("&copy;", "©"), ("&#169;", "©"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
    {
        plain = plain.replace(written, meant);
    }
    let plain: String = plain.chars().filter(|symbol| !symbol.is_control()).take(LONGEST).collect();
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_in_html_is_shown_as_text() {
        let of = |json: &str| of(Some(json.as_bytes()));
        let usual = r#"{"attribution":"<a href=\"https://protomaps.com\">Protomaps</a> &copy; <a href='x'>OpenStreetMap</a>","vector_layers":[]}"#;
        assert_eq!(of(usual), "Protomaps © OpenStreetMap");
        assert_eq!(of(r#"{"attribution":"<script>x</script>\n\u0007 & <b"}"#), "x &");
        assert_eq!(of(&format!(r#"{{"attribution":"{}"}}"#, "a".repeat(1_000))).len(), LONGEST);
        for nothing in ["", "{}", "[]", r#"{"attribution":7}"#, "{", &"[".repeat(10_000)] {
            assert_eq!(of(nothing), "", "{nothing}");
        }
        assert_eq!(super::of(None), "");
    }
}
