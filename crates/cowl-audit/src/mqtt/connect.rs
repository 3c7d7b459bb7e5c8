//! CONNECT (§3.1).

use super::cursor::Cursor;
use super::properties::Place;
use super::{Flaw, Level, PacketType, Properties};

/// The flags of CONNECT (§3.1.2.3), as on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConnectFlags(pub u8);

impl ConnectFlags {
    /// Clean start (5) or clean session (3.1, 3.1.1).
    pub const fn clean_start(self) -> bool {
        self.0 & 0x02 != 0
    }

    /// Whether a will follows.
    pub const fn will(self) -> bool {
        self.0 & 0x04 != 0
    }

    /// Quality of service of the will, 0 to 3.
    pub const fn will_qos(self) -> u8 {
        self.0 >> 3 & 3
    }

    /// Whether the will is to be retained.
    pub const fn will_retain(self) -> bool {
        self.0 & 0x20 != 0
    }

    /// Whether a password follows.
    pub const fn password(self) -> bool {
        self.0 & 0x40 != 0
    }

    /// Whether a user name follows.
    pub const fn user_name(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// Whether they contradict each other or use the reserved bit.
    const fn are_bad(self, level: Level) -> bool {
        let lone_will = !self.will() && self.0 & 0x38 != 0;
        let lone_password = self.password() && !self.user_name() && level.number() < 5;
        self.0 & 1 != 0 || lone_will || lone_password
    }
}

/// What a client says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connect<'a> {
    /// `MQTT`, or `MQIsdp` for 3.1.
    pub name: &'a [u8],
    /// The protocol's level.
    pub level: Level,
    /// Whether the client says that it is a bridge (highest bit of the level, by convention).
    pub bridge: bool,
    /// The flags.
    pub flags: ConnectFlags,
    /// Keep-alive in seconds; 0 is none.
    pub keep_alive: u16,
    /// Properties of MQTT 5.
    pub properties: Properties<'a>,
    /// Client identifier; empty where the server shall assign one.
    pub client_id: &'a [u8],
    /// The will.
    pub will: Option<Will<'a>>,
    /// User name.
    pub user_name: Option<&'a [u8]>,
    /// Password.
    pub password: Option<&'a [u8]>,
}

/// What the server shall publish if the client vanishes (§3.1.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Will<'a> {
    /// Quality of service, 0 to 3.
    pub qos: u8,
    /// Whether it is to be retained.
    pub retain: bool,
    /// Properties of MQTT 5.
    pub properties: Properties<'a>,
    /// Its topic.
    pub topic: &'a [u8],
    /// Its payload.
    pub payload: &'a [u8],
}

impl<'a> Connect<'a> {
    pub(super) fn take(cursor: &mut Cursor<'a>) -> Self {
        let name = cursor.text();
        let byte = cursor.byte();
        let level = Level::from_byte(byte);
        let named = if level == Level::V3_1 { name == b"MQIsdp" } else { name == b"MQTT" };
        if !named || !level.is_known() {
            cursor.flaws.add(Flaw::Protocol);
        }
        let flags = ConnectFlags(cursor.byte());
        if flags.are_bad(level) {
            cursor.flaws.add(Flaw::Flags);
        }
        let keep_alive = cursor.two();
        let place = Place::packet(PacketType::Connect);
        let properties =
            if level.has_properties() { Properties::take(cursor, place) } else { Properties::default() };
        let client_id = cursor.text();
        let will = flags.will().then(|| Will::take(cursor, flags, level));
        let user_name = flags.user_name().then(|| cursor.text());
        let password = flags.password().then(|| cursor.binary());
        let bridge = byte & 0x80 != 0;
        Self { name, level, bridge, flags, keep_alive, properties, client_id, will, user_name, password }
    }
}

impl<'a> Will<'a> {
    fn take(cursor: &mut Cursor<'a>, flags: ConnectFlags, level: Level) -> Self {
        if flags.will_qos() == 3 {
            cursor.flaws.add(Flaw::Qos);
        }
        let properties = if level.has_properties() {
            Properties::take(cursor, Place::WILL)
        } else {
            Properties::default()
        };
        let topic = cursor.text();
        let payload = cursor.binary();
        Self { qos: flags.will_qos(), retain: flags.will_retain(), properties, topic, payload }
    }
}
