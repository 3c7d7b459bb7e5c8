//! Events on their way to the recorder's thread.

use super::Progress;
use crate::convert::count;
use crate::trace::{Event, TlsHello};

/// PUBLISH in the first byte of a packet.
const PUBLISH: u8 = 3;

/// An event with bytes of its own.
#[derive(Debug)]
pub(super) struct Owned {
    /// The event, its bytes and names empty.
    bare: Event<'static>,
    /// A packet's bytes, or a server name.
    bytes: Box<[u8]>,
}

impl From<&Event<'_>> for Owned {
    fn from(event: &Event<'_>) -> Self {
        let mut owned: &[u8] = &[];
        let bare = match *event {
            Event::Open { connection, at, point, from, to, carrier } => {
                Event::Open { connection, at, point, from, to, carrier }
            }
            Event::Hello { connection, at, hello } => {
                owned = hello.server_name.as_bytes();
                let TlsHello { version, cipher, group, fingerprint, resumption, .. } = hello;
                let hello = TlsHello { version, cipher, group, server_name: "", fingerprint, resumption };
                Event::Hello { connection, at, hello }
            }
            Event::Packet { connection, at, way, bytes } => {
                owned = bytes;
                Event::Packet { connection, at, way, bytes: &[] }
            }
            Event::Sealed { connection, at, way, length } => Event::Sealed { connection, at, way, length },
            Event::Lost { connection, at, way, bytes, cause } => {
                Event::Lost { connection, at, way, bytes, cause }
            }
            Event::Close { connection, at, cause } => Event::Close { connection, at, cause },
        };
        Self { bare, bytes: owned.into() }
    }
}

impl Owned {
    /// Bytes of memory.
    pub(super) const fn size(&self) -> usize {
        size_of::<Self>() + self.bytes.len()
    }

    pub(super) const fn at(&self) -> u64 {
        match self.bare {
            Event::Open { at, .. }
            | Event::Hello { at, .. }
            | Event::Packet { at, .. }
            | Event::Sealed { at, .. }
            | Event::Lost { at, .. }
            | Event::Close { at, .. } => at,
        }
    }

    /// The event, at this time.
    pub(super) fn event(&self, now: u64) -> Event<'_> {
        let mut event = self.bare;
        match &mut event {
            Event::Packet { at, bytes, .. } => (*at, *bytes) = (now, &self.bytes),
            Event::Hello { at, hello, .. } => {
                *at = now;
                hello.server_name = core::str::from_utf8(&self.bytes).unwrap_or_default();
            }
            Event::Open { at, .. }
            | Event::Sealed { at, .. }
            | Event::Lost { at, .. }
            | Event::Close { at, .. } => *at = now,
        }
        event
    }

    pub(super) fn count_in(&self, progress: &mut Progress) {
        match self.bare {
            Event::Open { .. } => {
                progress.connections += 1;
                progress.open += 1;
            }
            Event::Close { .. } => progress.open = progress.open.saturating_sub(1),
            Event::Packet { .. } => {
                progress.packets += 1;
                progress.messages += u64::from(self.bytes.first().is_some_and(|first| first >> 4 == PUBLISH));
                progress.bytes += count(self.bytes.len());
            }
            Event::Sealed { length, .. } => {
                progress.sealed += 1;
                progress.bytes += u64::from(length);
            }
            Event::Lost { bytes, .. } => progress.lost += bytes,
            Event::Hello { .. } => {}
        }
    }
}
