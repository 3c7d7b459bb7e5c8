//! Where events go.

use core::ops::ControlFlow;

use super::summary::LostBytes;
use crate::convert::count;
use crate::trace::{ConnectionId, Event, Loss, Way};

/// Who takes the events, and a count of them.
pub(super) struct Out<'s> {
    sink: &'s mut dyn FnMut(&Event<'_>) -> ControlFlow<()>,
    pub(super) stopped: bool,
    pub(super) packets: u64,
    pub(super) sealed: u64,
    pub(super) lost: LostBytes,
    connections: u64,
}

/// One connection at one time, one way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) connection: ConnectionId,
    pub(super) at: u64,
    pub(super) way: Way,
}

impl<'s> Out<'s> {
    pub(super) fn new(sink: &'s mut dyn FnMut(&Event<'_>) -> ControlFlow<()>) -> Self {
        let lost = LostBytes::default();
        Self { sink, stopped: false, packets: 0, sealed: 0, lost, connections: 0 }
    }

    /// A number for a connection.
    pub(super) fn connection(&mut self) -> ConnectionId {
        self.connections += 1;
        ConnectionId(self.connections - 1)
    }

    pub(super) fn send(&mut self, event: &Event<'_>) {
        if !self.stopped {
            self.stopped = (self.sink)(event).is_break();
        }
    }

    pub(super) fn packet(&mut self, line: Line, bytes: &[u8]) {
        self.packets += 1;
        self.send(&Event::Packet { connection: line.connection, at: line.at, way: line.way, bytes });
    }

    pub(super) fn sealed(&mut self, line: Line, length: u32) {
        self.sealed += 1;
        self.send(&Event::Sealed { connection: line.connection, at: line.at, way: line.way, length });
    }

    pub(super) fn lost(&mut self, line: Line, bytes: u64, cause: Loss) {
        match cause {
            Loss::Missing => self.lost.missing += bytes,
            Loss::Snapped => self.lost.snapped += bytes,
            Loss::NotMqtt => self.lost.not_mqtt += bytes,
            Loss::Limit => self.lost.limit += bytes,
        }
        self.send(&Event::Lost { connection: line.connection, at: line.at, way: line.way, bytes, cause });
    }

    pub(super) fn lost_all(&mut self, line: Line, bytes: &[u8], cause: Loss) {
        self.lost(line, count(bytes.len()), cause);
    }
}
