//! All connections of a capture.

use core::net::SocketAddr;
use std::collections::HashMap;

use super::connection::{Connection, Which};
use super::out::Out;
use super::segment::Segment;
use super::summary::Counts;
use super::{LINGER_US, MAX_CONNECTIONS, MAX_HELD};
use crate::trace::Closing;

/// All connections of a capture, by their two addresses, the lower one first.
#[derive(Debug)]
pub(super) struct Table {
    connections: HashMap<[SocketAddr; 2], Connection>,
    /// Bytes that they hold together.
    held: usize,
    /// Number of connections at which those that ended are next looked for.
    next_sweep: usize,
    limits: Limits,
    pub(super) counts: Counts,
}

/// What a table may hold; others than the named limits are for tests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) connections: usize,
    pub(super) held: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: MAX_CONNECTIONS, held: MAX_HELD }
    }
}

impl Table {
    pub(super) fn new(limits: Limits) -> Self {
        let next_sweep = 1024.min(limits.connections);
        Self { connections: HashMap::new(), held: 0, next_sweep, limits, counts: Counts::default() }
    }

    /// Takes a segment.
    pub(super) fn segment(
        &mut self,
        at: u64,
        from: SocketAddr,
        to: SocketAddr,
        segment: &Segment<'_>,
        out: &mut Out<'_>,
    ) {
        self.counts.tcp.segments += 1;
        self.counts.tcp.snapped += u64::from(segment.snapped > 0);
        let (key, which) = if from <= to { ([from, to], Which::Low) } else { ([to, from], Which::High) };
        match self.connections.get_mut(&key) {
            Some(connection) if segment.syn && connection.is_over_for(which, segment) => {
                self.end(&key, at, Closing::Unseen, out);
                self.begin(key, at, out);
            }
            // What still comes after the end is repeated, or says nothing.
            Some(connection) if connection.is_closed() => return,
            Some(_) => {}
            // An end or acknowledgement without anything before it: not worth remembering.
            None if !segment.syn && segment.length() == 0 => return,
            None => self.begin(key, at, out),
        }
        let Some(connection) = self.connections.get_mut(&key) else { return };
        let before = connection.held();
        connection.segment(at, which, segment, &mut self.counts, out);
        let mut after = connection.held();
        if after > before && self.held - before + after > self.limits.held {
            self.counts.tcp.shed += 1;
            connection.shed(&mut self.counts, out);
            after = connection.held();
        }
        self.held = self.held - before + after;
    }

    /// The capture is over. Connections end in the order in which they were last heard of.
    pub(super) fn finish(&mut self, at: u64, out: &mut Out<'_>) {
        let mut left: Vec<_> =
            self.connections.iter().map(|(key, connection)| (connection.at(), *key)).collect();
        left.sort_unstable();
        for (_, key) in left {
            self.end(&key, at, Closing::Unseen, out);
        }
    }

    fn begin(&mut self, key: [SocketAddr; 2], at: u64, out: &mut Out<'_>) {
        if self.connections.len() >= self.next_sweep {
            self.sweep(at, out);
        }
        self.connections.insert(key, Connection::new(key));
    }

    fn end(&mut self, key: &[SocketAddr; 2], at: u64, cause: Closing, out: &mut Out<'_>) {
        let Some(mut connection) = self.connections.remove(key) else { return };
        self.held -= connection.held();
        connection.close(at, cause, &mut self.counts, out);
    }

    /// Forgets connections that ended long ago, and if those are not enough, the tenth that was silent longest.
    fn sweep(&mut self, at: u64, out: &mut Out<'_>) {
        self.connections.retain(|_, connection| {
            !connection.is_closed() || at.saturating_sub(connection.at()) < LINGER_US
        });
        if self.connections.len() >= self.limits.connections {
            let mut by_age: Vec<_> = self
                .connections
                .iter()
                .map(|(key, connection)| ((!connection.is_closed(), connection.at()), *key))
                .collect();
            by_age.sort_unstable();
            for ((alive, _), key) in by_age.into_iter().take(self.limits.connections / 10 + 1) {
                self.counts.tcp.evicted += u64::from(alive);
                self.end(&key, at, Closing::Unseen, out);
            }
        }
        self.next_sweep =
            (self.connections.len() * 2).clamp(1024.min(self.limits.connections), self.limits.connections);
    }
}
