//! Properties of MQTT 5 (§2.2.2), in the order in which they were sent.

use super::cursor::Cursor;
use super::{Flaw, Flaws, PacketType};

/// Identifiers of properties (§2.2.2.2).
#[expect(missing_docs, reason = "the names of the standard")]
pub mod property {
    pub const PAYLOAD_FORMAT: u8 = 0x01;
    pub const MESSAGE_EXPIRY: u8 = 0x02;
    pub const CONTENT_TYPE: u8 = 0x03;
    pub const RESPONSE_TOPIC: u8 = 0x08;
    pub const CORRELATION_DATA: u8 = 0x09;
    pub const SUBSCRIPTION_ID: u8 = 0x0b;
    pub const SESSION_EXPIRY: u8 = 0x11;
    pub const ASSIGNED_CLIENT_ID: u8 = 0x12;
    pub const SERVER_KEEP_ALIVE: u8 = 0x13;
    pub const AUTH_METHOD: u8 = 0x15;
    pub const AUTH_DATA: u8 = 0x16;
    pub const REQUEST_PROBLEM_INFO: u8 = 0x17;
    pub const WILL_DELAY: u8 = 0x18;
    pub const REQUEST_RESPONSE_INFO: u8 = 0x19;
    pub const RESPONSE_INFO: u8 = 0x1a;
    pub const SERVER_REFERENCE: u8 = 0x1c;
    pub const REASON_STRING: u8 = 0x1f;
    pub const RECEIVE_MAXIMUM: u8 = 0x21;
    pub const TOPIC_ALIAS_MAXIMUM: u8 = 0x22;
    pub const TOPIC_ALIAS: u8 = 0x23;
    pub const MAXIMUM_QOS: u8 = 0x24;
    pub const RETAIN_AVAILABLE: u8 = 0x25;
    pub const USER_PROPERTY: u8 = 0x26;
    pub const MAXIMUM_PACKET_SIZE: u8 = 0x27;
    pub const WILDCARD_AVAILABLE: u8 = 0x28;
    pub const SUBSCRIPTION_ID_AVAILABLE: u8 = 0x29;
    pub const SHARED_AVAILABLE: u8 = 0x2a;
}

/// The value of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// One byte.
    Byte(u8),
    /// Two bytes.
    Two(u16),
    /// Four bytes.
    Four(u32),
    /// A variable byte integer.
    Variable(u32),
    /// A text; not checked to be UTF-8.
    Text(&'a [u8]),
    /// Binary data.
    Binary(&'a [u8]),
    /// A name and its value; not checked to be UTF-8.
    Pair(&'a [u8], &'a [u8]),
}

/// One property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Property<'a> {
    /// Which, see [`property`].
    pub id: u8,
    /// Its value.
    pub value: Value<'a>,
}

/// The properties of a packet or will; empty for levels without them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Properties<'a>(&'a [u8]);

impl<'a> Properties<'a> {
    /// Takes them, with their length, and checks them.
    #[inline]
    pub(super) fn take(cursor: &mut Cursor<'a>, place: Place) -> Self {
        let length = cursor.variable();
        if length == 0 {
            return Self(&[]);
        }
        let taken = Self(cursor.take(usize::try_from(length).unwrap_or(usize::MAX)));
        cursor.flaws.add_all(taken.check(place));
        taken
    }

    /// The bytes, without their length.
    pub const fn raw(self) -> &'a [u8] {
        self.0
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in order; up to one that nobody defined, whose length is unknown.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = Property<'a>> {
        let mut cursor = Cursor::new(self.0);
        core::iter::from_fn(move || next(&mut cursor))
    }

    /// The first of a kind.
    pub fn find(self, id: u8) -> Option<Value<'a>> {
        self.iter().find(|property| property.id == id).map(|property| property.value)
    }

    /// Names and values of the user properties, in order.
    pub fn user(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.iter().filter_map(|property| match property.value {
            Value::Pair(name, value) => Some((name, value)),
            _ => None,
        })
    }

    /// The topic alias of a PUBLISH.
    #[inline]
    pub fn topic_alias(self) -> Option<u16> {
        match self.find(property::TOPIC_ALIAS)? {
            Value::Two(alias) => Some(alias),
            _ => None,
        }
    }

    #[inline]
    fn check(self, place: Place) -> Flaws {
        let mut cursor = Cursor::new(self.0);
        let mut misplaced = Flaws::NONE;
        while let Some(property) = next(&mut cursor) {
            if places(property.id) & place.0 == 0 {
                misplaced.add(Flaw::MisplacedProperty);
            }
        }
        misplaced.add_all(cursor.flaws);
        misplaced
    }
}

