//! From a report to its erasure: kept by `cowl sub --archive`, withdrawn by its code, gone from the archive and from a backup
//! of before, as `cowl erase --verify` finds by opening bytes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; the lint knows test functions only"
)]

mod publish_support;
mod subscribe_support;

use std::{fs, path::Path, process::Command};

use cowl::{
    client::{Topics, anonymous_options},
    consent::WithdrawalCode,
    random::SystemRng,
    transport::{Publication, Publisher, Qos, Version},
};
use publish_support::{Ran, World, endpoint, port, run, runtime};
use subscribe_support::subscribe;

fn cowl(arguments: &[&str]) -> Ran {
    run(Command::new(env!("CARGO_BIN_EXE_cowl")).args(arguments), b"")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Publishes a list of erase orders as the operation's service does.
fn retain(world: &World, port: u16, list: Vec<u8>) {
    let manifest = world.operation.manifest();
    let login = world.operation.logins().operator.to_credential();
    let options = anonymous_options(manifest, Some(&login), Version::V5).unwrap();
    let topic = Topics::of(manifest).erasures().unwrap();
    runtime().block_on(async {
        let publisher = Publisher::connect(&endpoint(port), &options).await.unwrap();
        publisher.publish(Publication::new(topic, list, Qos::AtLeastOnce).retained()).await.unwrap();
        publisher.disconnect().await.unwrap();
    });
}

/// The same two reports for others: with the folder's policy, or with a manifest that came by hand.
fn shares(archive: &Path, operation: &Path) {
    let export = |arguments: &[&str]| {
        let ended = cowl(&[&["archive", "export", text(archive)], arguments].concat());
        ended.ends(0);
        ended
    };
    let folder = ["--operation", text(operation)];
    let geojson = export(&[&folder[..], &["--format", "geojson"]].concat()).out;
    let features: serde_json::Value = serde_json::from_str(&geojson).unwrap();
    let colours = |index: usize| features["features"][index]["properties"]["triage"].as_str().unwrap();
    let mut seen = [colours(0), colours(1)];
    seen.sort_unstable();
    assert_eq!(seen, ["green", "yellow"]);
    let manifest = operation.join("manifest.cowl");
    let by_hand = ["--not-logged", "--manifest", text(&manifest)];
    let again = export(&[&by_hand[..], &["--format", "geojson"]].concat());
    again.says("this export is in no log");
    assert_eq!(again.out, geojson);
    let cot = export(&[&folder[..], &["--format", "cot"]].concat()).out;
    assert!(cot.lines().count() == 2 && cot.contains("type=\"b-r-f-h-c\""), "{cot}");
    let counts = export(&[&folder[..], &["--format", "hxl", "--counts"]].concat()).out;
    assert!(counts.lines().any(|line| line == "other zones,,,,,all,<5"), "{counts}");
    for (arguments, says) in [
        (vec!["--not-logged", "--format", "hxl"], "say --manifest FILE"),
        (vec!["--not-logged", "--counts"], "counts are written with"),
        (vec!["--not-logged", "--counts", "--format", "cot"], "one report"),
    ] {
        let refused = cowl(&[&["archive", "export", text(archive)], &arguments[..]].concat());
        refused.ends(2).says(says);
    }
    let log = cowl(&["log", "show", text(operation)]).out;
    for word in ["reports-geojson", "reports-cot", "counts-hxl"] {
        assert!(log.contains(word), "{log}");
    }
}

#[test]
fn a_withdrawal_reaches_the_archive_and_every_backup_of_it() {
    let world = World::new();
    let broker = world.broker();
    let archive = world.path("desk.archive");
    subscribe(&world, port(&broker), &["--role", "medical", "-E"]).ends(0);
    let code = WithdrawalCode::draw(&mut SystemRng::new());
    let words = world.file("words.txt", code.to_words().as_bytes());
    let report = |severity: &str| format!("severity: {severity}, lat: 18.54, lon: -72.34");
    let withdrawn = ["-m", &report("high"), "-q", "1", "--withdrawal", text(&words)];
    world.publish("phone", port(&broker), &withdrawn).ends(0);
    world.publish("phone", port(&broker), &["-m", &report("low"), "-q", "1"]).ends(0);
    let keep = ["--role", "medical", "-C", "2", "--archive", text(&archive)];
    subscribe(&world, port(&broker), &keep).ends(0).says("archived: 2");

    let export = ["archive", "export", text(&archive), "--operation"];
    let operation = world.operation.folder();
    let before = cowl(&[&export[..], &[text(operation)]].concat());
    before.ends(0);
    assert_eq!(before.out.lines().count(), 2);
    let truth = world.file("before.jsonl", &before.out);
    shares(&archive, operation);
    cowl(&["log", "show", text(operation)]).ends(0);
    let backup = world.path("monday.db");
    fs::copy(&archive, &backup).unwrap();
    let wal = world.path("desk.archive-wal");
    if wal.exists() {
        fs::copy(wal, world.path("monday.db-wal")).unwrap();
    }
    let old_key = fs::read(world.path("desk.archive.key")).unwrap();

    let withdrawal = world.path("withdrawal.txt");
    let phone = world.path("phone");
    let made = ["withdraw", text(&words), "--credential", text(&phone), "--out", text(&withdrawal)];
    cowl(&made).ends(0);
    let list = world.path("orders");
    let order = ["erase", text(operation), "--withdrawal", text(&withdrawal), "--out", text(&list)];
    let ordered = cowl(&order);
    ordered.ends(0);
    assert!(ordered.out.contains("not confirmed: responder"), "{}", ordered.out);

    cowl(&["archive", "erase", text(&archive), "--list", text(&list)]).ends(0).says("erased 1 report");
    assert_eq!(cowl(&["archive", "list", text(&archive)]).out.lines().count(), 1);
    let verify = ["erase", "--verify", text(&archive), "--truth", text(&truth), "--backup", text(&backup)];
    let verified = cowl(&verify);
    verified.ends(0);
    assert!(verified.out.contains("erased reports that still open: 0 of 1"), "{}", verified.out);
    assert!(verified.out.contains("kept reports that open: 1 of 1"), "{}", verified.out);

    // The control: a disk on which the old store key still lies gives the report away.
    let image = world.file("disk.img", [vec![0; 4_096], old_key].concat());
    let found = cowl(&[&verify[..], &["--image", text(&image)]].concat());
    found.ends(8);
    assert!(found.out.contains("erased reports that still open: 1 of 1"), "{}", found.out);

    let status = cowl(&["archive", "status", text(&archive)]);
    let list =
        status.out.lines().find_map(|line| line.strip_prefix("erase orders obeyed up to list ")).unwrap();
    let confirm = ["erase", text(operation), "--confirm", "responder", "--obeyed", list, "--list"];
    let left = cowl(&confirm);
    left.ends(0);
    assert!(!left.out.contains("not confirmed: responder"), "{}", left.out);
    let status = cowl(&["erase", text(operation), "--status"]);
    status.ends(0);
    assert!(status.out.contains("  responder, responder: carried out"), "{}", status.out);
    assert!(status.out.contains("  gateway, gateway: not reached yet"), "{}", status.out);
}

#[test]
fn an_order_on_the_broker_reaches_a_reader_by_itself() {
    let world = World::new();
    let broker = world.broker();
    let archive = world.path("desk.archive");
    let keep = ["--role", "medical", "--archive", text(&archive)];
    subscribe(&world, port(&broker), &["--role", "medical", "-E"]).ends(0);
    world.publish("phone", port(&broker), &["-m", "severity: high", "-q", "1"]).ends(0);
    subscribe(&world, port(&broker), &[&keep[..], &["-C", "1"]].concat()).ends(0).says("archived: 1");
    let tomorrow = publish_support::now() + 86_400;
    let epoch = world.operation.epoch_at(tomorrow);
    world.operation.erase(&[cowl_core::Erasure::Before(epoch)], publish_support::now()).unwrap();
    let list = world.operation.erasure_list(publish_support::now(), &mut SystemRng::new()).unwrap();
    retain(&world, port(&broker), list);
    let ran = subscribe(&world, port(&broker), &[&keep[..], &["-W", "2"]].concat());
    ran.ends(27).says("erased 1 report");
    assert_eq!(cowl(&["archive", "list", text(&archive)]).out, "");
}
