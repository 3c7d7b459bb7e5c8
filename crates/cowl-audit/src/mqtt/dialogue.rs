//! What has to be remembered of a connection to read its packets: the protocol's level and the topic aliases.

use std::collections::HashMap;

use crate::trace::Way;

use super::{Body, Header, Level, Packet, PacketType, Publish, sniff};

/// Bytes of topics that are remembered for one direction of a connection; aliases beyond them are not resolved.
pub const ALIAS_BYTES: usize = 64 << 10;

/// Reads the packets of one connection.
#[derive(Debug, Default)]
pub struct Dialogue {
    level: Option<Level>,
    to_server: Aliases,
    to_client: Aliases,
}

#[derive(Debug, Default)]
struct Aliases {
    topics: HashMap<u16, Box<[u8]>>,
    bytes: usize,
}

impl Dialogue {
    /// Before the first packet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the next packet, with the level of CONNECT, or of the first packet that told it. A topic alias that was set
    /// before is resolved: [`Publish::topic`] is then the topic that it stands for. `None` if there is no fixed header.
    #[inline]
    pub fn read<'a>(&'a mut self, way: Way, bytes: &'a [u8]) -> Option<Packet<'a>> {
        let header = Header::read_any(bytes).ok()?;
        if header.kind == PacketType::Connect || self.level.is_none() {
            self.level = sniff::level(bytes).or(self.level);
        }
        if header.kind == PacketType::Connect {
            (self.to_server, self.to_client) = Default::default();
        }
        let mut packet = Packet::read_as(bytes, header, self.level.unwrap_or(Level::V3_1_1))?;
        if let Body::Publish(publish) = &mut packet.body
            && let Some(alias) = publish.properties.topic_alias()
        {
            let aliases = match way {
                Way::ToServer => &mut self.to_server,
                Way::ToClient => &mut self.to_client,
            };
            aliases.resolve(alias, publish);
        }
        Some(packet)
    }

    /// The level, once it is known.
    pub const fn level(&self) -> Option<Level> {
        self.level
    }
}

impl Aliases {
    fn resolve<'a>(&'a mut self, alias: u16, publish: &mut Publish<'a>) {
        if publish.topic.is_empty() {
            publish.topic = self.topics.get(&alias).map_or(&[], |topic| topic);
            return;
        }
        let before = self.topics.get(&alias).map_or(0, |topic| topic.len());
        let bytes = self.bytes - before + publish.topic.len();
        if bytes > ALIAS_BYTES {
            self.bytes -= before;
            self.topics.remove(&alias);
            return;
        }
        self.bytes = bytes;
        self.topics.insert(alias, publish.topic.into());
    }
}
