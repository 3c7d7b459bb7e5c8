//! One TCP connection as frames.

use std::net::SocketAddr;

use cowl_audit::trace::Way;

use super::frames::{ACK, FIN, Frame, RST, SYN, ethernet, ip, tcp};

/// A conversation of a client with a server. Frames are Ethernet's, one a millisecond.
#[derive(Debug, Clone)]
pub(crate) struct Talk {
    pub(crate) client: SocketAddr,
    pub(crate) server: SocketAddr,
    pub(crate) at: u64,
    /// Next sequence numbers of client and server.
    pub(crate) next: [u32; 2],
    pub(crate) frames: Vec<Frame>,
}

impl Talk {
    pub(crate) fn new(client: &str, server: &str) -> Self {
        let (client, server) = (client.parse().unwrap(), server.parse().unwrap());
        Self { client, server, at: 1_700_000_000_000_000, next: [1000, 5000], frames: Vec::new() }
    }

    /// After the handshake.
    pub(crate) fn open(client: &str, server: &str) -> Self {
        let mut talk = Self::new(client, server);
        talk.handshake();
        talk
    }

    pub(crate) fn handshake(&mut self) {
        self.send(Way::ToServer, SYN, b"");
        self.send(Way::ToClient, SYN | ACK, b"");
        self.send(Way::ToServer, ACK, b"");
    }

    pub(crate) fn say(&mut self, way: Way, payload: &[u8]) {
        self.send(way, ACK, payload);
    }

    pub(crate) fn close(&mut self) {
        self.send(Way::ToServer, FIN | ACK, b"");
        self.send(Way::ToClient, FIN | ACK, b"");
        self.send(Way::ToServer, ACK, b"");
    }

    pub(crate) fn reset(&mut self, way: Way) {
        self.send(way, RST, b"");
    }

    /// Sends the next bytes.
    pub(crate) fn send(&mut self, way: Way, flags: u8, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap() + u32::from(flags & (SYN | FIN) != 0);
        let [client, server] = self.next;
        let sequence = if way == Way::ToServer { client } else { server };
        self.send_at(way, flags, sequence, payload);
        let next = if way == Way::ToServer { &mut self.next[0] } else { &mut self.next[1] };
        *next = next.wrapping_add(length);
    }

    /// Sends a segment with any sequence number; what comes next does not change.
    pub(crate) fn send_at(&mut self, way: Way, flags: u8, sequence: u32, payload: &[u8]) {
        let [client, server] = self.next;
        let (from, to, acknowledged) = match way {
            Way::ToServer => (self.client, self.server, server),
            Way::ToClient => (self.server, self.client, client),
        };
        let acknowledged = if flags & ACK == 0 { 0 } else { acknowledged };
        let segment = tcp(from, to, sequence, acknowledged, flags, payload);
        self.at += 1000;
        self.frames.push(Frame::new(self.at, ethernet(&[], &ip(from.ip(), to.ip(), &segment))));
    }
}
