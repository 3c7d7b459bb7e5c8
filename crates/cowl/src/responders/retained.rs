//! Whose reports stand under retained topics, as it lies on disk: sealed under a key that is replaced when something of it is
//! erased, so that freed pages and older copies of the file say of no one any more that he was there.
//!
//! ```text
//! record = nonce: 12 ‖ AES-256-GCM-SIV(key, nonce, CBOR [topic, until, whose] ‖ zeros to a multiple of 64, number: u64)
//! ```

use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use cowl_core::{Epoch, Erasure, ErasureHandle, Erasures, Pseudonym, Secret};
use minicbor::{Decode, Encode};
use rand_core::Rng as _;
use zeroize::Zeroizing;

use super::error::RespondersError;
use crate::{
    keyring::ReadReport,
    random::SystemRng,
    state::slots::{Label, Slot, Slots, SlotsError, TEXT, Text},
};

/// What the key's slots are bound to.
const LABEL: Label = *b"cowl retained keys 1";
/// Records are padded to a multiple of this.
const BLOCK: usize = 64;

/// Whose a report is, as an order can name it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Whose {
    #[n(0)]
    epoch: u32,
    #[cbor(n(1), with = "minicbor::bytes")]
    handle: [u8; 16],
    /// The pseudonym; none: a walk-in.
    #[n(2)]
    from: Option<String>,
}

/// A topic as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Record {
    #[n(0)]
    pub(super) topic: String,
    /// Unix second.
    #[n(1)]
    pub(super) until: u64,
    /// Unknown: it was told by a member of an earlier version.
    #[n(2)]
    pub(super) whose: Option<Whose>,
}

/// Seals records.
pub(super) struct Sealer {
    key: LessSafeKey,
    rng: SystemRng,
}

/// The keys' file: two slots that take turns.
pub(super) struct Keys(Slots);

impl Whose {
    pub(super) fn of(report: &ReadReport) -> Self {
        Self {
            epoch: report.epoch.0,
            handle: report.header.handle.0,
            from: report.pseudonym.map(|name| name.to_string()),
        }
    }

    /// Whether a list orders that what is theirs be erased; `before` is what it says of age.
    pub(super) fn is_named(&self, list: &Erasures, before: Option<Epoch>) -> bool {
        let name: Option<Pseudonym> = self.from.as_deref().and_then(|name| name.parse().ok());
        before.is_some_and(|before| self.epoch < before.0)
            || list.names(&Erasure::Handle(ErasureHandle(self.handle)))
            || name.is_some_and(|name| list.names(&Erasure::Pseudonym(name, Epoch(self.epoch))))
    }
}

impl Keys {
    pub(super) fn open(path: &Path, secret: &Secret) -> Result<Self, SlotsError> {
        Slots::open(path, LABEL, secret).map(Self)
    }

    /// The key of a generation. `None`: it is not there, or damaged.
    pub(super) fn read(&mut self, generation: u64) -> Result<Option<Secret>, SlotsError> {
        let slot = self.0.read()?.into_iter().nth(usize::try_from(place(generation)).unwrap_or(0));
        let Some(Slot::Text(text)) = slot else { return Ok(None) };
        let (said, rest) =
            text.split_first_chunk().map_or((None, &[][..]), |(said, rest)| (Some(*said), rest));
        let key = rest.first_chunk::<32>().filter(|_| said.map(u64::from_be_bytes) == Some(generation));
        Ok(key.map(|key| Secret::new(*key)))
    }

    /// Draws the key of a generation, on disk when it returns.
    pub(super) fn draw(&mut self, generation: u64) -> Result<Secret, SlotsError> {
        let key = SystemRng::new().secret();
        let mut text = Text::new([0; TEXT]);
        for (into, byte) in text.iter_mut().zip(generation.to_be_bytes().iter().chain(key.expose())) {
            *into = *byte;
        }
        self.0.write(&[(place(generation), text)])?;
        Ok(key)
    }

    /// Overwrites the slot that this generation does not use.
    pub(super) fn keep_only(&mut self, generation: u64) -> Result<(), SlotsError> {
        self.0.write(&[(place(generation.wrapping_add(1)), Text::new([0; TEXT]))])
    }
}

impl Sealer {
    pub(super) fn new(key: &Secret) -> Result<Self, RespondersError> {
        let key = UnboundKey::new(&AES_256_GCM_SIV, key.expose()).map_err(|_| RespondersError::Random)?;
        Ok(Self { key: LessSafeKey::new(key), rng: SystemRng::new() })
    }

    pub(super) fn seal(&mut self, number: u64, record: &Record) -> Option<Vec<u8>> {
        let mut text = Zeroizing::new(minicbor::to_vec(record).ok()?);
        let padded = text.len().next_multiple_of(BLOCK);
        text.resize(padded, 0);
        let mut nonce = [0; 12];
        self.rng.fill_bytes(&mut nonce);
        let bound = Aad::from(number.to_be_bytes());
        self.key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound, &mut *text).ok()?;
        Some([nonce.as_slice(), &text].concat())
    }

    pub(super) fn open(&self, number: u64, record: &[u8]) -> Option<Record> {
        let (nonce, sealed) = record.split_first_chunk::<12>()?;
        let mut text = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let text = self.key.open_in_place(nonce, Aad::from(number.to_be_bytes()), &mut text).ok()?;
        minicbor::decode(text).ok()
    }
}

/// Generations take turns.
const fn place(generation: u64) -> u32 {
    if generation.is_multiple_of(2) { 1 } else { 2 }
}

#[cfg(test)]
pub(super) mod testing {
    use super::Whose;

    pub(in crate::responders) fn whose(epoch: u32, handle: u8) -> Whose {
        Whose { epoch, handle: [handle; 16], from: None }
    }
}
