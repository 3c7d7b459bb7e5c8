//! Every attack in its own unit.

use core::fmt::{self, Write};

use crate::report::text::{self, WIDTH};
use crate::score::{Finding, Outcome, Scorecard};

/// The attacks that cells count, and with `details` the others, what does not apply, and the controls.
pub(super) fn attacks(card: &Scorecard, details: bool, out: &mut dyn Write) -> fmt::Result {
    writeln!(out, "estimate [95 % interval], chance; n: cases/people")?;
    if details {
        writeln!(out, "* a variant that no cell counts")?;
    }
    let mut last = None;
    for finding in &card.findings {
        let applies = !matches!(finding.outcome, Outcome::NotApplicable { .. });
        if !(details || finding.headline && applies) {
            continue;
        }
        if last != Some(finding.attack) {
            let version = card.version(finding.attack).unwrap_or_default();
            writeln!(
                out,
                "{:?}, version {version} ({})",
                finding.attack,
                text::category(finding.attack.category())
            )?;
            last = Some(finding.attack);
        }
        attack(finding, out)?;
        if details {
            controls(finding, out)?;
        }
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

fn attack(finding: &Finding, out: &mut dyn Write) -> fmt::Result {
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
    writeln!(out, "  {name}")?;
    for line in text::wrap(&text::outcome(&finding.outcome), WIDTH, 6) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
