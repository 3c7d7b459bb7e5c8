use proptest::prelude::*;

use super::{Body, Dialogue, Flaw, Level, Packet, Value, fingerprint, plausible, property};
use crate::trace::Way;

/// A CONNECT of MQTT 5 with all that it can have.
const CONNECT: &[u8] = b"\x10\x48\0\x04MQTT\x05\xee\0\x3c\x0e\x11\0\0\0\x0a\x26\0\x01k\0\x03v=1\0\x03bee\
    \x05\x18\0\0\0\x05\0\x04will\0\x03bye\0\x05alice\0\x06secretAAAAA";

fn whole(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[1] = u8::try_from(bytes.len() - 2).unwrap();
    bytes
}

#[test]
fn connect_of_5() {
    let bytes = whole(&CONNECT[..CONNECT.len() - 5]);
    let packet = Packet::read(&bytes, None).unwrap();
    assert!(packet.flaws.is_empty(), "{:?}", packet.flaws.iter().collect::<Vec<_>>());
    let Body::Connect(connect) = packet.body else { panic!() };
    assert_eq!((connect.level, connect.keep_alive, connect.client_id), (Level::V5, 60, &b"bee"[..]));
    assert_eq!(connect.properties.find(property::SESSION_EXPIRY), Some(Value::Four(10)));
    assert_eq!(connect.properties.user().collect::<Vec<_>>(), [(&b"k"[..], &b"v=1"[..])]);
    let will = connect.will.unwrap();
    assert_eq!((will.topic, will.payload, will.qos, will.retain), (&b"will"[..], &b"bye"[..], 1, true));
    assert_eq!(will.properties.find(property::WILL_DELAY), Some(Value::Four(5)));
    assert_eq!(connect.user_name, Some(&b"alice"[..]));
    assert_eq!(connect.password, Some(&b"secret"[..]));
}

#[test]
fn what_is_wrong_is_said_and_the_rest_is_read() {
    let flaws =
        |bytes: &[u8], level| Packet::read(bytes, Some(level)).unwrap().flaws.iter().collect::<Vec<_>>();
    assert_eq!(flaws(&whole(CONNECT), Level::V5), [Flaw::Trailing]);
    assert_eq!(flaws(b"\x30\x82\x00\0\0", Level::V3_1_1), [Flaw::LongLength]);
    assert_eq!(flaws(b"\x30\x05\0\x01t", Level::V3_1_1), [Flaw::Length]);
    assert_eq!(flaws(b"\x30\x04\0\x05te", Level::V3_1_1), [Flaw::Truncated]);
    assert_eq!(flaws(b"\x30\x03\0\x01\xff", Level::V3_1_1), [Flaw::NotUtf8]);
    assert_eq!(flaws(b"\x36\x05\0\x01t\0\x01", Level::V3_1_1), [Flaw::Qos]);
    assert_eq!(flaws(b"\x32\x05\0\x01t\0\0", Level::V3_1_1), [Flaw::PacketId]);
    assert_eq!(flaws(b"\x30\x06\0\x01t\x02\x7f\0", Level::V5), [Flaw::UnknownProperty]);
    assert_eq!(flaws(b"\x30\x06\0\x01t\x02\x24\0", Level::V5), [Flaw::MisplacedProperty]);
    assert_eq!(flaws(b"\x80\x06\0\x01\0\x01t\0", Level::V3_1_1), [Flaw::Flags]);
    assert_eq!(flaws(b"\x82\x02\0\x01", Level::V3_1_1), [Flaw::NoFilter]);
    assert_eq!(flaws(b"\xf0\0", Level::V3_1_1), [Flaw::Type]);
    assert_eq!(flaws(b"\x10\x0c\0\x04HTTP\x04\0\0\0\0\0", Level::V3_1_1), [Flaw::Protocol]);
    let Body::Publish(cut) = Packet::read(b"\x30\x04\0\x05te", Some(Level::V3_1_1)).unwrap().body else {
        panic!()
    };
    assert_eq!(cut.topic, b"te");
}

#[test]
fn the_level_is_guessed_where_connect_was_not_seen() {
    for (bytes, level, payload) in [
        (&b"\x30\x07\0\x01t{\"a\""[..], None, &b"{\"a\""[..]),
        (b"\x30\x08\0\x01t\x02\x01\x01hi", Some(Level::V5), b"hi"),
    ] {
        let bytes = whole(bytes);
        let Body::Publish(publish) = Packet::read(&bytes, None).unwrap().body else { panic!() };
        assert_eq!(publish.payload, payload, "{level:?}");
    }
    // The same bytes after a packet that tells: SUBSCRIBE with empty properties, and the one of 3.1.1.
    for (subscribe, payload) in
        [(&b"\x82\x07\0\x01\0\0\x01t\0"[..], &b"hi"[..]), (b"\x82\x06\0\x01\0\x01t\0", b"\0hi")]
    {
        let mut dialogue = Dialogue::new();
        dialogue.read(Way::ToServer, subscribe).unwrap();
        let packet = dialogue.read(Way::ToServer, b"\x30\x06\0\x01t\0hi").unwrap();
        let Body::Publish(publish) = packet.body else { panic!() };
        assert_eq!(publish.payload, payload);
    }
}

