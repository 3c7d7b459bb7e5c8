//! MQTT in clear, one direction.

use super::out::{Line, Out};
use crate::mqtt::{Frame, Framer, plausible};
use crate::trace::Loss;

/// One direction of MQTT in clear.
#[derive(Debug)]
pub(super) struct Clear {
    framer: Framer,
    /// Where packets begin is not known: the beginning is missing, or a gap was too large.
    astray: bool,
}

impl Clear {
    /// From the first byte of a connection on, or from some byte on.
    pub(super) fn new(from_beginning: bool) -> Self {
        Self { framer: Framer::new(), astray: !from_beginning }
    }

    pub(super) fn bytes(&mut self, line: Line, bytes: &[u8], out: &mut Out<'_>) {
        // Clients and brokers write whole packets, so segments begin with one more often than not. One that does, and
        // holds nothing but whole and sound packets, is where reading begins again.
        if self.astray {
            if !plausible(bytes, true) {
                out.lost_all(line, bytes, Loss::Missing);
                return;
            }
            self.astray = false;
        }
        self.framer.push(bytes, |frame| emit(frame, line, out));
    }

    pub(super) fn gap(&mut self, line: Line, bytes: u64, cause: Loss, out: &mut Out<'_>) {
        if self.astray {
            out.lost(line, bytes, cause);
            return;
        }
        let was_lost = self.framer.is_lost();
        self.framer.gap(bytes, cause, |frame| emit(frame, line, out));
        if self.framer.is_lost() && !was_lost {
            self.framer = Framer::new();
            self.astray = true;
        }
    }

    pub(super) fn finish(&mut self, line: Line, out: &mut Out<'_>) {
        self.framer.finish(|frame| emit(frame, line, out));
    }

    /// Gives up the packet that is incomplete.
    pub(super) fn shed(&mut self, line: Line, out: &mut Out<'_>) {
        self.framer.pass_over(|frame| emit(frame, line, out));
    }

    pub(super) const fn held(&self) -> usize {
        self.framer.memory()
    }
}

fn emit(frame: Frame<'_>, line: Line, out: &mut Out<'_>) {
    match frame {
        Frame::Packet(bytes) => out.packet(line, bytes),
        Frame::Lost { bytes, cause } => out.lost(line, bytes, cause),
    }
}
