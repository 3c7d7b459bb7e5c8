//! Random numbers from a seed: `ChaCha8`, whose output is fixed by RFC 8439, and libm, whose rounding is the same everywhere.

use chacha20::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// One stream of random numbers. Each person has one, so that more people do not change those before them.
#[derive(Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of this number under a seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut key = [0; 32];
        let words = seed.to_le_bytes().into_iter().chain(stream.to_le_bytes());
        key.iter_mut().zip(words).for_each(|(byte, word)| *byte = word);
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A seed for a generator of another's.
    pub(crate) fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.0.fill_bytes(&mut seed);
        seed
    }

    /// 64 random bits.
    pub(crate) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// Uniform between two numbers.
    pub(crate) fn between(&mut self, least: f64, most: f64) -> f64 {
        least + self.unit() * (most - least)
    }

    /// Uniform below `count`; 0 for 0.
    pub(crate) fn below(&mut self, count: u32) -> u32 {
        let scaled = (u64::from(self.0.next_u32()) * u64::from(count)) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Exponential with this mean.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(1.0 - self.unit())
    }

    /// Normal with mean 0 and deviation 1 (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(core::f64::consts::TAU * self.unit())
    }

    /// One of several, as likely as its weight; `None` only of none.
    pub(crate) fn weighted<'a, T>(&mut self, from: &'a [T], weight: impl Fn(&T) -> f64) -> Option<&'a T> {
        let total: f64 = from.iter().map(&weight).sum();
        let mut left = self.unit() * total;
        let found = from.iter().find(|one| {
            left -= weight(one);
            left < 0.0
        });
        found.or(from.last())
    }

    /// The numbers below `count` in a random order (Fisher and Yates).
    pub(crate) fn shuffled(&mut self, count: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..count).collect();
        for end in (1..order.len()).rev() {
            let other = self.below(u32::try_from(end + 1).unwrap_or(u32::MAX));
            order.swap(end, usize::try_from(other).unwrap_or(0));
        }
        order
    }
}
