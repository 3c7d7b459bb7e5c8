//! What all pages have in common: no script, no resource from outside, prints on A4.

use core::fmt::{self, Write};

/// Everything that a page looks like. Grey and black on paper; signs carry the meaning, colour only repeats it.
const STYLE: &str = include_str!("style.css");

/// Begins a page; `title` and `lead` are not escaped yet.
pub(super) fn begin(title: &str, lead: &str, out: &mut dyn Write) -> fmt::Result {
    let (title, lead) = (escape(title), escape(lead));
    writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    // Says to the browser what is true of the page: it runs nothing and fetches nothing.
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    )?;
    writeln!(
        out,
        "<title>{title}: {lead}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p class=\"lead\">{lead}</p>"
    )
}

/// Ends a page.
pub(super) fn end(out: &mut dyn Write) -> fmt::Result {
    writeln!(out, "</main>\n</body>\n</html>")
}

/// A table of texts that are not escaped yet; the first of each row is its head.
pub(super) fn table(
    caption: &str,
    heads: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
    out: &mut dyn Write,
) -> fmt::Result {
    writeln!(out, "<table>\n<caption>{}</caption>\n<thead><tr>", escape(caption))?;
    for head in heads {
        write!(out, "<th scope=\"col\">{}</th>", escape(head))?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for row in rows {
        write!(out, "<tr>")?;
        for (index, cell) in row.iter().enumerate() {
            let tag = if index == 0 { "th scope=\"row\"" } else { "td" };
            let end = if index == 0 { "th" } else { "td" };
            write!(out, "<{tag}>{}</{end}>", escape(cell))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody>\n</table>")
}

/// A text that cannot be taken for markup, between tags or in an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
