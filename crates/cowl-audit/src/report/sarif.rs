//! SARIF 2.1.0 (OASIS), for tools that show findings of code scanners: one result for each cell over its limit.

use serde_json::{Value, json};

use super::explain;
use super::text;
use crate::score::{AttackId, Category, Cell, Scorecard, Violation};

/// The report as SARIF. A cell that breaks one of the limits is an `error`; without limits, every cell with an advantage over 0.1 is a
/// `warning` and every one that was not measured a `note`.
///
/// `artifact` is the trace's name as the results shall point to it.
pub fn sarif(card: &Scorecard, violations: &[Violation], artifact: &str) -> Value {
    let results =
        if violations.is_empty() { open(card, artifact) } else { broken(card, violations, artifact) };
    log(&rules(), &results, &card.configuration, artifact)
}

/// A log of one run.
pub(super) fn log(rules: &[Value], results: &[Value], about: &str, artifact: &str) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "cowl-audit",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "automationDetails": { "id": format!("cowl-audit/{about}/") },
            "artifacts": [{ "location": { "uri": uri(artifact) } }],
            "results": results,
            "columnKind": "utf16CodeUnits",
        }],
    })
}

/// Where a result points to: the file as a whole.
pub(super) fn location(artifact: &str) -> Value {
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri(artifact), "index": 0 } } })
}

/// A file's name as a URI reference (RFC 3986).
fn uri(name: &str) -> String {
    let mut reference = String::with_capacity(name.len());
    // Without this a colon in the first segment would make what is before it a scheme.
    if name.split('/').next().is_some_and(|first| first.contains(':')) {
        reference.push_str("./");
    }
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:@!$&'()*+,;=".contains(&byte) {
            reference.push(char::from(byte));
        } else {
            reference.push('%');
            reference.extend(
                [byte >> 4, byte & 15].into_iter().filter_map(|nibble| char::from_digit(nibble.into(), 16)),
            );
        }
    }
    reference
}

/// One rule for each attack, and one for each category, which limits are set on.
fn rules() -> Vec<Value> {
    let attacks = AttackId::ALL.into_iter().map(|attack| {
        json!({
            "id": format!("{attack:?}"),
            "name": format!("{attack:?}"),
            "shortDescription": { "text": explain::title(attack) },
            "help": {
                "text": explain::flat(explain::part(attack, "What would lower it")),
                "markdown": explain::section(attack),
            },
            "properties": { "category": attack.category().name() },
        })
    });
    let categories = Category::ALL.into_iter().map(|category| {
        json!({
            "id": category.name(),
            "name": text::category(category),
            "shortDescription": { "text": format!("{} over its limit", text::category(category)) },
        })
    });
    attacks.chain(categories).collect()
}

fn broken(card: &Scorecard, violations: &[Violation], artifact: &str) -> Vec<Value> {
    let one = |violation: &Violation| {
        let by = violation.adversary.map_or("any adversary", text::adversary);
        let rule =
            violation.adversary.and_then(|adversary| match card.cell(violation.limit.category, adversary) {
                Cell::Measured { finding, .. } => Some(format!("{:?}", finding.attack)),
                _ => None,
            });
        let rule = rule.unwrap_or_else(|| violation.limit.category.name().to_owned());
        let text = format!("{by}: {}; the limit is {}", violation.found, violation.limit);
        result(&rule, "error", &text, &format!("{}/{by}", violation.limit), artifact)
    };
    violations.iter().map(one).collect()
}

fn open(card: &Scorecard, artifact: &str) -> Vec<Value> {
    let mut results = Vec::new();
    for category in Category::ALL {
        for adversary in crate::view::Adversary::ALL {
            let key = format!("{}:{}", category.name(), adversary.name());
            let by = text::adversary(adversary);
            match card.cell(category, adversary) {
                Cell::Measured { finding, figure } if figure.advantage.high > 0.1 => {
                    let text = format!(
                        "{by}: advantage {} ({}, {})",
                        text::bounds(&figure.advantage),
                        finding.variant,
                        text::outcome(&finding.outcome)
                    );
                    results.push(result(&format!("{:?}", finding.attack), "warning", &text, &key, artifact));
                }
                Cell::NotMeasured { reason, .. } => {
                    let text = format!("{by}: not measured: {reason}");
                    results.push(result(category.name(), "note", &text, &key, artifact));
                }
                _ => {}
            }
        }
    }
    results
}

fn result(rule: &str, level: &str, text: &str, key: &str, artifact: &str) -> Value {
    json!({
        "ruleId": rule,
        "level": level,
        "message": { "text": text },
        "locations": [location(artifact)],
        "partialFingerprints": { "cell/v1": key },
    })
}
