//! One control packet.

use super::cursor::Cursor;
use super::{
    Ack, Acks, Connack, Connect, Flaw, Flaws, Header, Level, PacketType, Publish, Reasoned, Subscribe, sniff,
};

/// A packet, with what was wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its fixed header.
    pub header: Header,
    /// What it says.
    pub body: Body<'a>,
    /// What was wrong; fields that were not there are empty or 0.
    pub flaws: Flaws,
}

/// What a packet says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the standard")]
pub enum Body<'a> {
    Connect(Connect<'a>),
    Connack(Connack<'a>),
    Publish(Publish<'a>),
    Puback(Ack<'a>),
    Pubrec(Ack<'a>),
    Pubrel(Ack<'a>),
    Pubcomp(Ack<'a>),
    Subscribe(Subscribe<'a>),
    Suback(Acks<'a>),
    Unsubscribe(Subscribe<'a>),
    Unsuback(Acks<'a>),
    Pingreq,
    Pingresp,
    Disconnect(Reasoned<'a>),
    Auth(Reasoned<'a>),
}

impl<'a> Packet<'a> {
    /// Reads one packet, its fixed header included. `level` is that of the connection's CONNECT; without it, it is
    /// guessed from this packet alone. `None` if there is no fixed header.
    #[inline]
    pub fn read(bytes: &'a [u8], level: Option<Level>) -> Option<Self> {
        let header = Header::read_any(bytes).ok()?;
        let level = match level {
            Some(level) => level,
            None => sniff::level(bytes).unwrap_or(Level::V3_1_1),
        };
        Self::read_as(bytes, header, level)
    }

    /// Reads one packet as of this level.
    #[inline]
    pub(super) fn read_as(bytes: &'a [u8], header: Header, level: Level) -> Option<Self> {
        let (_, rest) = bytes.split_at_checked(usize::from(header.length))?;
        let length = usize::try_from(header.remaining).unwrap_or(usize::MAX);
        let mut cursor = Cursor::new(rest.get(..length).unwrap_or(rest));
        if rest.len() != length {
            cursor.flaws.add(Flaw::Length);
        }
        if header.is_long() {
            cursor.flaws.add(Flaw::LongLength);
        }
        if header.flags != required_flags(header) {
            cursor.flaws.add(Flaw::Flags);
        }
        let body = Body::take(&mut cursor, header, level);
        Some(Self { header, body, flaws: cursor.flaws })
    }
}

impl<'a> Body<'a> {
    #[inline]
    fn take(cursor: &mut Cursor<'a>, header: Header, level: Level) -> Self {
        let kind = header.kind;
        match kind {
            PacketType::Publish => Self::Publish(Publish::take(cursor, header.flags, level)),
            PacketType::Connect => {
                let connect = Connect::take(cursor);
                cursor.end();
                Self::Connect(connect)
            }
            PacketType::Connack => Self::Connack(Connack::take(cursor, level)),
            PacketType::Puback => Self::Puback(Ack::take(cursor, kind, level)),
            PacketType::Pubrec => Self::Pubrec(Ack::take(cursor, kind, level)),
            PacketType::Pubrel => Self::Pubrel(Ack::take(cursor, kind, level)),
            PacketType::Pubcomp => Self::Pubcomp(Ack::take(cursor, kind, level)),
            PacketType::Subscribe => Self::Subscribe(Subscribe::take(cursor, kind, level)),
            PacketType::Suback => Self::Suback(Acks::take(cursor, kind, level)),
            PacketType::Unsubscribe => Self::Unsubscribe(Subscribe::take(cursor, kind, level)),
            PacketType::Unsuback => Self::Unsuback(Acks::take(cursor, kind, level)),
            PacketType::Pingreq => {
                cursor.end();
                Self::Pingreq
            }
            PacketType::Pingresp => {
                cursor.end();
                Self::Pingresp
            }
            PacketType::Disconnect => Self::Disconnect(Reasoned::take(cursor, kind, level)),
            PacketType::Auth => {
                if !level.has_properties() {
                    cursor.flaws.add(Flaw::Type);
                }
                // It exists in 5 only, so whatever the connection's level is, it can only be read as that.
                Self::Auth(Reasoned::take(cursor, kind, Level::V5))
            }
        }
    }
}

/// The flags that a packet must have (§2.1.3); those of PUBLISH are free, and 3.1 has a duplicate bit in three more.
#[inline]
const fn required_flags(header: Header) -> u8 {
    match header.kind {
        PacketType::Publish => header.flags,
        PacketType::Pubrel | PacketType::Subscribe | PacketType::Unsubscribe => {
            0b0010 | header.flags & 0b1000
        }
        _ => 0,
    }
}
