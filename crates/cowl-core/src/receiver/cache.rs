//! Devices that reported lately: their expanded keys and their name, so that the next report costs no derivation.

use alloc::sync::Arc;

use hashbrown::HashMap;

use super::{lane::Lane, waiting::TagHasher};
use crate::{Epoch, OperationId, Place, Pseudonym, envelope::PartKeys};

/// Devices that are kept, about 1.5 kB each.
const LIMIT: usize = 4_096;

/// A device's keys of one epoch, ready for use, and what responders call it.
pub(super) struct Known {
    pub(super) keys: PartKeys,
    pub(super) pseudonym: Pseudonym,
}

/// The devices kept, by epoch and place.
pub(super) struct Cache {
    operation: OperationId,
    known: HashMap<(Epoch, Place), Arc<Known>, TagHasher>,
}

impl Cache {
    pub(super) fn new(operation: OperationId) -> Self {
        Self { operation, known: HashMap::default() }
    }

    /// The device at a live place, from the cache or derived now.
    pub(super) fn get(&mut self, lane: &Lane, place: Place) -> Option<Arc<Known>> {
        let whose = (lane.epoch, place);
        if let Some(known) = self.known.get(&whose) {
            return Some(Arc::clone(known));
        }
        let known = Arc::new(self.derive(lane, place)?);
        if self.known.len() >= LIMIT {
            // Any entry may go; the first in the table's own order is as random as its hash.
            let victim = self.known.keys().next().copied();
            victim.map(|victim| self.known.remove(&victim));
        }
        self.known.insert(whose, Arc::clone(&known));
        Some(known)
    }

    /// The device at a live place, not kept: for a search that visits many.
    pub(super) fn derive(&self, lane: &Lane, place: Place) -> Option<Known> {
        let keys = lane.keys(place)?;
        Some(Known { keys, pseudonym: Pseudonym::of(self.operation, lane.epoch, place) })
    }

    pub(super) fn forget(&mut self, epoch: Epoch, place: Option<Place>) {
        match place {
            Some(place) => drop(self.known.remove(&(epoch, place))),
            None => self.known.retain(|(held, _), _| *held != epoch),
        }
    }

    pub(super) fn forget_before(&mut self, epoch: Epoch) {
        self.known.retain(|(held, _), _| *held >= epoch);
    }
}
