//! Which device has which place in an epoch: a permutation that only the authority knows (spec §3.6).

use alloc::vec::Vec;

use zeroize::Zeroize;

use crate::{Epoch, OperationId, Place, Secret, schedule};

/// The places of one epoch, by device number.
///
/// Device numbers are the authority's own book-keeping and never travel; places do not repeat across
/// epochs in any way that someone without the place secret can follow.
pub struct Places(Vec<u32>);

impl Places {
    /// Shuffles `count` places for an epoch: Fisher–Yates over a keyed stream, so the same secret gives
    /// the same places on every machine.
    ///
    /// Takes time and memory in proportion to `count`.
    pub fn of(place_secret: &Secret, operation: OperationId, epoch: Epoch, count: u32) -> Self {
        let mut stream = Stream::new(&schedule::places_seed(place_secret, operation, epoch));
        let mut places: Vec<u32> = (0..count).collect();
        for last in (1..count).rev() {
            let other = stream.below(last + 1);
            if let (Ok(a), Ok(b)) = (usize::try_from(last), usize::try_from(other)) {
                places.swap(a, b);
            }
        }
        Self(places)
    }

    /// The place of the device with this number, if there are that many places.
    pub fn place(&self, device: u32) -> Option<Place> {
        let index = usize::try_from(device).ok()?;
        self.0.get(index).copied().map(Place)
    }

    /// The number of the device that has a place. Looks at all of them.
    pub fn device(&self, place: Place) -> Option<u32> {
        (0..).zip(&self.0).find_map(|(device, held)| (*held == place.0).then_some(device))
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl core::fmt::Debug for Places {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Places(…)")
    }
}

/// AES-256 in counter mode as a stream of 32-bit words: `AES(seed, 0) ‖ AES(seed, 1) ‖ …`, big-endian.
struct Stream {
    cipher: crate::block::BlockKey,
    counter: u64,
    words: [u32; 4],
    used: usize,
}

impl Stream {
    fn new(seed: &Secret) -> Self {
        Self { cipher: crate::block::BlockKey::new(seed.expose()), counter: 0, words: [0; 4], used: 4 }
    }

    fn word(&mut self) -> u32 {
        if self.used == self.words.len() {
            let block = self.cipher.tag(self.counter);
            self.counter += 1;
            for (word, bytes) in self.words.iter_mut().zip(block.as_chunks::<4>().0) {
                *word = u32::from_be_bytes(*bytes);
            }
            self.used = 0;
        }
        let word = self.words.get(self.used).copied().unwrap_or(0);
        self.used += 1;
        word
    }

    /// A uniform number below `bound`: words in the last, incomplete multiple of `bound` are drawn again.
    fn below(&mut self, bound: u32) -> u32 {
        let bound = bound.max(1);
        let limit = u32::MAX - (u32::MAX % bound + 1) % bound;
        loop {
            let word = self.word();
            if word <= limit {
                return word % bound;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn places(epoch: u32, count: u32) -> Places {
        Places::of(&Secret::new([3; 32]), OperationId([1; 16]), Epoch(epoch), count)
    }

    #[test]
    fn is_a_permutation() {
        let mut all = places(0, 1_000).0.clone();
        all.sort_unstable();
        assert_eq!(all, (0..1_000).collect::<Vec<_>>());
        let all = places(0, 1_000);
        assert!(all.place(1_000).is_none() && all.device(Place(1_000)).is_none());
        assert!(
            (0..1_000).all(|device| all.place(device).and_then(|place| all.device(place)) == Some(device))
        );
        assert!(places(0, 0).place(0).is_none());
    }

    #[test]
    fn moves_almost_everyone_at_each_epoch() {
        let (a, b) = (places(0, 1_000), places(1, 1_000));
        let same = a.0.iter().zip(&b.0).filter(|(x, y)| x == y).count();
        assert!(same < 10, "{same} of 1000 devices kept their place");
    }

    #[test]
    fn draws_every_place_about_equally_often() {
        let mut times = vec![0_u32; 8];
        for epoch in 0..8_000 {
            times[usize::try_from(places(epoch, 8).0[0]).unwrap()] += 1;
        }
        // 1,000 expected each; 5 standard deviations of a binomial are 148.
        assert!(times.iter().all(|n| (852..1_148).contains(n)), "{times:?}");
    }
}
