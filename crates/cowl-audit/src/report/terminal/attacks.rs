//! Every attack in its own unit.

use core::fmt::{self, Write};

use crate::report::text::{self, WIDTH};
use crate::score::{AttackId, Finding, Outcome, Scorecard};

/// The attacks that cells count; who gets the same stands in one line. With `details` one line for each adversary, the other variants, what does
/// not apply, and the controls.
pub(super) fn attacks(card: &Scorecard, details: bool, out: &mut dyn Write) -> fmt::Result {
    if details {
        writeln!(out, "estimate [95 % interval], chance; n: cases/people; *: no cell counts it")?;
    } else {
        writeln!(out, "estimate [95 % interval], chance, n: cases/people; --details shows the controls")?;
    }
    for attack in AttackId::ALL {
        let Some(version) = card.version(attack) else { continue };
        writeln!(out, "{attack:?}, version {version} ({})", text::category(attack.category()))?;
        let findings: Vec<&Finding> =
            card.findings.iter().filter(|finding| finding.attack == attack).collect();
        if details {
            for finding in findings {
                one(finding, out)?;
                controls(finding, out)?;
            }
        } else {
            alike(&findings, out)?;
        }
    }
    Ok(())
}

/// Each outcome of each variant once, with everybody who gets it.
fn alike(findings: &[&Finding], out: &mut dyn Write) -> fmt::Result {
    let counted =
        |finding: &&&Finding| finding.headline && !matches!(finding.outcome, Outcome::NotApplicable { .. });
    let mut told: Vec<(&str, String, Vec<&str>)> = Vec::new();
    for finding in findings.iter().filter(counted) {
        let (outcome, who) = (sized(finding), text::medium(finding.adversary));
        match told.iter_mut().find(|known| known.0 == finding.variant && known.1 == outcome) {
            Some(known) => known.2.push(who),
            None => told.push((&finding.variant, outcome, vec![who])),
        }
    }
    told.sort_by_key(|known| known.0);
    for (variant, outcome, who) in told {
        let line = format!("{variant}: {outcome}: {}", who.join(", "));
        for (index, line) in text::wrap(&line, WIDTH, 6).iter().enumerate() {
            let line = if index == 0 { line.get(4..).unwrap_or_default() } else { line };
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

fn sized(finding: &Finding) -> String {
    let outcome = text::outcome(&finding.outcome);
    match &finding.outcome {
        Outcome::Measured(figure) => {
            format!("{outcome}, n {}/{}", text::grouped(figure.n), text::grouped(figure.people))
        }
        _ => outcome,
    }
}

fn one(finding: &Finding, out: &mut dyn Write) -> fmt::Result {
    let star = if finding.headline { ' ' } else { '*' };
    let name = format!("{}, {}{star}", text::short(finding.adversary), finding.variant);
    let mut line = format!("  {name:27} {}", text::outcome(&finding.outcome));
    if let Outcome::Measured(figure) = &finding.outcome {
        let size = format!("n {}/{}", text::grouped(figure.n), text::grouped(figure.people));
        if line.chars().count() + size.chars().count() + 2 <= WIDTH {
            let pad = WIDTH - line.chars().count() - size.chars().count();
            line.push_str(&" ".repeat(pad));
            line.push_str(&size);
        }
    }
    if line.chars().count() <= WIDTH {
        return writeln!(out, "{line}");
    }
    writeln!(out, "  {}", name.trim_end())?;
    for line in text::wrap(&text::outcome(&finding.outcome), WIDTH, 6) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The advantage and what shows that the number can be believed.
fn controls(finding: &Finding, out: &mut dyn Write) -> fmt::Result {
    let (Outcome::Measured(figure) | Outcome::NotMeasured { figure: Some(figure), .. }) = &finding.outcome
    else {
        return Ok(());
    };
    let text = format!("advantage {}; {}", text::bounds(&figure.advantage), text::controls(figure));
    text::wrap(&text, WIDTH, 6).iter().try_for_each(|line| writeln!(out, "{line}"))
}
