//! `cowl page` from the tap to the responder: what a browser seals arrives, reduced, and says what the page said; without a network it
//! waits; what was sent can be taken back; and whatever people type, no script runs.
#![cfg(target_os = "linux")]
#![allow(missing_docs, reason = "a test")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test fails by panicking"
)]

mod page_support;
mod publish_support;

use std::process::Command;

use cowl::{
    client::{Topics, anonymous_options},
    consent::{Asked, Receipt, WithdrawalCode},
    transport::{Publication, Publisher, Qos, Version},
};
use cowl_core::{MemberId, schedule::erasure_handle};
use page_support::{Browser, Page};
use publish_support::{
    World, cowl_pub, endpoint, now, port,
    recorder::{Manners, Recorder, packets},
    run, runtime,
};
use serde_json::{Value, json};

/// An operation where a phone number leaves only if its owner says so, and whose beacons come soon.
fn world() -> World {
    World::with_policy(|policy| {
        policy.replace("beacon_every = \"5min\"", "beacon_every = \"2s\"")
            + "\n[notice]\ncontact = \"the red tent\"\nchoice = [\"contact\", \"person\"]\n"
    })
}

#[test]
fn a_report_arrives_as_the_page_said_and_can_be_taken_back() {
    let mut world = world();
    let broker = world.broker();
    world.announce(port(&broker), now());
    let mut ear = world.ear(port(&broker));
    let page = Page::start(world.operation.folder(), port(&broker));
    let Some(mut browser) = Browser::start(&page, "report") else { return };

    let filled = browser.next();
    // Nothing left before the tap: what was asked for is what everybody asks for.
    let asked: Vec<_> = filled["asked"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let notices = ["GET/op/beacon", "GET/op/dispatch", "GET/op/manifest", "GET/op/words", "GET/op/notice"];
    assert!(
        asked.iter().all(|one| notices.contains(one) || *one == "GET/sw.js" || !one.contains("/op/")),
        "{asked:?}"
    );
    assert!(!asked.contains(&"WS"), "{asked:?}");
    assert_eq!(filled["urgency"], "critical");
    assert!(filled["rows"].as_u64().unwrap() >= 7, "{filled}");
    let readers: Vec<&str> =
        filled["readers"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    let told = |role: &str| *readers.iter().find(|text| text.starts_with(role)).unwrap();
    assert!(
        told("Rescue").contains("+509 3411 0000")
            && !told("Triage").contains("3411")
            && !told("Medical").contains("3411")
    );
    assert!(told("Medical").contains("two children <b>here</b>"));
    browser.goes_on();

    let sent = browser.next();
    let code = WithdrawalCode::parse(sent["words"].as_str().unwrap()).unwrap();
    let messages = ear.hear(1);
    let (triage, reports, _) = world.read("triage", &messages);
    assert_eq!(triage[0]["severity"], "critical");
    assert!(triage[0].get("note").is_none() && triage[0].get("lat").is_none(), "{triage:?}");
    let (medical, ..) = world.read("medical", &messages);
    assert_eq!(medical[0]["note"], "two children <b>here</b>");
    let (rescue, ..) = world.read("rescue", &messages);
    assert_eq!(rescue[0]["contact"], "+509 3411 0000");
    // Too few report from there for anything finer than the fallback.
    assert!(rescue[0].to_string().contains("Ouest"), "{rescue:?}");
    let manifest = world.operation.manifest().clone();
    let handle = erasure_handle(&code.seed(), manifest.operation, reports[0].epoch);
    assert_eq!(reports[0].header.handle, handle, "her words find what was sent");
    assert_eq!(scanned(&sent).to_lowercase(), sent["words"].as_str().unwrap());
    let text = sent["receipt"].as_str().unwrap();
    let receipt = Receipt::parse(text.as_bytes()).unwrap();
    assert!(receipt.is_of(&code) && receipt.asked() == Asked::Herself);
    assert!(receipt.is_confirmed_by(&manifest).unwrap());
    assert!(!text.contains("3411") && !text.contains("children"), "{text}");

    help_is_coming(&world, port(&broker), &messages[0]);
    browser.goes_on();
    let after = browser.next();
    assert!(after["help"].as_str().unwrap().contains("Help is coming"), "{after}");
    // The list is the one that the command makes.
    let words = world.file("words.txt", sent["words"].as_str().unwrap());
    let mut withdraw = Command::new(env!("CARGO_BIN_EXE_cowl"));
    withdraw.arg("withdraw").arg(words).arg("--manifest").arg(world.operation.folder().join("manifest.cowl"));
    withdraw.args(["--authority", &manifest.authority().fingerprint().to_string()]);
    let made = run(&mut withdraw, b"");
    made.ends(0);
    assert_eq!(after["withdrawal"], made.out);
    browser.ends();
}

/// A responder of role `medical` says that help is coming to this report, and the service publishes it.
fn help_is_coming(world: &World, port: u16, message: &[u8]) {
    let mut reader = world.reader("medical");
    reader.tell_help();
    let mut reports = Vec::new();
    reader.read(message, 0, &mut reports).unwrap();
    let key = reports[0].help.clone().expect("a help key");
    world.operation.help_is_coming(MemberId([1; 16]), &[key], now()).unwrap();
    let manifest = world.operation.manifest();
    let dispatch = world.operation.dispatch(now(), &mut cowl::random::SystemRng::new()).unwrap();
    let login = world.operation.logins().operator.to_credential();
    let options = anonymous_options(manifest, Some(&login), Version::V5).unwrap();
    let topic = Topics::of(manifest).dispatch().unwrap();
    runtime().block_on(async {
        let publisher = Publisher::connect(&endpoint(port), &options).await.unwrap();
        publisher.publish(Publication::new(topic, dispatch, Qos::AtLeastOnce).retained()).await.unwrap();
        publisher.disconnect().await.unwrap();
    });
}

/// What another reader sees in the page's QR code.
fn scanned(sent: &Value) -> String {
    const SCALE: usize = 4;
    let size = sent["size"].as_u64().unwrap() as usize;
    let mut picture = vec![255_u8; size * SCALE * size * SCALE];
    for square in sent["path"].as_str().unwrap().split('M').skip(1) {
        let mut numbers = square.split(|symbol: char| !symbol.is_ascii_digit()).map(str::parse::<usize>);
        let (x, y) = (numbers.next().unwrap().unwrap(), numbers.next().unwrap().unwrap());
        for (dy, dx) in (0..SCALE).flat_map(|dy| (0..SCALE).map(move |dx| (dy, dx))) {
            picture[(y * SCALE + dy) * size * SCALE + x * SCALE + dx] = 0;
        }
    }
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(size * SCALE, size * SCALE, |x, y| {
        picture[y * size * SCALE + x]
    });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "one code");
    grids[0].decode().unwrap().1
}

#[test]
fn without_a_network_it_waits_sealed_and_leaves_later() {
    let mut world = world();
    let broker = world.broker();
    world.announce(port(&broker), now());
    let mut ear = world.ear(port(&broker));
    let page = Page::start(world.operation.folder(), port(&broker));
    let Some(mut browser) = Browser::start(&page, "offline") else { return };
    let kept = browser.next();
    let entry = kept["kept"][0].as_object().unwrap();
    // Sealed bytes and until when: no value, no time of making, no code.
    let mut names: Vec<_> = entry.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["from", "id", "payload", "topic", "until"]);
    assert_eq!(entry["payload"], json!(world.operation.manifest().layout().walk_in_len()));
    browser.goes_on();
    let bare = browser.next();
    assert_eq!(bare["bare"], 0, "what cannot be kept is not offered");
    browser.ends();
    let (values, ..) = world.read("triage", &ear.hear(2));
    assert_eq!(values, [json!({"severity": "low"}), json!({"severity": "high"})]);
}

