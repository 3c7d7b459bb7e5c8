//! A fast keyed hash: values are kept as 64 bits, never as themselves.

use core::hash::{BuildHasher as _, Hasher};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, RandomState};

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
const SECOND: u64 = 0xe703_7ed1_a0b4_28db;

/// A hash whose key is drawn anew for each survey, so that a hostile trace cannot make values collide on purpose. Two values of one
/// identifier are mistaken for one with probability n² / 2⁶⁵: one in four million for three million values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keyed(u64);

impl Keyed {
    pub(super) fn new() -> Self {
        Self(RandomState::new().hash_one(0_u8))
    }

    pub(super) fn bytes(self, bytes: &[u8]) -> u64 {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let (words, rest) = bytes.as_chunks::<8>();
        let mut state = fold(self.0 ^ length, MULTIPLIER);
        for word in words {
            state = fold(state ^ u64::from_le_bytes(*word), MULTIPLIER);
        }
        let mut last = [0_u8; 8];
        for (slot, byte) in last.iter_mut().zip(rest) {
            *slot = *byte;
        }
        fold(state ^ u64::from_le_bytes(last), SECOND)
    }

    pub(super) fn number(self, number: u64) -> u64 {
        fold(fold(self.0 ^ number, MULTIPLIER), SECOND)
    }

    /// A hash of two hashes, their order included.
    pub(super) fn joined(self, one: u64, other: u64) -> u64 {
        fold(fold(self.0 ^ one, MULTIPLIER) ^ other, SECOND)
    }
}

/// Both halves of the 128-bit product.
#[expect(clippy::cast_possible_truncation, reason = "the halves of a 128-bit product are taken apart")]
const fn fold(one: u64, other: u64) -> u64 {
    let product = (one as u128).wrapping_mul(other as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// For maps whose keys are hashes already.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Through(u64);

impl Hasher for Through {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

pub(super) type ByHash<V> = HashMap<u64, V, BuildHasherDefault<Through>>;
pub(super) type HashesSeen = HashSet<u64, BuildHasherDefault<Through>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_every_byte_count() {
        let keyed = Keyed::new();
        let mut seen = HashSet::new();
        for length in 0..40 {
            let mut bytes = vec![0_u8; length];
            assert!(seen.insert(keyed.bytes(&bytes)), "{length}");
            for place in 0..length {
                bytes[place] = 1;
                assert!(seen.insert(keyed.bytes(&bytes)), "{length} {place}");
                bytes[place] = 0;
            }
        }
        assert_ne!(keyed.joined(1, 2), keyed.joined(2, 1));
    }
}
