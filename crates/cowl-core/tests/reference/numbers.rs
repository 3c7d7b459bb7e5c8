//! Bytes that look random and are the same on every run.

use core::convert::Infallible;

use sha2::{Digest as _, Sha256};

/// `SHA-256("cowl test" ‖ label ‖ 0) ‖ SHA-256("cowl test" ‖ label ‖ 1) ‖ …`
pub(crate) struct Numbers {
    label: String,
    block: u32,
    rest: Vec<u8>,
}

impl Numbers {
    pub(crate) fn new(label: &str) -> Self {
        Self { label: label.into(), block: 0, rest: Vec::new() }
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }

    pub(crate) fn fill(&mut self, out: &mut [u8]) {
        rand_core::Rng::fill_bytes(self, out);
    }

    pub(crate) fn number(&mut self, below: u64) -> u64 {
        rand_core::Rng::next_u64(self) % below.max(1)
    }
}

impl rand_core::TryRng for Numbers {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            if self.rest.is_empty() {
                let digest = Sha256::new()
                    .chain_update("cowl test")
                    .chain_update(&self.label)
                    .chain_update(self.block.to_be_bytes());
                self.rest = digest.finalize().iter().rev().copied().collect();
                self.block += 1;
            }
            *byte = self.rest.pop().unwrap();
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Numbers {}

/// The first bytes of a label's stream.
pub(crate) fn bytes<const N: usize>(label: &str) -> [u8; N] {
    Numbers::new(label).bytes()
}
