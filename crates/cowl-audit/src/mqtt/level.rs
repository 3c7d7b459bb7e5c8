//! Versions of the protocol.

/// A protocol level, as CONNECT names it (§3.1.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Level(u8);

impl Level {
    /// MQTT 3.1.
    pub const V3_1: Self = Self(3);
    /// MQTT 3.1.1.
    pub const V3_1_1: Self = Self(4);
    /// MQTT 5.
    pub const V5: Self = Self(5);

    /// The level of a byte in CONNECT. The highest bit is not part of it: bridges set it (mosquitto's `try_private`).
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte & 0x7f)
    }

    /// Its number: 3, 4, 5, or what the client wrote.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Whether its packets carry properties (5 and whatever may come after it).
    pub const fn has_properties(self) -> bool {
        self.0 >= 5
    }

    /// Whether it is one of the three that exist.
    pub const fn is_known(self) -> bool {
        matches!(self.0, 3..=5)
    }
}
