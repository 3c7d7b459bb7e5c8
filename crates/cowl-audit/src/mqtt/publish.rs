//! PUBLISH (§3.3).

use super::cursor::Cursor;
use super::properties::Place;
use super::{Flaw, Level, PacketType, Properties};

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publish<'a> {
    /// Whether it was sent before.
    pub duplicate: bool,
    /// Quality of service, 0 to 3.
    pub qos: u8,
    /// Whether it is, or is to be, retained.
    pub retain: bool,
    /// Its topic; empty where an alias stands for it, see [`Dialogue`](super::Dialogue).
    pub topic: &'a [u8],
    /// Packet identifier, of QoS 1 and 2.
    pub packet_id: Option<u16>,
    /// Properties of MQTT 5.
    pub properties: Properties<'a>,
    /// Its payload.
    pub payload: &'a [u8],
}

impl<'a> Publish<'a> {
    #[inline]
    pub(super) fn take(cursor: &mut Cursor<'a>, flags: u8, level: Level) -> Self {
        let qos = flags >> 1 & 3;
        if qos == 3 {
            cursor.flaws.add(Flaw::Qos);
        }
        let topic = cursor.text();
        let packet_id = (qos > 0).then(|| cursor.packet_id());
        let properties = if level.has_properties() {
            Properties::take(cursor, Place::packet(PacketType::Publish))
        } else {
            Properties::default()
        };
        let payload = cursor.remaining();
        let (duplicate, retain) = (flags & 8 != 0, flags & 1 != 0);
        Self { duplicate, qos, retain, topic, packet_id, properties, payload }
    }
}
