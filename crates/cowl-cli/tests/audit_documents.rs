//! What `cowl audit score` and `cowl audit read` write, against the published schemas; and the small traces that they are tested with.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]
#![allow(unreachable_pub, reason = "a module of tests, not an interface")]

mod audit_small;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use audit_small::{Small, small};
use cowl_audit::{trace, truth};
use serde_json::Value;
use tempfile::TempDir;

/// Where the committed traces are.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cmd/audit-score.in");

fn accepted(schema: &str, document: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(schema);
    let schema = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors =
        validator.iter_errors(document).map(|error| format!("{}: {error:.200}", error.instance_path()));
    let errors: Vec<String> = errors.take(10).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// Runs `cowl audit …` in the folder of the small traces; its standard output.
fn audit(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_cowl"))
        .arg("audit")
        .args(arguments)
        .current_dir(FOLDER)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&audit(arguments)).unwrap()
}

/// The events of a trace, each as text: how they are compressed does not count.
fn events(file: &[u8]) -> Vec<String> {
    let mut reader = trace::Reader::new(file).unwrap();
    let mut events = vec![format!("{:?}", reader.header())];
    while let Some(event) = reader.event().unwrap() {
        events.push(format!("{event:?}"));
    }
    events
}

fn lines(file: &[u8]) -> Vec<truth::Line> {
    let mut lines = truth::Lines::new(file).unwrap();
    let mut all = Vec::new();
    while let Some(line) = lines.line().unwrap() {
        all.push(line);
    }
    all
}

/// `COWL_SMALL_TRACES=write cargo test -p cowl-cli --test audit_documents` writes them anew.
#[test]
fn the_small_traces_are_as_they_are_made() {
    for (name, sealed) in [("plain", false), ("sealed", true)] {
        let Small { trace, truth } = small(sealed);
        let path = |extension: &str| PathBuf::from(FOLDER).join(name).with_extension(extension);
        if env::var("COWL_SMALL_TRACES").is_ok_and(|wish| wish == "write") {
            fs::create_dir_all(FOLDER).unwrap();
            fs::write(path("trace"), &trace).unwrap();
            fs::write(path("truth"), &truth).unwrap();
        }
        assert!(events(&fs::read(path("trace")).unwrap()) == events(&trace), "{name}.trace");
        assert!(lines(&fs::read(path("truth")).unwrap()) == lines(&truth), "{name}.truth");
    }
}

#[test]
fn a_scorecard_is_as_its_schema_says() {
    let folder = TempDir::new().unwrap();
    let (page, log) = (folder.path().join("page.html"), folder.path().join("log.sarif"));
    let document = json(&[
        "score",
        "plain.trace",
        "sealed.trace",
        "--adversary",
        "broker",
        "--adversary",
        "role",
        "--json",
        "--html",
        page.to_str().unwrap(),
        "--sarif",
        log.to_str().unwrap(),
    ]);
    accepted("spec/audit.schema.json", &document);
    assert_eq!(document["scorecards"].as_array().unwrap().len(), 2);
    assert_eq!(document["comparisons"][0]["after"], "sealed");
    let outcomes = document["scorecards"][0]["findings"].as_array().unwrap();
    assert!(outcomes.iter().any(|finding| finding["outcome"] == "measured"), "{outcomes:#?}");
    let log = serde_json::from_slice(&fs::read(log).unwrap()).unwrap();
    accepted("crates/cowl-audit/tests/schemas/sarif-2.1.0.json", &log);
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("What can whom do?") && page.ends_with("</html>\n"));
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    let run = || {
        audit(&["score", "plain.trace", "--attack", "dd1", "--attack", "i1", "--adversary", "role", "--json"])
    };
    assert!(run() == run());
}

#[test]
fn a_survey_is_as_its_schema_says() {
    for trace in ["plain.trace", "sealed.trace"] {
        let document = json(&["read", trace, "--json"]);
        accepted("spec/survey.schema.json", &document);
        assert_eq!(document["about"]["messages"], 192);
        assert!(!document["findings"].as_array().unwrap().is_empty());
    }
}
