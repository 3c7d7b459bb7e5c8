//! A record as one page: no script, nothing from elsewhere, to be read on a phone and to be printed.

use std::fmt::Write as _;

use super::document::{Block, Document, Section, Span, Table, Text};

/// The style, in the page itself.
const STYLE: &str = include_str!("page.css");

impl Document {
    /// As a page of its own. What came from a policy is text there and nothing else.
    pub fn to_html(&self) -> String {
        let (language, direction, title) = (self.language(), self.direction(), escaped(self.title()));
        // Writing into a String cannot fail.
        let mut page = format!(
            "<!doctype html>\n<html lang=\"{language}\" dir=\"{direction}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n\
             </head>\n<body>\n<h1>{title}</h1>\n"
        );
        for section in self.sections() {
            write_section(&mut page, section);
        }
        page.push_str("<footer lang=\"en\" dir=\"ltr\">\n<dl>\n");
        for (name, value) in self.origin() {
            let _ = writeln!(page, "<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(&value));
        }
        page.push_str("</dl>\n</footer>\n</body>\n</html>\n");
        page
    }
}

fn write_section(page: &mut String, section: &Section) {
    let _ = writeln!(page, "<section id=\"{}\">", escaped(&section.id));
    if !section.title.is_empty() {
        let _ = writeln!(page, "<h2>{}</h2>", escaped(&section.title));
    }
    for block in &section.blocks {
        match block {
            Block::Paragraph(text) => {
                let _ = writeln!(page, "<p>{}</p>", line(text));
            }
            Block::Warning(text) => {
                let _ = writeln!(page, "<p class=\"warning\">{}</p>", line(text));
            }
            Block::List(items) => {
                page.push_str("<ul>\n");
                for item in items {
                    let _ = writeln!(page, "<li>{}</li>", line(item));
                }
                page.push_str("</ul>\n");
            }
            Block::Facts(facts) => {
                page.push_str("<dl>\n");
                for fact in facts {
                    let _ = writeln!(page, "<dt>{}</dt><dd>{}</dd>", escaped(&fact.name), line(&fact.value));
                }
                page.push_str("</dl>\n");
            }
            Block::Item(item) => {
                let _ = writeln!(page, "<dl><dt>{}</dt>", escaped(&item.name));
                for text in &item.lines {
                    let _ = writeln!(page, "<dd>{}</dd>", line(text));
                }
                page.push_str("</dl>\n");
            }
            Block::Table(table) => write_table(page, table),
        }
    }
    page.push_str("</section>\n");
}

/// On a narrow screen each row becomes a list, whose lines are named by `data-column`.
fn write_table(page: &mut String, table: &Table) {
    page.push_str("<table>\n<thead><tr>");
    for column in &table.columns {
        let _ = write!(page, "<th scope=\"col\">{}</th>", escaped(column));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        page.push_str("<tr>");
        for (column, cell) in table.columns.iter().zip(row) {
            let _ = write!(page, "<td data-column=\"{}\">{}</td>", escaped(column), line(cell));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n");
}

fn line(text: &Text) -> String {
    text.0
        .iter()
        .map(|span| match span {
            Span::Words(words) => escaped(words),
            // The operator fills it in, in whatever language the page is.
            Span::ToFillIn(what) => {
                format!("<mark lang=\"en\" dir=\"ltr\">[to fill in: {}]</mark>", escaped(what))
            }
        })
        .collect()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for symbol in text.chars() {
        match symbol {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            symbol if symbol.is_control() => out.push(' '),
            symbol => out.push(symbol),
        }
    }
    out
}
