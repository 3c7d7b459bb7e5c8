//! `cowl relay` between phones and the operation's broker: what phones wrap arrives unwrapped, from the relay's connection, and nothing that
//! a phone sent is ever in the mailbox.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod kill_support;
mod publish_support;
mod subscribe_support;

use std::{collections::HashSet, process::Command};

use cowl::{keyring::store_new, random::SystemRng};
use cowl_core::Layout;
use kill_support::{Program, free_port};
use publish_support::{
    World, cowl_pub, now, port,
    recorder::{Cutter, packets},
    run,
};
use serde_json::Value;
use subscribe_support::Running;

#[test]
fn phones_report_by_a_relay() {
    let mut world = world("off");
    let broker = world.broker();
    let at = port(&broker);
    world.announce(at, now());
    let mut ear = world.ear(at);
    let reader = Running::start(&world, at, &["--role", "medical", "-q", "1", "-d"]);
    reader.hears("connected and subscribed");
    let (_relay, door) = relay(&world, at);
    // Before the relay: all that phones send, byte for byte.
    let tap = Cutter::start(door, usize::MAX);
    let place = format!("127.0.0.1:{}", tap.port());

    let enrolled: Vec<String> = (0..20).map(|number| format!("temp: 20, note: {number}\n")).collect();
    let mut phone = cowl_pub();
    phone.arg("--credential").arg(world.path("phone")).args(["--relay", &place, "-l", "-q", "1"]);
    run(&mut phone, enrolled.concat().as_bytes()).ends(0).says("20 reports sent");
    let fingerprint = world.operation.manifest().authority().fingerprint().to_string();
    let mut stranger = cowl_pub();
    stranger.arg("--manifest").arg(world.path("operation/manifest.cowl"));
    stranger.args(["--authority", &fingerprint, "--relay", &place, "-m", "note: 20", "-q", "1"]);
    run(&mut stranger, b"").ends(0);

    let notes: HashSet<String> = (0..21).map(|_| note(&reader.next())).collect();
    assert_eq!(notes, (0..21).map(|number| number.to_string()).collect());
    let layout = Layout::of(&world.operation.manifest().policy);
    let heard = ear.hear_all(21);
    let sizes: Vec<usize> = heard.iter().map(Vec::len).collect();
    assert_eq!(sizes.iter().filter(|size| **size == layout.enrolled_len()).count(), 20, "{sizes:?}");
    assert_eq!(sizes.iter().filter(|size| **size == layout.walk_in_len()).count(), 1, "{sizes:?}");
    // Nothing of what a phone sent comes out again: not the bytes, and not a piece of them.
    let sent: Vec<Vec<u8>> = tap
        .recorded()
        .iter()
        .flat_map(|bytes| packets(bytes))
        .filter(|packet| packet.kind() == 3)
        .map(|packet| packet.payload().to_vec())
        .collect();
    assert_eq!(sent.len(), 21);
    let pieces: HashSet<&[u8]> = sent.iter().flat_map(|message| message.windows(16)).collect();
    let again =
        heard.iter().flat_map(|message| message.windows(16)).filter(|piece| pieces.contains(piece)).count();
    assert_eq!(again, 0, "pieces of 16 bytes on both sides of the relay");
}

/// What was acknowledged to the phone outlives the relay and comes once, whatever is sent to it again.
#[test]
fn a_relay_that_is_killed_loses_nothing_and_takes_nothing_twice() {
    let mut world = world("off");
    let broker = world.broker();
    let at = port(&broker);
    world.announce(at, now());
    let reader = Running::start(&world, at, &["--role", "medical", "-q", "1", "-d"]);
    reader.hears("connected and subscribed");
    // Nobody is at the other end of its uplink yet.
    let (mut relay, door) = relay_with(&world, free_port(), "listening on");
    let tap = Cutter::start(door, usize::MAX);
    let place = format!("127.0.0.1:{}", tap.port());
    let mut phone = cowl_pub();
    phone.arg("--credential").arg(world.path("phone")).args([
        "--relay",
        &place,
        "-m",
        "note: once",
        "-q",
        "1",
    ]);
    run(&mut phone, b"").ends(0);
    relay.kill();
    let (_relay, again) = relay_with(&world, at, "uplink connected");
    assert_eq!(note(&reader.next()), "once");
    // The very bytes once more, as a broker or whoever listens on the way could.
    let bytes = tap.recorded().concat();
    let wrapped = packets(&bytes).into_iter().find(|packet| packet.kind() == 3).unwrap().payload().to_vec();
    replay(&world, again, &wrapped);
    let mut phone = cowl_pub();
    let place = format!("127.0.0.1:{again}");
    phone.arg("--credential").arg(world.path("phone")).args([
        "--relay",
        &place,
        "-m",
        "note: last",
        "-q",
        "1",
    ]);
    run(&mut phone, b"").ends(0);
    assert_eq!(note(&reader.next()), "last", "the replay was shown");
}

fn note(report: &Value) -> String {
    report["note"].as_str().unwrap().to_owned()
}

fn world(slot: &str) -> World {
    let mut world = World::with_policy(|policy| {
        let own = policy.lines().find(|line| line.starts_with("slot = ")).unwrap().to_owned();
        policy.replace(&own, &format!("slot = \"{slot}\""))
    });
    let epoch = world.operation.epoch_at(now());
    let enrolled = world.operation.enrol_relay("relay", epoch, &mut SystemRng::new()).unwrap();
    store_new(&world.path("relay"), &enrolled.credential, epoch).unwrap();
    // The phone's manifest is the one with the relays' keys.
    let phone = world.operation.enrol_device("phone 2", epoch, &mut SystemRng::new()).unwrap();
    for file in [world.path("phone"), world.path("phone.state")] {
        std::fs::remove_file(file).unwrap();
    }
    store_new(&world.path("phone"), &phone.credential, epoch).unwrap();
    world
}

fn relay(world: &World, uplink: u16) -> (Program, u16) {
    relay_with(world, uplink, "uplink connected")
}

/// A relay for anybody on this machine, and where phones find it.
fn relay_with(world: &World, uplink: u16, ready: &str) -> (Program, u16) {
    let (credential, door) = (world.path("relay"), free_port());
    let mut program = Program::new("relay", ready, move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cowl"));
        command.arg("relay").arg(&credential).args(["--listen", &door.to_string(), "--anonymous"]);
        command.args(["--uplink", &format!("127.0.0.1:{uplink}")]);
        command
    });
    program.start();
    (program, door)
}

/// Publishes bytes to a relay as they are.
fn replay(world: &World, at: u16, wrapped: &[u8]) {
    use cowl::{
        client::{Topics, anonymous_options},
        transport::{Publication, Publisher, Qos, Version},
    };
    let manifest = world.operation.manifest();
    let options = anonymous_options(manifest, None, Version::V5).unwrap();
    let topic = Topics::of(manifest).wrapped().unwrap();
    publish_support::runtime().block_on(async {
        let publisher = Publisher::connect(&publish_support::endpoint(at), &options).await.unwrap();
        publisher.publish(Publication::new(topic, wrapped.to_vec(), Qos::AtLeastOnce)).await.unwrap();
        publisher.disconnect().await.unwrap();
    });
}
