//! Sizes of payloads.

use std::collections::BTreeMap;

use serde::Serialize;

/// Different sizes that are kept apart; further ones are counted with the next smaller known one.
const MAX_SIZES: usize = 4096;

/// Histogram of sizes in bytes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Sizes {
    histogram: BTreeMap<usize, u64>,
    more: bool,
}

impl Sizes {
    pub(crate) fn add(&mut self, size: usize) {
        if let Some(number) = self.histogram.get_mut(&size) {
            *number += 1;
        } else if self.histogram.len() < MAX_SIZES {
            self.histogram.insert(size, 1);
        } else {
            self.more = true;
            let near = self.histogram.range(..size).next_back().map(|(known, _)| *known);
            let near = near.or_else(|| self.histogram.keys().next().copied());
            if let Some(number) = near.and_then(|known| self.histogram.get_mut(&known)) {
                *number += 1;
            }
        }
    }

    /// Smallest size.
    pub fn min(&self) -> Option<usize> {
        self.histogram.keys().next().copied()
    }

    /// Largest size.
    pub fn max(&self) -> Option<usize> {
        self.histogram.keys().next_back().copied()
    }

    /// Median size: of an even number of messages the smaller of the middle two.
    pub fn median(&self) -> Option<usize> {
        let half = self.histogram.values().sum::<u64>().div_ceil(2);
        let mut below = 0;
        self.histogram.iter().find_map(|(size, number)| {
            below += number;
            (below >= half).then_some(*size)
        })
    }

    /// Number of different sizes: what a size can tell. At least so many if [`Sizes::is_lower_bound`].
    pub fn distinct(&self) -> usize {
        self.histogram.len()
    }

    /// Whether there were more than 4,096 sizes, of which the further ones were rounded.
    pub const fn is_lower_bound(&self) -> bool {
        self.more
    }

    /// Each size with its number of messages.
    pub fn iter(&self) -> impl Iterator<Item = (usize, u64)> {
        self.histogram.iter().map(|(size, number)| (*size, *number))
    }
}
