//! What the archive seals with: AES-256-GCM-SIV (RFC 8452) under a random nonce, and names by HMAC-SHA256. All its labels
//! stand here (spec, "The archive").

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey},
    hmac,
};
use cowl_core::Secret;
use rand_core::Rng as _;
use zeroize::Zeroizing;

use crate::random::SystemRng;

/// What an epoch's key is bound to under the store key.
const EPOCH: &[u8] = b"cowl archive 1 epoch key";
/// What a key of reports is bound to under its epoch's key.
const REPORTS: &[u8] = b"cowl archive 1 reports' key";
/// What a record is bound to under its reports' key.
const RECORD: &[u8] = b"cowl archive 1 record";
/// Names under an epoch's key.
const NAMES: &[u8] = b"cowl archive 1 names";

const NONCE: usize = 12;

/// It does not open. One reason, no detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// What a sealed thing is bound to, beside its key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Binding<'a> {
    /// The key of an epoch.
    Epoch { archive: &'a [u8; 16], epoch: u32 },
    /// The key of reports, in the row of this number.
    Reports { archive: &'a [u8; 16], epoch: u32, row: i64, role: &'a str, hour: i64 },
    /// A record, in the row of this number.
    Record { archive: &'a [u8; 16], reports: i64, row: i64 },
}

/// A key ready for use.
pub(super) struct Sealer(LessSafeKey);

impl Sealer {
    pub(super) fn new(key: &Secret) -> Result<Self, Broken> {
        let key = UnboundKey::new(&AES_256_GCM_SIV, key.expose()).map_err(|_| Broken)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// `nonce ‖ ciphertext ‖ tag`.
    pub(super) fn seal(
        &self,
        binding: &Binding<'_>,
        text: &[u8],
        rng: &mut SystemRng,
    ) -> Result<Vec<u8>, Broken> {
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        let mut sealed = Zeroizing::new(text.to_vec());
        let tag = self
            .0
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(binding.bytes()),
                &mut sealed,
            )
            .map_err(|_| Broken)?;
        Ok([nonce.as_slice(), &sealed, tag.as_ref()].concat())
    }

    pub(super) fn open(&self, binding: &Binding<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Broken> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>().ok_or(Broken)?;
        let mut text = Zeroizing::new(rest.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length =
            self.0.open_in_place(nonce, Aad::from(binding.bytes()), &mut text).map_err(|_| Broken)?.len();
        text.truncate(length);
        Ok(text)
    }
}

/// What gives names that say nothing without an epoch's key.
pub(super) struct Namer(hmac::Key);

impl Namer {
    pub(super) fn new(epoch_key: &Secret) -> Self {
        let key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, epoch_key.expose()), NAMES);
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }

    /// The name of something of a kind.
    pub(super) fn name(&self, kind: &str, pieces: &[&[u8]]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(kind.as_bytes());
        for piece in pieces {
            context.update(&u32::try_from(piece.len()).unwrap_or(u32::MAX).to_be_bytes());
            context.update(piece);
        }
        context.sign().as_ref().first_chunk::<16>().copied().unwrap_or_default()
    }

    /// One of 256 numbers for a zone: enough to look few records up, too few to tell zones apart for certain.
    pub(super) fn zone(&self, zone: &str) -> u8 {
        self.name("zone", &[zone.as_bytes()]).first().copied().unwrap_or(0)
    }
}

impl Binding<'_> {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Epoch { archive, epoch } => [EPOCH, archive.as_slice(), &epoch.to_be_bytes()].concat(),
            Self::Reports { archive, epoch, row, role, hour } => [
                REPORTS,
                archive.as_slice(),
                &epoch.to_be_bytes(),
                &row.to_be_bytes(),
                &hour.to_be_bytes(),
                role.as_bytes(),
            ]
            .concat(),
            Self::Record { archive, reports, row } => {
                [RECORD, archive.as_slice(), &reports.to_be_bytes(), &row.to_be_bytes()].concat()
            }
        }
    }
}
