//! `cowl glass`, from the folder to the plaintext, by the command itself.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; the lint knows test functions only")]

use std::{
    path::Path,
    process::{Command, Output},
};

use cowl::{
    archive::{Archive, Entry},
    formats,
    glass::Kept,
    keyring::{Reader, Sender, store_new},
    operation::Operation,
    policy_file::DEFAULT_POLICY,
    random::SystemRng,
};
use cowl_core::Surroundings;

fn cowl(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cowl")).current_dir(folder).args(arguments).output().unwrap()
}

/// Standard output of a command that must succeed.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = cowl(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Standard error of a command that must fail, and its exit code.
fn refused(folder: &Path, arguments: &[&str]) -> (String, i32) {
    let output = cowl(folder, arguments);
    assert!(output.stdout.is_empty(), "{arguments:?}");
    (String::from_utf8(output.stderr).unwrap(), output.status.code().unwrap())
}

/// The default policy with the custody that its comments describe, and the zones beside it.
fn write_policy(folder: &Path) {
    let mut is_custody = false;
    let mut text = String::new();
    for line in DEFAULT_POLICY.lines() {
        is_custody = line == "# [custody]" || is_custody && line.starts_with("# ");
        text.push_str(if is_custody { line.trim_start_matches("# ") } else { line });
        text.push('\n');
    }
    std::fs::write(folder.join("policy.toml"), text.replace("custody_size = 0", "custody_size = 175"))
        .unwrap();
    let zones = cowl::policy_file::HAITI_DEPARTMENTS;
    std::fs::write(folder.join(cowl::policy_file::HAITI_DEPARTMENTS_NAME), zones).unwrap();
}

#[test]
fn from_setup_to_plaintext() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write_policy(at);
    done(at, &["init", "ops", "--policy", "policy.toml"]);
    let (text, code) = refused(at, &["glass", "setup", "ops", "--custodians", "anna,ben"]);
    assert!(code == 2 && text.contains("3 custodians of whom it takes 2"), "{text}");
    let shares = done(at, &["glass", "setup", "ops", "--custodians", "anna,ben,chloe", "--threshold", "2"]);
    assert_eq!(shares.lines().count(), 3);

    let report = {
        let mut rng = SystemRng::new();
        let mut operation = Operation::open(&at.join("ops")).unwrap();
        let now = operation.manifest().calendar.start + 60;
        let epoch = operation.epoch_at(now);
        let phone = operation.enrol_device("phone", epoch, &mut rng).unwrap();
        store_new(&at.join("phone"), &phone.credential, epoch).unwrap();
        let medic = operation.enrol_responder("medic", &["medical".to_owned()], epoch, &mut rng).unwrap();
        store_new(&at.join("medic"), &medic.credential, epoch).unwrap();
        let mut sender = Sender::open(&at.join("phone")).unwrap();
        let reading = formats::parse(b"severity: high, lat: 18.54321, lon: -72.3388, person: Marie").unwrap();
        let around = Surroundings { counts: None, now };
        let report = sender.report(sender.manifest().policy.reduce(reading, &around).unwrap());
        let message = sender.seal(0, &report, 0).unwrap().sealed;
        let mut reader = Reader::open(&at.join("medic"), "medical", None).unwrap();
        let mut reports = Vec::new();
        reader.read(message.bytes(), 0, &mut reports).unwrap();
        let mut kept = Kept::open(&at.join("kept")).unwrap();
        kept.keep(&reports[0]);
        kept.flush().unwrap();
        let mut archive = Archive::open_or_create(&at.join("desk.archive"), reader.manifest()).unwrap();
        let entry = Entry::of(&reports[0], &reader.manifest().policy, now).unwrap();
        archive.keep("medical", &[entry]).unwrap();
        report.header().report.to_string()
    };
    let ask = ["--kept", "kept", "--by", "Rescue 4", "--reason", "does not answer"];
    // Of the archive, which whoever has one keeps anyway.
    let of_archive = ["--archive", "desk.archive", "--by", "Rescue 4", "--reason", "does not answer"];
    let draft = done(at, &[&["glass", "request", "medic", &report], of_archive.as_slice()].concat());
    let other = "07".repeat(16);
    let (text, _) = refused(at, &[&["glass", "request", "medic", &other], of_archive.as_slice()].concat());
    assert!(text.contains("no custody part of that report was kept"), "{text}");
    let (text, code) = refused(at, &["glass", "approve", "anna.share", &draft, "--yes"]);
    assert!(code == 6 && text.contains("not a request to custodians"), "{text}");
    let request = done(at, &["glass", "request", "ops", &draft]);
    let anna = done(at, &["glass", "approve", "anna.share", &request, "--yes"]);
    let (text, code) = refused(at, &["glass", "open", "ops", &request, &anna]);
    assert!(code == 6 && text.contains("1 of the 2 custodians"), "{text}");
    let ben = done(at, &["glass", "approve", "ben.share", &request, "--yes"]);
    let opened: serde_json::Value =
        serde_json::from_str(&done(at, &["glass", "open", "ops", &request, &anna, &ben])).unwrap();
    assert_eq!(
        opened,
        serde_json::json!({
            "fields": { "position": { "lat": 18.54321, "lon": -72.3388 }, "person": "Marie" },
            "agreed": ["anna", "ben"]
        })
    );
    let again = done(at, &[&["glass", "request", "ops", &report], ask.as_slice()].concat());
    let (text, code) = refused(at, &["glass", "approve", "anna.share", &again, "--yes"]);
    assert!(code == 6 && text.contains("agreed to open the same message already"), "{text}");
}

#[test]
fn an_operation_without_custody_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    done(folder.path(), &["init", "ops"]);
    let (text, code) = refused(folder.path(), &["glass", "setup", "ops", "--custodians", "a,b,c"]);
    assert!(code == 4 && text.contains("no custody part") && text.contains("[custody]"), "{text}");
}
