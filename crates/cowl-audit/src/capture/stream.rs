//! A connection whose bytes come one by one as they are forwarded: nothing is missing, and who is the client is known.

use core::net::SocketAddr;
use core::ops::ControlFlow;

use super::clear::Clear;
use super::connection::{Side as _, Which};
use super::hello::Handshake;
use super::out::{Line, Out};
use super::sniff::{Sniffer, Verdict};
use super::tls::{Records, Shown};
use super::websocket::WebSocket;
use crate::trace::{Carrier, Closing, ConnectionId, Event, Loss, PointId, Way};

/// Both directions of a connection, and what they carry.
#[derive(Debug)]
pub(crate) struct Stream {
    connection: ConnectionId,
    from: Option<SocketAddr>,
    to: Option<SocketAddr>,
    /// Whether the bytes were taken out of TLS.
    under_tls: bool,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Unknown(Box<Sniffer>),
    Clear(Box<[Clear; 2]>),
    WebSocket(Box<[WebSocket; 2]>),
    Tls(Box<([Records; 2], Handshake)>),
    Other,
}

impl Stream {
    /// Before its first byte.
    pub(crate) fn new(connection: ConnectionId, from: Option<SocketAddr>, under_tls: bool) -> Self {
        Self { connection, from, to: None, under_tls, content: Content::Unknown(Box::default()) }
    }

    /// It is connected to this server.
    pub(crate) const fn reached(&mut self, to: Option<SocketAddr>) {
        self.to = to;
    }

    /// The next bytes.
    pub(crate) fn bytes(&mut self, at: u64, way: Way, bytes: &[u8], mut sink: impl FnMut(&Event<'_>)) {
        let mut pass = |event: &Event<'_>| {
            sink(event);
            ControlFlow::Continue(())
        };
        self.take(self.line(at, way), bytes, &mut Out::new(&mut pass));
    }

    /// Its end.
    pub(crate) fn close(&mut self, at: u64, cause: Closing, mut sink: impl FnMut(&Event<'_>)) {
        let mut pass = |event: &Event<'_>| {
            sink(event);
            ControlFlow::Continue(())
        };
        let out = &mut Out::new(&mut pass);
        if matches!(self.content, Content::Unknown(_)) {
            self.decide(at, Verdict::Other, out);
        }
        for way in [Way::ToServer, Way::ToClient] {
            let (line, which) = (self.line(at, way), which(way));
            match &mut self.content {
                Content::Clear(sides) => sides.of_mut(which).finish(line, out),
                Content::WebSocket(sides) => sides.of_mut(which).finish(line, out),
                Content::Tls(tls) => tls.0.of_mut(which).finish(line, out),
                Content::Unknown(_) | Content::Other => {}
            }
        }
        self.tell(at, true, out);
        out.send(&Event::Close { connection: self.connection, at, cause });
    }

    const fn line(&self, at: u64, way: Way) -> Line {
        Line { connection: self.connection, at, way }
    }

    fn take(&mut self, line: Line, bytes: &[u8], out: &mut Out<'_>) {
        let which = which(line.way);
        match &mut self.content {
            Content::Unknown(sniffer) => {
                let verdict = sniffer.bytes(which, bytes);
                if verdict != Verdict::Open {
                    self.decide(line.at, verdict, out);
                }
            }
            Content::Clear(sides) => sides.of_mut(which).bytes(line, bytes, out),
            Content::WebSocket(sides) => sides.of_mut(which).bytes(line, bytes, out),
            Content::Tls(tls) => {
                let (records, handshake) = &mut **tls;
                records.of_mut(which).bytes(line, bytes, out, &mut |shown| match shown {
                    Shown::Message(kind, body) => handshake.message(kind, body),
                    Shown::Ciphers => handshake.ciphers(),
                    Shown::Data => handshake.over(),
                });
                self.tell(line.at, false, out);
            }
            Content::Other => out.lost_all(line, bytes, Loss::NotMqtt),
        }
    }

    /// Changes to what the bytes have been found to be, and reads those that were kept.
    fn decide(&mut self, at: u64, verdict: Verdict, out: &mut Out<'_>) {
        let Content::Unknown(sniffer) = &mut self.content else { return };
        let sides = core::mem::take(&mut **sniffer).into_sides();
        let mut request = 0;
        let (content, clear, under_tls) = match verdict {
            Verdict::Mqtt { .. } => {
                let sides = [Clear::new(true), Clear::new(true)];
                (Content::Clear(Box::new(sides)), Carrier::Tcp, Carrier::Tls)
            }
            Verdict::WebSocket { behind, .. } => {
                request = behind;
                let sides = [WebSocket::client(), WebSocket::server()];
                (Content::WebSocket(Box::new(sides)), Carrier::WebSocket, Carrier::WebSocketTls)
            }
            Verdict::Tls { .. } => {
                let records = [Records::new(true), Records::new(true)];
                (Content::Tls(Box::new((records, Handshake::default()))), Carrier::Tls, Carrier::Tls)
            }
            Verdict::Open | Verdict::Other => (Content::Other, Carrier::Unknown, Carrier::Tls),
        };
        self.content = content;
        let carrier = if self.under_tls { under_tls } else { clear };
        let (connection, from, to) = (self.connection, self.from, self.to);
        out.send(&Event::Open { connection, at, point: PointId(0), from, to, carrier });
        for (way, side) in [Way::ToServer, Way::ToClient].into_iter().zip(sides) {
            let skip = if way == Way::ToServer { request } else { 0 };
            let bytes = side.bytes.get(skip..).unwrap_or(&[]);
            if !bytes.is_empty() {
                self.take(self.line(at, way), bytes, out);
            }
        }
    }

    /// Says what the handshake showed, once it is known.
    fn tell(&mut self, at: u64, at_end: bool, out: &mut Out<'_>) {
        if let Content::Tls(tls) = &mut self.content
            && let Some(hello) = tls.1.take(at_end)
        {
            out.send(&Event::Hello { connection: self.connection, at, hello });
        }
    }
}

const fn which(way: Way) -> Which {
    match way {
        Way::ToServer => Which::Low,
        Way::ToClient => Which::High,
    }
}
