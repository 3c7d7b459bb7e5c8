//! Which software a client is, from the form of its CONNECT.

use super::{Body, Packet, Properties};

/// A number that is equal for equal client software and configuration; `None` if the packet is no CONNECT.
///
/// Nothing of what a person or device chose is in it: no identifier, name, text or number, only which fields are there
/// and in which order.
///
/// | bits | what |
/// |---|---|
/// | 0–7 | protocol level, with the bridge bit |
/// | 8–15 | CONNECT flags (§3.1.2.3) |
/// | 16 | the client identifier is empty |
/// | 17 | the remaining length is longer than needed |
/// | 18 | keep-alive is 0 |
/// | 19 | the protocol's name is not that of the level |
/// | 20–31 | which flaws the packet has, as a hash of 12 bits; 0 for none |
/// | 32–63 | identifiers of the properties, in order, then those of the will, as FNV-1a of 32 bits; 0 for MQTT 3. User properties in a row count as one |
pub fn fingerprint(packet: &Packet<'_>) -> Option<u64> {
    let Body::Connect(connect) = packet.body else { return None };
    let level = connect.level.number() | if connect.bridge { 0x80 } else { 0 };
    let bit = |set: bool, position: u32| u64::from(set) << position;
    let mut flaws = Fnv::new();
    for flaw in packet.flaws.iter() {
        flaws.add(flaw as u8);
    }
    let folded = if packet.flaws.is_empty() { 0 } else { (flaws.0 ^ flaws.0 >> 12 ^ flaws.0 >> 24) & 0xfff };
    let properties = if connect.level.has_properties() {
        let mut hash = Fnv::new();
        hash.add_order(connect.properties);
        hash.add(0);
        if let Some(will) = connect.will {
            hash.add_order(will.properties);
        }
        hash.0
    } else {
        0
    };
    Some(
        u64::from(level)
            | u64::from(connect.flags.0) << 8
            | bit(connect.client_id.is_empty(), 16)
            | bit(packet.header.is_long(), 17)
            | bit(connect.keep_alive == 0, 18)
            | bit(packet.flaws.contains(super::Flaw::Protocol), 19)
            | u64::from(folded) << 20
            | u64::from(properties) << 32,
    )
}

/// FNV-1a of 32 bits.
struct Fnv(u32);

impl Fnv {
    const fn new() -> Self {
        Self(0x811c_9dc5)
    }

    const fn add(&mut self, byte: u8) {
        self.0 = (self.0 ^ byte as u32).wrapping_mul(0x0100_0193);
    }

    fn add_order(&mut self, properties: Properties<'_>) {
        let mut last = 0;
        for property in properties.iter() {
            if property.id != last || property.id != super::property::USER_PROPERTY {
                self.add(property.id);
            }
            last = property.id;
        }
    }
}
