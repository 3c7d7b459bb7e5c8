//! Thirty-two secret bytes: boxed, zeroized on drop, never printed, never compared by `==`.

use alloc::boxed::Box;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A secret of 32 bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Box<[u8; 32]>);

impl Secret {
    /// Takes the bytes; the caller's copy is the caller's to erase.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Box::new(bytes))
    }

    /// A fresh secret.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Self::new([0; 32]);
        rng.fill_bytes(secret.0.as_mut_slice());
        secret
    }

    /// The bytes, for a derivation or a key file. Named so that every use can be found.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn expose_mut(&mut self) -> &mut [u8; 32] {
        &mut self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<C> minicbor::Encode<C> for Secret {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(self.0.as_slice())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Secret {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let bytes = <[u8; 32]>::try_from(d.bytes()?)
            .map_err(|_| minicbor::decode::Error::message("a secret is 32 bytes"))?;
        Ok(Self::new(bytes))
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new([7; 32])), "Secret(…)");
    }
}
