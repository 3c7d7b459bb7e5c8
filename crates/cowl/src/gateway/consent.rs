//! Meshtastic's "OK to MQTT": whether somebody whom a node heard by radio agreed to being passed on.
//!
//! A node publishes each packet twice: as protobuf on `…/2/e/…` and as JSON on `…/2/json/…`. The agreement is bit 0 of the
//! packet's `bitfield`, which the JSON leaves out; so the protobuf is read for it, and for nothing else. (Field numbers:
//! `mqtt.proto` and `mesh.proto` of Meshtastic: `ServiceEnvelope.packet` 1, `MeshPacket.from` 1, `.decoded` 4, `.id` 6,
//! `Data.bitfield` 9.)

use std::collections::{HashMap, VecDeque};

use cowl_core::{RawValue, Reading};

/// Packets of which the agreement is remembered: nodes publish both forms within a second, and a mesh carries a few
/// packets a second.
const REMEMBERED: usize = 4_096;
/// The topic levels of both forms.
const PROTOBUF: [&str; 2] = ["/2/e/", "/2/c/"];
const JSON: &str = "/2/json/";
/// Bit 0 of the bitfield.
const OK_TO_MQTT: u64 = 1;

/// A packet: who sent it by radio, and which of his it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Packet {
    from: u32,
    id: u32,
}

/// What the newest packets' senders agreed to.
#[derive(Debug, Default)]
pub(super) struct Consents {
    known: HashMap<Packet, bool>,
    order: VecDeque<Packet>,
}

