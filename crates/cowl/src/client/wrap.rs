//! Wrapping sealed messages for a relay (spec §7.5).

use bytes::Bytes;
use cowl_core::{Epoch, Manifest, RelaySealer, SealError, Sealed};

use crate::{keyring::KeyringError, random::SystemRng};

/// Wraps what was sealed, each time anew: a wrap that was sent and lost is not sent again, as a relay takes each once and
/// two connections with the same bytes would be joined.
#[derive(Debug)]
pub struct Wrapper {
    rng: SystemRng,
    /// Of this version of the manifest.
    sealer: Option<(u32, RelaySealer)>,
}

/// A wrapped message: looks random, has one of two sizes, and goes to a relay only.
#[derive(Debug)]
pub struct Wrapped(Vec<u8>);

/// What an outbox sends.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outgoing {
    /// To the mailbox.
    Sealed(Sealed),
    /// To a relay.
    Wrapped(Wrapped),
}

impl Wrapper {
    /// With this source of randomness.
    pub const fn new(rng: SystemRng) -> Self {
        Self { rng, sealer: None }
    }

    /// Wraps for the relays of an epoch: the one that the message was sealed in. Fails if the manifest has no relay keys for it.
    pub fn wrap(
        &mut self,
        manifest: &Manifest,
        epoch: Epoch,
        sealed: &Sealed,
    ) -> Result<Wrapped, KeyringError> {
        let fits =
            |(version, sealer): &(u32, RelaySealer)| *version == manifest.version && sealer.epoch() == epoch;
        if !self.sealer.as_ref().is_some_and(fits) {
            self.sealer = manifest.relay_sealer(epoch).map(|sealer| (manifest.version, sealer));
        }
        let (_, sealer) = self.sealer.as_ref().ok_or(SealError::NoRelayKey)?;
        Ok(Wrapped(sealer.wrap(sealed, &mut self.rng)?))
    }
}

impl Wrapped {
    /// The payload, as it goes to the relay.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same by value.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl From<Sealed> for Outgoing {
    fn from(sealed: Sealed) -> Self {
        Self::Sealed(sealed)
    }
}

impl From<Wrapped> for Outgoing {
    fn from(wrapped: Wrapped) -> Self {
        Self::Wrapped(wrapped)
    }
}

impl From<Wrapped> for Bytes {
    fn from(wrapped: Wrapped) -> Self {
        wrapped.0.into()
    }
}
