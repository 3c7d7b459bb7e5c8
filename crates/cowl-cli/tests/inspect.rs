//! `cowl inspect` on payloads of every preset, and on Cowl's own files: it explains, and changes nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; the lint knows test functions only")]

mod publish_support;

use std::{collections::BTreeMap, path::Path, process::Command};

use cowl::{formats, keyring::Sender};

use publish_support::{Ran, World, run};
use serde_json::{Value, json};

const REPORT: &[u8] = b"temperature: 39.26, severity: high, lat: 18.54, lon: -72.34, note: trapped";

/// Few places and epochs: without its state every one of them is searched, and this build is not optimised.
fn small() -> World {
    World::with_policy(|policy| policy.replace("places = 4096", "places = 64").replace("28 days", "5 days"))
}

fn inspect(arguments: &[&str], stdin: &[u8]) -> Ran {
    run(Command::new(env!("CARGO_BIN_EXE_cowl")).arg("inspect").args(arguments), stdin)
}

fn explained(arguments: &[&str], stdin: &[u8]) -> Value {
    let mut all = vec!["--json"];
    all.extend(arguments);
    let ran = inspect(&all, stdin);
    ran.ends(0);
    serde_json::from_str(&ran.out).unwrap()
}

/// So many sealed reports of the phone.
fn sealed(world: &World, count: usize) -> Vec<Vec<u8>> {
    let mut sender: Sender = world.sender("phone");
    (0..count)
        .map(|_| {
            let reading = formats::parse(REPORT).unwrap();
            let reduced = sender.manifest().policy.reduce(reading, &sender.surroundings(0)).unwrap();
            let report = sender.report(reduced);
            sender.seal(0, &report, 0).unwrap().sealed.bytes().to_vec()
        })
        .collect()
}

fn path(world: &World, name: &str) -> String {
    world.path(name).to_str().unwrap().to_owned()
}

/// Every file of a folder with its content.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.is_file());
    files.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}

#[test]
fn without_keys_a_sealed_report_is_noise_and_a_plain_one_is_open() {
    let world = small();
    let message = sealed(&world, 1).remove(0);
    let page = explained(&["-"], &message);
    assert_eq!(page["without_keys"]["randomness"], "indistinguishable");
    assert_eq!(page["without_keys"]["exposed"], "0 exact and 0 coarse fields");
    let page =
        explained(&["temperature: 256, severity: low, lat: -41.8531, lon: -118.8001, userId: 970"], b"");
    assert_eq!(page["without_keys"]["exposed"], "4 exact and 0 coarse fields");
    let text = page.to_string();
    assert!(!text.contains("970") && !text.contains("41.8531"), "examples are masked: {text}");
    let page = explained(&["-t", "owntracks/anna/phone", "x"], b"");
    assert!(page["without_keys"]["readable_in_the_topic"].is_array());
}

