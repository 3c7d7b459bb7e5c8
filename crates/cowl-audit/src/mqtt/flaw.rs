//! What was wrong with a packet.

/// One thing that was wrong with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Flaw {
    /// The bytes given are fewer or more than the fixed header says.
    Length,
    /// The length is written in more bytes than it needs (§1.5.5).
    LongLength,
    /// Reserved bits of the fixed header, or flags of CONNECT that exclude each other.
    Flags,
    /// A packet type that the protocol's level does not know.
    Type,
    /// A protocol name or level that nobody defined.
    Protocol,
    /// A field reaches beyond the end of the packet; what was there has been read.
    Truncated,
    /// Bytes follow the last field.
    Trailing,
    /// A text field is not UTF-8.
    NotUtf8,
    /// Quality of service 3.
    Qos,
    /// Packet identifier 0 where one is required.
    PacketId,
    /// A property that nobody defined; those after it cannot be read.
    UnknownProperty,
    /// A property that does not belong to this type of packet.
    MisplacedProperty,
    /// SUBSCRIBE or UNSUBSCRIBE without a topic filter.
    NoFilter,
}

impl Flaw {
    const ALL: [Self; 13] = [
        Self::Length,
        Self::LongLength,
        Self::Flags,
        Self::Type,
        Self::Protocol,
        Self::Truncated,
        Self::Trailing,
        Self::NotUtf8,
        Self::Qos,
        Self::PacketId,
        Self::UnknownProperty,
        Self::MisplacedProperty,
        Self::NoFilter,
    ];

    const fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// The flaws of a packet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flaws(u16);

impl Flaws {
    /// None.
    pub const NONE: Self = Self(0);

    /// Adds one.
    pub const fn add(&mut self, flaw: Flaw) {
        self.0 |= flaw.bit();
    }

    /// Adds those of another part.
    pub const fn add_all(&mut self, others: Self) {
        self.0 |= others.0;
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this is among them.
    pub const fn contains(self, flaw: Flaw) -> bool {
        self.0 & flaw.bit() != 0
    }

    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = Flaw> {
        Flaw::ALL.into_iter().filter(move |flaw| self.contains(*flaw))
    }
}

impl From<Flaw> for Flaws {
    fn from(flaw: Flaw) -> Self {
        Self(flaw.bit())
    }
}
