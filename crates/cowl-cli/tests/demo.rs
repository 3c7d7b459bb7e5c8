//! The demo from end to end, with few people: what it finds, and that it finds it again.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

use std::process::Command;

use serde_json::Value;

fn demo(arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
    let output = command.args(["demo", "--json", "--people", "12"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn preset<'a>(document: &'a Value, name: &str) -> &'a Value {
    let presets = document["presets"].as_array().unwrap();
    presets.iter().find(|preset| preset["preset"] == name).unwrap()
}

fn exposed(preset: &Value) -> f64 {
    preset["fields"]["payload_exact"].as_f64().unwrap() + preset["fields"]["payload_coarse"].as_f64().unwrap()
}

#[test]
fn every_preset_is_measured_and_cowl_exposes_nothing() {
    let document = demo(&[]);
    let reports = document["crisis"]["reports"].as_u64().unwrap();
    assert!(reports > 50);
    assert_eq!(document["presets"].as_array().unwrap().len(), 5);
    for preset in document["presets"].as_array().unwrap() {
        assert_eq!(preset["messages"], reports, "{preset}");
        assert_eq!(preset["wire_is_what_was_heard"], true);
        let roles = preset["roles"].as_array().unwrap();
        assert_eq!(
            roles.iter().map(|role| role["role"].as_str().unwrap()).collect::<Vec<_>>(),
            ["triage", "medical", "rescue"]
        );
        assert!(roles.iter().all(|role| role["read"] == reports && role["sent"] == reports), "{preset}");
        assert_eq!(preset["example"]["read"].as_array().unwrap().len(), 3);
        assert!(preset["microseconds"]["protect"]["median"].as_f64().unwrap() > 0.0);
    }

    let plain = preset(&document, "plain");
    assert!(exposed(plain) >= 5.0, "{plain}");
    assert_eq!(plain["people"]["subscriber"]["answer"], "counted");
    assert_eq!(plain["people"]["subscriber"]["people"], document["crisis"]["reporters"]);
    // The positive control: what is planted is found where nothing hides it.
    assert_eq!(plain["planted"]["found"], plain["planted"]["needles"]);
    assert_eq!(plain["study_message"]["exact"], 5);

    let cowl = preset(&document, "cowl");
    assert!(exposed(cowl) < f64::EPSILON, "{cowl}");
    assert_eq!(cowl["people"]["subscriber"]["answer"], "cannot_tell");
    assert_eq!(cowl["planted"]["leaked"], false);
    assert_eq!(cowl["planted"]["found"], 0);
    assert_eq!(cowl["bytes"]["least"], cowl["bytes"]["most"]);
    assert!(cowl["left_out"]["unknown-field"].as_u64().unwrap() >= reports, "address and user are dropped");
    // What it does not hide is measured, not hidden.
    assert_eq!(cowl["people"]["broker"]["values"], document["crisis"]["reporters"]);
    assert_eq!(cowl["people"]["broker"]["by"], "source address");
    let texts = cowl["example"]["read"].to_string();
    assert!(texts.contains("\"severity\""), "{texts}");
}

#[test]
fn the_same_seed_gives_the_same_findings() {
    let steady = |document: &Value| {
        let preset = preset(document, "minimised");
        let parts =
            ["messages", "fields", "people", "bytes", "planted", "left_out", "study_message", "roles"];
        let of_preset: Vec<Value> = parts.iter().map(|part| preset[*part].clone()).collect();
        (document["crisis"].clone(), of_preset, preset["example"]["read"].clone())
    };
    let run = |seed: &str| demo(&["--preset", "minimised", "--seed", seed]);
    let first = run("7");
    assert_eq!(steady(&first), steady(&run("7")));
    assert_ne!(steady(&first), steady(&run("8")));
}

#[test]
fn text_fits_eighty_columns_and_needs_no_colour() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
    let output =
        command.args(["demo", "--people", "6", "--preset", "plain", "--preset", "cowl"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('\u{1b}'));
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(text.contains("NOT HIDDEN YET"));
}
