//! The spec names vectors that exist, and every vector that is refused stands in the spec.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves"
)]

use std::collections::BTreeSet;

const FILES: [&str; 21] = [
    "beacon",
    "body",
    "bulletin",
    "bundle",
    "credential",
    "custody",
    "dispatch",
    "enrolled",
    "erasures",
    "exchange",
    "mailbox",
    "manifest",
    "places",
    "policy",
    "pseudonym",
    "relay-x-wing",
    "relay-x25519",
    "schedule",
    "tokens",
    "walk-in-x-wing",
    "walk-in-x25519",
];

/// `file#name` of every case, and of those that end in a refusal.
fn vectors() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut all, mut bad) = (BTreeSet::new(), BTreeSet::new());
    for file in FILES {
        let path = format!("{}/../../spec/vectors/{file}.json", env!("CARGO_MANIFEST_DIR"));
        let vectors: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for case in vectors["cases"].as_array().unwrap() {
            let name = format!("{file}#{}", case["name"].as_str().unwrap());
            if case["class"] != "good" {
                bad.insert(name.clone());
            }
            assert!(all.insert(name.clone()), "{name} twice");
        }
    }
    (all, bad)
}

/// RFC 9497's own vectors have a form of their own.
#[test]
fn no_file_of_vectors_is_left_out() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/vectors");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".json").map(String::from))
        .collect();
    let held: BTreeSet<String> = FILES.into_iter().chain(["voprf-rfc9497"]).map(String::from).collect();
    assert_eq!(files, held);
}

#[test]
fn spec_and_vectors_name_each_other() {
    let (all, bad) = vectors();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/cowl.md");
    let spec = std::fs::read_to_string(path).unwrap().replace('\n', " ");
    let named: BTreeSet<String> = spec
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| FILES.iter().any(|file| code.starts_with(&format!("{file}#"))))
        .map(String::from)
        .collect();
    assert!(named.len() > 100, "the spec names its vectors");
    let missing: Vec<_> = named.difference(&all).collect();
    assert!(missing.is_empty(), "named in the spec, and in no file: {missing:#?}");
    let unnamed: Vec<_> = bad.difference(&named).collect();
    assert!(unnamed.is_empty(), "refused, and not in the spec: {unnamed:#?}");
}

/// Sections follow each other without a gap, and the contents name each.
#[test]
fn sections_are_numbered_without_gaps_and_stand_in_the_contents() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/cowl.md");
    let spec = std::fs::read_to_string(path).unwrap();
    let (mut section, mut part) = (0, 0);
    for line in spec.lines() {
        if let Some(title) = line.strip_prefix("## ").filter(|title| *title != "Contents") {
            (section, part) = (section + 1, 0);
            let (number, name) = title.split_once(' ').unwrap();
            assert_eq!(number, section.to_string(), "{line}");
            assert!(
                spec.contains(&format!("\n{number}. [{name}](#{number}-")),
                "not in the contents: {line}"
            );
        } else if let Some(title) = line.strip_prefix("### ") {
            part += 1;
            assert!(title.starts_with(&format!("{section}.{part} ")), "{line}, and not {section}.{part}");
        }
    }
    assert_eq!(section, 16);
}

/// Sections that the code cites are there.
#[test]
fn every_section_that_the_code_cites_exists() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/cowl.md");
    let spec = std::fs::read_to_string(path).unwrap();
    let sections: BTreeSet<String> = spec
        .lines()
        .filter(|line| line.starts_with("## ") || line.starts_with("### "))
        .filter_map(|line| line.trim_start_matches('#').split_whitespace().next().map(String::from))
        .collect();
    let crates = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut folders = vec![std::path::PathBuf::from(crates)];
    let mut cited = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for citation in text.split("spec §").skip(1) {
                    let number: String =
                        citation.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
                    let number = number.trim_end_matches('.');
                    if !number.is_empty() {
                        cited += 1;
                        assert!(sections.contains(number), "{}: spec §{number}", path.display());
                    }
                }
            }
        }
    }
    assert!(cited > 50, "{cited}");
}
