//! One TCP connection: both directions, and what they carry.

use core::net::SocketAddr;

use super::clear::Clear;
use super::hello::Handshake;
use super::out::{Line, Out};
use super::reassembly::{Chunk, Direction};
use super::segment::Segment;
use super::sniff::{SideSoFar, Sniffer, Verdict};
use super::summary::{ConnectionCounts, Counts};
use super::tls::{Records, Shown};
use super::websocket::WebSocket;
use crate::trace::{Carrier, Closing, ConnectionId, Event, Loss, PointId, Way};

/// One of the two ends of a connection: that with the lower address, or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Low,
    High,
}

impl Which {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Low => Self::High,
            Self::High => Self::Low,
        }
    }
}

/// Something for each end.
pub(super) trait Side<T> {
    fn of(&self, which: Which) -> &T;
    fn of_mut(&mut self, which: Which) -> &mut T;
}

impl<T> Side<T> for [T; 2] {
    fn of(&self, which: Which) -> &T {
        let [low, high] = self;
        match which {
            Which::Low => low,
            Which::High => high,
        }
    }

    fn of_mut(&mut self, which: Which) -> &mut T {
        let [low, high] = self;
        match which {
            Which::Low => low,
            Which::High => high,
        }
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Connection {
    directions: [Direction; 2],
    content: Content,
    facts: Facts,
}

/// What is known of a connection apart from its bytes.
#[derive(Debug)]
struct Facts {
    addresses: [SocketAddr; 2],
    /// Who opened it.
    client: Option<Which>,
    /// Its number, once it has been told of.
    id: Option<ConnectionId>,
    /// Time of its last event; times never go back.
    at: u64,
    closed: bool,
}

#[derive(Debug)]
enum Content {
    Unknown(Box<Sniffer>),
    Clear(Box<[Clear; 2]>),
    WebSocket(Box<[WebSocket; 2]>),
    Tls(Box<Tls>),
    Other,
    Closed,
}

#[derive(Debug)]
struct Tls {
    records: [Records; 2],
    handshake: Handshake,
}

impl Connection {
    pub(super) fn new(addresses: [SocketAddr; 2]) -> Self {
        let facts = Facts { addresses, client: None, id: None, at: 0, closed: false };
        Self { directions: Default::default(), content: Content::Unknown(Box::default()), facts }
    }

    /// Takes a segment that the end `from` sent.
    pub(super) fn segment(
        &mut self,
        at: u64,
        from: Which,
        segment: &Segment<'_>,
        counts: &mut Counts,
        out: &mut Out<'_>,
    ) {
        self.facts.at = self.facts.at.max(at);
        if segment.syn {
            let opener = if segment.acknowledged.is_some() { from.other() } else { from };
            self.facts.client.get_or_insert(opener);
            // Whoever answers a SYN says where the other side begins, even if that SYN is not in the capture.
            if let Some(acknowledged) = segment.acknowledged {
                self.directions.of_mut(from.other()).begin(acknowledged);
            }
        } else if segment.length() > 0
            && let Content::Unknown(sniffer) = &mut self.content
        {
            for which in [Which::Low, Which::High] {
                if !self.directions.of(which).has_beginning() {
                    sniffer.without_beginning(which);
                }
            }
        }
        if segment.reset && !self.directions.of(from).is_near(segment.sequence) {
            counts.tcp.astray += 1;
            return;
        }
        let Self { directions, content, facts } = self;
        let mut take = |which: Which, chunk: Chunk<'_>| content.take(facts, which, chunk, out);
        directions.of_mut(from).accept(at, segment, &mut counts.tcp, &mut |chunk| take(from, chunk));
        if let Some(acknowledged) = segment.acknowledged {
            directions.of_mut(from.other()).acknowledge(at, acknowledged);
        }
        for which in [Which::Low, Which::High] {
            directions.of_mut(which).check(at, &mut counts.tcp, &mut |chunk| take(which, chunk));
        }
        if segment.reset {
            // After FIN it only says that nobody listens any more: clients that leave without reading the rest do so.
            let said = self.directions.iter().any(Direction::has_end);
            self.close(at, if said { Closing::Orderly } else { Closing::Broken }, counts, out);
        } else if self.directions.iter().all(Direction::is_finished) {
            self.close(at, Closing::Orderly, counts, out);
        }
    }

    /// The connection ends here, or the capture does.
    pub(super) fn close(&mut self, at: u64, cause: Closing, counts: &mut Counts, out: &mut Out<'_>) {
        if self.facts.closed {
            return;
        }
        self.facts.at = self.facts.at.max(at);
        let Self { directions, content, facts } = self;
        for which in [Which::Low, Which::High] {
            directions
                .of_mut(which)
                .finish(at, &mut counts.tcp, &mut |chunk| content.take(facts, which, chunk, out));
        }
        content.finish(facts, out);
        self.facts.closed = true;
        // One side said that it was done, and the other has been silent since: that is an end in order.
        let said = self.directions.iter().any(Direction::has_end);
        let cause = if cause == Closing::Unseen && said { Closing::Orderly } else { cause };
        if let Some(connection) = self.facts.id {
            out.send(&Event::Close { connection, at: self.facts.at, cause });
        }
        self.content.count(&mut counts.kinds);
        self.content = Content::Closed;
        self.directions = Default::default();
    }

    /// Gives up what it holds.
    pub(super) fn shed(&mut self, counts: &mut Counts, out: &mut Out<'_>) {
        let Self { directions, content, facts } = self;
        let at = facts.at;
        for which in [Which::Low, Which::High] {
            let direction = directions.of_mut(which);
            while direction.held() > 0 {
                direction.give_up(at, &mut counts.tcp, &mut |chunk| content.take(facts, which, chunk, out));
            }
        }
        content.shed(facts, out);
    }

    /// Bytes that it holds.
    pub(super) fn held(&self) -> usize {
        let waiting: usize = self.directions.iter().map(Direction::held).sum();
        waiting + self.content.held()
    }

    /// Whether a SYN of this end begins another connection instead of repeating this one's.
    pub(super) fn is_over_for(&self, from: Which, segment: &Segment<'_>) -> bool {
        let direction = self.directions.of(from);
        let same = direction.is_new() || direction.begins_with(segment.sequence.wrapping_add(1));
        self.facts.closed || segment.acknowledged.is_none() && !same
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.facts.closed
    }

    pub(super) const fn at(&self) -> u64 {
        self.facts.at
    }
}

impl Facts {
    const fn line(&self, connection: ConnectionId, from: Which) -> Line {
        let is_client =
            matches!((self.client, from), (Some(Which::Low), Which::Low) | (Some(Which::High), Which::High));
        let way = if is_client { Way::ToServer } else { Way::ToClient };
        Line { connection, at: self.at, way }
    }

    /// Tells of the connection, now that it is known what it carries.
    fn open(&mut self, client: Option<Which>, carrier: Carrier, out: &mut Out<'_>) -> ConnectionId {
        let [low, high] = self.addresses;
        // Who opened it was not seen, nor do the bytes tell: servers have the lower port more often than not.
        let by_port = if low.port() < high.port() { Which::High } else { Which::Low };
        let client = *self.client.get_or_insert(client.unwrap_or(by_port));
        let connection = out.connection();
        self.id = Some(connection);
        out.send(&Event::Open {
            connection,
            at: self.at,
            point: PointId(0),
            from: Some(*self.addresses.of(client)),
            to: Some(*self.addresses.of(client.other())),
            carrier,
        });
        connection
    }
}

impl Content {
    fn take(&mut self, facts: &mut Facts, which: Which, chunk: Chunk<'_>, out: &mut Out<'_>) {
        if let Self::Unknown(sniffer) = self {
            let verdict = match chunk {
                Chunk::Bytes(bytes) => sniffer.bytes(which, bytes),
                Chunk::Gap { bytes, .. } => {
                    sniffer.gap(which, bytes);
                    return;
                }
            };
            self.decide(facts, verdict, out);
            return;
        }
        let Some(connection) = facts.id else { return };
        let line = facts.line(connection, which);
        match (self, chunk) {
            (Self::Clear(sides), Chunk::Bytes(bytes)) => sides.of_mut(which).bytes(line, bytes, out),
            (Self::Clear(sides), Chunk::Gap { bytes, cause }) => {
                sides.of_mut(which).gap(line, bytes, cause, out);
            }
            (Self::WebSocket(sides), Chunk::Bytes(bytes)) => sides.of_mut(which).bytes(line, bytes, out),
            (Self::WebSocket(sides), Chunk::Gap { bytes, cause }) => {
                sides.of_mut(which).gap(line, bytes, cause, out);
            }
            (Self::Tls(tls), Chunk::Bytes(bytes)) => tls.bytes(line, which, bytes, out),
            (Self::Tls(tls), Chunk::Gap { bytes, cause }) => {
                tls.records.of_mut(which).gap(line, bytes, cause, out);
            }
            (Self::Unknown(_) | Self::Other | Self::Closed, _) => {}
        }
    }

    /// Changes to what the bytes have been found to be, and reads those that were kept.
    fn decide(&mut self, facts: &mut Facts, verdict: Verdict, out: &mut Out<'_>) {
        let Self::Unknown(sniffer) = self else { return };
        if verdict == Verdict::Open {
            return;
        }
        let sides = core::mem::take(&mut **sniffer).into_sides();
        let [low, high] = &sides;
        let whole = [!low.headless, !high.headless];
        let mut behind = None;
        match verdict {
            Verdict::Open | Verdict::Other => {
                *self = Self::Other;
                return;
            }
            Verdict::Mqtt { client } => {
                facts.open(client, Carrier::Tcp, out);
                *self = Self::Clear(Box::new(whole.map(Clear::new)));
            }
            Verdict::Tls { client } => {
                facts.open(client, Carrier::Tls, out);
                let records = whole.map(Records::new);
                *self = Self::Tls(Box::new(Tls { records, handshake: Handshake::default() }));
            }
            Verdict::WebSocket { client, behind: place } => {
                facts.open(Some(client), Carrier::WebSocket, out);
                let new = |which| if which == client { WebSocket::client() } else { WebSocket::server() };
                *self = Self::WebSocket(Box::new([new(Which::Low), new(Which::High)]));
                behind = Some((client, place));
            }
        }
        for (which, side) in [Which::Low, Which::High].into_iter().zip(sides) {
            let skip = behind.filter(|(client, _)| *client == which).map_or(0, |(_, place)| place);
            self.replay(facts, which, &side, skip, out);
        }
    }

    fn replay(&mut self, facts: &mut Facts, which: Which, side: &SideSoFar, skip: usize, out: &mut Out<'_>) {
        let Some(connection) = facts.id else { return };
        if side.headless {
            // It began before the capture, so something is missing, even if not known how much.
            out.lost(facts.line(connection, which), side.lost, Loss::Missing);
        }
        let bytes = side.bytes.get(skip..).unwrap_or(&[]);
        if !bytes.is_empty() {
            self.take(facts, which, Chunk::Bytes(bytes), out);
        }
    }

    fn finish(&mut self, facts: &mut Facts, out: &mut Out<'_>) {
        let Some(connection) = facts.id else { return };
        for which in [Which::Low, Which::High] {
            let line = facts.line(connection, which);
            match self {
                Self::Clear(sides) => sides.of_mut(which).finish(line, out),
                Self::WebSocket(sides) => sides.of_mut(which).finish(line, out),
                Self::Tls(tls) => tls.records.of_mut(which).finish(line, out),
                Self::Unknown(_) | Self::Other | Self::Closed => {}
            }
        }
        if let Self::Tls(tls) = self {
            tls.tell(facts.line(connection, Which::Low), true, out);
        }
    }

    fn shed(&mut self, facts: &mut Facts, out: &mut Out<'_>) {
        if let Self::Unknown(_) = self {
            *self = Self::Other;
        }
        let Some(connection) = facts.id else { return };
        for which in [Which::Low, Which::High] {
            let line = facts.line(connection, which);
            match self {
                Self::Clear(sides) => sides.of_mut(which).shed(line, out),
                Self::WebSocket(sides) => sides.of_mut(which).shed(line, out),
                Self::Tls(tls) => tls.records.of_mut(which).stop_reading(),
                Self::Unknown(_) | Self::Other | Self::Closed => {}
            }
        }
    }

    /// Adds it to the counts.
    const fn count(&self, counts: &mut ConnectionCounts) {
        let place = match self {
            Self::Unknown(_) => &mut counts.silent,
            Self::Clear(_) => &mut counts.mqtt,
            Self::WebSocket(_) => &mut counts.websocket,
            Self::Tls(_) => &mut counts.tls,
            Self::Other | Self::Closed => &mut counts.other,
        };
        *place += 1;
    }

    fn held(&self) -> usize {
        match self {
            Self::Unknown(sniffer) => sniffer.held(),
            Self::Clear(sides) => sides.iter().map(Clear::held).sum(),
            Self::WebSocket(sides) => sides.iter().map(WebSocket::held).sum(),
            Self::Tls(tls) => tls.records.iter().map(Records::held).sum::<usize>() + tls.handshake.held(),
            Self::Other | Self::Closed => 0,
        }
    }
}

impl Tls {
    fn bytes(&mut self, line: Line, which: Which, bytes: &[u8], out: &mut Out<'_>) {
        let Self { records, handshake } = self;
        records.of_mut(which).bytes(line, bytes, out, &mut |shown| match shown {
            Shown::Message(kind, body) => handshake.message(kind, body),
            Shown::Ciphers => handshake.ciphers(),
            Shown::Data => handshake.over(),
        });
        self.tell(line, false, out);
    }

    fn tell(&mut self, line: Line, at_end: bool, out: &mut Out<'_>) {
        if let Some(hello) = self.handshake.take(at_end) {
            out.send(&Event::Hello { connection: line.connection, at: line.at, hello });
        }
    }
}
