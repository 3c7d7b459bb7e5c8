//! A notice as text and as a page.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::notice::{Block, Notice};

/// The style of the page: readable on a phone, black on white, no script and nothing from elsewhere.
const STYLE: &str = "body{max-width:40em;margin:1em auto;padding:0 1em;font:1.1em/1.5 sans-serif;color:#111;background:#fff}\
h1{font-size:1.4em}h2{font-size:1.15em;margin-top:1.6em}dt{font-weight:bold;margin-top:.7em}dd{margin-inline-start:1.2em}";

impl Notice {
    /// As text, in lines of any length: what is hashed and shown.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing into a String cannot fail.
        for block in &self.blocks {
            let _ = match block {
                Block::Title(line) => writeln!(text, "{line}\n"),
                Block::Heading(line) => writeln!(text, "\n{line}\n"),
                Block::Line(line) => writeln!(text, "{line}"),
                Block::Item(head, lines) => {
                    let _ = writeln!(text, "- {head}");
                    lines.iter().try_for_each(|line| writeln!(text, "    {line}"))
                }
            };
        }
        text
    }

    /// Its pieces in their order, each an object of one: `title`, `heading`, `line`, or `item` with its `lines`. For who shows it in a
    /// form of its own.
    pub fn to_json(&self) -> Value {
        let piece = |block: &Block| match block {
            Block::Title(line) => json!({ "title": line }),
            Block::Heading(line) => json!({ "heading": line }),
            Block::Line(line) => json!({ "line": line }),
            Block::Item(head, lines) => json!({ "item": head, "lines": lines }),
        };
        self.blocks.iter().map(piece).collect()
    }

    /// As a page of its own, with nothing from elsewhere in it.
    pub fn to_html(&self) -> String {
        let (tag, direction) =
            (self.language().tag(), if self.language().is_right_to_left() { "rtl" } else { "ltr" });
        let title = self.blocks.iter().find_map(|block| match block {
            Block::Title(line) => Some(escaped(line)),
            _ => None,
        });
        let mut page = format!(
            "<!doctype html>\n<html lang=\"{tag}\" dir=\"{direction}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
            title.unwrap_or_default()
        );
        for block in &self.blocks {
            let _ = match block {
                Block::Title(line) => writeln!(page, "<h1>{}</h1>", escaped(line)),
                Block::Heading(line) => writeln!(page, "<h2>{}</h2>", escaped(line)),
                Block::Line(line) => writeln!(page, "<p>{}</p>", escaped(line)),
                Block::Item(head, lines) => {
                    let _ = writeln!(page, "<dl><dt>{}</dt>", escaped(head));
                    let _ = lines.iter().try_for_each(|line| writeln!(page, "<dd>{}</dd>", escaped(line)));
                    writeln!(page, "</dl>")
                }
            };
        }
        page.push_str("</body>\n</html>\n");
        page
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
