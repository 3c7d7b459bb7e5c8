//! The machine's randomness, as the core takes it.

use core::convert::Infallible;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use cowl_core::Secret;
use rand_core::{TryCryptoRng, TryRng};

/// AWS-LC's generator, seeded and reseeded by the operating system.
///
/// Should it ever fail, the process ends at once: nothing is sealed under a number that is not random.
#[derive(Debug)]
pub struct SystemRng(SystemRandom);

impl SystemRng {
    /// The system's generator.
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }

    /// A fresh secret.
    pub fn secret(&mut self) -> Secret {
        Secret::random(self)
    }

    /// Sixteen fresh bytes.
    pub fn id(&mut self) -> [u8; 16] {
        let mut id = [0; 16];
        rand_core::Rng::fill_bytes(self, &mut id);
        id
    }

    /// A password of 128 random bits, as 26 letters and digits that a person can type.
    pub fn password(&mut self) -> String {
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let bits = u128::from_be_bytes(self.id());
        let symbol = |n: u32| {
            let digit = usize::try_from(bits.checked_shr(5 * n).unwrap_or(0) & 31).unwrap_or(0);
            char::from(ALPHABET.get(digit).copied().unwrap_or(b'a'))
        };
        (0..26).map(symbol).collect()
    }
}

impl Default for SystemRng {
    fn default() -> Self {
        Self::new()
    }
}

impl TryRng for SystemRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_ne_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        if self.0.fill(out).is_err() {
            std::process::abort();
        }
        Ok(())
    }
}

impl TryCryptoRng for SystemRng {}