#[test]
fn a_manifest_shows_where_the_parts_lie() {
    let world = small();
    let message = sealed(&world, 1).remove(0);
    let manifest = path(&world, "operation/manifest.cowl");
    let page = explained(&["-", "--manifest", &manifest], &message);
    let parts = page["operation"]["parts"].as_array().unwrap();
    let roles: Vec<_> = parts.iter().map(|part| part["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["triage", "medical", "rescue", "census"]);
    assert_eq!(parts[0]["tag"], hex::encode(&message[..16]));
    assert_eq!(parts[0]["bytes"], "0..94");
    // As mosquitto_sub -F %x gives it.
    let spelled = explained(&["-", "--manifest", &manifest], (hex::encode(&message) + "\n").as_bytes());
    assert_eq!(spelled["operation"]["parts"], page["operation"]["parts"]);
    let cut = explained(&["-", "--manifest", &manifest], &message[1..]);
    assert!(cut["operation"]["this_size"].as_str().unwrap().starts_with("of no message"));
}

#[test]
fn with_keys_every_stage_comes_back_and_nothing_changes() {
    let world = small();
    let messages = sealed(&world, 200);
    let responder = path(&world, "responder");
    drop(world.reader("medical"));
    let before = files(world.folder.path());
    for number in [0, 3, 199] {
        let page = explained(&["-", "--credential", &responder, "--role", "medical"], &messages[number]);
        let opened = &page["opened"];
        assert_eq!(opened["result"], "opened: the part is authentic and belongs to this message");
        assert_eq!((&opened["number"], &opened["epoch"]), (&json!(number), &json!(0)));
        assert!(opened["from"].as_str().unwrap().starts_with("V-"));
        let fields = opened["fields"].as_array().unwrap();
        let of = |name: &str| fields.iter().find(|field| field["name"] == name).unwrap();
        assert_eq!((&of("temperature")["value"], &of("temperature")["unit"]), (&json!(39.3), &json!("°C")));
        assert_eq!(of("note")["precision"], "as reported");
        assert_eq!(of("position")["precision"], "zone at level 1km, coarser where fewer than 5 report");
        assert_eq!(of("position")["value"], "Ouest department");
    }
    let page = explained(&["-", "--credential", &responder], &messages[5]);
    let roles: Vec<_> = page["opened"].as_array().unwrap().iter().map(|one| &one["role"]).collect();
    assert_eq!(roles, ["triage", "medical", "rescue"]);
    assert_eq!(files(world.folder.path()), before);
}

#[test]
fn what_does_not_open_says_why() {
    let world = small();
    let message = sealed(&world, 1).remove(0);
    let responder = path(&world, "responder");
    let medical = ["-", "--credential", &responder, "--role", "medical", "--depth", "8"];
    let result = |bytes: &[u8]| explained(&medical, bytes)["opened"]["result"].as_str().unwrap().to_owned();
    let mut altered = message.clone();
    altered[94 + 40] ^= 1;
    assert!(result(&altered).starts_with("altered:"), "{}", result(&altered));
    assert!(result(&vec![7; message.len()]).starts_with("not opened: no device"));
    let phone = explained(&["-", "--credential", &path(&world, "phone")], &message);
    assert!(phone["opened"]["result"].as_str().unwrap().contains("by design"));
    let other = small();
    let page = explained(
        &["-", "--credential", &path(&other, "responder"), "--role", "medical", "--depth", "8"],
        &message,
    );
    assert!(page["opened"]["result"].as_str().unwrap().starts_with("not opened: no device"));
    inspect(&["x", "--credential", &responder, "--role", "census"], b"").ends(0);
    inspect(&["-", "--credential", &responder, "--role", "census"], &message)
        .ends(4)
        .says("does not read role");
}

#[test]
fn a_walk_in_opens_too() {
    let world = small();
    let manifest = world.operation.manifest().clone();
    let mut sender = cowl::keyring::WalkInSender::new(manifest.clone());
    let reduced = manifest
        .policy
        .reduce(formats::parse(REPORT).unwrap(), &cowl_core::Surroundings { counts: None, now: 0 })
        .unwrap();
    let report = sender.report(reduced);
    let message = sender.seal(&report, None).unwrap().bytes().to_vec();
    let page = explained(&["-", "--credential", &path(&world, "responder"), "--role", "rescue"], &message);
    assert_eq!(page["operation"]["message_id"], hex::encode(&message[..16]));
    assert!(page["operation"]["hint"].as_str().unwrap().contains("an epoch that is 0"));
    assert_eq!(page["opened"]["from"], "walk-in: unverified");
}

#[test]
fn fernet_tokens_show_their_time_and_open_with_their_key() {
    let world = World::dangerous("fernet");
    let token = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
    let key = world.file("key", "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    // The spec's own token of 1985, whose key is public.
    let page = explained(&[token, "--fernet-key", key.to_str().unwrap()], b"");
    assert!(page["without_keys"][0]["made_at"].as_str().unwrap().starts_with("1985-10-26"));
    assert_eq!(page["fernet"]["inside"], "hello");
    let page = explained(&[token, "--credential", &path(&world, "responder")], b"");
    assert_eq!(page["fernet"]["result"], "does not open: of another key, or altered");
}

#[test]
fn files_of_cowl_are_described_without_their_secrets() {
    let world = small();
    let beacon = world.operation.beacon(publish_support::now(), &cowl_core::Counts::default()).unwrap();
    let beacon = world.file("beacon", beacon);
    let fingerprint = world.operation.manifest().authority().fingerprint().to_string();

    let page = explained(&[&path(&world, "responder")], b"");
    assert_eq!(
        (&page["file"]["kind"], &page["file"]["roles"]),
        (&json!("responder"), &json!(["triage", "medical", "rescue"]))
    );
    assert_eq!(page["file"]["authority"], fingerprint);
    assert_eq!(page["file"]["state_beside_it"], "yes");
    let password = &world.operation.logins().node.password;
    let ran = inspect(&[&path(&world, "responder")], b"");
    assert!(!ran.ends(0).out.contains(password.as_str()));
    let page = explained(&[&path(&world, "gateway")], b"");
    assert_eq!((&page["file"]["kind"], &page["file"]["identities"]), (&json!("gateway"), &json!(10)));

    let page = explained(&[&path(&world, "operation/manifest.cowl")], b"");
    assert_eq!((&page["file"]["preset"], &page["file"]["authority"]), (&json!("cowl"), &json!(fingerprint)));
    let page = explained(&[beacon.to_str().unwrap()], b"");
    assert!(page["file"]["signed_by"].as_str().unwrap().starts_with("not verified"));
    let page = explained(&[beacon.to_str().unwrap(), "--credential", &path(&world, "phone")], b"");
    assert_eq!(page["file"]["signed_by"], "the operation's authority");
    assert!(page["file"]["counts"].as_str().unwrap().starts_with("opened: 0 zones"));
    let other = small();
    let page = explained(&[beacon.to_str().unwrap(), "--credential", &path(&other, "phone")], b"");
    assert!(page["file"]["signed_by"].as_str().unwrap().starts_with("not the authority"));

    let page = explained(&[&path(&world, "phone.state")], b"");
    assert!(page["file"]["belongs"].as_str().unwrap().contains("no backup"));
}

#[test]
fn bad_arguments_are_refused() {
    inspect(&["--hex", "abc"], b"").ends(3).says("not hexadecimal");
    inspect(&["--base64", "a*"], b"").ends(3).says("not base64");
    inspect(&["/"], b"").ends(2).says("is a folder");
    let world = small();
    let page = explained(&["", "--manifest", &path(&world, "operation/manifest.cowl")], b"");
    assert_eq!(page["without_keys"]["format"], "empty");
    let wrong = world.file("wrong", "not a manifest");
    inspect(&["x", "--manifest", wrong.to_str().unwrap()], b"").ends(4).says("not a manifest, or cut short");
}