#[test]
fn topic_aliases_are_resolved_by_direction() {
    let mut dialogue = Dialogue::new();
    let topic = |dialogue: &mut Dialogue, way, bytes: &[u8]| {
        let bytes = whole(bytes);
        let Body::Publish(publish) = dialogue.read(way, &bytes).unwrap().body else { panic!() };
        publish.topic.to_vec()
    };
    let (set, used) = (b"\x30\0\0\x01t\x03\x23\0\x07hi", b"\x30\0\0\0\x03\x23\0\x07hi");
    assert_eq!(topic(&mut dialogue, Way::ToServer, used), b"");
    assert_eq!(topic(&mut dialogue, Way::ToServer, set), b"t");
    assert_eq!(topic(&mut dialogue, Way::ToServer, used), b"t");
    assert_eq!(topic(&mut dialogue, Way::ToClient, used), b"");
}

#[test]
fn topic_aliases_are_bounded() {
    let mut dialogue = Dialogue::new();
    for alias in 0..u16::MAX {
        let mut bytes = vec![0x30, 0x86, 0x08, 0x04, 0x00];
        bytes.resize(5 + 1024, b't');
        bytes.extend([3, 0x23]);
        bytes.extend(alias.to_be_bytes());
        dialogue.read(Way::ToServer, &bytes).unwrap();
    }
    let read = |dialogue: &mut Dialogue, alias: u16| {
        let mut bytes = vec![0x30, 6, 0, 0, 3, 0x23];
        bytes.extend(alias.to_be_bytes());
        let Body::Publish(publish) = dialogue.read(Way::ToServer, &bytes).unwrap().body else { panic!() };
        publish.topic.len()
    };
    assert_eq!(
        (0..u16::MAX).filter(|alias| read(&mut dialogue, *alias) > 0).count(),
        super::ALIAS_BYTES / 1024
    );
}

#[test]
fn fingerprints_tell_software_and_not_people() {
    let print = |bytes: &[u8]| fingerprint(&Packet::read(bytes, None).unwrap()).unwrap();
    let base = print(&whole(b"\x10\0\0\x04MQTT\x04\x02\0\x3c\0\x03bee"));
    assert_eq!(base, print(&whole(b"\x10\0\0\x04MQTT\x04\x02\0\x1e\0\x05other")));
    assert_eq!(base, 0x0204);
    assert_ne!(base, print(&whole(b"\x10\0\0\x04MQTT\x04\x02\0\x3c\0\0")));
    let one = print(&whole(b"\x10\0\0\x04MQTT\x05\x02\0\x3c\x08\x11\0\0\0\x01\x21\0\x01\0\x03bee"));
    let other = print(&whole(b"\x10\0\0\x04MQTT\x05\x02\0\x3c\x08\x21\0\x01\x11\0\0\0\x01\0\x03bee"));
    assert_ne!(one, other, "order counts");
    assert!(fingerprint(&Packet::read(b"\xc0\0", None).unwrap()).is_none());
}

#[test]
fn only_what_could_be_mqtt_is_plausible() {
    assert!(plausible(&whole(b"\x10\0\0\x04MQTT\x04\x02\0\x3c\0\x03bee"), false));
    assert!(plausible(b"\x10\x0f\0\x04MQ", false), "the beginning of a CONNECT");
    assert!(plausible(b"\xc0\0\xc0\0", true));
    assert!(!plausible(b"\xc0\0\xc0", true));
    for other in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\0\0\0\0",
    ] {
        assert!(!plausible(other, false) && !plausible(other, true), "{other:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_any_level(bytes in prop::collection::vec(any::<u8>(), 0..300), first in any::<u8>(), level in 0_u8..8) {
        let mut bytes = bytes;
        bytes.insert(0, first);
        for level in [None, Some(Level::from_byte(level))] {
            if let Some(packet) = Packet::read(&bytes, level) {
                if let Body::Subscribe(subscribe) | Body::Unsubscribe(subscribe) = packet.body {
                    prop_assert!(subscribe.filters.iter().count() <= bytes.len());
                }
                let _ = (fingerprint(&packet), packet.flaws.iter().count());
            }
        }
        let mut dialogue = Dialogue::new();
        dialogue.read(Way::ToServer, &bytes);
        let _ = (plausible(&bytes, true), plausible(&bytes, false));
    }
}
