//! What leaves next: a real message if there is one, else a cover; both made in the same way at the same time.

use std::collections::VecDeque;

use cowl_core::{Epoch, Mode, Sealed};

use super::{Event, Load, LoadError, mix::Turn};
use crate::node::{EntryId, Lane, Queue};

/// How many bodies are tried for one message before it is a cover: what cannot be sealed now must not make a slot late.
const ATTEMPTS: usize = 4;
/// The most bodies that are kept aside because they cannot be sealed now. Beyond that the first goes back to the queue.
const ASIDE: usize = 256;

/// A message and the entry that it was made of; a cover is made of none.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) sealed: Sealed,
    pub(super) entry: Option<EntryId>,
    /// The how-manieth it is that was made.
    pub(super) number: u64,
    /// Of which it is, where that is known.
    pub(super) epoch: Option<Epoch>,
    /// How many times bodies had been destroyed by then.
    pub(super) destroyed: u64,
}

/// Makes messages, and remembers what could not be made.
#[derive(Debug, Default)]
pub(super) struct Maker {
    /// Out of the queue for a while, so that one identity without keys does not keep all others from sending.
    aside: VecDeque<EntryId>,
    /// What was told last of sealing.
    told: Option<String>,
    /// Bodies that can never be sealed.
    pub(super) dropped: u64,
    /// Messages that were made, ever.
    pub(super) made: u64,
}

impl Maker {
    /// The next message of this size class: real, or a cover if nothing waits that can be sealed; `None` if not even that can be.
    pub(super) fn next(
        &mut self,
        (lane, turn): (Lane, Turn),
        size: usize,
        monotonic: u64,
        (load, queue): (&mut impl Load, &Queue),
        tell: &mut impl FnMut(Event),
    ) -> Option<Ready> {
        if let Some(ready) = self.real((lane, turn), size, monotonic, (&mut *load, queue), tell) {
            return Some(ready);
        }
        let cover = load.cover(lane, monotonic);
        self.made += u64::from(cover.is_ok());
        match cover {
            Ok(sealed) if fits(&sealed, lane, size) => {
                let (number, epoch, destroyed) = (self.made, load.epoch(monotonic), load.destroyed());
                Some(Ready { sealed, entry: None, number, epoch, destroyed })
            }
            Ok(_) => {
                self.failed(WRONG_SIZE.to_owned(), tell);
                None
            }
            Err(error) => {
                self.failed(error.to_string(), tell);
                None
            }
        }
    }

    /// The next real message of this size class.
    pub(super) fn real(
        &mut self,
        (lane, turn): (Lane, Turn),
        size: usize,
        monotonic: u64,
        (load, queue): (&mut impl Load, &Queue),
        tell: &mut impl FnMut(Event),
    ) -> Option<Ready> {
        for _ in 0..ATTEMPTS {
            let entry = turn.take(queue, lane)?;
            let sealed = load.seal(lane, &entry.body, monotonic);
            self.made += u64::from(sealed.is_ok());
            match sealed {
                Ok(sealed) if fits(&sealed, lane, size) => {
                    let (entry, epoch) = (Some(entry.id), load.epoch(monotonic));
                    let (number, destroyed) = (self.made, load.destroyed());
                    return Some(Ready { sealed, entry, number, epoch, destroyed });
                }
                Ok(_) => {
                    self.put_aside(entry.id, queue);
                    self.failed(WRONG_SIZE.to_owned(), tell);
                }
                Err(LoadError::NotNow(error)) => {
                    self.put_aside(entry.id, queue);
                    self.failed(error.to_string(), tell);
                }
                Err(LoadError::Never(why)) => {
                    queue.settle(entry.id);
                    self.dropped += 1;
                    tell(Event::Dropped(why));
                }
            }
        }
        None
    }

    /// Gives what was put aside back to the queue: something has changed, or the time has come to try again.
    pub(super) fn release(&mut self, queue: &Queue) {
        self.told = None;
        // The last one first: each goes to the front of the queue.
        self.aside.drain(..).rev().for_each(|entry| queue.give_back(entry));
    }

    fn put_aside(&mut self, entry: EntryId, queue: &Queue) {
        if self.aside.len() >= ASIDE
            && let Some(first) = self.aside.pop_front()
        {
            queue.give_back(first);
        }
        self.aside.push_back(entry);
    }

    fn failed(&mut self, why: String, tell: &mut impl FnMut(Event)) {
        if self.told.as_ref() != Some(&why) {
            tell(Event::NotSealed(why.clone()));
            self.told = Some(why);
        }
    }
}

/// A member whose state was restored seals like a walk-in: in another size class that would be seen.
const WRONG_SIZE: &str = "messages would not have the size of their class";

pub(super) fn fits(sealed: &Sealed, lane: Lane, size: usize) -> bool {
    let mode = match lane {
        Lane::Enrolled => Mode::Enrolled,
        Lane::WalkIn => Mode::WalkIn,
    };
    sealed.mode() == mode && sealed.bytes().len() == size
}
