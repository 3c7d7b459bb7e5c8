//! The other packets (§3.2, §3.4 to §3.15).

use super::cursor::Cursor;
use super::properties::Place;
use super::{Flaw, Level, PacketType, Properties};

/// CONNACK (§3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connack<'a> {
    /// Whether the server had a session of this client.
    pub session_present: bool,
    /// Return code (3.1, 3.1.1) or reason code (5); 0 is success.
    pub reason: u8,
    /// Properties of MQTT 5.
    pub properties: Properties<'a>,
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP (§3.4 to §3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack<'a> {
    /// The packet identifier of the PUBLISH.
    pub packet_id: u16,
    /// Reason code of MQTT 5; 0, success, where it is left out.
    pub reason: u8,
    /// Properties of MQTT 5.
    pub properties: Properties<'a>,
}

/// SUBSCRIBE or UNSUBSCRIBE (§3.8, §3.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscribe<'a> {
    /// Packet identifier.
    pub packet_id: u16,
    /// Properties of MQTT 5.
    pub properties: Properties<'a>,
    /// What is asked for.
    pub filters: Filters<'a>,
}

/// The topic filters of a SUBSCRIBE or UNSUBSCRIBE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filters<'a> {
    bytes: &'a [u8],
    with_options: bool,
}

/// One topic filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter<'a> {
    /// The filter.
    pub filter: &'a [u8],
    /// Options of SUBSCRIBE (§3.8.3.1); the low two bits are the quality of service. 0 in UNSUBSCRIBE.
    pub options: u8,
}

/// SUBACK or UNSUBACK (§3.9, §3.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acks<'a> {
    /// The packet identifier that is answered.
    pub packet_id: u16,
    /// Properties of MQTT 5.
    pub properties: Properties<'a>,
    /// One code for each filter; none in the UNSUBACK of 3.1 and 3.1.1.
    pub reasons: &'a [u8],
}

/// DISCONNECT or AUTH (§3.14, §3.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reasoned<'a> {
    /// Reason code of MQTT 5; 0, normal, where it is left out.
    pub reason: u8,
    /// Properties of MQTT 5.
    pub properties: Properties<'a>,
}

impl<'a> Connack<'a> {
    pub(super) fn take(cursor: &mut Cursor<'a>, level: Level) -> Self {
        let flags = cursor.byte();
        if flags & 0xfe != 0 {
            cursor.flaws.add(Flaw::Flags);
        }
        let reason = cursor.byte();
        // A server that does not speak 5 answers a client that does in its own level (§4.13): two bytes and no more.
        let properties = optional_properties(cursor, PacketType::Connack, level);
        cursor.end();
        Self { session_present: flags & 1 != 0, reason, properties }
    }
}

impl<'a> Ack<'a> {
    pub(super) fn take(cursor: &mut Cursor<'a>, kind: PacketType, level: Level) -> Self {
        let packet_id = cursor.packet_id();
        let reason = if level.has_properties() && !cursor.is_empty() { cursor.byte() } else { 0 };
        let properties = optional_properties(cursor, kind, level);
        cursor.end();
        Self { packet_id, reason, properties }
    }
}

impl<'a> Subscribe<'a> {
    pub(super) fn take(cursor: &mut Cursor<'a>, kind: PacketType, level: Level) -> Self {
        let packet_id = cursor.packet_id();
        let properties = if level.has_properties() {
            Properties::take(cursor, Place::packet(kind))
        } else {
            Properties::default()
        };
        let filters = Filters { bytes: cursor.remaining(), with_options: kind == PacketType::Subscribe };
        let mut check = Cursor::new(filters.bytes);
        if check.is_empty() {
            check.flaws.add(Flaw::NoFilter);
        }
        while let Some(filter) = filters.next(&mut check) {
            if filter.options & 3 == 3 {
                check.flaws.add(Flaw::Qos);
            }
            // Bits 6 and 7 are reserved in 5, bits 2 to 7 before it.
            if filter.options & if level.has_properties() { 0xc0 } else { 0xfc } != 0 {
                check.flaws.add(Flaw::Flags);
            }
        }
        cursor.flaws.add_all(check.flaws);
        Self { packet_id, properties, filters }
    }
}

impl<'a> Filters<'a> {
    /// All of them, in order.
    pub fn iter(self) -> impl Iterator<Item = Filter<'a>> {
        let mut cursor = Cursor::new(self.bytes);
        core::iter::from_fn(move || self.next(&mut cursor))
    }

    fn next(self, cursor: &mut Cursor<'a>) -> Option<Filter<'a>> {
        if cursor.is_empty() {
            return None;
        }
        let filter = cursor.text();
        Some(Filter { filter, options: if self.with_options { cursor.byte() } else { 0 } })
    }
}

impl<'a> Acks<'a> {
    pub(super) fn take(cursor: &mut Cursor<'a>, kind: PacketType, level: Level) -> Self {
        let packet_id = cursor.packet_id();
        let properties = optional_properties(cursor, kind, level);
        let reasons = cursor.remaining();
        if kind == PacketType::Unsuback && !level.has_properties() && !reasons.is_empty() {
            cursor.flaws.add(Flaw::Trailing);
        }
        Self { packet_id, properties, reasons }
    }
}

impl<'a> Reasoned<'a> {
    pub(super) fn take(cursor: &mut Cursor<'a>, kind: PacketType, level: Level) -> Self {
        let reason = if level.has_properties() && !cursor.is_empty() { cursor.byte() } else { 0 };
        let properties = optional_properties(cursor, kind, level);
        cursor.end();
        Self { reason, properties }
    }
}

/// Properties that may be left out where nothing follows them.
fn optional_properties<'a>(cursor: &mut Cursor<'a>, kind: PacketType, level: Level) -> Properties<'a> {
    if !level.has_properties() || cursor.is_empty() {
        return Properties::default();
    }
    Properties::take(cursor, Place::packet(kind))
}
