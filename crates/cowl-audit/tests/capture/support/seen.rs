//! What was read of a capture.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::ops::ControlFlow;

use cowl_audit::capture::{self, CaptureSummary};
use cowl_audit::trace::{Carrier, Closing, Event, Loss, Way};

/// The events of a capture.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) opens: Vec<(SocketAddr, SocketAddr, Carrier)>,
    pub(crate) packets: Vec<(Way, Vec<u8>)>,
    pub(crate) times: Vec<u64>,
    pub(crate) sealed: Vec<(Way, u32)>,
    pub(crate) hellos: Vec<Hello>,
    pub(crate) lost: Vec<(Way, u64, Loss)>,
    pub(crate) closes: Vec<Closing>,
}

/// A hello, owned.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hello {
    pub(crate) version: u16,
    pub(crate) cipher: u16,
    pub(crate) group: u16,
    pub(crate) server_name: String,
    pub(crate) fingerprint: u64,
    pub(crate) resumption: bool,
}

impl Seen {
    /// Numbers of packets by type.
    pub(crate) fn counts(&self) -> BTreeMap<u8, u64> {
        let mut counts = BTreeMap::new();
        for (_, bytes) in &self.packets {
            *counts.entry(bytes[0] >> 4).or_default() += 1;
        }
        counts
    }

    pub(crate) fn lost_bytes(&self) -> u64 {
        self.lost.iter().map(|(_, bytes, _)| bytes).sum()
    }

    fn add(&mut self, event: &Event<'_>) {
        match *event {
            Event::Open { from, to, carrier, .. } => self.opens.push((from.unwrap(), to.unwrap(), carrier)),
            Event::Packet { way, bytes, at, .. } => {
                self.packets.push((way, bytes.to_vec()));
                self.times.push(at);
            }
            Event::Sealed { way, length, .. } => self.sealed.push((way, length)),
            Event::Hello { hello, .. } => self.hellos.push(Hello {
                version: hello.version,
                cipher: hello.cipher,
                group: hello.group,
                server_name: hello.server_name.to_owned(),
                fingerprint: hello.fingerprint,
                resumption: hello.resumption,
            }),
            Event::Lost { way, bytes, cause, .. } => self.lost.push((way, bytes, cause)),
            Event::Close { cause, .. } => self.closes.push(cause),
            _ => {}
        }
    }
}

/// Checks that the events of each connection begin with Open, end with Close and never go back in time.
#[derive(Debug, Default)]
pub(crate) struct Order {
    last: HashMap<u64, u64>,
    open: usize,
}

impl Order {
    pub(crate) fn check(&mut self, event: &Event<'_>) {
        let (connection, at) = match *event {
            Event::Open { connection, at, .. } => {
                assert!(self.last.insert(connection.0, at).is_none(), "numbers are unique");
                self.open += 1;
                return;
            }
            Event::Hello { connection, at, .. }
            | Event::Packet { connection, at, .. }
            | Event::Sealed { connection, at, .. }
            | Event::Lost { connection, at, .. } => (connection, at),
            Event::Close { connection, at, .. } => {
                self.open -= 1;
                (connection, at)
            }
            _ => return,
        };
        let last = self.last.get_mut(&connection.0).expect("after Open");
        assert!(*last <= at, "back in time");
        *last = if matches!(event, Event::Close { .. }) { u64::MAX } else { at };
    }

    pub(crate) fn finish(&self) {
        assert_eq!(self.open, 0, "each is closed");
    }
}

/// Reads a capture and checks the order of its events.
pub(crate) fn read(file: &[u8]) -> (Seen, CaptureSummary) {
    let (mut seen, mut order) = (Seen::default(), Order::default());
    let summary = capture::read(file, |event| {
        order.check(event);
        seen.add(event);
        ControlFlow::Continue(())
    })
    .unwrap();
    order.finish();
    (seen, summary)
}
