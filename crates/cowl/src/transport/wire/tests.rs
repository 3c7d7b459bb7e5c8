use bytes::BytesMut;

use super::*;
use crate::transport::{ClientId, Filter, Login, Will};

fn id(id: u16) -> NonZeroU16 {
    NonZeroU16::new(id).unwrap()
}

fn read(version: Version, bytes: &[u8]) -> Result<Option<Incoming>, Error> {
    let mut reader = Reader::new(version, 1_000);
    let connack: &[u8] = if version == Version::V5 { &[0x20, 3, 0, 0, 0] } else { &[0x20, 2, 0, 0] };
    assert!(matches!(reader.read(&mut BytesMut::from(connack)), Ok(Some(Incoming::ConnAck(_)))));
    reader.read(&mut BytesMut::from(bytes))
}

/// What a broker sees of a connection with the default options: nothing that tells two people apart.
#[test]
fn the_default_greeting_is_the_same_for_all_but_for_a_random_id() {
    let expected: [(Version, &[u8]); 2] = [
        (Version::V311, b"\x10\x22\x00\x04MQTT\x04\x02\x00\x3c\x00\x16"),
        // Properties: receive maximum 256, maximum packet size 1 MiB.
        (Version::V5, b"\x10\x2b\x00\x04MQTT\x05\x02\x00\x3c\x08\x21\x01\x00\x27\x00\x10\x00\x00\x00\x16"),
    ];
    for (version, expected) in expected {
        let options = Options { version, ..Options::default() };
        let greeting = || {
            let mut out = BytesMut::new();
            let id = options.client_id.draw().unwrap();
            Writer::new(version, LARGEST).connect(&options, id, Session::Clean, &mut out).unwrap();
            out
        };
        let (one, other) = (greeting(), greeting());
        assert_eq!(&one[..expected.len()], expected, "{version:?}");
        assert_eq!(&other[..expected.len()], expected, "{version:?}");
        assert_eq!(one.len(), expected.len() + 22);
        assert_ne!(one, other, "the ids are drawn anew");
    }
}

#[test]
fn version_5_wishes_are_refused_by_3_1_1_and_not_dropped() {
    let mut writer = Writer::new(Version::V311, LARGEST);
    let mut out = BytesMut::new();
    let publication = Publication::new(Topic::new("t").unwrap(), "x", Qos::AtMostOnce);
    let marked = publication.clone().with_properties(Properties::default());
    let wishes = [
        Options { user_properties: vec![("a".to_owned(), "b".to_owned())], ..Options::default() },
        Options { will: Some(Will { publication: publication.clone(), delay_s: 1 }), ..Options::default() },
        Options { will: Some(Will { publication: marked.clone(), delay_s: 0 }), ..Options::default() },
    ];
    for options in wishes {
        let error = writer.connect(&options, "id".into(), Session::Clean, &mut out).unwrap_err();
        assert!(error.is_usage());
    }
    assert!(writer.publish(marked, None, false, &mut out).unwrap_err().is_usage());
    assert!(out.is_empty());
}

#[test]
fn login_and_will_stand_where_the_standard_puts_them() {
    let publication = Publication::new(Topic::new("w").unwrap(), "gone", Qos::AtLeastOnce).retained();
    let options = Options {
        version: Version::V311,
        client_id: ClientId::named("c").unwrap(),
        login: Some(Login::new("u", Some(b"\xFFp".to_vec().into())).unwrap()),
        will: Some(Will { publication, delay_s: 0 }),
        ..Options::default()
    };
    let mut out = BytesMut::new();
    let resume = Session::Resume { expiry_s: 9 };
    let id = options.client_id.draw().unwrap();
    Writer::new(Version::V311, LARGEST).connect(&options, id, resume, &mut out).unwrap();
    assert_eq!(
        out[..],
        *b"\x10\x1d\x00\x04MQTT\x04\xec\x00\x3c\x00\x01c\x00\x01w\x00\x04gone\x00\x01u\x00\x02\xFFp"
    );
}

