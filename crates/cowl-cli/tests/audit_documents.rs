//! What `cowl audit score` and `cowl audit read` write, against the published schemas, and what `cowl records` makes of it; and the small
//! traces that they are tested with.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]
#![allow(unreachable_pub, reason = "a module of tests, not an interface")]

mod audit_small;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
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

/// What `cowl audit score` prints of both traces, measured once.
fn scores() -> &'static str {
    static SCORES: OnceLock<String> = OnceLock::new();
    SCORES.get_or_init(|| audit(&["score", "plain.trace", "sealed.trace", "--adversary", "broker", "--json"]))
}

/// Runs `cowl …` in a folder.
fn cowl(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_cowl")).args(arguments).current_dir(folder).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {error}");
    (String::from_utf8(output.stdout).unwrap(), error)
}

#[test]
fn every_record_is_as_its_schema_says() {
    let folder = TempDir::new().unwrap();
    cowl(folder.path(), &["init", "ops"]);
    cowl(folder.path(), &["enrol", "ops", "anne", "--responder", "--role", "medical"]);
    fs::write(folder.path().join("scores.json"), scores()).unwrap();
    let mut commands: Vec<Vec<&str>> = vec![
        vec!["ropa"],
        vec!["isp"],
        vec!["label"],
        vec!["label", "--audit", "scores.json"],
        vec!["dpia"],
        vec!["dpia", "--audit", "scores.json"],
        vec!["breach", "--lost", "anne", "--known-at", "2026-01-01"],
        vec!["breach", "--since", "2026-01-01"],
    ];
    commands.extend(["en", "fr", "ht", "es", "ar"].map(|language| vec!["notice", "--language", language]));
    for command in commands {
        let arguments = [&["records", command[0], "ops", "--format", "json"], &command[1..]].concat();
        let (text, error) = cowl(folder.path(), &arguments);
        let document: Value = serde_json::from_str(&text).unwrap();
        accepted("spec/records.schema.json", &document);
        assert_eq!(document["kind"], command[0]);
        let places = document["to_fill_in"].as_u64().unwrap();
        assert!(error.contains(&format!("{places} place")), "{command:?}: {error}");
        let flagged = error.contains("warning: These figures are of another configuration");
        assert_eq!(flagged, command.contains(&"--audit"), "{command:?}: {error}");
        // What is not in the schema is refused, or it would hold nothing.
        let mut altered = document.clone();
        altered["sections"][0]["blocks"][0] = serde_json::json!({ "script": "x" });
        let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/records.schema.json");
        let schema = serde_json::from_slice(&fs::read(schema).unwrap()).unwrap();
        assert!(!jsonschema::validator_for(&schema).unwrap().is_valid(&altered));
    }
}

/// The records read the auditor's form anew: they must say of every cell what the auditor says.
#[test]
fn the_records_read_a_scorecard_as_the_auditor_means_it() {
    use cowl::records;
    use cowl_audit::{
        report::Document,
        score::{Category, Cell},
        view::Adversary,
    };
    let text = scores();
    let theirs: Document = serde_json::from_str(text).unwrap();
    let ours = records::Audit::parse(text.as_bytes(), "scores.json").unwrap();
    assert_eq!(ours.scorecards.len(), 2);
    let (mut measured, mut other) = (0, 0);
    for (card, known) in ours.scorecards.iter().zip(&theirs.scorecards) {
        assert_eq!(card.configuration, known.configuration);
        for (category, known_category) in records::Category::ALL.into_iter().zip(Category::ALL) {
            assert_eq!(category.name(), known_category.name());
            for (adversary, known_adversary) in records::Adversary::ALL.into_iter().zip(Adversary::ALL) {
                assert_eq!(adversary.name(), known_adversary.name());
                let cell = card.cell(category, adversary);
                match (known.cell(known_category, known_adversary), &cell) {
                    (
                        Cell::Measured { finding, figure },
                        records::Cell::Measured { attack, value, low, high },
                    ) => {
                        let advantage = figure.advantage;
                        assert_eq!(format!("{:?}", finding.attack), *attack);
                        let theirs = [advantage.value, advantage.low, advantage.high];
                        assert_eq!(theirs.map(f64::to_bits), [*value, *low, *high].map(f64::to_bits));
                        measured += 1;
                    }
                    (
                        Cell::NotMeasured { reason: theirs, leak: known },
                        records::Cell::NotMeasured { reason, leak },
                    ) => {
                        assert_eq!(theirs, reason);
                        assert!(known.map(|(_, figure)| figure.advantage.high) == *leak);
                        other += 1;
                    }
                    (Cell::NoMechanism { reason: theirs }, records::Cell::NoMechanism { reason }) => {
                        assert_eq!(theirs, reason);
                        other += 1;
                    }
                    (Cell::NotApplicable, records::Cell::NotApplicable) => {}
                    (theirs, ours) => panic!("{category:?} {adversary:?}: {theirs:?} is not {ours:?}"),
                }
            }
        }
    }
    assert!(measured > 0 && other > 0, "{measured} {other}");
}
