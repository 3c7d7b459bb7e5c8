//! What stands out: each kind of finding once, with all its places.

use core::fmt::{self, Write};

use super::paragraph;
use crate::report::text::{WIDTH, adversary, wrap};
use crate::survey::findings::{Leak, Severity};

/// Places of one kind of finding that are listed.
const LISTED: usize = 6;

pub(super) fn leaks(findings: &[Leak], out: &mut dyn Write) -> fmt::Result {
    if findings.is_empty() {
        return paragraph(
            "Nothing that these rules know. That is no proof: the attacks with ground truth (cowl audit score) \
             measure what rules cannot see.",
            0,
            out,
        );
    }
    let mut told: Vec<&str> = Vec::new();
    for leak in findings {
        if told.contains(&leak.id) {
            continue;
        }
        told.push(leak.id);
        let same: Vec<&Leak> = findings.iter().filter(|other| other.id == leak.id).collect();
        one(leak, &same, out)?;
    }
    writeln!(out)?;
    let legend: Vec<String> = Severity::ALL.map(|level| format!("{} {}", level.sign(), level.name())).into();
    writeln!(out, "{}", legend.join("   "))
}

fn one(leak: &Leak, same: &[&Leak], out: &mut dyn Write) -> fmt::Result {
    const INDENT: usize = 2;
    for (number, line) in wrap(&leak.what, WIDTH, INDENT).iter().enumerate() {
        if number == 0 {
            writeln!(out, "{} {}", leak.severity.sign(), line.trim_start())?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    let apart = same.iter().any(|other| other.advice != leak.advice);
    for other in same.iter().take(LISTED) {
        paragraph(&format!("{}: {}", other.place, other.evidence), INDENT + 2, out)?;
        if apart {
            paragraph(&format!("→ {}", other.advice), INDENT + 4, out)?;
        }
    }
    if same.len() > LISTED {
        paragraph(&format!("and {} more places", same.len() - LISTED), INDENT + 2, out)?;
    }
    let seen: Vec<&str> = leak.seen_by.iter().map(|who| adversary(*who)).collect();
    paragraph(
        &format!("seen by {} [{}, {}]", seen.join(", "), leak.id, leak.category.name()),
        INDENT + 2,
        out,
    )?;
    if apart {
        return Ok(());
    }
    paragraph(&format!("→ {}", leak.advice), INDENT + 2, out)
}
