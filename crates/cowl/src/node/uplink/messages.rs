//! Messages on their way from the queue to a connection, and back.

use rand_core::Rng as _;

use super::{Event, Uplink, mix::Turn, ready::Ready, shape::mode};
use crate::node::{Lane, Load};

impl<L: Load, T: FnMut(Event)> Uplink<L, T> {
    /// The next message of a size class: one that has to be sent again as it was, or a real one, or a cover.
    pub(super) fn make(&mut self, lane: Lane, monotonic: u64) -> Option<Ready> {
        // Drawn whatever waits: what else is drawn must not depend on that.
        let random = self.way.rng.next_u64();
        let turn = self.mix.turn(lane, self.queue.again(lane), random);
        let again = self.again(lane, monotonic);
        let size = self.shape.size(lane);
        let (load, queue) = (&mut self.load, &self.queue);
        match again {
            // A cover can wait for longer than a report, but not another's message, real or not.
            Some(cover) if cover.entry.is_none() && load.seals_anew() => {
                let real = self.maker.real((lane, turn), size, monotonic, (load, queue), &mut self.tell);
                if real.is_some() {
                    self.again.push_back(cover);
                    return real;
                }
                Some(cover)
            }
            Some(ready) => Some(ready),
            None => self.maker.next((lane, turn), size, monotonic, (load, queue), &mut self.tell),
        }
    }

    /// The same, without covers.
    pub(super) fn make_real(&mut self, lane: Lane, monotonic: u64) -> Option<Ready> {
        while let Some(ready) = self.again(lane, monotonic) {
            if ready.entry.is_some() || !self.load.seals_anew() {
                return Some(ready);
            }
        }
        let size = self.shape.size(lane);
        let (lane, work) = ((lane, Turn::InOrder), (&mut self.load, &self.queue));
        self.maker.real(lane, size, monotonic, work, &mut self.tell)
    }

    /// Gives back what was made and did not leave, where it can be made anew; the first of it.
    pub(super) fn unmake(&mut self) -> Option<u64> {
        if !self.load.seals_anew() {
            return None;
        }
        let first = self.again.iter().map(|ready| ready.number).min();
        let entries = self.again.drain(..).rev().filter_map(|ready| ready.entry);
        entries.for_each(|entry| self.queue.give_back(entry));
        first
    }

    /// What was made already. That of another epoch is made anew: all change epochs at the same instants. So is what was made
    /// before an erasure, which may have been of it.
    fn again(&mut self, lane: Lane, monotonic: u64) -> Option<Ready> {
        loop {
            let place = self.again.iter().position(|ready| ready.sealed.mode() == mode(lane))?;
            let ready = self.again.remove(place)?;
            let stands =
                ready.epoch == self.load.epoch(monotonic) && ready.destroyed == self.load.destroyed();
            if !self.load.seals_anew() || stands {
                return Some(ready);
            }
            ready.entry.into_iter().for_each(|entry| self.queue.give_back(entry));
        }
    }

    pub(super) fn send(&mut self, place: usize, ready: Ready) -> bool {
        let is_real = ready.entry.is_some();
        let keeps = !self.load.seals_anew();
        let left = match (self.lines.get_mut(place), self.shape.topics.report(&ready.sealed)) {
            (Some(line), Ok(topic)) => line.send(topic, ready, keeps),
            _ => Err(ready),
        };
        match left {
            Ok(()) => {
                self.counts.sent += u64::from(is_real);
                self.counts.covers += u64::from(!is_real);
                true
            }
            Err(ready) => {
                self.put_back(ready);
                false
            }
        }
    }

    /// It was made, and did not leave.
    pub(super) fn put_back(&mut self, ready: Ready) {
        if !self.load.seals_anew() || ready.epoch.is_some() {
            self.again.push_front(ready);
        } else if let Some(entry) = ready.entry {
            self.queue.give_back(entry);
        }
    }
}
