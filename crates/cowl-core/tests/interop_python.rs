//! The library against the implementation in Python of `spec/interop/cowl_check.py`.
//!
//! Needs an interpreter with `cryptography` 50 or later: `COWL_PYTHON` names it, else `python3` is tried. Without one
//! the tests say that they were skipped; where `CI` is set they fail instead.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests, where the lints make exceptions for the tests themselves"
)]

mod reference;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use cowl_core::{Counter, Opened, Place, Received, RoleIndex, Sealed, WalkInSealer, WalkInSuite};
use reference::{
    json,
    numbers::{self, Numbers},
    world::{self, MEDICAL, NOW, POLICY, TRIAGE},
};
use serde_json::{Value, json};

/// Messages of each kind and direction.
const EACH: u64 = 8;

/// The interpreter and the script, if the machine has them.
fn python() -> Option<Command> {
    let interpreter = std::env::var_os("COWL_PYTHON").unwrap_or_else(|| "python3".into());
    let probe = "import sys, cryptography; sys.exit(int(cryptography.__version__.split('.')[0]) < 50)";
    let found = Command::new(&interpreter)
        .args(["-c", probe])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI is set, and {} has no cryptography >= 50",
            Path::new(&interpreter).display()
        );
        println!("skipped: no Python with cryptography >= 50; set COWL_PYTHON");
        return None;
    }
    let mut command = Command::new(interpreter);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/interop/cowl_check.py"));
    Some(command)
}

#[test]
fn python_agrees_with_every_vector() {
    let Some(mut python) = python() else { return };
    let output = python.arg("vectors").arg(json::folder()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

/// The check above can fail.
#[test]
fn python_notices_one_wrong_digit() {
    let Some(mut python) = python() else { return };
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("vectors with one wrong digit");
    std::fs::create_dir_all(&folder).unwrap();
    for file in std::fs::read_dir(json::folder()).unwrap() {
        let file = file.unwrap().path();
        std::fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
    }
    let mut pseudonyms = json::read("pseudonym");
    pseudonyms["cases"][0]["pseudonym"] = "V-0000-0000".into();
    std::fs::write(folder.join("pseudonym.json"), pseudonyms.to_string()).unwrap();
    let output = python.arg("vectors").arg(&folder).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("V-0000-0000"));
}

#[test]
fn each_opens_what_the_other_sealed_with_x_wing() {
    exchange(WalkInSuite::XWing);
}

#[test]
fn each_opens_what_the_other_sealed_with_x25519() {
    exchange(WalkInSuite::X25519);
}

fn exchange(suite: WalkInSuite) {
    let Some(mut python) = python() else { return };
    let mut request = vectors_header(suite);
    let (ours, wishes) = (ours(suite), wishes(suite));
    let open = ours.iter().flat_map(|(_, message)| {
        [TRIAGE, MEDICAL].map(|role| json!({ "role": role.0, "message": hex::encode(message.bytes()) }))
    });
    request["open"] = open.collect();
    request["seal"] = wishes.clone().into();
    let answer = run(python.arg("exchange"), &request);
    let opened = answer["opened"].as_array().unwrap();
    assert_eq!(opened.len(), ours.len() * 2);
    for ((number, _), answers) in ours.iter().zip(opened.chunks(2)) {
        let bodies = world::bodies(&world::report(suite, *number));
        for (role, answer) in [TRIAGE, MEDICAL].iter().zip(answers) {
            assert_eq!(answer["answer"], "opened");
            assert_eq!(answer["body"], hex::encode(&bodies[usize::from(role.0)]));
        }
    }
    let sealed = answer["sealed"].as_array().unwrap();
    assert_eq!(sealed.len(), wishes.len());
    for (wish, message) in wishes.iter().zip(sealed) {
        let message = json::bytes(message);
        for role in [TRIAGE, MEDICAL] {
            let report = receive(suite, role, &message);
            assert_eq!(report.epoch, NOW);
            assert_eq!(hex::encode(report.header.report.0), wish["report"]);
            assert_eq!(hex::encode(&report.body), wish["bodies"][usize::from(role.0)]);
        }
    }
}

/// What the vectors' files begin with; the Python side reads the same.
fn vectors_header(suite: WalkInSuite) -> Value {
    let mut header = json::read(match suite {
        WalkInSuite::XWing => "walk-in-x-wing",
        WalkInSuite::X25519 => "walk-in-x25519",
    });
    header.as_object_mut().unwrap().remove("cases");
    header
}

/// Messages that the library sealed, with the number of the report in each.
fn ours(suite: WalkInSuite) -> Vec<(u64, Sealed)> {
    let layout = world::layout(suite);
    let manifest = world::manifest(suite);
    let sealer: WalkInSealer<'_> = manifest.walk_in_sealer(NOW, &layout).unwrap();
    let device = world::device(suite, NOW, Place(3));
    let mut rng = Numbers::new("for Python to open");
    (0..EACH)
        .flat_map(|number| {
            let report = world::report(suite, number);
            // The Python receiver is fresh for each message: the counters that it expects at first.
            let counter = Counter(u32::try_from(number % 4).unwrap());
            [
                (number, sealer.seal(&report, &mut rng).unwrap()),
                (number, device.seal(counter, &report, &mut rng).unwrap()),
            ]
        })
        .collect()
}

/// Messages that Python is to seal.
fn wishes(suite: WalkInSuite) -> Vec<Value> {
    let policy = world::policy(suite);
    let sizes: Vec<_> = policy.roles.iter().map(|role| role.size).collect();
    let publics: Vec<_> = world::walk_in_publics(suite, NOW).iter().map(hex::encode).collect();
    let roots: Vec<_> =
        world::device_roots(NOW, Place(3)).iter().map(|root| hex::encode(root.secret().expose())).collect();
    (0..EACH)
        .flat_map(|number| {
            let header = world::header(number);
            let bodies: Vec<_> =
                world::bodies(&world::report(suite, number)).iter().map(hex::encode).collect();
            let wish = json!({
                "epoch": NOW.0, "policy": POLICY.0, "report": hex::encode(header.report.0),
                "handle": hex::encode(header.handle.0), "bodies": bodies, "sizes": sizes,
            });
            let (mut walk_in, mut enrolled) = (wish.clone(), wish);
            walk_in["public keys"] = publics.clone().into();
            walk_in["bodies"].as_array_mut().unwrap().truncate(2);
            walk_in["random"] = hex::encode(numbers::bytes::<16>(&format!("message id {number}"))).into();
            enrolled["device roots"] = roots.clone().into();
            enrolled["counter"] = (number % 4).into();
            enrolled["custody"] = hex::encode(numbers::bytes::<16>("custody")).into();
            [walk_in, enrolled]
        })
        .collect()
}

fn receive(suite: WalkInSuite, role: RoleIndex, message: &[u8]) -> Opened {
    let mut reports = Vec::new();
    assert_eq!(world::receiver(suite, role).receive(message, 0, &mut reports), Ok(Received::Opened));
    reports.remove(0)
}

fn run(python: &mut Command, request: &Value) -> Value {
    let mut child = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}