/// Where properties stand: a packet type, or the will.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place(u16);

impl Place {
    pub(super) const WILL: Self = Self(1);

    #[inline]
    pub(super) const fn packet(kind: PacketType) -> Self {
        Self(1 << kind.number())
    }
}

/// Which packets a property may stand in, as bits by packet type; bit 0 is the will (§2.2.2.2, table 2-4).
const fn places(id: u8) -> u16 {
    const WILL: u16 = 1;
    const CONNECT: u16 = 1 << 1;
    const CONNACK: u16 = 1 << 2;
    const PUBLISH: u16 = 1 << 3;
    const ACKS: u16 = 0b1111 << 4;
    const SUBSCRIBE: u16 = 1 << 8;
    const SUBACK: u16 = 1 << 9;
    const UNSUBSCRIBE: u16 = 1 << 10;
    const UNSUBACK: u16 = 1 << 11;
    const DISCONNECT: u16 = 1 << 14;
    const AUTH: u16 = 1 << 15;
    match id {
        property::PAYLOAD_FORMAT
        | property::MESSAGE_EXPIRY
        | property::CONTENT_TYPE
        | property::RESPONSE_TOPIC
        | property::CORRELATION_DATA => PUBLISH | WILL,
        property::SUBSCRIPTION_ID => PUBLISH | SUBSCRIBE,
        property::SESSION_EXPIRY => CONNECT | CONNACK | DISCONNECT,
        property::AUTH_METHOD | property::AUTH_DATA => CONNECT | CONNACK | AUTH,
        property::REQUEST_PROBLEM_INFO | property::REQUEST_RESPONSE_INFO => CONNECT,
        property::WILL_DELAY => WILL,
        property::SERVER_REFERENCE => CONNACK | DISCONNECT,
        property::REASON_STRING => CONNACK | ACKS | SUBACK | UNSUBACK | DISCONNECT | AUTH,
        property::RECEIVE_MAXIMUM | property::TOPIC_ALIAS_MAXIMUM | property::MAXIMUM_PACKET_SIZE => {
            CONNECT | CONNACK
        }
        property::TOPIC_ALIAS => PUBLISH,
        property::USER_PROPERTY => {
            WILL | CONNECT
                | CONNACK
                | PUBLISH
                | ACKS
                | SUBSCRIBE
                | SUBACK
                | UNSUBSCRIBE
                | UNSUBACK
                | DISCONNECT
                | AUTH
        }
        _ => CONNACK,
    }
}

/// The next property; `None` at the end, or at one that nobody defined.
#[inline]
fn next<'a>(cursor: &mut Cursor<'a>) -> Option<Property<'a>> {
    if cursor.is_empty() {
        return None;
    }
    let id = cursor.byte();
    let value = match id {
        property::PAYLOAD_FORMAT
        | property::REQUEST_PROBLEM_INFO
        | property::REQUEST_RESPONSE_INFO
        | property::MAXIMUM_QOS
        | property::RETAIN_AVAILABLE
        | property::WILDCARD_AVAILABLE
        | property::SUBSCRIPTION_ID_AVAILABLE
        | property::SHARED_AVAILABLE => Value::Byte(cursor.byte()),
        property::SERVER_KEEP_ALIVE
        | property::RECEIVE_MAXIMUM
        | property::TOPIC_ALIAS_MAXIMUM
        | property::TOPIC_ALIAS => Value::Two(cursor.two()),
        property::MESSAGE_EXPIRY
        | property::SESSION_EXPIRY
        | property::WILL_DELAY
        | property::MAXIMUM_PACKET_SIZE => Value::Four(cursor.four()),
        property::SUBSCRIPTION_ID => Value::Variable(cursor.variable()),
        property::CONTENT_TYPE
        | property::RESPONSE_TOPIC
        | property::ASSIGNED_CLIENT_ID
        | property::AUTH_METHOD
        | property::RESPONSE_INFO
        | property::SERVER_REFERENCE
        | property::REASON_STRING => Value::Text(cursor.text()),
        property::CORRELATION_DATA | property::AUTH_DATA => Value::Binary(cursor.binary()),
        property::USER_PROPERTY => {
            let name = cursor.text();
            Value::Pair(name, cursor.text())
        }
        _ => {
            cursor.flaws.add(Flaw::UnknownProperty);
            return None;
        }
    };
    Some(Property { id, value })
}
