//! A record as Markdown (`CommonMark` with GitHub's tables).

use std::fmt::Write as _;

use super::document::{Block, Document, Section, Span, Table, Text};

impl Document {
    /// As Markdown. What came from a policy is text there and nothing else: no markup, no link, no HTML.
    pub fn to_markdown(&self) -> String {
        // Writing into a String cannot fail.
        let mut page = format!("# {}\n", escaped(self.title()));
        for section in self.sections() {
            write_section(&mut page, section);
        }
        page.push_str("\n---\n\n");
        for (name, value) in self.origin() {
            let _ = writeln!(page, "- {}: {}", escaped(name), escaped(&value));
        }
        page
    }
}

fn write_section(page: &mut String, section: &Section) {
    if !section.title.is_empty() {
        let _ = write!(page, "\n## {}\n", escaped(&section.title));
    }
    for block in &section.blocks {
        page.push('\n');
        match block {
            Block::Paragraph(text) => {
                let _ = writeln!(page, "{}", line(text));
            }
            Block::Warning(text) => {
                let _ = writeln!(page, "> **Attention:** {}", line(text));
            }
            Block::List(items) => {
                for item in items {
                    let _ = writeln!(page, "- {}", line(item));
                }
            }
            Block::Facts(facts) => {
                for fact in facts {
                    let _ = writeln!(page, "- **{}**: {}", escaped(&fact.name), line(&fact.value));
                }
            }
            Block::Item(item) => {
                let _ = writeln!(page, "- **{}**", escaped(&item.name));
                for text in &item.lines {
                    let _ = writeln!(page, "  - {}", line(text));
                }
            }
            Block::Table(table) => write_table(page, table),
        }
    }
}

fn write_table(page: &mut String, table: &Table) {
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    page.push_str(&row(table.columns.iter().map(|column| escaped(column)).collect()));
    page.push_str(&row(vec!["---".to_owned(); table.columns.len()]));
    for cells in &table.rows {
        page.push_str(&row(cells.iter().map(line).collect()));
    }
}

fn line(text: &Text) -> String {
    text.0
        .iter()
        .map(|span| match span {
            Span::Words(words) => escaped(words),
            Span::ToFillIn(what) => format!("**[to fill in: {}]**", escaped(what)),
        })
        .collect()
}

/// Text that means nothing but itself, wherever in a line it stands.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let digits = text.len() - text.trim_start_matches(|symbol: char| symbol.is_ascii_digit()).len();
    for (at, symbol) in text.char_indices() {
        match symbol {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' | '$' => out.extend(['\\', symbol]),
            // What begins a list, a rule or a heading's underline; and what GitHub makes a link of.
            '-' | '+' | '=' if at == 0 && !is_number(text) => out.extend(['\\', symbol]),
            '.' | ')' if at == digits && at > 0 && !is_number(text) => out.extend(['\\', symbol]),
            '/' if text.get(..at).is_some_and(|before| before.ends_with(':')) => out.extend(['\\', symbol]),
            '.' if text.get(..at).is_some_and(|before| before.to_ascii_lowercase().ends_with("www")) => {
                out.extend(['\\', symbol]);
            }
            symbol if symbol.is_control() => out.push(' '),
            symbol => out.push(symbol),
        }
    }
    out
}

/// Whether a line begins with a number that goes on after its sign or point, so that it is no item of a list.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let rest = text.trim_start_matches(|symbol: char| symbol.is_ascii_digit());
    rest.len() < text.len()
        && rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|symbol: char| symbol.is_ascii_digit()))
}
