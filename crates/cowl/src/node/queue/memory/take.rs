//! What goes out, and what becomes of it.

use rand_core::Rng as _;
use zeroize::Zeroizing;

use super::{AHEAD_BYTES, Memory, Placed};
use crate::{
    node::queue::{Entry, EntryId, Lane, Order, line::Held},
    random::SystemRng,
};

/// How many are read from disk at a time.
const AHEAD: usize = 64;

/// With more urgent entries than these every slot is urgent for hours: there is nothing left to hide among others.
const MOST_WAITED: usize = 4_096;

/// What is taken, before its body is there.
pub(in super::super) struct Picked {
    pub(in super::super) number: u64,
    /// `None`: it is on disk only.
    pub(in super::super) body: Option<Zeroizing<Vec<u8>>>,
    lane: Lane,
    urgent: bool,
}

impl Memory {
    /// Picks the next one of a lane. Whoever finds no body in it reads it from disk, and says so if it cannot.
    pub(in super::super) fn pick(&mut self, lane: Lane) -> Option<Picked> {
        if self.unreadable {
            return None;
        }
        let (urgent, place) = match self.settings.order {
            Order::UrgentFirst => (self.line(lane, true).len() > 0, 0),
            Order::Shuffled => self.random_place(lane)?,
        };
        let held = self.line(lane, urgent).pop(place)?;
        Some(self.out(lane, urgent, held))
    }

    /// Picks one by what it must not depend on: see [`Queue::take_mixed`](super::super::Queue::take_mixed).
    pub(in super::super) fn pick_mixed(&mut self, lane: Lane, again: bool) -> Option<Picked> {
        if self.settings.order == Order::Shuffled {
            return self.pick(lane);
        }
        if self.unreadable {
            return None;
        }
        if let Some(held) = self.line(lane, true).pop_new() {
            return Some(self.out(lane, true, held));
        }
        if !again {
            let held = self.line(lane, false).pop_new()?;
            return Some(self.out(lane, false, held));
        }
        let urgent = self.line(lane, true).again();
        let all = urgent + self.line(lane, false).again();
        let urgent = below(&mut self.rng, all)? < urgent;
        let held = self.line(lane, urgent).pop_again()?;
        Some(self.out(lane, urgent, held))
    }

    /// How many of a lane were given back, or have waited.
    pub(in super::super) fn again(&self, lane: Lane) -> usize {
        let lines = self.lines(lane);
        lines.urgent.again() + lines.routine.again()
    }

    /// What waits and is urgent counts as given back from now on.
    pub(in super::super) fn mark_waited(&mut self) {
        for lane in Lane::ALL {
            self.line(lane, true).mark_waited(MOST_WAITED);
        }
    }

    /// What is to be read with one that is on disk only, itself first: most of the cost is in finding the place.
    pub(in super::super) fn to_read(&self, picked: &Picked) -> Vec<u64> {
        let lines = self.lines(picked.lane);
        let line = if picked.urgent { &lines.urgent } else { &lines.routine };
        let mut bytes = 0;
        let next = line.upcoming().take(AHEAD).take_while(|held| {
            bytes += held.size as usize;
            bytes <= AHEAD_BYTES
        });
        let next = next.map(|held| held.number).filter(|number| !self.recent.has(*number));
        std::iter::once(picked.number).chain(next).collect()
    }

    /// Keeps what was read with it, if nobody has taken it meanwhile.
    pub(in super::super) fn keep_ahead(
        &mut self,
        picked: &Picked,
        bodies: impl Iterator<Item = (u64, Zeroizing<Vec<u8>>)>,
    ) {
        for (number, body) in bodies {
            if self.line(picked.lane, picked.urgent).is_upcoming(number) {
                self.ahead.insert(number, body);
            }
        }
    }

    fn out(&mut self, lane: Lane, urgent: bool, held: Held) -> Picked {
        let body = self.body(held.number);
        self.taken.insert(held.number, Placed { lane, urgent, held });
        Picked { number: held.number, body, lane, urgent }
    }

    /// It was delivered. Whether that is the first thing to tell the disk.
    pub(in super::super) fn settle(&mut self, id: EntryId) -> bool {
        let first = !self.has_chores();
        let Some(taken) = self.taken.remove(&id.0) else { return false };
        self.bytes -= taken.held.charge();
        self.open.removals.push(id.0);
        first
    }

    /// It was not delivered. The lane it waits in again.
    pub(in super::super) fn give_back(&mut self, id: EntryId) -> Option<Lane> {
        let taken = self.taken.remove(&id.0)?;
        self.line(taken.lane, taken.urgent).give_back(taken.held);
        Some(taken.lane)
    }

    /// What was taken does not open, or is not there. Whether it is to be looked for once more, after the database was
    /// opened again: it may be whole, and only the tree around it damaged.
    pub(in super::super) fn damaged(&mut self, number: u64) -> bool {
        if self.suspects.insert(number) {
            self.cannot_read(number);
            return true;
        }
        self.suspects.remove(&number);
        if let Some(taken) = self.taken.remove(&number) {
            self.bytes -= taken.held.charge();
            self.damaged += 1;
            self.open.set_aside.push(number);
        }
        false
    }

    /// What was taken cannot be read now: it waits, and so does everything else, for the database to be opened again.
    pub(in super::super) fn cannot_read(&mut self, number: u64) {
        self.give_back(EntryId(number));
        self.unreadable = true;
    }

    fn random_place(&mut self, lane: Lane) -> Option<(bool, usize)> {
        let urgent = self.line(lane, true).len();
        let all = urgent + self.line(lane, false).len();
        let place = below(&mut self.rng, all)?;
        Some(place.checked_sub(urgent).map_or((true, place), |place| (false, place)))
    }
}

impl Picked {
    pub(in super::super) fn with(self, body: Zeroizing<Vec<u8>>) -> Entry {
        Entry { id: EntryId(self.number), lane: self.lane, urgent: self.urgent, body }
    }
}

/// A random number below `count`, each as likely as the others; `None` when there is none.
fn below(rng: &mut SystemRng, count: usize) -> Option<usize> {
    let count = u64::try_from(count).ok().filter(|count| *count > 0)?;
    let fair = u64::MAX - u64::MAX % count;
    loop {
        let drawn = rng.next_u64();
        if drawn < fair {
            return usize::try_from(drawn % count).ok();
        }
    }
}
