//! Equal bytes at equal places: what a header, a counter, a key id or a repeated nonce cannot avoid, and random bytes do.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::convert::{count, float, float_len};
use crate::payload::poisson;

/// Bytes that must agree.
const WIDTH: usize = 4;
/// Probability that random bytes exceed a bound.
const TAIL: f64 = 0.001;
/// Offsets transposed in one go, so that each payload is read once per block and not once per offset.
const BLOCK: usize = 16;

/// Pairs of messages of one size that share the same four bytes at one offset.
///
/// Of *n* random messages of *L* bytes, each offset shows n(n−1)/2 / 2³² such pairs on average, nearly Poisson (overlapping
/// offsets make the total's variance 0.8 % larger). Both bounds hold with 99.9 % each, so a stream of random bytes is accused
/// at most twice in a thousand runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coincidences {
    /// Size of the payloads in bytes.
    pub size: usize,
    /// Different payloads compared.
    pub messages: usize,
    /// Pairs of messages whose whole payloads are equal (a redelivery, or the same bytes sent twice). They are compared once only and
    /// are not in the numbers below.
    pub equal_payloads: u64,
    /// Pairs at each offset, from 0 to `size` − 4.
    pub at_offset: Vec<u64>,
    /// Pairs at all offsets.
    pub total: u64,
    /// Pairs at all offsets to be expected of random bytes.
    pub expected: f64,
    /// What `total` exceeds with probability 0.001 if the bytes are random.
    pub bound: u64,
    /// What the worst of all offsets exceeds with probability 0.001 at most if the bytes are random.
    pub offset_bound: u64,
}

impl Coincidences {
    /// Whether the bytes are not random: the total or a single offset is above its bound.
    pub fn exceeded(&self) -> bool {
        self.total > self.bound || self.exceeding().next().is_some()
    }

    /// Offsets above `offset_bound`.
    pub fn exceeding(&self) -> impl Iterator<Item = usize> {
        self.at_offset
            .iter()
            .enumerate()
            .filter(|(_, pairs)| **pairs > self.offset_bound)
            .map(|(offset, _)| offset)
    }
}

/// Counts coincidences among payloads, one result for each size that occurs at least twice, smallest size first.
///
/// 100,000 payloads of 600 bytes take some seconds and 8 bytes per message and offset of a block beside the payloads.
pub fn coincidences<P: AsRef<[u8]>>(payloads: &[P]) -> Vec<Coincidences> {
    let mut by_size: BTreeMap<usize, Vec<&[u8]>> = BTreeMap::new();
    for payload in payloads {
        by_size.entry(payload.as_ref().len()).or_default().push(payload.as_ref());
    }
    by_size
        .into_iter()
        .filter(|(_, group)| group.len() > 1)
        .map(|(size, group)| of_one_size(size, group))
        .collect()
}

fn of_one_size(size: usize, mut group: Vec<&[u8]>) -> Coincidences {
    group.sort_unstable();
    let equal_payloads = equal_pairs(&group);
    group.dedup();
    let windows = (size + 1).saturating_sub(WIDTH);
    let mut at_offset = Vec::with_capacity(windows);
    let mut columns: Vec<Vec<u32>> = (0..BLOCK).map(|_| Vec::with_capacity(group.len())).collect();
    for first in (0..windows).step_by(BLOCK) {
        let width = BLOCK.min(windows - first);
        columns.iter_mut().for_each(Vec::clear);
        for payload in &group {
            let block = payload.get(first..first + width + WIDTH - 1).unwrap_or_default();
            for (column, bytes) in columns.iter_mut().zip(block.array_windows::<WIDTH>()) {
                column.push(u32::from_be_bytes(*bytes));
            }
        }
        for column in columns.iter_mut().take(width) {
            column.sort_unstable();
            at_offset.push(equal_pairs(column));
        }
    }
    let pairs = float_len(group.len()) * (float_len(group.len()) - 1.0) / 2.0;
    let per_offset = pairs / float(1 << 32);
    let expected = per_offset * float_len(windows);
    Coincidences {
        size,
        messages: group.len(),
        equal_payloads,
        total: at_offset.iter().sum(),
        at_offset,
        expected,
        bound: poisson::upper_bound(expected, TAIL),
        offset_bound: poisson::upper_bound(per_offset, TAIL / float_len(windows.max(1))),
    }
}

/// Pairs of equal values in a sorted list.
fn equal_pairs<T: PartialEq>(sorted: &[T]) -> u64 {
    sorted.chunk_by(|one, other| one == other).map(|run| count(run.len()) * (count(run.len()) - 1) / 2).sum()
}

#[cfg(test)]
#[path = "coincidence_tests.rs"]
mod tests;
