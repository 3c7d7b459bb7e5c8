//! Writes captures, and collects what is read of them.

pub(crate) mod frames;
pub(crate) mod seen;
pub(crate) mod talk;

/// An MQTT 3.1.1 CONNECT of the client `bee`.
pub(crate) const CONNECT: &[u8] = b"\x10\x0f\0\x04MQTT\x04\x02\0\x3c\0\x03bee";
/// The answer to it.
pub(crate) const CONNACK: &[u8] = b"\x20\x02\0\0";

/// A PUBLISH of QoS 0 to the topic `t`.
pub(crate) fn publish(payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x30];
    let mut length = payload.len() + 3;
    while length > 0x7f {
        bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes.extend(b"\0\x01t");
    bytes.extend(payload);
    bytes
}