#[test]
fn refusals_come_out_the_same_from_both_versions() {
    for (v311, v5, login) in [(4, 0x86, true), (5, 0x87, true), (2, 0x85, false), (3, 0x88, false)] {
        let mut whys = Vec::new();
        for (version, bytes) in
            [(Version::V311, vec![0x20, 2, 0, v311]), (Version::V5, vec![0x20, 3, 0, v5, 0])]
        {
            let Ok(Some(Incoming::ConnAck(ConnAck { refusal: Some(refusal), .. }))) = read(version, &bytes)
            else {
                panic!("{version:?} {v5}")
            };
            assert_eq!(refusal.login, login);
            whys.push(refusal.why);
        }
        assert_eq!(whys[0], whys[1]);
    }
    assert!(matches!(
        read(Version::V311, &[0x90, 4, 0, 1, 1, 0x80]),
        Ok(Some(Incoming::SubAck { refused })) if refused == [None, Some("no reason given")]
    ));
    assert!(matches!(
        read(Version::V5, &[0x90, 5, 0, 1, 0, 2, 0x87]),
        Ok(Some(Incoming::SubAck { refused })) if refused == [None, Some("not authorized")]
    ));
    assert!(matches!(
        read(Version::V5, &[0x40, 4, 0, 9, 0x97, 0]),
        Ok(Some(Incoming::PubAck { id: its, refused: Some("quota exceeded") })) if its == id(9)
    ));
    assert!(matches!(
        read(Version::V5, &[0x40, 3, 0, 9, 0x10]),
        Ok(Some(Incoming::PubAck { refused: None, .. }))
    ));
}

#[test]
fn what_a_broker_may_not_send_breaks_the_protocol() {
    let cases: [(&str, &[u8]); 6] = [
        ("no topic, an alias instead", b"\x30\x06\x00\x00\x03\x23\x00\x01"),
        ("a wildcard in a topic", b"\x30\x04\x00\x01#\x00"),
        ("a packet identifier of zero", b"\x32\x06\x00\x01t\x00\x00\x00"),
        ("quality of service 3", b"\x36\x06\x00\x01t\x00\x01\x00"),
        ("a topic that is not UTF-8", b"\x30\x04\x00\x01\xFF\x00"),
        ("1,001 bytes, announced", b"\x30\xE9\x07"),
    ];
    for (case, bytes) in cases {
        assert!(read(Version::V5, bytes).is_err_and(|error| error.is_protocol()), "{case}");
    }
    assert!(matches!(read(Version::V5, b"\x30\xE8\x07"), Ok(None)), "1,000 bytes may come");
}

#[test]
fn the_limit_on_our_packets_is_exact() {
    for version in [Version::V311, Version::V5] {
        let size = |payload: usize, limit: u32| {
            let mut out = BytesMut::new();
            let publication = Publication::new(Topic::new("t").unwrap(), vec![0; payload], Qos::AtMostOnce);
            Writer::new(version, limit).publish(publication, None, false, &mut out).map(|()| out.len())
        };
        let written = size(100, LARGEST).unwrap();
        let limit = u32::try_from(written).unwrap();
        // A few bytes of slack, never one too many.
        assert!(size(100, limit + 10).is_ok());
        assert!(size(100, limit - 1).unwrap_err().is_too_large());
    }
}

#[test]
fn a_subscription_names_its_filters() {
    let subscription = Subscription {
        filters: vec![
            (Filter::new("a/+").unwrap(), Qos::AtLeastOnce),
            (Filter::new("#").unwrap(), Qos::AtMostOnce),
        ],
        ..Subscription::new(Filter::new("x").unwrap(), Qos::AtMostOnce)
    };
    let mut out = BytesMut::new();
    Writer::new(Version::V311, LARGEST).subscribe(&subscription, id(1), &mut out).unwrap();
    assert_eq!(out[..], *b"\x82\x0c\x00\x01\x00\x03a/+\x01\x00\x01#\x00");
}
