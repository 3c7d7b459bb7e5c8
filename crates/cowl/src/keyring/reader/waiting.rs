//! What waits for its device, across restarts: the broker forgets it once it is acknowledged, so it is written down before.

use std::collections::VecDeque;

use cowl_core::Epoch;

use super::Reader;
use crate::keyring::{KeyringError, state::Piece};

/// What is written down of that which waits: in pieces, one for each commit that found something new. A piece goes as a
/// whole, when nothing of it waits any more; what came out of it before waits again after a restart, is opened once more by
/// the search, and is dropped by its report id.
///
/// Each message is written once. The receiver keeps only the newest messages, as many as the policy says; so no piece
/// is older than those, and junk cannot make the table longer.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    held: VecDeque<Held>,
    /// The receiver's number up to which all is written down, or handed over to be.
    through: u64,
    /// The last piece's number in the state file.
    last: u64,
    /// Whether somebody else writes down what waits.
    elsewhere: bool,
}

/// A piece that is written down, or will be with the next commit.
#[derive(Debug)]
struct Held {
    number: u64,
    /// The receiver's numbers end here, and begin after the piece before.
    through: u64,
    waiting: usize,
    /// What came in an epoch can be of the next one at the latest.
    epoch: Epoch,
    /// Whether it came in the epoch that this reader took to be the present one. If beacons were missed, that one was over.
    is_of_now: bool,
}

impl Reader {
    /// Lets wait what waited when the state was written last.
    pub(super) fn wait_again(&mut self) -> Result<(), KeyringError> {
        // What is displaced meanwhile is told, too.
        self.receiver.waiting_stored(u64::MAX);
        for (number, piece) in self.state.waiting(self.role.0)? {
            self.pieces.last = self.pieces.last.max(number);
            let numbers = piece.messages.iter().filter_map(|message| self.receiver.wait_again(message));
            let (waiting, through) =
                numbers.fold((0, self.pieces.through), |(count, _), last| (count + 1, last));
            if waiting == 0 {
                self.batch.gone.push((self.role.0, number));
                continue;
            }
            self.pieces.through = through;
            let is_of_now = piece.epoch == self.entered;
            self.pieces.held.push_back(Held { number, through, waiting, epoch: piece.epoch, is_of_now });
        }
        self.count_gone(self.pieces.through);
        Ok(())
    }

    /// From now on somebody else writes down what waits.
    pub(super) fn wait_elsewhere(&mut self) {
        self.pieces.elsewhere = true;
    }

    /// Whether nothing waits that is not written down.
    pub(super) fn is_waiting_stored(&self) -> bool {
        self.pieces.elsewhere || self.receiver.waiting_after(self.pieces.through).next().is_none()
    }

    /// Puts what began to wait since the last time, and what waits no more, into the batch.
    pub(super) fn absorb_waiting(&mut self) {
        let mut through = self.pieces.through;
        if !self.pieces.elsewhere {
            let mut messages = Vec::new();
            for (number, message) in self.receiver.waiting_after(through) {
                messages.push(message.into());
                through = number;
            }
            if !messages.is_empty() {
                self.pieces.last += 1;
                let (number, waiting, epoch) = (self.pieces.last, messages.len(), self.entered);
                self.batch.waiting.push((self.role.0, number, Piece { epoch, messages }));
                self.pieces.held.push_back(Held { number, through, waiting, epoch, is_of_now: true });
                self.pieces.through = through;
            }
        }
        self.count_gone(through);
    }

    /// All is written down up to this number, or will be; what waits no more is taken off its piece.
    fn count_gone(&mut self, through: u64) {
        for gone in self.receiver.waiting_stored(through) {
            let place = self.pieces.held.partition_point(|piece| piece.through < gone);
            let Some(piece) = self.pieces.held.get_mut(place) else { continue };
            piece.waiting = piece.waiting.saturating_sub(1);
            if piece.waiting == 0 {
                let number = piece.number;
                self.pieces.held.remove(place);
                self.let_go(number);
            }
        }
    }

    /// Epoch `now` begins. What can only be of epochs before `oldest`, whose keys are deleted, is dropped.
    pub(super) fn age_waiting(&mut self, now: Epoch, oldest: Epoch) {
        let mut dropped = 0;
        for piece in &mut self.pieces.held {
            // It may be of any epoch up to the one that is found to be the present one only now.
            if std::mem::take(&mut piece.is_of_now) {
                piece.epoch = now;
            } else if piece.epoch.plus(1) < oldest {
                dropped = piece.through;
            }
        }
        if dropped > 0 {
            self.receiver.drop_waiting_through(dropped);
        }
    }

    /// Another receiver takes the place of this one, with all that waits and still fits.
    pub(super) fn wait_over_there(&mut self, before: &cowl_core::Receiver) {
        let pieces = std::mem::take(&mut self.pieces.held);
        for piece in pieces {
            self.let_go(piece.number);
        }
        self.pieces.through = 0;
        if self.pieces.elsewhere {
            return;
        }
        for (_, message) in before.waiting_after(0) {
            self.receiver.wait_again(message);
        }
    }

    fn let_go(&mut self, number: u64) {
        let before = self.batch.waiting.len();
        self.batch.waiting.retain(|(_, unwritten, _)| *unwritten != number);
        if self.batch.waiting.len() == before {
            self.batch.gone.push((self.role.0, number));
        }
    }
}

#[cfg(test)]
#[path = "waiting_tests.rs"]
mod tests;
