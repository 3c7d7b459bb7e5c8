//! `cowl sub` against real brokers: each role reads what the policy says, once, whatever fails.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; the lint knows test functions only")]

mod publish_support;
mod subscribe_support;

use std::{collections::HashSet, fmt::Write as _};

use publish_support::{World, dead_port, now, port};
use serde_json::{Value, json};
use subscribe_support::{Mosquitto, Running, objects, replay, subscribe};

const REPORT: &str = "temperature: 39.26, severity: high, lat: 18.54, lon: -72.34, ip: 192.168.1.247, userId: 970, \
                      person: Ann, contact: +509 3400 0000, note: trapped, battery: 44";

/// So many reports, numbered by their notes, of ten devices.
fn numbered(range: std::ops::Range<u32>) -> String {
    range.fold(String::new(), |mut lines, number| {
        let _ = writeln!(lines, "{{\"note\":\"{number}\",\"severity\":\"low\",\"who\":{}}}", number % 10 + 1);
        lines
    })
}

fn publish_numbered(world: &World, port: u16, range: std::ops::Range<u32>) {
    let arguments = ["-l", "-q", "1", "--identity-from", "who", "--quiet"];
    world.publish_from("gateway", port, &arguments, numbered(range).as_bytes()).ends(0);
}

fn number(report: &Value) -> u32 {
    report["note"].as_str().unwrap().parse().unwrap()
}

#[test]
fn each_role_reads_what_the_policy_says_and_nothing_else() {
    let world = World::new();
    let broker = world.broker();
    let roles = ["triage", "medical", "rescue"];
    for role in roles {
        subscribe(&world, port(&broker), &["--role", role, "-E"]).ends(0);
    }
    // Without a beacon the policy's fallback level holds.
    world.publish("phone", port(&broker), &["-m", REPORT, "-q", "1", "-t", "ward/3"]).ends(0);
    let fields = |role| {
        let ran = subscribe(&world, port(&broker), &["--role", role, "-C", "1"]);
        ran.ends(0).says("1 report");
        let [Value::Object(report)] = &objects(&ran)[..] else { panic!("one object: {}", ran.out) };
        let mut report = report.clone();
        let own = ["report", "epoch", "from", "received"].map(|name| report.remove(name).unwrap());
        assert_eq!(own[0].as_str().unwrap().len(), 32);
        assert_eq!(own[1], 0);
        assert!(own[2].as_str().unwrap().starts_with("V-"));
        assert!(own[3].as_str().unwrap().ends_with('Z'));
        (own, Value::Object(report))
    };
    let department = json!({"zone": "Ouest", "level": "department"});
    let (triage, read) = fields("triage");
    assert_eq!(read, json!({"temperature": 40, "severity": "high", "position": department}));
    let (medical, read) = fields("medical");
    assert_eq!(
        read,
        json!({"temperature": 39.3, "severity": "high", "position": department, "note": "trapped"})
    );
    let (rescue, read) = fields("rescue");
    assert_eq!(
        read,
        json!({"severity": "high", "position": department, "battery": 40, "person": "Ann",
               "contact": "+509 3400 0000", "note": "trapped", "topic": "ward/3"})
    );
    // All roles speak of the same report and the same person.
    assert_eq!((&triage[..3], &triage[..3]), (&medical[..3], &rescue[..3]));
}

#[test]
fn the_topic_inside_chooses_and_is_not_told_to_the_broker() {
    let mut world = World::new();
    let broker = world.broker();
    let at = port(&broker);
    world.announce(at, now());
    subscribe(&world, at, &["--role", "rescue", "-E"]).ends(0);
    for (topic, note) in [("ward/1", "a"), ("ward/2", "b"), ("roof", "c"), ("ward/1/bed", "d")] {
        world.publish("phone", at, &["-m", &format!("note: {note}"), "-q", "1", "-t", topic]).ends(0);
    }
    let ran = subscribe(&world, at, &["--role", "rescue", "-t", "ward/#", "-T", "ward/2", "-v", "-C", "2"]);
    ran.ends(0).says("2 reports").says("left out as asked: 2");
    assert_eq!(
        ran.out,
        "ward/1 {\"note\":\"a\",\"topic\":\"ward/1\"}\nward/1/bed {\"note\":\"d\",\"topic\":\"ward/1/bed\"}\n"
    );
    let ran = subscribe(&world, at, &["--role", "medical", "-t", "ward/#"]);
    ran.ends(2).says("which this role does not read").says("it is read by: rescue");
}

