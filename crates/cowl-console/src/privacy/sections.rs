//! What an attack asks and what its number means: the sections of `docs/audits.md`, which the auditor prints too.

use cowl::records::Attack;

const DOCUMENT: &str = include_str!("../../../../docs/audits.md");

/// The parts of a section that are shown.
pub(crate) const PARTS: [&str; 4] =
    ["What it asks", "What the number means", "What would lower it", "Limits"];

/// The heading of an attack's section: what `attacks.ftl` has for its title in English.
#[cfg(test)]
pub(crate) fn title(attack: Attack) -> &'static str {
    let wanted = format!("## {}: ", attack.name());
    DOCUMENT.lines().find_map(|line| line.strip_prefix(wanted.as_str())).unwrap_or_default()
}

/// The paragraphs of one part, without Markdown's marks; tables and code, and what leads to them, are left to the document.
pub(crate) fn part(attack: Attack, part: &str) -> Vec<String> {
    let section = after(DOCUMENT, &format!("## {}: ", attack.name()), "\n## ");
    let text = after(section, &format!("### {part}\n"), "\n### ");
    let paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| {
        let is_other =
            paragraph.starts_with(['|', '#']) || paragraph.starts_with("```") || paragraph.ends_with(':');
        !paragraph.is_empty() && !is_other && !paragraph.contains("\n    ")
    });
    let flat =
        |paragraph: &str| paragraph.replace(['`', '*'], "").split_whitespace().collect::<Vec<_>>().join(" ");
    paragraphs.map(flat).collect()
}

/// What stands behind a heading, up to the next one.
fn after<'a>(text: &'a str, heading: &str, end: &str) -> &'a str {
    let Some((_, rest)) = text.split_once(heading) else { return "" };
    rest.split(end).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attack_is_explained() {
        for attack in Attack::ALL {
            assert!(!title(attack).is_empty(), "{}", attack.name());
            for wanted in PARTS {
                let paragraphs = part(attack, wanted);
                assert!(!paragraphs.is_empty(), "{}: {wanted}", attack.name());
                assert!(paragraphs.iter().all(|text| !text.contains(['`', '|'])), "{paragraphs:?}");
            }
        }
        // A section of an attack has its id before a colon.
        let sections = DOCUMENT.lines().filter(|line| line.starts_with("## ") && line.contains(": "));
        assert_eq!(sections.count(), Attack::ALL.len());
    }
}
