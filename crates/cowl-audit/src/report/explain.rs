//! What a number means and what would lower it: the sections of `docs/audits.md`.

use core::fmt::{self, Write};

use super::text::{WIDTH, wrap};
use crate::score::AttackId;

/// The document that all explanations are cut from.
const DOCUMENT: &str = include_str!("../../../../docs/audits.md");

/// The parts that every attack's section has, in this order.
pub const PARTS: [&str; 6] = [
    "What it asks",
    "How the attacker works",
    "Controls",
    "What the number means",
    "What would lower it",
    "Limits",
];

/// The section of an attack, as Markdown without its heading; empty if there is none.
pub fn section(attack: AttackId) -> &'static str {
    cut(DOCUMENT, "## ", &format!("{attack:?}: "))
}

/// The title of an attack, as its section has it.
pub fn title(attack: AttackId) -> &'static str {
    let wanted = format!("## {attack:?}: ");
    DOCUMENT.lines().find_map(|line| line.strip_prefix(wanted.as_str())).unwrap_or_default()
}

/// One part of an attack's section; empty if there is none.
pub fn part(attack: AttackId, part: &str) -> &'static str {
    cut(section(attack), "### ", part)
}

/// How to read the numbers and who the adversaries are, as Markdown.
pub fn introduction() -> &'static str {
    DOCUMENT.split("\n## L1: ").next().unwrap_or_default()
}

/// Markdown's paragraphs as one text, without marks.
pub(super) fn flat(markdown: &str) -> String {
    unmarked(markdown).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Writes a piece of Markdown for a terminal: paragraphs in 80 columns, headings in capitals, tables and code as they are.
///
/// # Errors
/// Those of `out`.
pub fn plain(markdown: &str, out: &mut dyn Write) -> fmt::Result {
    let mut paragraph = String::new();
    let mut fenced = false;
    for line in markdown.lines().chain([""]) {
        let fence = line.starts_with("```");
        let verbatim =
            fenced || fence || line.starts_with("    ") || line.starts_with('|') || line.starts_with('#');
        let item = line.trim_start().starts_with("- ") || numbered(line.trim_start());
        if verbatim || item || line.trim().is_empty() {
            write_paragraph(&paragraph, out)?;
            paragraph.clear();
        }
        if fence {
            fenced = !fenced;
        } else if let Some(heading) = line.strip_prefix('#').filter(|_| !fenced) {
            writeln!(out, "{}", heading.trim_start_matches('#').trim().to_uppercase())?;
        } else if line.starts_with('|') && !fenced {
            write_row(line, out)?;
        } else if verbatim {
            writeln!(out, "{line}")?;
        } else if line.trim().is_empty() {
            writeln!(out)?;
        } else {
            paragraph.push_str(line);
            paragraph.push(' ');
        }
    }
    Ok(())
}

fn write_paragraph(text: &str, out: &mut dyn Write) -> fmt::Result {
    let indent = if text.trim_start().starts_with("- ") { 2 } else { 0 };
    for (index, line) in wrap(&unmarked(text), WIDTH, indent).iter().enumerate() {
        let line = if index == 0 { line.trim_start() } else { line };
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// A table's row as `first: second; third`; what rules the table off says nothing.
fn write_row(line: &str, out: &mut dyn Write) -> fmt::Result {
    let cells: Vec<String> =
        line.trim().trim_matches('|').split('|').map(|cell| unmarked(cell.trim())).collect();
    let Some((first, rest)) = cells.split_first().filter(|_| !line.starts_with("|-")) else { return Ok(()) };
    for (index, line) in wrap(&format!("{first}: {}", rest.join("; ")), WIDTH, 4).iter().enumerate() {
        let line = if index == 0 { line.get(2..).unwrap_or_default() } else { line };
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Text without Markdown's marks of emphasis and code.
fn unmarked(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut code = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        // A star with spaces on both sides is one that multiplies.
        let emphasis = letter == '*' && !(plain.ends_with(' ') && letters.peek() == Some(&' '));
        match letter {
            '`' => code = !code,
            '*' if !code && emphasis => {}
            _ => plain.push(letter),
        }
    }
    plain
}

fn numbered(line: &str) -> bool {
    line.split_once(". ")
        .is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
}

/// What stands under the heading that begins with `name`, up to the next heading of the same level or above.
fn cut(document: &'static str, level: &str, name: &str) -> &'static str {
    let mut start = None;
    let mut at = 0;
    for line in document.split_inclusive('\n') {
        let same = line.starts_with(level);
        let above = line.starts_with('#') && line.find(' ') < level.find(' ');
        if let Some(start) = start
            && (same || above)
        {
            return document.get(start..at).unwrap_or_default().trim();
        }
        at += line.len();
        if same && line.get(level.len()..).is_some_and(|rest| rest.starts_with(name)) {
            start = Some(at);
        }
    }
    start.and_then(|start| document.get(start..)).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attack_is_explained_in_all_its_parts() {
        for attack in AttackId::ALL {
            assert!(!title(attack).is_empty(), "{attack:?} has no section");
            for name in PARTS {
                assert!(part(attack, name).len() > 40, "{attack:?} says nothing under `{name}`");
            }
        }
    }

    #[test]
    fn no_line_of_prose_is_wider_than_a_terminal() {
        let mut text = String::new();
        plain(section(AttackId::L1), &mut text).unwrap();
        let wide = text.lines().find(|line| line.chars().count() > WIDTH && !line.starts_with('|'));
        assert_eq!(wide, None);
    }
}