#[test]
fn formats_and_line_breaks() {
    let mut world = World::new();
    let broker = world.broker();
    let at = port(&broker);
    world.announce(at, now());
    subscribe(&world, at, &["--role", "rescue", "-E"]).ends(0);
    world.publish("phone", at, &["-m", "note: x", "-q", "1", "-t", "a/b"]).ends(0);
    world.publish("phone", at, &["-m", "note: y", "-q", "1"]).ends(0);
    let ran = subscribe(&world, at, &["--role", "rescue", "-C", "2", "-F", "%t %q %r %p;", "-N", "--quiet"]);
    ran.ends(0);
    assert_eq!(ran.out, "a/b 1 0 {\"note\":\"x\",\"topic\":\"a/b\"}; 1 0 {\"note\":\"y\"};");
    assert_eq!(ran.err, "");
}

#[test]
fn a_wait_ends_with_27_when_too_little_came() {
    let mut world = World::new();
    let broker = world.broker();
    let at = port(&broker);
    world.announce(at, now());
    subscribe(&world, at, &["--role", "medical", "-W", "0.2"]).ends(27).says("0 reports");
    world.publish("phone", at, &["-m", "note: x", "-q", "1"]).ends(0);
    let ran = subscribe(&world, at, &["--role", "medical", "-W", "5", "-C", "2"]);
    ran.ends(27).says("1 report");
    world.publish("phone", at, &["-m", "note: y", "-q", "1"]).ends(0);
    let ran = subscribe(&world, at, &["--role", "medical", "-W", "5"]);
    ran.ends(0);
    assert_eq!(objects(&ran)[0]["note"], "y");
}

#[test]
fn nothing_is_lost_and_nothing_comes_twice_while_the_reader_is_away() {
    let mut world = World::new();
    let broker = world.broker();
    away(&mut world, port(&broker));
}

#[test]
fn the_same_on_mosquitto() {
    let Some(broker) = Mosquitto::start() else { return };
    away(&mut World::new(), broker.port);
}

fn away(world: &mut World, at: u16) {
    world.announce(at, now());
    subscribe(world, at, &["--role", "medical", "-E"]).ends(0);
    let mut expected = 0;
    for round in 0..3 {
        publish_numbered(world, at, round * 40..round * 40 + 40);
        // The first time it ends in the middle of what waits.
        let count = if round == 0 { 15 } else { (round + 1) * 40 - expected };
        let ran = subscribe(world, at, &["--role", "medical", "-C", &count.to_string(), "-W", "120"]);
        ran.ends(0);
        let mut numbers: Vec<_> = objects(&ran).iter().map(number).collect();
        // What was sent once already, a broker may send again in any order.
        numbers.sort_unstable();
        assert_eq!(numbers, (expected..expected + count).collect::<Vec<_>>());
        expected += count;
    }
    subscribe(world, at, &["--role", "medical", "-W", "1"]).ends(27);
}

#[test]
fn devices_that_skipped_many_numbers_are_found_again() {
    let mut world = World::with_policy(|policy| policy.replace("places = 4096", "places = 64"));
    let (broker, elsewhere) = (world.broker(), world.broker());
    let at = port(&broker);
    // Or each start there would wait for a beacon.
    world.announce(port(&elsewhere), now());
    world.announce(at, now());
    subscribe(&world, at, &["--role", "medical", "-E"]).ends(0);
    let mut skipped = 0;
    for round in 0..3 {
        // Each start of a gateway skips a block for each of its devices; these the reader never hears of.
        for _ in 0..5 {
            publish_numbered(&world, port(&elsewhere), 0..1);
        }
        publish_numbered(&world, at, round * 800..(round + 1) * 800);
        let ran = subscribe(&world, at, &["--role", "medical", "-C", "800", "-W", "120"]);
        let mut numbers: Vec<_> = objects(ran.ends(0)).iter().map(number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (round * 800..(round + 1) * 800).collect::<Vec<_>>());
        skipped += usize::from(ran.err.contains("from no device that is expected now"));
    }
    assert!(skipped > 0, "nothing was skipped, so nothing was tried");
}

#[test]
fn a_power_cut_loses_nothing() {
    let mut world = World::new();
    let broker = world.broker();
    power_cut(&mut world, port(&broker));
}

#[test]
fn a_power_cut_loses_nothing_on_mosquitto() {
    let Some(broker) = Mosquitto::start() else { return };
    power_cut(&mut World::new(), broker.port);
}

