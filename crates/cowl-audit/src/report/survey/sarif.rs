//! The findings of a survey as SARIF 2.1.0 (OASIS).

use serde_json::{Value, json};

use crate::report::sarif::{location, log};
use crate::report::text;
use crate::survey::{Leak, Report, Severity};

/// One rule for each kind of finding, one result for each place of one. `artifact` is the name of what was read, as the results shall point
/// to it. If something was missing in it, the run says so.
pub fn sarif(report: &Report, artifact: &str) -> Value {
    let mut kinds: Vec<&Leak> = Vec::new();
    for leak in &report.findings {
        if !kinds.iter().any(|known| known.id == leak.id) {
            kinds.push(leak);
        }
    }
    let rules: Vec<Value> = kinds.into_iter().map(rule).collect();
    let results: Vec<Value> = report.findings.iter().map(|leak| result(leak, artifact)).collect();
    let mut log = log(&rules, &results, "survey", artifact);
    if report.about.partial
        && let Some(run) = log.pointer_mut("/runs/0").and_then(Value::as_object_mut)
    {
        let missing = "something is missing in what was read: figures are too low";
        let notice = json!({ "level": "warning", "message": { "text": missing } });
        run.insert(
            "invocations".to_owned(),
            json!([{ "executionSuccessful": true, "toolExecutionNotifications": [notice] }]),
        );
    }
    log
}

fn rule(leak: &Leak) -> Value {
    json!({
        "id": leak.id,
        "shortDescription": { "text": leak.what },
        "help": { "text": leak.advice },
        "defaultConfiguration": { "level": level(leak.severity) },
        "properties": { "category": leak.category.name() },
    })
}

fn result(leak: &Leak, artifact: &str) -> Value {
    let seen: Vec<&str> = leak.seen_by.iter().map(|who| text::adversary(*who)).collect();
    let mut location = location(artifact);
    if let Some(location) = location.as_object_mut() {
        location.insert("logicalLocations".to_owned(), json!([{ "name": leak.place }]));
    }
    json!({
        "ruleId": leak.id,
        "level": level(leak.severity),
        "message": { "text": format!("{} ({}: {}); seen by {}", leak.what, leak.place, leak.evidence, seen.join(", ")) },
        "locations": [location],
        "partialFingerprints": { "leak/v1": format!("{}/{}", leak.id, leak.place) },
        "occurrenceCount": leak.count.max(1),
        "properties": {
            "severity": leak.severity.name(),
            "seenBy": leak.seen_by.iter().map(|who| who.name()).collect::<Vec<_>>(),
        },
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Note => "note",
    }
}