#[test]
fn whatever_people_type_and_read_nothing_breaks() {
    let mut world = world();
    let broker = world.broker();
    world.announce(port(&broker), now());
    let page = Page::start(world.operation.folder(), port(&broker));
    let Some(browser) = Browser::start(&page, "hostile") else { return };
    let said = browser.next();
    assert_eq!(said, json!({ "left": 0, "answered": 1, "assisted": 1 }));
    let refused = browser.next();
    assert!(refused["refused"].as_str().unwrap().contains("not signed by the organisation"), "{refused}");
    browser.ends();
}

/// The broker sees of a report from the page what it sees of any other walk-in's: the same packets of the same lengths, and the
/// same bytes but for client id and payload.
#[test]
fn on_the_broker_it_looks_like_every_other_walk_in() {
    let mut world = world();
    let recorder = Recorder::start(Manners::Good);
    world.operation.refresh(world.operation.epoch_at(now()), &mut cowl::random::SystemRng::new()).unwrap();
    let page = Page::start(world.operation.folder(), recorder.port());
    let Some(browser) = Browser::start(&page, "post") else { return };
    browser.ends();
    let login = world.operation.logins().walk_in.to_credential();
    let manifest = world.operation.folder().join("manifest.cowl");
    let fingerprint = world.operation.manifest().authority().fingerprint().to_string();
    let mut other = cowl_pub();
    other.arg("--manifest").arg(manifest).args([
        "--authority",
        &fingerprint,
        "-u",
        &login.user,
        "-P",
        &login.password,
    ]);
    other.args([
        "-h",
        "127.0.0.1",
        "-p",
        &recorder.port().to_string(),
        "-q",
        "1",
        "--beacon-wait",
        "0",
        "-m",
        "severity: low",
    ]);
    run(&mut other, b"").ends(0);
    let reports: Vec<Vec<u8>> = recorder
        .recorded()
        .into_iter()
        .filter(|bytes| packets(bytes).iter().any(|packet| packet.kind() == 3))
        .collect();
    assert_eq!(reports.len(), 2, "one of each");
    let [page, other] = [&reports[0], &reports[1]];
    assert_eq!(kinds(page), kinds(other));
    assert_eq!(kinds(page), [1, 3, 14]);
    assert_eq!(page.len(), other.len());
    let payload = world.operation.manifest().layout().walk_in_len();
    // Client ids of 22 letters stand behind the properties; all before and after is the same, up to the payload.
    let id = 2 + 10 + 9 + 2;
    let start = page.len() - 2 - payload;
    assert_eq!(page[..id], other[..id]);
    assert_eq!(page[id + 22..start], other[id + 22..start]);
    assert_ne!(page[id..id + 22], other[id..id + 22]);
}

fn kinds(bytes: &[u8]) -> Vec<u8> {
    packets(bytes).iter().map(publish_support::recorder::Packet::kind).collect()
}
