//! The fixed header (§2.1).

/// Types of control packets (§2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names of the standard")]
pub enum PacketType {
    Connect = 1,
    Connack = 2,
    Publish = 3,
    Puback = 4,
    Pubrec = 5,
    Pubrel = 6,
    Pubcomp = 7,
    Subscribe = 8,
    Suback = 9,
    Unsubscribe = 10,
    Unsuback = 11,
    Pingreq = 12,
    Pingresp = 13,
    Disconnect = 14,
    /// MQTT 5 only.
    Auth = 15,
}

impl PacketType {
    /// The type of a first byte; `None` for the reserved 0.
    #[inline]
    pub const fn of(first: u8) -> Option<Self> {
        Some(match first >> 4 {
            1 => Self::Connect,
            2 => Self::Connack,
            3 => Self::Publish,
            4 => Self::Puback,
            5 => Self::Pubrec,
            6 => Self::Pubrel,
            7 => Self::Pubcomp,
            8 => Self::Subscribe,
            9 => Self::Suback,
            10 => Self::Unsubscribe,
            11 => Self::Unsuback,
            12 => Self::Pingreq,
            13 => Self::Pingresp,
            14 => Self::Disconnect,
            15 => Self::Auth,
            _ => return None,
        })
    }

    /// Its number, 1 to 15.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Lengths of the rest of the packet that no version excludes.
    const fn lengths(self) -> (u32, u32) {
        match self {
            Self::Connect => (10, u32::MAX),
            Self::Pingreq | Self::Pingresp => (0, 0),
            Self::Disconnect | Self::Auth => (0, u32::MAX),
            _ => (2, u32::MAX),
        }
    }
}

/// A fixed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The type.
    pub kind: PacketType,
    /// The low four bits of the first byte.
    pub flags: u8,
    /// Bytes of the fixed header itself, 2 to 5.
    pub length: u8,
    /// Bytes after it.
    pub remaining: u32,
}

/// Why there is no fixed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum HeaderError {
    /// More bytes are needed to tell.
    #[error("the fixed header is not complete")]
    Incomplete,
    /// No packet begins like this: type 0, a length of more than four bytes, or one that the type cannot have.
    #[error("no MQTT packet begins like this")]
    NotMqtt,
}

impl Header {
    /// Reads it from the beginning of a packet.
    ///
    /// # Errors
    /// If the bytes are too few, or cannot be the beginning of any packet.
    #[inline]
    pub fn read(bytes: &[u8]) -> Result<Self, HeaderError> {
        let header = Self::read_any(bytes)?;
        let (least, most) = header.kind.lengths();
        if header.remaining < least || header.remaining > most {
            return Err(HeaderError::NotMqtt);
        }
        Ok(header)
    }

    /// As [`Header::read`], of a packet whose bounds are known already: a length that the type cannot have is accepted.
    #[inline]
    pub(super) fn read_any(bytes: &[u8]) -> Result<Self, HeaderError> {
        let (first, rest) = bytes.split_first().ok_or(HeaderError::Incomplete)?;
        let kind = PacketType::of(*first).ok_or(HeaderError::NotMqtt)?;
        let mut remaining = 0_u32;
        for (length, byte) in (2_u8..).zip(rest.iter().take(4)) {
            remaining |= u32::from(byte & 0x7f) << (7 * (length - 2));
            if byte & 0x80 == 0 {
                return Ok(Self { kind, flags: first & 0x0f, length, remaining });
            }
        }
        Err(if rest.len() < 4 { HeaderError::Incomplete } else { HeaderError::NotMqtt })
    }

    /// Bytes of the whole packet.
    pub const fn total(self) -> u32 {
        self.length as u32 + self.remaining
    }

    /// Whether the length was written in more bytes than it needs.
    pub(super) const fn is_long(self) -> bool {
        let needed = match self.remaining {
            0..=0x7f => 2,
            0x80..=0x3fff => 3,
            0x4000..=0x1f_ffff => 4,
            _ => 5,
        };
        self.length > needed
    }
}
