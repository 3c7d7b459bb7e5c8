use super::*;
use crate::score::{
    AttackId, Control, Cost, Figure, Finding, Interval, Limit, Outcome, Scorecard, Unit, Utility,
};
use crate::view::Adversary;

fn measured(low: f64, value: f64, high: f64) -> Outcome {
    let passed = Control { measured: Interval { value, low, high }, passed: true };
    Outcome::Measured(Figure {
        unit: Unit::Share,
        estimate: Interval { value, low, high },
        chance: 0.0,
        advantage: Interval { value, low, high },
        n: 12_345,
        people: 400,
        seed: 1,
        positive: passed,
        negative: passed,
    })
}

/// A card of one linking attack by the broker.
pub(super) fn measured_by_broker(low: f64, value: f64, high: f64) -> Scorecard {
    let finding = Finding {
        attack: AttackId::L1,
        adversary: Adversary::Broker,
        variant: "across-reconnect".to_owned(),
        headline: true,
        outcome: measured(low, value, high),
    };
    Scorecard { findings: vec![finding], ..card("one", 0.0) }
}

/// A card with every sort of cell, its name hostile to HTML.
fn card(name: &str, shift: f64) -> Scorecard {
    let mut findings = Vec::new();
    for (index, attack) in AttackId::ALL.into_iter().enumerate() {
        for adversary in Adversary::ALL {
            let outcome = match (index + usize::from(adversary as u8)) % 5 {
                0 => {
                    Outcome::NotMeasured { reason: "the planted leak was not found".to_owned(), figure: None }
                }
                1 => Outcome::NoMechanism { reason: "no evidence given".to_owned() },
                2 if adversary == Adversary::Relay => {
                    Outcome::NotApplicable { reason: "no relay".to_owned() }
                }
                _ => measured(0.3 - shift, 0.4 - shift, 0.6 - shift),
            };
            findings.push(Finding {
                attack,
                adversary,
                variant: "across-reconnect".to_owned(),
                headline: true,
                outcome,
            });
        }
    }
    Scorecard {
        configuration: name.to_owned(),
        seed: 1,
        hours: 72.0,
        people: 400,
        messages: 78_810,
        attacks: AttackId::ALL.iter().map(|attack| (*attack, 1)).collect(),
        findings,
        cost: Cost { message_bytes: Some(504.0), latency_median_s: Some(1.0), ..Cost::default() },
        utility: Utility { urgent: 12, urgent_seen: Some(1.0), ..Utility::default() },
    }
}

fn document() -> Document {
    Document::new(vec![card("plain", 0.0), card("<script>alert(1)</script> & \"cowl\"", 0.3)])
}

#[test]
fn the_terminal_report_keeps_to_eighty_columns() {
    let mut text = String::new();
    terminal(&document(), true, &mut text).unwrap();
    terminal(&document(), false, &mut text).unwrap();
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > text::WIDTH).collect();
    // A configuration's name is as long as its maker wished.
    assert!(wide.iter().all(|line| line.contains("script")), "{wide:#?}");
    for word in ["Non-complian.", "0.10", "■0.40", "−0.30", "no mechanism", "n 12,345/400"] {
        assert!(text.contains(word), "{word} is missing in\n{text}");
    }
}

/// Panics unless a page runs nothing, fetches nothing, and closes what it opens, in order.
pub(super) fn well_formed(page: &str) {
    for word in ["<script", "http:", "https:", "url(", "@import", "src=", "href=", " on"] {
        let found = page.match_indices(word).map(|(at, _)| &page[at..(at + 60).min(page.len())]);
        let found: Vec<&str> = found.filter(|rest| word != " on" || rest[..10].contains('=')).collect();
        assert!(found.is_empty(), "{word}: {found:?}");
    }
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page.strip_prefix("<!doctype html>").expect("a page begins with its type");
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>'), "a stray > before {}", &rest[start..]);
        let (tag, after) = rest[start + 1..].split_once('>').expect("a tag ends");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = tag.split(' ').next().unwrap();
        assert!(!name.is_empty() && name.bytes().all(|letter| letter.is_ascii_alphanumeric()), "{tag}");
        if !["meta", "br"].contains(&name) {
            open.push(name);
        }
        if name == "style" {
            rest = &rest[rest.find("</style>").unwrap()..];
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// Panics unless OASIS's schema accepts the log.
pub(super) fn valid_sarif(log: &serde_json::Value) {
    accepted(include_str!("../../tests/schemas/sarif-2.1.0.json"), log);
}

/// Panics unless a schema accepts a document.
pub(super) fn accepted(schema: &str, document: &serde_json::Value) {
    let schema = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error:.200}", error.instance_path()))
        .take(10)
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn the_page_runs_nothing_fetches_nothing_and_closes_what_it_opens() {
    let mut page = String::new();
    html(&document(), &mut page).unwrap();
    assert!(!page.contains("<script"), "a name from outside came through as markup");
    assert!(page.contains("&lt;script&gt;"));
    well_formed(&page);
}

#[test]
fn sarif_results_point_to_rules_that_exist() {
    let card = card("plain", 0.0);
    let limit: Limit = "linking=0.10".parse().unwrap();
    for violations in [Vec::new(), limit.judge(&card)] {
        let log = sarif(&card, &violations, "C:plain trace.cowl");
        valid_sarif(&log);
        assert_eq!(log["runs"][0]["artifacts"][0]["location"]["uri"], "./C:plain%20trace.cowl");
        let run = &log["runs"][0];
        let rules: Vec<&str> = run["tool"]["driver"]["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| rule["id"].as_str().unwrap())
            .collect();
        let results = run["results"].as_array().unwrap();
        assert!(!results.is_empty());
        for result in results {
            assert!(rules.contains(&result["ruleId"].as_str().unwrap()));
            assert!(result["message"]["text"].as_str().unwrap().len() > 10);
        }
        let errors = results.iter().filter(|result| result["level"] == "error").count();
        assert_eq!(errors, violations.len());
    }
}

#[test]
fn a_document_is_the_same_after_a_trip_through_json() {
    let document = document();
    let text = serde_json::to_string(&document).unwrap();
    accepted(include_str!("../../../../spec/audit.schema.json"), &serde_json::from_str(&text).unwrap());
    let back: Document = serde_json::from_str(&text).unwrap();
    assert_eq!(back.scorecards, document.scorecards);
}