impl Consents {
    /// Reads the protobuf form of a packet. What is encrypted or garbled says nothing.
    pub(super) fn hear(&mut self, envelope: &[u8]) {
        let Some((packet, agreed)) = read(envelope) else { return };
        if self.known.insert(packet, agreed).is_none() {
            self.order.push_back(packet);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    /// Whether the sender of a packet in JSON agreed: it is the publishing node's own, or says so itself, or its other
    /// form did. `None`: nothing says so.
    pub(super) fn of(&self, reading: &Reading) -> Option<bool> {
        let members = reading.members();
        let number = |name| match members.get(name) {
            Some(RawValue::Integer(number)) => u32::try_from(*number).ok(),
            _ => None,
        };
        let from = number("from")?;
        if let Some(RawValue::Text(sender)) = members.get("sender")
            && *sender == format!("!{from:08x}")
        {
            return Some(true);
        }
        if let Some(bitfield) = number("bitfield") {
            return Some(u64::from(bitfield) & OK_TO_MQTT != 0);
        }
        self.known.get(&Packet { from, id: number("id")? }).copied()
    }
}

/// The topic of a packet's JSON, if this is the topic of its protobuf.
pub(super) fn json_topic(topic: &str) -> Option<String> {
    PROTOBUF.into_iter().find(|form| topic.contains(form)).map(|form| topic.replacen(form, JSON, 1))
}

/// The packet and whether its sender agreed; a packet without a bitfield is of a time before there was one: no.
fn read(envelope: &[u8]) -> Option<(Packet, bool)> {
    let packet = field(envelope, 1)?.bytes()?;
    let (from, id) = (field(packet, 1)?.number()?, field(packet, 6)?.number()?);
    let data = field(packet, 4)?.bytes()?;
    let agreed = field(data, 9).and_then(Wire::number).is_some_and(|bits| bits & OK_TO_MQTT != 0);
    Some((Packet { from: u32::try_from(from).ok()?, id: u32::try_from(id).ok()? }, agreed))
}

/// A protobuf field's value, by wire type.
#[derive(Clone, Copy)]
enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Wire<'a> {
    const fn number(self) -> Option<u64> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    const fn bytes(self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

/// The last value of a field, which is the one that counts; `None`: not there, or no protobuf.
fn field(mut message: &[u8], wanted: u64) -> Option<Wire<'_>> {
    let mut found = None;
    while !message.is_empty() {
        let key = varint(&mut message)?;
        let value = match key & 7 {
            0 => Wire::Number(varint(&mut message)?),
            1 => Wire::Number(u64::from_le_bytes(take(&mut message, 8)?.try_into().ok()?)),
            2 => {
                let length = usize::try_from(varint(&mut message)?).ok()?;
                Wire::Bytes(take(&mut message, length)?)
            }
            5 => Wire::Number(u32::from_le_bytes(take(&mut message, 4)?.try_into().ok()?).into()),
            _ => return None,
        };
        if key >> 3 == wanted {
            found = Some(value);
        }
    }
    found
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for place in 0..10 {
        let byte = *take(message, 1)?.first()?;
        number |= u64::from(byte & 0x7f).checked_shl(7 * place)?;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn take<'a>(message: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (front, rest) = message.split_at_checked(length)?;
    *message = rest;
    Some(front)
}

#[cfg(test)]
pub(super) mod tests {
    use cowl_core::Members;
    use proptest::prelude::*;

    use super::*;

    /// `ServiceEnvelope { packet: MeshPacket { from, to: broadcast, decoded: Data { portnum: 3, payload, bitfield }, id } }`.
    pub(in crate::gateway) fn envelope(from: u32, id: u32, bitfield: Option<u8>) -> Vec<u8> {
        let mut data = vec![0x08, 3, 0x12, 2, 0xca, 0xfe];
        if let Some(bitfield) = bitfield {
            data.extend([0x48, bitfield]);
        }
        let mut packet = vec![0x0d];
        packet.extend(from.to_le_bytes());
        packet.extend([0x15, 0xff, 0xff, 0xff, 0xff, 0x22, u8::try_from(data.len()).unwrap()]);
        packet.extend(&data);
        packet.push(0x35);
        packet.extend(id.to_le_bytes());
        let mut envelope = vec![0x0a, u8::try_from(packet.len()).unwrap()];
        envelope.extend(&packet);
        envelope.extend(b"\x12\x08LongFast\x1a\x09!e2e2f00d");
        envelope
    }

    fn packet(from: i64, id: i64, sender: &str) -> Reading {
        let mut members = Members::new();
        members.push("from", RawValue::Integer(from)).unwrap();
        members.push("id", RawValue::Integer(id)).unwrap();
        members.push("sender", RawValue::Text(sender.into())).unwrap();
        Reading::new(members)
    }

    #[test]
    fn only_who_agreed_is_passed_on() {
        let mut consents = Consents::default();
        consents.hear(&envelope(0xdead_beef, 7, Some(1)));
        consents.hear(&envelope(0xdead_beef, 8, Some(2)));
        consents.hear(&envelope(0xdead_beef, 9, None));
        let of = |id| consents.of(&packet(0xdead_beef, id, "!e2e2f00d"));
        assert_eq!([of(7), of(8), of(9), of(10)], [Some(true), Some(false), Some(false), None]);
        assert_eq!(consents.of(&packet(0x00ad_beef, 1, "!00adbeef")), Some(true));
        assert_eq!(consents.of(&packet(-1, 7, "!ffffffff")), None);
    }

    #[test]
    fn an_encrypted_packet_says_nothing() {
        // MeshPacket.encrypted is field 5.
        let mut hidden = envelope(1, 2, Some(1));
        let at = hidden.iter().position(|byte| *byte == 0x22).unwrap();
        hidden[at] = 0x2a;
        let mut consents = Consents::default();
        consents.hear(&hidden);
        assert_eq!(consents.of(&packet(1, 2, "!e2e2f00d")), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut consents = Consents::default();
        for id in 0..10_000 {
            consents.hear(&envelope(1, id, Some(1)));
            consents.hear(&envelope(1, id, Some(1)));
        }
        assert_eq!((consents.known.len(), consents.order.len()), (REMEMBERED, REMEMBERED));
        assert_eq!(consents.of(&packet(1, 9_999, "!2")), Some(true));
        assert_eq!(consents.of(&packet(1, 0, "!2")), None);
    }

    #[test]
    fn both_forms_have_one_topic() {
        let json = Some("msh/US/2/json/LongFast/!a".to_owned());
        assert_eq!(json_topic("msh/US/2/e/LongFast/!a"), json);
        assert_eq!(json_topic("msh/US/2/c/LongFast/!a"), json);
        assert_eq!(json_topic("msh/US/2/json/LongFast/!a"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..200), flip in any::<(u8, u8)>()) {
            let mut consents = Consents::default();
            consents.hear(&bytes);
            let mut near = envelope(5, 6, Some(1));
            let at = usize::from(flip.0) % near.len();
            near[at] ^= flip.1;
            consents.hear(&near);
            near.truncate(at);
            consents.hear(&near);
        }
    }
}
