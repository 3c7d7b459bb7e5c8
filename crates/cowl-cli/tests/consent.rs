//! What a person is told, asked and given by `cowl pub`: in her language, on her terminal.
#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod publish_support;

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use cowl::consent::{Asked, Receipt, WithdrawalCode};
use cowl_core::{ErasureHandle, schedule::erasure_handle};
use publish_support::{World, dead_port, port};
use serde_json::json;

const REPORT: &str = "severity: critical, contact: +509 3411 0000, person: Marie";

/// An operation where a phone number leaves only if its owner says so.
fn world() -> World {
    World::with_policy(|policy| {
        policy
            + "\n[notice]\ncontact = \"the red tent\"\nchoice = [\"contact\"]\n\
               [notice.translations.fr]\n\"the red tent\" = \"la tente rouge\"\n"
    })
}

/// Runs `cowl pub --confirm` on a terminal, and types these lines.
fn on_a_terminal(world: &World, port: u16, arguments: &str, typed: &str) -> (Option<i32>, String) {
    let line = format!(
        "'{}' pub --credential '{}' -h 127.0.0.1 -p {port} -q 1 --beacon-wait 0 --confirm -m '{REPORT}' {arguments}",
        env!("CARGO_BIN_EXE_cowl"),
        world.path("phone").display(),
    );
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.env("LANG", "C.UTF-8").env_remove("LC_ALL").spawn().unwrap();
    let mut terminal = child.stdin.take().unwrap();
    terminal.write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(terminal);
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn she_is_told_and_asked_in_her_language_and_gets_a_receipt() {
    let world = world();
    let broker = world.broker();
    let mut ear = world.ear(port(&broker));
    let receipt = world.path("receipt.jsonld");
    let arguments = format!("--language fr --receipt '{}'", receipt.display());
    let (code, shown) = on_a_terminal(&world, port(&broker), &arguments, "oui\no\n");
    assert_eq!(code, Some(0), "{shown}");
    for line in [
        "Avant d'envoyer : qui lit quoi, et pourquoi",
        "À qui s'adresser : la tente rouge",
        "Envoyer aussi ceci : Numéro de téléphone ? [oui/non]",
        "Envoyer ce signalement ? [oui/non]",
        "Vos douze mots.",
    ] {
        assert!(shown.contains(line), "no {line:?} in: {shown}");
    }
    let after = shown.split("Vos douze mots.").nth(1).unwrap();
    let words = after.lines().map(str::trim).find(|line| line.split(' ').count() == 12).unwrap();
    let written = WithdrawalCode::parse(words).unwrap();

    let (values, reports, _) = world.read("rescue", &ear.hear(1));
    assert_eq!(values, [json!({"severity": "critical", "contact": "+509 3411 0000", "person": "Marie"})]);
    let operation = world.operation.manifest().operation;
    let handle = erasure_handle(&written.seed(), operation, reports[0].epoch);
    assert_eq!(reports[0].header.handle, handle, "what was sent is found by her words");

    let text = std::fs::read_to_string(&receipt).unwrap();
    let read = Receipt::parse(text.as_bytes()).unwrap();
    assert!(read.is_of(&written) && read.says_confirmed() && read.asked() == Asked::Herself);
    assert!(read.is_confirmed_by(world.operation.manifest()).unwrap());
    assert_eq!(unnamed(&from_the_page(&world, &text, words)), unnamed(&text), "the page writes the same");
    for secret in [words, "3411", "Marie", &hex::encode(reports[0].header.report.0), &hex::encode(handle.0)] {
        assert!(!text.contains(secret), "{secret}");
    }
}

/// The receipt that the victim's page (`crates/cowl-web`, in Node) gives for the same answer.
fn from_the_page(world: &World, receipt: &str, words: &str) -> String {
    let receipt: serde_json::Value = serde_json::from_str(receipt).unwrap();
    let told = &receipt["dpv:hasNotice"];
    let day = receipt["dct:date"]["@value"].as_str().unwrap();
    let manifest = world.operation.manifest();
    let path = world.path("for-the-page.cowl");
    std::fs::write(&path, manifest.bytes()).unwrap();
    let ask = json!({
        "fingerprint": manifest.authority().fingerprint().to_string(), "language": told["dct:language"],
        "notice": told["cowl:sha256"], "asked": "herself", "chosen": ["contact"], "words": words,
        "now": cowl_core::unix_seconds(day).unwrap(),
    });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../cowl-web/tests/receipt.mjs");
    let mut node = Command::new("node");
    node.arg(script).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = node.spawn().unwrap_or_else(|error| panic!("node, which .ci/run installs: {error}"));
    child.stdin.take().unwrap().write_all(ask.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// All but the random number.
fn unnamed(receipt: &str) -> String {
    receipt.lines().filter(|line| !line.contains("\"@id\": \"urn:uuid:")).collect()
}

#[test]
fn a_no_to_one_field_sends_the_rest_and_a_no_to_all_sends_and_writes_nothing() {
    let world = world();
    let broker = world.broker();
    let mut ear = world.ear(port(&broker));
    let receipt = world.path("receipt.jsonld");
    let arguments = format!("--language es --receipt '{}' --on-behalf", receipt.display());
    let (code, shown) = on_a_terminal(&world, port(&broker), &arguments, "no\nno\n");
    assert_eq!(code, Some(3), "{shown}");
    assert!(shown.contains("¿Enviar este aviso? [sí/no]") && !receipt.exists(), "{shown}");
    let (code, shown) = on_a_terminal(&world, port(&broker), &arguments, "no\nsí\n");
    assert_eq!(code, Some(0), "{shown}");
    // Only the contact is the operation's own word without a translation.
    assert!(shown.contains("not translated into `es`, of the policy's own texts: 1;"), "{shown}");
    let (values, ..) = world.read("rescue", &ear.hear(1));
    assert_eq!(values, [json!({"severity": "critical", "person": "Marie"})]);
    let read = Receipt::parse(&std::fs::read(&receipt).unwrap()).unwrap();
    assert_eq!(read.asked(), Asked::SomeoneElse);
}

/// Without a person who says so, nothing that is off by default leaves, and no code is drawn.
#[test]
fn who_could_not_be_asked_sends_what_is_on_by_default() {
    let world = world();
    let broker = world.broker();
    let mut ear = world.ear(port(&broker));
    let at = port(&broker);
    let send = |more: &[&str]| {
        let arguments = [&["-q", "1", "--beacon-wait", "0", "-m", REPORT], more].concat();
        world.publish("phone", at, &arguments)
    };
    send(&[]).ends(0);
    send(&["--share", "contact"]).ends(0);
    let receipt = world.path("receipt.jsonld");
    let ran = send(&["--could-not-ask", "--receipt", receipt.to_str().unwrap()]);
    ran.ends(0);
    let written = WithdrawalCode::parse(&ran.out).unwrap();
    let (mut values, reports, _) = world.read("rescue", &ear.hear(3));
    assert_eq!(values.remove(1)["contact"], json!("+509 3411 0000"));
    assert_eq!(
        values,
        [
            json!({"severity": "critical", "person": "Marie"}),
            json!({"severity": "critical", "person": "Marie"})
        ]
    );
    assert_eq!(
        (reports[0].header.handle, reports[1].header.handle),
        (ErasureHandle::NONE, ErasureHandle::NONE)
    );
    let operation = world.operation.manifest().operation;
    assert_eq!(reports[2].header.handle, erasure_handle(&written.seed(), operation, reports[2].epoch));
    assert_eq!(Receipt::parse(&std::fs::read(&receipt).unwrap()).unwrap().asked(), Asked::NotPossible);
    // A receipt is never overwritten, and none is given for an answer that nobody gave.
    send(&["--could-not-ask", "--receipt", receipt.to_str().unwrap()]).ends(7).says("is not overwritten");
    let other = world.path("other.jsonld");
    send(&["--receipt", other.to_str().unwrap()]).ends(2).says("nobody is asked");
    send(&["--share", "person"]).ends(2).says("these are: contact");
    world
        .publish("phone", dead_port(), &["-m", REPORT, "--language", "de"])
        .ends(2)
        .says("no notice in that language");
}
