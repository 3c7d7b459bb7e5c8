//! `THREATS.md` names the tests that attack: each exists.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The project's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// All that stands in backticks in the columns of tests, with its line.
fn named() -> Vec<(usize, String)> {
    let text = fs::read_to_string(root().join("THREATS.md")).unwrap();
    let mut column = None;
    let mut named = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        match (cells.len() > 2, column) {
            (false, _) => column = None,
            (true, None) => column = cells.iter().position(|cell| cell.starts_with("test")),
            (true, Some(column)) => {
                let cell = cells.get(column).copied().unwrap_or_default();
                named.extend(cell.split('`').skip(1).step_by(2).map(|name| (number, name.to_owned())));
            }
        }
    }
    named
}

/// The Rust sources of all crates: path and text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![root().join("crates")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&entry).unwrap();
                sources.push((entry, text));
            }
        }
    }
    sources
}

/// Whether a name such as `props::looks`, `service::a_test`, `spec/vectors`, `cargo bench … --bench core` or `cowl demo`
/// stands for something that is there.
fn exists(name: &str, sources: &[(PathBuf, String)]) -> bool {
    let is_test =
        |text: &str| ["#[test]", "#[tokio::test", "proptest!"].iter().any(|mark| text.contains(mark));
    let file = |segments: &[&str]| {
        let path: PathBuf = segments.iter().collect();
        let [direct, module] = [path.with_extension("rs"), path.join("mod.rs")];
        let is_it = move |(path, _): &&(PathBuf, String)| path.ends_with(&direct) || path.ends_with(&module);
        sources.iter().filter(is_it)
    };
    if let Some(command) = name.strip_prefix("cargo ") {
        let target = command.split_whitespace().last().unwrap_or_default();
        return file(&[target]).next().is_some();
    }
    if let Some(command) = name.strip_prefix("cowl ") {
        let command = command.split_whitespace().next().unwrap_or_default();
        return ["", "/mod"]
            .iter()
            .any(|end| root().join(format!("crates/cowl-cli/src/commands/{command}{end}.rs")).exists());
    }
    if name.contains('/') {
        return root().join(name).exists();
    }
    let segments: Vec<_> = name.split("::").collect();
    let Some((last, before)) = segments.split_last() else { return false };
    let is_function = |(_, text): &(PathBuf, String)| text.contains(&format!("fn {last}(")) && is_test(text);
    // A folder's tests lie in the file named after it, or in those below it.
    file(&segments).any(|(_, text)| is_test(text) || text.contains("mod "))
        || (!before.is_empty() && file(before).any(is_function))
}

#[test]
fn every_test_that_the_threats_name_exists() {
    let (named, sources) = (named(), sources());
    assert!(named.len() > 25, "only {} names found", named.len());
    let missing: Vec<_> = named.iter().filter(|(_, name)| !exists(name, &sources)).collect();
    assert!(missing.is_empty(), "THREATS.md names what is not there: {missing:#?}");
}

#[test]
fn what_is_not_there_is_missed() {
    let sources = sources();
    for name in
        ["no_such_file", "service::no_such_test", "spec/no-such", "cargo bench --bench none", "cowl nothing"]
    {
        assert!(!exists(name, &sources), "{name}");
    }
}
