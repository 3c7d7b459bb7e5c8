//! The places of the coming epochs, kept between enrolments: each takes a shuffle of them all.

use std::{collections::BTreeMap, sync::Arc};

use cowl_core::{Epoch, Places};

/// The most that is kept, in places: 4 bytes each.
const LIMIT: u64 = 4 << 20;

/// Places by epoch, for one operation.
#[derive(Debug, Default)]
pub(super) struct PlaceCache(BTreeMap<Epoch, Arc<Places>>);

impl PlaceCache {
    /// The places of an epoch, of which there are `count`; `make` shuffles them.
    pub(super) fn get(&mut self, epoch: Epoch, count: u32, make: impl FnOnce() -> Places) -> Arc<Places> {
        if let Some(places) = self.0.get(&epoch) {
            return Arc::clone(places);
        }
        let places = Arc::new(make());
        if (self.0.len() as u64 + 1).saturating_mul(u64::from(count)) <= LIMIT {
            self.0.insert(epoch, Arc::clone(&places));
        }
        places
    }

    /// Forgets past epochs.
    pub(super) fn forget_before(&mut self, epoch: Epoch) {
        self.0 = self.0.split_off(&epoch);
    }
}
