//! The machine's randomness, as the core takes it.

use core::{convert::Infallible, fmt};

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use chacha20::ChaCha20Rng;
use cowl_core::Secret;
use rand_core::{SeedableRng as _, TryCryptoRng, TryRng};
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes drawn at a time: a report needs 16 of them, and a call of the generator costs as much as sealing one.
const AHEAD: usize = 1_024;

/// AWS-LC's generator, seeded and reseeded by the operating system.
///
/// Should it ever fail, the process ends at once: nothing is sealed under a number that is not random. What was
/// handed out is wiped.
///
/// A simulation, which must give the same bytes again, makes one by [`Self::hazmat_seeded`] and hands it to what takes
/// one (`Sender::open_with`, `Service::new_with`, …). Nothing else can come by it: everything that opens a keyring or
/// draws a client id without being given a generator uses the system's.
pub struct SystemRng {
    source: Source,
    ahead: Box<Zeroizing<[u8; AHEAD]>>,
    used: usize,
}

/// Where the bytes come from.
enum Source {
    System(SystemRandom),
    /// RFC 8439's cipher as a generator: whoever knows the seed knows all that will ever come.
    Seeded(Box<ChaCha20Rng>),
}

impl SystemRng {
    /// The system's generator.
    pub fn new() -> Self {
        Self::of(Source::System(SystemRandom::new()))
    }

    /// Not random: the same bytes for the same seed, for ever and on every machine. For simulations of people who do
    /// not exist. A key drawn from it protects nobody who knows or guesses the seed.
    pub fn hazmat_seeded(seed: [u8; 32]) -> Self {
        Self::of(Source::Seeded(Box::new(ChaCha20Rng::from_seed(seed))))
    }

    fn of(source: Source) -> Self {
        Self { source, ahead: Box::new(Zeroizing::new([0; AHEAD])), used: AHEAD }
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
        if out.len() > AHEAD {
            self.draw(out);
            return Ok(());
        }
        if self.used + out.len() > AHEAD {
            let mut ahead = Zeroizing::new([0; AHEAD]);
            self.draw(ahead.as_mut_slice());
            **self.ahead = *ahead;
            self.used = 0;
        }
        if let Some(fresh) = self.ahead.get_mut(self.used..self.used + out.len()) {
            out.copy_from_slice(fresh);
            fresh.zeroize();
        }
        self.used += out.len();
        Ok(())
    }
}

impl SystemRng {
    fn draw(&mut self, out: &mut [u8]) {
        match &mut self.source {
            Source::System(system) => fill(system, out),
            Source::Seeded(seeded) => rand_core::Rng::fill_bytes(seeded.as_mut(), out),
        }
    }
}

/// Sixteen bytes of the system's, for those who need no more: an initialisation vector.
pub(crate) fn block() -> [u8; 16] {
    let mut block = [0; 16];
    fill(&SystemRandom::new(), &mut block);
    block
}

fn fill(system: &SystemRandom, out: &mut [u8]) {
    if system.fill(out).is_err() {
        std::process::abort();
    }
}

impl fmt::Debug for SystemRng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SystemRng")
    }
}

impl TryCryptoRng for SystemRng {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn hands_out_no_bytes_twice_and_none_that_are_not_drawn() {
        let mut rng = SystemRng::new();
        let ids: HashSet<_> = (0..10_000).map(|_| rng.id()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(!ids.contains(&[0; 16]));
        for length in [0, 1, 15, AHEAD - 1, AHEAD, AHEAD + 1, 5_000] {
            let mut out = vec![0; length];
            rng.try_fill_bytes(&mut out).unwrap();
            assert!(out.split(|byte| *byte == 0).count() <= length / 50 + 4);
        }
    }

    #[test]
    fn a_seed_gives_its_own_bytes_again_and_the_system_never_does() {
        let ids = |mut rng: SystemRng| [rng.id(), rng.id()];
        let seeded = ids(SystemRng::hazmat_seeded([7; 32]));
        assert_eq!(seeded, ids(SystemRng::hazmat_seeded([7; 32])));
        assert_ne!(seeded, ids(SystemRng::hazmat_seeded([8; 32])));
        // RFC 8439's cipher under key 0 and nonce 0, appendix A.1, test vector 1.
        let zero = SystemRng::hazmat_seeded([0; 32]).id();
        assert_eq!(
            zero,
            [0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28]
        );
        assert_ne!(ids(SystemRng::new()), ids(SystemRng::new()));
        assert_ne!(block(), block());
    }

    #[test]
    fn passwords_are_letters_and_digits_to_type() {
        let password = SystemRng::new().password();
        assert_eq!(password.len(), 26);
        assert!(password.chars().all(|symbol| symbol.is_ascii_lowercase() || symbol.is_ascii_digit()));
    }
}
