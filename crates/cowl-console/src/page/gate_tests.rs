//! Only what every walk-in says gets through, in whatever pieces it comes.

use proptest::prelude::*;

use super::*;

fn rules() -> Rules {
    Rules {
        user: "walk-in".into(),
        keep_alive: 60,
        topics: vec!["ab/r/00".into(), "ab/r/01".into()],
        payload: 300,
        reports: 2,
    }
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut rest = body.len();
    loop {
        let more = rest >> 7;
        bytes.push(u8::try_from(rest & 0x7f).unwrap() | if more > 0 { 0x80 } else { 0 });
        rest = more;
        if rest == 0 {
            break;
        }
    }
    bytes.extend_from_slice(body);
    bytes
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

fn connect(flags: u8, keep_alive: u16, properties: &[u8], client: &str, user: &str) -> Vec<u8> {
    let properties = [&[u8::try_from(properties.len()).unwrap()], properties].concat();
    let body = [
        &text("MQTT")[..],
        &[5, flags],
        &keep_alive.to_be_bytes(),
        &properties,
        &text(client),
        &text(user),
        &text("secret"),
    ];
    packet(CONNECT, &body.concat())
}

fn greeting() -> Vec<u8> {
    connect(0xc2, 60, &[0x21, 1, 0, 0x27, 0, 0x10, 0, 0], "0123456789abcdef012345", "walk-in")
}

fn publish(first: u8, topic: &str, id: u16, properties: &[u8], payload: usize) -> Vec<u8> {
    packet(first, &[&text(topic)[..], &id.to_be_bytes(), properties, &vec![7; payload]].concat())
}

#[test]
fn a_walk_ins_packets_pass_as_they_are_in_any_pieces() {
    let all = [
        greeting(),
        publish(PUBLISH, "ab/r/01", 1, &[0], 300),
        packet(PINGREQ, &[]),
        publish(PUBLISH, "ab/r/00", 2, &[0], 300),
        packet(DISCONNECT, &[]),
    ]
    .concat();
    for piece in [1, 2, 3, 100, all.len()] {
        let mut gate = Gate::new(rules());
        let passed: Vec<u8> = all.chunks(piece).flat_map(|chunk| gate.pass(chunk).unwrap()).collect();
        assert_eq!(passed, all, "in pieces of {piece}");
    }
    // Nothing of a packet is passed before all of it is judged.
    let mut gate = Gate::new(rules());
    gate.pass(&greeting()).unwrap();
    let report = publish(PUBLISH, "ab/r/01", 1, &[0], 300);
    assert_eq!(gate.pass(&report[..report.len() - 1]), Ok(Vec::new()));
}

#[test]
fn whatever_sets_one_apart_is_refused() {
    let properties = [0x21, 1, 0];
    let user_property = [&[0x26][..], &text("a"), &text("b")].concat();
    for (bad, why) in [
        (connect(0xc2, 60, &properties, "abc", "node"), "another login"),
        (connect(0xc0, 60, &properties, "abc", "walk-in"), "a session that stays"),
        (connect(0xc6, 60, &properties, "abc", "walk-in"), "a will"),
        (connect(0xc2, 61, &properties, "abc", "walk-in"), "a keep-alive of its own"),
        (connect(0xc2, 60, &[0x11, 0, 0, 0, 9], "abc", "walk-in"), "a session that lives on"),
        (connect(0xc2, 60, &user_property, "abc", "walk-in"), "a user property"),
        (connect(0xc2, 60, &[0x21, 1], "abc", "walk-in"), "half a property"),
        (connect(0xc2, 60, &properties, "", "walk-in"), "no client id"),
        (connect(0xc2, 60, &properties, &"a".repeat(24), "walk-in"), "a long client id"),
        (packet(CONNECT, &[0; 513]), "a greeting that is too long"),
        (packet(CONNECT, b"\0\x04MQTT\x04\xc2\0\x3c"), "another version"),
        (publish(PUBLISH, "ab/r/01", 1, &[0], 300), "a report before the greeting"),
        (vec![CONNECT, 0xff, 0xff, 0xff, 0xff, 1], "a length that does not end"),
    ] {
        assert_eq!(Gate::new(rules()).pass(&bad), Err(Refused), "{why}");
    }
    for (bad, why) in [
        (greeting(), "a second greeting"),
        (publish(0x30, "ab/r/01", 1, &[0], 300), "QoS 0"),
        (publish(0x33, "ab/r/01", 1, &[0], 300), "retained"),
        (publish(0x3a, "ab/r/01", 1, &[0], 300), "said to be sent again"),
        (publish(PUBLISH, "ab/r/02", 1, &[0], 300), "another topic"),
        (publish(PUBLISH, "ab/m", 1, &[0], 300), "the manifest's topic"),
        (publish(PUBLISH, "", 1, &[0], 300), "no topic"),
        (publish(PUBLISH, "ab/r/01", 0, &[0], 300), "no packet id"),
        (publish(PUBLISH, "ab/r/01", 1, &[2, 0x01, 1], 300), "a property"),
        (publish(PUBLISH, "ab/r/01", 1, &[0], 299), "another size"),
        (publish(PUBLISH, "ab/r/01", 1, &[0], 301), "another size"),
        (packet(0x82, &[0, 1, 0, 0, 1, b'#', 0]), "a subscription"),
        (packet(DISCONNECT, &[0x04]), "a goodbye with a reason"),
        (packet(0x40, &[0, 1]), "an acknowledgement"),
    ] {
        let mut gate = Gate::new(rules());
        gate.pass(&greeting()).unwrap();
        assert_eq!(gate.pass(&bad), Err(Refused), "{why}");
    }
    let mut gate = Gate::new(rules());
    gate.pass(&greeting()).unwrap();
    let report = publish(PUBLISH, "ab/r/01", 1, &[0], 300);
    assert!(gate.pass(&report).is_ok() && gate.pass(&report).is_ok());
    assert_eq!(gate.pass(&report), Err(Refused), "more than a connection carries");
}

proptest! {
    #[test]
    fn whatever_comes_is_judged_and_little_of_it_is_kept(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..700), 0..6)) {
        let mut gate = Gate::new(rules());
        for piece in pieces {
            match gate.pass(&piece) {
                Ok(passed) => prop_assert!(passed.len() <= 700 * 6),
                Err(Refused) => break,
            }
            prop_assert!(gate.waiting.len() <= gate.longest() + 1 + LENGTH + 700);
        }
    }
}
