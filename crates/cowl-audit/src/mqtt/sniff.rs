//! What can be told without having seen CONNECT.

use super::{Body, Flaw, Header, HeaderError, Level, Packet, PacketType};

/// Whether bytes from the beginning of a stream, or of a TCP segment in the middle of one, could be MQTT: every packet
/// that begins in them has a possible fixed header, and those that are whole have no flaw that makes them useless.
///
/// `whole_packets` asks more, for streams whose beginning was not seen: at least one whole packet, and the last one ends
/// with the bytes.
pub fn plausible(bytes: &[u8], whole_packets: bool) -> bool {
    let mut rest = bytes;
    let mut whole = false;
    while !rest.is_empty() {
        let header = match Header::read(rest) {
            Ok(header) => header,
            Err(HeaderError::Incomplete) => return !whole_packets && whole,
            Err(HeaderError::NotMqtt) => return false,
        };
        let total = usize::try_from(header.total()).unwrap_or(usize::MAX);
        let Some((packet, after)) = rest.split_at_checked(total) else {
            return !whole_packets && (whole || begins_like_connect(rest, header));
        };
        if !is_sound(packet, header) {
            return false;
        }
        whole = true;
        rest = after;
    }
    whole
}

/// The protocol's level that one packet tells; `None` if it fits both 3.1.1 and 5.
pub(super) fn level(bytes: &[u8]) -> Option<Level> {
    let header = Header::read_any(bytes).ok()?;
    match header.kind {
        PacketType::Connect => match Packet::read_as(bytes, header, Level::V3_1_1)?.body {
            Body::Connect(connect) => Some(connect.level),
            _ => None,
        },
        PacketType::Auth => Some(Level::V5),
        PacketType::Pingreq | PacketType::Pingresp => None,
        PacketType::Disconnect => (header.remaining > 0).then_some(Level::V5),
        // In 3.1 and 3.1.1 these are of one length; in 5 they may be of that length too, and CONNACK must not.
        PacketType::Connack => Some(if header.remaining > 2 { Level::V5 } else { Level::V3_1_1 }),
        PacketType::Puback
        | PacketType::Pubrec
        | PacketType::Pubrel
        | PacketType::Pubcomp
        | PacketType::Unsuback => (header.remaining > 2).then_some(Level::V5),
        PacketType::Publish | PacketType::Subscribe | PacketType::Unsubscribe | PacketType::Suback => {
            by_fit(bytes, header)
        }
    }
}

/// Reads a packet both ways and sees which one is without flaw.
fn by_fit(bytes: &[u8], header: Header) -> Option<Level> {
    let new = Packet::read_as(bytes, header, Level::V5)?;
    if !new.flaws.is_empty() {
        return Some(Level::V3_1_1);
    }
    let old = Packet::read_as(bytes, header, Level::V3_1_1)?;
    if !old.flaws.is_empty() {
        return Some(Level::V5);
    }
    match new.body {
        // Properties that are well formed throughout are no accident; a single zero byte can be.
        Body::Publish(publish) => (!publish.properties.is_empty()).then_some(Level::V5),
        // Topic filters of no bytes do not exist (§4.7.3): whose reading has them is the wrong one.
        Body::Subscribe(new) | Body::Unsubscribe(new) => {
            let empty = |filters: super::Filters<'_>| filters.iter().any(|filter| filter.filter.is_empty());
            let (Body::Subscribe(old) | Body::Unsubscribe(old)) = old.body else { return None };
            match (empty(new.filters), empty(old.filters)) {
                (true, false) => Some(Level::V3_1_1),
                (false, true) => Some(Level::V5),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a whole packet makes sense at some level.
fn is_sound(packet: &[u8], header: Header) -> bool {
    let sound = |level| {
        Packet::read_as(packet, header, level).is_some_and(|packet| {
            let fatal =
                [Flaw::Truncated, Flaw::Trailing, Flaw::Flags, Flaw::Qos, Flaw::Protocol, Flaw::NotUtf8];
            !packet.flaws.iter().any(|flaw| fatal.contains(&flaw))
                && !packet.flaws.contains(Flaw::UnknownProperty)
        })
    };
    sound(Level::V3_1_1) || sound(Level::V5)
}

/// Whether the first bytes are those of a CONNECT that goes on, or could still become one.
fn begins_like_connect(bytes: &[u8], header: Header) -> bool {
    let body = bytes.get(usize::from(header.length)..).unwrap_or(&[]);
    let begins = |name: &[u8]| body.iter().zip(name).all(|(left, right)| left == right);
    header.kind == PacketType::Connect
        && header.flags == 0
        && (begins(b"\0\x04MQTT") || begins(b"\0\x06MQIsdp"))
}