fn power_cut(world: &mut World, at: u16) {
    world.announce(at, now());
    subscribe(world, at, &["--role", "medical", "-E"]).ends(0);
    publish_numbered(world, at, 0..600);
    let mut seen = Vec::new();
    for enough in [1, 100, 150, 37] {
        let sub = Running::start(world, at, &["--role", "medical"]);
        seen.extend((0..enough).map(|_| number(&sub.next())));
        seen.extend(sub.kill().iter().map(number));
    }
    let sub = Running::start(world, at, &["--role", "medical", "-d"]);
    // Before that it may not yet know the signal that ends it.
    sub.hears("connected and subscribed");
    let all = |seen: &[u32]| seen.iter().collect::<HashSet<_>>().len() == 600;
    while !all(&seen) {
        seen.push(number(&sub.next()));
    }
    sub.terminate().ends(0);
    // What was printed and not yet written down came again: at most what is gathered between two writes.
    assert!(seen.len() <= 600 + 4 * 600, "{} printed", seen.len());
    // Some that were printed before a cut may still come a second time; then all is quiet.
    let quiet = || subscribe(world, at, &["--role", "medical", "-W", "2"]).code == Some(27);
    assert!((0..10).any(|_| quiet()), "reports come again and again");
}

#[test]
fn a_replay_is_not_shown_again_even_after_a_restart() {
    let mut world = World::new();
    let broker = world.broker();
    let at = port(&broker);
    world.announce(at, now());
    let mut ear = world.ear(at);
    let sub = Running::start(&world, at, &["--role", "medical", "-d"]);
    sub.hears("connected and subscribed");
    publish_numbered(&world, at, 0..3);
    let messages = ear.hear(3);
    (0..3).for_each(|expected| assert_eq!(number(&sub.next()), expected));
    replay(&world, at, &messages);
    publish_numbered(&world, at, 3..4);
    assert_eq!(number(&sub.next()), 3);
    sub.terminate().ends(0).says("3 a replay");

    let sub = Running::start(&world, at, &["--role", "medical", "-d"]);
    sub.hears("connected and subscribed");
    replay(&world, at, &messages);
    publish_numbered(&world, at, 4..5);
    assert_eq!(number(&sub.next()), 4);
    let ran = sub.terminate();
    ran.ends(0).says("1 report");
    assert_eq!(ran.out, "");
}

#[test]
fn junk_and_altered_messages_are_counted_by_reason() {
    let mut world = World::new();
    let broker = world.broker();
    let at = port(&broker);
    world.announce(at, now());
    let mut ear = world.ear(at);
    let sub = Running::start(&world, at, &["--role", "medical", "-d"]);
    sub.hears("connected and subscribed");
    publish_numbered(&world, at, 0..1);
    let genuine = ear.hear(1).remove(0);
    assert_eq!(number(&sub.next()), 0);
    let junk = vec![0x5a; genuine.len()];
    replay(&world, at, &[genuine[1..].to_vec(), junk]);
    publish_numbered(&world, at, 1..2);
    assert_eq!(number(&sub.next()), 1);
    let ran = sub.terminate();
    ran.ends(0)
        .says("1 not a message of this operation's sizes")
        .says("1 from no device that is expected now");
}

#[test]
fn a_walk_in_says_that_it_is_one() {
    let mut world = World::new();
    let broker = world.broker();
    let at = port(&broker);
    world.announce(at, now());
    subscribe(&world, at, &["--role", "medical", "-E"]).ends(0);
    let manifest = world.path("operation/manifest.cowl");
    let fingerprint = world.operation.manifest().authority().fingerprint().to_string();
    let login = &world.operation.logins().walk_in;
    let mut command = publish_support::cowl_pub();
    command.arg("--manifest").arg(manifest).args(["--authority", &fingerprint, "-h", "127.0.0.1"]);
    command.args([
        "-p",
        &at.to_string(),
        "-u",
        &login.user,
        "-P",
        &login.password,
        "-q",
        "1",
        "-m",
        "note: help",
    ]);
    publish_support::run(&mut command, b"").ends(0);
    let ran = subscribe(&world, at, &["--role", "medical", "-C", "1", "-W", "120"]);
    ran.ends(0).says("1 report, 1 of them from walk-ins: unverified");
    let report = &objects(&ran)[0];
    assert_eq!((&report["from"], &report["note"]), (&json!("walk-in"), &json!("help")));
}

