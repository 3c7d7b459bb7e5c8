//! Devices that are broken, or hostile.

use std::time::{Duration, Instant};

use proptest::{prelude::*, test_runner::TestRunner};

use super::{testing::*, *};

const NAUGHTY: &str = include_str!("../../tests/data/json/blns.json");

#[test]
fn hostile_topics_reach_nothing() {
    let gateway = World::new(3).open();
    let payload = r#"{"severity":"high"}"#;
    let longest = "x".repeat(65_535);
    for topic in ["$SYS/broker/uptime", "$SYS", "devices/#", "devices/+", "#", "devices/\0", ""] {
        assert_eq!(gateway.refuse(topic, payload), Refusal::Topic, "{topic:?}");
    }
    let deep = "/".repeat(65_535);
    for topic in [longest.as_str(), &deep, "/", "//", "devices", "devices/a/b"] {
        assert!(matches!(gateway.take(topic, payload), Taken::NotAReport), "{}", topic.len());
    }
    // A name with a control character, or none at all, or one that no record has room for.
    assert_eq!(gateway.refuse("devices/a\u{7}b", payload), Refusal::DeviceName);
    assert_eq!(gateway.refuse("devices/", payload), Refusal::NoDevice);
    assert_eq!(gateway.refuse("devices/ ", payload), Refusal::NoDevice);
    assert_eq!(gateway.refuse(&format!("devices/{}", "x".repeat(300)), payload), Refusal::DeviceName);
    assert_eq!((gateway.gateway.devices(), gateway.queue.status().enrolled.all()), (0, 0));
}

#[test]
fn payloads_that_are_no_readings_are_refused_and_cost_little() {
    let gateway = World::new(3).open();
    let take = |payload: &[u8]| gateway.gateway.take(&CALLER, &Offered::new("devices/a", payload));
    let name = |taken: Taken| match taken {
        Taken::Refused(refusal) => refusal.name(),
        other => panic!("{other:?}"),
    };
    let huge = vec![b'{'; 10 << 20];
    let began = Instant::now();
    for _ in 0..1_000 {
        assert_eq!(name(take(&huge)), "payload");
    }
    // Not looked at: 10 GB would take seconds.
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let deep = format!("{{\"a\":{}", "[".repeat(60_000));
    let wide = format!("{{{}}}", (0..300).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>().join(","));
    let cases: [&[u8]; 9] = [
        b"\xff\xfe",
        b"{\"severity\":\"\xff\"}",
        b"{\"severity\":NaN}",
        b"severity",
        b"[1,2]",
        b"\0\0\0\0",
        b" ",
        deep.as_bytes(),
        wide.as_bytes(),
    ];
    for payload in cases {
        assert_eq!(name(take(payload)), "payload", "{payload:?}");
    }
    assert!(matches!(take(b""), Taken::NotAReport));
    // Fields that are not as the policy wants them.
    let other: [&[u8]; 8] = [
        b"{\"severity\":\"worst\"}",
        b"{\"temperature\":1e9}",
        b"{\"temperature\":{\"deep\":1}}",
        b"{\"lat\":1}",
        b"{\"lat\":91,\"lon\":0}",
        b"{\"lat\":[1],\"lon\":[2]}",
        b"{\"unknown\":1}",
        b"{\"severity\":null}",
    ];
    for payload in other {
        let name = name(take(payload));
        assert!(["policy", "half position"].contains(&name), "{name}");
    }
    assert_eq!((gateway.gateway.devices(), gateway.queue.status().enrolled.all()), (0, 0));
}

#[test]
fn naughty_strings_are_kept_as_they_are_or_refused() {
    let world = World::new(20);
    let (mut gateway, mut reader) = (world.open(), world.reader());
    let strings: Vec<String> = serde_json::from_str(NAUGHTY).unwrap();
    assert!(strings.len() > 500);
    let mut sent = Vec::new();
    for string in &strings {
        let topic = "devices/a";
        let payload = serde_json::json!({ "severity": "low", "note": string }).to_string();
        match gateway.take(topic, &payload) {
            Taken::Kept(_) if string.trim_ascii().is_empty() => sent.push(None),
            Taken::Kept(_) => sent.push(Some(string.clone())),
            Taken::Refused(Refusal::Policy(_)) => assert!(string.len() > 200, "{string:?}"),
            other => panic!("{other:?}"),
        }
        // As a client id, a name and a topic, too: whatever it says, nothing breaks.
        let caller = Caller { client_id: string, user: Some(string) };
        let _ = gateway.gateway.take(&caller, &Offered::new(string, string.as_bytes()));
        let _ =
            gateway.take("srv/x", &serde_json::json!({ "severity": "low", "userId": string }).to_string());
        gateway.deliver(&mut reader);
    }
    for string in &sent {
        let payload =
            serde_json::json!({ "severity": "low", "note": string.as_deref().unwrap_or("") }).to_string();
        gateway.keep("devices/a", &payload);
    }
    let read = gateway.deliver(&mut reader);
    assert_eq!(read.len(), sent.len());
    for (read, sent) in read.iter().zip(&sent) {
        assert_eq!(read.get("note").and_then(|note| note.as_str()), sent.as_deref());
    }
}

#[test]
fn two_names_are_never_one() {
    let gateway = World::new(7).open();
    let location = r#"{"_type":"location","lat":1,"lon":2}"#;
    for topic in
        ["owntracks/a%2fb/c", "owntracks/a/b%2fc", "owntracks/a/b", "devices/a%2fb", "devices/a%252fb"]
    {
        let payload = if topic.starts_with("devices") { r#"{"severity":"low"}"# } else { location };
        gateway.keep(topic, payload);
    }
    gateway.keep("srv/x", "severity: low, userId: a/b");
    gateway.keep("srv/x", "severity: low, userId: a%2fb");
    assert_eq!(gateway.gateway.devices(), 7);
}

#[test]
fn a_crowd_of_invented_devices_takes_no_more_than_there_is() {
    let gateway = World::new(5).open();
    for n in 0..1_000 {
        let _ = gateway.take(&format!("devices/{n}"), r#"{"severity":"low"}"#);
    }
    assert_eq!((gateway.gateway.devices(), gateway.refused("roster full")), (5, 995));
    // Who was there before goes on.
    gateway.keep("devices/3", r#"{"severity":"low"}"#);
}

#[test]
fn any_message_is_taken_or_refused() {
    let gateway = World::new(3).open();
    let message = ("\\PC{0,60}", proptest::collection::vec(any::<u8>(), 0..200), any::<bool>());
    let mut runner = TestRunner::new(ProptestConfig { cases: 500, ..ProptestConfig::default() });
    let take = |(topic, payload, dup): (String, Vec<u8>, bool)| {
        let wraps = ["", "devices/", "owntracks/", "srv/", "msh/a/2/e/", "msh/a/2/json/b/"];
        for topic in wraps.map(|wrap| format!("{wrap}{topic}")) {
            let offered = Offered { dup, qos: 1, packet_id: Some(1), ..Offered::new(&topic, &payload) };
            let _ = gateway.gateway.take(&CALLER, &offered);
        }
        Ok(())
    };
    runner.run(&message, take).unwrap();
    let counts = gateway.gateway.counts();
    assert!(counts.other > 0 && counts.refused.iter().any(|(_, count)| *count > 0));
}