#[test]
fn dangerous_presets_print_what_travelled() {
    for (preset, members) in [
        ("plain", vec!["received", "topic", "temperature", "severity", "lat", "lon", "userId"]),
        ("fernet", vec!["received", "topic", "temperature", "severity", "lat", "lon", "userId"]),
        ("minimised", vec!["received", "topic", "severity", "zone", "token"]),
        ("fernet-minimised", vec!["received", "topic", "severity", "zone", "token"]),
    ] {
        let Some(broker) = Mosquitto::start() else { return };
        let world = World::dangerous(preset);
        let sub = Running::start(&world, broker.port, &["--role", "medical", "-d", "-t", "#"]);
        sub.hears(&format!("preset `{preset}` is dangerous"));
        sub.hears("connected and subscribed");
        let report = "temperature: 256, severity: low, lat: 18.54, lon: -72.34, userId: 970";
        world.publish("phone", broker.port, &["-m", report]).ends(0);
        let Value::Object(report) = sub.next() else { panic!("an object") };
        assert_eq!(report.keys().collect::<Vec<_>>(), members, "{preset}");
        assert_eq!(report["topic"], "srv/temperature");
    }
}

#[test]
fn what_cannot_be_is_said_with_its_exit_code() {
    let mut world = World::new();
    let broker = world.broker();
    let at = port(&broker);
    world.announce(at, now());
    subscribe(&world, at, &[]).ends(2).says("several roles").says("triage, medical, rescue");
    subscribe(&world, at, &["--role", "census"]).ends(4).says("does not read role census").says("it reads:");
    subscribe(&world, at, &["--role", "nobody"]).ends(4);
    subscribe(&world, dead_port(), &["--role", "medical"]).ends(5).says("connection refused");
    let wrong = ["--role", "medical", "-u", "node", "-P", "0123456789abcdef0123456789abcdef"];
    subscribe(&world, at, &wrong).ends(6).says("login refused");
    subscribe(&world, at, &["--role", "medical", "--retained-only"])
        .ends(2)
        .says("never keeps sealed reports");
    subscribe(&world, at, &["--role", "medical", "-q", "0", "-c"]).ends(2);

    let mut phone = publish_support::cowl_pub();
    phone = {
        let mut sub = std::process::Command::new(phone.get_program());
        sub.arg("sub").arg("--credential").arg(world.path("phone"));
        sub
    };
    publish_support::run(&mut phone, b"").ends(4).says("credential of a device");

    let sub = Running::start(&world, at, &["--role", "medical", "-d"]);
    sub.hears("connected and subscribed");
    subscribe(&world, at, &["--role", "medical"]).ends(7).says("in use by another process");
    // Another role of the same credential has a state of its own.
    subscribe(&world, at, &["--role", "triage", "-W", "0.2"]).ends(27);
    sub.terminate().ends(0);
}

#[test]
fn an_older_manifest_on_the_broker_is_refused_and_said() {
    let mut world = World::new();
    let broker = world.broker();
    let at = port(&broker);
    let old = world.operation.manifest().bytes().to_vec();
    let later = now() + u64::from(world.operation.manifest().policy.epoch_seconds);
    let epoch = world.operation.epoch_at(later);
    world.operation.refresh(epoch, &mut cowl::random::SystemRng::new()).unwrap();
    world.announce(at, now());
    subscribe(&world, at, &["--role", "medical", "-W", "3", "-d"]).ends(27).says("a new manifest: version 2");
    publish_retained(&world, at, &old);
    let ran = subscribe(&world, at, &["--role", "medical", "-W", "3"]);
    ran.ends(27).says("older than a manifest that was accepted before: version 1, known 2");
}

fn publish_retained(world: &World, at: u16, manifest: &[u8]) {
    use cowl::{
        client::{Topics, anonymous_options},
        transport::{Publication, Publisher, Qos, Version},
    };
    let login = world.operation.logins().operator.to_credential();
    let options = anonymous_options(world.operation.manifest(), Some(&login), Version::V5).unwrap();
    let topic = Topics::of(world.operation.manifest()).manifest().unwrap();
    publish_support::runtime().block_on(async {
        let publisher = Publisher::connect(&publish_support::endpoint(at), &options).await.unwrap();
        let notice = Publication::new(topic, manifest.to_vec(), Qos::AtLeastOnce).retained();
        publisher.publish(notice).await.unwrap();
        publisher.disconnect().await.unwrap();
    });
}

#[test]
fn a_broker_that_goes_away_is_waited_for() {
    let Some(broker) = Mosquitto::start() else { return };
    let world = World::new();
    let sub = Running::start(&world, broker.port, &["--role", "medical", "-d"]);
    sub.hears("connected and subscribed");
    drop(broker);
    sub.hears("trying again within");
    sub.terminate().ends(0);
}
